"""From the rows of a sheet to blocks of values in columns, and what is wrong with each cell."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from registries.identifiers import fold_code
from registries.sheet_cells import NOTHING, Cell
from registries.sheet_faults import (
    REFUSED,
    SET_ASIDE,
    CellRefused,
    CellSetAside,
    Fault,
    Faults,
    shown,
)
from registries.sheet_files import RawSheet
from registries.sheet_forms import Block, Column, Header, SheetForm

_TOTALS = re.compile(r"(合\s*计|总\s*计|小\s*计|共\s*计|总\s*数)\s*[:：]?.{0,20}")
_NOTE = re.compile(
    r"(注|备注|说明|填表人|填报人|填报单位|制表人?|审核人?|单位负责人|联系电话|打印时间)\s*[:：].*",
    re.DOTALL,
)


class Place(NamedTuple):
    """Where the rows are: the sheet and its header."""

    sheet: RawSheet
    header: Header


@dataclass
class Tally:
    """What has been seen of a file so far.

    `folds`: how often a code was brought into its written form, by kind of fold; `read`: rows of data;
    `duplicates`: rows left out because an equal one came before.
    """

    form: SheetForm
    place: Place | None
    faults: Faults = field(default_factory=Faults)
    remarks: list[str] = field(default_factory=list)
    folds: Counter[str] = field(default_factory=Counter)
    read: int = 0
    duplicates: int = 0

    def fault(self, row: int, name: str, cell: Cell, wrong: CellRefused | CellSetAside) -> None:
        """Add a fault of one cell, in the grade of what was raised."""
        grade = SET_ASIDE if isinstance(wrong, CellSetAside) else REFUSED
        column = self.form.column(name)
        label = (self.place.header.label(name) if self.place else "") or column.heading
        value = shown(cell, personal=column.personal)
        self.faults.add(Fault(grade, wrong.reason, self._sheet, row, label, value, wrong.sentence))

    def refuse(self, reason: str, sentence: str, row: int = 0, column: str = "") -> None:
        """Add a fault for which nothing of the file is written, and which no reader of a cell saw."""
        self.faults.add(Fault(REFUSED, reason, self._sheet, row, column, "", sentence))

    @property
    def _sheet(self) -> str:
        return self.place.sheet.name if self.place else ""


def batches(
    tally: Tally, place: Place, size: int
) -> Iterator[tuple[list[int], list[Sequence[Cell]]]]:
    """Yield row numbers and rows, without blank rows, repeated headers, totals and notes."""
    sheet, header = place
    width = len(header.headings)
    anchors = [
        header.places[name] for group in tally.form.needs for name in group if name in header.places
    ]
    # Twice the first one, so that itemgetter gives a tuple for a single anchor too.
    anchored = itemgetter(anchors[0], *anchors)
    headings = {header.headings[place] for place in anchors} | {""}
    numbers: list[int] = []
    rows: list[Sequence[Cell]] = []
    for number, row in enumerate(sheet.rows or (), start=1):
        if number <= header.row or not any(row):
            continue
        if len(row) != width:
            if len(row) > width and any(row[width:]):
                tally.refuse(
                    "too-many-cells",
                    f"这一行有 {len(row)} 格，表头只有 {width} 格。内容里的逗号要用引号括起来。",
                    number,
                )
                tally.read += 1
                continue
            row = [*row[:width], *[""] * (width - len(row))]  # noqa: PLW2901 - the same row, evened.
        if not headings.isdisjoint(anchored(row)) and _is_no_data(tally, header, number, row):
            continue
        numbers.append(number)
        rows.append(row)
        if len(rows) == size:
            yield numbers, rows
            numbers, rows = [], []
    if rows:
        yield numbers, rows


def _is_no_data(tally: Tally, header: Header, number: int, row: Sequence[Cell]) -> bool:
    """Tell whether a row is blank after all, the header again, a totals row or a note; remark on the last three."""
    words = [str(cell).strip() for cell in row]
    filled = [word for word in words if word]
    if not filled:
        return True
    if [re.sub(r"\s+", "", word) for word in words] == list(header.headings):
        tally.remarks.append(f"第 {number} 行又是表头，没有读入。")
        return True
    if any(_TOTALS.fullmatch(word) for word in filled[:3]):
        tally.remarks.append(f"第 {number} 行是合计行，没有读入。")
        return True
    if _NOTE.match(filled[0]):
        tally.remarks.append(f"第 {number} 行是附注，没有读入。")
        return True
    return False


def read_block(
    tally: Tally, header: Header, numbers: list[int], rows: list[Sequence[Cell]]
) -> Block:
    """Return the rows read by the form; rows with a refused cell are left out."""
    block = Block(numbers, {}, [""] * len(rows))
    refused: dict[int, set[str]] = {}
    for column in tally.form.columns:
        place = header.places.get(column.field)
        if place is None:
            block.fields[column.field] = [None] * len(rows)
            continue
        cells = [row[place] for row in rows]
        values, wrong = read_cells(column, cells)
        block.fields[column.field] = values
        if column.counts_folds:
            _count_folds(tally.folds, cells, values)
        for index, problem in wrong:
            _mark(tally, block, refused, index, column.field, cells[index], problem)
    for index, name, problem in tally.form.check(block):
        # A cell that could not be read looks empty to the check; one fault for it is enough.
        if name not in refused.get(index, ()):
            cell = block.fields[name][index]
            _mark(tally, block, refused, index, name, "" if cell is None else str(cell), problem)
    tally.read += len(rows)
    return without(block, set(refused))


def _mark(
    tally: Tally,
    block: Block,
    refused: dict[int, set[str]],
    index: int,
    name: str,
    cell: Cell,
    problem: CellRefused | CellSetAside,
) -> None:
    tally.fault(block.rows[index], name, cell, problem)
    if isinstance(problem, CellRefused):
        refused.setdefault(index, set()).add(name)
    else:
        before = block.aside[index].split("+") if block.aside[index] else []
        block.aside[index] = "+".join(sorted({*before, problem.reason}))


def read_cells(
    column: Column, cells: Sequence[Cell]
) -> tuple[list[object], list[tuple[int, CellRefused | CellSetAside]]]:
    """Return the values of a column's cells, and (index, what is wrong) for those that have none."""
    read, if_empty = column.read, column.if_empty
    values: list[object] = [None] * len(cells)
    wrong: list[tuple[int, CellRefused | CellSetAside]] = []
    # Of text only: 1, 1.0 and True are one key of a dict, but not one cell.
    known: dict[str, object] = {}
    for index, cell in enumerate(cells):
        if isinstance(cell, str):
            if cell in known:
                values[index] = known[cell]
                continue
            if cell in NOTHING or cell.isspace() or (len(cell) < 20 and cell.strip() in NOTHING):
                if if_empty is not None:
                    wrong.append((index, if_empty))
                    values[index] = getattr(if_empty, "value", None)
                continue
        try:
            values[index] = value = read(cell)
        except CellSetAside as doubt:
            wrong.append((index, doubt))
            values[index] = doubt.value
        except CellRefused as problem:
            wrong.append((index, problem))
        else:
            if column.repeats and isinstance(cell, str):
                known[cell] = value
    return values, wrong


def _count_folds(folds: Counter[str], cells: Sequence[Cell], values: Sequence[object]) -> None:
    for cell, value in zip(cells, values, strict=True):
        if value is not None and value != cell and isinstance(cell, str):
            folds.update(fold_code(cell).folds)


def without(block: Block, dropped: set[int]) -> Block:
    """Return the block without the rows of these indices."""
    if not dropped:
        return block
    kept = [index not in dropped for index in range(len(block))]
    return Block(
        list(itertools.compress(block.rows, kept)),
        {name: list(itertools.compress(values, kept)) for name, values in block.fields.items()},
        list(itertools.compress(block.aside, kept)),
    )
