"""Read a spreadsheet by its form: blocks of rows in columns, and every fault of the file at once.

reading = read_file(Path("名录.xlsx"), form)
    for block in reading.blocks():
        ...
    if reading.faults.refused: ...

Rows with a refused cell are in no block, since nothing of such a file is written anyway.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from registries.sheet_faults import CellRefused, FileRefused, column_letter
from registries.sheet_files import OpenedFile, RawSheet, open_file
from registries.sheet_forms import HEADER_WITHIN, Block, Header, SheetForm, find_header
from registries.sheet_rows import Place, Tally, batches, read_block, without

# Small enough for the processor's cache and for the garbage collector to pass by.
BLOCK = 4_000


class SheetReading(Tally):
    """What became of a file: complete when `blocks()` is exhausted; without rows when the file was refused."""

    @property
    def expected_rows(self) -> int:
        """About how many rows there are, for a progress bar."""
        return (self.place.sheet.total_rows if self.place else 0) or 0

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Yield the rows in blocks of at most `size`, once; fills in the faults and counts meanwhile."""
        if self.place is None:
            return
        try:
            yield from self._blocks(self.place, size)
        except FileRefused as refusal:
            # What comes behind a broken row of a CSV cannot be told apart.
            self.faults.add(refusal.fault)

    def _blocks(self, place: Place, size: int) -> Iterator[Block]:
        _note_formulas_and_merged_cells(self, place)
        seen: dict[object, int] = {}
        again: list[tuple[int, int]] = []
        for numbers, rows in batches(self, place, size):
            block = read_block(self, place.header, numbers, rows)
            _leave_out_repeated(self.form, block, seen, again)
            if len(block):
                yield block
        if not self.read:
            self.refuse("file-empty", "表头下面没有数据。请核对文件和工作表。")
        if again:
            _judge_repeated(self, place, again)

    def rows(self) -> list[dict[str, object]]:
        """Return all rows as dicts of their fields, for small sheets; `row` is the number, `aside` the reasons."""
        return [
            row | {"row": number, "aside": aside}
            for block in self.blocks()
            for number, aside, row in zip(block.rows, block.aside, block.as_rows(), strict=True)
        ]


def read_file(path: Path, form: SheetForm, sheet: str = "") -> SheetReading:
    """Open a file and find the sheet with the form's header; `sheet` names one where several have it.

    Never raises for what is wrong with the file: that is in the reading's faults. Raises OSError when there is no
    such file or it may not be read.
    """
    try:
        opened = open_file(path)
        place = _choose(opened, form, sheet)
    except FileRefused as refusal:
        reading = SheetReading(form, None)
        reading.faults.add(refusal.fault)
        return reading
    reading = SheetReading(form, place, remarks=list(opened.remarks))
    if place.header.unused:
        reading.remarks.append(f"没有使用的列：{'、'.join(place.header.unused)}。")
    return reading


def _choose(opened: OpenedFile, form: SheetForm, wanted: str) -> Place:
    """Return the sheet and its header: the one asked for, or the only visible one that has the header."""
    names = "、".join(f"“{sheet.name}”" for sheet in opened.sheets)
    if wanted:
        for sheet in opened.sheets:
            if sheet.name == wanted:
                return Place(sheet, _header_of(sheet, form))
        raise FileRefused(
            "sheet-choice", f"没有工作表“{wanted}”。文件里有：{names or '无名的一张'}。"
        )
    fitting, refusals = [], []
    for sheet in opened.sheets:
        if sheet.hidden:
            continue
        try:
            fitting.append(Place(sheet, _header_of(sheet, form)))
        except FileRefused as refusal:
            refusals.append(refusal)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        several = "、".join(f"“{sheet.name}”" for sheet, _ in fitting)
        raise FileRefused(
            "sheet-choice",
            f"有几张工作表都有表头：{several}。请指定一张，或在文件中只留要导入的一张。",
        )
    if not refusals:
        raise FileRefused("file-empty", "文件里没有可见的工作表。隐藏的工作表请先取消隐藏。")
    raise next((r for r in refusals if r.fault.row), refusals[0])


def _header_of(sheet: RawSheet, form: SheetForm) -> Header:
    first = list(itertools.islice(sheet.rows or (), HEADER_WITHIN))
    if not any(any(row) for row in first):
        raise FileRefused("file-empty", f"工作表前 {HEADER_WITHIN} 行没有内容。", sheet.name)
    return find_header(first, form, sheet.name)


def _note_formulas_and_merged_cells(reading: SheetReading, place: Place) -> None:
    """Refuse cells of our columns that read as empty although something stands there for the user."""
    sheet, header = place
    odd = sheet.odd
    if odd.formulas:
        reading.remarks.append(f"有 {odd.formulas} 个公式单元格，按文件中保存的结果读取。")
    fields = {index: name for name, index in header.places.items()}
    for places, reason, sentence in (
        (odd.errors, "cell-error", "单元格是错误值（如 #N/A）。请改为正确的内容。"),
        (odd.uncalculated, "formula", "公式没有保存结果。请用 Excel 或 WPS 打开、保存后再导入。"),
    ):
        for row, index in sorted(places):
            if row > header.row and index in fields:
                reading.refuse(reason, sentence, row, header.label(fields[index]))
    for (top, left), (bottom, right) in sheet.merged:
        used = [index for index in range(left, right + 1) if index in fields]
        if bottom >= header.row and used and (top, left) != (bottom, right):
            corner = f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}"
            reading.refuse(
                "merged-cells",
                f"数据区有合并单元格 {corner}。请取消合并，并在每一格填上内容。",
                top + 1,
                header.label(fields[used[0]]),
            )


def _leave_out_repeated(
    form: SheetForm, block: Block, seen: dict[object, int], again: list[tuple[int, int]]
) -> None:
    """Drop the rows whose key was there before, and remember them for a closer look at the end."""
    if not form.key:
        return
    columns = [block.fields[name] for name in form.key]
    keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    if len({*keys}) == len(keys) and seen.keys().isdisjoint(keys):
        seen.update(zip(keys, block.rows, strict=True))
        return
    dropped = set()
    for index, (number, key) in enumerate(zip(block.rows, keys, strict=True)):
        earlier = seen.setdefault(key, number)
        if earlier != number:
            again.append((earlier, number))
            dropped.add(index)
    if dropped:
        kept = without(block, dropped)
        block.rows, block.fields, block.aside = kept.rows, kept.fields, kept.aside


def _judge_repeated(reading: SheetReading, place: Place, again: list[tuple[int, int]]) -> None:
    """Fold repeated rows that are equal; refuse those that contradict each other.

    Reads the file a second time for the rows in question, which keeps memory free of all the others.
    """
    wanted = {number for pair in again for number in pair}
    apart = Tally(reading.form, place)
    found: dict[int, dict[str, object]] = {}
    for numbers, rows in batches(apart, place, BLOCK):
        kept = [number in wanted for number in numbers]
        if any(kept):
            some = list(itertools.compress(numbers, kept)), list(itertools.compress(rows, kept))
            block = read_block(apart, place.header, *some)
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
