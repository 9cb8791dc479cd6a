"""`yaohao rehearse`: a scratch copy of the books on which the whole ceremony can be practised."""

from __future__ import annotations

from pathlib import Path

import click

from app.command_line import by_option
from app.draws import rehearsal_actions
from registries import database
from registries.terminal import Command


@click.command("rehearse", cls=Command)
@click.argument("folder", type=click.Path(path_type=Path), metavar="文件夹")
@by_option
def rehearse_command(folder: Path, by: str) -> None:
    """建立演练库：复制名录、人员、计划到一个空文件夹，供练习整套抽取流程。"""
    made = database.run(lambda: rehearsal_actions.make(folder, by=by))
    click.echo(f"演练库已建立，含监管对象 {made.entities} 家。它含有名录内容，用完请妥善删除。")
    click.echo("在同一窗口设置以下两项后，照常使用各条命令，编号以 YL- 开头，处处标明【演练】：")
    click.echo(f"  export YAOHAO_DATABASE_URL={made.address}")
    click.echo(f"  export YAOHAO_LOG_KEY={made.key}")
