"""What the commands of all rooms share: which bureau, who acts, and one deed per command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from registries import database, person_names
from registries.command_options import bureau_option, the_bureau
from registries.database import Actor, Deed
from registries.errors import Refused

__all__ = ["act", "bureau_option", "by_option", "read", "the_bureau"]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def by_option(command: F) -> F:
    """Add `--by`, the name of the person who acts: it stands in the log and on the papers."""
    return click.option("--by", required=True, help="办理人姓名，记入日志。", callback=_name)(
        command
    )


def _name(context: click.Context, option: click.Parameter, value: str) -> str:  # noqa: ARG001 - click's shape.
    """Return the name of who acts; a blank or unseen one says nothing in the log. Raises Refused."""
    if wrong := person_names.fault(value):
        raise Refused(f"--by：{wrong}")
    return value.strip()


def read(bureau: str | None, work: Callable[[str], Awaitable[T]]) -> T:
    """Run a read of one bureau's books at one moment, and return what it returns."""

    async def whole() -> T:
        async with database.snapshot():
            return await work(await the_bureau(bureau))

    return database.run(whole)


def act(bureau: str | None, by: str, work: Callable[[Deed, str], Awaitable[T]]) -> T:
    """Run one deed of `by` in one bureau's books, and return what it returns."""

    async def whole() -> T:
        code = await the_bureau(bureau)

        async def alone(deed: Deed) -> T:
            return await work(deed, code)

        return await database.deed(alone, actor=Actor("command", by))

    return database.run(whole)
