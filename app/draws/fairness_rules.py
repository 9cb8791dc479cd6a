"""Was chance fair over the years? Expected against actual counts of all signed draws.

Every comparison is conditional on the frames: whatever happened before a draw is taken as given, and only
that draw's own randomness is judged. So exclusion rules ("drawn this year") do not disturb the figures.

The variances are upper bounds (protocol §5: rounding and selection make counts move against each
other, never together), so a score is at most too small and an alarm is never an artefact of the bound.
All arithmetic is exact; a score is shown in hundredths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

# In hundredths of a standard error. With some 50 lines in a report about two lie beyond 2.00 by chance,
# and one beyond 3.50 in some 40 reports.
NOTABLE = 200
ALARMING = 350


@dataclass(frozen=True)
class StratumCount:
    """One stratum of one draw: its share `expect` (protocol §5) and how many were drawn from it."""

    draw: str
    district: str
    grade: str
    population: int
    expect: Fraction
    drawn: int


@dataclass(frozen=True)
class Comparison:
    """Expected against actual for one group; `score` is in hundredths of a standard error, signed.

    `score` is None where chance had nothing to decide (variance zero).
    """

    group: str
    draws: int
    expected: Fraction
    variance: Fraction
    actual: int
    score: int | None

    @property
    def sentence(self) -> str:
        """Say in plain Chinese what the figure means and what to do."""
        if self.score is None:
            if self.actual == self.expected:
                return "数量由规则定死，实际与规则一致。"
            return "数量由规则定死，实际与规则不符，请核对该次抽查的结果文件。"
        if abs(self.score) <= NOTABLE:
            return "在随机波动的正常范围内。"
        if abs(self.score) <= ALARMING:
            return "偏离较大但仍可能是偶然（约每二十行会有一行如此），继续观察。"
        return "偏离过大，难以用偶然解释，请逐次验证抽查结果包并核对名单冻结过程。"


def compare(
    group: str, draws: int, expected: Fraction, variance: Fraction, actual: int
) -> Comparison:
    """Return the comparison with its score, rounded towards zero."""
    return Comparison(group, draws, expected, variance, actual, _score(expected, variance, actual))


def _score(expected: Fraction, variance: Fraction, actual: int) -> int | None:
    if variance == 0:
        return None
    squared = (actual - expected) ** 2 / variance * 10_000
    size = isqrt(squared.numerator // squared.denominator)
    return size if actual >= expected else -size


def by_stratum(counts: Iterable[StratumCount]) -> list[Comparison]:
    """Compare per (district, grade) over all draws, in key order."""
    return _grouped(counts, lambda count: f"{count.district} {count.grade}")


def by_grade(counts: Iterable[StratumCount]) -> list[Comparison]:
    """Compare per grade over all districts and draws."""
    return _grouped(counts, lambda count: count.grade)


def by_district(counts: Iterable[StratumCount]) -> list[Comparison]:
    """Compare per district over all grades and draws."""
    return _grouped(counts, lambda count: count.district)


def _grouped(
    counts: Iterable[StratumCount], name_of: Callable[[StratumCount], str]
) -> list[Comparison]:
    groups: dict[str, list[StratumCount]] = {}
    for count in counts:
        groups.setdefault(name_of(count), []).append(count)
    return [
        compare(
            name,
            len({count.draw for count in group}),
            sum((count.expect for count in group), Fraction(0)),
            sum((rounding_variance(count.expect) for count in group), Fraction(0)),
            sum(count.drawn for count in group),
        )
        for name, group in sorted(groups.items())
    ]


def rounding_variance(expect: Fraction) -> Fraction:
    """Return f(1 − f) for the fractional part f of a share: one seeded coin decides it (§5 point 6)."""
    fraction = expect - expect.numerator // expect.denominator
    return fraction * (1 - fraction)


@dataclass(frozen=True)
class Again:
    """One stratum of one draw, seen from earlier draws: how many of its entities had been drawn before.

    `before` of the stratum's `population` were drawn in an earlier draw and are in this frame again;
    `again` of them were drawn now.
    """

    draw: str
    population: int
    expect: Fraction
    before: int
    again: int


def repeats(strata: Sequence[Again]) -> Comparison:
    """Compare how often chance met an entity a second time with how often it should have.

    An entity of a stratum is drawn with probability expect / population, whatever happened to it
    before; memberships within a stratum are never positively correlated, so the sum of p(1 − p) bounds
    the variance.
    """
    chances = [(s.before, s.expect / s.population) for s in strata]
    return compare(
        "重复抽中",
        len({s.draw for s in strata}),
        sum((n * p for n, p in chances), Fraction(0)),
        sum((n * p * (1 - p) for n, p in chances), Fraction(0)),
        sum(s.again for s in strata),
    )


Pair = tuple[str, str]


def pairs_of(teams: Iterable[Sequence[str]]) -> set[Pair]:
    """Return every two inspectors who serve in the same team, each pair in ascending order."""
    return {
        (first, second)
        for team in teams
        for place, first in enumerate(sorted(team))
        for second in sorted(team)[place + 1 :]
    }


def met_again(teams: Iterable[Sequence[str]], earlier: Iterable[Pair]) -> int:
    """Count the pairs of `teams` that had already served together."""
    return len(pairs_of(teams) & set(earlier))


@dataclass(frozen=True)
class PairComparison:
    """How many pairs met again in a draw, beside the same count in simulated draws of the same frame."""

    draw: str
    actual: int
    simulated: tuple[int, ...]

    @property
    def mean(self) -> Fraction:
        """Return the mean of the simulated counts."""
        return Fraction(sum(self.simulated), len(self.simulated))

    @property
    def chance(self) -> Fraction:
        """Return how likely chance alone brings at least as many (a Monte Carlo bound, never zero)."""
        reached = sum(1 for count in self.simulated if count >= self.actual)
        return Fraction(reached + 1, len(self.simulated) + 1)

    @property
    def sentence(self) -> str:
        """Say in plain Chinese what the figure means and what to do."""
        if self.chance > Fraction(1, 40):
            return "在随机波动的正常范围内。"
        return "同组重逢多于偶然应有的次数，请核对回避登记与人员库是否过小。"


def service_counts(teams_by_draw: Mapping[str, Iterable[Sequence[str]]]) -> dict[Pair, int]:
    """Count in how many draws each pair served together; pairs that never met are left out."""
    met: dict[Pair, int] = {}
    for teams in teams_by_draw.values():
        for pair in pairs_of(teams):
            met[pair] = met.get(pair, 0) + 1
    return met
