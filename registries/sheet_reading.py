"""Read a spreadsheet by its form: blocks of rows in columns, and every fault of the file at once.

reading = read_file(Path("名录.xlsx"), form)
    for block in reading.blocks():
        ...
    if reading.faults.refused: ...

Rows with a refused cell are in no block, since nothing of such a file is written anyway.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from registries.identifiers import fold_code
from registries.sheet_cells import NOTHING, Cell
from registries.sheet_faults import (
    REFUSED,
    SET_ASIDE,
    CellRefused,
    CellSetAside,
    Fault,
    Faults,
    FileRefused,
    column_letter,
    shown,
)
from registries.sheet_files import OpenedFile, RawSheet, open_file
from registries.sheet_forms import HEADER_WITHIN, Block, Column, Header, SheetForm, find_header

BLOCK = 20_000

_TOTALS = re.compile(r"(合\s*计|总\s*计|小\s*计|共\s*计|总\s*数)\s*[:：]?.{0,20}")
_NOTE = re.compile(
    r"(注|备注|说明|填表人|填报人|填报单位|制表人?|审核人?|单位负责人|联系电话|打印时间)\s*[:：].*",
    re.DOTALL,
)


@dataclass
class SheetReading:
    """What became of a file: complete when `blocks()` is exhausted; empty when the file was refused."""

    form: SheetForm
    sheet: RawSheet | None
    header: Header | None
    faults: Faults = field(default_factory=Faults)
    remarks: list[str] = field(default_factory=list)
    folds: Counter[str] = field(default_factory=Counter)
    read: int = 0
    duplicates: int = 0

    @property
    def expected_rows(self) -> int | None:
        """About how many rows there are, for a progress bar."""
        return self.sheet.total_rows if self.sheet else 0

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Yield the rows in blocks of at most `size`, once; fills in the faults and counts meanwhile."""
        if self.sheet is None or self.header is None:
            return
        _note_formulas_and_merged_cells(self, self.sheet, self.header)
        seen: dict[object, int] = {}
        again: list[tuple[int, int]] = []
        for numbers, rows in _batches(self, size):
            block = _read_block(self, numbers, rows)
            _leave_out_repeated(self.form, block, seen, again)
            if len(block):
                yield block
        if not self.read:
            self._refuse("file-empty", "表头下面没有数据。请核对文件和工作表。")
        if again:
            _judge_repeated(self, again)

    def rows(self) -> list[dict[str, object]]:
        """Return all rows as dicts: for small sheets. Each has its number under "row"."""
        return [
            row | {"row": number, "aside": aside}
            for block in self.blocks()
            for number, aside, row in zip(block.rows, block.aside, block.as_rows(), strict=True)
        ]

    def fault(self, row: int, name: str, cell: Cell, wrong: CellRefused | CellSetAside) -> None:
        """Add a fault of one cell, in the grade of what was raised."""
        if self.header is None:
            return
        grade = SET_ASIDE if isinstance(wrong, CellSetAside) else REFUSED
        column = self.form.column(name)
        place = self.header.label(name) or column.heading
        value = shown(cell, personal=column.personal)
        sheet = self.sheet.name if self.sheet else ""
        self.faults.add(Fault(grade, wrong.reason, sheet, row, place, value, wrong.sentence))

    def _refuse(self, reason: str, sentence: str, row: int = 0, column: str = "") -> None:
        name = self.sheet.name if self.sheet else ""
        self.faults.add(Fault(REFUSED, reason, name, row, column, "", sentence))


def read_file(path: Path, form: SheetForm, sheet: str = "") -> SheetReading:
    """Open a file and find the sheet with the form's header; `sheet` names one where several have it.

    Never raises for what is wrong with the file: that is in the reading's faults. Raises OSError when there is no
    such file or it may not be read.
    """
    try:
        opened = open_file(path)
        chosen, header = _choose(opened, form, sheet)
    except FileRefused as refusal:
        reading = SheetReading(form, None, None)
        reading.faults.add(refusal.fault)
        return reading
    reading = SheetReading(form, chosen, header, remarks=list(opened.remarks))
    if header.unused:
        reading.remarks.append(f"没有使用的列：{'、'.join(header.unused)}。")
    return reading


def _choose(opened: OpenedFile, form: SheetForm, wanted: str) -> tuple[RawSheet, Header]:
    """Return the sheet and its header: the one asked for, or the only visible one that has the header."""
    names = "、".join(f"“{sheet.name}”" for sheet in opened.sheets)
    if wanted:
        for sheet in opened.sheets:
            if sheet.name == wanted:
                return sheet, _header_of(sheet, form)
        raise FileRefused(
            "sheet-choice", f"没有工作表“{wanted}”。文件里有：{names or '无名的一张'}。"
        )
    fitting, refusals = [], []
    for sheet in opened.sheets:
        if sheet.hidden:
            continue
        try:
            fitting.append((sheet, _header_of(sheet, form)))
        except FileRefused as refusal:
            refusals.append(refusal)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        several = "、".join(f"“{sheet.name}”" for sheet, _ in fitting)
        raise FileRefused(
            "sheet-choice", f"有几张工作表都有表头：{several}。请用 --sheet 指定一张。"
        )
    if not refusals:
        raise FileRefused("file-empty", "文件里没有可见的工作表。隐藏的工作表须用 --sheet 指定。")
    raise next((r for r in refusals if r.fault.row), refusals[0])


