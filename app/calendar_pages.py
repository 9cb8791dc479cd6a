"""The working-day calendar on the web: a year with its holidays and make-up days, and where each comes from."""

from __future__ import annotations

import calendar as months
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import QueryParameter
from litestar.response import Template

from app.access import may
from app.accounts.authentication import principal
from app.list_pages import exporting
from app.lists import Rows, Table
from app.rendering import Crumb, Link, Task, page
from exports.workbook import Column
from registries import calendar_notices
from registries.calendar import HOLIDAY, KINDS, WORKDAY, Calendar, day_in_china

AnyRequest = Request[Any, Any, Any]
LINKS: Final = (Link("两库一单", "工作日历", "/calendar", ("books:read",)),)
BACK: Final = (Crumb("工作日历", "/calendar"),)
COLUMNS: Final = (
    Column("年度", 8),
    Column("开始日期", 12),
    Column("结束日期", 12),
    Column("类型", 8),
    Column("节日", 20),
    Column("文号", 30),
)


@dataclass(frozen=True)
class Day:
    """A day as it is drawn: its number, whether it is worked, and what it is called."""

    number: int
    mark: str
    worked: bool
    name: str


@get("/calendar", opt=may("books:read"))
async def calendar_page(
    request: AnyRequest,
    year: Annotated[int | None, QueryParameter(ge=2000, le=2100)] = None,
) -> Template:
    """Show a year, month by month."""
    who = principal(request)
    chosen = year or _today().year
    known = await calendar_notices.calendar()
    return page(
        request,
        "calendar/calendar.html",
        title="工作日历",
        year=chosen,
        months=[(month, weeks_of(known, chosen, month)) for month in range(1, 13)],
        lines=[line for line in known.arrangements if line.year == chosen],
        kinds=KINDS,
        notices=[one for one in await calendar_notices.notices() if one.year == chosen],
        entered=chosen in known.years,
        provisional=known.provisional(date(chosen, 12, 31)),
        last=known.last_settled,
        may_change=who.may("books:change"),
    )


def weeks_of(known: Calendar, year: int, month: int) -> list[list[Day | None]]:
    """Return the weeks of a month, Monday first; None where the day is another month's."""
    return [
        [_day(known, date(year, month, number)) if number else None for number in week]
        for week in months.Calendar().monthdayscalendar(year, month)
    ]


def _day(known: Calendar, day: date) -> Day:
    line = known.arrangement(day)
    mark = {HOLIDAY: "休", WORKDAY: "班"}.get(line.kind, "") if line else ""
    return Day(day.day, mark, known.is_working_day(day), line.name if line else "")


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:  # noqa: ARG001 - one calendar for all.
    """Return the arrangements of a year, or of all, to be taken along."""
    year = filters.get("year", "")
    known = await calendar_notices.calendar()

    async def read(after: str, length: int) -> tuple[Rows, str | None]:  # noqa: ARG001 - a few dozen rows.
        rows = [
            (str(line.year), line.first, line.last, KINDS[line.kind], line.name, line.number)
            for line in known.arrangements
            if year in {"", str(line.year)}
        ]
        return rows, None

    return Table("工作日历", COLUMNS, read)


async def tasks(who: Any, now: datetime) -> list[Task]:
    """Return which year's notice is to be entered: next year's from 1 November on, this year's until it is there."""
    if not who.may("books:change"):
        return []
    today = day_in_china(now)
    known = (await calendar_notices.calendar()).years
    awaited = [today.year] if today < date(today.year, 11, 1) else [today.year, today.year + 1]
    return [_awaited(year) for year in awaited if year not in known]


def _awaited(year: int) -> Task:
    said = (
        f"国务院办公厅一般在上一年 11 月公布安排；录入之前，{year} 年的期限只能暂按周一至周五计算。"
    )
    due = date(year - 1, 12, 31)
    return Task(f"录入 {year} 年节假日安排", f"/calendar/import?year={year}", said, due)


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/calendar", "工作日历", "books:read", table_of)
HANDLERS: Final = [calendar_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
