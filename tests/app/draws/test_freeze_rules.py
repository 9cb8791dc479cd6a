"""The pure rules of a freeze: days, order of reasons, pool, pseudonyms, chances in per cent."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.draws.people_rules import people_of, pseudonyms, recusal_rows
from app.draws.pool_rules import HOME_UNCLEAR, Candidate, candidates, mixed_lengths
from app.draws.preview_rules import percent
from app.draws.scope_rules import (
    EXCLUSIONS,
    first_reasons,
    months_before,
    rule_terms,
    standing_reason,
    windows,
)
from app.plans.rules import Policy
from sampling.encoding import parse_csv
from sampling.rows import HEADERS
from tests.registries.reference_makers import make_inspector

DISTRICTS = ("440103", "440106")
TOWNS = ("441900003", "441900101")


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 21), 6, date(2026, 5, 21)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2028, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 1, 15), 12, date(2025, 1, 15)),
        (date(2026, 3, 1), 3, date(2025, 12, 1)),
    ],
)
def test_months_are_counted_on_the_calendar(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_a_policy_without_cap_or_pause_states_no_such_rule() -> None:
    codes = [rule["code"] for rule in rule_terms(Policy(frequency_cap=0, pause_months=0), date.max)]
    assert codes == [c for c in EXCLUSIONS if c not in {"inspected-recently", "cap-reached"}]
    assert windows(Policy(pause_months=0), date(2026, 5, 1)).paused_since is None


def test_every_rule_states_its_parameters() -> None:
    rules = {one["code"]: one["parameters"] for one in rule_terms(Policy(), date(2026, 11, 21))}
    assert rules["inspected-recently"] == {"months": 6, "since": "2026-05-21"}
    assert rules["cap-reached"] == {"cap": 1, "since": "2026-01-01"}
    assert rules["drawn-this-year"] == {"since": "2026-01-01"}


@given(
    st.dictionaries(
        st.sampled_from(sorted(EXCLUSIONS)), st.sets(st.sampled_from("ABCDEF")), max_size=8
    )
)
def test_everyone_found_has_exactly_the_first_reason_in_declared_order(
    found: dict[str, set[str]],
) -> None:
    reasons = first_reasons(found)
    assert reasons.keys() == set().union(*found.values())
    for id_, reason in reasons.items():
        assert reason == next(code for code in EXCLUSIONS if id_ in found.get(code, set()))


@pytest.mark.parametrize(
    ("state", "state_reason", "code"),
    [
        ("retired", "", "retired"),
        ("set-aside", "code-check", "code-check"),
        ("set-aside", "code-check+district-unknown", "code-check"),
        ("set-aside", "district-unknown", "district-unknown"),
        ("set-aside", "name-odd", "set-aside"),
    ],
)
def test_standing_has_a_reason_code(state: str, state_reason: str, code: str) -> None:
    assert standing_reason(state, state_reason) == code


def pool(homes: tuple[str, ...], districts: tuple[str, ...] = DISTRICTS) -> Candidate:
    current = {"440116": "440112", "440999": None}
    one = make_inspector(homes=homes)
    known = {home: current.get(home, home) for home in homes}
    return candidates([one], [], districts, known)[0]


@pytest.mark.parametrize(
    ("homes", "districts", "kept", "reason"),
    [
        (("440106",), DISTRICTS, ("440106",), None),
        (("440116", "440106"), DISTRICTS, ("440106", "440112"), None),
        (("440112", "440116"), DISTRICTS, ("440112",), None),
        (("440999",), DISTRICTS, (), HOME_UNCLEAR),
        (("440100",), DISTRICTS, (), HOME_UNCLEAR),
        (("441900",), TOWNS, (), HOME_UNCLEAR),
        (("441900003",), TOWNS, ("441900003",), None),
        (("440106",), TOWNS, (), None),
        ((), DISTRICTS, (), None),
    ],
)
def test_homes_are_mapped_to_todays_districts_of_the_frames_length(
    homes: tuple[str, ...],
    districts: tuple[str, ...],
    kept: tuple[str, ...],
    reason: str | None,
) -> None:
    found = pool(homes, districts)
    assert (found.homes, found.reason) == (kept, reason)


def test_districts_and_towns_do_not_stand_in_one_draw() -> None:
    assert "不能放在同一次抽查里" in mixed_lengths(("440106", "441900003"))
    assert mixed_lengths(DISTRICTS) == mixed_lengths(TOWNS) == ""


@given(st.sets(st.text("0123456789abcdef", min_size=32, max_size=32), min_size=1, max_size=40))
def test_pseudonyms_follow_the_salts_and_nothing_of_the_person(salts: set[str]) -> None:
    one_way = {f"I{n}": salt for n, salt in enumerate(sorted(salts))}
    other = {f"J{len(salts) - n}": salt for n, salt in enumerate(sorted(salts))}
    assert list(pseudonyms(one_way).values()) == list(pseudonyms(other).values())
    assert len(set(pseudonyms(one_way).values())) == len(salts)


def test_everybody_has_a_row_in_people_csv_and_in_one_of_the_other_two() -> None:
    goes = Candidate(make_inspector(inspector="A1"), ("440106",), None)
    stays = Candidate(make_inspector(inspector="A2", certificates=()), (), "no-certificate")
    people = people_of([goes, stays], {"A1": "b" * 32, "A2": "a" * 32}, {"A1": 3})
    assert parse_csv(people.inspectors_csv, HEADERS["inspectors.csv"]) == [
        ["p002", "440106", "1", "3"]
    ]
    assert parse_csv(people.left_out_csv, HEADERS["left_out.csv"]) == [["p001", "no-certificate"]]
    assert parse_csv(people.people_csv, HEADERS["people.csv"]) == [
        ["p001", "-", "测试甲", "a" * 32],
        ["p002", "粤A-0001", "测试甲", "b" * 32],
    ]


def test_a_pair_stands_once_in_recusals_and_not_for_somebody_left_out() -> None:
    goes = Candidate(make_inspector(inspector="A1"), (), None)
    stays = Candidate(make_inspector(inspector="A2"), (), "suspended")
    people = people_of([goes, stays], {"A1": "a" * 32, "A2": "b" * 32}, {})
    pairs = [("A1", "X1", "own-interest"), ("A1", "X1", "relative-interest"), ("A2", "X1", "a")]
    assert recusal_rows(pairs, people) == [("p001", "X1", "own-interest")]


@pytest.mark.parametrize(
    ("chance", "shown"),
    [
        (Fraction(1), "100.00%"),
        (Fraction(1, 3), "33.33%"),
        (Fraction(2, 3), "66.67%"),
        (Fraction(1, 20_000), "0.01%"),
        (Fraction(0), "0.00%"),
    ],
)
def test_a_chance_is_shown_in_per_cent_rounded_half_up(chance: Fraction, shown: str) -> None:
    assert percent(chance) == shown
