"""The commands of the item list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from registries import database, item_lists
from registries.command_options import (
    DAY,
    READABLE,
    bureau_option,
    faults_option,
    run_deed,
    the_bureau,
    today,
)
from registries.database import Deed
from registries.item_lists import ItemList, ListChange
from registries.items import CATEGORIES, METHODS, seeded_items
from registries.items import as_json as item_as_json
from registries.kinds import kind_name
from registries.reference_sheets import read_items
from registries.terminal import Command, Group, as_text, json_option, print_rows

LISTS = {
    "version": "版本",
    "name": "名称",
    "effective": "施行日期",
    "source": "来源",
    "reason": "事由",
    "entered_at": "拟定时间",
    "entered_by": "拟定人",
}
CHANGES = {"key": "编号", "name": "事项", "change": "变化", "fields": "改变的内容"}


@click.group("items", cls=Group)
def items_command() -> None:
    """随机抽查事项清单：分版本拟定、施行、查询。"""


@items_command.command("list", cls=Command)
@bureau_option
@json_option
def list_versions(bureau: str | None, *, as_json: bool) -> None:
    """列出清单的各个版本。"""

    async def read() -> list[ItemList]:
        return await item_lists.item_lists(await the_bureau(bureau))

    empty = "还没有清单。运行 yaohao items import 建立。"
    print_rows(database.run(read), LISTS, as_json=as_json, empty=empty)


@items_command.command("show", cls=Command)
@click.option("--version", type=int, help="第几版；不写则为 --on 那天施行的一版。")
@click.option("--on", type=DAY, help="哪一天施行的清单；默认今天。")
@click.option("--item", metavar="编号", help="只看一项，连同检查要点。")
@bureau_option
@json_option
def show(
    version: int | None, on: date | None, item: str | None, bureau: str | None, *, as_json: bool
) -> None:
    """查看某一天施行的清单，或某一版、某一项。"""

    async def read() -> ItemList:
        code = await the_bureau(bureau)
        if version is not None:
            return await item_lists.item_list(code, version)
        return await item_lists.items_as_of(code, on or today())

    found = database.run(read)
    chosen = [found.item(item)] if item else list(found.items)
    if as_json:
        click.echo(as_text([item_as_json(one) for one in chosen]))
        return
    click.echo(f"{found.name}，第 {found.version} 版，{_standing(found)}")
    for one in chosen:
        kinds = "、".join(map(kind_name, one.kinds))
        methods = "、".join(METHODS[method] for method in one.methods)
        click.echo(f"{one.key}  {one.name}  {CATEGORIES[one.category]}  {methods}  {kinds}")
        if item:
            click.echo(f"    检查依据：{'；'.join(one.duty)}")
            click.echo(f"    处理依据：{'；'.join(one.sanction)}")
            for point in one.check_points:
                click.echo(f"    · {point}")


@items_command.command("import", cls=Command)
@click.argument("file", required=False, type=READABLE, metavar="[文件]")
@click.option("--name", default="随机抽查事项清单", show_default=True, help="清单名称。")
@click.option("--source", help="公布的文件名或文号；默认为文件名。")
@click.option("--reason", default="建立事项清单", show_default=True, help="事由。")
@click.option("--preview", is_flag=True, help="只列出与最新一版的差别，不写入。")
@bureau_option
@json_option
@faults_option
def import_list(
    file: Path | None,
    name: str,
    source: str | None,
    reason: str,
    bureau: str | None,
    *,
    preview: bool,
    as_json: bool,
) -> None:
    """从表格拟定新的一版；不写文件则采用随程序提供的 48 项参考清单。"""
    items = read_items(file) if file else None

    async def differences() -> list[ListChange]:
        code = await the_bureau(bureau)
        known = await item_lists.item_lists(code)
        old = (await item_lists.item_list(code, known[-1].version)).items if known else ()
        new = items if items is not None else seeded_items()
        return item_lists.changes_between(old, new)

    async def work(deed: Deed) -> ItemList:
        code = await the_bureau(bureau)
        if items is None:
            return await item_lists.propose_seeded_list(deed, bureau=code)
        return await item_lists.propose_list(
            deed,
            bureau=code,
            name=name,
            items=items,
            source=source or (file.name if file else ""),
            reason=reason,
        )

    if preview:
        print_rows(database.run(differences), CHANGES, as_json=as_json, empty="没有差别。")
        return
    made = run_deed(work)
    if as_json:
        click.echo(as_text({"version": made.version, "items": len(made.items)}))
        return
    click.echo(
        f"已拟定第 {made.version} 版，共 {len(made.items)} 项。"
        f"核对后运行 yaohao items effective {made.version} --from 日期 使它施行。"
    )


@items_command.command("effective", cls=Command)
@click.argument("version", type=int, metavar="版本")
@click.option("--from", "effective", type=DAY, required=True, help="自哪一天起施行。")
@bureau_option
def effective_command(version: int, effective: date, bureau: str | None) -> None:
    """使一版清单自某一天起施行；施行后不能再改。"""

    async def work(deed: Deed) -> ItemList:
        return await item_lists.put_into_effect(
            deed, bureau=await the_bureau(bureau), version=version, effective=effective
        )

    made = run_deed(work)
    click.echo(
        f"第 {made.version} 版清单（{len(made.items)} 项）自 {effective.isoformat()} 起施行。"
    )


def _standing(found: ItemList) -> str:
    if found.effective is None:
        return "拟定中，尚未施行"
    return f"自 {found.effective.isoformat()} 起施行"
