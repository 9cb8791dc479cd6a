"""Official documents (docx) in the layout of GB/T 9704-2012, with the same bytes for the same data.

A4, margins 37/35/28/26 mm with the binding edge inside, heading 方正小标宋 二号, body 仿宋 三号 on
28 pt lines, page numbers `— 1 —` at the outer corners, authority and date at the lower right where
the seal goes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from exports import digest, ooxml
from exports.dates import chinese_date
from exports.printable import in_groups, printable
from exports.reproducible import write_reproducible

TITLE_FONT, BODY_FONT, SECTION_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体"
SUBSECTION_FONT, NUMBER_FONT, CODE_FONT = "楷体_GB2312", "宋体", "Courier New"
# What a word processor takes, in this order, where a font is not installed (w:altName).
FALLBACKS = {
    TITLE_FONT: "方正小标宋_GBK,FZXiaoBiaoSong-B05S,华文中宋,STZhongsong,Noto Serif CJK SC,SimSun",
    BODY_FONT: "仿宋,FangSong,华文仿宋,STFangsong,Noto Serif CJK SC",
    SECTION_FONT: "SimHei,华文黑体,STHeiti,Noto Sans CJK SC",
    SUBSECTION_FONT: "楷体,KaiTi,华文楷体,STKaiti,Noto Serif CJK SC",
    NUMBER_FONT: "SimSun,华文宋体,STSong,Noto Serif CJK SC",
    CODE_FONT: "Consolas,DejaVu Sans Mono,Noto Sans Mono CJK SC",
}
TYPE_AREA_MM = 156
_CHARACTER_MM = 16 * 25.4 / 72  # One Chinese character of 三号.
_LINE_PT = 28
REHEARSAL_MARK = "演练"
REHEARSAL_SENTENCE = "演练文书，不具法律效力"

# name: (font, size in points, line in points, first-line indent in characters, alignment)
_LEFT, _CENTRE = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER
_JUSTIFY, _RIGHT = WD_ALIGN_PARAGRAPH.JUSTIFY, WD_ALIGN_PARAGRAPH.RIGHT
_STYLES = {
    "GWTitle": (TITLE_FONT, 22, 36, 0, _CENTRE),
    "GWNumber": (BODY_FONT, 16, _LINE_PT, 0, _CENTRE),
    "GWAddressee": (BODY_FONT, 16, _LINE_PT, 0, _LEFT),
    "GWBody": (BODY_FONT, 16, _LINE_PT, 2, _JUSTIFY),
    "GWSection": (SECTION_FONT, 16, _LINE_PT, 2, _LEFT),
    "GWSubsection": (SUBSECTION_FONT, 16, _LINE_PT, 2, _LEFT),
    "GWSignature": (BODY_FONT, 16, _LINE_PT, 0, _CENTRE),
    "GWTableHead": (SECTION_FONT, 10.5, 16, 0, _CENTRE),
    "GWTable": (BODY_FONT, 10.5, 16, 0, _LEFT),
    "GWCode": (CODE_FONT, 9, 16, 0, _LEFT),
    "GWNote": (BODY_FONT, 10.5, 18, 0, _LEFT),
    "GWPicture": (BODY_FONT, 10.5, None, 0, _CENTRE),
    "GWPage": (NUMBER_FONT, 14, None, 0, _LEFT),
    "GWMark": (SECTION_FONT, 12, None, 0, _CENTRE),
}


class OfficialDocument:
    """One document written from top to bottom; `to_bytes` ends it."""

    def __init__(self, title: str, *, rehearsal: bool = False) -> None:
        """Begin with page set-up, page numbers and the heading; 演练 on every page when asked."""
        self._document = Document()
        _define_styles(self._document)
        _set_up_page(self._document)
        self._number_pages()
        if rehearsal:
            self._mark_rehearsal()
        self._add(title, "GWTitle")
        if rehearsal:
            self._add(f"（{REHEARSAL_SENTENCE}）", "GWNumber")

    def number(self, text: str) -> None:
        """Write the document number line, centred under the heading."""
        self._add(text, "GWNumber")

    def addressee(self, text: str) -> None:
        """Write whom the document is for, at the left edge, ending with a colon."""
        self._add("", "GWNumber")
        self._add(f"{text}：", "GWAddressee")

    def paragraph(self, text: str) -> None:
        """Write body text, indented by two characters."""
        self._add(text, "GWBody")

    def section(self, text: str) -> None:
        """Write a first-level heading such as 一、依据, kept on the page of what follows."""
        self._add(text, "GWSection").paragraph_format.keep_with_next = True

    def subsection(self, text: str) -> None:
        """Write a second-level heading such as （一）规章制度, kept with what follows."""
        self._add(text, "GWSubsection").paragraph_format.keep_with_next = True

    def code(self, caption: str, text: str) -> None:
        """Write a digest in groups of four under its caption, for two people to compare aloud."""
        self._add(caption, "GWNote").paragraph_format.keep_with_next = True
        self._add(in_groups(text), "GWCode")

    def note(self, text: str) -> None:
        """Write a remark in small type."""
        self._add(text, "GWNote")

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths_mm: Sequence[int],
        code_column: int | None = None,
    ) -> None:
        """Write a ruled table no wider than the type area; its header repeats on each page.

        Without a `header` the first column holds the labels. `code_column` is set in fixed pitch.

        Raises ValueError when the widths exceed the type area, because the table would hang out.
        """
        if sum(widths_mm) > TYPE_AREA_MM:
            raise ValueError(f"a table may be {TYPE_AREA_MM} mm wide, not {sum(widths_mm)}")
        styles = ["GWTable" if header else "GWTableHead", *["GWTable"] * (len(widths_mm) - 1)]
        if code_column is not None:
            styles[code_column] = "GWCode"
        made = ooxml.table(header, rows, widths_mm, "GWTableHead", styles)
        after = self._add("", "GWTable")
        body = self._document.element.body
        body.insert(len(body) - 2, made)  # Before the paragraph after it and the last section.
        after.paragraph_format.line_spacing = Pt(8)

    def picture(self, png: bytes, width_mm: int, caption: str) -> None:
        """Write a picture in the middle, with what it is under it."""
        paragraph = self._add("", "GWPicture")
        paragraph.add_run().add_picture(io.BytesIO(png), width=Mm(width_mm))
        paragraph.paragraph_format.keep_with_next = True
        self._add(caption, "GWPicture")

    def signature(self, authority: str, day: date) -> None:
        """Write authority and date at the lower right, with room for the seal over both.

        Both lines are centred on one axis, two characters in from the right edge, and stay with
        the two empty lines before them: the seal presses over text, never on a page of its own.
        """
        width = max(len(authority), 11) * _CHARACTER_MM + 2
        indent = Mm(max(0.0, TYPE_AREA_MM - width - 2 * _CHARACTER_MM))
        for text in ("", "", authority, chinese_date(day)):
            paragraph = self._add(text, "GWSignature")
            paragraph.paragraph_format.left_indent = indent
            paragraph.paragraph_format.right_indent = Mm(2 * _CHARACTER_MM)
            paragraph.paragraph_format.keep_with_next = text != chinese_date(day)

    def receipt(self) -> None:
        """Write the receipt line that the person who is served fills in by hand (送达签收)."""
        self._add("", "GWTable")
        blank = "\u3000" * 9
        header = ("签收人（签名或者盖章）", "送达人（签名）", "签收日期")
        day = "年\u3000\u3000月\u3000\u3000日"
        self.table(header, [("\u3000\n" + blank, blank, f"\u3000\u3000\u3000{day}")], (62, 47, 47))

    def signature_table(self, signers: Sequence[tuple[str, str]]) -> None:
        """Write one row for each (capacity, name), with room to sign and date by hand."""
        day = "\u3000\u3000年\u3000\u3000月\u3000\u3000日"
        rows = [(capacity, name, "\u3000\n\u3000", day) for capacity, name in signers]
        self.table(("身份", "姓名", "签名", "日期"), rows, (36, 36, 44, 40))

    def digest(self, kind: str, data: object) -> str:
        """Print the SHA-256 of the document's own canonical data and return it."""
        value = digest.data_digest(kind, data)
        self.code(f"{digest.LABEL}：", value)
        return value

    def to_bytes(self) -> bytes:
        """Return the docx; equal calls before give equal bytes."""
        draft, content = io.BytesIO(), io.BytesIO()
        self._document.save(draft)
        write_reproducible(draft, content, {"word/fontTable.xml": _font_table()})
        return content.getvalue()

    def _add(self, text: str, style: str) -> Any:
        return self._document.add_paragraph(printable(text), style=style)

    def _number_pages(self) -> None:
        section = self._document.sections[0]
        for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
            footer.is_linked_to_previous = False
            _replace_content(footer.part.element, ooxml.page_number("GWPage", align))

    def _mark_rehearsal(self) -> None:
        section = self._document.sections[0]
        for number, header in enumerate((section.header, section.even_page_header), start=1):
            header.is_linked_to_previous = False
            shape = ooxml.watermark(REHEARSAL_MARK, number)
            _replace_content(header.part.element, shape)
            header.add_paragraph(REHEARSAL_SENTENCE, style="GWMark")


def _define_styles(document: Any) -> None:
    for name, (font, size, line, indent, alignment) in _STYLES.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = None
        style.font.size = Pt(size)
        run_fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute, value in ooxml.node("w:rFonts", ooxml.fonts(font)).attrib.items():
            run_fonts.set(attribute, value)
        layout = style.paragraph_format
        layout.alignment = alignment
        layout.space_before = layout.space_after = Pt(0)
        layout.first_line_indent = Pt(size * indent) if indent else None
        if line is not None:
            layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
            layout.line_spacing = Pt(line)


def _set_up_page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)  # 7 mm under the type area, as the standard has it.
    section.header_distance = Mm(20)
    # On the back of a leaf the wide margin stays at the binding edge.
    # The schema wants this setting after w:zoom; Word calls a file with another order damaged.
    document.settings.element.find(qn("w:zoom")).addnext(ooxml.node("w:mirrorMargins"))
    document.settings.odd_and_even_pages_header_footer = True


def _replace_content(element: Any, paragraph: Any) -> None:
    for child in list(element):
        element.remove(child)
    element.append(paragraph)


def _font_table() -> bytes:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in FALLBACKS.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"{fonts}</w:fonts>"
    ).encode()
