"""Sheets of reference data: read whole or refused whole, and a second import changes nothing."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from registries.districts import DistrictLookup, guangdong
from registries.errors import Invalid
from registries.inspector_register import inspector, inspectors
from registries.items import faults_of_items
from registries.reference_imports import Imported, import_inspectors, import_recusals
from registries.reference_sheets import read_inspectors, read_items, read_notice, read_recusals
from registries.sheet_refusals import SheetRefused
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, do
from tests.registries.reference_makers import TODAY, two_bureaus

WORDS = DistrictLookup(guangdong(), TODAY).words(GUANGZHOU)
PEOPLE = """工号,姓名,工作单位,部门,层级,状态,可任组长,回避区划,证件种类,证件编号,适用地区,发证日期,有效期至
TH-001,测试甲,天河区劳动保障监察大队,一中队,县级,在岗,是,天河区、萝岗区,行政执法证,粤A-1,440100,2024-01-01,2028-12-31
TH-001,测试甲,天河区劳动保障监察大队,一中队,县级,在岗,是,天河区、萝岗区,监察证,粤J-1,440100,2024-01-01,2027-12-31
TH-002,测试乙,天河区劳动保障监察大队,,区级,辅助,否,440106,,,,,
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "sheet.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_notice_is_read_as_days_and_ranges(tmp_path: Path) -> None:
    lines = read_notice(
        _file(
            tmp_path,
            "开始日期,结束日期,类型,节日\n2027-02-05,2027-02-11,放假,春节\n2027年2月13日,,补班,\n",
        ),
        2027,
    )
    assert [(line.first.day, line.last.day, line.kind) for line in lines] == [
        (5, 11, "holiday"),
        (13, 13, "workday"),
    ]


