"""Readers of cells: what one cell of a dirty spreadsheet means, or a sentence that says why it means nothing.

A reader takes the cell as it stands in the file (text from CSV; text, numbers, dates and booleans from a workbook)
and returns the value, raises CellRefused, or raises CellSetAside. Empty cells never reach a reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from registries.identifiers import fold_code, is_resident_number
from registries.sheet_faults import DISTRICT_UNKNOWN, CellRefused, CellSetAside

Cell = str | float | int | bool | date | datetime | time | timedelta
Reader = Callable[[Cell], object]

# What people type to say that there is nothing.
NOTHING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "空", "null", "NULL", "None", "N/A"}
)

TIDY_CODE = re.compile(r"[0-9A-Z]{1,40}")

_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+|\d\.\d+[eE]\d+")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_CODE = re.compile(r"[0-9A-Za-z()（）〔〕\[\]号字第\u4e00-\u9fff._/-]+")
_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_EIGHT_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_WHOLE = re.compile(r"\d{1,3}(,\d{3})+(\.0+)?|\d+(\.0+)?")

# Excel's serial numbers of 1950-01-01 and 2100-01-01: outside, a bare number is hardly meant as a day.
_FIRST_SERIAL, _LAST_SERIAL = 18264, 73051
_SERIAL_ZERO = date(1899, 12, 30)

_AS_TEXT = "请在表格软件中把这一列设为“文本”格式，重新填写完整的编号后再导入。"
_DATE_HELP = "请写成 2026-03-01、2026/3/1、2026年3月1日 或 20260301。"


def text_of(cell: Cell) -> str:
    """Return any cell as tidy text: NFC, no blanks at its ends, one space for inner line ends and tabs.

    Raises CellRefused for a formula, for invisible control characters, and for a number in scientific notation.
    """
    if isinstance(cell, str):
        text = cell.strip() if cell.isascii() and cell.isprintable() else _tidied(cell)
        if text[:1] in "=@" and text:
            return _unwrapped(text)
        return text
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return _number_as_text(cell)
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _tidied(cell: str) -> str:
    text = unicodedata.normalize("NFC", cell)
    if not text.isprintable():
        text = re.sub(r"[\s\u200b\u200c\u200d\u2060\ufeff]+", _one_blank, text)
        if hidden := [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]:
            raise CellRefused(
                "text",
                f"文字里有不可见的控制字符（U+{ord(hidden[0]):04X}）。请删除这一格，重新输入。",
            )
    return text.strip()


def _one_blank(blanks: re.Match[str]) -> str:
    """Zero-width characters vanish; line ends and tabs become one space; an ideographic space stays."""
    visible = blanks[0].translate(dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff")))
    return " " if set(visible) - {"\u3000"} else visible


def tidy(limit: int = 200) -> re.Pattern[str]:
    """Return a pattern of texts that `text(limit)` and `name` return as they stand: the plainest, which are most.

    Chinese characters of the main block, ASCII letters and digits, and marks that no normalisation changes.
    """
    letters = "\u4e00-\u9fffA-Za-z0-9"
    return re.compile(f"[{letters}][{letters}()（）、，。·#.-]{{0,{limit - 1}}}")


def _unwrapped(text: str) -> str:
    """Return X of `="X"`, which people write so that a code stays text; refuse every other formula."""
    if found := _FORMULA_TEXT.fullmatch(text):
        return found[1].strip()
    raise CellRefused(
        "formula", "以“=”或“@”开头，像是公式。请改为公式的结果（复制后“选择性粘贴”为“数值”）。"
    )


def _number_as_text(number: float) -> str:
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    if abs(number) >= 1e15:
        raise CellRefused("number-format", f"长编号被存成了数字，后面的位数已经丢失。{_AS_TEXT}")
    return repr(number)


def text(limit: int = 200, *, keep_lines: bool = False) -> Reader:
    """Read free text of at most `limit` characters; `keep_lines` keeps its line ends, as "\\n"."""

    def read(cell: Cell) -> str:
        if keep_lines and isinstance(cell, str):
            lines = [text_of(line) for line in cell.splitlines()]
            value = "\n".join(line for line in lines if line)
        else:
            value = text_of(cell)
        if len(value) > limit:
            raise CellRefused("text", f"文字有 {len(value)} 个字，最多 {limit} 个。请缩短。")
        return value

    return read


def name(cell: Cell) -> str:
    """Read the name of a body or person: 1–200 characters (protocol §1), nothing that a spreadsheet would run."""
    value = text_of(cell)
    if value[:1] in "+-":
        raise CellRefused("formula", "名称以“+”或“-”开头，像是公式。请核对后重新输入名称。")
    if len(value) > 200:
        raise CellRefused("text", f"名称有 {len(value)} 个字，最多 200 个。请核对后缩短。")
    return value


def entity_code(cell: Cell) -> str:
    """Read a unified social credit code, or what stands in its place: `[0-9A-Z]{1,40}` after folding.

    The check character is looked at for the whole column at once, by the form that has such a column.
    """
    if isinstance(cell, str) and TIDY_CODE.fullmatch(cell):
        return cell
    value = fold_code(_code_text(cell)).code
    if not TIDY_CODE.fullmatch(value):
        raise CellRefused("code", "代码只能由数字和大写字母组成，最多 40 位。请对照营业执照更正。")
    return value


def code(cell: Cell) -> str:
    """Read any other number of a document or register, kept as it is written but for blanks."""
    value = re.sub(r"\s+", "", unicodedata.normalize("NFC", _code_text(cell)))
    if not _CODE.fullmatch(value) or len(value) > 80:
        raise CellRefused("code", "编号含有不能使用的字符，或超过 80 位。请对照原件更正。")
    return value


def _code_text(cell: Cell) -> str:
    if isinstance(cell, str):
        unwrapped = _FORMULA_TEXT.fullmatch(cell.strip())
        cell = unwrapped[1] if unwrapped else cell
        if _SCIENTIFIC.fullmatch(cell.strip()):
            raise CellRefused(
                "number-format", f"编号成了科学记数（如 9.14E+17），位数已经丢失。{_AS_TEXT}"
            )
        return cell
    return text_of(cell)


def day(cell: Cell) -> date:
    """Read a day: a date cell, Excel's serial number, or one of the ways in which people write dates."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        cell = str(int(cell)) if float(cell).is_integer() else repr(cell).split(".")[0]
    written = unicodedata.normalize("NFKC", text_of(cell))
    found = _DATE.fullmatch(written) or _EIGHT_DIGITS.fullmatch(written)
    try:
        if found:
            return _plausible(date(int(found[1]), int(found[2]), int(found[3])))
        if _SERIAL.fullmatch(written):
            serial = int(float(written))
            if _FIRST_SERIAL <= serial < _LAST_SERIAL:
                return _SERIAL_ZERO + timedelta(days=serial)
    except ValueError:
        raise CellRefused("date", f"没有这一天。请核对日期；{_DATE_HELP}") from None
    raise CellRefused("date", f"认不出是哪一天。{_DATE_HELP}")


