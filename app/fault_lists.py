"""The list of a sheet's faults as a workbook, for whoever has to mend the sheet; personal values are masked already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

from exports.workbook import Column, Sheet, write_workbook
from registries.sheet_faults import GRADES, REASONS, Fault
from registries.sheet_refusals import SheetRefused

COLUMNS: Final = (
    Column("级别", 8),
    Column("原因", 34),
    Column("工作表", 14),
    Column("行", 8),
    Column("列", 24),
    Column("内容", 30),
    Column("怎么办", 60),
)


def write_fault_list(target: BinaryIO, faults: Iterable[Fault], remarks: Sequence[str]) -> None:
    """Write the faults as a workbook of one sheet."""
    rows = map(_row, faults)
    write_workbook(target, [Sheet("问题清单", "导入问题清单", COLUMNS, rows, remarks)])


def save_faults(refusal: SheetRefused) -> str:
    """Write a refused sheet's faults where `--faults` said; return what to tell, "" where it said nothing."""
    if refusal.save_to is None:
        return ""
    try:
        with refusal.save_to.open("xb") as target:
            write_fault_list(target, refusal.faults, ["整个文件没有导入。"])
    except OSError:
        return f"问题清单没有存下：无法写入 {refusal.save_to}，请检查文件夹是否存在、是否有权限。"
    return f"全部 {len(refusal.faults)} 处问题已存为 {refusal.save_to}"


def _row(fault: Fault) -> tuple[str | int | None, ...]:
    row = fault.row or None
    grade, reason = GRADES[fault.grade], REASONS[fault.reason]
    return grade, reason, fault.sheet, row, fault.column, fault.value, fault.sentence
