"""Look into an .xlsx before it is opened: zip bombs, cell bombs, and formulas without a stored result.

python-calamine inflates what it is given and lays a sheet out as one rectangle, so a small file may ask for all the
memory there is. And it returns formulas' stored results, but an empty cell both where a formula was never calculated
and where the result is an error. One pass over the inflated XML answers all three; a second one measures a sheet
whose extent the first could only round up.
"""

from __future__ import annotations

import functools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from registries.sheet_faults import FileRefused

MOST_ENTRIES = 5_000
MOST_BYTES = 2 * 1024**3
MOST_RATIO = 500  # Sheets of one repeated row reach about 100; bombs begin far above.
RATIO_MATTERS_FROM = 50 * 1024**2
MOST_CELLS = 40_000_000

_PIECE = 1 << 20
_FEW_COLUMNS = 50
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_COLUMN_OF_CELL = re.compile(rb'<c r="([A-Z]{1,3})')
_ROW_OF_CELL = re.compile(rb'<c r="[A-Z]{1,3}(\d+)')
# Other programs put prefixes before names, other attributes before r, or other quotes around it.
_PLACE_OF_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br\s*=\s*["']([A-Z]{1,3})(\d+)""")
_NUMBER_OF_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
_ODD_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"([^>]*)(?<!/)>(.*?)</c>', re.DOTALL)
_RESULT = re.compile(rb"<v[^>/]*>[^<]")


@dataclass
class OddCells:
    """Cells of one sheet that read as empty but are not: (row from 1, column from 0)."""

    errors: set[tuple[int, int]] = field(default_factory=set)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    formulas: int = 0


