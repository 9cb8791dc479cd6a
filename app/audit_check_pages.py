"""What an auditor takes along and holds against the log: proofs, checkpoints, and the check of the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.response import Template

from app import jobs
from app.access import may
from app.accounts.authentication import principal
from app.audit_pages import BACK, Number, entry_of
from app.draws import seal_actions
from app.forms import Form, file, lines, sent
from app.jobs import Running
from app.lists import attachment
from app.rendering import done, invalid, page
from registries import audit_check, audit_log, audit_proofs, database, log_keys
from registries.calendar import day_in_china
from registries.checkpoint import open_checkpoint
from registries.database import Deed
from registries.errors import Refused

AnyRequest = Request[Any, Any, Any]
CHECK: Final = "log-check"
TITLE: Final = "核对日志"
LARGEST_NOTE: Final = 10_000
MOST_LINES: Final = 200


class CheckForm(Form):
    """A checkpoint that was kept elsewhere, as a file or as text."""

    note = file("另存的检查点文件", hint="取检查点时下载的原文件。", accept=".txt")
    pasted = lines(
        "或粘贴检查点全文",
        hint="从第一行的日志名称到最后一行的签名。两项都不填，则只与本机保存的检查点核对。",
        most=LARGEST_NOTE,
    )


@post("/log/{number:int}/proof", opt=may("log:read"), status_code=200)
async def proof_post(request: AnyRequest, number: Number) -> Response[bytes]:
    """Send the proof that an entry is in the log, with a checkpoint signed now."""
    who = principal(request)
    await seal_actions.check_provable(who.bureau, await entry_of(who.bureau, number))

    async def work(deed: Deed) -> audit_proofs.InclusionProof:
        return await audit_proofs.prove_inclusion(deed, number)

    proof = await database.deed(work, actor=who.actor())
    return _file(audit_proofs.proof_bytes(proof), f"日志第{number}条-证明.json", "application/json")


@post("/log/checkpoint", opt=may("log:read"), status_code=200)
async def checkpoint_post(request: AnyRequest) -> Response[bytes]:
    """Send a signed checkpoint of the log as it stands, to be kept elsewhere."""
    who = principal(request)
    note = (await database.deed(audit_log.issue_checkpoint, actor=who.actor())).encode()
    log_keys.keep_checkpoint(note)
    name = f"检查点-{day_in_china(datetime.now(UTC))}.txt"
    return _file(note, name, "text/plain; charset=utf-8")


@get("/log/check", opt=may("log:read"))
async def check_page(request: AnyRequest) -> Template:
    """Ask for a checkpoint that was kept elsewhere."""
    return page(request, "log/check.html", title=TITLE, back=BACK, form=CheckForm())


@post("/log/check", opt=may("log:read"), status_code=200)
async def check_post(request: AnyRequest) -> Response[Any]:
    """Have the whole log recomputed in the background and held against the checkpoints."""
    who = principal(request)
    form = await sent(request, CheckForm)
    note = await _note(form)
    if form.faults():
        return invalid(request, "log/check.html", title=TITLE, back=BACK, form=form)

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


async def _note(form: Any) -> bytes:
    """Return the checkpoint that was sent, b"" for none; what is no checkpoint becomes a fault."""
    uploaded = await form.note.data.read(LARGEST_NOTE + 1) if form.note.data else b""
    # A browser sends lines as CRLF, and the form takes the last line's end away.
    pasted = form.pasted.data.replace("\r\n", "\n").encode()
    if uploaded and pasted:
        form.pasted.errors = ["文件和粘贴的文本请只给一种。"]
        return b""
    note: bytes = uploaded or (pasted + b"\n" if pasted else b"")
    if note:
        try:
            open_checkpoint(note, log_keys.verifier())
        except Refused as refusal:
            said = refusal.sentence.rstrip("。")
            field = form.note if uploaded else form.pasted
            field.errors = [f"这不是本机构的检查点（{said}）。请使用当时保存的原文件。"]
    return note


async def check(running: Running) -> dict[str, Any]:
    """Recompute the log and say everything that differs; what differs is named entry by entry."""
    note = running.job.arguments["note"]
    # The head may be what was damaged, so the rows themselves are counted.
    expected = await audit_check.entries_stored()
    seen = 0

    def tell(more: int) -> None:
        nonlocal seen
        seen += more
        running.tell(seen, expected)

    kept = {"您提供的检查点": note.encode()} if note else {}
    report = await audit_check.verify(kept, seen=tell)
    return {"lines": _told(report, kept=bool(note))}


def _told(report: audit_check.Report, *, kept: bool) -> list[str]:
    """Return what the check has found, in sentences; the verdict comes first."""
    about = [f"日志共 {report.size:,} 条，总根 {report.root}。"]
    if report.compared:
        about.append(f"已与这些检查点核对：{'；'.join(report.compared)}。")
    if not report.findings:
        alone = [] if kept else [ALONE]
        return ["没有发现任何改动、缺失、调换或截尾。", *about, *alone]
    found = [one.sentence() for one in report.findings[:MOST_LINES]]
    if more := len(report.findings) - len(found):
        found.append(f"另有 {more} 处没有列出，请用 yaohao audit verify 查看全部。")
    return [
        f"发现 {len(report.findings)} 处问题。请立即保留现场、停止使用，并报告纪检监察机构和系统管理员。",
        *found,
        *about,
    ]


ALONE: Final = (
    "本次没有用本机以外保存的检查点核对：掌握数据库和密钥的人可以整本改写。"
    "请用存在别处的检查点再核对一次。"
)


def _file(content: bytes, name: str, type_: str) -> Response[bytes]:
    return Response(content, media_type=type_, headers=attachment(name))


HANDLERS: Final = [proof_post, checkpoint_post, check_page, check_post]
JOBS: Final = {CHECK: check}
