"""What had already happened in the demo's city when the bureau moved to Yaohao in mid-year."""

from __future__ import annotations

from datetime import date, timedelta

from app.demo.chooser import Chooser

FACT_HEADER = ("统一社会信用代码", "事实", "日期", "来源", "文号", "结果")

# Half a year of patrols, complaints and cases, in the proportions of a mid-sized city.
INSPECTED = 260
CASES = 90
SINCE, UNTIL = date(2026, 1, 5), date(2026, 6, 26)


def facts(codes: list[str]) -> list[tuple[str, ...]]:
    """Return rows under FACT_HEADER: checks from complaints, cases opened, two thirds closed again."""
    choose = Chooser("yaohao demo facts")
    rows = []
    for index in range(INSPECTED):
        code, day = choose.one_of("checked", index, codes), _day(choose, "checked", index)
        result = choose.weighted("found", index, [("未发现问题", 7), ("发现问题已责令改正", 3)])
        rows.append(
            (code, "检查", day.isoformat(), "日常巡查", f"岭人社巡〔2026〕{index + 1}号", result)
        )
    for index in range(CASES):
        rows += _case(choose, index, choose.one_of("case", index, codes))
    return sorted(rows, key=lambda row: (row[2], row[4], row[1]))


def _case(choose: Chooser, index: int, code: str) -> list[tuple[str, ...]]:
    number, opened = f"岭人社监立〔2026〕{index + 1}号", _day(choose, "opened", index)
    source = choose.one_of("source", index, ("投诉", "举报", "12345转办"))
    rows = [(code, "立案", opened.isoformat(), source, number, "")]
    closed = opened + timedelta(days=30 + choose.number("length", index, 40))
    if closed <= UNTIL:
        outcome = choose.weighted(
            "outcome",
            index,
            [("责令改正", 6), ("行政处理", 2), ("行政处罚", 2), ("撤销立案", 3)],
        )
        rows.append((code, "结案", closed.isoformat(), source, number, outcome))
    return rows


def _day(choose: Chooser, label: str, index: int) -> date:
    return SINCE + timedelta(days=choose.number(f"{label} day", index, (UNTIL - SINCE).days))
