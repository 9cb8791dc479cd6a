"""A million seeded roundings: no stratum's mean is off by more than 4.5 standard errors."""

from __future__ import annotations

import hashlib
import math
from collections import Counter

from benchmarks.machine import describe, median, seconds
from sampling.plan_form import Allocation, StratumKey
from sampling.quota import Shares, shares
from sampling.rounding import round_shares

BENCHMARK = True
ROUNDINGS = 1_000_000


def made_shares() -> Shares:
    """Return the shares of nine strata in three districts, all with a fractional part."""
    populations = {
        (f"4401{district:02d}", grade): 7 + 5 * district + 3 * "ABC".index(grade)
        for district in range(3)
        for grade in "ABC"
    }
    return shares(populations, Allocation(13, {"*": 1, "B": 3}, 0))


def counted(found: Shares, start: int, stop: int) -> Counter[StratumKey]:
    """Return how often each stratum got one more, over the seeds of this range."""
    more: Counter[StratumKey] = Counter()
    whole = {key: math.floor(share) for key, share in found.items()}
    for run in range(start, stop):
        numbers = round_shares(found, hashlib.sha256(b"%d" % run).hexdigest())
        more.update(key for key, number in numbers.items() if number > whole[key])
    return more


def main() -> None:
    """Print the largest deviation in standard errors, and the time of ten thousand roundings."""
    print(describe())
    found = made_shares()
    print(
        f"10,000 roundings of {len(found)} strata: {median(seconds(lambda: counted(found, 0, 10**4)))}"
    )
    more = counted(found, 0, ROUNDINGS)
    worst = max(
        abs(more[key] / ROUNDINGS - share % 1) / math.sqrt(share % 1 * (1 - share % 1) / ROUNDINGS)
        for key, share in found.items()
        if share.denominator > 1
    )
    print(
        f"{ROUNDINGS} roundings: the mean furthest off is {worst:.2f} standard errors off (limit 4.5)"
    )


if __name__ == "__main__":
    main()
