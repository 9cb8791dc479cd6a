"""`yaohao draw …` after the ceremony: opening it, changing staff, calling reserves up, coming home (§4, §6–§8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from app.command_line import bureau_option, by_option
from app.draws import (
    adopt_actions,
    aftermath_actions,
    availability_reads,
    draw_reads,
    seal_actions,
)
from app.draws.adopt_actions import Elsewhere, Seat
from app.draws.aftermath_actions import PASSED_OVER
from app.draws.ceremony_commands import NUMBER, OPERATOR, WITNESS, deed_of, say
from app.draws.draw_reads import Draw
from app.draws.state_rules import STATES, State
from registries import database
from registries.calendar import day_in_china
from registries.command_options import the_bureau
from registries.database import Actor, Deed
from registries.errors import Invalid, Refused
from registries.terminal import Command
from sampling.draw import CallUp
from sampling.teams import Replacement
from sampling.verifying import Verified

P = TypeVar("P")
T = TypeVar("T")

DAY = click.DateTime(formats=["%Y-%m-%d"])
REASON = click.option("--reason", required=True, help="理由，记入记录。")


def pairs_of(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """Return what stands before and after `=` in each text; Invalid with every one that has none."""
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise Invalid(
            "选项的写法不对。", {option: [f"{text}：应写成 代号=内容。" for text in wrong]}
        )
    return dict(text.split("=", 1) for text in texts)


def prepared_deed(
    bureau: str | None,
    by: str,
    number: str,
    prepare: Callable[[Draw], Awaitable[P]],
    work: Callable[[Deed, Draw, P], Awaitable[T]],
) -> tuple[Draw, T]:
    """Run the slow `prepare` on a draw outside any deed, then `work` on the draw as it is by then."""

    async def whole() -> tuple[Draw, T]:
        code = await the_bureau(bureau)
        draw = await draw_reads.draw_of(code, number)
        prepared = await prepare(draw)

        async def alone(deed: Deed) -> T:
            return await work(deed, await draw_reads.draw_of(code, number), prepared)

        return draw, await database.deed(alone, actor=Actor("command", by))

    return database.run(whole)


@click.command("unseal", cls=Command)
@NUMBER
@click.option("--finished", is_flag=True, help="本次抽查的检查已经全部结束。")
@REASON
@bureau_option
@by_option
def unseal_command(
    number: str,
    finished: bool,  # noqa: FBT001 - click gives flags by name.
    reason: str,
    bureau: str | None,
    by: str,
) -> None:
    """启封并向社会公开：检查全部结束时，最迟到公布的日期。"""

    async def work(deed: Deed, draw: Draw) -> State:
        return await seal_actions.unseal(
            deed, draw, today=deed.today, finished=finished, reason=reason
        )

    draw, state = deed_of(bureau, by, number, work)
    say(draw, f"现在是“{STATES[state]}”。下一步：yaohao draw bundle，把结果包公布出去。")


@click.command("replace", cls=Command)
@NUMBER
@click.option("--district", required=True, help="区划代码。")
@click.option("--team", type=int, required=True, help="检查组号。")
@click.option("--place", type=int, required=True, help="席位：0 为组长，1 起为组员。")
@click.option("--day", type=DAY, default=None, help="检查日期，默认今天；据此查谁能出勤。")
@click.option("--unavailable", multiple=True, help="当天另有不能去的人，写成 代号=理由，可写多次。")
@REASON
@bureau_option
@by_option
def replace_command(
    number: str,
    district: str,
    team: int,
    place: int,
    day: datetime | None,
    unavailable: tuple[str, ...],
    reason: str,
    bureau: str | None,
    by: str,
) -> None:
    """更换不能去的检查人员：接替者由公布的次序决定，被跳过的人逐一记录理由。"""
    on = day.date() if day else day_in_china(datetime.now(UTC))
    told = pairs_of(unavailable, "unavailable")

    async def work(deed: Deed, draw: Draw, verified: Verified) -> Replacement:
        away = await availability_reads.unavailable_on(draw, on)
        return await aftermath_actions.replace_inspector(
            deed,
            draw,
            verified,
            district=district,
            team=team,
            place=place,
            reason=reason,
            unavailable=away | told,
        )

    draw, found = prepared_deed(bureau, by, number, aftermath_actions.recompute, work)
    say(draw, f"{district} 第 {team} 组第 {place} 位由 {found.inspector} 接替。")
    for one in found.passed_over:
        click.echo(f"  跳过 {one.inspector}：{PASSED_OVER.get(one.reason, one.reason)}")
    click.echo("下一步：yaohao draw documents 重新制作任务分派表和通知书（写到新的文件夹）。")


@click.command("call-up", cls=Command)
@NUMBER
@click.argument("entity")
@REASON
@click.option("--evidence", required=True, help="不同日期的两次联系：日期、方式、结果。")
@bureau_option
@by_option
def call_up_command(
    number: str, entity: str, reason: str, evidence: str, bureau: str | None, by: str
) -> None:
    """抽中的单位无法检查时递补备选：原单位仍在名单上，递补者由公布的次序决定。"""

    async def work(deed: Deed, draw: Draw, verified: Verified) -> tuple[CallUp, ...]:
        return await aftermath_actions.call_up_reserve(
            deed, draw, verified, entity=entity, reason=reason, evidence=evidence
        )

    draw, tried = prepared_deed(bureau, by, number, aftermath_actions.recompute, work)
    for one in tried:
        outcome = f"由第 {one.team} 组检查" if one.team else "各组都有回避，留下不查"
        say(draw, f"递补 {one.entity.id}（第 {one.entity.rank} 位）：{outcome}。")
    if not tried[-1].team:
        click.echo("这一层没有可以递补的单位了，已记录。")


@click.command("adopt", cls=Command)
@NUMBER
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@OPERATOR
@WITNESS
@click.option("--statement", required=True, help="见证人说明：何时、因何在另一台机器上完成。")
@click.option("--seat", multiple=True, help="各席位是谁，写成 guest-01=姓名/身份，可写多次。")
@bureau_option
@by_option
def adopt_command(
    number: str,
    folder: Path,
    operator: str,
    witness: str,
    statement: str,
    seat: tuple[str, ...],
    bureau: str | None,
    by: str,
) -> None:
    """采用在另一台机器上完成的抽取：FOLDER 里有 seed.json 和 result.json。"""
    seats = {
        label: Seat(*(part.strip() for part in text.split("/", 1)))
        if "/" in text
        else Seat(text.strip(), "参与方")
        for label, text in pairs_of(seat, "seat").items()
    }
    try:
        files = [(folder / name).read_bytes() for name in ("seed.json", "result.json")]
    except OSError:
        raise Refused(f"{folder} 里没有 seed.json 和 result.json，请核对文件夹。") from None

    async def work(deed: Deed, draw: Draw, elsewhere: Elsewhere) -> State:
        return await adopt_actions.adopt(
            deed,
            draw,
            elsewhere,
            operator=operator,
            witness=witness,
            statement=statement,
            seats=seats,
        )

    draw, state = prepared_deed(
        bureau, by, number, lambda draw: adopt_actions.check(draw, *files), work
    )
    say(draw, f"已采用，与冻结的文件相符，现在是“{STATES[state]}”。下一步：yaohao draw sign。")


COMMANDS: list[Any] = [
    unseal_command,
    replace_command,
    call_up_command,
    adopt_command,
]
