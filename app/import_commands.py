"""The commands that bring spreadsheets of entities into the books; faults as xlsx."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from app.fault_lists import write_fault_list
from registries import database
from registries.bureaus import bureau as bureau_of
from registries.command_options import (
    DAY,
    acting,
    bureau_option,
    the_bureau,
    today,
)
from registries.district_changes import lookup_of
from registries.entity_sheet import FindDistrict
from registries.entity_tables import CONTENT
from registries.errors import Refused
from registries.identifiers import FOLDS
from registries.imports import EntityImport, FileReport, Watch, import_entities, preview_entities
from registries.kinds import KINDS
from registries.sheet_faults import GRADES, REASONS
from registries.terminal import Command, Group, as_text, json_option, progress_bar

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

SHOWN = 20  # Faults on the screen; the list as xlsx has them all.


@click.group("import", cls=Group)
def import_command() -> None:
    """从表格导入。"""


@import_command.command("entities", cls=Command)
@click.argument(
    "file", metavar="文件", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--preview", is_flag=True, help="只看会有什么变化和全部问题，不写入。")
@click.option("--complete", is_flag=True, help="文件是完整名录：库中有而文件中没有的，退出名录。")
@click.option(
    "--kind", type=click.Choice(list(KINDS)), help="与 --complete 连用：只退出这一类对象。"
)
@click.option(
    "--sheet", default="", metavar="名称", help="工作表名称；有几张工作表都有表头时须指定。"
)
@click.option(
    "--faults",
    metavar="文件",
    type=click.Path(dir_okay=False, path_type=Path),
    help="把全部问题存为 xlsx。",
)
@click.option("--reason", default="", metavar="文字", help="导入的理由，记入日志；正式导入必填。")
@click.option("--valid-from", type=DAY, help="从哪一天起有效，默认今天。")
@bureau_option
@json_option
def import_entities_command(
    file: Path,
    sheet: str,
    reason: str,
    kind: str | None,
    faults: Path | None,
    valid_from: date | None,
    bureau: str | None,
    *,
    preview: bool,
    complete: bool,
    as_json: bool,
) -> None:
    """导入监管对象名录（xlsx、xls 或 CSV）。

    有拒绝类问题时整个文件不写入；待核的单位写入名录，但核对前不进入抽查名单。
    """
    if not preview and not reason.strip():
        raise Refused("请用 --reason 写明导入的理由，或用 --preview 先看变化。")

    async def whole(watch: Watch) -> EntityImport:
        code = await the_bureau(bureau)
        find = await district_finder(code)
        if preview:
            return await preview_entities(
                file, code, find, sheet=sheet, complete=complete, of_kind=kind, watch=watch
            )
        return await import_entities(
            file,
            code,
            find,
            actor=acting(),
            reason=reason,
            sheet=sheet,
            complete=complete,
            of_kind=kind,
            valid_from=valid_from,
            watch=watch,
        )

    with _new_file(faults) as target:
        with _bar() as watch:
            done = database.run(lambda: whole(watch))
        if target is not None:
            write_faults(target, done.report)
    click.echo(
        _as_json(done) if as_json else "\n".join(_lines(done, preview=preview, saved=faults))
    )
    if done.refused:
        raise Refused("文件有必须改正的问题，没有写入任何内容。请按上面所列改正后重新导入。")


async def district_finder(bureau: str) -> FindDistrict:
    """Return what finds a district of the bureau's own area as of today: its city's, or itself and its towns."""
    lookup = await lookup_of(bureau, today())
    city = (await bureau_of(bureau)).city

    def find(text: str) -> str | None:
        found = lookup.find(text, city)
        return found.code if found else None

    return find


@contextmanager
def _new_file(path: Path | None) -> Iterator[BinaryIO | None]:
    """Open a new file before the deed, so that nothing is overwritten and nothing fails after the deed.

    Raises Refused when it exists or cannot be made; the file goes again when the work inside fails.
    """
    if path is None:
        yield None
        return
    try:
        target = path.open("xb")
    except FileExistsError:
        raise Refused(f"{path} 已经存在，请为问题清单换一个文件名，以免覆盖。没有导入。") from None
    except OSError:
        raise Refused(f"无法写入 {path}，请检查文件夹是否存在、是否有权限。没有导入。") from None
    try:
        with target:
            yield target
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def write_faults(target: BinaryIO, report: FileReport) -> None:
    """Write the list of faults of a file as a workbook; personal values are masked already."""
    remarks = [f"文件：{report.file}", f"SHA-256：{report.sha256}", *report.remarks]
    if report.unlisted:
        remarks.append(f"另有 {report.unlisted} 处同类问题没有列出。")
    write_fault_list(target, report.faults, remarks)


def _lines(done: EntityImport, *, preview: bool, saved: Path | None) -> Iterator[str]:
    report = done.report
    yield f"文件 {report.file}，SHA-256 {report.sha256}"
    yield f"读取 {report.read} 行" + (
        f"，其中完全重复 {report.duplicates} 行" if report.duplicates else ""
    )
    yield from report.remarks
    for fold, number in report.folds.items():
        yield f"代码写法统一（{FOLDS[fold]}）：{number} 个"
    for title, by_reason in (("拒绝", report.refused), ("待核", report.set_aside)):
        for reason, number in by_reason.items():
            yield f"{title} {number}：{REASONS[reason]}（{reason}）"
    yield from _fault_lines(report, saved)
    if done.refused:
        return
    verb = "将" if preview else "已"
    yield (
        f"{verb}新增 {done.new}，{verb}变更 {done.changed}，不变 {done.unchanged}，{verb}退出 {done.retired}"
    )
    if done.still_retired:
        yield f"文件中有 {done.still_retired} 个已退出的单位，保持退出；如要恢复请单独办理。"
    if preview:
        for one in done.differences:
            field = CONTENT.get(one.field, "待核原因")
            yield f"  {one.id} {one.name}：{field} “{one.old}” → “{one.new}”"
    elif done.entry is None:
        yield "内容与名录一致，没有任何变化。"
    else:
        yield f"已记入日志第 {done.entry} 条。"


def _fault_lines(report: FileReport, saved: Path | None) -> Iterator[str]:
    for fault in report.faults[:SHOWN]:
        where = (
            f"{fault.sheet} 第 {fault.row} 行 {fault.column}".strip() if fault.row else "整个文件"
        )
        value = f"“{fault.value}”" if fault.value else ""
        yield f"  [{GRADES[fault.grade]}] {where} {value}：{fault.sentence}".replace(" ：", "：")
    if saved is not None:
        yield f"全部问题已存为 {saved}"
    elif len(report.faults) > SHOWN:
        yield f"  …… 共 {len(report.faults) + report.unlisted} 处；用 --faults 问题.xlsx 保存全部。"


def _as_json(done: EntityImport) -> str:
    """Return the result as JSON, each fault with its places by name."""
    whole = dataclasses.asdict(done)
    whole["report"]["faults"] = [fault._asdict() for fault in done.report.faults]
    return as_text(whole)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far the reading is, once it takes longer than a second."""
    began = time.monotonic()
    with ExitStack() as shown:
        bars: list[ProgressBar[int]] = []

        def watch(done: int, expected: int) -> None:
            if not bars and time.monotonic() - began < 1:
                return
            if not bars:
                bars.append(progress_bar(expected, "读取"))
                shown.enter_context(bars[0])
            bars[0].length = max(expected, done)
            bars[0].update(done - bars[0].pos)

        yield watch
