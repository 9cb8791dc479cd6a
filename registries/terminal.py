"""How commands speak: help in Chinese, results as a table or as JSON, progress on standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A command whose help is in Chinese throughout."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return click's own help option with our words."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示用法。"
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line that shows how the command is called."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each with its help."""
        rows = [row for part in self.get_params(ctx) if (row := part.get_help_record(ctx))]
        if rows:
            with formatter.section("选项"):
                formatter.write_dl(rows)


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command
    group_class = type  # Click's way to say: groups inside are of this class as well.

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what follows the group's name."""
        return [*Command.collect_usage_pieces(self, ctx)[:1], "命令 …"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and then the commands, each with the first line of its help."""
        Command.format_options(self, ctx, formatter)
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, found.get_short_help_str(60)) for name, found in commands if found]
        if rows:
            with formatter.section("命令"):
                formatter.write_dl(rows)


def json_option(command: F) -> F:
    """Add `--json` to a command that prints data; the command receives it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="以 JSON 输出，供程序读取。")(
        command
    )


def print_rows(
    rows: Sequence[object], headings: Mapping[str, str], *, as_json: bool, empty: str = "没有记录。"
) -> None:
    """Print dataclasses as a table of the fields in `headings`, or all their fields as JSON."""
    if as_json:
        click.echo(as_text([dataclasses.asdict(row) for row in rows]))  # type: ignore[call-overload]
        return
    if not rows:
        click.echo(empty)
        return
    lines = [list(headings.values())]
    lines += [[_cell(getattr(row, field)) for field in headings] for row in rows]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(headings))]
    for line in lines:
        cells = (
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def print_one(row: object, headings: Mapping[str, str], *, as_json: bool) -> None:
    """Print one dataclass, a line per field in `headings`, or all its fields as JSON."""
    if as_json:
        click.echo(as_text(dataclasses.asdict(row)))  # type: ignore[call-overload]
        return
    width = max(_width(heading) for heading in headings.values())
    for field, heading in headings.items():
        click.echo(
            f"{heading}{' ' * (width - _width(heading))}  {_cell(getattr(row, field))}".rstrip()
        )


def print_done(done: object, said: str, *, as_json: bool) -> None:
    """Print what a deed did: the sentence `said`, or the fields of the dataclass `done` as JSON."""
    click.echo(as_text(dataclasses.asdict(done)) if as_json else said)  # type: ignore[call-overload]


def as_text(value: object) -> str:
    """Return `value` as indented JSON with Chinese as it is; dates and times in ISO form."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def progress_bar(length: int, label: str) -> ProgressBar[int]:
    """Return a bar on standard error that stays silent where nobody is watching."""
    hidden = not sys.stderr.isatty()
    bar: ProgressBar[int] = click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=hidden
    )
    return bar


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple | list):
        return "、".join(map(_cell, value))
    if isinstance(value, Mapping):
        return "、".join(f"{name}={_cell(held)}" for name, held in value.items())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = (getattr(value, field.name) for field in dataclasses.fields(value))
        return " ".join(cell for cell in map(_cell, held) if cell)
    return str(value)


def _width(text: str) -> int:
    """Return how many columns a terminal gives `text`: two for each Chinese character."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
