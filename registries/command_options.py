"""What the commands of the books share: which bureau is meant, and days as people type them."""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from registries import bureaus, database
from registries.audit_entries import LoggedEntry
from registries.calendar import day_in_china
from registries.database import Actor, Deed
from registries.errors import Invalid, Refused
from registries.sheet_refusals import SheetRefused
from registries.terminal import as_text

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

# Who acts at this command line, where a command has no --by: the log must name somebody.
OPERATOR = "YAOHAO_OPERATOR"


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD."""

    name = "日期"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day that was typed; anything else is a wrong call."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail("日期应写成 2026-11-21 的样子。", param, ctx)


DAY = Day()
# A file to be read: one that is not there, or is a folder, is a wrong call.
READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def bureau_option(command: F) -> F:
    """Add `--bureau` to a command; it may be left out where the books hold one bureau."""
    return click.option("--bureau", metavar="代码", help="单位代码；库中只有一个单位时可以不写。")(
        command
    )


def faults_option(command: F) -> F:
    """Add `--faults` to a command that reads a sheet: the refusal says where its list goes as xlsx.

    With `--json` the faults of a refused sheet are printed as JSON too. Who runs the commands writes the file
    (app/cli.py), because the books know no workbooks. Raises Refused before anything is read when it exists.
    """

    @functools.wraps(command)
    def saving(*arguments: Any, faults: Path | None, **options: Any) -> Any:
        if faults is not None and faults.exists():
            raise Refused(f"{faults} 已经存在，请为问题清单换一个文件名，以免覆盖。没有导入。")
        try:
            return command(*arguments, **options)
        except SheetRefused as refusal:
            refusal.save_to = faults
            if options.get("as_json"):
                click.echo(as_text({"faults": [fault._asdict() for fault in refusal.faults]}))
            raise

    return click.option(
        "--faults",
        metavar="文件",
        type=click.Path(dir_okay=False, path_type=Path),
        help="文件有误时，把全部问题存为 xlsx。",
    )(saving)  # type: ignore[return-value]


async def the_bureau(code: str | None) -> str:
    """Return the bureau that is meant: the one named, else YAOHAO_BUREAU, else the only one in the books.

    Raises NotFound for an unknown code, Refused where there is none or more than one to choose from.
    """
    named = code or os.environ.get("YAOHAO_BUREAU")
    if named:
        return (await bureaus.bureau(named)).code
    known = await bureaus.bureaus()
    if not known:
        raise Refused("库中还没有单位。请先运行 yaohao init。")
    if len(known) > 1:
        codes = "、".join(bureau.code for bureau in known)
        raise Refused(f"库中有几个单位（{codes}），请用 --bureau 指明是哪一个。")
    return known[0].code


async def _nothing_sealed(bureau: str) -> frozenset[str]:  # noqa: ARG001 - the shape of the question.
    return frozenset()


# What is sealed is known to the draws, which the books know nothing of; app/cli.py says whom to ask.
sealed_references: Callable[[str], Awaitable[frozenset[str]]] = _nothing_sealed


async def _nothing_withheld(
    bureau: str,  # noqa: ARG001 - the shape of the question.
    entries: Iterable[LoggedEntry],  # noqa: ARG001
) -> frozenset[int]:
    return frozenset()


# The same for entries of the log that name who was drawn or who goes.
withheld_entries: Callable[[str, Iterable[LoggedEntry]], Awaitable[frozenset[int]]] = (
    _nothing_withheld
)


def acting() -> Actor:
    """Return who acts at this command line: YAOHAO_OPERATOR, else the account of the operating system."""
    return Actor("command", os.environ.get(OPERATOR) or getpass.getuser())


def run_deed(work: Callable[[Deed], Awaitable[T]]) -> T:
    """Run `work` as one deed of the command line and return what it returns."""
    return database.run(lambda: database.deed(work, actor=acting()))


def today() -> date:
    """Return today's day in China."""
    return day_in_china(datetime.now(UTC))


def code_for(text: str, meanings: dict[str, str], field: str) -> str:
    """Return the code that `text` names by code or by Chinese name. Raises Invalid."""
    if text in meanings:
        return text
    for code, name in meanings.items():
        if name == text:
            return code
    offered = "、".join(f"{name}（{code}）" for code, name in meanings.items())
    raise Invalid("选项的值不对。", {field: [f"可以写：{offered}。"]})
