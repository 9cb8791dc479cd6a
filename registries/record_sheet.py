"""The sheet of facts with which a bureau starts in mid-year: rounds drawn, inspections done, cases still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from registries import sheet_cells as cells
from registries.errors import Invalid
from registries.record import row_faults
from registries.record_rules import KINDS, OUTCOMES, NewFact
from registries.reference_sheets import sheet_rows
from registries.sheet_faults import CellRefused
from registries.sheet_forms import Column, SheetForm

_MISSING = CellRefused("missing", "这一格必须填写。")
_LISTED = 50
# Columns whose value, where there is one, is part of a fact's details.
_DETAILS = ("outcome", "grade", "year", "round", "note")

HEADINGS = {
    "entity": "统一社会信用代码",
    "kind": "记录",
    "happened_on": "日期",
    "reference": "文号",
    "details": "结果、等级、年度",
}


def _words(meanings: Mapping[str, str]) -> dict[str, str]:
    return {name: code for code, name in meanings.items()} | {code: code for code in meanings}


RECORD_FORM = SheetForm(
    "诚信档案",
    (
        Column("entity", HEADINGS["entity"], cells.entity_code, ("信用代码", "单位代码", "代码"), if_empty=_MISSING),
        Column("kind", HEADINGS["kind"], cells.choice(_words(KINDS), named="记录"), ("类型",), if_empty=_MISSING),
        Column("happened_on", HEADINGS["happened_on"], cells.day, ("发生日期",), if_empty=_MISSING),
        Column("reference", HEADINGS["reference"], cells.text(100), ("编号", "案号", "抽查编号", "文书号")),
        Column("outcome", "结果", cells.choice(_words(OUTCOMES), named="结果"), ("结案结果",)),
        Column("grade", "等级", cells.choice({letter: letter for letter in "ABC"}, named="等级"), ("诚信等级",)),
        Column("year", "年度", cells.whole(2000, 2100), ("评定年度",)),
        Column("round", "轮次", cells.whole(1, 12), ("第几轮",)),
        Column("note", "说明", cells.text(500), ("备注",), personal=True),
    ),
    needs=(("entity",), ("kind",), ("happened_on",)),
)  # fmt: skip


@dataclass(frozen=True)
class SheetFacts:
    """The facts of a sheet and, for each, its row there."""

    facts: tuple[NewFact, ...]
    rows: tuple[int, ...]


def read_record(path: Path) -> SheetFacts:
    """Return the facts of a sheet. Raises Invalid with every fault under its row and column."""
    rows = sheet_rows(path, RECORD_FORM)
    return SheetFacts(tuple(map(_fact, rows)), tuple(row["row"] for row in rows))


async def refuse_faults(bureau: str, sheet: SheetFacts, today: date) -> None:
    """Raise Invalid with every fault that no single cell can tell, under its row and column."""
    faults: dict[str, list[str]] = {}
    for fault in (await row_faults(bureau, sheet.facts, today))[:_LISTED]:
        place = f"第 {sheet.rows[fault.row]} 行 {HEADINGS[fault.field]}"
        faults.setdefault(place, []).append(fault.sentence)
    if faults:
        raise Invalid("文件有误，没有写入任何一条。请改正后再导入。", faults)


def _fact(row: Mapping[str, Any]) -> NewFact:
    details = {name: row[name] for name in _DETAILS if row[name] is not None}
    return NewFact(row["entity"], row["kind"], row["happened_on"], row["reference"] or "", details)