def test_every_fault_of_a_sheet_is_named_by_row_and_column(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        read_notice(_file(tmp_path, "日期,类型\n2027-02-30,放假\n2027-03-01,开会\n"), 2027)
    assert list(refusal.value.fields) == ["第 2 行 A 日期", "第 3 行 B 类型"]
    with pytest.raises(Invalid) as refusal:
        read_notice(_file(tmp_path, "名称,数量\n甲,1\n"), 2027)
    assert len(refusal.value.fields) == 1


def test_an_inspector_with_two_certificates_has_two_rows(tmp_path: Path) -> None:
    first, second = read_inspectors(_file(tmp_path, PEOPLE), WORDS).inspectors
    assert [held.number for held in first.certificates] == ["粤A-1", "粤J-1"]
    assert first.homes == ("440106", "440112")
    assert (second.state, second.level, second.certificates) == ("auxiliary", "county", ())


def test_rows_of_one_inspector_that_disagree_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        read_inspectors(_file(tmp_path, PEOPLE.replace("县级,在岗,是", "市级,在岗,是", 1)), WORDS)
    assert "TH-001" in refusal.value.fields["第 3 行 E 层级"][0]
    with pytest.raises(Invalid) as refusal:
        read_inspectors(_file(tmp_path, PEOPLE.replace("2027-12-31", "")), WORDS)
    assert "有效期至" in refusal.value.fields["第 3 行 M 有效期至"][0]


def test_a_fault_says_sheet_row_column_and_value_but_hides_what_is_personal(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "人员"
    for line in PEOPLE.replace("县级,在岗,是", "市级,在岗,是", 1).splitlines():
        book.active.append(line.split(","))
    book.active["D4"], book.active["B4"] = "二中队", "测试丙"
    book.save(tmp_path / "people.xlsx")
    with pytest.raises(SheetRefused) as refusal:
        read_inspectors(tmp_path / "people.xlsx", WORDS)
    (fault,) = refusal.value.faults
    assert (fault.sheet, fault.row, fault.column) == ("人员", 3, "E 层级")
    assert fault.value == "县级"
    rows = read_inspectors(_file(tmp_path, PEOPLE), WORDS)
    masked = rows.places["TH-001"].values
    assert (masked["name"], masked["number"], masked["unit"]) == (
        "测＊＊",
        "粤＊＊",
        "天河区劳动保障监察大队",
    )


def test_more_faults_than_a_sentence_can_hold_are_all_kept_for_the_list(tmp_path: Path) -> None:
    sheet = "开始日期,类型\n" + "2027-13-01,放假\n" * 70
    with pytest.raises(SheetRefused) as refusal:
        read_notice(_file(tmp_path, sheet), 2027)
    assert (len(refusal.value.faults), len(refusal.value.fields)) == (70, 50)
    assert "70" in refusal.value.sentence


def test_an_item_sheet_becomes_items_that_can_be_taken(tmp_path: Path) -> None:
    sheet = (
        "序号,抽查类别,抽查事项,检查对象,抽查依据,检查方式,事项类别,抽查比例,频次上限,抽查内容\n"
        "1,工资,按月支付工资,用人单位、工地,劳动法第50条；劳动合同法第30条,现场、书面,重点,10,1,"
        "是否按月支付；是否足额支付\n"
    )
    (item,) = read_items(_file(tmp_path, sheet))
    assert item.kinds == ("employer", "project")
    assert item.duty == ("劳动法第50条", "劳动合同法第30条")
    assert item.methods == ("on-site", "written")
    assert (item.category, item.ratio_percent, len(item.check_points)) == ("key", 10, 2)
    assert faults_of_items([item]) == {}


def test_each_line_of_a_cell_is_a_basis_or_a_point_of_its_own(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(
        ["序号", "抽查事项", "检查对象", "抽查依据", "处理依据", "检查方式", "抽查内容"]
    )
    book.active.append(
        [
            *("1", "按月支付工资", "用人单位", "劳动法第50条\n劳动合同法第30条"),
            *("劳动法第91条\r\n劳动合同法第85条", "现场", "是否按月支付\n\n 是否足额支付 "),
        ]
    )
    book.save(tmp_path / "items.xlsx")
    (item,) = read_items(tmp_path / "items.xlsx")
    assert item.duty == ("劳动法第50条", "劳动合同法第30条")
    assert item.sanction == ("劳动法第91条", "劳动合同法第85条")
    assert item.check_points == ("是否按月支付", "是否足额支付")


async def test_a_sheet_of_inspectors_imported_twice_changes_nothing(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_bureaus(tmp_path, monkeypatch)
    people = read_inspectors(_file(tmp_path, PEOPLE), WORDS)
    words = {"bureau": GUANGZHOU, "reason": "导入"}
    assert await do(import_inspectors, sheet=people, **words) == Imported(2, 0, 0)
    assert await do(import_inspectors, sheet=people, **words) == Imported(0, 0, 2)
    moved = read_inspectors(_file(tmp_path, PEOPLE.replace("一中队", "三中队")), WORDS)
    assert await do(import_inspectors, sheet=moved, **words) == Imported(0, 1, 1)
    assert (await inspector(GUANGZHOU, "TH-001")).version == 2
    recusal_sheet = _file(
        tmp_path,
        "工号,统一社会信用代码,回避事由,提出人,开始日期\n"
        "TH-001,91440103MA5D00016N,近亲属,本人,2026-01-01\n",
    )
    recusals = read_recusals(recusal_sheet)
    assert recusals[0]["first"] == date(2026, 1, 1)
    assert await do(import_recusals, bureau=GUANGZHOU, rows=recusals) == Imported(1, 0, 0)
    assert await do(import_recusals, bureau=GUANGZHOU, rows=recusals) == Imported(0, 0, 1)


def test_every_range_of_a_notice_that_cannot_be_is_named_by_its_cell(tmp_path: Path) -> None:
    sheet = (
        "开始日期,结束日期,类型\n2027-02-11,2027-02-05,放假\n2027-05-01,,放假\n2029-10-01,,放假\n"
    )
    with pytest.raises(Invalid) as refusal:
        read_notice(_file(tmp_path, sheet), 2027)
    assert list(refusal.value.fields) == ["第 2 行 B 结束日期", "第 4 行 A 开始日期"]


async def test_every_recusal_that_cannot_be_is_named_by_its_cell(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_bureaus(tmp_path, monkeypatch)
    sheet = (
        "工号,统一社会信用代码,回避事由,提出人,开始日期,结束日期\n"
        "TH-404,91440103MA5D00016N,近亲属,本人,2026-01-01,\n\n"
        "TH-404,91440103MA5D00016N,近亲属,本人,2026-02-01,2026-01-01\n"
    )
    with pytest.raises(Invalid) as refusal:
        await do(
            import_recusals,
            bureau=GUANGZHOU,
            rows=read_recusals(_file(tmp_path, sheet)),
        )
    assert list(refusal.value.fields) == ["第 2 行 A 工号", "第 4 行 F 结束日期"]


async def test_one_wrong_inspector_keeps_the_whole_sheet_out(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_bureaus(tmp_path, monkeypatch)
    people = read_inspectors(_file(tmp_path, PEOPLE.replace("天河区、萝岗区", "")), WORDS)
    with pytest.raises(Invalid) as refusal:
        await do(import_inspectors, bureau=GUANGZHOU, sheet=people, reason="导入")
    assert [str(place) for place in refusal.value.fields] == ["第 2 行 H 回避区划"]
    assert (await inspectors(GUANGZHOU)).inspectors == ()
