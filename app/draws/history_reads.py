"""Everything that was done about a draw, as rows that stay: steps, signatures, doubts, readings, what came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.draws.draw_reads import Draw, StepTaken, steps_of
from app.draws.tables import (
    CallUpTable,
    DoubtTable,
    ReplacementTable,
    SealReadingTable,
    SignatureTable,
    VoidTable,
)


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
    signatures = await SignatureTable.select(
        SignatureTable.signed_as,
        SignatureTable.name,
        SignatureTable.manner,
        SignatureTable.statement,
        SignatureTable.at,
    ).where(SignatureTable.draw == draw.id).order_by(SignatureTable.id)  # fmt: skip
    doubts = await DoubtTable.select(
        DoubtTable.label, DoubtTable.statement, DoubtTable.at
    ).where(DoubtTable.draw == draw.id).order_by(DoubtTable.id)  # fmt: skip
    void = await VoidTable.select(
        VoidTable.ground, VoidTable.reason, VoidTable.witness, VoidTable.second, VoidTable.at
    ).where(VoidTable.draw == draw.id).first()  # fmt: skip
    return History(
        steps=tuple(await steps_of(draw)),
        signatures=tuple(Signature(**row) for row in signatures),
        doubts=tuple(Doubt(**row) for row in doubts),
        void=Void(**void) if void else None,
        readings=await _readings(draw),
        replacements=await _replacements(draw),
        call_ups=await _call_ups(draw),
    )


async def _readings(draw: Draw) -> tuple[Reading, ...]:
    rows = await SealReadingTable.select(
        SealReadingTable.file, SealReadingTable.reader, SealReadingTable.purpose, SealReadingTable.at
    ).where(SealReadingTable.draw == draw.id).order_by(SealReadingTable.id)  # fmt: skip
    return tuple(Reading(**row) for row in rows)


async def _replacements(draw: Draw) -> tuple[Replaced, ...]:
    rows = await ReplacementTable.select(
        ReplacementTable.district,
        ReplacementTable.team,
        ReplacementTable.place,
        ReplacementTable.replaced,
        ReplacementTable.pseudonym,
        ReplacementTable.reason,
        ReplacementTable.at,
    ).where(ReplacementTable.draw == draw.id).order_by(ReplacementTable.id)  # fmt: skip
    return tuple(Replaced(**row) for row in rows)


async def _call_ups(draw: Draw) -> tuple[CallUp, ...]:
    rows = await CallUpTable.select(
        CallUpTable.district,
        CallUpTable.team,
        CallUpTable.outcome,
        CallUpTable.reason,
        CallUpTable.at,
    ).where(CallUpTable.draw == draw.id).order_by(CallUpTable.id)  # fmt: skip
    return tuple(CallUp(**row) for row in rows)
