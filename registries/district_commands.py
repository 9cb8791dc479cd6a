"""The commands of the districts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import click

from registries import database, district_changes
from registries.command_options import DAY, bureau_option, run_deed, the_bureau, today
from registries.database import Deed
from registries.districts import District, DistrictLookup
from registries.errors import NotFound
from registries.terminal import Command, Group, json_option, print_one, print_rows

F = TypeVar("F", bound=Callable[..., Any])

HEADINGS = {
    "code": "代码",
    "name": "名称",
    "parent": "上级",
    "valid_from": "自",
    "valid_to": "至（不含）",
    "successor": "并入",
}


@click.group("districts", cls=Group)
def districts_command() -> None:
    """行政区划：查询、增加镇街、更名、撤并。"""


@districts_command.command("list", cls=Command)
@click.option("--on", type=DAY, help="哪一天的区划；默认今天。")
@click.option("--parent", metavar="代码", help="列出它的下级；默认本单位所在城市。")
@bureau_option
@json_option
def list_districts(
    on: date | None, parent: str | None, bureau: str | None, *, as_json: bool
) -> None:
    """列出某一天的区县或镇街。"""

    async def read() -> list[District]:
        code = await the_bureau(bureau)
        districts = await district_changes.districts_of(code)
        return districts.under(parent or code[:4] + "00", on or today())

    print_rows(database.run(read), HEADINGS, as_json=as_json)


@districts_command.command("find", cls=Command)
@click.argument("text", metavar="名称或代码")
@click.option("--on", type=DAY, help="按哪一天的区划；默认今天。")
@bureau_option
@json_option
def find(text: str, on: date | None, bureau: str | None, *, as_json: bool) -> None:
    """按名称、旧名、功能区或代码找出现行区划。"""

    async def read() -> District | None:
        code = await the_bureau(bureau)
        districts = await district_changes.districts_of(code)
        return DistrictLookup(districts, on or today()).find(text, code[:4] + "00")

    found = database.run(read)
    if found is None:
        raise NotFound(f"认不出“{text}”是本市的哪个区划。请写区划全称或六位代码。")
    print_one(found, HEADINGS, as_json=as_json)


def change_options(command: F) -> F:
    """Add what every change of a district needs; the command receives it as **words."""
    for option in (
        click.option("--reason", required=True, help="事由。"),
        click.option("--source", required=True, help="依据：批复文号或文件名。"),
        click.option("--from", "valid_from", type=DAY, required=True, help="自哪一天起。"),
    ):
        command = option(command)
    return bureau_option(command)


@districts_command.command("add", cls=Command)
@click.argument("code", metavar="代码")
@click.argument("name", metavar="名称")
@click.option("--parent", required=True, metavar="代码", help="上级区划代码。")
@change_options
def add(code: str, name: str, parent: str, bureau: str | None, **words: Any) -> None:
    """增加一个区划（如镇街）。"""

    async def work(deed: Deed) -> District:
        return await district_changes.add_district(
            deed,
            bureau=await the_bureau(bureau),
            code=code,
            name=name,
            parent=parent,
            **words,
        )

    added = run_deed(work)
    click.echo(f"已增加：{added.name}（{added.code}），自 {words['valid_from']} 起。")


@districts_command.command("rename", cls=Command)
@click.argument("code", metavar="代码")
@click.argument("name", metavar="新名称")
@change_options
def rename(code: str, name: str, bureau: str | None, **words: Any) -> None:
    """区划更名；旧名称仍能找到它。"""

    async def work(deed: Deed) -> District:
        return await district_changes.rename_district(
            deed,
            bureau=await the_bureau(bureau),
            code=code,
            name=name,
            **words,
        )

    renamed = run_deed(work)
    click.echo(f"已更名：{renamed.name}（{renamed.code}），自 {words['valid_from']} 起。")


@districts_command.command("merge", cls=Command)
@click.argument("code", metavar="代码")
@click.option("--into", metavar="代码", help="并入哪个区划；拆分到几个区划时不写。")
@change_options
def merge(code: str, into: str | None, bureau: str | None, **words: Any) -> None:
    """撤销一个区划，并入另一个。"""

    async def work(deed: Deed) -> str | None:
        return await district_changes.merge_district(
            deed,
            bureau=await the_bureau(bureau),
            code=code,
            into=into,
            **words,
        )

    stands = run_deed(work)
    if stands:
        click.echo(f"已撤销 {code}，自 {words['valid_from']} 起由 {stands} 接替。")
    else:
        click.echo(f"已撤销 {code}；没有单一的接替区划，请逐一更正其中单位的用工区划。")
