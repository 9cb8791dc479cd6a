"""`yaohao draw …` for what leaves the house: the bundle, the papers, a proof, sealed files (protocol §8)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.command_line import bureau_option, by_option, read
from app.draws import (
    bundle_actions,
    document_actions,
    document_rules,
    draw_reads,
    result_actions,
    seal_actions,
)
from app.draws.ceremony_commands import NUMBER, deed_of, say
from app.draws.draw_reads import Draw
from app.draws.material_rules import BASIS, MATERIALS, Particulars
from app.draws.paper_files import write_files
from registries import database
from registries.command_options import the_bureau
from registries.database import Actor, Deed
from registries.terminal import Command

DAY = click.DateTime(formats=["%Y-%m-%d"])
OUT_FILE = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="写到哪个文件。"
)
OUT_FOLDER = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="写到哪个文件夹。",
)
PURPOSE = click.option("--purpose", default="", help="查阅目的；启封前必须写明，记入日志。")
KEEP = "其中有封存内容，请妥善保管，用完销毁。"


def put(out: Path, content: bytes) -> str:
    """Write one file without ever replacing another one; return a sentence on it."""
    written = write_files(out.parent, {out.name: content})
    return f"已写入 {out}（{len(content)} 字节）。" if written else f"{out} 已经存在，内容相同。"


@click.command("bundle", cls=Command)
@NUMBER
@OUT_FILE
@PURPOSE
@bureau_option
@by_option
def bundle_command(number: str, out: Path, purpose: str, bureau: str | None, by: str) -> None:
    """写出结果包（zip），任何人可用包内的 verify.py 核验；作废而无结果的，写出作废材料。"""

    async def work(deed: Deed, draw: Draw) -> tuple[bytes, bool]:
        if draw.state in document_actions.VOID and not await result_actions.published(draw):
            return await bundle_actions.void_material(draw), False
        return await bundle_actions.bundle(deed, draw, purpose=purpose), True

    draw, (content, whole) = deed_of(bureau, by, number, work)
    say(draw, put(out, content))
    if not whole:
        click.echo("这是作废材料，不是结果包。")
    elif draw.state not in seal_actions.OPENED:
        click.echo(KEEP)


@click.command("proof", cls=Command)
@NUMBER
@click.argument("entity")
@OUT_FILE
@click.option("--purpose", default="向单位出示抽中证明", show_default=True, help="查阅目的。")
@bureau_option
@by_option
def proof_command(
    number: str, entity: str, out: Path, purpose: str, bureau: str | None, by: str
) -> None:
    """写出一个单位确被抽中（或是备选）的证明，可用 python -m sampling check-proof 核对。"""
    draw, content = deed_of(
        bureau,
        by,
        number,
        lambda d, one: bundle_actions.proof(d, one, entity=entity, purpose=purpose),
    )
    say(draw, put(out, content))


@click.command("read-sealed", cls=Command)
@NUMBER
@click.argument("file")
@click.option("--purpose", required=True, help="查阅目的，记入日志。")
@OUT_FILE
@bureau_option
@by_option
def read_sealed_command(
    number: str, file: str, purpose: str, out: Path, bureau: str | None, by: str
) -> None:
    """取出一份材料，例如 result.json；封存的材料每次查阅都有记录。"""
    draw, content = deed_of(
        bureau, by, number, lambda d, one: seal_actions.read_file(d, one, file, purpose=purpose)
    )
    say(draw, put(out, content))
    click.echo(KEEP)


def particulars_options(command: Any) -> Any:
    """Add the options for what the papers say and no book holds."""
    for option in reversed(
        (
            click.option("--place", default="", help="抽取地点。"),
            click.option("--check-at", default="", help="公开核验的网址。"),
            click.option("--notice-number", default="", help="发文字号，如 穗人社监抽〔2026〕。"),
            click.option("--first-number", default=1, show_default=True, help="第一份的序号。"),
            click.option("--contact", default="", help="联系人。"),
            click.option("--phone", default="", help="联系电话。"),
            click.option("--complaint-phone", default="", help="监督投诉电话。"),
            click.option("--issued", type=DAY, default=None, help="签发日期，默认为签字之日。"),
            click.option("--basis", multiple=True, help="抽查依据，可写多次。"),
            click.option("--material", multiple=True, help="需准备的资料，可写多次。"),
        )
    ):
        command = option(command)
    return command


def particulars_of(given: dict[str, Any]) -> Particulars:
    """Return the particulars of a command's options."""
    issued: datetime | None = given["issued"]
    return Particulars(
        place=given["place"],
        check_at=given["check_at"],
        number=given["notice_number"],
        first_number=given["first_number"],
        contact=given["contact"],
        phone=given["phone"],
        complaint_phone=given["complaint_phone"],
        issued=issued.date() if issued else None,
        basis=given["basis"] or BASIS,
        materials=given["material"] or MATERIALS,
    )


@click.command("documents", cls=Command)
@NUMBER
@OUT_FOLDER
@click.option("--purpose", default="制作抽查文书", show_default=True, help="查阅封存名单的目的。")
@particulars_options
@bureau_option
@by_option
def documents_command(
    number: str, out: Path, purpose: str, bureau: str | None, by: str, **given: Any
) -> None:
    """写出抽取记录表、任务分派表、通知书、抽取机会表和未列入名册清单，有哪些写哪些。"""
    said = particulars_of(given)

    async def whole(code: str) -> tuple[Draw, dict[str, bytes]]:
        draw = await draw_reads.draw_of(code, number)
        opened = await database.deed(
            lambda deed: document_actions.open_papers(deed, draw, purpose=purpose),
            actor=Actor("command", by),
        )
        async with database.snapshot():
            material = await document_actions.gather(draw, opened)
        return draw, dict(document_rules.papers(material, said))

    async def outside_a_snapshot() -> tuple[Draw, dict[str, bytes]]:
        return await whole(await the_bureau(bureau))

    draw, files = database.run(outside_a_snapshot)
    written = write_files(out, files)
    say(draw, f"文书 {len(files)} 份，新写入 {len(written)} 份，在 {out}。")
    if any(name == document_rules.TASKS for name in files):
        click.echo(KEEP)


@click.command("verify", cls=Command)
@NUMBER
@bureau_option
def verify_command(number: str, bureau: str | None) -> None:
    """用两套互相独立的程序重算已存的结果，并与公布的四个值比对。"""

    async def whole(code: str) -> tuple[Draw, list[bundle_actions.Opinion]]:
        draw = await draw_reads.draw_of(code, number)
        return draw, await bundle_actions.verify(draw)

    draw, opinions = read(bureau, whole)
    for one in opinions:
        say(draw, f"{one.verifier}：{one.sentence}")
    if any(one.word for one in opinions):
        raise bundle_actions.disagreement(opinions)


COMMANDS: list[Any] = [
    bundle_command,
    documents_command,
    proof_command,
    read_sealed_command,
    verify_command,
]
