"""Draws on the web, to be read: where each stands, what is published of it, every step; no name before unsealing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Template

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.draws import ceremony_actions, draw_reads, history_reads, result_actions, seal_actions
from app.draws.draw_reads import Draw, StoredFile
from app.draws.state_rules import OPEN, SIGNED, STATES
from app.list_pages import exporting
from app.lists import Rows, Table
from app.rendering import Crumb, Link, page
from exports.draw_record import seat_name
from exports.workbook import Column
from registries.calendar import day_in_china
from registries.district_changes import names_of

AnyRequest = Request[Any, Any, Any]
Number = Annotated[str, PathParameter(max_length=40)]
LINKS: Final = (Link("抽查", "抽查轮次", "/draws", ("draws:read",)),)
BACK: Final = (Crumb("抽查轮次", "/draws"),)
COLUMNS: Final = (
    Column("编号", 12),
    Column("名称", 40),
    Column("年度", 8),
    Column("状态", 20),
    Column("抽查家数", 10),
    Column("冻结时间", 18),
    Column("承诺", 66),
    Column("最迟启封", 12),
)


@get("/draws", opt=may("draws:read"))
async def draws_page(request: AnyRequest) -> Template:
    """List the draws, the newest first; a witness sees the one invited to."""
    found = await _seen_by(principal(request))
    return page(
        request,
        "draws/draws.html",
        title="抽查轮次",
        draws=found[::-1],
        states=STATES,
        tone=tone,
    )


@get("/draws/{number:str}", opt=may("draws:read"))
async def draw_page(request: AnyRequest, number: Number) -> Template:
    """Show what may be seen of a draw by now, and every step so far."""
    who = principal(request)
    if who.draw and who.draw != number:
        raise NotFoundException
    found = await draw_reads.draw_of(who.bureau, number)
    result = await result_actions.published(found)
    counts = result_actions.counts_by_district(result.counts) if result else {}
    names = await names_of(who.bureau, day_in_china(found.frozen_at))
    return page(
        request,
        "draws/draw.html",
        title=found.title,
        back=BACK,
        draw=found,
        state=STATES[found.state],
        tone=tone(found),
        result=result,
        counts=[(names.get(code, code), number) for code, number in sorted(counts.items())],
        history=await history_reads.history(found),
        commits=sorted((await ceremony_actions.commits_of(found)).items()),
        seat_name=seat_name,
        opened=found.state in seal_actions.OPENED,
        files=await _files(found),
        states=STATES,
        signers=history_reads.SIGNERS,
        manners=history_reads.MANNERS,
        outcomes=history_reads.OUTCOMES,
        late=found.state in SIGNED and found.state != "unsealed" and found.unseal_by < _today(),
    )


async def _files(draw: Draw) -> list[tuple[StoredFile, bool]]:
    """Return the files of a draw, and of each whether its digest may be shown.

    The digest of a list of a few rows tells whoever guesses the rows that the guess was right.
    """
    found = (await draw_reads.files_of(draw)).values()
    return [(one, seal_actions.is_public(draw, one.name, one.access)) for one in found]


def tone(draw: Draw) -> str:
    """Return how a draw's state is coloured."""
    if draw.state in SIGNED:
        return "good"
    return "active" if draw.state in OPEN else "danger"


async def _seen_by(who: Any) -> list[Draw]:
    found = await draw_reads.draws_of(who.bureau)
    return [one for one in found if not who.draw or one.number == who.draw]


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return the draws of a bureau, or the one that a witness may see, to be taken along."""
    only = filters["draw"]
    draws = [one for one in await draw_reads.draws_of(bureau) if not only or one.number == only]

    async def read(after: str, length: int) -> tuple[Rows, str | None]:  # noqa: ARG001 - a few dozen rows.
        rows = [
            (
                one.number,
                one.title,
                str(one.year),
                STATES[one.state],
                one.total,
                f"{one.frozen_at:%Y-%m-%d %H:%M} UTC",
                one.commitment,
                one.unseal_by,
            )
            for one in draws
        ]
        return rows, None

    return Table("抽查轮次", COLUMNS, read)


def _today() -> Any:
    return day_in_china(datetime.now(UTC))


def chosen(query: Mapping[str, str], who: Principal) -> dict[str, str]:  # noqa: ARG001 - it has no filter.
    """Return the one draw to which an invited witness is limited, "" for staff."""
    return {"draw": who.draw}


EXPORT: Final = exporting("/draws", "抽查轮次", "draws:read", table_of, chosen)
HANDLERS: Final = [draws_page, draw_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
