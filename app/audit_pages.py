"""The operation log on the web: every entry of the bureau, its proof, a checkpoint to keep elsewhere, and the check."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Template

from app import jobs, lists
from app.access import may
from app.accounts.authentication import principal
from app.forms import Form, a_day, asked, choice, file, options_of, sent, text
from app.jobs import Running
from app.list_pages import exporting
from app.lists import Rows, Table, attachment
from app.rendering import Crumb, Link, done, invalid, page
from exports.workbook import Column
from registries import audit_check, audit_events, audit_log, audit_proofs, database, log_keys
from registries.audit_entries import Entry, LoggedEntry
from registries.checkpoint import open_checkpoint
from registries.database import SHANGHAI, Deed
from registries.errors import Refused

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=0)]
LINKS: Final = (Link("监督", "操作日志", "/log", ("log:read",)),)
BACK: Final = (Crumb("操作日志", "/log"),)
CHECK: Final = "log-check"
PAGE: Final = 50
LARGEST_NOTE: Final = 10_000
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


class CheckForm(Form):
    """A checkpoint that was kept elsewhere."""

    note = file("另存的检查点文件", hint="不选则只与本机保存的检查点核对。", accept=".txt")


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
        size=await audit_log.size(),
    )


@get("/log/{number:int}", opt=may("log:read"))
async def entry_page(request: AnyRequest, number: Number) -> Template:
    """Show an entry with its text as it was hashed."""
    found = await _entry(principal(request).bureau, number)
    entry = Entry.parse(found.canonical)
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
        previous=_shown(entry.previous),
        new=_shown(entry.new),
    )


@post("/log/{number:int}/proof", opt=may("log:read"), status_code=200)
async def proof_post(request: AnyRequest, number: Number) -> Response[bytes]:
    """Send the proof that an entry is in the log, with a checkpoint signed now."""
    who = principal(request)
    await _entry(who.bureau, number)

    async def work(deed: Deed) -> audit_proofs.InclusionProof:
        return await audit_proofs.prove_inclusion(deed, number)

    proof = await database.deed(work, actor=who.actor())
    return _file(audit_proofs.proof_bytes(proof), f"日志第{number}条-证明.json", "application/json")


@post("/log/checkpoint", opt=may("log:read"), status_code=200)
async def checkpoint_post(request: AnyRequest) -> Response[bytes]:
    """Send a signed checkpoint of the log as it stands, to be kept elsewhere."""
    who = principal(request)
    note = await database.deed(audit_log.issue_checkpoint, actor=who.actor())
    day = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d}"
    return _file(note.encode(), f"检查点-{day}.txt", "text/plain; charset=utf-8")


@get("/log/check", opt=may("log:read"))
async def check_page(request: AnyRequest) -> Template:
    """Ask for a checkpoint that was kept elsewhere."""
    return page(request, "log/check.html", title="核对日志", back=BACK, form=CheckForm())


@post("/log/check", opt=may("log:read"), status_code=200)
async def check_post(request: AnyRequest) -> Response[Any]:
    """Have the whole log recomputed in the background and held against the checkpoints."""
    who = principal(request)
    form = await sent(request, CheckForm)
    note = await form.note.data.read(LARGEST_NOTE + 1) if form.note.data else b""
    if note:
        try:
            open_checkpoint(note[: LARGEST_NOTE + 1], log_keys.verifier())
        except Refused as refusal:
            said = f"这不是本机构的检查点文件（{refusal.sentence.rstrip('。')}）。请选择当时保存的原文件。"
            form.note.errors = [said]
            return invalid(request, "log/check.html", title="核对日志", back=BACK, form=form)

    async def work(deed: Deed) -> int:
        return await jobs.ask(
            deed,
            bureau=who.bureau,
            kind=CHECK,
            title="核对操作日志",
            arguments={"note": note.decode()},
            account=who.account,
        )

    return done(f"/jobs/{await database.deed(work, actor=who.actor())}")


async def check(running: Running) -> dict[str, Any]:
    """Recompute the log and say everything that differs; what differs is named entry by entry."""
    note = running.job.arguments["note"]
    size = await audit_log.size()
    report = await audit_check.verify(
        {"您提供的检查点": note.encode()} if note else {},
        seen=lambda done_: running.tell(done_, size),
    )
    lines = [f"日志共 {report.size:,} 条，总根 {report.root}。"]
    if report.compared:
        lines.append(f"已与这些检查点核对：{'；'.join(report.compared)}。")
    if report.findings:
        lines.append(f"发现 {len(report.findings)} 处问题：")
        lines += [one.sentence() for one in report.findings[:200]]
        lines.append("请立即保留现场、停止使用，并报告纪检监察机构和系统管理员。")
    else:
        lines.append("没有发现任何改动、缺失、调换或截尾。")
    return {"lines": lines}


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
        before=int(after) if after.isdecimal() else None,
        limit=limit,
    )


def _moment(day: str | None) -> datetime | None:
    """Return when a day begins in China. Raises Refused for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), SHANGHAI) if day else None
    except ValueError:
        raise Refused("日期应写成 2026-11-21 的样子。") from None


async def _entry(bureau: str, number: int) -> LoggedEntry:
    found = await audit_log.entry(number)
    if found.bureau != bureau:
        raise NotFoundException
    return found


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return the entries that fit, to be taken along."""

    async def read(after: str, length: int) -> tuple[Rows, str | None]:
        found = await _entries(bureau, filters, length, after)
        rows = [
            (
                one.number,
                moment_of(one.at),
                one.actor_name,
                KINDS.get(one.actor_kind, one.actor_kind),
                audit_events.meaning(one.event) or one.event,
                one.event,
                one.subject,
                Entry.parse(one.canonical).reason,
                one.canonical,
            )
            for one in found
        ]
        return rows, str(found[-1].number) if len(found) == length else None

    return Table("操作日志", COLUMNS, read)


def _shown(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) if values else ""


def _file(content: bytes, name: str, type_: str) -> Response[bytes]:
    return Response(content, media_type=type_, headers=attachment(name))


EXPORT: Final = exporting("/log", "操作日志", "log:read", table_of)
HANDLERS: Final = [
    log_page,
    entry_page,
    proof_post,
    checkpoint_post,
    check_page,
    check_post,
    *EXPORT.handlers,
]
JOBS: Final = {CHECK: check, **EXPORT.jobs}
