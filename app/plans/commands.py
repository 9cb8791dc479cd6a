"""`yaohao plan`: the year's plan from draft to publication."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from app.command_line import act, bureau_option, by_option, read
from app.plans import actions, rules, tables
from app.plans.rules import PlanContent, Policy, Round
from app.plans.tables import Plan
from registries.errors import Invalid
from registries.terminal import Group, as_text, json_option

SHANGHAI = ZoneInfo("Asia/Shanghai")
YEAR = click.option("--year", type=int, required=True, help="计划年度，例如 2026。")
REASON = click.option("--reason", required=True, help="理由，记入日志。")
FILE = click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="文件"
)


@click.group("plan", cls=Group)
def plan_group() -> None:
    """年度抽查计划：起草、审批、报备、公布、修订。"""


@plan_group.command("example")
@YEAR
@click.option("--authority", default="某某市人力资源和社会保障局", help="制定机关全称。")
@click.option("--items", default="01", help="事项编号，以逗号分隔。")
@click.option("--item-list", type=int, default=1, help="事项清单版本。")
def example_command(year: int, authority: str, items: str, item_list: int) -> None:
    """打印一份计划样例（JSON），改好后交给 plan create。"""
    months = ((3, 5), (6, 8), (9, 11))
    rounds = tuple(
        Round(
            name=f"{year} 年第 {number} 次双随机抽查",
            items=tuple(items.split(",")),
            total=27,
            starts=date(year, first, 1),
            ends=date(year, last, 30),
        )
        for number, (first, last) in enumerate(months, start=1)
    )
    content = PlanContent(
        issuing_authority=authority, item_list=item_list, policy=Policy(), rounds=rounds
    )
    click.echo(as_text(msgspec.to_builtins(content)))


@plan_group.command("create")
@FILE
@YEAR
@bureau_option
@by_option
def create_command(file: Path, year: int, bureau: str | None, by: str) -> None:
    """起草年度计划：FILE 是按 plan example 填写的 JSON。"""
    content = read_content(file)
    made = act(
        bureau, by, lambda deed, code: actions.draft(deed, bureau=code, year=year, content=content)
    )
    _say(made, "下一步：yaohao plan submit")


@plan_group.command("change")
@FILE
@YEAR
@bureau_option
@by_option
def change_command(file: Path, year: int, bureau: str | None, by: str) -> None:
    """修改起草中的计划。"""
    content = read_content(file)
    made = act(
        bureau, by, lambda deed, code: actions.change(deed, bureau=code, year=year, content=content)
    )
    _say(made, "下一步：yaohao plan submit")


@plan_group.command("amend")
@FILE
@YEAR
@REASON
@bureau_option
@by_option
def amend_command(file: Path, year: int, reason: str, bureau: str | None, by: str) -> None:
    """修订已公布的计划：另立新版本，注明所替代的版本。"""
    content = read_content(file)
    made = act(
        bureau,
        by,
        lambda deed, code: actions.amend(
            deed, bureau=code, year=year, content=content, reason=reason
        ),
    )
    _say(made, "下一步：yaohao plan submit")


@plan_group.command("submit")
@YEAR
@bureau_option
@by_option
def submit_command(year: int, bureau: str | None, by: str) -> None:
    """把起草的计划提交审批。"""
    made = act(bureau, by, lambda deed, code: actions.submit(deed, bureau=code, year=year))
    _say(made, "下一步由另一人：yaohao plan approve")


@plan_group.command("return")
@YEAR
@REASON
@bureau_option
@by_option
def return_command(year: int, reason: str, bureau: str | None, by: str) -> None:
    """退回起草（须由起草人以外的人）。"""
    made = act(
        bureau,
        by,
        lambda deed, code: actions.send_back(deed, bureau=code, year=year, reason=reason),
    )
    _say(made, "下一步：yaohao plan change")


@plan_group.command("approve")
@YEAR
@bureau_option
@by_option
def approve_command(year: int, bureau: str | None, by: str) -> None:
    """审批通过（须由起草人以外的人）。"""
    made = act(bureau, by, lambda deed, code: actions.approve(deed, bureau=code, year=year))
    _say(made, "下一步：yaohao plan file")


@plan_group.command("file")
@YEAR
@click.option("--with", "filed_with", required=True, help="备案机关全称。")
@click.option("--reference", required=True, help="备案文号。")
@bureau_option
@by_option
def file_command(year: int, filed_with: str, reference: str, bureau: str | None, by: str) -> None:
    """登记已报上级备案。"""
    made = act(
        bureau,
        by,
        lambda deed, code: actions.file(
            deed, bureau=code, year=year, filed_with=filed_with, reference=reference
        ),
    )
    _say(made, "下一步：yaohao plan publish")


@plan_group.command("publish")
@YEAR
@bureau_option
@by_option
def publish_command(year: int, bureau: str | None, by: str) -> None:
    """向社会公布；自此抽查以该版本为准。"""
    made = act(bureau, by, lambda deed, code: actions.publish(deed, bureau=code, year=year))
    _say(made, "下一步：yaohao draw prepare")


@plan_group.command("withdraw")
@YEAR
@REASON
@bureau_option
@by_option
def withdraw_command(year: int, reason: str, bureau: str | None, by: str) -> None:
    """撤回尚未报备的版本。"""
    made = act(
        bureau, by, lambda deed, code: actions.withdraw(deed, bureau=code, year=year, reason=reason)
    )
    _say(made, "需要时可重新起草：yaohao plan create 或 plan amend")


@plan_group.command("show")
@YEAR
@click.option("--version", type=int, help="版本号；省略时为最新版本。")
@bureau_option
@json_option
def show_command(year: int, version: int | None, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """显示计划的一个版本。"""
    found = read(bureau, lambda code: tables.plan(code, year, version))
    if as_json:
        click.echo(as_text(msgspec.to_builtins(found)))
        return
    for line in lines_of(found, today=date.today()):  # noqa: DTZ011 - the reader's own day.
        click.echo(line)


@plan_group.command("list")
@bureau_option
@json_option
def list_command(bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """列出各年度计划的全部版本。"""
    found = read(bureau, tables.plans)
    if as_json:
        click.echo(as_text(msgspec.to_builtins(found)))
        return
    if not found:
        click.echo("还没有抽查计划。下一步：yaohao plan example")
    for one in found:
        click.echo(
            f"{one.year} 年度第 {one.version} 版  {rules.STATES[one.state]}  {one.drafted_by}"
        )


def read_content(file: Path) -> PlanContent:
    """Return the plan in a JSON file. Raises Invalid where it cannot be understood."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=PlanContent)
    except msgspec.DecodeError as error:
        place = str(error).rpartition(" - at ")[2].strip("`") if " - at " in str(error) else ""
        fault = f"{place or '文件'} 处的写法不对或缺少内容，请对照 yaohao plan example 的样例。"
        raise Invalid("计划文件无法读取。", {file.name: [fault]}) from error


