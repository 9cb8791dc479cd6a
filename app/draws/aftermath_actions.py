"""After the draw: staff who cannot go are replaced, reserves are called up, by rule and on the record.

Both are arithmetic on the frozen files and the log's order, so anyone can recompute them once the draw is open
(protocol §6, §7.7). Never a new draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.draws import seal_actions
from app.draws.draw_reads import Draw
from app.draws.state_rules import SIGNED
from app.draws.step_actions import log
from app.draws.tables import CallUpTable, ReplacementTable, SeatTable, SelectionTable
from registries import record
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused
from registries.record_rules import CALLED_UP, NewFact
from sampling.draw import CallUp, Picked, call_up
from sampling.encoding import Json, jcs
from sampling.teams import PassedOver, Replacement, Seat, replace
from sampling.verifying import FROZEN_FILES, Verified

EVENTS = {
    "draw-seat:replace": "更换检查人员",
    "draw-reserve:call-up": "递补备选对象",
}
PASSED_OVER = {"home": "地域回避", "not-lead": "不能任组长", "recused": "回避"}


@dataclass(frozen=True)
class SeatHeld:
    """Who holds a seat now, after every replacement; place 0 is the lead's."""

    district: str
    team: int
    place: int
    pseudonym: str


@dataclass(frozen=True)
class CalledUp:
    """A reserve that was called up beside a drawn entity (`called`), or passed by (`left`, team 0)."""

    entity: str
    district: str
    team: int
    beside: str
    outcome: str
    reason: str
    evidence: str


async def seats_of(draw: Draw) -> list[SeatHeld]:
    """Return every seat with its present holder, by district, team and place."""
    rows = await SeatTable.select().where(SeatTable.draw == draw.id)
    held = {(row["district"], row["team"], row["place"]): row["pseudonym"] for row in rows}
    for row in await _replacements(draw):
        held[(row["district"], row["team"], row["place"])] = row["pseudonym"]
    return [SeatHeld(*place, pseudonym) for place, pseudonym in sorted(held.items())]


async def called_up(draw: Draw) -> list[CalledUp]:
    """Return the reserves called up or left so far, in the order of the log."""
    rows = (
        await CallUpTable.select(
            CallUpTable.entity,
            CallUpTable.district,
            CallUpTable.team,
            CallUpTable.beside,
            CallUpTable.outcome,
            CallUpTable.reason,
            CallUpTable.evidence,
        )
        .where(CallUpTable.draw == draw.id)
        .order_by(CallUpTable.id)
    )
    return [CalledUp(**row) for row in rows]


async def recompute(draw: Draw) -> Verified:
    """Return the draw derived again from its files: what replacing and calling up reckon with."""
    if draw.state not in SIGNED:
        raise Refused("抽取结果签字确认后，才能更换人员或递补对象。")
    return seal_actions.derived(await seal_actions.machine_read(draw, [*FROZEN_FILES, "seed.json"]))


async def replace_inspector(
    deed: Deed,
    draw: Draw,
    verified: Verified,
    *,
    district: str,
    team: int,
    place: int,
    reason: str,
    unavailable: Mapping[str, str],
) -> Replacement:
    """Replace the holder of a seat by the next inspector of the published order (§7.7).

    `unavailable` are pseudonyms of those who cannot go that day, each with its reason; everyone passed
    over is recorded. Raises NotFound for no such seat, Refused when nobody is left.
    """
    _require_reason(reason)
    seats = await seats_of(draw)
    current = [s for s in seats if (s.district, s.team, s.place) == (district, team, place)]
    if not current:
        raise NotFound(f"没有这个席位：{district} 第 {team} 组第 {place} 位（0 为组长）。")
    found = replace(
        verified.frozen.plan,
        verified.frozen.frame,
        verified.seed.seed,
        Seat(district, team, place),
        entities=await _entities_of_team(draw, district, team),
        used=await _ever_seated(draw),
        unavailable=unavailable,
    )
    if found.inspector is None:
        raise Refused("没有可以接替的检查人员：" + _sentence(found.passed_over))
    await _record_replacement(deed, draw, current[0], found, reason)
    return found


async def _record_replacement(
    deed: Deed, draw: Draw, seat: SeatHeld, found: Replacement, reason: str
) -> None:
    passed: list[Json] = [
        {"inspector": one.inspector, "reason": one.reason} for one in found.passed_over
    ]
    await ReplacementTable.insert(
        ReplacementTable(
            draw=draw.id,
            district=seat.district,
            team=seat.team,
            place=seat.place,
            replaced=seat.pseudonym,
            pseudonym=found.inspector,
            passed_over=jcs(passed).decode(),
            reason=reason,
            at=deed.now,
        )
    )
    new: dict[str, Json] = {
        "district": seat.district,
        "team": seat.team,
        "place": seat.place,
        "replaced": seat.pseudonym,
        "inspector": found.inspector or "",
        "passed_over": passed,
    }
    await log(deed, draw, "draw-seat:replace", new, reason=reason)


