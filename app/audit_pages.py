"""The operation log on the web: found by what, who and when, each entry with the text that was hashed."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Template

from app import lists
from app.access import may
from app.accounts.authentication import principal
from app.draws import seal_actions
from app.forms import Form, a_day, asked, choice, options_of, text
from app.list_pages import exporting
from app.lists import Rows, Table
from app.rendering import Crumb, Link, page
from exports.workbook import Column
from registries import audit_events, audit_log
from registries.audit_entries import Entry, LoggedEntry
from registries.checkpoint import LARGEST_SIZE
from registries.database import SHANGHAI
from registries.errors import Refused
from sampling.encoding import leaf_hash

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=0, le=LARGEST_SIZE)]
LINKS: Final = (Link("监督", "操作日志", "/log", ("log:read",)),)
BACK: Final = (Crumb("操作日志", "/log"),)
PAGE: Final = 50
SEALED: Final = "（抽查启封前不能查阅）"
ALTERED: Final = "（正文已被改动，无法辨认）"
KINDS: Final = {"staff": "工作人员", "command": "命令行", "system": "系统", "public": "公众"}
COLUMNS: Final = (
    Column("编号", 10),
    Column("时间", 20),
    Column("办理人", 24),
    Column("方式", 10),
    Column("事项", 30),
    Column("事项代码", 24),
    Column("对象", 36),
    Column("理由", 50),
    Column("正文", 100),
)


class Search(Form):
    """Which entries the list shows."""

    event = choice("事项", {}, none="全部", known=False)
    actor = text("办理人", hint="姓名（工号），写全。", most=100)
    subject = text("对象", hint="例如 plan:2026/1。", most=200)
    first = a_day("自")
    last = a_day("至")


@get("/log", opt=may("log:read"))
async def log_page(request: AnyRequest) -> Template:
    """List the entries that fit, the newest first."""
    who = principal(request)
    form = asked(request, Search)
    form.event.choices = lists_of_events()
    found: list[LoggedEntry] = []
    if not form.faults():
        found = await _entries(who.bureau, request.query_params, PAGE + 1)
    following = str(found[PAGE - 1].number) if len(found) > PAGE else None
    return page(
        request,
        "log/log.html",
        title="操作日志",
        form=form,
        entries=found[:PAGE],
        meaning=audit_events.meaning,
        moment=moment_of,
        next=lists.next_page(request, following),
        first=lists.first_page(request),
        query=lists.query_with(request, after="").partition("?")[2],
        narrowed=lambda **only: lists.query_with(request, after="", **only),
        **await _length(),
    )


@get("/log/{number:int}", opt=may("log:read"))
async def entry_page(request: AnyRequest, number: Number) -> Template:
    """Show an entry with its text as it was hashed."""
    who = principal(request)
    found = await entry_of(who.bureau, number)
    withheld = bool(await seal_actions.withheld(who.bureau, [found]))
    entry = None if withheld else parsed(found)
    return page(
        request,
        "log/entry.html",
        title=f"第 {number} 条",
        back=BACK,
        entry=entry,
        logged=found,
        meaning=audit_events.meaning(found.event) or found.event,
        when=moment_of(found.at),
        kind=KINDS.get(found.actor_kind, found.actor_kind),
        previous=_shown(entry.previous if entry else None),
        new=_shown(entry.new if entry else None),
        withheld=withheld,
        altered=leaf_of(found) != found.leaf or not (entry or withheld),
    )


def lists_of_events() -> list[Any]:
    """Return the declared events as options, by their Chinese meaning."""
    return options_of({"": "全部"} | {one.event: one.meaning for one in _declared()})


@functools.cache
def _declared() -> tuple[audit_events.Event, ...]:
    """Return the declared events; they are read from the source text, once per process."""
    return tuple(audit_events.declared())


def moment_of(at: str) -> str:
    """Return the time of an entry in China's time, to the second."""
    return f"{datetime.fromisoformat(at).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


async def _entries(bureau: str, query: Any, limit: int, before: str = "") -> list[LoggedEntry]:
    after = before or query.get("after", "")
    first, last = (_moment(query.get(name)) for name in ("first", "last"))
    return await audit_log.entries(
        bureau=bureau,
        event=query.get("event") or None,
        subject=query.get("subject") or None,
        actor=query.get("actor") or None,
        first=first,
        last=last + timedelta(days=1) if last else None,
        before=_number(after),
        limit=limit,
    )


def _moment(day: str | None) -> datetime | None:
    """Return when a day begins in China. Raises Refused for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), SHANGHAI) if day else None
    except ValueError:
        raise Refused("日期应写成 2026-11-21 的样子。") from None


async def entry_of(bureau: str, number: int) -> LoggedEntry:
    """Return an entry of the bureau. Raises NotFound, also for another bureau's."""
    found = await audit_log.entry(number)
    if found.bureau != bureau:
        raise NotFoundException
    return found


def parsed(logged: LoggedEntry) -> Entry | None:
    """Return what an entry says, None where its text was altered into something that is no entry."""
    try:
        return logged.entry()
    except ValueError:
        return None


def _text(logged: LoggedEntry, *, withheld: bool) -> tuple[str, str]:
    """Return the reason and the text of an entry as they are taken along."""
    if withheld:
        return "", SEALED
    entry = parsed(logged)
    return (entry.reason if entry else ALTERED), logged.canonical


def leaf_of(logged: LoggedEntry) -> str:
    """Return the leaf hash of an entry's text as it stands now."""
    return leaf_hash(logged.canonical.encode(errors="surrogateescape")).hex()


async def _length() -> dict[str, Any]:
    """Return how long the log is; whoever damaged its head must not keep the auditor from the entries."""
    try:
        return {"size": await audit_log.size(), "damage": ""}
    except Refused as refusal:
        return {"size": None, "damage": refusal.sentence}


def _number(text: str) -> int | None:
    """Return the number of an entry out of an address, None for what is none."""
    return int(text) if text.isdecimal() and len(text) < len(str(LARGEST_SIZE)) else None


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return the entries that fit, to be taken along."""

    async def read(after: str, length: int) -> tuple[Rows, str | None]:
        found = await _entries(bureau, filters, length, after)
        withheld = await seal_actions.withheld(bureau, found)
        rows = [
            (
                one.number,
                moment_of(one.at),
                one.actor_name,
                KINDS.get(one.actor_kind, one.actor_kind),
                audit_events.meaning(one.event) or one.event,
                one.event,
                one.subject,
                *_text(one, withheld=one.number in withheld),
            )
            for one in found
        ]
        return rows, str(found[-1].number) if len(found) == length else None

    return Table("操作日志", COLUMNS, read)


def _shown(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) if values else ""


EXPORT: Final = exporting("/log", "操作日志", "log:read", table_of)
HANDLERS: Final = [log_page, entry_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