def lines_of(one: Plan, *, today: date) -> list[str]:
    """Return a plan as people read it: where it stands, its policy, its rounds."""
    policy = one.content.policy
    published = one.published_at.astimezone(SHANGHAI).date() if one.published_at else None
    head = [
        f"{one.year} 年度抽查计划第 {one.version} 版：{rules.STATES[one.state]}",
        f"制定机关：{one.content.issuing_authority}；事项清单第 {one.content.item_list} 版",
        (
            f"全年要求：比例 {policy.ratio_permille}‰、家数 {policy.floor}，{rules.MODES[policy.mode]}；"
            f"频次上限 {policy.frequency_cap or '不限'}；近 {policy.pause_months} 个月已检查的不再抽"
        ),
        rules.lateness(one.year, published, today),
    ]
    return head + [_round_line(n, r) for n, r in enumerate(one.content.rounds, start=1)]


def _round_line(number: int, one: Round) -> str:
    marks = "、".join(
        (rules.OCCASIONS[one.occasion], rules.AIMS[one.aim], rules.WEIGHTS[one.weight])
    )
    rates: dict[str, Any] = dict(one.rates)
    density = "，".join(f"{grade} {rate}" for grade, rate in rates.items())
    return (
        f"  第 {number} 次  {one.name}（{marks}）{one.starts} 至 {one.ends}，抽 {one.total} 家；"
        f"密度 {density}；各区至少 {one.district_minimum} 家，备选 {one.reserve} 家，"
        f"每组 {one.team_size} 人查 {one.entities_per_team} 家"
    )


def _say(one: Plan, following: str) -> None:
    click.echo(
        f"{one.year} 年度抽查计划第 {one.version} 版：{rules.STATES[one.state]}。{following}"
    )