def check_directory(archive: zipfile.ZipFile) -> None:
    """Raise FileRefused when the zip directory promises too many entries, too much, or too dense data."""
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_dense = size > RATIO_MATTERS_FROM and size > MOST_RATIO * max(packed, 1)
    if len(entries) > MOST_ENTRIES or size > MOST_BYTES or too_dense:
        raise FileRefused(
            "file-unsafe",
            "文件解压后大得不正常，可能是恶意文件，没有打开。请向提供者索取原始表格，或另存为 CSV 再导入。",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileRefused("file-broken", "文件有密码。请去掉密码，另存后再导入。")


def look_through(archive: zipfile.ZipFile, path: Path) -> dict[str, OddCells]:
    """Inflate every entry once and return worksheet entry → its odd cells.

    Raises FileRefused when an entry is larger than the directory says, when a sheet spans more than MOST_CELLS, or
    when the data are damaged.
    """
    sheets = {}
    with path.open("rb") as file:
        for entry in archive.infolist():
            pieces = functools.partial(_inflated, file, entry)
            if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                sheets[entry.filename] = _look_at_sheet(pieces)
            else:
                for _ in pieces():
                    pass
    return sheets


def _inflated(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield an entry's data in pieces, and refuse it when it goes on beyond its declared size.

    `zipfile` itself stops silently at the declared size; the library that reads the sheet later would not.
    """
    file.seek(entry.header_offset + 26)
    lengths = file.read(4)
    if len(lengths) < 4 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _broken()
    file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    if entry.compress_type == zipfile.ZIP_STORED:
        if entry.file_size != entry.compress_size:
            raise _broken()
        left = entry.compress_size
        while left and (data := file.read(min(left, _PIECE))):
            left -= len(data)
            yield data
        return
    engine = zlib.decompressobj(-15)
    left, waiting, size = entry.compress_size, b"", 0
    while not engine.eof:
        if not waiting:
            waiting = file.read(min(left, _PIECE))
            left -= len(waiting)
            if not waiting:
                raise _broken()
        try:
            data = engine.decompress(waiting, _PIECE)
        except zlib.error:
            raise _broken() from None
        waiting = engine.unconsumed_tail
        size += len(data)
        if size > entry.file_size:
            raise FileRefused(
                "file-unsafe",
                "文件的实际内容比目录所写的大，可能是恶意文件，没有打开。请索取原始表格。",
            )
        yield data


@dataclass
class _Extent:
    """How far a sheet reaches: columns and rows of its cells, and the widest row of cells without a place.

    Unless it is to be `exact`, rows are rounded up to 9, 99, 999 … where that spares a look at each cell.
    """

    columns: set[bytes] = field(default_factory=set)
    last_row: int = 0
    unplaced: int = 0
    exact: bool = False
    rounded: bool = False
    _beyond: re.Pattern[bytes] | None = None

    @property
    def cells(self) -> int:
        """At least the number of cells that the sheet spans, and exactly that unless it is rounded."""
        width = max([_index(letters) + 1 for letters in self.columns], default=0)
        last_row = self._rounded_row() if self.rounded else self.last_row
        return max(width, self.unplaced) * last_row

    def add(self, cells: bytes) -> None:
        """Take in a piece of XML. Most pieces bring no new column and no longer row number: one search tells."""
        if not self.exact and self._holds(cells):
            self.rounded = True
            return
        placed = _COLUMN_OF_CELL.findall(cells)
        self.columns.update(placed)
        rows = {*_NUMBER_OF_ROW.findall(cells), *_ROW_OF_CELL.findall(cells)}
        if len(_ANY_CELL.findall(cells)) != len(placed):
            self.unplaced = max(self.unplaced, _most_cells_of_a_row(cells))
            for letters, row in _PLACE_OF_CELL.findall(cells):
                self.columns.add(letters)
                rows.add(row)
        self.last_row = max([self.last_row, *map(int, rows)])
        if len(self.columns) > _FEW_COLUMNS:
            self._beyond = None  # So many alternatives would take longer than looking at each cell.
            return
        letters = b"|".join(sorted(self.columns))
        digits = b"\\d{1,%d}" % len(str(self.last_row))
        self._beyond = re.compile(
            rb'<c r="(?!(?:%b)%b")|<row(?! r="%b")' % (letters, digits, digits)
        )

    def _holds(self, cells: bytes) -> bool:
        """Tell whether every cell and row is written in the plain way and lies within what has been seen, rounded."""
        return (
            self._beyond is not None
            and cells.count(b"<c") == cells.count(b'<c r="')
            and b":c" not in cells
            and b":row" not in cells
            and not self._beyond.search(cells)
        )

    def _rounded_row(self) -> int:
        return int("9" * len(str(self.last_row)))


def _look_at_sheet(pieces: Callable[[], Iterator[bytes]]) -> OddCells:
    odd, extent = OddCells(), _Extent()
    for cells in _whole_cells(pieces()):
        extent.add(cells)
        if b"<f" in cells or b't="e"' in cells:
            _collect_odd(cells, odd)
    if extent.cells > MOST_CELLS and extent.rounded:
        extent = _Extent(exact=True)
        for cells in _whole_cells(pieces()):
            extent.add(cells)
    if extent.cells > MOST_CELLS:
        raise FileRefused(
            "file-unsafe",
            "工作表的范围大得不正常（远处有零星单元格）。请把数据复制到新工作簿，或另存为 CSV 再导入。",
        )
    return odd


def _whole_cells(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the XML cut behind cells, never inside one: behind values, or behind empty cells where there are none."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        cut = max(data.rfind(b"</c>") + 4, data.rfind(b"/>") + 2 if b"<v" not in data else 0)
        rest = data[cut:] if cut > 3 else data
        if len(rest) > 16 * _PIECE:
            raise _broken()
        if cut > 3:
            yield data[:cut]
    yield rest


def _most_cells_of_a_row(cells: bytes) -> int:
    """Return the width of the widest row: for cells that do not say where they stand."""
    return max(len(_ANY_CELL.findall(row)) for row in re.split(rb"</(?:\w+:)?row>", cells))


def _collect_odd(cells: bytes, odd: OddCells) -> None:
    for letters, row, attributes, inside in _ODD_CELL.findall(cells):
        place = int(row), _index(letters)
        is_formula = b"<f" in inside
        odd.formulas += is_formula
        if b't="e"' in attributes:
            odd.errors.add(place)
        elif is_formula and b't="str"' not in attributes and not _RESULT.search(inside):
            odd.uncalculated.add(place)


def _index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _broken() -> FileRefused:
    return FileRefused("file-broken", "文件损坏，无法读取。请用表格软件打开后另存为 .xlsx 再导入。")
