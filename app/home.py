"""The first page: what is mine to do now, with its day, out of what every room says; and the year's gauges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from app.access import anyone, own_path, signed_in
from app.accounts.authentication import principal
from app.draws import gauges_reads
from app.plans.rules import MODES
from app.rendering import LARGE_TEXT, Link, done, page
from app.settings import Settings
from registries.calendar import day_in_china
from registries.errors import NotFound

LINKS: Final = (Link("我的", "待办", "/"),)


@dataclass(frozen=True)
class Shown:
    """One gauge as it is drawn."""

    title: str
    part: int
    goal: int
    unit: str
    note: str = ""


@dataclass(frozen=True)
class YearGauges:
    """The gauges of a year."""

    year: int
    shown: tuple[Shown, ...]


@get("/", opt=signed_in())
async def home_page(request: Request[Any, Any, Any]) -> Template:
    """Show the person's tasks, the most urgent first, and how far the year has come."""
    who = principal(request)
    now = datetime.now(UTC)
    tasks = [
        task for source in request.app.state.get("tasks", ()) for task in await source(who, now)
    ]
    tasks.sort(key=lambda task: (task.due or date.max, task.title))
    shown = None
    if who.may("draws:read") and not who.draw:
        shown = await _gauges(who.bureau, now)
    today = day_in_china(now)
    return page(
        request, "home/home.html", title="待办", who=who, tasks=tasks, gauges=shown, today=today
    )


@get("/large-text", opt=anyone("public"), sync_to_thread=False)
def large_text(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    back: Annotated[str, QueryParameter(max_length=500)] = "/",
) -> Redirect:
    """Switch the large-text mode and go back."""
    answer = done(own_path(back))
    now = "0" if request.cookies.get(LARGE_TEXT) == "1" else "1"
    year = 365 * 86400
    answer.set_cookie(
        Cookie(key=LARGE_TEXT, value=now, path="/", max_age=year, secure=settings.secure)
    )
    return answer


async def _gauges(bureau: str, now: datetime) -> YearGauges | None:
    """Return the year's gauges; None where no plan is published yet."""
    year = day_in_china(now).year
    try:
        found = await gauges_reads.gauges(bureau, year, now)
    except NotFound:
        return None
    supervised = f"监管对象 {found.population:,} 家，{MODES[found.mode]}即可"
    if found.mode == "both":
        supervised = f"监管对象 {found.population:,} 家，{MODES[found.mode]}"
    return YearGauges(
        year,
        (
            Shown("按比例应抽", found.drawn, found.by_ratio, "家", supervised),
            Shown("按家数应抽", found.drawn, found.floor, "家"),
            Shown("抽查次数", found.rounds_done, found.rounds_planned, "次"),
        ),
    )


HANDLERS: Final = [home_page, large_text]
