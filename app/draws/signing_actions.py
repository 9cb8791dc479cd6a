"""Signing off, refusing, and voiding: two people, their words, and a record that stays (protocol §8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from app.draws import result_actions, seal_actions
from app.draws.ceremony_rules import (
    check_objection,
    check_two_people,
    check_void,
    check_witness,
)
from app.draws.draw_reads import Draw, steps_of
from app.draws.state_rules import AFTER_REVEAL, BEFORE_REVEAL, STATES, State
from app.draws.step_actions import log, take_step
from app.draws.tables import RevealTable, SelectionTable, SignatureTable, VoidTable
from registries import record
from registries.database import Deed
from registries.errors import Refused
from registries.person_names import same_person
from registries.record_rules import CALLED_UP, DRAWN, NewFact
from sampling.encoding import Json

EVENTS = {
    "draw:sign": "双方签字确认",
    "draw:sign-with-objection": "见证人有异议签字",
    "draw:refuse": "见证人拒绝签字",
    "draw:seal": "封存",
    "draw:void": "揭示前作废",
    "draw:void-on-ground": "依据明确理由作废",
}
Manner = Literal["signed", "objection"]


async def sign(
    deed: Deed, draw: Draw, *, operator: str, witness: str, objection: str = ""
) -> State:
    """Sign a drawn result off by operator and witness; `objection` makes it 有异议签字.

    The words of an objection go into the record and to the superior. A draw in hall mode `open`
    is public from here on, since its names were on the screen; any other is sealed by the
    caller's next deed, `seal`.
    """
    check_two_people(operator, witness)
    check_witness(witness, await _witnesses(draw))
    await result_actions.check_published(draw)
    step = "sign-with-objection" if objection.strip() else "sign"
    state = await take_step(
        deed, draw, step, operator=operator, witness=witness, reason=objection.strip()
    )
    await _signature(deed, draw, "operator", operator, "signed", "")
    manner = "objection" if objection.strip() else "signed"
    await _signature(deed, draw, "witness", witness, manner, objection.strip())
    new: dict[str, Json] = {"state": state, "operator": operator, "witness": witness}
    await log(deed, draw, f"draw:{step}", new, reason=objection.strip())
    return state


async def sign_off(
    deed: Deed, draw: Draw, *, operator: str, witness: str, objection: str = ""
) -> State:
    """Sign, write the facts to the entities' records, then seal, or open what the hall has seen (§8)."""
    state = await sign(deed, draw, operator=operator, witness=witness, objection=objection)
    signed = replace(draw, state=state)
    await record_drawn(deed, signed)
    if draw.hall_mode == "open":
        reason = "会场方式为公开，签字时启封"
        return await seal_actions.open_to_all(deed, signed, finished=False, reason=reason)
    return await seal(deed, signed)


async def refuse(deed: Deed, draw: Draw, *, witness: str, statement: str) -> State:
    """Record that the witness refuses to sign and why; the draw waits (待见证处理).

    Its result stands and cannot be drawn again: it is signed later, by this witness or the stand-by
    witness, or it is void on a named ground.
    """
    check_objection(statement)
    check_witness(witness, await _witnesses(draw))
    state = await take_step(deed, draw, "refuse", witness=witness, reason=statement)
    await _signature(deed, draw, "witness", witness, "refused", statement)
    await log(deed, draw, "draw:refuse", {"state": state, "witness": witness}, reason=statement)
    return state


async def seal(deed: Deed, draw: Draw) -> State:
    """Seal a signed draw until its inspections are finished (protocol §8)."""
    state = await take_step(deed, draw, "seal")
    await log(deed, draw, "draw:seal", {"state": state, "unseal_by": draw.unseal_by.isoformat()})
    return state


async def void(
    deed: Deed, draw: Draw, *, witness: str, second: str, reason: str, ground: str = ""
) -> State:
    """Make a draw void; it keeps its number and stays public (protocol §8).

    Before the first reveal `second` is the operator and a reason is enough. After it `second` is the
    bureau's head, `ground` is one of the named ones, and the whole bundle is public at once.
    """
    if draw.state not in (*BEFORE_REVEAL, *AFTER_REVEAL):
        raise Refused(f"这次抽查现在是“{STATES[draw.state]}”，不能作废。")
    revealed = draw.state not in BEFORE_REVEAL or bool(
        await RevealTable.count().where(RevealTable.draw == draw.id)
    )
    found = check_void(revealed=revealed, ground=ground, reason=reason)
    title = "局负责人" if revealed else "操作员"
    check_two_people(second, witness, titles=(title, "纪检监察见证人"))
    if revealed and any(same_person(second, one.operator) for one in await steps_of(draw)):
        raise Refused("揭示后作废须由局负责人办理，本次抽查的操作员不能以局负责人的身份办理。")
    step = "void-on-ground" if revealed else "void"
    operator = "" if revealed else second
    state = await take_step(deed, draw, step, operator=operator, witness=witness, reason=reason)
    await VoidTable.insert(
        VoidTable(
            draw=draw.id, ground=found, reason=reason, witness=witness, second=second, at=deed.now
        )
    )
    for kind in (DRAWN, CALLED_UP):
        # A void draw counts for nobody: neither towards the year nor against being drawn again.
        await record.withdraw(deed, draw.bureau, kind, draw.number, reason=reason)
    new: dict[str, Json] = {"state": state, "ground": found, "witness": witness, "second": second}
    await log(deed, draw, f"draw:{step}", new, reason=reason)
    return state


async def record_drawn(deed: Deed, draw: Draw) -> None:
    """Write "drawn" to the record of every entity of a signed draw; reserves have no fact yet."""
    rows = await SelectionTable.select(
        SelectionTable.entity, SelectionTable.district, SelectionTable.team
    ).where((SelectionTable.draw == draw.id) & (SelectionTable.team > 0))
    facts = [
        NewFact(
            row["entity"],
            DRAWN,
            deed.today,
            draw.number,
            {"district": row["district"], "team": row["team"]},
        )
        for row in rows
    ]
    await record.write(deed, draw.bureau, facts, source=f"draw:{draw.number}")


async def _witnesses(draw: Draw) -> set[str]:
    """Return who may sign as witness: whoever witnessed a step of this draw, and the stand-by."""
    return {one.witness for one in await steps_of(draw)} | {draw.standby_witness}


async def _signature(
    deed: Deed, draw: Draw, role: str, name: str, manner: str, statement: str
) -> None:
    await SignatureTable.insert(
        SignatureTable(
            draw=draw.id,
            signed_as=role,
            name=name,
            manner=manner,
            statement=statement,
            at=deed.now,
        )
    )
