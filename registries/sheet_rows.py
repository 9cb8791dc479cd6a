"""From the rows of a sheet to blocks of values in columns, and what is wrong with each cell."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple, cast

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
    """Yield row numbers and rows, without blank rows, repeated headers, totals and notes.

    Each pair comes from `size` rows of the sheet, and none is empty.
    """
    sheet, header = place
    source = itertools.islice(sheet.rows or (), header.row, None)
    first = header.row + 1
    while some := list(itertools.islice(source, size)):
        numbers, rows = _evened(tally, len(header.headings), range(first, first + len(some)), some)
        numbers, rows = _of_data(tally, header, numbers, rows)
        if rows:
            yield numbers, rows
        first += len(some)


Numbered = tuple[list[int], list[Sequence[Cell]]]


def _evened(
    tally: Tally, width: int, numbers: Sequence[int], rows: list[Sequence[Cell]]
) -> Numbered:
    """Return the rows as wide as the header; those with more content than that are refused."""
    if {*map(len, rows)} == {width}:
        return list(numbers), rows
    kept: Numbered = [], []
    for number, row in zip(numbers, rows, strict=True):
        if any(row[width:]):
            tally.refuse(
                "too-many-cells",
                f"这一行有 {len(row)} 格，表头只有 {width} 格。内容里的逗号要用引号括起来。",
                number,
            )
            tally.read += 1
            continue
        kept[0].append(number)
        kept[1].append([*row[:width], *[""] * (width - len(row))])
    return kept


def _of_data(
    tally: Tally, header: Header, numbers: list[int], rows: list[Sequence[Cell]]
) -> Numbered:
    """Leave out the rows that hold no data: only those need a look that lack, or repeat, what every row must have."""
    anchors = [
        header.places[name] for group in tally.form.needs for name in group if name in header.places
    ]
    suspicious: set[Cell] = {*(header.headings[anchor] for anchor in anchors), "", 0}
    doubtful = {
        index
        for anchor in anchors
        if not suspicious.isdisjoint(map(itemgetter(anchor), rows))
        for index, row in enumerate(rows)
        if row[anchor] in suspicious
    }
    dropped = {n for n in sorted(doubtful) if _is_no_data(tally, header, numbers[n], rows[n])}
    if not dropped:
        return numbers, rows
    kept = [index not in dropped for index in range(len(rows))]
    return list(itertools.compress(numbers, kept)), list(itertools.compress(rows, kept))


def _is_no_data(tally: Tally, header: Header, number: int, row: Sequence[Cell]) -> bool:
    """Tell whether a row is blank, the header again, a totals row or a note; remark on the last three."""
    if not any(row):
        return True
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


Wrong = list[tuple[int, CellRefused | CellSetAside]]


def read_cells(column: Column, cells: Sequence[Cell]) -> tuple[list[object], Wrong]:
    """Return the values of a column's cells, and (index, what is wrong) for those that have none."""
    only_text = {*map(type, cells)} == {str}
    if column.repeats:
        # Cells differ by type too: 1, 1.0 and True are equal, but not one cell.
        keys = cells if only_text else list(zip(map(type, cells), cells, strict=True))
        return _read_each_once(column, cells, keys)
    if column.tidy and only_text:
        return _read_untidy(column, column.tidy, cast("Sequence[str]", cells))
    return _read_every(column, cells)


def _read_each_once(
    column: Column, cells: Sequence[Cell], keys: Sequence[object]
) -> tuple[list[object], Wrong]:
    """Read a column of few different cells; cells of one key are read once."""
    different = dict(zip(keys, cells, strict=True))
    values, wrong = _read_every(column, list(different.values()))
    known = dict(zip(different, values, strict=True))
    if not wrong:
        return [known[key] for key in keys], []
    order = list(different)
    problems = {order[index]: problem for index, problem in wrong}
    spread = [(index, problems[key]) for index, key in enumerate(keys) if key in problems]
    return [known[key] for key in keys], spread


def _read_untidy(
    column: Column, tidy: re.Pattern[str], cells: Sequence[str]
) -> tuple[list[object], Wrong]:
    """Take tidy texts as they stand and read the others."""
    found = map(tidy.fullmatch, cells)
    places = [index for index, match in enumerate(found) if match is None]
    if not NOTHING.isdisjoint(cells):
        places = sorted({*places, *(n for n, cell in enumerate(cells) if cell in NOTHING)})
    values: list[object] = list(cells)
    read, wrong = _read_every(column, [cells[index] for index in places])
    for index, value in zip(places, read, strict=True):
        values[index] = value
    return values, [(places[index], problem) for index, problem in wrong]


def _read_every(column: Column, cells: Sequence[Cell]) -> tuple[list[object], Wrong]:
    read, if_empty = column.read, column.if_empty
    values: list[object] = [None] * len(cells)
    wrong: Wrong = []
    for index, cell in enumerate(cells):
        if isinstance(cell, str) and (cell in NOTHING or cell.strip() in NOTHING):
            if if_empty is not None:
                wrong.append((index, if_empty))
                values[index] = getattr(if_empty, "value", None)
            continue
        try:
            values[index] = read(cell)
        except CellSetAside as doubt:
            wrong.append((index, doubt))
            values[index] = doubt.value
        except CellRefused as problem:
            wrong.append((index, problem))
    return values, wrong


def _count_folds(folds: Counter[str], cells: Sequence[Cell], values: Sequence[object]) -> None:
    for cell, value in zip(cells, values, strict=True):
        if cell is not value and cell != value and value is not None and isinstance(cell, str):
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
