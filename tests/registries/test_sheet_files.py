"""Files are what their content says: read when they are tables, refused by name when they are not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from registries import sheet_zip
from registries.sheet_faults import FileRefused, column_letter
from registries.sheet_zip import look_through
from tests.registries.sheet_makers import (
    GOOD,
    HEADER,
    Rows,
    csv_file,
    read,
    reasons,
    xls_file,
    xlsx_file,
)

TABLE: Rows = [HEADER, *GOOD]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_each_encoding_and_with_each_separator(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    reading, rows = read(csv_file(tmp_path / "a.csv", TABLE, encoding, delimiter))
    assert [row["name"] for row in rows] == [name for name, _, _ in GOOD]
    assert (reasons(reading), reading.remarks, reading.read) == ([], [], len(GOOD))


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("名录.csv", xlsx_file, "xlsx"),
        ("名录.xlsx", xls_file, "xls"),
        ("名录.xls", csv_file, "CSV"),
    ],
)
def test_a_wrong_extension_is_remarked_on_and_the_content_is_read(
    tmp_path: Path, name: str, write: object, said: str
) -> None:
    reading, rows = read(write(tmp_path / name, TABLE))  # type: ignore[operator]
    assert len(rows) == len(GOOD)
    assert said in reading.remarks[0]


@pytest.mark.parametrize(
    ("content", "reason", "said"),
    [
        (b"", "file-empty", "空的"),
        (b"\xef\xbb\xbf\r\n \r\n", "file-empty", "空的"),
        (b"<html><table><tr><td>\xe4\xbc\x81</td></tr></table></html>", "file-kind", "HTML"),
        (b"\n <!DOCTYPE html><html></html>", "file-kind", "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "file-kind", "XML"),
        (b"MIME-Version: 1.0\n", "file-kind", "MHT"),
        (b"%PDF-1.7", "file-kind", "PDF"),
        (b"\x89PNG\r\n", "file-kind", "图片"),
        (b"ab\0\0cd", "file-kind", "不是表格"),
        ("企业名称,代码".encode("utf-16"), "encoding", "UTF-16"),
        (b"PK\x03\x04 this is no zip", "file-broken", "损坏"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "file-kind", "不是表格"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "file-broken",
            "密码",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_what_it_is(
    tmp_path: Path, content: bytes, reason: str, said: str
) -> None:
    path = tmp_path / "名录.xlsx"
    path.write_bytes(content)
    reading, rows = read(path)
    (fault,) = reading.faults
    assert (fault.reason, rows, reading.faults.refused) == (reason, [], True)
    assert said in fault.sentence


def test_a_word_document_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "名录.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    reading, _ = read(path)
    assert "Word" in next(iter(reading.faults)).sentence


def test_a_broken_byte_in_utf_8_is_found_and_never_read_as_gb18030(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", TABLE)
    lines = path.read_bytes().split(b"\r\n")
    lines[3] = lines[3][:4] + b"\xff" + lines[3][4:]
    path.write_bytes(b"\r\n".join(lines))
    reading, rows = read(path)
    assert (reasons(reading), rows) == ([("encoding", 4, "")], [])


@pytest.mark.parametrize(
    ("second", "fourth"),
    [('"天河区', '天河区"'), ('"天河区', "天河区"), ("天河区", "天河区")],
    ids=["closed two rows later", "never closed", "sound"],
)
def test_an_open_quote_is_refused_with_its_row_and_swallows_no_company(
    tmp_path: Path, second: str, fourth: str
) -> None:
    rows = [list(row) for row in GOOD]
    rows[0][2], rows[2][2] = second, fourth
    path = tmp_path / "a.csv"
    path.write_text("".join(",".join(row) + "\n" for row in [HEADER, *rows]), encoding="utf-8")
    reading, read_rows = read(path)
    if second == fourth:
        assert (reasons(reading), len(read_rows)) == ([], len(GOOD))
    else:
        assert reasons(reading) == [("line-break", 2, "")]
        assert "引号" in next(iter(reading.faults)).sentence


def test_a_quote_open_in_the_very_last_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [",".join(row) for row in [HEADER, *GOOD]]
    path.write_text("\n".join(lines).removesuffix("天河区") + '"天河区', encoding="utf-8")
    assert reasons(read(path)[0]) == [("line-break", len(lines), "")]


def test_a_broken_row_far_down_is_a_fault_like_one_at_the_top(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [HEADER, *([("", "", "")] * 100), *GOOD, ("a\nb", "", "")])
    assert reasons(read(path)[0]) == [("line-break", 102 + len(GOOD), "")]


def test_a_cell_beyond_all_measure_is_refused_with_its_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [HEADER, *GOOD, ("长" * ((1 << 20) + 1), *GOOD[0][1:])])
    assert reasons(read(path)[0]) == [("text", 2 + len(GOOD), "")]


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("企业名称".encode("gb18030") + b",a\n\xff\xff\xff,b\n")
    reading, _ = read(path)
    assert reasons(reading) == [("encoding", 2, "")]


def test_a_zip_with_an_abnormal_directory_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (sheet_zip.RATIO_MATTERS_FROM + 1))
    reading, _ = read(path)
    assert reasons(reading) == [("file-unsafe", 0, "")]
    monkeypatch.setattr(sheet_zip, "MOST_ENTRIES", 2)
    many, _ = read(xlsx_file(tmp_path / "a.xlsx", TABLE))
    assert reasons(many) == [("file-unsafe", 0, "")]


def test_a_zip_whose_directory_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lie.xlsx"
    content = b"<worksheet>" + b" " * 200_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", content)
    data = path.read_bytes()
    honest = len(content).to_bytes(4, "little")
    assert data.count(honest) == 2
    path.write_bytes(data.replace(honest, (100).to_bytes(4, "little")))
    reading, _ = read(path)
    assert reasons(reading) == [("file-unsafe", 0, "")]


def test_a_sheet_with_one_cell_far_away_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in TABLE:
        book.worksheets[0].append(list(row))
    book.worksheets[0].cell(1_048_576, 16_384, "远")
    book.save(tmp_path / "far.xlsx")
    reading, _ = read(tmp_path / "far.xlsx")
    assert reasons(reading) == [("file-unsafe", 0, "")]


@pytest.mark.parametrize(
    "cell",
    [
        b'<c s="1" r="XFD1048576"><v>1</v></c>',
        b"<c r='XFD1048576'><v>1</v></c>",
        b'<x:c r="XFD1048576"><x:v>1</x:v></x:c>',
        b'<c r="XFD1048576"/>',
        b"<c/>" * 16_384 + b'</row><row r="1048576">',
    ],
)
def test_a_cell_far_away_is_seen_however_it_is_written(tmp_path: Path, cell: bytes) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", TABLE)
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(far, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b"</sheetData>", b"<row>" + cell + b"</row></sheetData>")
            new.writestr(name, data)
    assert reasons(read(far)[0]) == [("file-unsafe", 0, "")]


@pytest.mark.parametrize(
    ("last_row", "refused"), [(100_001, False), (888_888, False), (888_889, True)]
)
def test_the_extent_of_a_long_sheet_is_measured_exactly(
    tmp_path: Path, last_row: int, *, refused: bool
) -> None:
    # 45 columns of 888,888 rows are the last that fit into 40,000,000 cells.
    numbers = [*range(2, 60_000), last_row]
    first = "".join(f'<c r="{column_letter(place)}1"><v>1</v></c>' for place in range(45))
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in numbers)
    path = tmp_path / "long.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", f'<row r="1">{first}</row>{rows}')
    with zipfile.ZipFile(path) as archive:
        if refused:
            with pytest.raises(FileRefused) as caught:
                look_through(archive, path)
            assert caught.value.fault.reason == "file-unsafe"
        else:
            assert set(look_through(archive, path)) == {"xl/worksheets/sheet1.xml"}


def test_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", TABLE)
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray(path.read_bytes())
    start = entry.header_offset + 30 + len(entry.filename) + 40
    data[start : start + 20] = b"\xff" * 20
    path.write_bytes(data)
    reading, _ = read(path)
    assert reasons(reading) == [("file-broken", 0, "")]


def test_blank_columns_on_the_left_keep_the_letters_that_the_user_sees(tmp_path: Path) -> None:
    rows = [["", "", *row] for row in [HEADER, ("甲厂", "不对", "天河区")]]
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, start=4):
        for place, value in enumerate(row, start=1):
            if value:
                book.worksheets[0].cell(number, place, value)
    book.save(tmp_path / "a.xlsx")
    reading, _ = read(tmp_path / "a.xlsx")
    assert reasons(reading) == [("code", 5, "D")]
