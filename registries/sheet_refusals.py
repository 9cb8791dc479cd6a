"""A sheet that is refused whole: every fault with its sheet, row, column and value, as the list of faults wants it.

The reading finds what is wrong with a cell; what the rules or the books find wrong with a row later is
reported at the same place, because the row remembers where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from registries.errors import Invalid
from registries.sheet_faults import REFUSED, Fault, shown
from registries.sheet_reading import BLOCK, SheetReading
from registries.sheet_rows import Tally, batches

LISTED: Final = 50  # Faults in the sentence of a refusal; the saved list has them all.
NOTHING_WRITTEN: Final = "文件有误，没有导入。请改正后再试。"
RULES: Final = "rules"


class SheetRefused(Invalid):
    """Nothing of a sheet is taken. `faults` are all of them in the order of the file; `fields` the first fifty.

    `save_to` is where the person asked for the list (`--faults`), None for nowhere.
    """

    def __init__(self, faults: Iterable[Fault], *, sentence: str = NOTHING_WRITTEN) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.sheet, fault.row, fault.column))
        self.save_to: Path | None = None
        places: dict[str, list[str]] = {}
        for fault in self.faults[:LISTED]:
            places.setdefault(place_of(fault), []).append(_with_value(fault))
        if len(self.faults) > LISTED:
            sentence = f"{sentence}共有 {len(self.faults)} 处，先列出 {LISTED} 处。"
        super().__init__(sentence, places)


@dataclass(frozen=True)
class RowPlace:
    """Where a row stood: its sheet, its number, field → letter and heading, field → value as it may be shown."""

    sheet: str
    row: int
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def fault(self, name: str, sentence: str, reason: str = RULES) -> Fault:
        """Return a fault of the row's field `name`, of the row as a whole where it has no such column."""
        column, value = self.columns.get(name, ""), self.values.get(name, "")
        return Fault(REFUSED, reason, self.sheet, self.row, column, value, sentence)

    def faults(self, fields: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
        """Yield a fault for each sentence of a refusal's `fields`."""
        for name, sentences in fields.items():
            yield from (self.fault(name, sentence) for sentence in sentences)


def place_of(fault: Fault) -> str:
    """Return where a fault is: its row, letter and heading, "文件" for the file as a whole."""
    return f"第 {fault.row} 行 {fault.column}".strip() if fault.row else "文件"


def places_of(reading: SheetReading, rows: Sequence[Mapping[str, object]]) -> list[RowPlace]:
    """Return the place of each row of a reading, personal values masked.

    Reads a small sheet a second time: a value is shown as it stands in the cell, not as it was understood.
    """
    if reading.place is None:
        return []
    sheet, header = reading.place
    used = [column for column in reading.form.columns if column.field in header.places]
    labels = {column.field: header.label(column.field) for column in used}
    again = batches(Tally(reading.form, reading.place), reading.place, BLOCK)
    cells = {
        number: row for numbers, block in again for number, row in zip(numbers, block, strict=True)
    }

    def values(number: int) -> dict[str, str]:
        row = cells[number]
        at = {one.field: header.places[one.field] for one in used}
        return {
            one.field: shown(row[at[one.field]] or "", personal=one.personal)
            for one in used
            if at[one.field] < len(row)
        }

    numbers = [int(str(row["row"])) for row in rows]
    return [RowPlace(sheet.name, number, labels, values(number)) for number in numbers]


def _with_value(fault: Fault) -> str:
    return f"“{fault.value}”：{fault.sentence}" if fault.value else fault.sentence
