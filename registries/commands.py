"""The commands that make and keep a database: init, migrate, backup."""

from __future__ import annotations

import os
from pathlib import Path

import click

from registries import bureaus, database, log_keys
from registries.backup import backup
from registries.bureaus import LEVELS, Bureau
from registries.command_options import acting
from registries.database import Deed
from registries.errors import Refused
from registries.migrate import may_change_structure, migrate, pending
from registries.terminal import Command


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
        # The role that the system runs as may not change the structure, and need not when it is there.
        if not await may_change_structure():
            if await pending():
                raise Refused(
                    "数据库结构尚未建好或不是最新，当前的数据库角色无权升级。"
                    "请先用数据库所有者的地址运行 yaohao migrate，再重新运行本命令。"
                )
        else:
            await migrate(os.environ.get("YAOHAO_APP_ROLE"))

        async def enter(deed: Deed) -> Bureau:
            return await bureaus.enter_bureau(
                deed, code=code, name=name, level=level, superior=superior
            )

        return await database.deed(enter, actor=acting())

    # The keys come first: a bureau whose log cannot be signed must not begin to write it.
    log_keys.create()
    bureau = database.run(whole)
    click.echo(f"已建立：{bureau.name}（{bureau.code}）。")
    click.echo(f"日志密钥在 {log_keys.path().parent}，请备份到数据库以外的地方。")
    click.echo("下一步：yaohao import entities 文件 --preview")


@click.command("backup", cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="文件")
def backup_command(file: Path) -> None:
    """把 SQLite 数据库完整备份到一个新文件；系统可以照常使用。"""
    backup(file)
    click.echo(f"已备份到 {file}（{file.stat().st_size:,} 字节）。日志密钥不在其中，请另行备份。")
