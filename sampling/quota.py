"""How many must be drawn, and each stratum's exact share of them (protocol §3, §5 points 1–5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

from sampling.encoding import fraction_text
from sampling.errors import ProtocolError
from sampling.frame import Frame
from sampling.plan_form import Allocation, Plan, QuotaTerms, StratumKey, StratumShare

Shares = dict[StratumKey, Fraction]
"""Each stratum's `expect` of §5, in key order."""


def required_number(
    population: int, ratio_permille: int, floor: int, mode: Literal["either", "both"]
) -> int:
    """Return how many different entities the year must draw (§3).

    `mode` "either" takes the smaller of ratio and floor (the rule says 或), "both" the larger.
    """
    by_ratio = -(-population * ratio_permille // 1000)
    choose = min if mode == "either" else max
    return min(population, choose(by_ratio, floor))


def check_quota(plan: Plan, frame: Frame) -> None:
    """Raise ProtocolError `quota` where the plan's counts are not §3's, as a verifier checks it."""
    quota = plan.quota
    population = len(frame.entities) + len(frame.excluded) + quota.out_of_scope
    if quota.population != population:
        raise ProtocolError(
            "quota", f"方案的总数是 {quota.population}，名单合计却是 {population}。"
        )
    required = required_number(population, quota.ratio_permille, quota.floor, quota.mode)
    if quota.required != required:
        raise ProtocolError("quota", f"方案的应抽数是 {quota.required}，按规定应是 {required}。")
    if quota.round == quota.rounds and shortfall(quota, plan.allocation.total, 0) > 0:
        raise ProtocolError("quota", "这是最后一轮，抽完仍达不到全年应抽数。")


def shortfall(quota: QuotaTerms, total: int, frame_size: int) -> int:
    """Return by how many the year would miss `required` at best, 0 or less where it need not.

    Each later round can draw at most the whole frame of `frame_size` (§3, last sentence).
    """
    later = (quota.rounds - quota.round) * frame_size
    return quota.required - (quota.drawn_before + total + later)


def shares(populations: Mapping[StratumKey, int], allocation: Allocation) -> Shares:
    """Return §5's `expect` of every stratum in key order; their sum is the total.

    Raises ProtocolError `shares` where §5 refuses: more in full strata than the total, nowhere
    for what is left, or an open stratum that would get nothing.
    """
    keys = sorted(populations)
    rates = {key: allocation.rate(key[1]) for key in keys}
    full = {key for key in keys if rates[key] == "all"}
    weights = {
        key: populations[key] * rate
        for key, rate in rates.items()
        if isinstance(rate, int) and rate > 0
    }
    while True:
        districts = _districts(keys, populations, weights, full, allocation.district_minimum)
        left = allocation.total - sum(populations[key] for key in full)
        if left < 0:
            raise ProtocolError("shares", "全部抽取的对象已超过抽取总数。")
        amounts = _district_amounts(districts, left)
        found = {
            key: amounts[key[0]] * Fraction(weight, districts[key[0]].weight)
            for key, weight in weights.items()
            if key not in full
        }
        over = {key for key, share in found.items() if share > populations[key]}
        if not over:
            break
        full |= over
    for key, share in found.items():
        if share == 0:
            raise ProtocolError("shares", f"{key[0]} {key[1]} 级有抽取比例，却分不到名额。")
    return {
        key: Fraction(populations[key]) if key in full else found.get(key, Fraction(0))
        for key in keys
    }


def check_shares(plan: Plan, frame: Frame) -> Shares:
    """Return the shares recomputed from the frame; ProtocolError `shares` unless the plan's."""
    found = shares(frame.entities.populations, plan.allocation)
    if plan.strata != strata_of(frame.entities.populations, found):
        raise ProtocolError("shares", "方案中各地区各等级的数目或份额与名单重算的不符。")
    return found


def strata_of(
    populations: Mapping[StratumKey, int], found: Mapping[StratumKey, Fraction]
) -> tuple[StratumShare, ...]:
    """Return the `strata` of plan.json for these shares, in key order (§2)."""
    return tuple(
        StratumShare(key, populations[key], fraction_text(found[key])) for key in sorted(found)
    )


def most_per_district(found: Mapping[StratumKey, Fraction]) -> dict[str, int]:
    """Return the most entities that each district can get: its share rounded up (§5.6, §7.6)."""
    sums: defaultdict[str, Fraction] = defaultdict(Fraction)
    for (district, _), share in found.items():
        sums[district] += share
    return {district: ceil(total) for district, total in sums.items()}


@dataclass(frozen=True)
class _District:
    """An open district: `weight` is W_d of §5, `least` is min_d."""

    weight: int
    least: int


def _districts(
    keys: Iterable[StratumKey],
    populations: Mapping[StratumKey, int],
    weights: Mapping[StratumKey, int],
    full: set[StratumKey],
    district_minimum: int,
) -> dict[str, _District]:
    weight: defaultdict[str, int] = defaultdict(int)
    open_count: defaultdict[str, int] = defaultdict(int)
    full_count: defaultdict[str, int] = defaultdict(int)
    for key in keys:
        if key in full:
            full_count[key[0]] += populations[key]
        elif key in weights:
            weight[key[0]] += weights[key]
            open_count[key[0]] += populations[key]
    return {
        district: _District(
            total, max(0, min(district_minimum - full_count[district], open_count[district]))
        )
        for district, total in weight.items()
    }


def _district_amounts(districts: Mapping[str, _District], left: int) -> dict[str, Fraction]:
    """Return each open district's share of `left`, none below its minimum (§5.3)."""
    fixed: dict[str, int] = {}
    rest = dict(districts)
    remainder, weight = left, sum(district.weight for district in districts.values())
    while True:
        if remainder < 0:
            raise ProtocolError("shares", "各地区的最低数合计超过抽取总数。")
        # remainder × W_d / Σ W < min_d, without a division.
        below = [
            name
            for name, district in rest.items()
            if remainder * district.weight < district.least * weight
        ]
        if not below:
            break
        for name in below:
            district = rest.pop(name)
            fixed[name] = district.least
            remainder -= district.least
            weight -= district.weight
    if not rest and remainder != 0:
        raise ProtocolError("shares", "名额没有地区可分：抽取总数超过可抽的对象。")
    amounts = {name: Fraction(number) for name, number in fixed.items()}
    amounts |= {
        name: Fraction(remainder * district.weight, weight) for name, district in rest.items()
    }
    return amounts
