"""The states of a draw and the only steps between them (protocol §4, §8); printed in docs/draw-states.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from registries.errors import Refused

State = Literal[
    "prepared",
    "abandoned",
    "frozen",
    "contributing",
    "listed",
    "revealing",
    "parts-fixed",
    "dice-fixed",
    "drawn",
    "awaiting-witness",
    "signed",
    "signed-with-objection",
    "sealed",
    "unsealed",
    "void",
    "void-public",
]
Person = Literal["clerk", "operator", "witness", "head", "contributor", "system"]

STATES: Final[dict[State, str]] = {
    "prepared": "已准备",
    "abandoned": "已放弃准备",
    "frozen": "已冻结（承诺已公布）",
    "contributing": "各方提交承诺中",
    "listed": "名单已截止",
    "revealing": "各方揭示中",
    "parts-fixed": "各方输入已固定",
    "dice-fixed": "骰子已掷",
    "drawn": "已抽取",
    "awaiting-witness": "待见证处理",
    "signed": "已签字",
    "signed-with-objection": "有异议签字",
    "sealed": "已封存",
    "unsealed": "已启封",
    "void": "已作废（揭示前）",
    "void-public": "已作废（全部公开）",
}
PEOPLE: Final[dict[Person, str]] = {
    "clerk": "经办人",
    "operator": "操作员",
    "witness": "纪检监察见证人",
    "head": "局负责人",
    "contributor": "参与方",
    "system": "系统",
}


@dataclass(frozen=True)
class Step:
    """A step of a draw: its Chinese name, from which states to which, who together, and why so."""

    name: str
    title: str
    sources: tuple[State, ...]
    target: State
    by: tuple[Person, ...]
    basis: str


BEFORE_REVEAL: Final[tuple[State, ...]] = ("frozen", "contributing", "listed")
AFTER_REVEAL: Final[tuple[State, ...]] = (
    "revealing",
    "parts-fixed",
    "dice-fixed",
    "drawn",
    "awaiting-witness",
    "signed",
    "signed-with-objection",
    "sealed",
    "unsealed",
)

STEPS: Final[dict[str, Step]] = {
    step.name: step
    for step in (
        Step("abandon", "放弃准备", ("prepared",), "abandoned", ("clerk",), "§2"),
        Step("freeze", "冻结并公布承诺", ("prepared",), "frozen", ("operator",), "§2"),
        Step("open", "开始收取承诺", ("frozen",), "contributing", ("operator",), "§4.1"),
        Step("close-list", "截止名单", ("contributing",), "listed", ("witness",), "§4.2"),
        Step("reveal", "第一次揭示", ("listed",), "revealing", ("contributor",), "§4.2"),
        Step(
            "fix-parts",
            "固定各方输入",
            ("listed", "revealing"),
            "parts-fixed",
            ("operator",),
            "§4.3",
        ),
        Step(
            "fix-dice",
            "骰子数字录入完毕",
            ("parts-fixed",),
            "dice-fixed",
            ("operator", "witness"),
            "§4.4",
        ),
        Step("run", "计算抽取结果", ("dice-fixed",), "drawn", ("system",), "§5–§8"),
        Step(
            "sign",
            "双方签字",
            ("drawn", "awaiting-witness"),
            "signed",
            ("operator", "witness"),
            "§8",
        ),
        Step(
            "sign-with-objection",
            "见证人有异议签字",
            ("drawn", "awaiting-witness"),
            "signed-with-objection",
            ("operator", "witness"),
            "§8",
        ),
        Step("refuse", "见证人拒绝签字", ("drawn",), "awaiting-witness", ("witness",), "§8"),
        Step("seal", "封存", ("signed", "signed-with-objection"), "sealed", ("system",), "§8"),
        Step(
            "unseal",
            "启封并公开",
            ("signed", "signed-with-objection", "sealed"),
            "unsealed",
            ("operator",),
            "§8",
        ),
        Step("void", "揭示前作废", BEFORE_REVEAL, "void", ("operator", "witness"), "§8"),
        Step(
            "void-on-ground",
            "依据明确理由作废",
            # Once the list can be completed without any reveal, nobody can void without a ground.
            AFTER_REVEAL,
            "void-public",
            ("witness", "head"),
            "§8",
        ),
    )
}
GROUNDS: Final[dict[str, str]] = {
    "before-reveal": "揭示前由操作员和见证人共同作废",
    "court-order": "人民法院的生效裁定或判决",
    "superior-order": "上级机关的书面决定",
    "frame-wrong": "抽查对象名单整体错误（个别行的错误不得作废）",
}
SIGNED: Final[frozenset[State]] = frozenset(
    {"signed", "signed-with-objection", "sealed", "unsealed"}
)
"""States in which a draw counts towards the year."""
OPEN: Final[frozenset[State]] = frozenset(STATES) - SIGNED - {"abandoned", "void", "void-public"}
"""States in which a draw is still under way."""


def after(state: State, step: str) -> State:
    """Return the state after `step` in `state`; Refused names what is possible now instead."""
    if state in STEPS[step].sources:
        return STEPS[step].target
    possible = "、".join(one.title for one in possible_steps(state)) or "无（流程已结束）"
    raise Refused(
        f"这次抽查现在是“{STATES[state]}”，不能{STEPS[step].title}。现在可以做的是：{possible}。"
    )


def possible_steps(state: State) -> list[Step]:
    """Return the steps that lead out of `state`, in the order of the ceremony."""
    return [step for step in STEPS.values() if state in step.sources]


def states_page() -> str:
    """Return docs/draw-states.md: the table of states and steps as people read it."""
    lines = [
        "# 抽查的状态",
        "",
        "本页由 app/draws/state_rules.py 打印，测试保证两者一致。",
        "This page is printed from app/draws/state_rules.py; a test keeps the two alike.",
        "",
        "| 代码 | 状态 |",
        "|---|---|",
        *(f"| `{code}` | {title} |" for code, title in STATES.items()),
        "",
        "| 步骤 | 命令中的名称 | 从 | 到 | 由谁（须同时在场） | 协议 |",
        "|---|---|---|---|---|---|",
        *(_line(step) for step in STEPS.values()),
        "",
        "| 作废理由 | 含义 |",
        "|---|---|",
        *(f"| `{code}` | {meaning} |" for code, meaning in GROUNDS.items()),
        "",
    ]
    return "\n".join(lines)


def _line(step: Step) -> str:
    sources = "、".join(STATES[source] for source in step.sources)
    people = "、".join(PEOPLE[person] for person in step.by)
    return (
        f"| {step.title} | `{step.name}` | {sources} | {STATES[step.target]} | {people} |"
        f" {step.basis} |"
    )
