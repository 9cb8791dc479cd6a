"""The pieces of WordprocessingML that python-docx has no words for, built from plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from exports.printable import printable

TWIPS_PER_MM = 1440 / 25.4


def node(tag: str, attributes: dict[str, str] | None = None, *children: Any) -> Any:
    """Return the element `tag` (such as `w:p`) with attributes named the same way, and children."""
    element = OxmlElement(tag)
    for name, value in (attributes or {}).items():
        element.set(qn(name), value)
    for child in children:
        element.append(child)
    return element


def fonts(name: str) -> dict[str, str]:
    """Return the attributes of w:rFonts that set `name` for Latin and for Chinese text.

    Without w:eastAsia a word processor takes its theme's font for every Chinese character.
    """
    return {f"w:{part}": name for part in ("ascii", "hAnsi", "eastAsia", "cs")}


def text_run(text: str) -> Any:
    """Return a run that keeps the spaces and line feeds of `text` and shows what XML forbids as visible signs."""
    run = node("w:r")
    for number, line in enumerate(printable(text).split("\n")):
        if number:
            run.append(node("w:br"))
        element = node("w:t", {"xml:space": "preserve"})
        element.text = line
        run.append(element)
    return run


def page_number(style: str, align: str) -> Any:
    """Return a paragraph `— 1 —` whose number is a PAGE field, aligned `left` or `right`.

    GB/T 9704 puts it one character away from the outer edge of the type area.
    """
    side = "w:right" if align == "right" else "w:left"
    properties = node(
        "w:pPr",
        None,
        node("w:pStyle", {"w:val": style}),
        node("w:ind", {side: "280"}),
        node("w:jc", {"w:val": align}),
    )
    field = node("w:fldSimple", {"w:instr": " PAGE "}, text_run("1"))
    return node("w:p", None, properties, text_run("— "), field, text_run(" —"))


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths_mm: Sequence[int],
    heading_style: str,
    styles: Sequence[str],
) -> Any:
    """Return a ruled table of fixed column widths; the header repeats and no row breaks over pages.

    `styles` are the paragraph style ids of the columns, `heading_style` that of the header, which
    may be empty for a table without one.
    """
    twips = [round(width * TWIPS_PER_MM) for width in widths_mm]
    body = [_row(row, twips, styles) for row in rows]
    if header:
        body.insert(0, _row(header, twips, [heading_style] * len(header), repeat=True))
    edges = ("top", "left", "bottom", "right", "insideH", "insideV")
    line = {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": "000000"}
    properties = node(
        "w:tblPr",
        None,
        node("w:tblW", {"w:w": str(sum(twips)), "w:type": "dxa"}),
        node("w:jc", {"w:val": "center"}),
        node("w:tblBorders", None, *(node(f"w:{edge}", line) for edge in edges)),
        node("w:tblLayout", {"w:type": "fixed"}),
    )
    grid = node("w:tblGrid", None, *(node("w:gridCol", {"w:w": str(w)}) for w in twips))
    return node("w:tbl", None, properties, grid, *body)


def _row(
    texts: Sequence[str], twips: Sequence[int], styles: Sequence[str], *, repeat: bool = False
) -> Any:
    properties = node("w:trPr", None, node("w:cantSplit"))
    if repeat:
        properties.append(node("w:tblHeader"))
    cells = (_cell(*cell) for cell in zip(texts, twips, styles, strict=True))
    return node("w:tr", None, properties, *cells)


def _cell(text: str, width: int, style: str) -> Any:
    paragraph = node(
        "w:p", None, node("w:pPr", None, node("w:pStyle", {"w:val": style})), text_run(text)
    )
    properties = node(
        "w:tcPr",
        None,
        node("w:tcW", {"w:w": str(width), "w:type": "dxa"}),
        node("w:vAlign", {"w:val": "center"}),
    )
    return node("w:tc", None, properties, paragraph)


def watermark(text: str, number: int) -> Any:
    """Return a header paragraph that holds `text` slantwise across the page behind everything.

    It is the shape that Word itself makes for a watermark. `number` keeps shape ids apart.
    """
    style = (
        "position:absolute;margin-left:0;margin-top:0;width:380pt;height:190pt;rotation:315;"
        "z-index:-251658752;mso-position-horizontal:center;"
        "mso-position-horizontal-relative:margin;mso-position-vertical:center;"
        "mso-position-vertical-relative:margin"
    )
    return parse_xml(
        f'<w:p {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:o="urn:schemas-microsoft-com:office:office"><w:r><w:pict>'
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
        'path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/>'
        '<v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>'
        '<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
        '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>'
        '<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/>'
        '<v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="rect"/>'
        '<v:textpath on="t" fitshape="t"/></v:shapetype>'
        f'<v:shape id="PowerPlusWaterMarkObject{number}" o:spid="_x0000_s{2048 + number}" '
        f'type="#_x0000_t136" style="{style}" o:allowincell="f" fillcolor="#c00000" stroked="f">'
        f'<v:fill opacity=".2"/><v:textpath style="font-family:&quot;黑体&quot;;font-size:1pt" '
        f'string="{text}"/></v:shape></w:pict></w:r></w:p>'
    )
