"""`yaohao draw run|sign|refuse|void`: the result, the signatures under it, and what ends a draw without one (§8)."""

from __future__ import annotations

import click

from app.command_line import bureau_option, by_option, the_bureau
from app.draws import draw_reads, result_actions, signing_actions
from app.draws.ceremony_commands import NUMBER, OPERATOR, WITNESS, deed_of, say
from app.draws.draw_reads import Draw
from app.draws.result_actions import Published
from app.draws.state_rules import GROUNDS, STATES, State
from exports.printable import in_groups
from registries import database
from registries.database import Actor, Deed
from registries.terminal import Command


@click.command("run", cls=Command)
@NUMBER
@bureau_option
@by_option
def run_command(number: str, bureau: str | None, by: str) -> None:
    """计算抽取结果；只会有一个结果，重复运行不会重抽。"""

    async def whole() -> tuple[Draw, Published | None]:
        code = await the_bureau(bureau)
        async with database.snapshot():
            draw = await draw_reads.draw_of(code, number)
            computed = await result_actions.compute(draw)

        async def store(deed: Deed) -> State:
            return await result_actions.run(deed, await draw_reads.draw_of(code, number), computed)

        await database.deed(store, actor=Actor("command", by))
        return draw, await result_actions.published(draw)

    draw, found = database.run(whole)
    say(draw, "抽取结果已固定。")
    if found is not None:
        print_published(found)
    click.echo("下一步：yaohao draw sign（双方签字）。")


def print_published(found: Published) -> None:
    """Print what the hall may see in `counts` mode: digests, and numbers per district and team."""
    click.echo(f"输入摘要 {in_groups(found.parts_digest)}")
    click.echo(f"骰子     {in_groups(found.dice)}")
    click.echo(f"结果根   {in_groups(found.root)}（{found.leaves} 条）")
    click.echo(f"结果摘要 {in_groups(found.result_digest)}")
    for district, count in result_actions.counts_by_district(found.counts).items():
        teams = [row for row in found.counts if row["district"] == district]
        each = "、".join(f"第 {row['team']} 组 {row['entities']} 家" for row in teams)
        click.echo(f"  {district}  抽中 {count} 家：{each}")


@click.command("sign", cls=Command)
@NUMBER
@OPERATOR
@WITNESS
@click.option("--objection", default="", help="有异议签字：写明异议，记入记录并报上级。")
@bureau_option
@by_option
def sign_command(
    number: str, operator: str, witness: str, objection: str, bureau: str | None, by: str
) -> None:
    """双方签字确认结果；之后按会场方式封存或当场公开。"""

    async def work(deed: Deed, draw: Draw) -> State:
        return await signing_actions.sign_off(
            deed, draw, operator=operator, witness=witness, objection=objection
        )

    draw, state = deed_of(bureau, by, number, work)
    say(draw, f"已签字，现在是“{STATES[state]}”。")


@click.command("refuse", cls=Command)
@NUMBER
@WITNESS
@click.option("--statement", required=True, help="拒绝签字的理由。")
@bureau_option
@by_option
def refuse_command(number: str, witness: str, statement: str, bureau: str | None, by: str) -> None:
    """登记见证人拒绝签字；结果保留，等待处理，不重抽。"""
    draw, _ = deed_of(
        bureau,
        by,
        number,
        lambda d, one: signing_actions.refuse(d, one, witness=witness, statement=statement),
    )
    say(draw, "已登记拒绝签字。结果不变；可由原见证人或备用见证人签字，或依据明确理由作废。")


@click.command("void", cls=Command)
@NUMBER
@WITNESS
@click.option("--second", required=True, help="揭示前为操作员姓名，揭示后为局负责人姓名。")
@click.option("--reason", required=True, help="理由，向社会公开。")
@click.option(
    "--ground",
    type=click.Choice([ground for ground in GROUNDS if ground != "before-reveal"]),
    default=None,
    help="揭示后作废必须依据的情形。",
)
@bureau_option
@by_option
def void_command(
    number: str,
    witness: str,
    second: str,
    reason: str,
    ground: str | None,
    bureau: str | None,
    by: str,
) -> None:
    """作废一次抽查：编号保留，理由公开；揭示后作废的，全部材料立即公开。"""
    draw, state = deed_of(
        bureau,
        by,
        number,
        lambda d, one: signing_actions.void(
            d, one, witness=witness, second=second, reason=reason, ground=ground or ""
        ),
    )
    say(draw, f"已作废，现在是“{STATES[state]}”。")


COMMANDS: list[click.Command] = [run_command, sign_command, refuse_command, void_command]
