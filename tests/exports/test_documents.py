"""Official documents: complete or refused, in the right fonts, marked when they are a rehearsal."""

from __future__ import annotations

import dataclasses
import io
import itertools
import re
from datetime import UTC, date, datetime

import pytest
from docx import Document
from docx.oxml.ns import qn

from benchmarks.render_documents import sample_notice, sample_record
from exports.dates import chinese_date, chinese_time
from exports.digest import data_digest
from exports.document import OfficialDocument
from exports.draw_record import RECORD_KIND, draw_record
from exports.fields import MissingFields
from exports.letters import NOTICE_KIND, NoticeInspector, NoticeItem, inspection_notice
from exports.printable import in_groups
from tests.exports.makers import documents, parts

_KINDS = ["notice", "record"]


def _text(content: bytes) -> str:
    elements = Document(io.BytesIO(content)).element.body.iter(qn("w:p"))
    return "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in elements)


def test_all_missing_fields_of_a_notice_are_named_at_once() -> None:
    notice = dataclasses.replace(
        sample_notice(crowded=True),
        entity_name=" ",
        basis=(),
        materials=("营业执照", ""),
        items=(NoticeItem("事项", ""),),
        inspectors=(NoticeInspector("王例", ""),),
        phone="",
    )
    with pytest.raises(MissingFields) as refused:
        inspection_notice(notice)
    assert refused.value.labels == (
        "单位名称",
        "抽查依据",
        "抽查事项第1项：检查依据",
        "需准备资料第2项",
        "联系电话",
        "检查人员第1项：执法证号",
    )
    assert str(refused.value).startswith("《双随机抽查通知书》缺少必填内容：单位名称、抽查依据、")


def test_all_missing_fields_of_a_record_are_named_at_once() -> None:
    record = dataclasses.replace(sample_record(crowded=False), witness="", dice="", districts=())
    with pytest.raises(MissingFields) as refused:
        draw_record(record)
    assert refused.value.labels == ("见证人", "各区数量", "骰子数字")


def test_a_notice_whose_period_ends_before_it_begins_is_refused() -> None:
    notice = dataclasses.replace(sample_notice(crowded=False), period_to=date(2026, 8, 1))
    with pytest.raises(ValueError, match="检查结束日期早于开始日期"):
        inspection_notice(notice)


def test_a_notice_says_all_that_the_law_wants_said() -> None:
    notice = sample_notice(crowded=True)
    text = _text(inspection_notice(notice))
    for expected in [
        *(notice.number, notice.entity_name, notice.entity_code, notice.task, notice.authority),
        *(notice.contact, notice.phone, notice.complaint_phone, "2026年9月1日至2026年9月30日"),
        *(part.name for part in notice.items + notice.inspectors),
        *(*notice.basis, *notice.methods, *notice.materials),
        *("申请其回避", "未列入的事项，你单位可以拒绝检查", "投诉举报", "依法向社会公开"),
    ]:
        assert expected in text


@pytest.mark.parametrize("crowded", [True, False])
def test_each_document_prints_the_digest_of_its_own_data(crowded: bool) -> None:
    made = documents(crowded=crowded)
    notice, record = sample_notice(crowded=crowded), sample_record(crowded=crowded)
    assert in_groups(data_digest(NOTICE_KIND, notice)) in _text(made["notice"])
    assert in_groups(data_digest(RECORD_KIND, record)) in _text(made["record"])


@pytest.mark.parametrize("kind", _KINDS)
def test_a_minimal_document_has_no_label_without_its_value(kind: str) -> None:
    content = documents()[kind]
    for line in _text(content).splitlines():
        assert not re.search("[（：，、](）|。|、|，|$)", line) or line.endswith("："), line
    lines = _text(content).splitlines()
    for line, following in itertools.pairwise(lines):
        assert not (line.endswith("：") and not following.strip()), line
    for table in Document(io.BytesIO(content)).tables:
        for row in table.rows:
            cells = [cell.text.strip() for cell in row.cells]
            assert len(cells) > 2 or all(cells)


@pytest.mark.parametrize("kind", _KINDS)
def test_a_rehearsal_is_marked_in_every_header_and_a_real_document_in_none(kind: str) -> None:
    drill, real = documents(rehearsal=True)[kind], documents()[kind]
    for section in Document(io.BytesIO(drill)).sections:
        assert not section.different_first_page_header_footer
        assert not section.header.is_linked_to_previous
        assert not section.even_page_header.is_linked_to_previous
    headers = {name: xml for name, xml in parts(drill).items() if "/header" in name}
    assert len(headers) == 2
    assert all('string="演练"' in xml and "不具法律效力" in xml for xml in headers.values())
    assert "演练" not in "".join(parts(real).values())


