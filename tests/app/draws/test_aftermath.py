"""After the draw: replacements and call-ups follow the published order and leave their trace (§6, §7.7)."""

import pytest

from app.draws import aftermath_actions, signing_actions
from app.draws.draw_reads import Draw, draw_of
from registries import database
from registries.errors import Invalid, NotFound, Refused
from sampling.verifying import Verified
from tests.app.draws.makers import HEAD, WITNESS, hold_ceremony, make_frozen_draw
from tests.conftest import TestDatabase
from tests.makers import do, make_bureau

pytestmark = pytest.mark.anyio
EVIDENCE = "12月3日、12月5日两次上门及电话未果"


@pytest.fixture
async def sealed(database: TestDatabase) -> Draw:
    """Give a signed and sealed draw."""
    await make_bureau()
    return await hold_ceremony(await make_frozen_draw(dice=6, reserve=3))


async def facts(kind: str) -> set[str]:
    """Return the entities with a current fact of this kind."""
    rows = await database.fetch(
        "SELECT entity FROM fact f WHERE kind = {} AND NOT EXISTS"
        " (SELECT 1 FROM fact later WHERE later.supersedes = f.number)",
        kind,
    )
    return {row["entity"] for row in rows}


async def recomputed(draw: Draw) -> Verified:
    return await aftermath_actions.recompute(draw)


async def test_signing_writes_drawn_to_the_record_of_each_drawn_entity(sealed: Draw) -> None:
    result = (await recomputed(sealed)).result
    assert await facts("drawn") == {one.id for one in result.drawn}


async def test_voiding_a_signed_draw_takes_the_facts_back_and_keeps_them_readable(
    sealed: Draw,
) -> None:
    drawn = await facts("drawn")
    await do(
        signing_actions.void,
        draw=sealed,
        witness=WITNESS,
        second=HEAD,
        reason="省厅决定",
        ground="superior-order",
    )
    assert await facts("drawn") == set()
    kept = await database.fetch("SELECT entity FROM fact WHERE kind = 'drawn'")
    assert {row["entity"] for row in kept} == drawn


async def test_who_cannot_go_is_replaced_by_the_next_of_the_published_order(sealed: Draw) -> None:
    verified = await recomputed(sealed)
    seat = (await aftermath_actions.seats_of(sealed))[0]
    details = {"district": seat.district, "team": seat.team, "place": seat.place, "reason": "住院"}
    found = await do(
        aftermath_actions.replace_inspector,
        draw=sealed,
        verified=verified,
        unavailable={},
        **details,
    )
    seats = await aftermath_actions.seats_of(sealed)
    assert seats[0].pseudonym == found.inspector != seat.pseudonym
    assert len({one.pseudonym for one in seats}) == len(seats)
    once_more = await do(
        aftermath_actions.replace_inspector,
        draw=sealed,
        verified=verified,
        unavailable={},
        **details,
    )
    # Whoever held the seat before does not come back to it.
    assert once_more.inspector not in {seat.pseudonym, found.inspector}


async def test_everyone_passed_over_is_named_with_the_reason(sealed: Draw) -> None:
    verified = await recomputed(sealed)
    seat = (await aftermath_actions.seats_of(sealed))[0]
    details = {"district": seat.district, "team": seat.team, "place": seat.place, "reason": "住院"}
    seated = {one.pseudonym for one in await aftermath_actions.seats_of(sealed)}
    spare = [
        one.inspector for one in verified.frozen.frame.inspectors if one.inspector not in seated
    ]
    absent = dict.fromkeys(spare, "出差")
    with pytest.raises(Refused, match="没有可以接替"):
        await do(
            aftermath_actions.replace_inspector,
            draw=sealed,
            verified=verified,
            unavailable=absent,
            **details,
        )
    assert await database.fetch("SELECT id FROM draw_replacement") == []


async def test_there_is_no_such_seat(sealed: Draw) -> None:
    with pytest.raises(NotFound, match="没有这个席位"):
        await do(
            aftermath_actions.replace_inspector,
            draw=sealed,
            verified=await recomputed(sealed),
            district="440199",
            team=1,
            place=0,
            reason="住院",
            unavailable={},
        )


async def test_a_reserve_comes_in_addition_and_the_drawn_entity_stays(sealed: Draw) -> None:
    verified = await recomputed(sealed)
    reserves = {(one.district, one.grade) for one in verified.result.reserve}
    drawn = next(o for o in verified.result.drawn if (o.district, o.grade) in reserves)
    tried = await do(
        aftermath_actions.call_up_reserve,
        draw=sealed,
        verified=verified,
        entity=drawn.id,
        reason="无法联系",
        evidence=EVIDENCE,
    )
    assert (tried[-1].entity.district, tried[-1].entity.grade) == (drawn.district, drawn.grade)
    assert await facts("called-up") == {tried[-1].entity.id}
    assert drawn.id in await facts("drawn")
    with pytest.raises(Refused, match="已经递补过"):
        await do(
            aftermath_actions.call_up_reserve,
            draw=sealed,
            verified=verified,
            entity=drawn.id,
            reason="无法联系",
            evidence=EVIDENCE,
        )


async def test_a_call_up_needs_the_evidence_of_two_attempts(sealed: Draw) -> None:
    verified = await recomputed(sealed)
    with pytest.raises(Invalid, match="两次联系"):
        await do(
            aftermath_actions.call_up_reserve,
            draw=sealed,
            verified=verified,
            entity=verified.result.drawn[0].id,
            reason="无法联系",
            evidence=" ",
        )


async def test_nothing_is_replaced_or_called_up_before_the_signatures(
    database: TestDatabase,
) -> None:
    await make_bureau()
    drawn = await hold_ceremony(await make_frozen_draw(dice=6), "drawn")
    with pytest.raises(Refused, match="签字确认后"):
        await aftermath_actions.recompute(await draw_of(drawn.bureau, drawn.number))
