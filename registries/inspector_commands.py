"""The commands of the inspectors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from registries import database, inspector_absences, inspector_register
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
from registries.district_changes import lookup_of
from registries.errors import Invalid
from registries.inspector_register import InspectorVersion
from registries.inspectors import LEVELS, STATES, Absence, Certificate, Inspector
from registries.inspectors import as_json as inspector_as_json
from registries.reference_imports import Imported, import_inspectors
from registries.reference_sheets import read_inspectors
from registries.terminal import Command, Group, as_text, json_option, print_done, print_rows

PEOPLE = {
    "inspector": "工号",
    "name": "姓名",
    "unit": "工作单位",
    "level": "层级",
    "state": "状态",
    "may_lead": "可任组长",
    "homes": "回避区划",
}


@click.group("inspectors", cls=Group)
def inspectors_command() -> None:
    """执法人员：名录、变更、不能出勤的日期、历史。"""


@inspectors_command.command("list", cls=Command)
@click.option("--state", help=f"只列某种状态：{'、'.join(STATES.values())}。")
@click.option("--after", default="", metavar="工号", help="从这个工号之后列起。")
@click.option("--on", type=DAY, help="列出某一天的名录（全部）。")
@bureau_option
@json_option
def list_inspectors(
    state: str | None, after: str, on: date | None, bureau: str | None, *, as_json: bool
) -> None:
    """列出执法人员，每次 50 人。"""
    wanted = code_for(state, dict(STATES), "state") if state else None

    async def read() -> tuple[tuple[Inspector, ...], str | None]:
        code = await the_bureau(bureau)
        if on is not None:
            return await inspector_register.inspectors_as_of(code, on), None
        page = await inspector_register.inspectors(code, state=wanted, after=after)
        return page.inspectors, page.after

    found, more = database.run(read)
    if as_json:
        click.echo(as_text([inspector_as_json(one) for one in found]))
        return
    shown = [replace(one, level=LEVELS[one.level], state=STATES[one.state]) for one in found]
    print_rows(shown, PEOPLE, as_json=False)
    if more:
        click.echo(f"还有更多，请加 --after {more}。")


@inspectors_command.command("show", cls=Command)
@click.argument("number", metavar="工号")
@click.option("--on", type=DAY, help="哪一天的内容；默认最新。")
@bureau_option
@json_option
def show(number: str, on: date | None, bureau: str | None, *, as_json: bool) -> None:
    """查看一名执法人员，或其在某一天的内容。"""

    async def read() -> InspectorVersion:
        code = await the_bureau(bureau)
        if on is None:
            return await inspector_register.inspector(code, number)
        return await inspector_register.inspector_as_of(code, number, on)

    _print_version(database.run(read), as_json=as_json)


@inspectors_command.command("history", cls=Command)
@click.argument("number", metavar="工号")
@bureau_option
@json_option
def show_history(number: str, bureau: str | None, *, as_json: bool) -> None:
    """列出一名执法人员的历次内容：何时、何人、因何事由。"""

    async def read() -> list[InspectorVersion]:
        return await inspector_register.history(await the_bureau(bureau), number)

    versions = database.run(read)
    if as_json:
        click.echo(as_text([_plain(version) for version in versions]))
        return
    for version in versions:
        _print_version(version, as_json=False)
        click.echo("")


@inspectors_command.command("add", cls=Command)
@click.argument("number", metavar="工号")
@click.option("--name", required=True, help="姓名。")
@click.option("--unit", required=True, help="工作单位。")
@click.option("--department", default="", help="部门。")
@click.option("--level", required=True, help="层级：市级、县级。")
@click.option("--home", "homes", multiple=True, help="回避区划（居住、任职），可写多个。")
@click.option("--may-lead", is_flag=True, help="可担任检查组负责人。")
@click.option(
    "--certificate",
    "certificates",
    multiple=True,
    nargs=5,
    metavar="种类 编号 地区 发证日期 有效期至",
    help="执法证件，可写多个。",
)
@bureau_option
def add(bureau: str | None, **details: Any) -> None:
    """登记一名执法人员。"""

    async def work(deed: Deed) -> Inspector:
        code = await the_bureau(bureau)
        certificates = tuple(_certificate(words) for words in details["certificates"])
        return await inspector_register.enter_inspector(
            deed,
            bureau=code,
            inspector=Inspector(
                inspector=details["number"],
                name=details["name"],
                unit=details["unit"],
                department=details["department"],
                level=code_for(details["level"], dict(LEVELS), "level"),
                state="on-duty",
                may_lead=details["may_lead"],
                homes=await _homes(code, details["homes"]),
                certificates=certificates,
            ),
        )

    entered = run_deed(work)
    click.echo(f"已登记：工号 {entered.inspector}。")


@inspectors_command.command("change", cls=Command)
@click.argument("number", metavar="工号")
@click.option("--reason", required=True, help="事由。")
@click.option("--from", "valid_from", type=DAY, help="自哪一天起；默认今天。")
@click.option("--unit", help="工作单位。")
@click.option("--department", help="部门。")
@click.option("--state", help=f"状态：{'、'.join(STATES.values())}。")
@click.option("--home", "homes", multiple=True, help="回避区划，写则全部替换。")
@click.option("--may-lead/--may-not-lead", default=None, help="可否担任检查组负责人。")
@bureau_option
def change(
    number: str, reason: str, valid_from: date | None, bureau: str | None, **details: Any
) -> None:
    """变更一名执法人员；原内容保留在历史里。"""

    async def work(deed: Deed) -> Inspector:
        code = await the_bureau(bureau)
        known = await inspector_register.inspector(code, number)
        new: dict[str, Any] = {
            field: details[field]
            for field in ("unit", "department", "may_lead")
            if details[field] is not None
        }
        if details["state"]:
            new["state"] = code_for(details["state"], dict(STATES), "state")
        if details["homes"]:
            new["homes"] = await _homes(code, details["homes"])
        return await inspector_register.change_inspector(
            deed,
            bureau=code,
            inspector=replace(known.inspector, **new),
            version=known.version,
            reason=reason,
            valid_from=valid_from,
        )

    run_deed(work)
    click.echo(f"已变更：工号 {number}。")


@inspectors_command.command("unavailable", cls=Command)
@click.argument("number", metavar="工号")
@click.option("--first", type=DAY, required=True, help="开始日期。")
@click.option("--last", type=DAY, required=True, help="结束日期。")
@click.option("--reason", required=True, help="事由。")
@bureau_option
def unavailable(number: str, first: date, last: date, reason: str, bureau: str | None) -> None:
    """登记不能出勤的日期。"""

    async def work(deed: Deed) -> Absence:
        return await inspector_absences.enter_absence(
            deed,
            bureau=await the_bureau(bureau),
            inspector=number,
            first=first,
            last=last,
            reason=reason,
        )

    absence = run_deed(work)
    click.echo(f"已登记第 {absence.number} 号：工号 {number} 期间不能出勤。")


@inspectors_command.command("import", cls=Command)
@click.argument("file", type=READABLE, metavar="文件")
@click.option("--reason", default="批量导入", show_default=True, help="事由。")
@bureau_option
@json_option
@faults_option
def import_file(file: Path, reason: str, bureau: str | None, *, as_json: bool) -> None:
    """从表格登记和变更执法人员；表中没有的人不受影响。"""

    async def work(deed: Deed) -> Imported:
        code = await the_bureau(bureau)
        words = (await lookup_of(code, today())).words(code[:4] + "00")
        sheet = read_inspectors(file, words)
        return await import_inspectors(deed, bureau=code, sheet=sheet, reason=reason)

    done = run_deed(work)
    said = f"新登记 {done.new} 人，变更 {done.changed} 人，无变化 {done.unchanged} 人。"
    print_done(done, said, as_json=as_json)


async def _homes(bureau: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the codes of districts typed by name or code. Raises Invalid naming each unknown one."""
    lookup = await lookup_of(bureau, today())
    found = {word: lookup.find(word, bureau[:4] + "00") for word in words}
    unknown = [f"认不出区划“{word}”。" for word, district in found.items() if district is None]
    if unknown:
        raise Invalid("回避区划有误，请改正后再试。", {"homes": unknown})
    return tuple(sorted({district.code for district in found.values() if district}))


