"""What a bureau adds to the districts that come with the program: a town, a new name, a merger, each from a day on.

Changes are only ever added; the districts of a bureau are the program's with its changes applied in their order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from registries import audit_log, database
from registries.audit_entries import instant
from registries.bureaus import bureau as bureau_of
from registries.database import Deed
from registries.districts import (
    DEMO_CITY,
    LEVELS,
    District,
    DistrictLookup,
    Districts,
    added,
    guangdong,
    guangdong_with_demo,
    merged,
    renamed,
)
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.numbering import next_number

EVENTS = {
    "district:add": "增加一个区划（如镇街）",
    "district:rename": "区划更名",
    "district:merge": "区划撤销或并入",
}
_CODE = re.compile(r"[0-9]{6}|[0-9]{9}|[0-9]{12}")
_COLUMNS = "bureau, number, kind, code, name, parent, successor, valid_from, source, reason"


@dataclass(frozen=True)
class DistrictChange:
    """One entry of a bureau's changes, in their order by `number`."""

    number: int
    kind: str
    code: str
    name: str
    parent: str
    successor: str | None
    valid_from: date
    source: str
    reason: str


async def districts_of(bureau: str) -> Districts:
    """Return the districts as a bureau knows them; the fictional city only for a bureau that lies in it.

    Raises NotFound when the bureau is not in the books.
    """
    city = (await bureau_of(bureau)).city
    districts = guangdong_with_demo() if city == DEMO_CITY else guangdong()
    for change in await changes_of(bureau):
        districts = _applied(districts, change)
    return districts


async def lookup_of(bureau: str, on: date) -> DistrictLookup:
    """Return the look-up of a bureau's districts as of a day. Raises NotFound."""
    return DistrictLookup(await districts_of(bureau), on)


async def names_of(bureau: str, on: date) -> dict[str, str]:
    """Return code → name of the districts that lie in a bureau's own area on a day, in order of code.

    A city's districts, or the district bureau's own and its towns. Raises NotFound.
    """
    found = await bureau_of(bureau)
    districts = await districts_of(bureau)
    own = districts.under(found.code, on)
    if found.code != found.city and (itself := districts.get(found.code, on)):
        own = [itself, *own]
    return {one.code: one.name for one in sorted(own, key=lambda one: one.code)}


async def changes_of(bureau: str) -> list[DistrictChange]:
    """Return a bureau's changes, oldest first."""
    rows = await database.fetch(
        "SELECT number, kind, code, name, parent, successor, valid_from, source, reason"
        " FROM district_change WHERE bureau = {} ORDER BY number",
        bureau,
    )
    return [
        DistrictChange(**row | {"valid_from": date.fromisoformat(row["valid_from"])})
        for row in rows
    ]


async def add_district(
    deed: Deed,
    *,
    bureau: str,
    code: str,
    name: str,
    parent: str,
    valid_from: date,
    source: str,
    reason: str,
) -> District:
    """Add a district or town from a day on and return it.

    Raises Invalid with every fault, Conflict when the code or the name is in use, NotFound.
    """
    districts = await districts_of(bureau)
    faults = _faults_of_words(name=name, source=source, reason=reason)
    if not _CODE.fullmatch(code):
        faults["code"] = ["区划代码应为六位、九位或十二位数字。"]
    above = districts.get(parent, valid_from)
    if above is None:
        faults["parent"] = [f"上级区划 {parent} 在 {valid_from.isoformat()} 不存在，请核对代码。"]
    elif code and not code.startswith(parent.rstrip("0")):
        faults["code"] = [*faults.get("code", []), f"代码应与上级区划 {parent} 的前几位一致。"]
    siblings = districts.under(parent, valid_from)
    if siblings and len(code) != len(siblings[0].code):
        faults["code"] = [
            *faults.get("code", []),
            f"同一上级下的区划代码应一样长（{len(siblings[0].code)} 位）。",
        ]
    _raise_faults(faults)
    if code in districts:
        raise Conflict(f"区划代码 {code} 已经用过，代码不能重复使用。请核对文件中的代码。")
    if any(row.name == name.strip() for row in siblings):
        raise Conflict(f"{parent} 之下已有名为“{name.strip()}”的区划。")
    change = DistrictChange(
        0, "add", code, name.strip(), parent, None, valid_from, source.strip(), reason.strip()
    )
    new = await _enter(deed, bureau, districts, change)
    found = new.get(code, valid_from)
    assert found is not None  # noqa: S101 - it has just been added from that day.
    return found


