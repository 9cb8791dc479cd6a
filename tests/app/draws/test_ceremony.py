"""The deeds of the ceremony refuse what the protocol forbids, and what was done stays (§4, §8)."""

import pytest

from app.draws import ceremony_actions, result_actions, seal_actions, signing_actions
from app.draws.draw_reads import Draw, draw_of, steps_of
from registries import database
from registries.errors import Conflict, Invalid, NotFound, Refused
from sampling.seed import commit_of
from tests.app.draws.makers import (
    HEAD,
    OPERATOR,
    WITNESS,
    contribution_of,
    hold_ceremony,
    make_frozen_draw,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, SHENZHEN, do, make_bureau

pytestmark = pytest.mark.anyio


@pytest.fixture
async def frozen(database: TestDatabase) -> Draw:
    """Give a frozen draw of Guangzhou's bureau with two guest seats and six dice."""
    await make_bureau()
    return await make_frozen_draw(dice=6)


async def give(draw: Draw, label: str, commit: str, name: str = "来宾") -> None:
    await do(
        ceremony_actions.commit,
        draw=draw,
        label=label,
        contributor=name,
        capacity="群众代表",
        commit_value=commit,
    )


async def again(draw: Draw) -> Draw:
    return await draw_of(draw.bureau, draw.number)


async def test_nobody_commits_before_the_list_is_open_or_after_it_is_closed(frozen: Draw) -> None:
    with pytest.raises(Refused, match="已冻结"):
        await give(frozen, "bureau", "0" * 64)
    closed = await hold_ceremony(frozen, "listed")
    with pytest.raises(Refused, match="名单已截止"):
        await give(closed, "bureau", "0" * 64)


async def test_no_seat_is_given_twice(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "contributing")
    await give(draw, "guest-01", "a" * 64)
    await give(draw, "guest-02", "b" * 64)
    with pytest.raises(Invalid):
        await give(draw, "guest-01", "c" * 64)
    assert await ceremony_actions.commits_of(draw) == {"guest-01": "a" * 64, "guest-02": "b" * 64}


async def test_only_the_witness_closes_the_list(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "contributing")
    with pytest.raises(Refused, match="见证人"):
        await do(ceremony_actions.close_list, draw=draw, witness=" ")
    assert (await again(draw)).state == "contributing"


async def test_a_reveal_that_misses_its_commit_is_refused_and_may_be_corrected(
    frozen: Draw,
) -> None:
    draw = await hold_ceremony(frozen, "listed")
    nonce, value = contribution_of("bureau")
    with pytest.raises(Invalid, match="不一致"):
        await do(
            ceremony_actions.reveal, draw=draw, label="bureau", nonce=nonce, value=value + "。"
        )
    assert (await again(draw)).state == "listed"
    await do(ceremony_actions.reveal, draw=draw, label="bureau", nonce=nonce, value=value)
    with pytest.raises(Conflict):
        await do(
            ceremony_actions.reveal,
            draw=await again(draw),
            label="bureau",
            nonce=nonce,
            value=value,
        )


async def test_a_seat_without_a_commit_cannot_reveal(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "contributing")
    await give(draw, "bureau", commit_of(draw.commitment, "bureau", "0" * 64, "阳光"))
    await do(ceremony_actions.close_list, draw=draw, witness=WITNESS)
    with pytest.raises(Refused, match="没有提交过承诺"):
        await do(
            ceremony_actions.reveal,
            draw=await again(draw),
            label="guest-01",
            nonce="0" * 64,
            value="",
        )


async def test_nothing_revealed_stands_in_the_log(frozen: Draw) -> None:
    await hold_ceremony(frozen, "parts-fixed")
    logged = "".join(
        row["canonical"] for row in await database.fetch("SELECT canonical FROM audit_entry")
    )
    assert "draw-contribution:reveal" in logged
    for label in ("bureau", "discipline-inspection", "guest-01", "guest-02"):
        nonce, value = contribution_of(label)
        assert nonce not in logged
        assert value not in logged
        assert f"{label} 的人" not in logged


async def test_who_does_not_reveal_is_absent_and_the_draw_goes_on(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "drawn", absent=["guest-02", "bureau"])
    parts = await ceremony_actions.contributions_of(draw)
    assert [one.label for one in parts if one.absent] == ["bureau", "guest-02"]
    assert all(one.commit for one in parts)


async def test_a_draw_with_everybody_absent_is_decided_by_the_dice_alone(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "contributing")
    await do(ceremony_actions.close_list, draw=draw, witness=WITNESS)
    draw = await hold_ceremony_from_listed(await again(draw))
    assert draw.state == "sealed"


async def hold_ceremony_from_listed(draw: Draw) -> Draw:
    await do(ceremony_actions.fix_parts, draw=draw, operator=OPERATOR)
    return await hold_ceremony(await again(draw), "sealed")


async def test_the_parts_digest_is_in_the_log_before_the_first_die(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "revealing")
    digest = await do(ceremony_actions.fix_parts, draw=draw, operator=OPERATOR)
    last = await database.fetch("SELECT canonical FROM audit_entry ORDER BY number DESC LIMIT 1")
    assert digest in last[0]["canonical"]
    drawn = await hold_ceremony(await again(draw), "drawn")
    found = await result_actions.published(drawn)
    assert found is not None
    assert found.parts_digest == digest


async def test_the_last_agreed_digit_fixes_the_dice_and_logs_them(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "dice-fixed", digits="012345")
    last = await database.fetch(
        "SELECT event, canonical FROM audit_entry ORDER BY number DESC LIMIT 1"
    )
    assert last[0]["event"] == "draw:fix-dice"
    assert "012345" in last[0]["canonical"]
    with pytest.raises(Refused):
        await do(
            ceremony_actions.type_digit,
            draw=draw,
            typist="operator",
            name=OPERATOR,
            digit="1",
            operator=OPERATOR,
            witness=WITNESS,
        )


async def test_running_again_never_draws_again(frozen: Draw) -> None:
    ready = await hold_ceremony(frozen, "dice-fixed")
    first = await result_actions.compute(ready)
    second = await result_actions.compute(ready)
    assert first.result_file == second.result_file
    await do(result_actions.run, draw=ready, computed=first)
    # A second window, or a double click: the step was taken, whatever the caller still believes.
    with pytest.raises(Exception, match=r"(?i)unique"):
        await do(result_actions.run, draw=ready, computed=second)
    with pytest.raises(Refused, match="已抽取"):
        await do(result_actions.run, draw=await again(ready), computed=second)
    stored = await seal_actions.machine_read(await again(ready), ["result.json"])
    assert stored["result.json"] == first.result_file


async def test_a_witness_may_sign_with_objection_and_the_words_stay(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "sealed", objection="投影中断两分钟")
    steps = await steps_of(draw)
    assert [(one.step, one.reason) for one in steps][-2:] == [
        ("sign-with-objection", "投影中断两分钟"),
        ("seal", ""),
    ]


async def test_a_refused_signature_leaves_the_result_and_may_be_given_later(frozen: Draw) -> None:
    drawn = await hold_ceremony(frozen, "drawn")
    before = await result_actions.published(drawn)
    await do(signing_actions.refuse, draw=drawn, witness=WITNESS, statement="未看清骰子")
    waiting = await again(drawn)
    assert waiting.state == "awaiting-witness"
    with pytest.raises(Refused):
        await result_actions.compute(waiting)
    await do(signing_actions.sign_off, draw=waiting, operator=OPERATOR, witness="候补丁")
    assert await result_actions.published(await again(drawn)) == before


async def test_one_person_never_signs_for_both(frozen: Draw) -> None:
    drawn = await hold_ceremony(frozen, "drawn")
    with pytest.raises(Refused, match="同一个人"):
        await do(signing_actions.sign_off, draw=drawn, operator=OPERATOR, witness=OPERATOR)


async def test_a_stranger_neither_signs_nor_refuses_as_witness(frozen: Draw) -> None:
    drawn = await hold_ceremony(frozen, "drawn")
    with pytest.raises(Refused, match="候补丁"):
        await do(signing_actions.sign_off, draw=drawn, operator=OPERATOR, witness="路人")
    with pytest.raises(Refused, match="候补丁"):
        await do(signing_actions.refuse, draw=drawn, witness="路人", statement="不满意")


async def test_the_operator_never_voids_as_head(frozen: Draw) -> None:
    drawn = await hold_ceremony(frozen, "drawn")
    with pytest.raises(Refused, match="局负责人"):
        await do(
            signing_actions.void,
            draw=drawn,
            witness=WITNESS,
            second=OPERATOR,
            reason="省厅决定",
            ground="superior-order",
        )


async def test_before_the_first_reveal_two_people_void_with_a_reason(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "listed")
    await do(signing_actions.void, draw=draw, witness=WITNESS, second=OPERATOR, reason="会场停电")
    assert (await again(draw)).state == "void"


@pytest.mark.parametrize("state", ["revealing", "parts-fixed", "dice-fixed", "drawn", "sealed"])
async def test_after_the_first_reveal_only_a_named_ground_voids(frozen: Draw, state: str) -> None:
    draw = await hold_ceremony(frozen, state)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="整体错误"):
        await do(signing_actions.void, draw=draw, witness=WITNESS, second=HEAD, reason="结果不理想")
    await do(
        signing_actions.void,
        draw=draw,
        witness=WITNESS,
        second=HEAD,
        reason="名单用了上一年度的库",
        ground="frame-wrong",
    )
    assert (await again(draw)).state == "void-public"


