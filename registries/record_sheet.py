"""The sheet of facts (档案记录) with which a bureau that starts in mid-year brings its past.

A file with any fault is refused whole, with every fault named by row and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from registries import sheet_cells as cells
from registries.database import Deed
from registries.record import enter_rows, row_faults
from registries.record_rules import CASE_CLOSED, KINDS, OUTCOMES, NewFact
from registries.reference_sheets import MISSING, both_ways, rows_of
from registries.sheet_forms import Column, SheetForm
from registries.sheet_refusals import RowPlace, SheetRefused
from sampling.encoding import Json, sha256_hex

UNREACHABLE = "unreachable"
# What a fact says beside its kind, in people's words: how a case ended, or how a check did.
_SAID: Final = both_ways(OUTCOMES) | {"责令改正": "corrected", "无法联系": UNREACHABLE}
# A grade needs its year as well, which this sheet does not ask for: grades come with the entities.
_KINDS: Final = {code: word for code, word in KINDS.items() if code != "grade"}

FACT_FORM = SheetForm(
    "档案记录",
    (
        Column(
            "entity",
            "统一社会信用代码",
            cells.entity_code,
            ("信用代码", "单位代码"),
            if_empty=MISSING,
        ),
        Column(
            "kind",
            "记录种类",
            cells.choice(both_ways(_KINDS) | {"检查": "inspected"}, named="记录种类"),
            ("种类", "事实", "类型"),
            if_empty=MISSING,
        ),
        Column("happened_on", "发生日期", cells.day, ("日期",), if_empty=MISSING),
        Column("reference", "文号", cells.text(100), ("案号", "编号")),
        Column("said", "结果", cells.choice(_SAID, named="结果"), ("处理结果", "结案方式")),
        Column("note", "说明", cells.text(500), ("备注",)),
    ),
    needs=(("entity",), ("kind",), ("happened_on",)),
)


@dataclass(frozen=True)
class FactSheet:
    """The facts of a sheet in its order, each with its place, and the SHA-256 of the file."""

    sha256: str
    facts: tuple[NewFact, ...]
    places: tuple[RowPlace, ...]


def read_facts(path: Path) -> FactSheet:
    """Return the facts of a sheet. Raises SheetRefused with every fault of its cells."""
    found = rows_of(path, FACT_FORM)
    facts = [
        NewFact(
            row["entity"],
            row["kind"],
            row["happened_on"],
            row["reference"] or "",
            _details(row["kind"], row["said"], row["note"]),
        )
        for row in found
    ]
    return FactSheet(
        sha256_hex(path.read_bytes()), tuple(facts), tuple(row["place"] for row in found)
    )


async def import_facts(deed: Deed, *, bureau: str, sheet: FactSheet) -> int:
    """Enter the facts of a sheet in one deed and return how many were new; those known already stay.

    Raises SheetRefused with every fault at its cell; nothing is written then.
    """
    wrong = await row_faults(bureau, sheet.facts, deed.today)
    if wrong:
        raise SheetRefused(
            # What the rules call the details of a fact stands in the column of its result.
            sheet.places[fault.row].fault(
                "said" if fault.field == "details" else fault.field, fault.sentence
            )
            for fault in wrong
        )
    return await enter_rows(deed, bureau, sheet.facts, source=f"sha256:{sheet.sha256}")


def _details(kind: str, said: str | None, note: str | None) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if said:
        found["outcome" if kind == CASE_CLOSED else "result"] = said
    if note:
        found["note"] = note
    return found
