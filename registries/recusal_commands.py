"""The commands of the recusals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from registries import database, recusals
from registries.command_options import (
    DAY,
    READABLE,
    bureau_option,
    code_for,
    faults_option,
    run_deed,
    the_bureau,
    today,
)
from registries.database import Deed
from registries.recusals import REASONS, Recusal
from registries.reference_imports import Imported, import_recusals
from registries.reference_sheets import read_recusals
from registries.terminal import Command, Group, json_option, print_done, print_rows

HEADINGS = {
    "number": "编号",
    "inspector": "工号",
    "entity": "单位代码",
    "reason": "事由",
    "first": "自",
    "last": "至",
    "declared_by": "提出人",
}


@click.group("recusals", cls=Group)
def recusals_command() -> None:
    """回避登记：列出、登记、终止。"""


@recusals_command.command("list", cls=Command)
@click.option("--inspector", default="", metavar="工号", help="只列这名执法人员的。")
@click.option("--entity", default="", metavar="代码", help="只列这家单位的。")
@click.option("--on", type=DAY, help="只列这一天有效的（全部）。")
@click.option("--after", type=int, default=0, metavar="编号", help="从这个编号之后列起。")
@bureau_option
@json_option
def list_recusals(
    inspector: str,
    entity: str,
    on: date | None,
    after: int,
    bureau: str | None,
    *,
    as_json: bool,
) -> None:
    """列出回避登记，每次 50 项。"""

    async def read() -> list[Recusal]:
        code = await the_bureau(bureau)
        if on is not None:
            return await recusals.recusals_between(code, on, on)
        return await recusals.recusals(code, inspector=inspector, entity=entity, after=after)

    found = database.run(read)
    print_rows(found, HEADINGS, as_json=as_json)
    if len(found) == recusals.PAGE_LENGTH and on is None and not as_json:
        click.echo(f"可能还有更多，请加 --after {found[-1].number}。")


@recusals_command.command("add", cls=Command)
@click.argument("inspector", metavar="工号")
@click.argument("entity", metavar="单位代码")
@click.option("--reason", required=True, help=f"事由：{'、'.join(REASONS)}，或其中文。")
@click.option("--declared-by", required=True, help="由谁提出。")
@click.option("--from", "first", type=DAY, help="自哪一天起；默认今天。")
@click.option("--until", "last", type=DAY, help="到哪一天；不写则一直有效。")
@click.option("--note", default="", help="说明。")
@bureau_option
def add(
    inspector: str,
    entity: str,
    reason: str,
    declared_by: str,
    first: date | None,
    last: date | None,
    note: str,
    bureau: str | None,
) -> None:
    """登记一项回避。"""

    async def work(deed: Deed) -> Recusal:
        return await recusals.enter_recusal(
            deed,
            bureau=await the_bureau(bureau),
            inspector=inspector,
            entity=entity,
            reason_code=code_for(reason, dict(REASONS), "reason"),
            declared_by=declared_by,
            first=first or today(),
            last=last,
            note=note,
        )

    entered = run_deed(work)
    click.echo(f"已登记第 {entered.number} 号回避。")


@recusals_command.command("end", cls=Command)
@click.argument("number", type=int, metavar="编号")
@click.option("--reason", required=True, help="终止的事由。")
@click.option("--last", type=DAY, help="最后有效的一天；默认今天。")
@bureau_option
def end(number: int, reason: str, last: date | None, bureau: str | None) -> None:
    """终止一项回避；登记保留。"""

    async def work(deed: Deed) -> Recusal:
        return await recusals.end_recusal(
            deed, bureau=await the_bureau(bureau), number=number, reason=reason, last=last
        )

    ended = run_deed(work)
    click.echo(f"第 {number} 号回避到 {ended.last} 为止。")


@recusals_command.command("import", cls=Command)
@click.argument("file", type=READABLE, metavar="文件")
@bureau_option
@json_option
@faults_option
def import_file(file: Path, bureau: str | None, *, as_json: bool) -> None:
    """从表格登记回避；已登记的不重复。"""
    rows = read_recusals(file)

    async def work(deed: Deed) -> Imported:
        return await import_recusals(deed, bureau=await the_bureau(bureau), rows=rows)

    done = run_deed(work)
    print_done(done, f"新登记 {done.new} 项，已登记 {done.unchanged} 项。", as_json=as_json)
