"""A whole sheet: all its faults at once, each where the user finds it; what is doubtful is kept apart."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from registries import sheet_faults
from registries.sheet_reading import read_file
from tests.conftest import absent
from tests.registries.sheet_makers import (
    CODES,
    GOOD,
    HEADER,
    csv_file,
    form,
    read,
    reasons,
    xls_file,
    xlsx_file,
)

GUANGZHOU_FILE = Path(__file__).parents[3] / "shared" / "data" / "guangzhou-employers.csv"
WRONG = "91440103MA5D00016A"


def test_every_fault_is_reported_at_once_where_it_is(tmp_path: Path) -> None:
    header = (*HEADER, "成立日期", "从业人数", "法定代表人")
    rows = [
        header,
        ("", CODES[0], "天河区", "2026-02-30", "", ""),
        ("乙厂", "", "天河区", "", "很多", ""),
        ("丙厂", WRONG, "", "", "", "=1"),
        (*GOOD[3], "2026/3/1", "30", "张三"),
    ]
    reading, kept = read(csv_file(tmp_path / "a.csv", rows))
    assert reasons(reading) == [
        ("missing", 2, "A"),
        ("date", 2, "D"),
        ("missing", 3, "B"),
        ("number", 3, "E"),
        ("code-check", 4, "B"),
        ("district-unknown", 4, "C"),
        ("formula", 4, "F"),
    ]
    assert [row["established"] for row in kept] == [date(2026, 3, 1)]
    assert reading.read == 4
    shown = {fault.column: fault for fault in reading.faults if fault.row == 4}
    assert shown["F 法定代表人"].value == "=＊＊"
    assert shown["B 统一社会信用代码"].value == WRONG


def test_a_doubtful_row_is_kept_with_its_reasons(tmp_path: Path) -> None:
    reading, rows = read(
        csv_file(tmp_path / "a.csv", [HEADER, ("甲厂", WRONG, "火星区"), *GOOD[1:]])
    )
    assert (rows[0]["id"], rows[0]["district"], rows[0]["aside"]) == (
        WRONG,
        "",
        "code-check+district-unknown",
    )
    assert not reading.faults.refused
    assert reading.faults.by_reason("set-aside") == {"code-check": 1, "district-unknown": 1}
    assert {row["aside"] for row in rows[1:]} == {""}


def test_a_body_without_a_credit_code_goes_by_its_registry_code(tmp_path: Path) -> None:
    rows = [
        (*HEADER, "登记编号"),
        ("甲厂", "无", "天河区", "gd-1".replace("-", "")),
        (*GOOD[0], "9"),
    ]
    reading, kept = read(csv_file(tmp_path / "a.csv", rows))
    assert [row["id"] for row in kept] == ["XGD1", CODES[0]]
    assert reading.folds == {"upper-case": 1}


def test_equal_rows_are_folded_and_contradicting_ones_refused(tmp_path: Path) -> None:
    rows = [
        (*HEADER, "住所"),
        (*GOOD[0], "东路"),
        (GOOD[0][0] + " ", GOOD[0][1].lower(), "天河区", "东路"),
        (*GOOD[1], "东路"),
        (*GOOD[1], "西路"),
        (*GOOD[2], ""),
        ("另一家", *GOOD[2][1:], ""),
    ]
    reading, kept = read(csv_file(tmp_path / "a.csv", rows))
    assert (reading.duplicates, reading.read, len(kept)) == (1, 6, 3)
    assert reasons(reading) == [("code-twice", 5, "D"), ("code-names", 7, "A")]
    sentences = [fault.sentence for fault in reading.faults]
    assert "第 4 行" in sentences[0]
    assert "第 6 行" in sentences[1]


def test_equal_rows_may_be_far_apart(tmp_path: Path) -> None:
    reading = read_file(csv_file(tmp_path / "a.csv", [HEADER, *GOOD, GOOD[0]]), form())
    assert [len(block) for block in reading.blocks(size=2)] == [2, 2, 2]
    assert (reading.duplicates, reasons(reading)) == (1, [])


def test_totals_notes_blank_rows_and_repeated_headers_are_left_out(tmp_path: Path) -> None:
    rows = [
        HEADER,
        GOOD[0],
        (),
        HEADER,
        ("", "", ""),
        GOOD[1],
        ("合 计", "", "2"),
        ("填表人：张三",),
    ]
    reading, kept = read(csv_file(tmp_path / "a.csv", rows))
    assert [row["row"] for row in kept] == [2, 6]
    assert reasons(reading) == []
    assert [remark[:5] for remark in reading.remarks] == ["第 4 行", "第 7 行", "第 8 行"]


def test_a_company_whose_name_begins_like_a_total_is_kept(tmp_path: Path) -> None:
    reading, kept = read(csv_file(tmp_path / "a.csv", [HEADER, ("合计会计事务所", *GOOD[0][1:])]))
    assert (len(kept), reading.remarks) == (1, [])


def test_a_comma_without_quotes_shifts_a_row_and_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"企业名称,代码,信用代码,区县\n甲,厂,x,{CODES[0]},天河区\n", encoding="utf-8")
    assert reasons(read(path)[0]) == [("too-many-cells", 2, "")]


def test_a_line_break_inside_a_cell_of_a_csv_is_refused_with_its_row(tmp_path: Path) -> None:
    rows = [HEADER, GOOD[0], ("甲\n厂", *GOOD[1][1:]), *GOOD[2:]]
    reading, _ = read(csv_file(tmp_path / "a.csv", rows))
    assert reasons(reading) == [("line-break", 3, "")]


def test_codes_and_days_in_a_workbook_may_be_numbers_and_dates(tmp_path: Path) -> None:
    header = (*HEADER, "成立日期", "从业人数")
    rows = [
        header,
        ("甲厂", CODES[0], 440106, date(2026, 3, 1), 12),
        ("乙厂", CODES[1], "天河区", 46082, "12"),
        ("丙厂", 124401000000000196, "天河区", "", ""),
    ]
    for path in (xlsx_file(tmp_path / "a.xlsx", rows), xls_file(tmp_path / "a.xls", rows)):
        reading, kept = read(path)
        assert [(row["district"], row["established"], row["headcount"]) for row in kept] == [
            ("440106", date(2026, 3, 1), 12),
        ] * 2
        assert reasons(reading) == [("number-format", 4, "B")]


def test_formulas_count_by_their_stored_result_and_not_without_one(tmp_path: Path) -> None:
    rows = [HEADER, ('="甲"&"厂"', CODES[0], "天河区"), ("#N/A", CODES[1], "天河区"), GOOD[2]]
    path = xlsx_file(tmp_path / "a.xlsx", rows)
    assert reasons(read(path)[0]) == [
        ("formula", 2, "A"),
        ("missing", 2, "A"),
        ("cell-error", 3, "A"),
        ("missing", 3, "A"),
    ]
    stored = _with_result(path, b"<v>\xe7\x94\xb2\xe5\x8e\x82</v>")
    reading, kept = read(stored)
    assert kept[0]["name"] == "甲厂"
    assert "1 个公式" in reading.remarks[0]


def _with_result(path: Path, result: bytes) -> Path:
    """Return a copy of a workbook in which the formula in A2 has a stored result."""
    changed = path.with_name("stored.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b'<c r="A2">', b'<c r="A2" t="str">')
                data = data.replace(b"<v></v>", result, 1).replace(b"<v/>", result, 1)
                data = data.replace(b"<v />", result, 1)
            new.writestr(name, data)
    return changed


def test_merged_cells_among_the_data_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADER, *GOOD):
        sheet.append(list(row))
    sheet.merge_cells("C2:C4")
    book.save(tmp_path / "a.xlsx")
    reading, _ = read(tmp_path / "a.xlsx")
    assert ("merged-cells", 2, "C") in reasons(reading)


def test_the_list_of_faults_is_bounded_and_the_count_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_faults, "LISTED_PER_REASON", 3)
    rows = [HEADER, *[(f"厂{n}", f"{n}", "天河区") for n in range(10)]]
    reading, _ = read(csv_file(tmp_path / "a.csv", rows))
    assert reading.faults.by_reason("set-aside") == {"code-check": 10}
    assert (len(list(reading.faults)), reading.faults.unlisted) == (3, 7)


def test_the_employers_of_guangzhou_give_exactly_these_counts() -> None:
    if not GUANGZHOU_FILE.exists():
        absent("../shared/data/guangzhou-employers.csv is not beside the checkout")
    reading, rows = read(GUANGZHOU_FILE)
    assert (reading.read, len(rows), reading.duplicates) == (23_705, 23_705, 0)
    assert reading.folds == {"upper-case": 10}
    assert reading.faults.by_reason("refused") == {}
    assert reading.faults.by_reason("set-aside") == {"code-check": 2, "district-unknown": 1_013}
