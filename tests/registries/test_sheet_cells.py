"""What one dirty cell means, or why it means nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registries import sheet_cells as cells
from registries.sheet_cells import Cell
from registries.sheet_faults import REASONS, CellRefused, CellSetAside
from registries.sheet_forms import Column
from registries.sheet_rows import read_cells
from tests.registries.sheet_makers import DISTRICTS

FIRST = date(2026, 3, 1)


def refusal(read: cells.Reader, cell: Cell) -> str:
    with pytest.raises(CellRefused) as caught:
        read(cell)
    assert caught.value.sentence.endswith("。")
    assert caught.value.reason in REASONS
    return caught.value.reason


@pytest.mark.parametrize(
    "cell",
    [
        FIRST,
        datetime(2026, 3, 1, 8, 30),  # noqa: DTZ001 - workbooks know no time zones.
        "2026-03-01",
        "2026/3/1",
        "2026.3.1",
        "2026年3月1日",
        "２０２６年３月１日",
        "20260301",
        20260301.0,
        "2026-03-01 00:00:00",
        46082.0,
        46082,
        "46082",
    ],
)
def test_a_day_is_read_however_it_is_written(cell: Cell) -> None:
    assert cells.day(cell) == FIRST


@pytest.mark.parametrize(
    "cell",
    ["3/1/2026", "2026-02-30", "26-3-1", "2026年3月", "明天", "1826-03-01", 12.0, True, 1e20, "99999", time(3)],
)  # fmt: skip
def test_a_day_that_is_ambiguous_or_impossible_is_refused(cell: Cell) -> None:
    assert refusal(cells.day, cell) in {"date", "number-format"}


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_every_way_of_writing_a_day_means_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for cell in (day.isoformat(), f"{day:%Y%m%d}", f"{day.year}/{day.month}/{day.day}", serial):
        assert cells.day(cell) == day


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("91440101ma5d00016n", "91440101MA5D00016N"),
        ('="440106198512310021"', "440106198512310021"),
        (440106123456789.0, "number-format"),
        (9.1440101e17, "number-format"),
        ("9.1440101E+17", "number-format"),
        ("9E+17", "number-format"),
        (440106.0, "440106"),
        ("9144-0101", "code"),
        ("办理中", "code"),
        ("1" * 41, "code"),
    ],
)
def test_a_code_is_text_or_refused_with_the_reason(cell: Cell, code: str) -> None:
    if code in REASONS and cell != 440106123456789.0:
        assert refusal(cells.entity_code, cell) == code
    elif cell == 440106123456789.0:
        assert cells.entity_code(cell) == "440106123456789"
    else:
        assert cells.entity_code(cell) == code


def test_other_numbers_of_documents_keep_their_signs() -> None:
    assert cells.code("粤人社 监字〔2026〕第3号") == "粤人社监字〔2026〕第3号"
    assert cells.code("GD-001/2") == "GD-001/2"
    assert refusal(cells.code, "a|b") == "code"


@pytest.mark.parametrize(
    ("cell", "number"),
    [(12.0, 12), (12, 12), ("1,234", 1234), ("30人", 30), ("１２", 12), ("5.0", 5)],
)
def test_a_whole_number_is_read_from_floats_and_decorated_text(cell: Cell, number: int) -> None:
    assert cells.whole()(cell) == number


@pytest.mark.parametrize("cell", [1.5, "约30", "-3", -3.0, "3-5", 1e9, "1e3"])
def test_what_is_no_whole_number_in_range_is_refused(cell: Cell) -> None:
    assert refusal(cells.whole(), cell) == "number"


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "@SUM(1)", "=1+1", "+8613800000000", "-1"])
def test_a_name_that_a_spreadsheet_would_run_is_refused(cell: str) -> None:
    assert refusal(cells.name, cell) == "formula"


def test_free_text_may_begin_with_a_sign_but_not_with_a_formula() -> None:
    assert cells.text()("-1层101号") == "-1层101号"
    assert cells.text()("+86 20 1234") == "+86 20 1234"
    assert refusal(cells.text(), "=1+1") == "formula"
    assert refusal(cells.text(3), "一二三四") == "text"


@pytest.mark.parametrize("hidden", ["\x07", "\x1b", "\u202e", "\ud800"])
def test_control_characters_in_names_are_refused(hidden: str) -> None:
    assert refusal(cells.name, f"甲{hidden}厂") == "text"


@given(st.text(max_size=60))
def test_a_name_that_is_accepted_is_normal_tidy_and_read_alike_again(typed: str) -> None:
    try:
        name = str(cells.name(typed))
    except CellRefused:
        return
    assert unicodedata.is_normalized("NFC", name)
    assert name == name.strip()
    assert not [c for c in name if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"}]
    assert cells.name(name) == name


def test_line_ends_and_zero_width_characters_inside_a_name_are_tidied() -> None:
    assert cells.name("\u3000广州\u200b市\n第一\t厂 ") == "广州市 第一 厂"
    assert cells.name("e\u0301") == "é"


@pytest.mark.parametrize(
    ("cell", "code"),
    [("天河区", "440106"), (440106.0, "440106"), ("440106", "440106"), ("萝岗区", "440112"), ("440116", "440112")],
)  # fmt: skip
def test_a_district_is_known_by_name_code_and_by_what_it_was_before(cell: Cell, code: str) -> None:
    assert cells.district(DISTRICTS.get)(cell) == code


def test_an_unknown_district_is_set_aside_and_not_refused() -> None:
    with pytest.raises(CellSetAside) as caught:
        cells.district(DISTRICTS.get)("火星区")
    assert (caught.value.reason, caught.value.value) == ("district-unknown", "")


def test_choices_lists_and_yes_or_no_ignore_width_case_and_blanks() -> None:
    grade = cells.choice({"A": "A", "未评": "-"}, named="等级")
    assert (grade("Ａ"), grade(" a "), grade("未 评")) == ("A", "A", "-")
    assert refusal(grade, "D") == "choice"
    assert cells.several(grade)("未评、A，a\r\nA") == ("-", "A")
    assert [cells.yes_or_no(cell) for cell in ("是", "√", True, 1.0, "否", "×", False)] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip
    assert refusal(cells.yes_or_no, "可能") == "choice"


def test_an_identity_number_is_checked() -> None:
    assert cells.resident_number("44010319900101001４") == "440103199001010014"
    assert refusal(cells.resident_number, "440103199001010015") == "identity"
    assert refusal(cells.resident_number, 4.4010319900101e17) == "number-format"


def test_line_ends_are_kept_where_a_column_lists_by_lines() -> None:
    assert cells.text(keep_lines=True)(" 一、合同 \r\n\n二、工资\u200b") == "一、合同\n二、工资"
    assert cells.text()("一\n二") == "一 二"


def test_cells_that_are_no_text_become_text() -> None:
    read = cells.text()
    assert [read(cell) for cell in (1.5, True, FIRST, time(8, 30), 3)] == [
        "1.5", "是", "2026-03-01", "08:30:00", "3",
    ]  # fmt: skip
    assert read(datetime(2026, 3, 1)) == "2026-03-01"  # noqa: DTZ001 - workbooks know no time zones.


ANY_TEXT = st.text(
    st.sampled_from("甲限公司A9a0 -（）()·、，。#.=@+\n\t\u3000\u200be\u0301ｅ豈\U00020000"),
    max_size=12,
)


@given(ANY_TEXT | st.text(max_size=60) | st.sampled_from(sorted(cells.NOTHING)))
def test_a_tidy_text_is_what_reading_it_returns(text: str) -> None:
    for read, pattern in (
        (cells.text(5), cells.tidy(5)),
        (cells.name, cells.tidy()),
        (cells.entity_code, cells.TIDY_CODE),
    ):
        if pattern.fullmatch(text):
            assert read(text) == text


@given(st.lists(ANY_TEXT | st.sampled_from(["无", "", 1, 1.0, True]), max_size=20))
def test_a_column_read_at_once_is_read_as_its_cells_are(column: list[Cell]) -> None:
    empty = CellSetAside("district-unknown", "请补上。", "")
    plain = Column("name", "单位名称", cells.text(8), if_empty=empty)
    expected = read_cells(plain, column)
    for quicker in (replace(plain, repeats=True), replace(plain, tidy=cells.tidy(8))):
        values, wrong = read_cells(quicker, column)
        assert values == expected[0]
        assert [(n, str(problem)) for n, problem in wrong] == [(n, str(p)) for n, p in expected[1]]
