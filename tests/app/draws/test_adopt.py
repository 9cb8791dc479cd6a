"""The machine dies in the middle of a ceremony: what was finished elsewhere comes home, or is refused."""

from dataclasses import replace

import pytest

from app.draws import adopt_actions, ceremony_actions, result_actions, seal_actions
from app.draws.adopt_actions import Elsewhere, Seat
from app.draws.draw_reads import Draw, draw_of, steps_of
from app.draws.state_rules import State
from registries import audit_log
from registries.errors import Invalid, Refused
from sampling.plan_form import Plan
from sampling.result import result_json
from sampling.seed import Contribution, commit_of, make_seed, seed_json
from sampling.verifying import FROZEN_FILES, derive
from tests.app.draws.makers import (
    OPERATOR,
    WITNESS,
    contribution_of,
    hold_ceremony,
    make_frozen_draw,
)
from tests.conftest import TestDatabase
from tests.makers import do, make_bureau

LABELS = ("bureau", "discipline-inspection", "guest-01", "guest-02")
SEATS = {label: Seat(f"{label} 的人", "群众代表") for label in LABELS}
TOLD = {
    "operator": OPERATOR,
    "witness": WITNESS,
    "statement": "09:40 电脑死机，改用备用电脑和冻结时的 U 盘完成。",
}


def contributed(plan: Plan, label: str, *, absent: bool) -> Contribution:
    nonce, value = contribution_of(label)
    commit = commit_of(plan.commitment, label, nonce, value)
    return Contribution(label, commit) if absent else Contribution(label, commit, nonce, value)


async def finished_elsewhere(
    draw: Draw, *, absent: tuple[str, ...] = (), digits: str = "3141592653"
) -> tuple[bytes, bytes]:
    """Return seed.json and result.json as another machine makes them from the frozen folder."""
    files = await seal_actions.machine_read(draw, list(FROZEN_FILES))
    plan = await ceremony_actions.plan_of(draw)
    given = [contributed(plan, label, absent=label in absent) for label in plan.contributors]
    files["seed.json"] = seed_json(make_seed(plan, given, digits))
    return files["seed.json"], result_json(derive(files).result)


async def brought(state: State, **elsewhere: object) -> tuple[Draw, Elsewhere]:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(), state)
    files = await finished_elsewhere(draw, **elsewhere)  # type: ignore[arg-type]
    return draw, await adopt_actions.check(draw, *files)


@pytest.mark.parametrize("state", ["frozen", "contributing", "listed", "revealing"])
async def test_a_ceremony_finished_elsewhere_becomes_the_drawn_result(
    database: TestDatabase, state: State
) -> None:
    draw, elsewhere = await brought(state)
    assert await do(adopt_actions.adopt, draw=draw, elsewhere=elsewhere, seats=SEATS, **TOLD) == (
        "drawn"
    )
    draw = await draw_of(draw.bureau, draw.number)
    found = await result_actions.published(draw)
    assert found is not None
    assert (found.root, found.dice) == (elsewhere.computed.result.root, "3141592653")
    stored = await seal_actions.machine_read(draw, ["seed.json", "result.json"])
    assert stored["seed.json"] == elsewhere.computed.seed_file
    steps = [one.step for one in await steps_of(draw)]
    assert steps == ["freeze", "open", "close-list", "reveal", "fix-parts", "fix-dice", "run"]
    newest = (await audit_log.entries(subject=f"draw:{draw.number}", limit=1))[0]
    assert newest.event == "draw:adopt"
    assert newest.entry().reason == TOLD["statement"]
    assert (await hold_ceremony(draw)).state == "sealed"


async def test_absence_elsewhere_is_absence_here(database: TestDatabase) -> None:
    draw, elsewhere = await brought("contributing", absent=("guest-02",))
    await do(adopt_actions.adopt, draw=draw, elsewhere=elsewhere, seats=SEATS, **TOLD)
    draw = await draw_of(draw.bureau, draw.number)
    assert [one.label for one in await ceremony_actions.contributions_of(draw) if one.absent] == [
        "guest-02"
    ]


async def test_files_that_do_not_derive_from_the_frozen_ones_are_refused(
    database: TestDatabase,
) -> None:
    await make_bureau()
    draw = await make_frozen_draw()
    seed_file, result_file = await finished_elsewhere(draw)
    other, _ = await finished_elsewhere(draw, digits="0000000000")
    for seed, result, word in (
        (other, result_file, "result"),
        (seed_file, result_file + b" ", "result"),
        (seed_file[:-1], result_file, "contributions"),
    ):
        with pytest.raises(Refused, match=word):
            await adopt_actions.check(draw, seed, result)


async def test_another_commit_than_the_one_recorded_here_is_refused(
    database: TestDatabase,
) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(), "contributing")
    recorded = {"label": "guest-01", "contributor": "甲", "capacity": "企业代表"}
    await do(ceremony_actions.commit, draw=draw, commit_value="a" * 64, **recorded)
    elsewhere = await adopt_actions.check(draw, *await finished_elsewhere(draw))
    with pytest.raises(Refused, match="guest-01 的承诺"):
        await do(adopt_actions.adopt, draw=draw, elsewhere=elsewhere, seats=SEATS, **TOLD)


async def test_a_reveal_recorded_here_cannot_become_an_absence(database: TestDatabase) -> None:
    draw, elsewhere = await brought("revealing", absent=("guest-02",))
    with pytest.raises(Refused, match="guest-02 在本机已经揭示"):
        await do(adopt_actions.adopt, draw=draw, elsewhere=elsewhere, seats=SEATS, **TOLD)


async def test_a_draw_whose_inputs_are_fixed_here_goes_on_here(database: TestDatabase) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(), "parts-fixed")
    with pytest.raises(Refused, match="同样的骰子数字"):
        await adopt_actions.check(draw, *await finished_elsewhere(draw))


@pytest.mark.parametrize(
    ("change", "field"), [({"statement": " "}, "statement"), ({"seats": {}}, "guest-01")]
)
async def test_who_and_why_must_be_said(
    database: TestDatabase, change: dict[str, object], field: str
) -> None:
    draw, elsewhere = await brought("contributing")
    with pytest.raises(Invalid) as refusal:
        await do(
            adopt_actions.adopt,
            draw=draw,
            elsewhere=elsewhere,
            **{"seats": SEATS, **TOLD, **change},
        )
    assert field in refusal.value.fields
    assert (await draw_of(draw.bureau, draw.number)).state == "contributing"


async def test_nothing_is_recorded_when_it_is_adopted_twice(database: TestDatabase) -> None:
    draw, elsewhere = await brought("frozen")
    await do(adopt_actions.adopt, draw=draw, elsewhere=elsewhere, seats=SEATS, **TOLD)
    with pytest.raises(Refused):
        await do(
            adopt_actions.adopt,
            draw=replace(draw, state="drawn"),
            elsewhere=elsewhere,
            seats=SEATS,
            **TOLD,
        )
