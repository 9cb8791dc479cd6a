"""`yaohao draw …` in the room: from taking commits to signing, and what may go wrong there (protocol §4, §8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from app.command_line import act, bureau_option, by_option
from app.draws import ceremony_actions, draw_reads
from app.draws.ceremony_rules import TYPISTS, Dice, Typist
from app.draws.draw_reads import Draw
from exports.printable import in_groups
from registries.database import Deed
from registries.errors import Invalid
from registries.terminal import Command
from sampling.encoding import parse_jcs
from sampling.errors import FormError

T = TypeVar("T")

NUMBER = click.argument("number")
LABEL = click.option("--label", required=True, help="席位，例如 bureau、guest-01。")
OPERATOR = click.option("--operator", required=True, help="操作员姓名。")
WITNESS = click.option("--witness", required=True, help="纪检监察见证人姓名。")


def deed_of(
    bureau: str | None,
    by: str,
    number: str,
    work: Callable[[Deed, Draw], Awaitable[T]],
) -> tuple[Draw, T]:
    """Run `work` on a draw that was read in the same deed; return the draw as it was, and the answer."""

    async def whole(deed: Deed, code: str) -> tuple[Draw, T]:
        draw = await draw_reads.draw_of(code, number)
        return draw, await work(deed, draw)

    return act(bureau, by, whole)


def say(draw: Draw, sentence: str) -> None:
    """Print one sentence, marked where the draw is a rehearsal."""
    click.echo(f"{'【演练】' if draw.rehearsal else ''}{draw.number}：{sentence}")


@click.command("open", cls=Command)
@NUMBER
@bureau_option
@by_option
def open_command(number: str, bureau: str | None, by: str) -> None:
    """开始收取各方的承诺。"""
    draw, _ = deed_of(
        bureau, by, number, lambda d, one: ceremony_actions.open_list(d, one, operator=by)
    )
    say(draw, "开始收取承诺。请各方核对屏幕上的承诺值：")
    click.echo(in_groups(draw.commitment))
    click.echo("各方用自己的设备生成承诺：python -m sampling commit；然后 yaohao draw commit。")


@click.command("commit", cls=Command)
@NUMBER
@LABEL
@click.option("--name", "contributor", required=True, help="贡献者姓名，记入抽取记录。")
@click.option("--capacity", required=True, help="身份，例如 企业代表、人大代表。")
@click.option("--value", "commit_value", required=True, help="承诺值（64 个十六进制字符）。")
@bureau_option
@by_option
def commit_command(
    number: str,
    label: str,
    contributor: str,
    capacity: str,
    commit_value: str,
    bureau: str | None,
    by: str,
) -> None:
    """登记一个席位的承诺；承诺不能更改。"""
    draw, _ = deed_of(
        bureau,
        by,
        number,
        lambda d, one: ceremony_actions.commit(
            d,
            one,
            label=label,
            contributor=contributor,
            capacity=capacity,
            commit_value=commit_value,
        ),
    )
    say(draw, f"席位 {label} 的承诺已登记：{in_groups(commit_value)}")


@click.command("close", cls=Command)
@NUMBER
@WITNESS
@bureau_option
@by_option
def close_command(number: str, witness: str, bureau: str | None, by: str) -> None:
    """截止名单（由见证人在倒计时后进行）；没有提交承诺的席位按缺席计。"""
    draw, _ = deed_of(
        bureau, by, number, lambda d, one: ceremony_actions.close_list(d, one, witness=witness)
    )
    say(draw, "名单已截止，此后不能再提交承诺。下一步：各方揭示（yaohao draw reveal）。")


@click.command("reveal", cls=Command)
@NUMBER
@LABEL
@click.option(
    "--file",
    "kept",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="保管文件（python -m sampling commit 所存）；不写则在键盘上输入，输入时不显示。",
)
@bureau_option
@by_option
def reveal_command(number: str, label: str, kept: Path | None, bureau: str | None, by: str) -> None:
    """揭示一个席位的随机串和文字；内容封存，只计数不显示。"""
    nonce, value = kept_contribution(kept, label) if kept else typed_contribution()
    draw, _ = deed_of(
        bureau,
        by,
        number,
        lambda d, one: ceremony_actions.reveal(d, one, label=label, nonce=nonce, value=value),
    )
    say(draw, f"席位 {label} 已揭示，与承诺一致。")


def kept_contribution(file: Path, label: str) -> tuple[str, str]:
    """Return nonce and value out of the file that `python -m sampling commit` kept for this seat.

    Raises Invalid where it is another file or another seat's; its content is never repeated.
    """
    try:
        kept = parse_jcs(file.read_bytes())
    except FormError:
        kept = None
    if not isinstance(kept, dict) or not {"label", "nonce", "value"} <= kept.keys():
        raise Invalid(
            "保管文件无法读取。", {"file": ["这不是 python -m sampling commit 所存的文件。"]}
        )
    if kept["label"] != label:
        raise Invalid(
            "保管文件是另一个席位的。", {"file": [f"请使用席位 {label} 自己的保管文件。"]}
        )
    return str(kept["nonce"]), str(kept["value"])


def typed_contribution() -> tuple[str, str]:
    """Return nonce and value as typed by the contributor; neither is echoed (protocol §8: sealed)."""
    nonce: str = click.prompt("随机串", hide_input=True, err=True)
    value: str = click.prompt("文字", default="", show_default=False, hide_input=True, err=True)
    return nonce, value


@click.command("fix", cls=Command)
@NUMBER
@bureau_option
@by_option
def fix_command(number: str, bureau: str | None, by: str) -> None:
    """固定各方输入，公布摘要；此后不能再揭示。"""
    draw, digest = deed_of(
        bureau, by, number, lambda d, one: ceremony_actions.fix_parts(d, one, operator=by)
    )
    say(draw, "各方输入已固定。请记下输入摘要（parts_digest）：")
    click.echo(in_groups(digest))
    click.echo("下一步：当众掷骰子，操作员和见证人各自录入（yaohao draw die）。")


@click.command("die", cls=Command)
@NUMBER
@click.option("--as", "typist", type=click.Choice(list(TYPISTS)), required=True, help="谁在录入。")
@click.option("--digits", required=True, help="从当前位置起，依次读到的数字。")
@OPERATOR
@WITNESS
@bureau_option
@by_option
def die_command(
    number: str,
    typist: Typist,
    digits: str,
    operator: str,
    witness: str,
    bureau: str | None,
    by: str,
) -> None:
    """录入骰子数字：双方各自录入，逐位一致才有效；不一致的，双方重读同一枚骰子。"""
    draw: Draw | None = None
    dice: Dice | None = None
    for digit in digits:
        draw, dice = deed_of(
            bureau, by, number, _typing(typist, digit, operator=operator, witness=witness)
        )
    if draw is not None and dice is not None:
        say(draw, _dice_sentence(dice))


def _typing(
    typist: Typist, digit: str, *, operator: str, witness: str
) -> Callable[[Deed, Draw], Awaitable[Dice]]:
    name = operator if typist == "operator" else witness
    return lambda deed, draw: ceremony_actions.type_digit(
        deed, draw, typist=typist, name=name, digit=digit, operator=operator, witness=witness
    )


def _dice_sentence(dice: Dice) -> str:
    if dice.complete:
        return f"{dice.wanted} 位数字双方一致：{in_groups(dice.digits)}。下一步：yaohao draw run。"
    waiting = "、".join(TYPISTS[one] for one in TYPISTS if one not in dice.typed)
    again = "双方所录不一致，请重读同一枚骰子。" if dice.attempt > 1 and not dice.typed else ""
    shown = in_groups(dice.digits) or "（无）"
    return f"{again}已一致 {len(dice.digits)} 位：{shown}；第 {dice.position} 位等待{waiting}录入。"


@click.command("doubt", cls=Command)
@NUMBER
@LABEL
@click.option("--statement", required=True, help="所见的数字和不同之处。")
@bureau_option
@by_option
def doubt_command(number: str, label: str, statement: str, bureau: str | None, by: str) -> None:
    """登记参与方的说明：屏幕上的骰子数字与其所见不符。"""
    draw, _ = deed_of(
        bureau,
        by,
        number,
        lambda d, one: ceremony_actions.doubt(d, one, label=label, statement=statement),
    )
    say(draw, f"席位 {label} 的说明已记入记录，并随结果公开。")


COMMANDS: list[click.Command] = [
    open_command,
    commit_command,
    close_command,
    reveal_command,
    fix_command,
    die_command,
    doubt_command,
]
