"""The bureaus (人社局) whose books an installation keeps; every other row names its bureau by code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from piccolo.columns import ForeignKey, OnDelete, Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

from registries import audit_log
from registries.database import Deed
from registries.districts import guangdong, guangdong_with_demo
from registries.errors import Conflict, Invalid, NotFound

EVENTS = {"bureau:entered": "建立单位"}
LEVELS = {"province": "省级", "city": "市级", "county": "县级"}
CODE = re.compile(r"[0-9]{6}")
PROVINCE = "440000"
# Codes that GB/T 2260 has given to nobody; the demo's city lies here (449900).
FICTIONAL_CITY = re.compile(r"4499[0-9]{2}")


class BureauTable(Table, tablename="bureau"):
    """One row per bureau; a code is never reused."""

    code = Varchar(length=6, primary_key=True)
    name = Varchar(length=200)
    level = Varchar(length=10)
    city = Varchar(length=6)
    superior: ForeignKey[BureauTable] = ForeignKey(
        "self",
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
        index=True,
        index_method=IndexMethod.btree,
    )


@dataclass(frozen=True)
class Bureau:
    """A bureau: six-digit code (GB/T 2260), official name, level, the city it lies in, and its superior."""

    code: str
    name: str
    level: str
    city: str
    superior: str | None


async def enter_bureau(
    deed: Deed,
    *,
    code: str,
    name: str,
    level: str = "city",
    superior: str | None = None,
    fictional: bool = False,
) -> Bureau:
    """Enter a bureau and return it.

    `fictional` allows the demo's codes 4499xx, which nobody holds. Raises Invalid with every fault,
    Conflict when the code is taken, NotFound when the superior is not in the books.
    """
    _check(code, name, level, deed.today, fictional=fictional)
    if superior is not None:
        await bureau(superior)
    if await _row(code) is not None:
        raise Conflict(f"代码 {code} 的单位已经建立，不能重复建立。")
    entered = Bureau(code, name, level, code[:4] + "00", superior)
    await BureauTable.insert(
        BureauTable(code=code, name=name, level=level, city=entered.city, superior=superior)
    )
    said = {"name": name, "level": level, "city": entered.city, "superior": superior or ""}
    await audit_log.append(deed, "bureau:entered", bureau=code, subject=f"bureau:{code}", new=said)
    return entered


async def bureau(code: str) -> Bureau:
    """Return the bureau of a code. Raises NotFound."""
    found = await _row(code)
    if found is None:
        raise NotFound(f"没有代码为 {code} 的单位。请先运行 yaohao init，或核对代码。")
    return found


async def bureaus() -> list[Bureau]:
    """Return every bureau of this installation, by code."""
    rows = await BureauTable.select().order_by(BureauTable.code)
    return [Bureau(**row) for row in rows]


async def _row(code: str) -> Bureau | None:
    row = await BureauTable.select().where(BureauTable.code == code).first()
    return Bureau(**row) if row else None


def _is_unit(code: str, today: date, *, fictional: bool) -> bool:
    """Say whether a city or county unit of Guangdong, or with `fictional` of the demo, has the code today."""
    found = (guangdong_with_demo() if fictional else guangdong()).get(code, today)
    return found is not None and found.level in {"city", "county"}


def _check(code: str, name: str, level: str, today: date, *, fictional: bool) -> None:
    faults: dict[str, list[str]] = {}
    if not CODE.fullmatch(code):
        faults["code"] = ["单位代码应为六位数字的行政区划代码（GB/T 2260），例如 440100。"]
    elif FICTIONAL_CITY.fullmatch(code) and not fictional:
        faults["code"] = ["4499 开头的代码只供演示使用，请填写本单位的行政区划代码。"]
    elif code != PROVINCE and not _is_unit(code, today, fictional=fictional):
        faults["code"] = [
            f"{code} 不是广东省现行的市、县级行政区划代码。本系统供广东省使用，请核对代码，例如 440100。"
        ]
    if not 1 <= len(name.strip()) <= 200:
        faults["name"] = ["请填写单位全称（1 至 200 字）。"]
    if level not in LEVELS:
        faults["level"] = [f"级别应为 {'、'.join(LEVELS)} 之一。"]
    if faults:
        raise Invalid("单位信息有误，请改正后再试。", faults)
