"""`yaohao draw` before the ceremony: prepare, preview, freeze, look, and write the frozen folder to a stick."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from app.command_line import act, bureau_option, by_option, read
from app.draws import (
    draw_reads,
    freeze_actions,
    gauges_reads,
    preparation_actions,
    preview_rules,
    seal_actions,
)
from app.draws.draw_reads import Draw, StepTaken
from app.draws.preparation_actions import Preparation
from app.draws.settings_rules import HALL_MODES, Settings
from app.draws.state_rules import STATES
from app.plans import rules as plan_rules
from exports.printable import in_groups
from registries.errors import Refused
from registries.terminal import Command, as_text, json_option
from sampling.verifying import FROZEN_FILES

DAY = click.DateTime(formats=["%Y-%m-%d"])
PREPARATION = click.argument("preparation", type=int)
NUMBER = click.argument("number")
# What `python -m sampling` needs to finish the ceremony and make the bundle without this system.
FOLDER_FILES = (*FROZEN_FILES, "people.csv", "verify.py")


def settings_options(command: Any) -> Any:
    """Add the options that make up a draw's settings."""
    for option in reversed(
        (
            click.option("--title", required=True, help="本次抽查的名称。"),
            click.option("--from", "start", type=DAY, required=True, help="任务开始日期。"),
            click.option("--to", "end", type=DAY, required=True, help="任务结束日期。"),
            click.option("--unseal-by", type=DAY, required=True, help="最迟启封日期。"),
            click.option("--standby-witness", required=True, help="候补见证人姓名。"),
            click.option("--guests", type=int, default=2, show_default=True, help="特邀席位数。"),
            click.option("--dice", type=int, default=10, show_default=True, help="骰子位数。"),
            click.option("--dice-source", default="", help="远程抽查时所用的公开开奖号码来源。"),
            click.option(
                "--hall",
                type=click.Choice(list(HALL_MODES)),
                default="counts",
                show_default=True,
                help="大屏方式。",
            ),
        )
    ):
        command = option(command)
    return command


def settings_of(given: dict[str, Any]) -> Settings:
    """Return the settings of a command's options."""
    return Settings(
        title=given["title"],
        tasks_start=given["start"].date(),
        tasks_end=given["end"].date(),
        unseal_by=given["unseal_by"].date(),
        standby_witness=given["standby_witness"],
        guests=given["guests"],
        dice=given["dice"],
        dice_source=given["dice_source"],
        hall_mode=given["hall"],
    )


@click.command("prepare", cls=Command)
@click.option("--year", type=int, required=True, help="计划年度。")
@click.option("--round", "number", type=int, required=True, help="计划中的第几次抽查。")
@settings_options
@bureau_option
@by_option
def prepare_command(year: int, number: int, bureau: str | None, by: str, **given: Any) -> None:
    """按已公布的年度计划准备一次抽查。"""
    settings = settings_of(given)
    made = act(
        bureau,
        by,
        lambda deed, code: preparation_actions.prepare(
            deed, bureau=code, year=year, number=number, settings=settings
        ),
    )
    click.echo(f"已准备，准备编号 {made}。下一步：yaohao draw preview {made}")


@click.command("change", cls=Command)
@PREPARATION
@settings_options
@bureau_option
@by_option
def change_command(preparation: int, bureau: str | None, by: str, **given: Any) -> None:
    """修改准备中的抽查（须写全各项设置）。"""
    settings = settings_of(given)
    act(
        bureau,
        by,
        lambda deed, code: preparation_actions.change(
            deed, bureau=code, preparation=preparation, settings=settings
        ),
    )
    click.echo(f"已修改。下一步：yaohao draw preview {preparation}")


@click.command("abandon", cls=Command)
@PREPARATION
@click.option("--reason", required=True, help="理由，记入日志。")
@bureau_option
@by_option
def abandon_command(preparation: int, reason: str, bureau: str | None, by: str) -> None:
    """放弃一次尚未冻结的准备。"""
    act(
        bureau,
        by,
        lambda deed, code: preparation_actions.abandon(
            deed, bureau=code, preparation=preparation, reason=reason
        ),
    )
    click.echo("已放弃。")


