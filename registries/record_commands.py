"""The commands of the record of facts: list, add, correct, import."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from registries import command_options, database, record, record_reads
from registries.command_options import (
    DAY,
    READABLE,
    bureau_option,
    faults_option,
    run_deed,
    the_bureau,
)
from registries.database import Actor, Deed
from registries.errors import Invalid, Refused
from registries.record_reads import Fact
from registries.record_rules import KINDS, NewFact
from registries.record_sheet import import_facts, read_facts
from registries.reference_imports import Imported
from registries.terminal import Command, Group, json_option, print_done, print_rows

HEADINGS = {
    "number": "编号", "happened_on": "日期", "entity": "单位代码", "kind": "记录", "reference": "文号",
    "details": "说明", "source": "来源", "recorded_by": "记录人", "current": "有效",
}  # fmt: skip


@click.group("record", cls=Group)
def record_command() -> None:
    """诚信档案：查询、新增、更正、导入。"""


@record_command.command("list", cls=Command)
@click.option("--entity", metavar="代码", help="只列这家单位的，最新的在前。")
@click.option("--kind", type=click.Choice(list(KINDS)), help="只列这种记录。")
@click.option("--since", type=DAY, default=date.min, help="只列这一天以来的。")
@click.option("--after", type=int, default=0, metavar="编号", help="从这个编号之后列起。")
@click.option("--superseded", is_flag=True, help="连同已被更正的一起列出（须指定单位）。")
@bureau_option
@json_option
def list_command(
    entity: str | None,
    kind: str | None,
    since: date,
    after: int,
    bureau: str | None,
    *,
    superseded: bool,
    as_json: bool,
) -> None:
    """列出档案记录，每次 50 条。"""
    if superseded and not entity:
        raise Refused("--superseded 须与 --entity 一起使用。")

    async def read() -> list[Fact]:
        code = await the_bureau(bureau)
        # Whoever may read the record may not know yet who was drawn: that is read with `draw read-sealed`, and logged.
        sealed = await command_options.sealed_references(code)
        if sealed:
            told = f"未启封的抽查（{'、'.join(sorted(sealed))}）的记录不列出。"
            click.echo(told, err=True)
        if not entity:
            return await record_reads.page(
                code, kind=kind or "", since=since, after=after, without=sealed
            )
        return [
            fact
            for fact in await record_reads.facts(
                code, entity, superseded=superseded, without=sealed
            )
            if kind in {None, fact.kind} and fact.happened_on >= since
        ]

    found = database.run(read)
    print_rows(found, HEADINGS, as_json=as_json)
    if not entity and len(found) == record_reads.PAGE:
        click.echo(f"可能还有更多，请加 --after {found[-1].number}。", err=True)


def _fact(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what happened."""
    for option in (
        click.option("--by", required=True, metavar="姓名", help="办理人，记入日志。"),
        click.option("--detail", "details", multiple=True, metavar="名=值", help="说明，如 outcome=penalty。"),
        click.option("--reference", default="", metavar="文号", help="抽查编号、任务号、文书号或案号。"),
        click.option("--on", type=DAY, help="发生日期。"),
        click.option("--kind", type=click.Choice(list(KINDS)), help="记录的种类。"),
        bureau_option,
    ):  # fmt: skip
        command = option(command)
    return command


@record_command.command("add", cls=Command)
@click.argument("entity", metavar="单位代码")
@_fact
@click.option("--source", default="手工录入", show_default=True, help="来源。")
def add_command(
    entity: str, source: str, by: str, bureau: str | None, kind: str | None, on: date | None,
    reference: str, details: tuple[str, ...],
) -> None:  # fmt: skip
    """为一家单位新增一条记录。"""
    fact = _said(entity, kind, on, reference, details)

    async def add(deed: Deed, code: str) -> Fact:
        return await record.add(deed, code, fact, source=source)

    _done(_act(bureau, by, add))


@record_command.command("correct", cls=Command)
@click.argument("number", type=int, metavar="编号")
@_fact
@click.option("--reason", required=True, help="更正的理由或依据。")
@click.option("--withdraw", is_flag=True, help="只撤销，不另写新的记录。")
def correct_command(
    number: int, reason: str, by: str, bureau: str | None, kind: str | None, on: date | None,
    reference: str, details: tuple[str, ...], *, withdraw: bool,
) -> None:  # fmt: skip
    """更正一条记录：写一条新的代替它，或用 --withdraw 撤销。"""

    async def correct(deed: Deed, code: str) -> Fact:
        old = await record_reads.one(code, number)
        new = None if withdraw else _said(old.entity, kind, on, reference, details)
        return await record.correct(deed, code, number, new, reason=reason)

    _done(_act(bureau, by, correct))


@record_command.command("import", cls=Command)
@click.argument("file", metavar="文件", type=READABLE)
@bureau_option
@json_option
@faults_option
def import_command(file: Path, bureau: str | None, *, as_json: bool) -> None:
    """从表格导入以往的记录（检查、立案、结案等）；库中已有的不重复。"""
    sheet = read_facts(file)

    async def work(deed: Deed) -> int:
        return await import_facts(deed, bureau=await the_bureau(bureau), sheet=sheet)

    new = run_deed(work)
    done = Imported(new=new, changed=0, unchanged=len(sheet.facts) - new)
    said = f"读取 {len(sheet.facts)} 条，新增 {new} 条，已有 {done.unchanged} 条。"
    print_done(done, said, as_json=as_json)


def _act(bureau: str | None, by: str, work: Callable[[Deed, str], Awaitable[Fact]]) -> Fact:
    async def whole(deed: Deed) -> Fact:
        return await work(deed, await the_bureau(bureau))

    return database.run(lambda: database.deed(whole, actor=Actor("command", by)))


def _said(
    entity: str, kind: str | None, on: date | None, reference: str, details: tuple[str, ...]
) -> NewFact:
    """Return the fact that the options say. Raises Invalid with everything that is missing."""
    faults = {
        name: ["请填写。"] for name, value in (("--kind", kind), ("--on", on)) if value is None
    }
    said = dict(pair.partition("=")[::2] for pair in details)
    if kind is None or on is None or "" in said:
        raise Invalid("还缺内容，请补上再试。", faults or {"--detail": ["应写成 名=值。"]})
    return NewFact(entity, kind, on, reference, {name: _value(text) for name, text in said.items()})


def _value(text: str) -> Any:
    """Return a whole number as a number and everything else as the text it is."""
    return int(text) if text.isdecimal() and json.dumps(int(text)) == text else text


def _done(fact: Fact) -> None:
    what = "已撤销" if fact.kind not in KINDS else f"已记录：{KINDS[fact.kind]}"
    click.echo(f"{what}，编号 {fact.number}，单位 {fact.entity}。")
