"""§7: dealing, order, eligibility, complete assignments, blocking sets, replacement."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import verifier
from sampling.errors import FreezeRefused, ProtocolError
from sampling.frame import Frame
from sampling.matching import Blocked, assign
from sampling.result import Result, draw
from sampling.teams import PassedOver, Seat, replace
from sampling.verifying import derive, read_frozen
from tests.sampling.makers import (
    drawn_files,
    entity_id,
    frame_files,
    fresh_draw,
    inspector_rows,
)

GRAPHS = st.lists(st.integers(0, 2**6 - 1), min_size=1, max_size=5)


def first_by_brute_force(eligible: Sequence[int]) -> list[int] | None:
    """Return the complete assignment that is smallest seat by seat: what §7.5 arrives at."""
    people = [[p for p in range(8) if mask >> p & 1] for mask in eligible]
    complete = (
        list(choice) for choice in itertools.product(*people) if len(set(choice)) == len(choice)
    )
    return min(complete, default=None)


@given(GRAPHS)
def test_a_complete_assignment_is_found_whenever_one_exists_and_it_is_the_first(
    eligible: list[int],
) -> None:
    expected = first_by_brute_force(eligible)
    if expected is not None:
        assert assign(eligible) == expected
        return
    with pytest.raises(Blocked) as blocked:
        assign(eligible)
    seats, people = blocked.value.seats, blocked.value.people
    able = {p for seat in seats for p in range(8) if eligible[seat] >> p & 1}
    assert able == set(people)
    assert len(people) < len(set(seats)) == len(seats)


@given(st.integers(0, 10**6))
def test_long_chains_of_moves_are_found(seed: int) -> None:
    # Seat s takes s or s + 1; the last takes only 0 … so everybody has to move by one.
    size = 40 + seed % 7
    eligible = [3 << seat for seat in range(size)] + [1]
    assert assign(eligible) == [*range(1, size + 1), 0]


def sent(result: Result) -> list[str]:
    return [person for team in result.teams for person in (team.lead, *team.members)]


@given(
    st.lists(st.sampled_from(["-", "440103", "440104", "440103+440105"]), min_size=8, max_size=16),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 14)), max_size=10),
    st.integers(100_000, 999_999),
)
def test_nobody_goes_twice_and_recusals_homes_and_leads_are_kept(
    homes: list[str], pairs: set[tuple[int, int]], dice: int
) -> None:
    entity_ids = [entity_id(d, n) for d in ("440103", "440104") for n in range(8)]
    recusals = [(f"P{p:04d}", entity_ids[e], "kin") for p, e in pairs]
    files = frame_files(inspectors=inspector_rows(len(homes), homes=homes), recusals=recusals)
    try:
        drawn = derive(drawn_files(files, digits=str(dice), total=6, dice=6))
    except FreezeRefused as refused:
        blocking = refused.reasons[0].blocking
        # What keeps a frozen draw from being made here is nothing but people, and it is true.
        if blocking is None or blocking.seats <= len(blocking.inspectors):
            raise
        return
    result, frame = drawn.result, drawn.frozen.frame
    people = {one.inspector: one for one in frame.inspectors}
    assert len(sent(result)) == len(set(sent(result)))
    barred = {(one.inspector, one.entity) for one in frame.recusals}
    for team in result.teams:
        assert people[team.lead].can_lead
        assert 1 <= len(team.entities) <= drawn.frozen.plan.entities_per_team
        for person in (team.lead, *team.members):
            assert team.district not in people[person].home
            assert not any((person, entity) in barred for entity in team.entities)
    assert sorted(one.id for one in result.drawn) == sorted(
        entity for team in result.teams for entity in team.entities
    )


def test_a_freeze_names_the_seats_that_cannot_be_filled() -> None:
    inspectors = [*inspector_rows(11, homes=["440104"]), ("P0011", "-", "1", "0")]
    with pytest.raises(FreezeRefused) as refused:
        fresh_draw(frame_files(inspectors=inspectors))
    (reason,) = refused.value.reasons
    assert reason.rule == "staffing"
    blocking = reason.blocking
    assert blocking is not None
    assert {group.district for group in blocking.groups} == {"440104"}
    assert blocking.inspectors == ("P0011",)
    assert blocking.seats > len(blocking.inspectors)
    assert "440104" in reason.sentence


def test_a_freeze_counts_a_recused_pair_against_the_whole_district() -> None:
    inspectors = inspector_rows(6)
    recusals = [(f"P{n:04d}", entity_id("440103", 0), "kin") for n in range(0, 6, 2)]
    with pytest.raises(FreezeRefused) as refused:
        fresh_draw(frame_files(inspectors=inspectors, recusals=recusals))
    assert refused.value.reasons[0].blocking is not None
    assert not fresh_draw(frame_files(inspectors=inspectors))[0].frame.recusals


def test_a_draw_that_was_never_freezable_is_refused_with_the_word_result() -> None:
    files = drawn_files()
    frozen = read_frozen(files)
    alone = Frame(frozen.frame.entities, (), frozen.frame.inspectors[:2], (), frozen.frame.recusals)
    with pytest.raises(ProtocolError) as refused:
        draw(frozen.plan, alone, frozen.shares, "0" * 64)
    assert refused.value.word == "result"


def test_a_replacement_is_the_first_unused_eligible_and_tells_who_was_passed_over() -> None:
    recusals = [("P0002", entity_id("440103", 1), "kin")]
    homes = ["-", "-", "-", "-", "440103", "-", "-", "-"]
    files = drawn_files(
        frame_files(inspectors=inspector_rows(8, homes=homes), recusals=recusals), total=2
    )
    drawn = derive(files)
    plan, frame, seed = drawn.frozen.plan, drawn.frozen.frame, drawn.seed.seed
    chosen = replace(
        plan,
        frame,
        seed,
        Seat("440103", 1, 0),
        entities=[entity_id("440103", 1)],
        used={"P0000"},
        unavailable={"P0006": "leave"},
    )
    # With P0000 used, and odd numbers unable to lead, only even ones could do; all are kept away.
    assert chosen.inspector is None
    assert set(chosen.passed_over) == {
        PassedOver("P0002", "recused"),
        PassedOver("P0004", "home"),
        PassedOver("P0006", "leave"),
        *(PassedOver(f"P{number:04d}", "not-lead") for number in (1, 3, 5, 7)),
    }
    member = replace(
        plan, frame, seed, Seat("440103", 1, 1), entities=[], used={"P0000"}, unavailable={}
    )
    assert member.inspector is not None
    assert {one.reason for one in member.passed_over} <= {"home"}


@given(GRAPHS)
def test_the_verifier_assigns_the_same(eligible: list[int]) -> None:
    assert verifier.assign(eligible, 8) == first_by_brute_force(eligible)


def test_the_verifier_does_not_search_a_dead_end_again(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first 60 inspectors are just enough for the one district, and everybody prefers them.
    only, size, searches = (1 << 60) - 1, 60, 0
    eligible = [(1 << 120) - 1, only] * size
    place = verifier.Matching.place

    def counted(matching: verifier.Matching, seat: int, allowed: int) -> bool:
        nonlocal searches
        searches += 1
        return place(matching, seat, allowed)

    monkeypatch.setattr(verifier.Matching, "place", counted)
    assert verifier.assign(eligible, 120) == assign(eligible)
    assert searches <= 4 * size
