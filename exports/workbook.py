"""Spreadsheets (xlsx): rows streamed in, codes kept as text, nothing a formula, same bytes each time.

Every text cell is typed as an inline string with the number format `@`, so a credit code stays
text after editing. Text that a spreadsheet would take for a formula also carries the style
`quotePrefix`: what Excel itself stores when a person types an apostrophe first (ADR 0071).
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from exports.printable import printable
from exports.reproducible import write_reproducible

# Fonts go by name alone in xlsx; 等线 and 宋体 are what office suites fall back on for Chinese.
HEADING_FONT = "黑体"
BODY_FONT = "宋体"
SHEET_ROWS = 1_048_576  # The most rows that a sheet of the format holds.
CELL_CHARACTERS = 32_767  # The most characters that a cell of the format holds.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CUT = "…（内容过长，已截断）"
_LINE = Side(style="thin", color="999999")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)

Value = str | int | date | None


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width in characters of the body font, and how it is aligned."""

    heading: str
    width: int
    centred: bool = False


@dataclass(frozen=True)
class Sheet:
    """One table: the name on the tab, a title, remarks under it, columns and rows as they come.

    `sparse` leaves empty cells out of the file: long lists are written twice as fast, while a table
    that is filled in by hand keeps the lines of its empty cells.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    remarks: Sequence[str] = ()
    sparse: bool = False


def starts_like_a_formula(text: str) -> bool:
    """Return whether a spreadsheet could take `text` for a formula when a person opens or edits it."""
    return text.startswith(FORMULA_STARTS)


def write_workbook(
    target: BinaryIO,
    sheets: Iterable[Sheet],
    *,
    rehearsal: bool = False,
    sheet_rows: int = SHEET_ROWS,
) -> None:
    """Write the sheets, one after another, to `target` as xlsx; memory does not grow with the rows.

    A table with more than `sheet_rows` rows goes on in a next sheet under the same heading.
    `rehearsal` puts 演练 into each title and on every printed page.
    Raises ValueError when there is no sheet or a row has not one value for each column.
    """
    book = Workbook(write_only=True)
    with tempfile.TemporaryFile() as draft:
        try:
            names = _write_sheets(book, sheets, sheet_rows, rehearsal=rehearsal)
        except BaseException:
            # Saving is what makes the library close and remove its own temporary files.
            if book.worksheets:
                book.save(draft)
            raise
        if not names:
            raise ValueError("a workbook has at least one sheet")
        book.save(draft)
        draft.seek(0)
        write_reproducible(draft, target)


def _write_sheets(
    book: Any, sheets: Iterable[Sheet], sheet_rows: int, *, rehearsal: bool
) -> set[str]:
    names: set[str] = set()
    for sheet in sheets:
        rows = iter(sheet.rows)
        room = sheet_rows - len(sheet.remarks) - 2
        _write_sheet(book, sheet, itertools.islice(rows, room), names, rehearsal=rehearsal)
        for following in rows:
            rest = itertools.chain([following], itertools.islice(rows, room - 1))
            _write_sheet(book, sheet, rest, names, rehearsal=rehearsal)
    return names


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return `wanted` without the signs that tabs forbid, at most 31 characters, not yet `taken`."""
    clean = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted).strip("' ") or "名单"
    number, name = 1, clean[:31]
    while name.casefold() in taken:
        number += 1
        tail = f"（{number}）"
        name = clean[: 31 - len(tail)] + tail
    return name


def _write_sheet(
    book: Any,
    sheet: Sheet,
    rows: Iterator[Sequence[Value]],
    names: set[str],
    *,
    rehearsal: bool,
) -> None:
    name = sheet_name(sheet.name, names)
    names.add(name.casefold())
    page = book.create_sheet(name)
    heading_row = len(sheet.remarks) + 2
    # Panes, widths and heights precede the rows in the file, so they are set before any row.
    page.freeze_panes = f"A{heading_row + 1}"
    for number, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(number)].width = column.width
    page.row_dimensions[1].height = 30
    page.row_dimensions[heading_row].height = 24
    _set_up_printing(page, heading_row, rehearsal=rehearsal)
    title = f"【演练】{sheet.title}" if rehearsal else sheet.title
    page.append([_line(page, title, Font(name=HEADING_FONT, size=16))])
    for remark in sheet.remarks:
        page.append([_line(page, remark, Font(name=BODY_FONT, size=10, color="555555"))])
    page.append([_heading_cell(page, column) for column in sheet.columns])
    cells = [_BodyCells(page, column) for column in sheet.columns]
    last_row = heading_row
    for row in rows:
        last_row += 1
        page.row_dimensions[last_row].height = _row_height(sheet.columns, row)
        page.append(
            [
                None if sheet.sparse and value in {None, ""} else cell.filled(value)
                for cell, value in zip(cells, row, strict=True)
            ]
        )
        del page.row_dimensions[last_row]  # It is written; kept, a million would fill the memory.
    page.auto_filter.ref = f"A{heading_row}:{get_column_letter(len(sheet.columns))}{last_row}"
    page.close()  # The rows go to disk now; sheets that follow need no memory for this one.


