"""Who may be sent: the inspector-pool rule, with a reason for everyone left out (protocol §2, §7).

Only holders of an enforcement certificate inspect; assistants do not (国办发〔2024〕54号). The certificate must hold to
the last day of the tasks, because a visit by someone whose certificate ran out is void.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

LEFT_OUT: Final[dict[str, str]] = {
    "not-on-duty": "不在岗",
    "auxiliary": "辅助人员，没有执法资格",
    "certificate-missing": "没有执法证",
    "certificate-expires": "执法证在任务结束前到期",
    "certificate-area": "执法证的执法区域不覆盖本次抽查地区",
    "unavailable": "任务期间有不能出勤的日期",
    "home-imprecise": "居住或任职的地区没有具体到区（镇街），无法落实地域回避",
}
"""Reason codes in the order in which they count."""


@dataclass(frozen=True)
class Candidate:
    """An inspector of the registry as the pool rule sees one.

    `inspector` is the registry's own key; `homes` are current district codes; `areas` are the codes
    that the certificate covers, with everything below them; `unavailable` are first and last days.
    """

    inspector: str
    name: str
    certificate: str
    certificate_until: date | None
    areas: tuple[str, ...]
    on_duty: bool
    auxiliary: bool
    can_lead: bool
    homes: tuple[str, ...] = ()
    unavailable: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True)
class Tasks:
    """What the pool is for: first and last day of the tasks, and the districts of the frame."""

    start: date
    end: date
    districts: tuple[str, ...]


def reason_left_out(one: Candidate, tasks: Tasks) -> str | None:
    """Return the first code of LEFT_OUT that applies to an inspector, or None who may be sent."""
    if not one.on_duty:
        return "not-on-duty"
    if one.auxiliary:
        return "auxiliary"
    if not one.certificate or one.certificate_until is None:
        return "certificate-missing"
    if one.certificate_until < tasks.end:
        return "certificate-expires"
    if not all(covers(one.areas, district) for district in tasks.districts):
        return "certificate-area"
    if any(first <= tasks.end and tasks.start <= last for first, last in one.unavailable):
        return "unavailable"
    if any(is_above(home, tasks.districts) for home in one.homes):
        return "home-imprecise"
    return None


def covers(areas: Iterable[str], district: str) -> bool:
    """Say whether a certificate for `areas` holds in `district`; 440000 covers all of 44."""
    return any(district.startswith(stem(area)) for area in areas)


def stem(code: str) -> str:
    """Return what every code below `code` begins with: 440000 → 44, 440100 → 4401, 440106 → itself."""
    if len(code) == 6 and code.endswith("0000"):
        return code[:2]
    if len(code) == 6 and code.endswith("00"):
        return code[:4]
    return code


def is_above(home: str, districts: Collection[str]) -> bool:
    """Say whether `home` names more than one place of the frame, such as a city instead of a town."""
    return home not in districts and any(code.startswith(stem(home)) for code in districts)


def homes_to_avoid(one: Candidate, tasks: Tasks) -> tuple[str, ...]:
    """Return the homes as inspectors.csv has them: ascending, none twice, of the frame's code length.

    A home outside the frame's districts is kept where it has their length (it says something about
    the person and harms nothing); one of another length cannot be met in this draw and is dropped.
    """
    length = len(tasks.districts[0]) if tasks.districts else 0
    return tuple(sorted({home for home in one.homes if len(home) == length}))


def blocked_districts(districts: Sequence[str]) -> str:
    """Return a Chinese sentence where the frame's district codes are of different lengths, or ""."""
    by_length: dict[int, str] = {}
    for code in districts:
        by_length.setdefault(len(code), code)
    if len(by_length) < 2:
        return ""
    examples = "、".join(by_length[length] for length in sorted(by_length))
    return (
        f"抽查对象的用工所在地有的到区、有的到镇街（例如 {examples}），不能放在同一次抽查里。"
        "请补全这些对象的地区，或按地区分次抽查。"
    )