def _header_of(sheet: RawSheet, form: SheetForm) -> Header:
    first = list(itertools.islice(sheet.rows or (), HEADER_WITHIN))
    if not any(any(row) for row in first):
        raise FileRefused("file-empty", f"工作表前 {HEADER_WITHIN} 行没有内容。", sheet.name)
    return find_header(first, form, sheet.name)


def _note_formulas_and_merged_cells(reading: SheetReading, sheet: RawSheet, header: Header) -> None:
    """Refuse cells of our columns that read as empty although something stands there for the user."""
    odd = sheet.odd
    if odd.formulas:
        reading.remarks.append(f"有 {odd.formulas} 个公式单元格，按文件中保存的结果读取。")
    fields = {place: name for name, place in header.places.items()}
    for places, reason, sentence in (
        (odd.errors, "cell-error", "单元格是错误值（如 #N/A）。请改为正确的内容。"),
        (odd.uncalculated, "formula", "公式没有保存结果。请用 Excel 或 WPS 打开、保存后再导入。"),
    ):
        for row, place in sorted(places):
            if row > header.row and place in fields:
                reading._refuse(reason, sentence, row, header.label(fields[place]))  # noqa: SLF001
    for (top, left), (bottom, right) in sheet.merged:
        used = [place for place in range(left, right + 1) if place in fields]
        if bottom >= header.row and used and (top, left) != (bottom, right):
            corner = f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}"
            reading._refuse(  # noqa: SLF001
                "merged-cells",
                f"数据区有合并单元格 {corner}。请取消合并，并在每一格填上内容。",
                top + 1,
                header.label(fields[used[0]]),
            )


def _batches(reading: SheetReading, size: int) -> Iterator[tuple[list[int], list[Sequence[Cell]]]]:
    """Yield row numbers and rows, without blank rows, repeated headers, totals and notes."""
    sheet, header = reading.sheet, reading.header
    assert sheet is not None  # noqa: S101 - blocks() has looked.
    assert header is not None  # noqa: S101
    width = len(header.headings)
    anchors = [
        header.places[name]
        for group in reading.form.needs
        for name in group
        if name in header.places
    ]
    headings = {header.headings[place] for place in anchors} | {""}
    numbers: list[int] = []
    rows: list[Sequence[Cell]] = []
    for number, row in enumerate(sheet.rows or (), start=1):
        if number <= header.row or not any(row):
            continue
        if len(row) != width:
            if len(row) > width and any(row[width:]):
                reading._refuse(  # noqa: SLF001
                    "too-many-cells",
                    f"这一行有 {len(row)} 格，表头只有 {width} 格。内容里的逗号要用引号括起来。",
                    number,
                )
                reading.read += 1
                continue
            row = [*row[:width], *[""] * (width - len(row))]  # noqa: PLW2901 - the same row, evened.
        if any(row[place] in headings for place in anchors) and _is_no_data(reading, number, row):
            continue
        numbers.append(number)
        rows.append(row)
        if len(rows) == size:
            yield numbers, rows
            numbers, rows = [], []
    if rows:
        yield numbers, rows


def _is_no_data(reading: SheetReading, number: int, row: Sequence[Cell]) -> bool:
    """Tell whether a row is blank after all, the header again, a totals row or a note; remark on the last three."""
    words = [str(cell).strip() for cell in row]
    filled = [word for word in words if word]
    if not filled:
        return True
    header = reading.header
    if header and [re.sub(r"\s+", "", word) for word in words] == list(header.headings):
        reading.remarks.append(f"第 {number} 行又是表头，没有读入。")
        return True
    if any(_TOTALS.fullmatch(word) for word in filled[:3]):
        reading.remarks.append(f"第 {number} 行是合计行，没有读入。")
        return True
    if _NOTE.match(filled[0]):
        reading.remarks.append(f"第 {number} 行是附注，没有读入。")
        return True
    return False