async def rename_district(
    deed: Deed, *, bureau: str, code: str, name: str, valid_from: date, source: str, reason: str
) -> District:
    """Give a district a new name from a day on and return it; the old name keeps leading to it.

    Raises Invalid, NotFound when the code was not valid that day, Refused when it ends already.
    """
    districts = await districts_of(bureau)
    _raise_faults(_faults_of_words(name=name, source=source, reason=reason))
    old = _standing(districts, code, valid_from)
    if old.name == name.strip():
        raise Refused(f"{code} 现在的名称就是“{old.name}”，无需更名。")
    change = DistrictChange(
        0,
        "rename",
        code,
        name.strip(),
        old.parent,
        None,
        valid_from,
        source.strip(),
        reason.strip(),
    )
    new = await _enter(deed, bureau, districts, change)
    found = new.get(code, valid_from)
    assert found is not None  # noqa: S101 - it has just been renamed from that day.
    return found


async def merge_district(
    deed: Deed,
    *,
    bureau: str,
    code: str,
    into: str | None,
    valid_from: date,
    source: str,
    reason: str,
) -> str | None:
    """End a district on a day, taken over by `into`, and return the code that stands for it from then on.

    `into` None: it was split, and each entity's district has to be entered anew. Raises as rename does.
    """
    districts = await districts_of(bureau)
    faults = _faults_of_words(source=source, reason=reason)
    if into is not None and (into == code or districts.get(into, valid_from) is None):
        faults["into"] = [f"接收的区划 {into} 在当日不存在或就是它自己，请核对代码。"]
    _raise_faults(faults)
    old = _standing(districts, code, valid_from)
    change = DistrictChange(
        0, "merge", code, old.name, old.parent, into, valid_from, source.strip(), reason.strip()
    )
    return (await _enter(deed, bureau, districts, change)).successor(code, valid_from)


def _applied(districts: Districts, change: DistrictChange) -> Districts:
    if change.kind == "rename":
        return renamed(districts, change.code, change.name, change.valid_from)
    if change.kind == "merge":
        return merged(districts, change.code, change.successor, change.valid_from)
    level = "town" if change.code[6:] else "county"
    return added(
        districts,
        District(
            change.code,
            change.name,
            level,
            change.parent,
            valid_from=change.valid_from,
            source=change.source,
            confidence="T",
        ),
    )


async def _enter(
    deed: Deed, bureau: str, districts: Districts, change: DistrictChange
) -> Districts:
    """Store a change with its log entry and return the districts it makes."""
    after = _applied(districts, change)
    await database.execute(
        f"INSERT INTO district_change ({_COLUMNS}, entered_at, entered_by)"  # noqa: S608
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
        bureau,
        await next_number("district_change", bureau),
        change.kind,
        change.code,
        change.name,
        change.parent,
        change.successor,
        change.valid_from.isoformat(),
        change.source,
        change.reason,
        instant(deed.now),
        deed.actor.name,
    )
    old = districts.history(change.code)
    await audit_log.append(
        deed,
        f"district:{change.kind}",
        bureau=bureau,
        subject=f"district:{change.code}",
        previous={"name": old[-1].name} if old else None,
        new={
            "name": change.name,
            "parent": change.parent,
            "successor": change.successor or "",
            "valid_from": change.valid_from.isoformat(),
            "source": change.source,
        },
        reason=change.reason,
    )
    return after


def _standing(districts: Districts, code: str, day: date) -> District:
    """Return the district that a change on `day` is about. Raises NotFound or Refused."""
    if code not in districts:
        raise NotFound(f"没有代码为 {code} 的区划，请核对代码。")
    row = districts.get(code, day)
    if row is None or row.valid_to is not None or row.valid_from == day:
        raise Refused(
            f"区划 {code} 在 {day.isoformat()} 已有变更或已撤销，不能再从这一天变更。请核对日期。"
        )
    return row


def _faults_of_words(**words: str) -> dict[str, list[str]]:
    labels = {"name": "名称", "source": "依据（批复文号或文件名）", "reason": "变更事由"}
    limits = {"name": 50, "source": 200, "reason": 500}
    return {
        field: [f"请填写{labels[field]}（1 至 {limits[field]} 字）。"]
        for field, text in words.items()
        if not 1 <= len(text.strip()) <= limits[field]
    }


def _raise_faults(faults: dict[str, list[str]]) -> None:
    if faults:
        raise Invalid("区划信息有误，请改正后再试。", faults)


def level_name(district: District) -> str:
    """Return the Chinese name of a district's level."""
    return LEVELS[district.level]
