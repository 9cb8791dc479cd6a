"""Where the header is, whatever stands around it, and which sheet is meant."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from registries.sheet_cells import text
from registries.sheet_faults import column_letter
from registries.sheet_forms import Column, SheetForm, folded_heading
from tests.registries.sheet_makers import (
    CODES,
    GOOD,
    HEADER,
    Rows,
    csv_file,
    form,
    read,
    reasons,
    xlsx_file,
)


def test_merged_titles_and_notes_above_the_header_are_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["2026 年监管对象名录", None, None])
    sheet.append([None])
    sheet.append(["填报单位：测试局", None, "2026年3月"])
    for row in (HEADER, *GOOD):
        sheet.append(list(row))
    sheet.merge_cells("A1:C1")
    book.save(tmp_path / "a.xlsx")
    reading, rows = read(tmp_path / "a.xlsx")
    assert (reasons(reading), len(rows), rows[0]["row"]) == ([], len(GOOD), 5)


@pytest.mark.parametrize(
    "heading",
    [
        "统一社会\n信用代码",
        " 统一社会信用代码 ",
        "*统一社会信用代码（必填）",
        "信用代码:",
        "ＵＳＣＣ",
    ],
)
def test_headings_may_carry_blanks_stars_and_notes(heading: str) -> None:
    column = form().column_for(heading)
    assert column is not None
    assert column.field == "credit_code"


def test_a_bracketed_note_alone_is_not_folded_away() -> None:
    assert folded_heading("(备注)") == "(备注)"


@pytest.mark.parametrize(
    ("rows", "reason", "row", "said"),
    [
        ([("甲", "乙"), ("1", "2")], "header-missing", 0, "统一社会信用代码 或 登记编号"),
        ([("企业名称", "所属区"), ("甲厂", "天河区")], "header-missing", 1, "登记编号"),
        ([*[("题",)] * 10, HEADER, *GOOD], "header-missing", 0, "前 10 行"),
        ([("企业名称", "信用代码", "代码", "区县", "所属区")], "header-twice", 1, "E 列"),
        ([HEADER], "file-empty", 0, "表头下面"),
        ([(), HEADER, ("", " ", "")], "file-empty", 0, "表头下面"),
    ],
)
def test_a_sheet_without_a_usable_header_or_rows_is_refused(
    tmp_path: Path, rows: Rows, reason: str, row: int, said: str
) -> None:
    reading, _ = read(csv_file(tmp_path / "a.csv", rows))
    (fault,) = reading.faults
    assert (fault.reason, fault.row) == (reason, row)
    assert said in fault.sentence


def test_the_one_sheet_with_the_header_is_chosen_and_the_others_are_left(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", [("说明",), ("先读我",)], 二=[HEADER, *GOOD], 三=[])
    reading, rows = read(path)
    assert (reasons(reading), len(rows)) == ([], len(GOOD))


def test_several_sheets_with_the_header_must_be_chosen_from(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", [HEADER, *GOOD], 二=[HEADER, GOOD[0]])
    reading, _ = read(path)
    (fault,) = reading.faults
    assert fault.reason == "sheet-choice"
    assert "“名录”、“二”" in fault.sentence
    assert len(read(path, "二")[1]) == 1
    assert reasons(read(path, "三")[0]) == [("sheet-choice", 0, "")]


def test_a_hidden_sheet_is_read_only_when_it_is_named(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "a.xlsx", [HEADER, GOOD[0]], hidden=True, 旧=[HEADER, *GOOD])
    assert len(read(path)[1]) == 1
    assert len(read(path, "旧")[1]) == len(GOOD)


def test_columns_that_no_field_uses_are_remarked_on(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [("序号", *HEADER, "备注"), (1, *GOOD[0], "好")])
    reading, rows = read(path)
    assert reading.remarks == ["没有使用的列：E 备注。"]
    assert rows[0]["id"] == CODES[0]


def test_a_form_in_which_one_word_names_two_columns_is_a_mistake_of_ours() -> None:
    columns = (Column("a", "名称", text()), Column("b", "名字", text(), ("名称",)))
    with pytest.raises(ValueError, match="名称"):
        SheetForm("表", columns, needs=())


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_the_letters_that_spreadsheets_show(index: int, letters: str) -> None:
    assert column_letter(index) == letters
