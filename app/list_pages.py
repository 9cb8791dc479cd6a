"""The two ways in which a list is taken along, the same for every list: CSV at once, a workbook by a job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post
from litestar.response import Redirect, Stream

from app import lists
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.jobs import Running, Work
from app.lists import Table

AnyRequest = Request[Any, Any, Any]
# The bureau, and what `chosen` has kept of the address and the person → the list.
TableOf = Callable[[str, Mapping[str, str]], Awaitable[Table]]


@dataclass(frozen=True)
class Export:
    """The handlers and the job of a list's exports."""

    handlers: tuple[Any, ...]
    jobs: Mapping[str, Work]


def of_address(query: Mapping[str, str], who: Principal) -> dict[str, str]:  # noqa: ARG001 - one shape for all.
    """Return the filter of an address without the place in the list."""
    return {name: value for name, value in query.items() if name not in {"after", "done"}}


def exporting(
    path: str,
    title: str,
    capability: str,
    table_of: TableOf,
    chosen: Callable[[Mapping[str, str], Principal], dict[str, str]] = of_address,
) -> Export:
    """Return the exports of the list at `path`: `path`.csv, and a post to `path`/export.

    `chosen` returns what the list is limited to, by the address and by who asks; it is decided when the
    list is asked for, and the job keeps to it.
    """
    kind = f"{path.strip('/').replace('/', '-')}-workbook"

    @get(f"{path}.csv", opt=may(capability))
    async def csv(request: AnyRequest) -> Stream:
        """Send the list as it is filtered, whole, while it is read."""
        who = principal(request)
        return lists.csv_answer(await table_of(who.bureau, chosen(request.query_params, who)))

    @post(f"{path}/export", opt=may(capability), status_code=303)
    async def export(request: AnyRequest) -> Redirect:
        """Ask for the same as a workbook, made in the background."""
        who = principal(request)
        filters = chosen(request.query_params, who)
        await table_of(who.bureau, filters)
        return await lists.ask_for_workbook(
            user=who, actor=who.actor(), kind=kind, title=title, filters=filters
        )

    async def write(running: Running) -> dict[str, Any]:
        """Write the workbook that was asked for."""
        filters = running.job.arguments["filters"]
        return await lists.write_table(running, await table_of(running.job.bureau, filters))

    return Export((csv, export), {kind: write})
