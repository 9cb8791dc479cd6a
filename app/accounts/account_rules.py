"""What an account's own entries look like, and on which days it may be used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from registries.errors import Invalid, Refused

STAFF_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{1,29}")
# Numbers beginning with J- are given to invited witnesses by the system (见证).
WITNESS_PREFIX = "J-"
DISTRICT = re.compile(r"[0-9]{6}([0-9]{3})?")
DRAW = re.compile(r"[0-9A-Za-z-]{1,40}")
# A draw takes a day; a witness of two days covers one that is adjourned, a week is no longer one draw.
LONGEST_INVITATION = timedelta(days=7)


def check_entries(staff_number: str, name: str, districts: Iterable[str]) -> None:
    """Raise Invalid with every fault of a new account."""
    faults: dict[str, list[str]] = {}
    if not STAFF_NUMBER.fullmatch(staff_number):
        faults["staff_number"] = ["工号应为 2 至 30 位字母、数字或短横线，例如 1024。"]
    elif staff_number.upper().startswith(WITNESS_PREFIX):
        faults["staff_number"] = ["J- 开头的号码留给受邀见证人，请另编工号。"]
    faults |= _name_faults(name) | district_faults(districts)
    if faults:
        raise Invalid("账号信息有误，请改正后再试。", faults)


def district_faults(districts: Iterable[str]) -> dict[str, list[str]]:
    """Return the faults of a list of district codes."""
    bad = [code for code in districts if not DISTRICT.fullmatch(code)]
    return {"districts": [f"不是行政区划代码：{'、'.join(bad)}。"]} if bad else {}


def check_invitation(
    draw: str, name: str, office: str, first: date, last: date, today: date
) -> None:
    """Raise Invalid with every fault of an invitation of a witness."""
    faults = _name_faults(name)
    if not DRAW.fullmatch(draw):
        faults["draw"] = ["抽查编号应为 1 至 40 位字母、数字或短横线。"]
    if not 1 <= len(office.strip()) <= 100:
        faults["office"] = ["请填写见证人所在单位（1 至 100 字）。"]
    if not first <= last < first + LONGEST_INVITATION:
        faults["last_day"] = [f"最后一日不能早于首日，且最多 {LONGEST_INVITATION.days} 天。"]
    elif last < today:
        faults["last_day"] = ["这些日子已经过去，请填写抽查当日。"]
    if faults:
        raise Invalid("邀请信息有误，请改正后再试。", faults)


def usable_on(day: date, first: date | None, last: date | None) -> bool:
    """Say whether an account may be used on a day; None means without limit on that side."""
    return (first is None or first <= day) and (last is None or day <= last)


def check_reason(reason: str) -> None:
    """Raise Invalid when no reason is given: it stands in the log."""
    if not 1 <= len(reason.strip()) <= 500:
        raise Invalid("请写明理由。", {"reason": ["请填写理由（1 至 500 字）。"]})


def check_another(actor: int, subject: int, what: str) -> None:
    """Raise Refused when somebody would do to their own account what another has to do."""
    if actor == subject:
        raise Refused(f"不能{what}自己的账号。请由另一名管理员办理。")


def _name_faults(name: str) -> dict[str, list[str]]:
    fine = 1 <= len(name.strip()) <= 50 and name.isprintable()
    return {} if fine else {"name": ["请填写姓名（1 至 50 字）。"]}
