"""Open data of a bureau: plans, draws and results so far, as CSV and JSON with keys that stay, and what each means."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from app.draws import result_actions, seal_actions
from app.draws.draw_reads import Draw
from app.draws.seal_actions import OPENED
from app.draws.state_rules import STATES
from app.plans import rules
from app.plans.tables import Plan
from exports import feeds
from exports.feeds import Feed, Value
from registries.bureaus import Bureau

# Table → (title, key → (heading, meaning)). A key is never renamed; new ones are added at the end.
DICTIONARY: Final[dict[str, tuple[str, dict[str, tuple[str, str]]]]] = {
    "plans": (
        "年度抽查计划",
        {
            "year": ("年度", "计划的年度"),
            "version": ("版本", "第几版；修订另立新版本"),
            "round": ("次序", "年内第几次抽查"),
            "name": ("名称", "本次抽查的名称"),
            "starts": ("开始", "实施开始日期，YYYY-MM-DD"),
            "ends": ("结束", "实施结束日期，YYYY-MM-DD"),
            "total": ("抽查家数", "计划抽查的家数"),
            "aim": ("定向", "定向或不定向"),
            "occasion": ("任务类型", "年度或临时"),
            "weight": ("事项类别", "一般或重点检查事项"),
        },
    ),
    "draws": (
        "历次抽查",
        {
            "number": ("编号", "抽查编号，不重复、不跳号"),
            "title": ("名称", "抽查的名称"),
            "year": ("年度", "计划年度"),
            "round": ("次序", "计划中的第几次"),
            "state": ("状态", "状态代码，见“历次抽查”"),
            "state_words": ("状态说明", "状态的中文"),
            "total": ("抽查家数", "本次抽取的家数"),
            "frozen_at": ("冻结时间", "UTC，YYYY-MM-DDThh:mm:ssZ"),
            "commitment": ("承诺", "plan.json 的 SHA-256，64 位十六进制"),
            "previous": ("上一次的承诺", "首次抽查为空"),
            "parts_digest": ("各方输入摘要", "掷骰子前公布；抽取前为空"),
            "dice": ("骰子", "当众掷出的数字；抽取前为空"),
            "root": ("总根", "检查前公布；抽取前为空"),
            "unseal_by": ("最迟启封", "最迟在这一天公开名单"),
        },
    ),
    "results": (
        "已启封的结果",
        {
            "number": ("抽查编号", "同 draws 的 number"),
            "id": ("单位代码", "统一社会信用代码，或 X 加登记机关编号"),
            "district": ("区划", "用工所在地区划代码"),
            "grade": ("等级", "冻结时的诚信等级，- 为未评"),
            "rank": ("名次", "本层按票号的名次"),
            "team": ("检查组", "0 为备选"),
        },
    ),
}


def files_of(
    bureau: Bureau, plans: Sequence[Plan], draws: Sequence[Draw]
) -> dict[str, Callable[[], Awaitable[bytes]]]:
    """Return path → how it is made, of every table in both forms."""
    rows: dict[str, Callable[[], Awaitable[list[Sequence[Value]]]]] = {
        "plans": functools.partial(_plans, plans),
        "draws": functools.partial(_draws, draws),
        "results": functools.partial(_results, draws),
    }
    made: dict[str, Callable[[], Awaitable[bytes]]] = {}
    for name in DICTIONARY:
        for form in ("csv", "json"):
            made[f"data/{name}.{form}"] = functools.partial(_file, bureau, name, form, rows[name])
    return made


async def _file(
    bureau: Bureau, name: str, form: str, rows: Callable[[], Awaitable[list[Sequence[Value]]]]
) -> bytes:
    title, columns = DICTIONARY[name]
    about: dict[str, str | int] = {"title": title, "bureau": bureau.code, "source": bureau.name}
    headings = [heading for heading, _ in columns.values()]
    feed = Feed(list(columns), headings, await rows(), about)
    target = io.BytesIO()
    if form == "csv":
        feeds.write_csv(target, feed, bom=True)
    else:
        feeds.write_json(target, feed)
    return target.getvalue()


async def _plans(plans: Iterable[Plan]) -> list[Sequence[Value]]:
    return [
        (
            plan.year,
            plan.version,
            number,
            one.name,
            one.starts,
            one.ends,
            one.total,
            rules.AIMS[one.aim],
            rules.OCCASIONS[one.occasion],
            rules.WEIGHTS[one.weight],
        )
        for plan in plans
        for number, one in enumerate(plan.content.rounds, start=1)
    ]


async def _draws(draws: Iterable[Draw]) -> list[Sequence[Value]]:
    rows: list[Sequence[Value]] = []
    for one in draws:
        result = await result_actions.published(one)
        rows.append(
            (
                one.number,
                one.title,
                one.year,
                one.round,
                one.state,
                STATES[one.state],
                one.total,
                f"{one.frozen_at:%Y-%m-%dT%H:%M:%SZ}",
                one.commitment,
                one.previous,
                result.parts_digest if result else "",
                result.dice if result else "",
                result.root if result else "",
                one.unseal_by,
            )
        )
    return rows


async def _results(draws: Iterable[Draw]) -> list[Sequence[Value]]:
    """Return who was drawn and who stood in reserve, of the draws that are open to everybody."""
    rows: list[Sequence[Value]] = []
    for draw in draws:
        if draw.state not in OPENED or await result_actions.published(draw) is None:
            continue
        result: dict[str, Any] = json.loads(
            await seal_actions.read_public_file(draw, "result.json")
        )
        for one in (*result["drawn"], *result["reserve"]):
            shown = (one["id"], one["district"], one["grade"], one["rank"], one.get("team", 0))
            rows.append((draw.number, *shown))
    return rows
