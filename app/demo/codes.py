"""`python -m app.demo.codes`: how to sign in to the demo right now, with the codes that a telephone would show."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.demo.accounts import FILE, lines
from registries.terminal import Command


@click.command("codes", cls=Command)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="演示用的文件夹。",
)
def codes(folder: Path) -> None:
    """显示演示账号和现在的动态口令（每半分钟变一次）。"""
    if not (folder / FILE).is_file():
        click.echo("还没有演示。请先运行 make demo。", err=True)
        sys.exit(1)
    for line in lines(folder):
        click.echo(line)


if __name__ == "__main__":
    codes()
