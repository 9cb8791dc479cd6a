"""The days on which an inspector cannot be sent: noted, taken back, read."""

from __future__ import annotations

from datetime import date

from registries import audit_log, database
from registries.audit_entries import instant
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused
from registries.inspectors import Absence
from registries.numbering import next_number

EVENTS = {
    "inspector:absent": "登记执法人员不能出勤的日期",
    "inspector:return": "撤销不能出勤的登记",
}


async def enter_absence(
    deed: Deed, *, bureau: str, inspector: str, first: date, last: date, reason: str
) -> Absence:
    """Note days, both included, on which an inspector cannot be sent. Raises Invalid, NotFound."""
    faults: dict[str, list[str]] = {}
    if last < first:
        faults["last"] = ["结束日期早于开始日期。"]
    if not 1 <= len(reason.strip()) <= 500:
        faults["reason"] = ["请填写不能出勤的事由（1 至 500 字）。"]
    if faults:
        raise Invalid("不能出勤的登记有误，请改正后再试。", faults)
    known = "SELECT 1 AS known FROM inspector WHERE bureau = {} AND inspector = {}"
    if await database.fetch_one(known, bureau, inspector) is None:
        raise NotFound(f"没有工号为 {inspector} 的执法人员，请核对工号。")
    number = await next_number("inspector_absence", bureau)
    absence = Absence(number, inspector, first, last, reason.strip())
    await database.execute(
        "INSERT INTO inspector_absence"
        " (bureau, number, inspector, first, last, reason, entered_at, entered_by)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
        bureau,
        absence.number,
        inspector,
        first.isoformat(),
        last.isoformat(),
        absence.reason,
        instant(deed.now),
        deed.actor.name,
    )
    await audit_log.append(
        deed,
        "inspector:absent",
        bureau=bureau,
        subject=f"inspector:{inspector}",
        new={
            "number": absence.number,
            "first": first.isoformat(),
            "last": last.isoformat(),
        },
        personal={"reason": absence.reason},
    )
    return absence


async def withdraw_absence(deed: Deed, *, bureau: str, number: int, reason: str) -> None:
    """Take an absence back from now on. Raises NotFound, Refused when it was taken back already."""
    row = await database.fetch_one(
        "SELECT inspector, ended_at FROM inspector_absence WHERE bureau = {} AND number = {}",
        bureau,
        number,
    )
    if row is None:
        raise NotFound(f"没有编号为 {number} 的不能出勤登记，请核对编号。")
    if row["ended_at"] is not None:
        raise Refused("这项登记已经撤销，不必重复。")
    await database.execute(
        "UPDATE inspector_absence SET ended_at = {}, ended_by = {} WHERE bureau = {} AND number = {}",
        instant(deed.now),
        deed.actor.name,
        bureau,
        number,
    )
    await audit_log.append(
        deed,
        "inspector:return",
        bureau=bureau,
        subject=f"inspector:{row['inspector']}",
        new={"number": number},
        reason=reason,
    )


async def absences(bureau: str, *, number: str | None = None) -> list[Absence]:
    """Return the absences that stand, of one inspector or of all, in order of entry."""
    rows = await database.fetch(
        "SELECT number, inspector, first, last, reason FROM inspector_absence"
        " WHERE bureau = {} AND ended_at IS NULL AND ({} = '' OR inspector = {}) ORDER BY number",
        bureau,
        number or "",
        number or "",
    )
    return [
        Absence(
            row["number"],
            row["inspector"],
            date.fromisoformat(row["first"]),
            date.fromisoformat(row["last"]),
            row["reason"],
        )
        for row in rows
    ]
