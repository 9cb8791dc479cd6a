"""Everything that was done about a draw, as rows that stay: steps, signatures, doubts, readings, what came after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from app.draws.draw_reads import Draw, StepTaken, steps_of
from app.draws.tables import (
    CallUpTable,
    DoubtTable,
    ReplacementTable,
    SealReadingTable,
    SignatureTable,
    VoidTable,
)

T = TypeVar("T")

MANNERS = {"signed": "签字", "objection": "有异议签字", "refused": "拒绝签字"}
SIGNERS = {"operator": "操作员", "witness": "纪检监察见证人", "head": "局负责人"}
OUTCOMES = {"called": "已递补", "left": "各组都有回避，留下不查"}


@dataclass(frozen=True)
class Signature:
    """A signature of `operator` or `witness`: signed, with objection, or refused, with its words."""

    signed_as: str
    name: str
    manner: str
    statement: str
    at: datetime


@dataclass(frozen=True)
class Doubt:
    """A contributor's statement that the dice on the screen were not those thrown."""

    label: str
    statement: str
    at: datetime


@dataclass(frozen=True)
class Void:
    """On which ground, why and by which two people a draw is void."""

    ground: str
    reason: str
    witness: str
    second: str
    at: datetime


@dataclass(frozen=True)
class Reading:
    """One reading of a sealed file: by whom, what for."""

    file: str
    reader: str
    purpose: str
    at: datetime


@dataclass(frozen=True)
class Replaced:
    """A change of the staff on one seat, by pseudonyms."""

    district: str
    team: int
    place: int
    replaced: str
    pseudonym: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class CallUp:
    """A reserve called up, or left, beside a drawn entity; no ids, because they may be sealed."""

    district: str
    team: int
    outcome: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class History:
    """All of it, each list in the order in which it happened."""

    steps: tuple[StepTaken, ...]
    signatures: tuple[Signature, ...]
    doubts: tuple[Doubt, ...]
    void: Void | None
    readings: tuple[Reading, ...]
    replacements: tuple[Replaced, ...]
    call_ups: tuple[CallUp, ...]


async def history(draw: Draw) -> History:
    """Return what was done about a draw. It names no entity and no inspector."""
    void = await _rows(VoidTable, Void, draw)
    return History(
        steps=tuple(await steps_of(draw)),
        signatures=await _rows(SignatureTable, Signature, draw),
        doubts=await _rows(DoubtTable, Doubt, draw),
        void=void[0] if void else None,
        readings=await _rows(SealReadingTable, Reading, draw),
        replacements=await _rows(ReplacementTable, Replaced, draw),
        call_ups=await _rows(CallUpTable, CallUp, draw),
    )


async def _rows(table: Any, shape: Callable[..., T], draw: Draw) -> tuple[T, ...]:
    """Return a table's rows of a draw, oldest first, each as the dataclass whose fields are its columns."""
    columns = [getattr(table, field.name) for field in fields(shape)]  # type: ignore[arg-type]
    rows = await table.select(*columns).where(table.draw == draw.id).order_by(table.id)
    return tuple(shape(**row) for row in rows)