def _plausible(value: date) -> date:
    if not 1900 <= value.year <= 2100:
        raise CellRefused("date", "年份应在 1900 到 2100 之间。请核对日期。")
    return value


def whole(lowest: int = 0, highest: int = 10_000_000) -> Reader:
    """Read a whole number within bounds; a float without a fraction and thousands commas are fine."""

    def read(cell: Cell) -> int:
        if isinstance(cell, float) and cell.is_integer():
            value = int(cell)
        else:
            written = unicodedata.normalize("NFKC", text_of(cell)).removesuffix("人").strip()
            if not _WHOLE.fullmatch(written):
                raise CellRefused("number", "应是整数。请只填数字，不带单位和说明。")
            value = int(written.split(".")[0].replace(",", ""))
        if not lowest <= value <= highest:
            raise CellRefused("number", f"应在 {lowest} 到 {highest} 之间。请核对。")
        return value

    return read


def choice(meanings: Mapping[str, str], *, named: str) -> Reader:
    """Read one of a closed list: `meanings` maps everything that may be written to its code."""
    folded = {_fold_word(word): meaning for word, meaning in meanings.items()}
    offered = "、".join(dict.fromkeys(list(meanings)[:12]))

    def read(cell: Cell) -> str:
        found = folded.get(_fold_word(text_of(cell)))
        if found is None:
            raise CellRefused("choice", f"认不出的{named}。可以写：{offered}。")
        return found

    return read


def several(read_one: Reader) -> Reader:
    """Read a list separated by 、，；+ or line ends into a tuple, ascending, each once."""

    def read(cell: Cell) -> tuple[object, ...]:
        written = cell if isinstance(cell, str) else text_of(cell)
        pieces = [piece.strip() for piece in re.split(r"[、，,；;+\r\n]", written)]
        return tuple(sorted({read_one(piece) for piece in pieces if piece}, key=str))

    return read


def yes_or_no(cell: Cell) -> bool:
    """Read 是/否 and what people write instead."""
    word = _fold_word(text_of(cell))
    if word in {"是", "可", "y", "yes", "true", "1", "√", "✓", "对"}:
        return True
    if word in {"否", "不可", "n", "no", "false", "0", "×", "不"}:
        return False
    raise CellRefused("choice", "应填“是”或“否”。")


def district(find: Callable[[str], str | None]) -> Reader:
    """Read a district by name or code; `find` returns the code in force, also for retired ones, or None.

    What it does not know is set aside as `district-unknown` with "" in its place, never refused: the entity exists,
    and somebody has to find out where its people work.
    """

    def read(cell: Cell) -> str:
        found = find(text_of(cell))
        if found is None:
            raise CellSetAside(
                DISTRICT_UNKNOWN,
                "认不出的区县，或不归本单位管辖。请写辖区内区县的全称或六位代码；改正前此单位不进入抽查名单。",
                "",
            )
        return found

    return read


def resident_number(cell: Cell) -> str:
    """Read a citizen's identity number and check it (GB 11643-1999)."""
    value = fold_code(_code_text(cell)).code
    if not is_resident_number(value):
        raise CellRefused("identity", "公民身份号码的形式或校验位不对。请对照证件更正。")
    return value


def _fold_word(word: str) -> str:
    """Return what two spellings of one word have in common: width, case and blanks do not count."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", word)).lower()
