"""Fairness over time: exact expectations, scores that mean something, alarms that can ring."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.draws.fairness_rules import (
    Again,
    PairComparison,
    StratumCount,
    by_district,
    by_grade,
    by_stratum,
    compare,
    met_again,
    pairs_of,
    repeats,
    rounding_variance,
    service_counts,
)


def stratum(**changes: object) -> StratumCount:
    values: dict[str, object] = {
        "draw": "2026-1",
        "district": "440103",
        "grade": "A",
        "population": 100,
        "expect": Fraction(5, 2),
        "drawn": 2,
    }
    return StratumCount(**(values | changes))  # type: ignore[arg-type]


def test_shares_and_counts_add_up_over_draws() -> None:
    (line,) = by_stratum([stratum(), stratum(draw="2026-2", drawn=3)])
    assert (line.draws, line.expected, line.actual, line.score) == (2, 5, 5, 0)


def test_groups_are_named_and_ordered() -> None:
    counts = [stratum(district="440104"), stratum(grade="B"), stratum()]
    assert [line.group for line in by_stratum(counts)] == ["440103 A", "440103 B", "440104 A"]
    assert [line.group for line in by_grade(counts)] == ["A", "B"]
    assert [line.actual for line in by_district(counts)] == [4, 2]


def test_a_whole_share_leaves_nothing_to_chance() -> None:
    (kept,) = by_stratum([stratum(expect=Fraction(2))])
    (broken,) = by_stratum([stratum(expect=Fraction(2), drawn=3)])
    assert kept.score is None
    assert "一致" in kept.sentence
    assert "不符" in broken.sentence


@pytest.mark.parametrize(
    ("actual", "words"),
    [(50, "正常范围"), (59, "正常范围"), (63, "偶然"), (70, "偏离过大"), (30, "偏离过大")],
)
def test_the_sentence_follows_the_distance(actual: int, words: str) -> None:
    # One hundred coins: expected 50, variance 25, standard error 5.
    assert words in compare("硬币", 1, Fraction(50), Fraction(25), actual).sentence


def test_the_score_is_in_hundredths_of_a_standard_error() -> None:
    assert compare("硬币", 1, Fraction(50), Fraction(25), 60).score == 200
    assert compare("硬币", 1, Fraction(50), Fraction(25), 40).score == -200


@given(st.fractions(min_value=0, max_value=1000))
def test_one_coin_per_share_never_varies_by_more_than_a_quarter(expect: Fraction) -> None:
    assert 0 <= rounding_variance(expect) <= Fraction(1, 4)


def test_repeats_count_only_those_who_were_drawn_before() -> None:
    line = repeats([Again("2026-2", 100, Fraction(10), before=20, again=2)])
    assert line.expected == 2
    assert line.variance == Fraction(20) * Fraction(1, 10) * Fraction(9, 10)
    assert line.score == 0


def test_meeting_an_old_acquaintance_far_too_often_is_said() -> None:
    line = repeats([Again("2026-2", 1000, Fraction(80), before=100, again=40)])
    assert "偏离过大" in line.sentence


def test_pairs_are_unordered_and_taken_within_a_team_only() -> None:
    assert pairs_of([["c", "a", "b"], ["d", "e"]]) == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
        ("d", "e"),
    }
    assert met_again([["b", "a"], ["c", "d"]], {("a", "b"), ("a", "c")}) == 1


def test_service_together_is_counted_per_draw() -> None:
    met = service_counts({"2026-1": [["a", "b"], ["c", "d"]], "2026-2": [["b", "a"], ["c", "e"]]})
    assert met == {("a", "b"): 2, ("c", "d"): 1, ("c", "e"): 1}


def test_pairs_that_meet_more_often_than_any_simulation_are_said() -> None:
    usual = PairComparison("2026-2", 2, (1, 2, 3) * 33)
    odd = PairComparison("2026-2", 9, (1, 2, 3) * 33)
    assert "正常范围" in usual.sentence
    assert odd.chance == Fraction(1, 100)
    assert "请核对" in odd.sentence
    assert odd.mean == 2
