"""The commands that make and keep a database: init, migrate."""

from __future__ import annotations

import os

import click

from registries import bureaus, database, log_keys
from registries.bureaus import LEVELS, Bureau
from registries.database import Actor, Deed
from registries.migrate import migrate
from registries.terminal import Command

COMMAND_LINE = Actor("command", "yaohao")


@click.command("migrate", cls=Command)
def migrate_command() -> None:
    """建立或升级数据库结构；可以重复运行。"""
    ran = database.run(lambda: migrate(os.environ.get("YAOHAO_APP_ROLE")))
    click.echo(f"已完成 {len(ran)} 项结构升级。" if ran else "数据库结构已是最新，无需升级。")


@click.command("init", cls=Command)
@click.option("--code", required=True, help="本单位行政区划代码（六位），例如 440100。")
@click.option("--name", required=True, help="本单位全称。")
@click.option(
    "--level", type=click.Choice(list(LEVELS)), default="city", show_default=True, help="级别。"
)
@click.option("--superior", help="上级单位代码（已在库中的）。")
def init_command(code: str, name: str, level: str, superior: str | None) -> None:
    """为本单位建立两库一单：建库、制作日志密钥、登记单位。"""

    async def whole() -> Bureau:
        # The keys first: the bureau's entry is already in the log that they sign.
        log_keys.create()
        await migrate(os.environ.get("YAOHAO_APP_ROLE"))

        async def enter(deed: Deed) -> Bureau:
            return await bureaus.enter_bureau(
                deed, code=code, name=name, level=level, superior=superior
            )

        return await database.deed(enter, actor=COMMAND_LINE)

    # The keys come first: a bureau whose log cannot be signed must not begin to write it.
    log_keys.create()
    bureau = database.run(whole)
    click.echo(
        f"已建立：{bureau.name}（{bureau.code}）。下一步：yaohao import entities 文件 --preview"
    )
