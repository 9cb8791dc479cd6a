"""`yaohao draw history` and `audit`: what was done about one draw, and whether chance was fair over all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import click

from app.command_line import bureau_option, read
from app.draws import draw_reads, fairness_reads, history_reads
from app.draws.ceremony_commands import NUMBER, say
from app.draws.draw_reads import Draw
from app.draws.fairness_reads import Fairness
from app.draws.fairness_rules import Comparison, PairComparison
from app.draws.history_reads import MANNERS, OUTCOMES, SIGNERS, History
from app.draws.state_rules import GROUNDS, STATES, STEPS
from exports.dates import chinese_time
from registries.terminal import Command, as_text, json_option
from sampling.encoding import fraction_text

RUNS = 99


@click.command("history", cls=Command)
@NUMBER
@bureau_option
@json_option
def history_command(number: str, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """一次抽查的全过程：步骤、签字、说明、作废、封存材料的查阅、换人和递补。"""

    async def whole(code: str) -> tuple[Draw, History]:
        draw = await draw_reads.draw_of(code, number)
        return draw, await history_reads.history(draw)

    draw, found = read(bureau, whole)
    if as_json:
        click.echo(as_text(dataclasses.asdict(found)))
        return
    say(draw, f"{draw.title}，现在是“{STATES[draw.state]}”。")
    for line in history_lines(found):
        click.echo(line)


def history_lines(found: History) -> list[str]:
    """Return a line for everything that was done, part by part."""
    lines = [
        f"{chinese_time(one.at)}  {STEPS[one.step].title}{_who(one.operator, one.witness)}"
        f"{_words(one.reason)}"
        for one in found.steps
    ]
    lines += [
        f"{chinese_time(one.at)}  {SIGNERS[one.signed_as]} {one.name} {MANNERS[one.manner]}"
        f"{_words(one.statement)}"
        for one in found.signatures
    ]
    lines += [
        f"{chinese_time(one.at)}  席位 {one.label} 说明{_words(one.statement)}"
        for one in found.doubts
    ]
    if found.void:
        people = _who(found.void.second, found.void.witness)
        ground = f"{GROUNDS[found.void.ground]}；{found.void.reason}"
        lines.append(f"{chinese_time(found.void.at)}  作废{people}{_words(ground)}")
    lines += [
        f"{chinese_time(one.at)}  查阅 {one.file}（{one.reader}）{_words(one.purpose)}"
        for one in found.readings
    ]
    lines += [
        f"{chinese_time(one.at)}  {one.district} 第 {one.team} 组第 {one.place} 位：{one.replaced} 换为"
        f" {one.pseudonym}{_words(one.reason)}"
        for one in found.replacements
    ]
    lines += [
        f"{chinese_time(one.at)}  {one.district} 递补：{OUTCOMES[one.outcome]}{_words(one.reason)}"
        for one in found.call_ups
    ]
    return lines


def _who(*names: str) -> str:
    told = "、".join(name for name in names if name)
    return f"（{told}）" if told else ""


def _words(text: str) -> str:
    return f"：{text}" if text else ""


@click.command("audit", cls=Command)
@click.option(
    "--runs", default=RUNS, show_default=True, help="每次抽查模拟多少次（检查人员重逢）。"
)
@bureau_option
@json_option
def audit_command(runs: int, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """历次抽查合起来是否公平：应有数与实际数逐层、逐级、逐区比较，并解释每个数字。"""

    async def whole(code: str) -> Fairness:
        return await fairness_reads.fairness(code, runs=runs)

    found = read(bureau, whole)
    if as_json:
        click.echo(as_text(fairness_json(found)))
        return
    for line in fairness_lines(found):
        click.echo(line)


def fairness_json(found: Fairness) -> dict[str, Any]:
    """Return the figures as plain data: fractions as `n/d`, scores in hundredths of a standard error."""
    return {
        "draws": list(found.draws),
        "runs": found.runs,
        "grades": [_comparison(one) for one in found.grades],
        "districts": [_comparison(one) for one in found.districts],
        "strata": [_comparison(one) for one in found.strata],
        "repeats": _comparison(found.repeats) if found.repeats else {},
        "pairs": [
            {
                "draw": one.draw,
                "actual": one.actual,
                "mean": fraction_text(one.mean),
                "chance": fraction_text(one.chance),
                "explanation": one.sentence,
            }
            for one in found.pairs
        ],
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "group": one.group,
        "draws": one.draws,
        "expected": fraction_text(one.expected),
        "variance": fraction_text(one.variance),
        "actual": one.actual,
        "score": one.score,
        "explanation": one.sentence,
    }


def fairness_lines(found: Fairness) -> list[str]:
    """Return the report for people: each figure beside what it should be, and what that means."""
    if not found.draws:
        return ["还没有签字的抽查，没有可以比较的。"]
    lines = [
        f"已签字的抽查 {len(found.draws)} 次：{'、'.join(found.draws)}。",
        "偏离以标准误计：2 以内属正常，3.5 以上请查。每次抽查以当时冻结的名单为准，排除规则不影响比较。",
    ]
    for title, group in (
        ("等级", found.grades),
        ("地区", found.districts),
        ("地区和等级", found.strata),
        ("再次抽中", (found.repeats,) if found.repeats else ()),
    ):
        lines += _table(title, group)
    lines += [_pair_line(one, found.runs) for one in found.pairs]
    return lines


def _table(title: str, group: Sequence[Comparison]) -> list[str]:
    if not group:
        return []
    return [f"按{title}：" if title != "再次抽中" else "再次抽中：", *map(_line, group)]


def _line(one: Comparison) -> str:
    score = "—" if one.score is None else f"{_decimal(Fraction(one.score, 100))}"
    return (
        f"  {one.group}：应有 {_decimal(one.expected)}，实际 {one.actual}，偏离 {score}。"
        f"{one.sentence}"
    )


def _pair_line(one: PairComparison, runs: int) -> str:
    return (
        f"检查人员重逢 {one.draw}：实际 {one.actual} 对，模拟 {runs} 次平均 {_decimal(one.mean)} 对，"
        f"偶然达到的机会 {_decimal(one.chance * 100)}%。{one.sentence}"
    )


def _decimal(value: Fraction) -> str:
    """Return two decimals, rounded half away from zero, in whole numbers."""
    hundredths = (abs(value) * 200 + 1) // 2
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02}"


COMMANDS: list[Any] = [history_command, audit_command]