@pytest.mark.parametrize("kind", _KINDS)
def test_odd_and_even_pages_carry_page_number_fields_at_their_outer_corners(kind: str) -> None:
    xml = parts(documents()[kind])
    footers = [text for name, text in xml.items() if "/footer" in name]
    assert len(footers) == 2
    assert all('w:instr=" PAGE "' in footer for footer in footers)
    sides = sorted(re.findall('<w:jc w:val="([a-z]+)"', "".join(footers)))
    assert sides == ["left", "right"]
    assert "<w:evenAndOddHeaders" in xml["word/settings.xml"]
    settings = re.findall("<w:(zoom|mirrorMargins|proofState|evenAnd)", xml["word/settings.xml"])
    assert settings == ["zoom", "mirrorMargins", "proofState", "evenAnd"]  # The schema's order.


@pytest.mark.parametrize("kind", _KINDS)
def test_every_style_in_use_sets_its_chinese_font_and_every_font_has_fallbacks(kind: str) -> None:
    content = documents(crowded=True, rehearsal=True)[kind]
    xml = parts(content)
    written = (text for name, text in xml.items() if re.match("word/(doc|head|foot)", name))
    used = set(re.findall('w:pStyle w:val="([^"]+)"', "".join(written)))
    assert {"GWTitle", "GWBody", "GWSection", "GWTable", "GWPage", "GWMark"} <= used
    styles = Document(io.BytesIO(content)).styles.element
    for style in styles.iter(qn("w:style")):
        if style.get(qn("w:styleId")) in used:
            run_fonts = next(style.iter(qn("w:rFonts")))
            font = run_fonts.get(qn("w:eastAsia"))
            assert f'<w:font w:name="{font}"><w:altName w:val="' in xml["word/fontTable.xml"]
            used.discard(str(style.get(qn("w:styleId"))))
    assert used == set()


def test_the_page_is_a4_with_the_margins_of_the_standard() -> None:
    section = Document(io.BytesIO(documents()["notice"])).sections[0]
    sizes = [section.page_width, section.page_height, section.top_margin]
    sizes += [section.bottom_margin, section.left_margin, section.right_margin]
    assert [round(size.mm) for size in sizes if size] == [210, 297, 37, 35, 28, 26]


def test_a_record_shows_the_seed_and_names_only_when_they_are_passed() -> None:
    sealed, unsealed = sample_record(crowded=False), sample_record(crowded=True)
    text = _text(draw_record(sealed))
    assert "密封保存" in text
    assert "抽中对象" not in text
    text = _text(draw_record(unsealed))
    assert in_groups(unsealed.seed) in text
    assert unsealed.entities[0].name in text
    assert "来宾 60" in text


def test_a_record_carries_objection_and_voiding_in_words() -> None:
    record = dataclasses.replace(sample_record(crowded=True), void_reason="法院裁定")
    text = _text(draw_record(record))
    assert "作废原因：法院裁定" in text
    assert record.objection in text
    assert "见证人（有异议签字）" in text
    assert "见证人无异议" not in text


def test_a_draw_voided_before_its_dice_has_a_record_of_how_far_it_came() -> None:
    void = dataclasses.replace(
        sample_record(crowded=False),
        void_reason="投影故障",
        contributions=(),
        parts_digest="",
        dice="",
        result_digest="",
        root="",
        leaves=0,
    )
    text = _text(draw_record(void))
    assert "作废原因：投影故障" in text
    assert "骰子数字" not in text
    assert "抽取结果" not in text
    assert "verify.py" not in text
    with pytest.raises(MissingFields):
        draw_record(dataclasses.replace(void, void_reason=""))


def test_text_with_markup_and_control_characters_is_shown_as_it_is() -> None:
    notice = dataclasses.replace(sample_notice(crowded=False), entity_name="<甲>&\x00“公司”")
    assert "<甲>&␀“公司”：" in _text(inspection_notice(notice))


def test_a_table_wider_than_the_type_area_is_refused() -> None:
    with pytest.raises(ValueError, match="156 mm"):
        OfficialDocument("题").table(("甲",), [("一",)], (157,))


def test_dates_and_times_are_printed_as_documents_print_them_in_beijing_time() -> None:
    assert chinese_date(date(2026, 3, 9)) == "2026年3月9日"
    assert chinese_time(datetime(2026, 8, 20, 23, 5, tzinfo=UTC)) == "2026年8月21日 07:05"
    with pytest.raises(ValueError, match="time zone"):
        chinese_time(datetime(2026, 8, 20))  # noqa: DTZ001
