"""The commands of the supervised entities: look up, enter, change, complete, retire, restore."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import click

from registries import database, entities
from registries.command_options import DAY, bureau_option, the_bureau
from registries.database import Actor, Deed
from registries.entity_reads import PAGE, Filter, Page, entity, history, search
from registries.entity_reads import entities as page_of
from registries.entity_tables import CONTENT, GRADES, SET_ASIDE_REASONS, STATES, Details, Entity
from registries.errors import Invalid
from registries.kinds import KINDS
from registries.terminal import Command, Group, json_option, print_one, print_rows

LINE = {
    "id": "代码",
    "name": "单位名称",
    "district": "区划",
    "kinds": "类别",
    "grade": "等级",
    "state": "状态",
}
HISTORY = {
    "version": "版本", "valid_from": "生效日", "recorded_at": "登记时间", "recorded_by": "登记人",
    "reason": "理由", "name": "单位名称", "district": "区划", "grade": "等级", "state": "状态",
}  # fmt: skip
WHOLE = (
    {"id": "代码", "state": "状态", "state_reason": "待核原因", "replaced_by": "更正后代码"}
    | dict(CONTENT)
    | {
        "version": "版本",
        "valid_from": "生效日",
        "recorded_at": "登记时间",
        "recorded_by": "登记人",
    }
    | {"reason": "理由", "source": "来源"}
)
# What one word on the command line can say; permits and projects come by sheet or form.
SETTABLE = tuple(name for name in CONTENT if name not in {"permits", "project"})


@dataclass(frozen=True)
class Line:
    """One entity in a list, in words; who is responsible there is in `show` only."""

    id: str
    name: str
    district: str
    kinds: str
    grade: str
    state: str


@click.group("entities", cls=Group)
def entities_command() -> None:
    """监管对象名录：查询、登记、变更、补正、退出。"""


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which entities a list is about."""
    for option in (
        click.option("--tag", default="", metavar="标签", help="只列带这个标签的。"),
        click.option("--state", type=click.Choice(list(STATES)), default=None, help="只列这种状态的。"),
        click.option("--grade", type=click.Choice(list(GRADES)), default=None, help="只列这个等级的。"),
        click.option("--kind", type=click.Choice(list(KINDS)), default=None, help="只列这种类别的。"),
        click.option("--district", default="", metavar="代码", help="只列这个区划的。"),
        click.option("--limit", type=click.IntRange(1, 1000), default=PAGE, show_default=True, help="每页条数。"),
        click.option("--after", default="", metavar="位置", help="从这个位置之后列起。"),
    ):  # fmt: skip
        command = option(command)
    return command


@entities_command.command("list", cls=Command)
@_filters
@click.option("--known", type=DAY, help="列出这一天结束时名录的样子。")
@bureau_option
@json_option
def list_command(
    after: str,
    limit: int,
    known: date | None,
    bureau: str | None,
    *,
    as_json: bool,
    **wanted: str | None,
) -> None:
    """列出名录，按代码排序，一次一页。"""

    async def read() -> Page:
        code = await the_bureau(bureau)
        return await page_of(code, _filter(wanted), after=after, limit=limit, known=known)

    _print_page(database.run(read), as_json=as_json)


@entities_command.command("search", cls=Command)
@click.argument("text", metavar="名称中的字")
@_filters
@bureau_option
@json_option
def search_command(
    text: str, after: str, limit: int, bureau: str | None, *, as_json: bool, **wanted: str | None
) -> None:
    """按名称查找：至少三个连续的字；加 --district 时可以更少。"""

    async def read() -> Page:
        code = await the_bureau(bureau)
        return await search(code, text, _filter(wanted), after=after, limit=limit)

    _print_page(database.run(read), as_json=as_json)


@entities_command.command("show", cls=Command)
@click.argument("id_", metavar="代码")
@click.option("--known", type=DAY, help="按这一天结束时名录的记载。")
@click.option("--valid", type=DAY, help="按这一天生效的内容。")
@bureau_option
@json_option
def show_command(
    id_: str, known: date | None, valid: date | None, bureau: str | None, *, as_json: bool
) -> None:
    """显示一个监管对象的全部内容。"""

    async def read() -> Entity:
        return await entity(await the_bureau(bureau), id_, known=known, valid=valid)

    found = database.run(read)
    # Programs get the codes, people the words.
    shown = found if as_json else replace(found, state=STATES[found.state])
    print_one(shown, WHOLE, as_json=as_json)


@entities_command.command("history", cls=Command)
@click.argument("id_", metavar="代码")
@bureau_option
@json_option
def history_command(id_: str, bureau: str | None, *, as_json: bool) -> None:
    """显示一个监管对象的历次变更，最新的在前。"""

    async def read() -> list[Entity]:
        return await history(await the_bureau(bureau), id_)

    print_rows(database.run(read), HISTORY, as_json=as_json)