@click.command("preview", cls=Command)
@PREPARATION
@bureau_option
@json_option
def preview_command(preparation: int, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """预览：家数、机会和人手（没有姓名、名称），以及不能冻结的原因。"""
    found = read(bureau, lambda code: freeze_actions.preview(code, preparation, datetime.now(UTC)))
    if as_json:
        click.echo(as_text(msgspec.to_builtins(found)))
        return
    for line in preview_rules.lines_of(found):
        click.echo(line)


@click.command("freeze", cls=Command)
@PREPARATION
@bureau_option
@by_option
def freeze_command(preparation: int, bureau: str | None, by: str) -> None:
    """冻结：从此名单、规则不能再改，随即公布承诺。"""
    draw = act(
        bureau,
        by,
        lambda deed, code: freeze_actions.freeze(deed, bureau=code, preparation=preparation),
    )
    click.echo(f"{_mark(draw)}抽查 {draw.number} 已冻结，任何命令都不能再改。")
    click.echo(f"承诺：{in_groups(draw.commitment)}")
    click.echo("请在大屏和见证人签字条上公布承诺。下一步：yaohao draw open " + draw.number)


@click.command("list", cls=Command)
@bureau_option
@json_option
def list_command(bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """列出全部抽查和准备中的抽查。"""

    async def both(code: str) -> tuple[list[Draw], list[Preparation]]:
        return await draw_reads.draws_of(code), await preparation_actions.preparations(code)

    draws, preparations = read(bureau, both)
    frozen = {draw.preparation for draw in draws}
    waiting = [p for p in preparations if p.id not in frozen and p.abandoned_at is None]
    if as_json:
        both_kinds = {"draws": draws, "preparations": waiting}
        click.echo(as_text(msgspec.to_builtins(both_kinds)))
        return
    for draw in draws:
        click.echo(f"{_mark(draw)}{draw.number}  {STATES[draw.state]}  {draw.title}")
    for one in waiting:
        click.echo(f"准备 {one.id}  {STATES['prepared']}  {one.settings.title}")
    if not draws and not waiting:
        click.echo("还没有抽查。下一步：yaohao draw prepare")


@click.command("show", cls=Command)
@NUMBER
@bureau_option
@json_option
def show_command(number: str, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """显示一次抽查：状态、承诺和每一步。"""

    async def whole(code: str) -> tuple[Draw, list[StepTaken]]:
        draw = await draw_reads.draw_of(code, number)
        return draw, await draw_reads.steps_of(draw)

    draw, steps = read(bureau, whole)
    if as_json:
        click.echo(as_text(msgspec.to_builtins({"draw": draw, "steps": steps})))
        return
    click.echo(f"{_mark(draw)}{draw.number}  {draw.title}：{STATES[draw.state]}")
    click.echo(f"承诺：{in_groups(draw.commitment)}")
    click.echo(f"上一次抽查的承诺：{in_groups(draw.previous) or '无（首次抽查）'}")
    click.echo(f"抽 {draw.total} 家，任务至 {draw.tasks_end}，最迟启封 {draw.unseal_by}")
    for step in steps:
        at = step.at.astimezone(preparation_actions.SHANGHAI)
        people = "、".join(name for name in (step.operator, step.witness) if name)
        click.echo(
            f"  {at:%Y-%m-%d %H:%M:%S}  {STATES[step.state]}  {people}  {step.reason}".rstrip()
        )


@click.command("export-folder", cls=Command)
@NUMBER
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--purpose", required=True, help="用途，记入日志（盐和人员名册是封存材料）。")
@bureau_option
@by_option
def export_folder_command(
    number: str, folder: Path, purpose: str, bureau: str | None, by: str
) -> None:
    """把冻结的文件写到 U 盘：本机故障时，用 python -m sampling 继续完成抽查。"""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} 不是空文件夹，请换一个，以免混入其他抽查的文件。")

    async def whole(deed: Any, code: str) -> dict[str, bytes]:
        draw = await draw_reads.draw_of(code, number)
        return await seal_actions.read_files(deed, draw, list(FOLDER_FILES), purpose=purpose)

    files = act(bureau, by, whole)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    click.echo(f"已写入 {folder}：{'、'.join(files)}。请妥善保管，其中有封存材料。")


@click.command("gauges", cls=Command)
@click.option("--year", type=int, required=True, help="计划年度。")
@bureau_option
@json_option
def gauges_command(year: int, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """全年进度：比例和家数两项要求、已抽次数、还差多少。"""
    now = datetime.now(UTC)
    found = read(bureau, lambda code: gauges_reads.gauges(code, year, now))
    if as_json:
        click.echo(as_text(msgspec.to_builtins(found)))
        return
    click.echo(f"监管对象 {found.population} 家；已抽 {found.drawn} 家（不重复）")
    click.echo(f"比例要求 {found.by_ratio} 家：{'已达到' if found.ratio_reached else '未达到'}")
    click.echo(f"家数要求 {found.floor} 家：{'已达到' if found.floor_reached else '未达到'}")
    click.echo(
        f"本年应抽 {found.required} 家（{plan_rules.MODES[found.mode]}），还差 {found.missing} 家"
    )
    click.echo(f"抽查次数 {found.rounds_done} / {found.rounds_planned}")
    for warning in found.warnings:
        click.echo(f"注意：{warning}")


def _mark(draw: Draw) -> str:
    return "【演练】" if draw.rehearsal else ""
