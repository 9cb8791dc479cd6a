"""Who may be drawn: the rules that leave entities out, in their order, with their parameters (protocol §2).

Every rule works on sets: it is given the ids that a read of the books found, never one entity at a time.
Checks on a single case (个案: a complaint, a transfer, the entity's own request) count in none of the rules
about past inspections: they are exempt from the yearly cap (国办发〔2024〕54号 and its local rules), and if they
paused random checks, a complaint against oneself would buy half a year of peace.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.plans.rules import Policy

EXCLUSIONS: Final[dict[str, str]] = {
    "code-check": "待核：统一社会信用代码校验不符",
    "district-unknown": "待核：用工所在地的区划不明",
    "set-aside": "待核：其他原因",
    "retired": "本年度内已从监管对象名录库移出（注销、迁出等）",
    "drawn-this-year": "本年度已抽中",
    "inspected-recently": "近期已接受检查",
    "cap-reached": "已达本年度检查频次上限",
    "open-case": "有在办案件",
}
"""Reason codes in the order in which they count: an entity left out by several rules gets the first."""


@dataclass(frozen=True)
class Windows:
    """The days and numbers of a draw's exclusion rules, from the policy and the day of the freeze.

    `paused_since` is None where the policy pauses nobody, `cap` 0 where there is none.
    """

    year_start: date
    paused_since: date | None
    cap: int


def windows(policy: Policy, on: date) -> Windows:
    """Return the windows of a freeze on day `on`."""
    paused = months_before(on, policy.pause_months) if policy.pause_months else None
    return Windows(date(on.year, 1, 1), paused, policy.frequency_cap)


def months_before(day: date, months: int) -> date:
    """Return the same day `months` earlier, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def standing_reason(state: str, state_reason: str) -> str:
    """Return the reason code of an entity whose standing in the registry keeps it out."""
    if state == "retired":
        return "retired"
    first = state_reason.split("+", maxsplit=1)[0]
    return first if first in EXCLUSIONS else "set-aside"


def first_reasons(found: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return entity id → reason code, the first of EXCLUSIONS where an id was found under several."""
    reasons: dict[str, str] = {}
    for code in reversed(EXCLUSIONS):
        reasons.update(dict.fromkeys(found.get(code, ()), code))
    return reasons


def rule_terms(policy: Policy, on: date) -> list[dict[str, object]]:
    """Return the exclusion rules as terms.json states them: code, meaning, parameters."""
    window = windows(policy, on)
    parameters: dict[str, dict[str, object]] = {
        "retired": {"since": window.year_start.isoformat()},
        "drawn-this-year": {"since": window.year_start.isoformat()},
        "inspected-recently": {"months": policy.pause_months}
        | ({"since": window.paused_since.isoformat()} if window.paused_since else {}),
        "cap-reached": {"cap": policy.frequency_cap, "since": window.year_start.isoformat()},
    }
    return [
        {"code": code, "meaning": meaning, "parameters": parameters.get(code, {})}
        for code, meaning in EXCLUSIONS.items()
        if _applies(code, policy)
    ]


def _applies(code: str, policy: Policy) -> bool:
    if code == "inspected-recently":
        return policy.pause_months > 0
    return code != "cap-reached" or policy.frequency_cap > 0
