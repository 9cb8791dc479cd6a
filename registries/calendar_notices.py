"""The notices that arrive after the program was released: entered once, never changed, newest first where they differ.

The calendar is one for the whole installation, because the State Council's notice binds every bureau alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registries import audit_log, database
from registries.audit_entries import instant
from registries.calendar import (
    Arrangement,
    Calendar,
    DayChange,
    faults_of_notice,
    seeded_arrangements,
    seeded_calendar,
    with_notice,
)
from registries.database import Deed
from registries.errors import Conflict, Invalid, Refused

EVENTS = {"calendar:import": "录入国务院办公厅的节假日安排通知"}


@dataclass(frozen=True)
class Notice:
    """A notice in the books: `number` counts them, 0 stands for those that came with the program."""

    number: int
    year: int
    notice: str
    source: str
    supplement: bool
    entered_at: str
    entered_by: str


async def calendar() -> Calendar:
    """Return the working-day calendar with every notice in the books."""
    known = seeded_calendar()
    for notice, lines in await _entered():
        known = with_notice(known, notice.year, lines, supplement=notice.supplement)
    return known


async def notices() -> list[Notice]:
    """Return every notice by year and order of entry, those that came with the program first."""
    seeded = {
        (line.year, line.number): Notice(
            0, line.year, line.number or "（文号待补）", "随程序提供", supplement=False,
            entered_at="", entered_by="",
        )
        for line in seeded_arrangements()
    }  # fmt: skip
    entered = [notice for notice, _ in await _entered()]
    return sorted([*seeded.values(), *entered], key=lambda notice: (notice.year, notice.number))


async def preview_notice(
    year: int, lines: Sequence[Arrangement], *, supplement: bool = False
) -> list[DayChange]:
    """Return the days that a notice would change. Raises Invalid with every fault of its lines."""
    faults = faults_of_notice(year, lines)
    if faults:
        raise Invalid("通知的内容有误，没有导入。请对照原文改正后再试。", {"lines": faults})
    known = await calendar()
    return known.changes(with_notice(known, year, lines, supplement=supplement))


async def enter_notice(
    deed: Deed,
    *,
    bureau: str,
    year: int,
    notice: str,
    lines: Sequence[Arrangement],
    source: str = "",
    supplement: bool = False,
) -> list[DayChange]:
    """Enter a year's notice with its issue number and return the days that change.

    In place of what was known of the year, or on top of it when a `supplement` (such as the notice that
    lengthened the Spring Festival of 2020). Raises Invalid with every fault, Conflict when that
    issue number is entered for the year, Refused when nothing would change in a settled year.
    """
    changes = await preview_notice(year, lines, supplement=supplement)
    if not 1 <= len(notice.strip()) <= 100:
        raise Invalid(
            "请填写通知的文号。", {"notice": ["请填写文号，例如 国办发明电〔2025〕7号。"]}
        )
    if any((old.year, old.notice) == (year, notice.strip()) for old in await notices()):
        raise Conflict(f"{notice.strip()} 对 {year} 年的安排已经录入，不必重复导入。")
    if not changes and year in (await calendar()).years:
        raise Refused(f"这份表与已有的 {year} 年安排完全一致，没有可导入的变化。")
    number = 1 + max(old.number for old in await notices())
    await database.execute(
        "INSERT INTO calendar_notice (number, year, notice, source, supplement, entered_at, entered_by)"
        " VALUES ({}, {}, {}, {}, {}, {}, {})",
        number, year, notice.strip(), source, int(supplement), instant(deed.now), deed.actor.name,
    )  # fmt: skip
    for place, line in enumerate(lines, start=1):
        await database.execute(
            "INSERT INTO calendar_line (notice, line, first, last, kind, name)"
            " VALUES ({}, {}, {}, {}, {}, {})",
            number, place, line.first.isoformat(), line.last.isoformat(), line.kind, line.name,
        )  # fmt: skip
    await audit_log.append(
        deed,
        "calendar:import",
        bureau=bureau,
        subject=f"calendar:{year}",
        new={
            "notice": notice.strip(),
            "source": source,
            "supplement": supplement,
            "lines": [
                {"first": line.first.isoformat(), "last": line.last.isoformat(), "kind": line.kind}
                for line in lines
            ],
        },
    )
    return changes


async def _entered() -> list[tuple[Notice, list[Arrangement]]]:
    """Return the entered notices with their lines, in order of entry."""
    rows = await database.fetch("SELECT * FROM calendar_notice ORDER BY number")
    lines = await database.fetch("SELECT * FROM calendar_line ORDER BY notice, line")
    found = []
    for row in rows:
        notice = Notice(**row | {"supplement": bool(row["supplement"])})
        own = [
            Arrangement(
                notice.year,
                date.fromisoformat(line["first"]),
                date.fromisoformat(line["last"]),
                line["kind"],
                line["name"],
                notice.notice,
                "T",
            )
            for line in lines
            if line["notice"] == notice.number
        ]
        found.append((notice, own))
    return found
