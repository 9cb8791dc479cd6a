"""Open a spreadsheet by what it is, not by what it is called: xlsx, xls, CSV; everything else is refused by name."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import NamedTuple

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from registries.sheet_cells import Cell
from registries.sheet_faults import FileRefused
from registries.sheet_zip import OddCells, check_directory, look_through

_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_RESAVE = "请用 Excel 或 WPS 打开后另存为 .xlsx 或 .csv，再导入。"
_NAMES = {"xlsx": "Excel 工作簿（xlsx）", "xls": "旧版 Excel 工作簿（xls）", "csv": "CSV 文本"}
_SUFFIXES = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".csv": "csv", ".txt": "csv"}
_LONGEST_CELL = 1 << 20


@dataclass(frozen=True)
class RawSheet:
    """One sheet of an open file: cells as they stand, row 1 first, column 0 being A."""

    name: str
    hidden: bool = False
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    odd: OddCells = field(default_factory=OddCells)
    rows: SheetRows | None = None
    total_rows: int | None = None


@dataclass(frozen=True)
class OpenedFile:
    """A file that can be read: its sheets in order, and what people should know about it."""

    sheets: tuple[RawSheet, ...]
    remarks: tuple[str, ...]


class SheetRows:
    """The rows of a sheet, which may be read more than once."""

    def __init__(self, source: CalamineSheet | _Text) -> None:
        self._source = source

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        """Yield the rows from row 1; blank rows are empty or full of ""."""
        if isinstance(self._source, _Text):
            yield from self._source.rows()
            return
        # Calamine leaves out empty columns on the left, but not empty rows above.
        left = [""] * (self._source.start[1] if self._source.start else 0)
        if left:
            for row in self._source.iter_rows():
                yield [*left, *row]
        else:
            yield from self._source.iter_rows()


@dataclass(frozen=True)
class _Text:
    path: Path
    encoding: str
    delimiter: str

    def rows(self) -> Iterator[Sequence[Cell]]:
        with self.path.open(encoding=self.encoding, newline="") as file, _long_cells():
            # The line added at the end shows a quote that is still open there.
            reader = csv.reader(itertools.chain(file, ("\n",)), delimiter=self.delimiter)
            line = 0
            try:
                for row in reader:
                    line += 1
                    if reader.line_num != line:
                        raise _line_break(line)
                    yield row
            except csv.Error:
                if reader.line_num > line + 1:
                    raise _line_break(line + 1) from None
                raise FileRefused(
                    "text",
                    f"第 {line + 1} 行有一格超过一百万字，多半不是表格内容。请核对这一行后再导入。",
                    row=line + 1,
                ) from None


def _line_break(row: int) -> FileRefused:
    """Return the refusal of a cell that runs over the end of its line.

    A quote that nobody closed takes in every row up to the next quote, and the file gives no sign of it; so no cell
    of a CSV may hold a line break.
    """
    return FileRefused(
        "line-break",
        f"第 {row} 行有一格没有在本行结束，多半是少了一个引号，后面的行会被它吞掉。"
        "请补上或删去引号，去掉格内换行；格内确需换行的，请另存为 .xlsx 再导入。",
        row=row,
    )


@contextmanager
def _long_cells() -> Iterator[None]:
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def open_file(path: Path) -> OpenedFile:
    """Return the sheets of a file. Raises FileRefused with a sentence that says what it is and what to do."""
    with path.open("rb") as file:
        head = file.read(4096)
    kind = _kind(head)
    sheets = {"xlsx": _open_xlsx, "xls": _open_xls, "csv": _open_csv}[kind](path)
    remarks = []
    named = _SUFFIXES.get(path.suffix.lower())
    if named != kind:
        remarks.append(f"文件名以“{path.suffix}”结尾，内容其实是{_NAMES[kind]}，已按内容读取。")
    return OpenedFile(sheets, tuple(remarks))


def _kind(head: bytes) -> str:
    """Return xlsx, xls or csv from a file's first bytes; raise FileRefused for what is none of them."""
    if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise FileRefused("file-empty", "文件是空的。请核对是否选错了文件。")
    if head.startswith(b"PK"):
        return "xlsx"
    if head.startswith(_OLE2):
        return "xls"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused(
            "encoding", "文件是 UTF-16 编码（“Unicode 文本”）。请另存为“CSV UTF-8”再导入。"
        )
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for opening, is_what in (
        (b"%pdf", "PDF 文档"),
        (b"\x89png", "图片"),
        (b"\xff\xd8", "图片"),
        (b"gif8", "图片"),
        (b"{\\rtf", "RTF 文档"),
        (b"rar!", "压缩包"),
        (b"7z\xbc\xaf", "压缩包"),
        (b"mime-version:", "网页存档（MHT）"),
        (b"<?xml", "XML 文件"),
    ):
        if start.startswith(opening):
            raise FileRefused("file-kind", f"文件其实是{is_what}，不是表格。{_RESAVE}")
    if re.match(rb"<(!doctype|!--|html|head|meta|style|body|table|div)", start):
        raise FileRefused(
            "file-kind", f"文件其实是网页（HTML），有些系统导出的“Excel”就是这样。{_RESAVE}"
        )
    if b"\0" in head:
        raise FileRefused("file-kind", f"文件不是表格，也不是文本。{_RESAVE}")
    return "csv"


