"""`python -m app.demo`: the fictional city in a folder of its own, made anew and told step by step."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

import click

from app.demo import accounts
from app.demo.story import tell
from app.demo.telling import Teller
from app.serve_commands import check_port, serve_on
from app.settings import load_settings
from registries import database, log_keys
from registries.engines import engine_for
from registries.errors import Refused, YaohaoError
from registries.migrate import migrate
from registries.terminal import Command

MARK = "这是摇号演示文件夹.txt"
MARK_TEXT = "本文件夹由 python -m app.demo 生成，全部数据均为虚构；--fresh 会整个删除后重做。\n"
DATABASE = "demo.sqlite"


@click.command("demo", cls=Command)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="演示用的文件夹。",
)
@click.option("--fresh", is_flag=True, help="删除上次的演示，重新做一遍。")
@click.option("--serve", is_flag=True, help="做完后启动网页系统。")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="端口。"
)
def demo(folder: Path, port: int, *, fresh: bool, serve: bool) -> None:
    """在虚构的云岭市走完一年三次抽查，并逐步说明。不影响本单位的数据库。"""
    if serve:
        check_port("127.0.0.1", port)
    prepare_folder(folder, fresh=fresh)
    # The demo must never write into the bureau's own books or sign with its keys, whatever the environment says.
    os.environ[log_keys.SETTING] = str(folder / "keys" / "log.key")
    database.use(engine_for(f"sqlite:///{folder / DATABASE}"))
    teller = Teller(click.echo)

    async def whole() -> None:
        log_keys.create()
        await migrate()
        await tell(folder, teller=teller)

    database.run(whole)
    teller.heading(f"演示完成，用时 {teller.seconds:.1f} 秒。文件都在 {folder}/。可以接着试：")
    for line in following(folder):
        click.echo(f"  {line}")
    if serve:
        _serve(folder, port)


def _serve(folder: Path, port: int) -> None:
    """Serve the demo's books, and say first how to sign in as each role."""
    click.echo(
        "\n登录账号（动态口令每半分钟变一次，另开终端用 python -m app.demo.codes 查看现在的）："
    )
    for line in accounts.lines(folder):
        click.echo(f"  {line}")
    serve_on(
        load_settings(
            {
                "YAOHAO_DATABASE_URL": f"sqlite:///{folder / DATABASE}",
                "YAOHAO_LOG_KEY": str(folder / "keys" / "log.key"),
                "YAOHAO_LOG_FOLDER": str(folder / "log"),
                "YAOHAO_FILES": str(folder / "files"),
                "YAOHAO_ORIGIN": f"http://127.0.0.1:{port}",
            }
        ),
        "127.0.0.1",
        port,
    )


def prepare_folder(folder: Path, *, fresh: bool) -> None:
    """Make an empty folder for the demo. Raises Refused rather than touch what is not the demo's own."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise Refused(f"{folder} 里有别的文件，演示不会动它。请用 --folder 换一个文件夹。")
        if not fresh:
            raise Refused(f"{folder} 里已有上次的演示。要重做请加 --fresh，会删除整个文件夹。")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(MARK_TEXT, encoding="utf-8")


def following(folder: Path) -> list[str]:
    """Return the commands with which a reader may go on in the demo's books."""
    return [
        f"python -I {folder / 'verify.py'} {folder / '2026-03.zip'}",
        f"设环境变量 YAOHAO_DATABASE_URL=sqlite:///{(folder / DATABASE).as_posix()}",
        f"和 YAOHAO_LOG_KEY={(folder / 'keys' / 'log.key').as_posix()}，然后：",
        "yaohao draw show 2026-03",
        "yaohao draw gauges --year 2026",
        "yaohao audit list --limit 10",
    ]


def main() -> int:
    """Run the demo and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # Under LANG=C the terminal's encoding may be ASCII, and every sentence is Chinese.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    try:
        demo.main(prog_name="python -m app.demo", standalone_mode=False)
    except YaohaoError as refusal:
        click.echo(refusal.sentence, err=True)
        return 1
    except click.UsageError as misuse:
        click.echo(f"命令的写法不对（{misuse.format_message()}）。请加 --help 查看用法。", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("已中断。加 --fresh 可以重做。", err=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