def _read_block(reading: SheetReading, numbers: list[int], rows: list[Sequence[Cell]]) -> Block:
    """Return the rows read by the form; rows with a refused cell are left out."""
    assert reading.header is not None  # noqa: S101 - blocks() has looked.
    block = Block(numbers, {}, [""] * len(rows))
    refused: set[int] = set()
    for column in reading.form.columns:
        place = reading.header.places.get(column.field)
        if place is None:
            block.fields[column.field] = [None] * len(rows)
            continue
        cells = [row[place] for row in rows]
        values, wrong = read_cells(column, cells)
        block.fields[column.field] = values
        if column.counts_folds:
            _count_folds(reading.folds, cells, values)
        for index, problem in wrong:
            _mark(reading, block, refused, index, column.field, cells[index], problem)
    for index, name, problem in reading.form.check(block):
        if index not in refused:
            cell = block.fields[name][index]
            _mark(reading, block, refused, index, name, "" if cell is None else str(cell), problem)
    reading.read += len(rows)
    return _without(block, refused)


def _mark(
    reading: SheetReading,
    block: Block,
    refused: set[int],
    index: int,
    name: str,
    cell: Cell,
    problem: CellRefused | CellSetAside,
) -> None:
    reading.fault(block.rows[index], name, cell, problem)
    if isinstance(problem, CellRefused):
        refused.add(index)
    else:
        block.aside[index] = "+".join(filter(None, (block.aside[index], problem.reason)))


def read_cells(
    column: Column, cells: Sequence[Cell]
) -> tuple[list[object], list[tuple[int, CellRefused | CellSetAside]]]:
    """Return the values of a column's cells, and (index, what is wrong) for those that have none."""
    read, if_empty = column.read, column.if_empty
    values: list[object] = [None] * len(cells)
    wrong: list[tuple[int, CellRefused | CellSetAside]] = []
    known: dict[tuple[type, Cell], object] = {}
    for index, cell in enumerate(cells):
        if isinstance(cell, str) and (cell in NOTHING or cell.strip() in NOTHING):
            if if_empty is not None:
                wrong.append((index, if_empty))
                values[index] = getattr(if_empty, "value", None)
            continue
        try:
            if column.repeats:
                key = (type(cell), cell)
                if key not in known:
                    known[key] = read(cell)
                values[index] = known[key]
            else:
                values[index] = read(cell)
        except CellSetAside as doubt:
            wrong.append((index, doubt))
            values[index] = doubt.value
        except CellRefused as problem:
            wrong.append((index, problem))
    return values, wrong


def _count_folds(folds: Counter[str], cells: Sequence[Cell], values: Sequence[object]) -> None:
    for cell, value in zip(cells, values, strict=True):
        if value is not None and value != cell and isinstance(cell, str):
            folds.update(fold_code(cell).folds)


def _without(block: Block, dropped: set[int]) -> Block:
    if not dropped:
        return block
    kept = [index not in dropped for index in range(len(block))]
    return Block(
        list(itertools.compress(block.rows, kept)),
        {name: list(itertools.compress(values, kept)) for name, values in block.fields.items()},
        list(itertools.compress(block.aside, kept)),
    )


def _leave_out_repeated(
    form: SheetForm, block: Block, seen: dict[object, int], again: list[tuple[int, int]]
) -> None:
    """Drop the rows whose key was there before, and remember them for a closer look at the end."""
    if not form.key:
        return
    columns = [block.fields[name] for name in form.key]
    keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    dropped = set()
    for index, (number, key) in enumerate(zip(block.rows, keys, strict=True)):
        earlier = seen.setdefault(key, number)
        if earlier != number:
            again.append((earlier, number))
            dropped.add(index)
    if dropped:
        kept = _without(block, dropped)
        block.rows, block.fields, block.aside = kept.rows, kept.fields, kept.aside


def _judge_repeated(reading: SheetReading, again: list[tuple[int, int]]) -> None:
    """Fold repeated rows that are equal; refuse those that contradict each other.

    Reads the file a second time for the rows in question, which keeps memory free of all the others.
    """
    wanted = {number for pair in again for number in pair}
    apart = SheetReading(reading.form, reading.sheet, reading.header)
    found: dict[int, dict[str, object]] = {}
    for numbers, rows in _batches(apart, BLOCK):
        kept = [number in wanted for number in numbers]
        if any(kept):
            some = list(itertools.compress(numbers, kept)), list(itertools.compress(rows, kept))
            block = _read_block(apart, *some)
            found.update(zip(block.rows, block.as_rows(), strict=True))
    for earlier, later in again:
        differing = [n for n, value in found[later].items() if found[earlier][n] != value]
        if not differing:
            reading.duplicates += 1
            continue
        naming = reading.form.naming
        headings = "、".join(reading.form.column(name).heading for name in differing)
        name = naming if naming in differing else differing[0]
        reason = "code-names" if naming in differing else "code-twice"
        sentence = f"与第 {earlier} 行编号相同，但{headings}不同。请核对后只留一行。"
        problem = CellRefused(reason, sentence)
        value = found[later][name]
        reading.fault(later, name, "" if value is None else str(value), problem)
