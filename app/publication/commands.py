"""`yaohao publish`: the whole public site as files for the bureau's portal, or for a stick."""

from __future__ import annotations

from pathlib import Path

import click

from app.command_line import bureau_option, the_bureau
from app.publication.public_site import publish
from registries import database
from registries.errors import Refused
from registries.terminal import Command


@click.command("publish", cls=Command)
@click.argument("folder", metavar="文件夹", type=click.Path(path_type=Path, file_okay=False))
@bureau_option
def publish_command(folder: Path, bureau: str | None) -> None:
    """把公开网站写成静态文件，交门户网站发布或拷到 U 盘；重复运行只改写有变化的文件。"""

    async def whole() -> tuple[int, int, int]:
        return await publish(await the_bureau(bureau), folder)

    try:
        written, kept, removed = database.run(whole)
    except OSError:
        raise Refused(f"无法写入 {folder}，请检查文件夹和权限。") from None
    click.echo(
        f"写入 {written} 个文件，{kept} 个没有变化，移除 {removed} 个。打开 {folder / 'index.html'} 查看。"
    )
