"""What can be wrong with a spreadsheet: every fault with its place, its grade and a sentence for the person.

Two grades (architecture.md, rule 9). *Refused*: the file or the row cannot be understood, so nothing of the file is
written. *Set aside* (待核): the row is stored with its reason, listed and counted, and never enters a frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Grade = Literal["refused", "set-aside"]

REFUSED: Grade = "refused"
SET_ASIDE: Grade = "set-aside"
GRADES: dict[Grade, str] = {REFUSED: "拒绝", SET_ASIDE: "待核"}

CODE_CHECK = "code-check"
DISTRICT_UNKNOWN = "district-unknown"

# Every reason code and what it means; docs/imports.md lists the same and a test compares them.
REASONS: dict[str, str] = {
    CODE_CHECK: "统一社会信用代码的形式或校验位不对",
    DISTRICT_UNKNOWN: "用工所在区县空缺或认不出",
    "file-empty": "文件或工作表里没有数据",
    "file-kind": "文件不是可以读取的表格",
    "file-unsafe": "压缩包异常，可能是恶意文件",
    "file-broken": "文件损坏或有密码",
    "encoding": "文字编码无法识别",
    "line-break": "CSV 的一格没有在本行结束，多半是引号没有配对",
    "sheet-choice": "需要指定工作表",
    "header-missing": "找不到表头或缺少必需的列",
    "header-twice": "同一内容有两列",
    "merged-cells": "数据区有合并单元格",
    "formula": "公式没有可用的结果",
    "cell-error": "单元格是错误值",
    "number-format": "编号被存成了数字，已丢失位数",
    "missing": "必填内容空缺",
    "text": "文字里有不可见的控制字符或太长",
    "code": "编号含有不能使用的字符",
    "date": "日期认不出",
    "number": "数字认不出",
    "choice": "不在可选的范围内",
    "identity": "公民身份号码的形式或校验位不对",
    "too-many-cells": "这一行的单元格比表头多",
    "code-names": "同一编号有两个不同的名称",
    "code-twice": "同一编号有两行，内容不一致",
    "rules": "与登记的规则或库中的内容不符",
}

LISTED_PER_REASON = 10_000


class Fault(NamedTuple):
    """One thing that is wrong. `row` is the row as the user sees it, 0 when the whole file is meant.

    `column` is the letter and the heading ("C 统一社会信用代码") or "", `value` what stands there, shortened, and
    masked where it is about a person; `sentence` says what to do.
    """

    grade: Grade
    reason: str
    sheet: str
    row: int
    column: str
    value: str
    sentence: str


@dataclass
class Faults:
    """The faults of one file: all are counted; at most LISTED_PER_REASON of one reason are listed."""

    listed: list[Fault] = field(default_factory=list)
    counts: Counter[tuple[Grade, str]] = field(default_factory=Counter)

    def add(self, fault: Fault) -> None:
        """Count the fault, and list it unless its reason already fills its share of the list."""
        self.counts[fault.grade, fault.reason] += 1
        if self.counts[fault.grade, fault.reason] <= LISTED_PER_REASON:
            self.listed.append(fault)

    def count(self, grade: Grade) -> int:
        """Return how many faults of a grade there are."""
        return sum(number for (of, _), number in self.counts.items() if of == grade)

    def by_reason(self, grade: Grade) -> dict[str, int]:
        """Return reason → number of faults of a grade, in the order of REASONS."""
        return {
            reason: self.counts[grade, reason] for reason in REASONS if self.counts[grade, reason]
        }

    @property
    def unlisted(self) -> int:
        """How many faults are counted but not listed."""
        return self.counts.total() - len(self.listed)

    @property
    def refused(self) -> bool:
        """Whether anything is wrong for which nothing of the file may be written."""
        return self.count(REFUSED) > 0

    def __iter__(self) -> Iterator[Fault]:
        """Yield the listed faults in the order of the file."""
        return iter(sorted(self.listed, key=lambda fault: (fault.sheet, fault.row, fault.column)))


class SheetError(Exception):
    """Something in a spreadsheet that is reported as a fault and never leaves the reading."""


class FileRefused(SheetError):  # noqa: N818 - it says what became of it.
    """The file as a whole cannot be read: raised inside the reading, reported as one Fault of row 0."""

    def __init__(self, reason: str, sentence: str, sheet: str = "", row: int = 0) -> None:
        super().__init__(sentence)
        self.fault = Fault(REFUSED, reason, sheet, row, "", "", sentence)


class CellRefused(SheetError):  # noqa: N818 - it says what became of it.
    """A cell's value cannot be understood; the reader of the column raises it."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


class CellSetAside(SheetError):  # noqa: N818 - it says what became of it.
    """A cell is doubtful: its row is stored with `value` in its place, and with the reason."""

    def __init__(self, reason: str, sentence: str, value: object) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.value = value


def column_letter(index: int) -> str:
    """Return the letters that spreadsheets show for column `index`, counted from 0: A, B, … Z, AA …"""
    letters = ""
    index += 1
    while index:
        index, place = divmod(index - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def shown(value: object, *, personal: bool) -> str:
    """Return a cell's value for a list of faults: at most 40 characters; of a person's only the first one."""
    text = str(value)
    if personal:
        return f"{text[:1]}＊＊" if text else ""
    visible = "".join(c if c.isprintable() else "�" for c in text)
    return visible if len(visible) <= 40 else visible[:39] + "…"
