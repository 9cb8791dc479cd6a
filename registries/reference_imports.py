"""Whole sheets of inspectors and recusals in one deed: all rows or none, and what is already so stays untouched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registries.database import Deed
from registries.errors import Invalid, NotFound, YaohaoError
from registries.inspector_register import change_inspector, enter_inspector, inspector
from registries.recusals import enter_recusal, recusals
from registries.reference_sheets import InspectorSheet
from registries.sheet_faults import Fault
from registries.sheet_refusals import RowPlace, SheetRefused


@dataclass(frozen=True)
class Imported:
    """How many rows a sheet brought: entered anew, changed, and left as they were."""

    new: int
    changed: int
    unchanged: int


async def import_inspectors(
    deed: Deed, *, bureau: str, sheet: InspectorSheet, reason: str
) -> Imported:
    """Enter or change the inspectors of a sheet. Raises SheetRefused with the faults of every one of them.

    Nobody leaves by being absent from a sheet: a transfer or retirement is stated.
    """
    new = changed = 0
    faults: list[Fault] = []
    for row in sheet.inspectors:
        try:
            known = await inspector(bureau, row.inspector)
        except NotFound:
            known = None
        try:
            if known is None:
                await enter_inspector(deed, bureau=bureau, inspector=row, reason=reason)
                new += 1
            elif known.inspector != row:
                await change_inspector(
                    deed, bureau=bureau, inspector=row, version=known.version, reason=reason
                )
                changed += 1
        except Invalid as refusal:
            faults += sheet.places[row.inspector].faults(refusal.fields)
    _raise(faults)
    return Imported(new, changed, len(sheet.inspectors) - new - changed)


async def import_recusals(
    deed: Deed, *, bureau: str, rows: Sequence[Mapping[str, Any]]
) -> Imported:
    """Enter the recusals of a sheet; one that stands with the same days and reason is left as it is.

    `rows` are those of `read_recusals`. Raises SheetRefused with the faults of every row.
    """
    new = 0
    faults: list[Fault] = []
    for row in rows:
        standing = await recusals(
            bureau, inspector=row["inspector"], entity=row["entity"], length=None
        )
        if any(
            (one.first, one.last, one.reason_code)
            == (row["first"], row["last"], row["reason_code"])
            for one in standing
        ):
            continue
        place: RowPlace = row["place"]
        try:
            told = {name: row[name] for name in row.keys() - {"place"}}
            await enter_recusal(deed, bureau=bureau, **told)
            new += 1
        except Invalid as refusal:
            faults += place.faults(refusal.fields)
        except YaohaoError as refusal:
            field = "inspector" if isinstance(refusal, NotFound) else ""
            faults.append(place.fault(field, refusal.sentence))
    _raise(faults)
    return Imported(new, 0, len(rows) - new)


def _raise(faults: Sequence[Fault]) -> None:
    if faults:
        raise SheetRefused(faults, sentence="文件有误，没有导入任何一条。请改正后再试。")
