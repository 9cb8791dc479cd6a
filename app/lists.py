"""Lists: the way through them by keys, and the same rows as CSV or, by a job, as a workbook."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import anyio.from_thread
import anyio.to_thread
from litestar import Request
from litestar.response import Redirect, Stream

from app import jobs
from app.jobs import Running
from app.rendering import done
from exports import feeds, workbook
from exports.workbook import Column, Sheet, Value
from registries import database
from registries.database import Actor, Deed

BLOCK: Final = 5000
LONGEST_NUMBER: Final = 9
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rows = Sequence[Sequence[Value]]
# After which key, how many → the rows, and the key to go on after, None at the end.
Read = Callable[[str, int], Coroutine[Any, Any, tuple[Rows, str | None]]]


@dataclass(frozen=True)
class Table:
    """A list to be taken along: its title, its columns, how it is read, and which filter it has, in words."""

    title: str
    columns: Sequence[Column]
    read: Read
    remarks: Sequence[str] = ()


def query_with(request: Request[Any, Any, Any], **changes: str) -> str:
    """Return the address of this page with some of its query changed; "" takes a value out."""
    items = {name: value for name, value in request.query_params.items() if name != "done"}
    kept = {name: value for name, value in {**items, **changes}.items() if value}
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


def next_page(request: Request[Any, Any, Any], after: str | None) -> str:
    """Return the address of the page that goes on after a key, "" at the end."""
    return query_with(request, after=after) if after else ""


def number_of(text: str) -> int:
    """Return the number that an address names, 0 for anything that is none or that no row could have."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def first_page(request: Request[Any, Any, Any]) -> str:
    """Return the address of the first page, "" when this is it."""
    return query_with(request, after="") if request.query_params.get("after") else ""


def csv_answer(table: Table) -> Stream:
    """Return the whole list as CSV, sent block by block while it is read (UTF-8 with BOM, for Excel)."""

    async def blocks() -> AsyncIterator[bytes]:
        yield feeds.BOM + feeds.csv_block([[column.heading for column in table.columns]])
        async for rows in _blocks(table.read):
            yield feeds.csv_block(rows, formula_safe=True)

    return Stream(
        blocks(), media_type="text/csv; charset=utf-8", headers=attachment(f"{table.title}.csv")
    )


def attachment(name: str) -> dict[str, str]:
    """Return the headers by which a browser keeps an answer as a file of this name."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


async def ask_for_workbook(
    *, user: Any, actor: Actor, kind: str, title: str, filters: Mapping[str, str]
) -> Redirect:
    """Ask for a list as a workbook, made in the background, and lead to the page of the job."""

    async def work(deed: Deed) -> int:
        return await jobs.ask(
            deed,
            bureau=user.bureau,
            kind=kind,
            title=f"导出 Excel：{title}",
            arguments={"filters": dict(filters), "districts": sorted(user.districts)},
            account=user.account,
        )

    return done(f"/jobs/{await database.deed(work, actor=actor)}")


async def write_table(running: Running, table: Table) -> dict[str, Any]:
    """Write a list as a workbook among the job's files and return the job's outcome."""
    name = f"{running.job.id}-{secrets.token_hex(8)}.xlsx"
    path = running.path(name)
    written = await anyio.to_thread.run_sync(_write, running, table, path)
    return {"file": name, "as": f"{table.title}.xlsx", "type": XLSX, "rows": written}


def _write(running: Running, table: Table, path: Path) -> int:
    """Write in a thread; each block of rows is read by the loop, so that memory holds one block."""
    written = 0

    def rows() -> Iterator[Sequence[Value]]:
        nonlocal written
        after = ""
        while True:
            block, following = anyio.from_thread.run(table.read, after, BLOCK)
            yield from block
            written += len(block)
            running.tell(written, 0)
            if following is None:
                return
            after = following

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    sheet = Sheet(table.title, table.title, table.columns, rows(), table.remarks, sparse=True)
    with draft.open("wb") as target:
        workbook.write_workbook(target, [sheet])
    draft.replace(path)
    return written


async def _blocks(read: Read) -> AsyncIterator[Rows]:
    after: str | None = ""
    while after is not None:
        rows, after = await read(after, BLOCK)
        yield rows
