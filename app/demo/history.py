"""What the districts' own books say of the first half of 2026: patrols, cases opened and cases closed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from app.demo.chooser import Chooser
from app.demo.city import Row

HEADINGS: Final = ("统一社会信用代码", "记录种类", "发生日期", "文号", "结果")
SINCE, UNTIL = date(2026, 1, 5), date(2026, 6, 26)
# Per thousand entities, in the proportions of a mid-sized city.
INSPECTED_PERMILLE, CASES_PERMILLE = 11, 4


def facts(ids: list[str]) -> list[Row]:
    """Return rows under HEADINGS: checks, and cases of which about two thirds are closed again."""
    choose = Chooser("yaohao demo facts")
    rows: list[Row] = []
    for index in range(len(ids) * INSPECTED_PERMILLE // 1000):
        entity, day = choose.one_of("checked", index, ids), _day(choose, "checked", index)
        rows.append((entity, "已检查", day.isoformat(), f"云人社巡〔2026〕{index + 1}号", ""))
    for index in range(len(ids) * CASES_PERMILLE // 1000):
        rows += _case(choose, index, choose.one_of("case", index, ids))
    return sorted(rows, key=lambda row: (row[2], row[3], row[1]))


def _case(choose: Chooser, index: int, entity: str) -> list[Row]:
    number, opened = f"云人社监立〔2026〕{index + 1}号", _day(choose, "opened", index)
    rows: list[Row] = [(entity, "立案", opened.isoformat(), number, "")]
    closed = opened + timedelta(days=30 + choose.number("length", index, 40))
    if closed <= UNTIL:
        outcomes = [("责令改正后结案", 6), ("行政处理", 2), ("行政处罚", 2), ("撤销立案", 3)]
        outcome = choose.weighted("outcome", index, outcomes)
        rows.append((entity, "结案", closed.isoformat(), number, outcome))
    return rows


def _day(choose: Chooser, label: str, index: int) -> date:
    return SINCE + timedelta(days=choose.number(f"{label} day", index, (UNTIL - SINCE).days))