async def call_up_reserve(
    deed: Deed, draw: Draw, verified: Verified, *, entity: str, reason: str, evidence: str
) -> tuple[CallUp, ...]:
    """Call up the next reserve beside a drawn entity that cannot be inspected (§6).

    `evidence` names the two attempts on different days. The drawn entity keeps its place and gets its
    result. Returns the reserves tried in turn; where no team may visit any of them, all are left and
    recorded so. Refused where the stratum has none to try.
    """
    _require_reason(reason)
    if not evidence.strip():
        raise Invalid(
            "请写明两次联系的情况。",
            {"evidence": ["递补以不同日期的两次联系未果为依据，请写明日期和方式。"]},
        )
    drawn = next((one for one in verified.result.drawn if one.id == entity), None)
    if drawn is None:
        raise NotFound(f"{entity} 不在这次抽查抽中的对象里，请核对代码。")
    before = await called_up(draw)
    if any(one.beside == entity and one.outcome == "called" for one in before):
        raise Refused(f"{entity} 已经递补过一家，不能再递补。")
    tried = await _tried(draw, verified, drawn, before)
    if not tried:
        raise Refused("这一层的备选对象已经用完，不能再递补。")
    await _record_call_ups(deed, draw, drawn, tried, reason, evidence)
    return tried


async def _tried(
    draw: Draw, verified: Verified, drawn: Picked, before: Sequence[CalledUp]
) -> tuple[CallUp, ...]:
    members: dict[int, list[str]] = {}
    for seat in await seats_of(draw):
        if seat.district == drawn.district:
            members.setdefault(seat.team, []).append(seat.pseudonym)
    recused = frozenset((one.inspector, one.entity) for one in verified.frozen.frame.recusals)
    return call_up(
        verified.result.reserve,
        frozenset(one.entity for one in before),
        drawn,
        verified.result.team_of[drawn.id].team,
        members,
        recused,
    )


async def _record_call_ups(
    deed: Deed,
    draw: Draw,
    drawn: Picked,
    tried: Sequence[CallUp],
    reason: str,
    evidence: str,
) -> None:
    for one in tried:
        await CallUpTable.insert(
            CallUpTable(
                draw=draw.id,
                entity=one.entity.id,
                district=one.entity.district,
                team=one.team,
                beside=drawn.id,
                outcome="called" if one.team else "left",
                reason=reason,
                evidence=evidence,
                at=deed.now,
            )
        )
    facts = [
        NewFact(one.entity.id, CALLED_UP, deed.today, draw.number, {"beside": drawn.id})
        for one in tried
        if one.team
    ]
    await record.write(deed, draw.bureau, facts, source=f"draw:{draw.number}")
    new: dict[str, Json] = {
        "beside": drawn.id,
        "tried": [{"entity": one.entity.id, "team": one.team} for one in tried],
        "evidence": evidence,
    }
    await log(deed, draw, "draw-reserve:call-up", new, reason=reason)


async def _entities_of_team(draw: Draw, district: str, team: int) -> set[str]:
    """Return every entity now assigned to a team: drawn ones and reserves called up to it."""
    rows = await SelectionTable.select(SelectionTable.entity).where(
        (SelectionTable.draw == draw.id)
        & (SelectionTable.district == district)
        & (SelectionTable.team == team)
    )
    called = [one for one in await called_up(draw) if (one.district, one.team) == (district, team)]
    return {row["entity"] for row in rows} | {one.entity for one in called}


async def _ever_seated(draw: Draw) -> set[str]:
    """Return everyone who took a seat in this draw: nobody takes a second one, nor comes back."""
    rows = await SeatTable.select(SeatTable.pseudonym).where(SeatTable.draw == draw.id)
    return {row["pseudonym"] for row in [*rows, *await _replacements(draw)]}


async def _replacements(draw: Draw) -> list[dict[str, object]]:
    return (
        await ReplacementTable.select()
        .where(ReplacementTable.draw == draw.id)
        .order_by(ReplacementTable.id)
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("请写明理由。", {"reason": ["理由要记入抽查记录，不能空着。"]})


def _sentence(passed: Sequence[PassedOver]) -> str:
    return "；".join(f"{one.inspector} {PASSED_OVER.get(one.reason, one.reason)}" for one in passed)
