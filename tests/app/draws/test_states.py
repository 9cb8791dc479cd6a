"""The states of a draw: one table, printed for people, with two kinds of void (protocol §8)."""

from pathlib import Path

import pytest

from app.draws.state_rules import (
    AFTER_REVEAL,
    BEFORE_REVEAL,
    STATES,
    STEPS,
    State,
    after,
    possible_steps,
    states_page,
)
from registries.errors import Refused

PAGE = Path(__file__).parents[3] / "docs" / "draw-states.md"

CEREMONY = ("freeze", "open", "close-list", "reveal", "fix-parts", "fix-dice", "run")


def test_the_page_of_states_is_the_table_of_states() -> None:
    assert PAGE.read_text(encoding="utf-8") == states_page()


def test_the_ceremony_walks_from_prepared_to_unsealed() -> None:
    state: State = "prepared"
    for step in (*CEREMONY, "sign", "seal", "unseal"):
        state = after(state, step)
    assert state == "unsealed"


def test_a_draw_with_nobody_present_still_goes_on() -> None:
    assert after("listed", "fix-parts") == "parts-fixed"


@pytest.mark.parametrize("state", BEFORE_REVEAL)
def test_until_the_first_reveal_operator_and_witness_may_void(state: State) -> None:
    assert after(state, "void") == "void"
    assert STEPS["void"].by == ("operator", "witness")
    with pytest.raises(Refused, match="不能依据明确理由作废"):
        after(state, "void-on-ground")


@pytest.mark.parametrize("state", AFTER_REVEAL)
def test_after_the_first_reveal_only_a_named_ground_voids(state: State) -> None:
    assert after(state, "void-on-ground") == "void-public"
    assert STEPS["void-on-ground"].by == ("witness", "head")
    with pytest.raises(Refused, match="不能揭示前作废"):
        after(state, "void")


def test_every_state_but_the_first_is_reached_by_some_step() -> None:
    assert {step.target for step in STEPS.values()} == set(STATES) - {"prepared"}


def test_nothing_follows_a_void_or_abandoned_draw() -> None:
    ended = {state for state in STATES if not possible_steps(state)}
    assert ended == {"abandoned", "void", "void-public"}


def test_no_step_leads_back_before_the_dice() -> None:
    assert not [
        s for s in STEPS.values() if "dice-fixed" in s.sources and s.target in BEFORE_REVEAL
    ]


def test_a_refused_step_says_what_is_possible_instead() -> None:
    with pytest.raises(Refused, match=r"现在是“各方输入已固定”.*骰子数字录入完毕"):
        after("parts-fixed", "reveal")