async def test_a_void_draw_goes_nowhere_and_keeps_its_number(frozen: Draw) -> None:
    await do(signing_actions.void, draw=frozen, witness=WITNESS, second=OPERATOR, reason="会场停电")
    with pytest.raises(Refused, match="流程已结束"):
        await do(ceremony_actions.open_list, draw=await again(frozen), operator=OPERATOR)
    following = await make_frozen_draw()
    assert (following.sequence, following.previous) == (2, frozen.commitment)


async def test_what_the_hall_saw_is_open_at_sign_off(database: TestDatabase) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(hall_mode="open"))
    assert draw.state == "unsealed"
    assert await seal_actions.read_public_file(draw, "result.json")


async def test_a_doubt_stays_beside_the_result_and_changes_nothing(frozen: Draw) -> None:
    draw = await hold_ceremony(frozen, "drawn")
    before = await result_actions.published(draw)
    await do(ceremony_actions.doubt, draw=draw, label="guest-01", statement="第三位我看到的是 4")
    with pytest.raises(Conflict):
        await do(ceremony_actions.doubt, draw=draw, label="guest-01", statement="是 5")
    assert await result_actions.published(await again(draw)) == before


async def test_another_bureaus_draw_is_not_found(frozen: Draw) -> None:
    await make_bureau(SHENZHEN)
    with pytest.raises(NotFound):
        await draw_of(SHENZHEN, frozen.number)
    assert (await draw_of(GUANGZHOU, frozen.number)).frozen_at == NOON


async def test_every_deed_of_a_ceremony_leaves_exactly_one_entry(frozen: Draw) -> None:
    counted = await database.fetch_one("SELECT count(*) AS n FROM audit_entry")
    before = counted["n"] if counted else 0
    await hold_ceremony(frozen, "drawn")
    rows = await database.fetch("SELECT event FROM audit_entry ORDER BY number")
    events = [row["event"] for row in rows][before:]
    assert events == [
        "draw:open",
        *["draw-contribution:commit"] * 4,
        "draw:close-list",
        *["draw-contribution:reveal"] * 4,
        "draw:fix-parts",
        *["draw-dice:type"] * 11,
        "draw:fix-dice",
        "draw:run",
    ]