def _set_up_printing(page: Any, heading_row: int, *, rehearsal: bool) -> None:
    page.page_setup.paperSize = 9  # A4 in the format's list of papers.
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{heading_row}:{heading_row}"
    page.page_margins.left = page.page_margins.right = 0.5
    page.oddFooter.center.text = "第 &P 页，共 &N 页"
    page.oddFooter.left.text = "&A"
    if rehearsal:
        page.oddHeader.center.text = "演练，不具法律效力"
        page.oddHeader.center.size = 20


def _row_height(columns: Sequence[Column], row: Sequence[Value]) -> float:
    """Return the height in points for the row's longest wrapped text (at most what xlsx allows).

    The file states it, because not every office suite measures wrapped rows when it opens a file.
    """
    lines = 1
    for column, value in zip(columns, row, strict=True):
        text, room = str(value), max(1, column.width - 2)
        if 2 * len(text) > room:  # What fits even if every sign is wide needs no measuring.
            lines = max(lines, -(-_width(text) // room))
    return min(409.0, 4 + 15.0 * lines)


def _width(text: str) -> int:
    # A Chinese character is two characters of the body font wide.
    return (
        len(text) + sum(1 for sign in text if sign > "\u2e7f") if not text.isascii() else len(text)
    )


def _line(page: Any, text: str, font: Font) -> Any:
    cell = WriteOnlyCell(page)
    cell.font = font
    cell.number_format = "@"
    cell.quotePrefix = starts_like_a_formula(text)
    return _typed_as_text(cell, _shortened(text))


def _heading_cell(page: Any, column: Column) -> Any:
    cell = _line(page, column.heading, Font(name=HEADING_FONT, size=11))
    cell.fill = PatternFill("solid", start_color="E8EEF7")
    cell.border = _BORDER
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    return cell


class _Cell(Cell):  # type: ignore[misc]  # openpyxl carries no types.
    """A cell for rows that are written at once.

    The library first tries each cell as a plain value and words a refusal with it, which nobody reads.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "<cell>"


class _BodyCells:
    """The cells of a column, one for each way of typing: a row is in the file before the next one is filled.

    Their styles are set once; setting them again for every value would take most of the time.
    """

    def __init__(self, page: Any, column: Column) -> None:
        self._text = self._made(page, column, "@")
        self._quoted = self._made(page, column, "@")
        self._quoted.quotePrefix = True
        self._number = self._made(page, column, "General")
        self._day = self._made(page, column, "yyyy-mm-dd")

    def filled(self, value: Value) -> Any:
        """Return the cell for a value, with the value in it."""
        if isinstance(value, str):
            text = _shortened(value)
            cell = self._quoted if starts_like_a_formula(text) else self._text
            return _typed_as_text(cell, text)
        cell = self._day if isinstance(value, date) else self._number
        cell.value = value
        return cell

    @staticmethod
    def _made(page: Any, column: Column, format_: str) -> Any:
        cell = _Cell(page, row=1, column=1)
        cell.font = Font(name=BODY_FONT, size=11)
        cell.border = _BORDER
        across = "center" if column.centred else None
        cell.alignment = Alignment(horizontal=across, vertical="center", wrap_text=True)
        cell.number_format = format_
        return cell


def _shortened(value: str) -> str:
    text = printable(value)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - len(_CUT)] + _CUT


def _typed_as_text(cell: Any, text: str) -> Any:
    cell.value = text
    cell.data_type = "s"  # The library would type a leading = as a formula and #N/A as an error.
    return cell
