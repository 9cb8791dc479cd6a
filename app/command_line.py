"""What the commands of all rooms share: which bureau, who acts, and one deed per command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from registries import bureaus, database
from registries.database import Actor, Deed
from registries.errors import Refused

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def bureau_option(command: F) -> F:
    """Add `--bureau` to a command; without it the only bureau of the installation is meant."""
    return click.option("--bureau", help="单位代码（六位）；本库只有一个单位时可以省略。")(command)


def by_option(command: F) -> F:
    """Add `--by`, the name of the person who acts: it stands in the log and on the papers."""
    return click.option("--by", required=True, help="办理人姓名，记入日志。")(command)


async def chosen_bureau(code: str | None) -> str:
    """Return the code of the bureau that a command is about. Raises Refused where that is open."""
    if code is not None:
        return (await bureaus.bureau(code)).code
    held = await bureaus.bureaus()
    if len(held) != 1:
        raise Refused(
            "本库有多个单位，请用 --bureau 指明代码。"
            if held
            else "本库还没有单位，请先运行 yaohao init。"
        )
    return held[0].code


def read(bureau: str | None, work: Callable[[str], Awaitable[T]]) -> T:
    """Run a read of one bureau's books at one moment, and return what it returns."""

    async def whole() -> T:
        async with database.snapshot():
            return await work(await chosen_bureau(bureau))

    return database.run(whole)


def act(bureau: str | None, by: str, work: Callable[[Deed, str], Awaitable[T]]) -> T:
    """Run one deed of `by` in one bureau's books, and return what it returns."""

    async def whole() -> T:
        code = await chosen_bureau(bureau)

        async def alone(deed: Deed) -> T:
            return await work(deed, code)

        return await database.deed(alone, actor=Actor("command", by))

    return database.run(whole)