def _certificate(words: tuple[str, ...]) -> Certificate:
    kind, number, area, issued, expires = words
    try:
        return Certificate(
            kind, number, area, date.fromisoformat(issued), date.fromisoformat(expires)
        )
    except ValueError:
        raise Invalid(
            "执法证件的日期有误。", {"certificate": ["日期应写成 2026-11-21 的样子。"]}
        ) from None


def _plain(version: InspectorVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "valid_from": version.valid_from.isoformat(),
        "reason": version.reason,
        "entered_at": version.entered_at,
        "entered_by": version.entered_by,
        "inspector": inspector_as_json(version.inspector),
    }


def _print_version(version: InspectorVersion, *, as_json: bool) -> None:
    if as_json:
        click.echo(as_text(_plain(version)))
        return
    one = version.inspector
    click.echo(f"工号 {one.inspector}  {one.name}  第 {version.version} 版")
    click.echo(f"自 {version.valid_from.isoformat()} 起，{version.reason}（{version.entered_by}）")
    click.echo(f"{one.unit}  {one.department}  {LEVELS[one.level]}  {STATES[one.state]}")
    click.echo(
        f"可任组长：{'是' if one.may_lead else '否'}  回避区划：{'、'.join(one.homes) or '无'}"
    )
    for held in one.certificates:
        click.echo(f"{held.kind} {held.number}，有效期至 {held.expires.isoformat()}")