def _why(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every change has: who, why, which version was seen, and where."""
    for option in (
        click.option("--version", type=int, help="依据的版本号；不写则以当前版本为准。"),
        click.option("--by", required=True, metavar="姓名", help="办理人，记入日志。"),
        click.option("--reason", required=True, help="理由或依据，记入日志。"),
        bureau_option,
    ):
        command = option(command)
    return command


_set = click.option(
    "--set", "values", multiple=True, metavar="字段=值",
    help=f"要填的内容，可多次使用。字段有：{'、'.join(SETTABLE)}。",
)  # fmt: skip
_from = click.option("--valid-from", type=DAY, help="生效日期；默认今天。")


@entities_command.command("enter", cls=Command)
@click.argument("id_", metavar="代码")
@_set
@_from
@click.option("--by", required=True, metavar="姓名", help="办理人，记入日志。")
@click.option("--reason", required=True, help="理由或依据，记入日志。")
@bureau_option
def enter_command(
    id_: str,
    values: tuple[str, ...],
    valid_from: date | None,
    by: str,
    reason: str,
    bureau: str | None,
) -> None:
    """登记一个监管对象。"""
    details = Details(**({"name": ""} | _values(values)))

    async def enter(deed: Deed) -> Entity:
        code = await the_bureau(bureau)
        return await entities.enter(deed, code, id_, details, reason=reason, valid_from=valid_from)

    _done("已登记", database.run(lambda: database.deed(enter, actor=Actor("command", by))))


@entities_command.command("change", cls=Command)
@click.argument("id_", metavar="代码")
@_set
@_from
@_why
def change_command(
    id_: str, values: tuple[str, ...], valid_from: date | None, reason: str, **seen: Any
) -> None:
    """变更一个在册的监管对象。"""
    changes = _values(values)

    def change(deed: Deed, bureau: str, version: int) -> Awaitable[Entity]:
        return entities.change(
            deed, bureau, id_, changes, version=version, reason=reason, valid_from=valid_from
        )

    _done("已变更", _alter(id_, change, **seen))


@entities_command.command("complete", cls=Command)
@click.argument("id_", metavar="代码")
@_set
@click.option(
    "--code", default="", metavar="代码", help="证照上的代码；与原代码相同表示确认原代码无误。"
)
@_why
def complete_command(
    id_: str, values: tuple[str, ...], code: str, reason: str, **seen: Any
) -> None:
    """补正一个待核的监管对象，使其在册。"""
    changes = _values(values)

    def complete(deed: Deed, bureau: str, version: int) -> Awaitable[Entity]:
        return entities.complete(
            deed, bureau, id_, changes, version=version, reason=reason, code=code
        )

    _done("已补正", _alter(id_, complete, **seen))


@entities_command.command("retire", cls=Command)
@click.argument("id_", metavar="代码")
@_from
@_why
def retire_command(id_: str, valid_from: date | None, reason: str, **seen: Any) -> None:
    """让一个监管对象退出名录；历史保留，不再参加抽查。"""

    def retire(deed: Deed, bureau: str, version: int) -> Awaitable[Entity]:
        return entities.retire(
            deed, bureau, id_, version=version, reason=reason, valid_from=valid_from
        )

    _done("已退出", _alter(id_, retire, **seen))


@entities_command.command("restore", cls=Command)
@click.argument("id_", metavar="代码")
@_why
def restore_command(id_: str, reason: str, **seen: Any) -> None:
    """恢复一个误退的监管对象。"""

    def restore(deed: Deed, bureau: str, version: int) -> Awaitable[Entity]:
        return entities.restore(deed, bureau, id_, version=version, reason=reason)

    _done("已恢复", _alter(id_, restore, **seen))


def _alter(
    id_: str,
    work: Callable[[Deed, str, int], Awaitable[Entity]],
    *,
    bureau: str | None,
    by: str,
    version: int | None,
) -> Entity:
    """Alter an entity in a deed of `by`; without a version the present one is taken as seen."""

    async def whole(deed: Deed) -> Entity:
        code = await the_bureau(bureau)
        return await work(deed, code, version or (await entity(code, id_)).version)

    return database.run(lambda: database.deed(whole, actor=Actor("command", by)))


def _done(what: str, result: Entity) -> None:
    click.echo(
        f"{what}：{result.name}（{result.id}），第 {result.version} 版，{STATES[result.state]}。"
    )


def _filter(wanted: Mapping[str, str | None]) -> Filter:
    chosen: dict[str, Any] = {name: value or "" for name, value in wanted.items()}
    return Filter(**chosen)


def _values(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return what `--set 字段=值` said, by field. Raises Invalid with every fault."""
    found: dict[str, Any] = {}
    faults: dict[str, list[str]] = {}
    for pair in pairs:
        name, said, text = pair.partition("=")
        try:
            if not said or name not in SETTABLE:
                faults[name] = [f"应写成 字段=值，字段有：{'、'.join(SETTABLE)}。"]
            elif name == "headcount":
                found[name] = int(text) if text else None
            elif name == "established":
                found[name] = date.fromisoformat(text) if text else None
            else:
                found[name] = text
        except ValueError:
            faults[name] = ["人数应为整数，日期应写成 2026-11-21 的样子。"]
    if faults:
        raise Invalid("选项 --set 的值不对。", faults)
    return found


def _print_page(page: Page, *, as_json: bool) -> None:
    lines = [
        Line(
            found.id, found.name, found.district,
            "、".join(KINDS.get(kind, kind) for kind in found.kind.split("+")),
            found.grade, _state(found),
        )
        for found in page.entities
    ]  # fmt: skip
    print_rows(lines, LINE, as_json=as_json)
    if page.after is not None:
        click.echo(f"还有更多，请加 --after {page.after}。", err=True)


def _state(found: Entity) -> str:
    reasons = [SET_ASIDE_REASONS[code] for code in found.state_reason.split("+") if code]
    return STATES[found.state] + (f"（{'、'.join(reasons)}）" if reasons else "")
