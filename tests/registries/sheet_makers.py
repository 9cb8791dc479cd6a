"""Small spreadsheets for tests, in every form in which bureaus send them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlwt

from registries.entity_sheet import entity_form
from registries.sheet_forms import SheetForm
from registries.sheet_reading import SheetReading, read_file

DISTRICTS = {
    "荔湾区": "440103",
    "越秀区": "440104",
    "海珠区": "440105",
    "天河区": "440106",
    "白云区": "440111",
    "黄埔区": "440112",
    "番禺区": "440113",
    "花都区": "440114",
    "南沙区": "440115",
    "从化区": "440117",
    "增城区": "440118",
}
DISTRICTS |= {code: code for code in DISTRICTS.values()}
DISTRICTS |= {"萝岗区": "440112", "440116": "440112"}

HEADER = ("企业名称", "统一社会信用代码", "所属区")
CODES = (
    "91440103MA5D00016N",
    "91440106MA5D00024W",
    "92440113MA5D00032Q",
    "52440105MA5D000405",
    "124401000000000196",
    "91440118MA5D00059U",
)
GOOD = tuple((f"广州第{number}工厂", code, "天河区") for number, code in enumerate(CODES, start=1))

Rows = Sequence[Sequence[Any]]


def form() -> SheetForm:
    """Return the entity form with Guangzhou's districts."""
    return entity_form(DISTRICTS.get)


def read(path: Path, sheet: str = "") -> tuple[SheetReading, list[dict[str, object]]]:
    """Read a file to its end."""
    reading = read_file(path, form(), sheet)
    return reading, reading.rows()


def reasons(reading: SheetReading) -> list[tuple[str, int, str]]:
    """Return reason, row and column letter of every fault."""
    return [(fault.reason, fault.row, fault.column.split(" ")[0]) for fault in reading.faults]


def csv_file(path: Path, rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """Write rows as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def xlsx_file(path: Path, rows: Rows, *, hidden: bool = False, **others: Rows) -> Path:
    """Write rows as the first sheet of a workbook, and `others` as further sheets of these names."""
    book = openpyxl.Workbook()
    for name, content in {"名录": rows, **others}.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(list(row))
    book.remove(book.worksheets[0])
    if hidden:
        book.worksheets[-1].sheet_state = "hidden"
    book.save(path)
    return path


def xls_file(path: Path, rows: Rows) -> Path:
    """Write rows as an old binary workbook."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("名录")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.write(number, place, value, *([day] if hasattr(value, "year") else []))
    book.save(str(path))
    return path
