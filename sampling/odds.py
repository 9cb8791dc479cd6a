"""The chances before a draw: exact for every entity, simulated for inspectors (protocol §5, §7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from sampling.draw import select
from sampling.encoding import jcs, sha256_hex
from sampling.plan_form import StratumKey
from sampling.rounding import round_shares
from sampling.teams import Team, assign_teams
from sampling.verifying import FrozenDraw


@dataclass(frozen=True)
class StratumChance:
    """A stratum's exact share, and the chance of each of its entities: `expect / population`."""

    key: StratumKey
    population: int
    expect: Fraction
    chance: Fraction


@dataclass(frozen=True)
class InspectorOdds:
    """How often an inspector was sent, and as lead, in `runs` simulated draws."""

    inspector: str
    sent: int
    led: int
    runs: int

    @property
    def permille(self) -> int:
        """The estimated chance of being sent, per thousand, rounded to the nearest."""
        return (2000 * self.sent + self.runs) // (2 * self.runs)

    @property
    def error_permille(self) -> int:
        """The standard error of that estimate, per thousand, rounded up.

        Where it was never or always so, that would be zero and promise too much: then it is the
        bound that holds in 95 of 100 cases, 3 / runs.
        """
        if self.sent in (0, self.runs):
            return -(-3000 // self.runs)
        variance = Fraction(self.sent * (self.runs - self.sent), self.runs**3)
        return isqrt(-int(-(variance * 10**6) // 1) - 1) + 1


@dataclass(frozen=True)
class Spread:
    """The fewest, the middle and the most times that any inspector was sent."""

    fewest: int
    median: int
    most: int


def chances(
    populations: Mapping[StratumKey, int], found: Mapping[StratumKey, Fraction]
) -> tuple[StratumChance, ...]:
    """Return the exact chance of every stratum's entities, in key order (§5, last sentence).

    Exact up to 2⁻²⁵⁶ per rounding step.
    """
    return tuple(
        StratumChance(key, populations[key], found[key], found[key] / populations[key])
        for key in sorted(found)
    )


def inspector_odds(frozen: FrozenDraw, runs: int) -> tuple[InspectorOdds, ...]:
    """Return how often each inspector is sent in `runs` draws under made-up seeds, by pseudonym.

    The seeds are digests of a counter, so that everyone gets the same figures; none of them is
    the seed of the draw. Raises ProtocolError `result` where a run cannot be staffed.
    """
    sent: Counter[str] = Counter()
    led: Counter[str] = Counter()
    for teams in simulated_teams(frozen, runs):
        for team in teams:
            led[team.lead] += 1
            sent.update((team.lead, *team.members))
    names = (inspector.inspector for inspector in frozen.frame.inspectors)
    return tuple(InspectorOdds(name, sent[name], led[name], runs) for name in names)


def simulated_teams(frozen: FrozenDraw, runs: int) -> Iterator[tuple[Team, ...]]:
    """Yield the teams of `runs` draws under made-up seeds, always the same ones for a frozen draw.

    Raises ProtocolError `result` where a run cannot be staffed.
    """
    plan, frame = frozen.plan, frozen.frame
    for run in range(runs):
        seed = sha256_hex(jcs(["yaohao/1 odds", plan.commitment, run]))
        numbers = round_shares(frozen.shares, seed)
        drawn = select(frame.entities, numbers, 0, seed).drawn
        yield assign_teams(plan, frame, drawn, seed)


def spread(odds: Iterable[InspectorOdds]) -> Spread:
    """Return the spread of how often inspectors were sent; all zero where there are none."""
    counts = sorted(one.sent for one in odds) or [0]
    return Spread(counts[0], counts[len(counts) // 2], counts[-1])
