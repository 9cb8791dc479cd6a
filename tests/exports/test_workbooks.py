"""Spreadsheets: text stays text, nothing runs, tables of any length."""

from __future__ import annotations

import io
import re
import tempfile
import tracemalloc

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from benchmarks.render_documents import sample_assignment
from exports import sheets
from exports.workbook import Column, Sheet, sheet_name, write_workbook
from tests.exports.makers import parts

_INJECTIONS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "＝1+1",
]
_LOOK_LIKE_NUMBERS = [
    "91440103MA5D00016N",
    "440103199001010014",
    "0012",
    "44E3",
    "1e5",
    "TRUE",
    "#N/A",
]


def _fault_book(values: list[str]) -> bytes:
    content = io.BytesIO()
    faults = [sheets.ImportFault("Sheet1", 3, 2, "名称", v, "问题", "建议") for v in values]
    sheets.fault_list(content, "导入问题清单", faults)
    return content.getvalue()


def _values(content: bytes) -> list[object]:
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=4))
    assert all(row[4].data_type == "s" for row in rows)
    return [row[4].value for row in rows]


@pytest.mark.parametrize("text", _INJECTIONS)
def test_text_that_looks_like_a_formula_is_stored_as_quoted_text(text: str) -> None:
    content = _fault_book([text])
    assert _values(content) == [text]
    xml = parts(content)
    assert "<f>" not in xml["xl/worksheets/sheet1.xml"]
    cell = re.search(r'r="E4" s="(\d+)" t="inlineStr"', xml["xl/worksheets/sheet1.xml"])
    formats = re.search("<cellXfs.*?</cellXfs>", xml["xl/styles.xml"], re.DOTALL)
    assert cell
    assert formats
    style = re.findall("<xf [^>]*>", formats.group())[int(cell.group(1))]
    assert 'quotePrefix="1"' in style
    assert 'numFmtId="49"' in style  # 49 is the built-in format @, text.


def test_codes_are_text_again_when_read_back_with_either_library() -> None:
    content = _fault_book(_LOOK_LIKE_NUMBERS)
    assert _values(content) == _LOOK_LIKE_NUMBERS
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[4] for row in rows[3:]] == _LOOK_LIKE_NUMBERS


def test_a_fault_list_has_its_columns_a_sticky_head_and_its_print_set_up() -> None:
    page = load_workbook(io.BytesIO(_fault_book(["x"]))).worksheets[0]
    head = [cell.value for cell in page[3]]
    assert head == ["工作表", "行", "列", "表头", "值", "问题", "处理建议"]
    assert page.freeze_panes == "A4"
    assert page.print_title_rows == "$3:$3"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert "&P" in page.oddFooter.center.text
    assert page.auto_filter.ref == "A3:G4"


def test_control_characters_are_shown_and_overlong_text_says_that_it_was_cut() -> None:
    shown, cut = _values(_fault_book(["a\x00b", "长" * 40_000]))
    assert shown == "a␀b"
    assert len(str(cut)) == 32_767
    assert str(cut).endswith("（内容过长，已截断）")


def test_a_table_longer_than_a_sheet_goes_on_in_the_next() -> None:
    content = io.BytesIO()
    sheet = Sheet("名单", "名单", [Column("号", 8)], ((number,) for number in range(25)))
    write_workbook(content, [sheet], sheet_rows=12)
    pages = load_workbook(content).worksheets
    assert [page.title for page in pages] == ["名单", "名单（2）", "名单（3）"]
    numbers = [row[0] for page in pages for row in page.iter_rows(min_row=3, values_only=True)]
    assert numbers == list(range(25))


def test_a_row_of_the_wrong_width_is_refused_and_nothing_is_written() -> None:
    content = io.BytesIO()
    with pytest.raises(ValueError, match="argument"):
        write_workbook(content, [Sheet("a", "a", [Column("号", 8)], [("1", "2")])])
    assert content.getvalue() == b""


def test_sheet_names_are_legal_and_never_repeated() -> None:
    assert sheet_name("a/b:c*", set()) == "a b c"
    assert len(sheet_name("长" * 40, set())) == 31
    assert sheet_name("东江区", {"东江区"}) == "东江区（2）"


def test_a_table_is_never_held_in_memory() -> None:
    # Measured: 1.7 MB from 10,000 to 30,000 rows alike; the same rows as cells would be over 8 MB.
    row = ("X1", "单位", "用人单位", "449901", "东江区", "路", "A", "存续")
    entities = (sheets.ListedEntity(*row) for _ in range(4000))
    with tempfile.TemporaryFile() as target:
        tracemalloc.start()
        sheets.entity_list(target, "名单", entities)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert target.tell() > 50_000
    assert peak < 2_500_000


def test_the_task_sheet_has_a_page_for_each_district_and_the_reserve_on_its_own() -> None:
    book = load_workbook(io.BytesIO(sheets.task_assignment(sample_assignment())))
    assert len(book.worksheets) == 12
    assert book.sheetnames[0] == "东江区"
    assert book.sheetnames[-1] == "备选"
    first = [row[0].value for row in book["东江区"].iter_rows(min_row=5)]
    assert first == ["第1组"] * 3
    reserve = list(book["备选"].iter_rows(min_row=6, values_only=True))
    assert len(reserve) == 22
    assert reserve[0][:3] == ("东江区", "未评", 4)


def test_a_rehearsal_is_marked_on_every_sheet() -> None:
    book = load_workbook(io.BytesIO(sheets.task_assignment(sample_assignment(rehearsal=True))))
    assert all("演练" in page.oddHeader.center.text for page in book.worksheets)
    assert all(str(page["A1"].value).startswith("【演练】") for page in book.worksheets)


def test_odds_are_exact_fractions_with_their_rounding() -> None:
    content = io.BytesIO()
    strata = [
        sheets.StratumOdds("449901", "东江区", "A", 300, "7/3"),
        sheets.StratumOdds("449901", "东江区", "C", 4, "4/1"),
    ]
    sheets.odds(content, "第三轮", strata)
    rows = list(load_workbook(content).worksheets[0].iter_rows(min_row=4, values_only=True))
    assert [row[3:] for row in rows] == [
        (300, "7/3", "2 或 3", "7/900", "0.778%"),
        (4, "4", "4", "1", "100.000%"),
    ]


def test_the_exclusion_list_gives_each_reason_in_words() -> None:
    content = io.BytesIO()
    sheets.exclusion_list(
        content, "未列入", [sheets.Exclusion("X1", "甲", "open-case", "案件未结")]
    )
    rows = list(load_workbook(content).worksheets[0].iter_rows(min_row=3, values_only=True))
    assert rows == [("X1", "甲", "open-case", "案件未结")]
