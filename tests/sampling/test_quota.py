"""§3 and §5: required numbers, exact shares, and seeded rounding that keeps every promise."""

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sampling.errors import ProtocolError
from sampling.plan_form import Allocation
from sampling.quota import Shares, required_number, shares
from sampling.rounding import round_shares
from tests.sampling.makers import digest

ROUNDINGS = 20_000


@pytest.mark.parametrize(
    ("population", "permille", "floor", "mode", "required"),
    [
        (1000, 80, 80, "either", 80),
        (23_705, 80, 80, "either", 80),
        (23_705, 80, 80, "both", 1897),
        (1001, 80, 80, "both", 81),
        (500, 80, 80, "either", 40),
        (50, 80, 80, "both", 50),
        (0, 80, 80, "both", 0),
    ],
)
def test_the_smaller_or_the_larger_of_ratio_and_floor_is_required(
    population: int, permille: int, floor: int, mode: Any, required: int
) -> None:
    assert required_number(population, permille, floor, mode) == required


def allocate(
    populations: Mapping[str, int], total: int, rates: Mapping[str, Any], minimum: int = 0
) -> dict[str, str]:
    keyed = {(name[:-1], name[-1]): count for name, count in populations.items()}
    found = shares(keyed, Allocation(total, rates, minimum))
    return {district + grade: str(share) for (district, grade), share in found.items()}


def test_shares_follow_population_times_rate() -> None:
    assert allocate({"1A": 10, "1B": 10, "2A": 10}, 4, {"*": 1, "B": 2}) == {
        "1A": "1",
        "1B": "2",
        "2A": "1",
    }


def test_a_district_below_its_minimum_is_fixed_there_and_the_others_share_the_rest() -> None:
    assert allocate({"1A": 90, "2A": 9, "3A": 1}, 10, {"*": 1}, 1) == {
        "1A": "8",
        "2A": "1",
        "3A": "1",
    }


def test_a_minimum_is_no_more_than_the_district_has_and_counts_its_full_strata() -> None:
    assert allocate({"1A": 100, "2A": 1, "3A": 5, "3C": 2}, 15, {"*": 1, "C": "all"}, 3) == {
        "1A": "11",
        "2A": "1",
        "3A": "1",
        "3C": "2",
    }


def test_a_stratum_whose_share_exceeds_it_is_taken_whole() -> None:
    assert allocate({"1A": 10, "1B": 2}, 6, {"A": 1, "B": 100, "*": 0}) == {"1A": "4", "1B": "2"}


def test_rate_zero_gets_nothing() -> None:
    assert allocate({"1A": 10, "1B": 5}, 3, {"*": 1, "B": 0}) == {"1A": "3", "1B": "0"}


@pytest.mark.parametrize(
    ("populations", "total", "rates", "minimum"),
    [
        ({"1A": 5, "1C": 4}, 3, {"*": 1, "C": "all"}, 0),
        ({"1A": 5, "1C": 3}, 3, {"*": 1, "C": "all"}, 0),
        ({"1A": 5}, 6, {"*": 1}, 0),
        ({"1A": 5}, 1, {"*": 0}, 0),
        ({"1A": 5, "2A": 5, "3A": 5}, 2, {"*": 1}, 1),
    ],
    ids=["full > total", "open with 0", "more than there are", "no open", "minimums > total"],
)
def test_shares_that_cannot_be_are_refused(
    populations: Mapping[str, int], total: int, rates: Mapping[str, Any], minimum: int
) -> None:
    with pytest.raises(ProtocolError) as refused:
        allocate(populations, total, rates, minimum)
    assert refused.value.word == "shares"


POPULATIONS = st.dictionaries(
    st.tuples(st.sampled_from(["440103", "440104", "440105", "440106"]), st.sampled_from("-ABC")),
    st.integers(1, 60),
    min_size=1,
    max_size=12,
)
RATES = st.fixed_dictionaries(
    {"*": st.integers(0, 3)}, optional={"A": st.just("all"), "B": st.integers(0, 100)}
)


@given(POPULATIONS, RATES, st.integers(1, 80), st.integers(0, 4), st.integers(0, 10**6))
def test_numbers_keep_what_the_protocol_promises(
    populations: dict[tuple[str, str], int],
    rates: dict[str, Any],
    total: int,
    minimum: int,
    seed: int,
) -> None:
    try:
        found = shares(populations, Allocation(total, rates, minimum))
    except ProtocolError:
        assume(False)
    assert sum(found.values()) == total
    assert all(0 <= share <= populations[key] for key, share in found.items())
    numbers = round_shares(found, digest(seed))
    assert sum(numbers.values()) == total
    assert all(math.floor(found[key]) <= n <= math.ceil(found[key]) for key, n in numbers.items())
    for district in {key[0] for key in found}:
        share = sum((found[key] for key in found if key[0] == district), Fraction(0))
        number = sum(numbers[key] for key in numbers if key[0] == district)
        assert math.floor(share) <= number <= math.ceil(share)
    turned = dict(reversed(found.items()))
    assert round_shares(turned, digest(seed)) == numbers
    assert shares(dict(reversed(populations.items())), Allocation(total, rates, minimum)) == found


def many_roundings() -> tuple[Shares, dict[tuple[str, str], int], list[dict[str, int]]]:
    """Return shares, each stratum's count of extra ones, and each rounding's district totals."""
    populations = {
        (f"4401{district:02d}", grade): 3 + (district * 7 + ord(grade)) % 23
        for district in range(12)
        for grade in "ABC"
    }
    found = shares(populations, Allocation(50, {"*": 1, "B": 3}, 0))
    extra: defaultdict[tuple[str, str], int] = defaultdict(int)
    totals = []
    for run in range(ROUNDINGS):
        numbers = round_shares(found, digest("rounding", run))
        district: defaultdict[str, int] = defaultdict(int)
        for key, number in numbers.items():
            extra[key] += number - math.floor(found[key])
            district[key[0]] += number
        totals.append(dict(district))
    return found, extra, totals


def test_means_are_the_shares_and_districts_do_not_move_together() -> None:
    found, extra, totals = many_roundings()
    for key, share in found.items():
        part = float(share % 1)
        error = math.sqrt(part * (1 - part) / ROUNDINGS)
        assert abs(extra[key] / ROUNDINGS - part) <= 4.5 * error
    districts = sorted({key[0] for key in found})
    up = {
        district: [
            total[district]
            > math.floor(sum(share for key, share in found.items() if key[0] == district))
            for total in totals
        ]
        for district in districts
    }
    patterns = {tuple(column) for column in zip(*up.values(), strict=True)}
    # One random number for all would leave one pattern more than there are districts.
    assert len(patterns) > 8 * len(districts)
    correlations = [correlation(up[a], up[b]) for a, b in itertools.combinations(districts, 2)]
    # A fixed grand total makes neighbours compensate; never does one pull another along.
    assert max(correlations) < 4.5 / math.sqrt(ROUNDINGS)
    # Beyond its neighbours a district knows nothing of the others, as in independent draws.
    assert statistics.median(map(abs, correlations)) < 0.05


def correlation(a: list[bool], b: list[bool]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    both = sum(x and y for x, y in zip(a, b, strict=True)) / len(a)
    spread = math.sqrt(mean_a * (1 - mean_a) * mean_b * (1 - mean_b))
    return (both - mean_a * mean_b) / spread if spread else 0.0
