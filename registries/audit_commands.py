"""`yaohao audit …`: read the log, sign and keep checkpoints, verify, prove, check proofs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from registries import (
    audit_check,
    audit_events,
    audit_log,
    audit_proofs,
    command_options,
    database,
    key_files,
    log_keys,
)
from registries.audit_entries import LoggedEntry
from registries.audit_proofs import InclusionProof, Proof
from registries.checkpoint import Checkpoint, open_checkpoint
from registries.command_options import READABLE, acting
from registries.database import Deed
from registries.errors import Refused
from registries.signed_note import VerifierKey
from registries.terminal import Group, as_text, json_option, print_one, print_rows, progress_bar

T = TypeVar("T")
FILE = click.Path(path_type=Path, dir_okay=False)

SEALED = "写有封存中的名单，抽查启封前不显示，也不出具证明。"
LIST_HEADINGS = {
    "number": "编号",
    "at": "时间（UTC）",
    "actor_name": "经办",
    "event": "事件",
    "subject": "对象",
}
SHOW_HEADINGS = {
    "number": "编号",
    "at": "时间（UTC）",
    "bureau": "单位",
    "actor_kind": "经办类别",
    "actor_name": "经办",
    "event": "事件",
    "subject": "对象",
    "canonical": "正文",
    "leaf": "散列值",
}
SAFE = "没有发现改动。"
SAFE_BUT_ALONE = (
    "没有发现改动。但没有用本机以外保存的检查点比对：掌握数据库和密钥的人可以整本改写。"
    "请用 --since 指定另存的检查点再核对一次。"
)


@click.group("audit", cls=Group)
def audit() -> None:
    """操作日志：查看、签发检查点、核对有无篡改、出具和核对证明。"""


@audit.command("checkpoint")
@click.option("--out", type=FILE, help="另存到这个文件，请放到本机以外的地方。")
def checkpoint_command(out: Path | None) -> None:
    """签发检查点：日志此刻的条数和总根，附签名。"""
    note = _deed(audit_log.issue_checkpoint).encode()
    log_keys.keep_checkpoint(note)
    if out:
        key_files.replace(out, note)
    click.echo(note.decode(), nl=False)
    if out:
        click.echo(f"已另存：{out}。请连同公钥 {log_keys.public_path()} 交给别人保管。", err=True)


@audit.command("verify")
@click.option("--since", type=READABLE, multiple=True, help="另存的检查点文件，可重复。")
@click.option("--key", type=READABLE, help="公钥文件 log.pub；不写则用本机的。")
@json_option
def verify_command(since: tuple[Path, ...], key: Path | None, *, as_json: bool) -> None:
    """从头核对日志；发现篡改时逐条指出，并以状态 1 结束。"""
    kept = {f"检查点 {place.name}": place.read_bytes() for place in since}
    report = database.run(lambda: _verified(kept, _key(key)))
    findings = [
        {"word": f.word, "first": f.first, "last": f.last, "sentence": f.sentence()}
        for f in report.findings
    ]
    if as_json:
        summary = {"size": report.size, "root": report.root, "compared": list(report.compared)}
        click.echo(as_text(summary | {"findings": findings}))
    else:
        click.echo(f"日志共 {report.size} 条，总根 {report.root}。")
        click.echo(f"已与 {len(report.compared)} 个检查点比对。")
        for finding in findings:
            click.echo(f"  {finding['sentence']}")
        if not findings:
            click.echo(SAFE if since else SAFE_BUT_ALONE)
    if findings:
        raise Refused(f"发现 {len(findings)} 处不符。请保留数据库原样，报告上级，并从备份查证。")


@audit.command("prove")
@click.argument("number", type=click.IntRange(min=0), required=False)
@click.option("--consistency", metavar="文件或条数", help="证明日志自这个检查点以来只增不改。")
@click.option("--out", type=FILE, help="写到这个文件；不写则显示出来。")
def prove_command(number: int | None, consistency: str | None, out: Path | None) -> None:
    """出具证明：某一条在日志里（写编号），或日志只增不改（--consistency）。"""
    if (number is None) == (consistency is None):
        raise Refused("请写一个条目编号，或用 --consistency 指定旧检查点，两者选一。")
    if consistency is not None:
        old_size = _old_size(consistency)
        proof: Proof = _deed(lambda deed: audit_proofs.prove_consistency(deed, old_size))
    else:
        proof = _deed(lambda deed: _proved(deed, number or 0))
    data = audit_proofs.proof_bytes(proof)
    if out:
        key_files.replace(out, data)
        click.echo(f"证明已写入 {out}。核对：yaohao audit check-proof {out} --key log.pub")
    else:
        click.echo(data.decode(), nl=False)


@audit.command("check-proof")
@click.argument("file", type=READABLE, metavar="文件")
@click.option("--key", type=READABLE, help="公钥文件 log.pub；不写则用本机的。")
@click.option("--since", type=READABLE, help="自己保存的旧检查点，与只增不改的证明比对。")
@json_option
def check_proof_command(file: Path, key: Path | None, since: Path | None, *, as_json: bool) -> None:
    """核对证明文件；不需要数据库。"""
    proof, public = audit_proofs.read_proof(file.read_bytes()), _key(key)
    if isinstance(proof, InclusionProof):
        entry, checkpoint = audit_proofs.check_inclusion(proof, public)
        told = f"编号 {entry.number}（{entry.event}，{entry.at}）"
        sentence = f"证明成立：{told}在日志前 {checkpoint.size} 条之内，未被改动。"
    else:
        kept = open_checkpoint(since.read_bytes(), public) if since else None
        checkpoint = audit_proofs.check_growth(proof, public, kept)
        sentence = f"证明成立：日志从 {proof.old_size} 条到 {checkpoint.size} 条只增不改。"
        if kept is None:
            sentence += f"请核对旧的总根是否与您保存的一致：{proof.old_root}。"
    if as_json:
        click.echo(as_text({"holds": True, "size": checkpoint.size, "root": checkpoint.root}))
    else:
        click.echo(sentence)


@audit.command("list")
@click.option("--bureau", help="只看这个单位（六位代码）。")
@click.option("--event", help="只看这种事件，例如 entity:entered。")
@click.option("--subject", help="只看这个对象。")
@click.option("--actor", help="只看这个经办。")
@click.option("--before", type=click.IntRange(min=0), help="从这个编号之前看起（翻页）。")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="条数。")
@json_option
def list_command(
    bureau: str | None,
    event: str | None,
    subject: str | None,
    actor: str | None,
    before: int | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """列出日志条目，新的在前。"""

    async def read() -> list[LoggedEntry]:
        found = await audit_log.entries(
            bureau=bureau, event=event, subject=subject, actor=actor, before=before, limit=limit
        )
        return [replace(one, canonical=SEALED) if await _is_withheld(one) else one for one in found]

    rows = database.run(read)
    print_rows(rows, LIST_HEADINGS, as_json=as_json, empty="日志里没有这样的条目。")


@audit.command("show")
@click.argument("number", type=click.IntRange(min=0), metavar="编号")
@json_option
def show_command(number: int, *, as_json: bool) -> None:
    """显示一条日志的全部内容。"""

    async def read() -> LoggedEntry:
        found = await audit_log.entry(number)
        if await _is_withheld(found):
            raise Refused(f"第 {number} 条{SEALED}")
        return found

    entry = database.run(read)
    print_one(entry, SHOW_HEADINGS, as_json=as_json)


@audit.command("events")
@click.option("--page", type=FILE, help="写成文档页，例如 docs/audit-events.md。")
@json_option
def events_command(page: Path | None, *, as_json: bool) -> None:
    """列出日志里会出现的全部事件及其含义。"""
    if page:
        key_files.replace(page, audit_events.page().encode())
        return
    headings = {"event": "事件", "meaning": "含义"}
    print_rows(audit_events.declared(), headings, as_json=as_json)


async def _is_withheld(entry: LoggedEntry) -> bool:
    return bool(await command_options.withheld_entries(entry.bureau, [entry]))


async def _proved(deed: Deed, number: int) -> InclusionProof:
    if await _is_withheld(await audit_log.entry(number)):
        raise Refused(f"第 {number} 条{SEALED}")
    return await audit_proofs.prove_inclusion(deed, number)


def _deed(work: Callable[[Deed], Awaitable[T]]) -> T:
    return database.run(lambda: database.deed(work, actor=acting()))


async def _verified(kept: dict[str, bytes], key: VerifierKey) -> audit_check.Report:
    # The length of the bar is counted in passing: nothing that the head says is believed beforehand.
    with progress_bar(await audit_check.entries_stored(), "核对") as bar:
        return await audit_check.verify(kept, key, seen=bar.update)


def _key(place: Path | None) -> VerifierKey:
    if place is None:
        return log_keys.verifier()
    try:
        return VerifierKey.parse(place.read_text(encoding="utf-8").rstrip("\r\n"))
    except UnicodeDecodeError:
        raise Refused(f"{place} 不是公钥文件。请使用 log.pub。") from None


def _old_size(text: str) -> int:
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        note = Path(text).read_bytes()
    except OSError:
        raise Refused(f"打不开检查点文件：{text}。请核对路径，或直接写旧的条数。") from None
    kept: Checkpoint = open_checkpoint(note, log_keys.verifier())
    return kept.size