def _open_xlsx(path: Path) -> tuple[RawSheet, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            check_directory(archive)
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                raise FileRefused("file-kind", f"文件是{_zip_kind(names)}，不能直接导入。{_RESAVE}")
            odd = look_through(archive, path)
            places = _sheet_entries(archive)
    except (zipfile.BadZipFile, OSError, KeyError, UnicodeError):
        raise FileRefused("file-broken", f"文件损坏，无法打开。{_RESAVE}") from None
    return _sheets(path, {name: odd.get(entry, OddCells()) for name, entry in places.items()})


def _zip_kind(names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "二进制工作簿（xlsb）"
    if "word/document.xml" in names:
        return "Word 文档"
    if "content.xml" in names:
        return "开放文档（ODF）"
    return "压缩包"


def _sheet_entries(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → zip entry, from the workbook and its relationships."""
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target")
        for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations)
    }
    workbook = archive.read("xl/workbook.xml").decode("utf-8")
    places = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", workbook):
        target = targets.get(_attribute(tag, r"\w+:id"), "")
        entry = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        places[_attribute(tag, "name")] = entry
    return places


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}\s*=\s*("([^"]*)"|'([^']*)')""", tag)
    return unescape(found[2] or found[3] or "") if found else ""


def _open_xls(path: Path) -> tuple[RawSheet, ...]:
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise FileRefused("file-broken", "文件有密码。请去掉密码，另存后再导入。")
    if not any(part.encode("utf-16-le") in data for part in ("Workbook", "Book")):
        raise FileRefused("file-kind", f"文件是 Office 文档，但不是表格。{_RESAVE}")
    return _sheets(path, {})


def _sheets(path: Path, odd: dict[str, OddCells]) -> tuple[RawSheet, ...]:
    try:
        # From memory, so that no handle keeps the file locked on Windows.
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        sheets = []
        for about in workbook.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(about.name)
            sheets.append(
                RawSheet(
                    about.name,
                    about.visible != SheetVisibleEnum.Visible,
                    tuple(sheet.merged_cell_ranges or ()),
                    odd.get(about.name, OddCells()),
                    SheetRows(sheet),
                    sheet.total_height,
                )
            )
    except PasswordError:
        raise FileRefused("file-broken", "文件有密码。请去掉密码，另存后再导入。") from None
    except CalamineError:
        raise FileRefused("file-broken", f"文件损坏，无法打开。{_RESAVE}") from None
    return tuple(sheets)


def _open_csv(path: Path) -> tuple[RawSheet, ...]:
    encoding, lines = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        start = "".join(line for line, _ in zip(file, range(10), strict=False))
    delimiter = max(",\t;", key=start.count)
    text = _Text(path, encoding, delimiter)
    return (RawSheet("", rows=SheetRows(text), total_rows=lines),)


class _Broken(NamedTuple):
    """Where a file stops making sense in an encoding, and its first line if that still did."""

    byte: int
    line: int
    first_line: str


def _encoding(path: Path) -> tuple[str, int]:
    """Return the encoding in which every byte of the file makes sense, UTF-8 else GB18030, and its lines.

    A file whose first line is Chinese in UTF-8 is UTF-8; one broken byte further down must not turn it into
    GB18030, which would read nearly any bytes as some Chinese text.
    """
    found = _lines_in(path, "utf-8-sig")
    if isinstance(found, int):
        return "utf-8-sig", found
    if any("\u4e00" <= character <= "\u9fff" for character in found.first_line):
        raise FileRefused(
            "encoding",
            f"文件是 UTF-8 编码，但第 {found.line} 行（第 {found.byte + 1} 字节）有乱码。请改正这一行后再导入。",
            row=found.line,
        )
    found = _lines_in(path, "gb18030")
    if isinstance(found, int):
        return "gb18030", found
    raise FileRefused(
        "encoding",
        f"文字编码既不是 UTF-8 也不是 GB18030（第 {found.line} 行附近读不出）。请另存为“CSV UTF-8”再导入。",
        row=found.line,
    )


def _lines_in(path: Path, encoding: str) -> int | _Broken:
    """Return the number of lines of a file that is `encoding` throughout, or where it is not."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, offset, first_line = 1, 0, None
    with path.open("rb") as file:
        while True:
            piece = file.read(1 << 20)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                good = bytes(error.object[: error.start])
                if first_line is None and b"\n" in good:
                    first_line = good.split(b"\n")[0].decode(encoding)
                place = offset - pending + error.start
                return _Broken(place, line + good.count(b"\n"), first_line or "")
            if "\0" in text:
                raise FileRefused("file-kind", f"文件里有二进制内容，不是文本表格。{_RESAVE}")
            if first_line is None:
                first_line = text.split("\n")[0]
            line += text.count("\n")
            offset += len(piece)
            if not piece:
                return line
