"""The commands of the working-day calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from registries import calendar_notices, database
from registries.calendar import KINDS
from registries.command_options import (
    DAY,
    READABLE,
    bureau_option,
    faults_option,
    run_deed,
    the_bureau,
)
from registries.database import Deed
from registries.errors import Refused
from registries.reference_sheets import read_notice
from registries.terminal import Command, Group, json_option, print_one, print_rows


@dataclass(frozen=True)
class Answer:
    """What `check` and `add-days` print."""

    day: date
    working_day: bool
    provisional: bool
    note: str


ANSWER = {"day": "日期", "working_day": "工作日", "provisional": "暂定", "note": "说明"}
PROVISIONAL = "该日期超出已公布的节假日安排，暂按周一至周五计算；安排公布后请导入并重新计算。"


@click.group("calendar", cls=Group)
def calendar_command() -> None:
    """工作日历：按国务院办公厅历年通知计算工作日。"""


@calendar_command.command("show", cls=Command)
@click.argument("year", type=int, metavar="年份")
@json_option
def show(year: int, *, as_json: bool) -> None:
    """列出某一年的放假和调休上班日期及依据的文号。"""
    calendar = database.run(calendar_notices.calendar)
    rows = [
        _Line(line.first, line.last, KINDS[line.kind], line.name, line.number)
        for line in calendar.arrangements
        if line.year == year
    ]
    headings = {
        "first": "开始",
        "last": "结束",
        "kind": "类型",
        "name": "节日",
        "number": "文号",
    }
    print_rows(rows, headings, as_json=as_json, empty=f"没有 {year} 年的节假日安排，请导入通知。")


@dataclass(frozen=True)
class _Line:
    first: date
    last: date
    kind: str
    name: str
    number: str


@calendar_command.command("check", cls=Command)
@click.argument("day", type=DAY, metavar="日期")
@json_option
def check(day: date, *, as_json: bool) -> None:
    """查询某一天是不是工作日。"""
    calendar = database.run(calendar_notices.calendar)
    line = calendar.arrangement(day)
    provisional = calendar.provisional(day)
    note = PROVISIONAL if provisional else f"{line.name}，{line.number}" if line else ""
    answer = Answer(day, calendar.is_working_day(day), provisional, note)
    print_one(answer, ANSWER, as_json=as_json)


@calendar_command.command("add-days", cls=Command)
@click.argument("start", type=DAY, metavar="起算日")
@click.argument("days", type=click.IntRange(-2000, 2000), metavar="工作日数")
@json_option
def add_days(start: date, days: int, *, as_json: bool) -> None:
    """从起算日的次日起数若干个工作日，得出届满日。"""
    calendar = database.run(calendar_notices.calendar)
    due = calendar.add_working_days(start, days)
    note = PROVISIONAL if due.provisional else ""
    answer = Answer(due.day, calendar.is_working_day(due.day), due.provisional, note)
    print_one(answer, ANSWER, as_json=as_json)


@calendar_command.command("import", cls=Command)
@click.argument("file", type=READABLE, metavar="文件")
@click.option("--year", type=int, required=True, help="安排的是哪一年。")
@click.option("--number", prompt="通知文号", help="通知的文号，例如 国办发明电〔2025〕7号。")
@click.option("--supplement", is_flag=True, help="这是补充通知，只改动表中的日期。")
@click.option("--preview", is_flag=True, help="只列出会改变的日期，不写入。")
@click.option("--yes", is_flag=True, help="不再询问，直接写入。")
@bureau_option
@json_option
@faults_option
def import_notice(
    file: Path,
    year: int,
    number: str,
    bureau: str | None,
    *,
    supplement: bool,
    preview: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """导入国务院办公厅的节假日安排（表中每行：开始日期、结束日期、放假或上班、节日）。"""
    lines = read_notice(file, year)
    changes = database.run(
        lambda: calendar_notices.preview_notice(year, lines, supplement=supplement)
    )
    headings = {"day": "日期", "was": "原为工作日", "becomes": "改为工作日", "name": "节日"}
    if as_json and not (preview or yes):
        raise Refused("以 JSON 输出时不能询问，请加 --preview（只看）或 --yes（直接写入）。")
    print_rows(changes, headings, as_json=as_json, empty="没有日期改变。")
    if preview:
        return
    if not yes:
        click.confirm(f"以上 {len(changes)} 天将改变，写入吗？", abort=True)

    async def work(deed: Deed) -> None:
        await calendar_notices.enter_notice(
            deed,
            bureau=await the_bureau(bureau),
            year=year,
            notice=number,
            lines=lines,
            source=file.name,
            supplement=supplement,
        )

    run_deed(work)
    if not as_json:  # As JSON, the changes printed above are the answer.
        click.echo(f"已录入 {number}，{len(changes)} 天改变。")
