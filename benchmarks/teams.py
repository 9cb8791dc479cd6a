"""Teams: 30 districts × 5 teams × 3 seats from 500 inspectors, with homes and recusals."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from benchmarks.machine import describe, median, seconds
from benchmarks.made_city import number
from sampling.draw import Picked
from sampling.frame import Inspector, Recusal
from sampling.matching import assign
from sampling.teams import (
    deal,
    inspectors_in_order,
    make_pool,
    seats_in_order,
)

BENCHMARK = True
SEED = hashlib.sha256(b"benchmark").hexdigest()
DISTRICTS = [f"4401{at:02d}" for at in range(30)]


def drawn() -> list[Picked]:
    """Return 25 drawn entities for each of the 30 districts: five teams of five."""
    return [
        Picked(f"91{district}{at:010d}", district, "A", at + 1, f"{number(district, at):064x}", at)
        for district in DISTRICTS
        for at in range(25)
    ]


def inspectors(count: int, homes: int) -> list[Inspector]:
    """Return `count` inspectors, each avoiding `homes` districts; every third one can lead."""
    return [
        Inspector(
            f"P{at:04d}",
            frozenset(DISTRICTS[number("home", at, n) % 30] for n in range(homes)),
            number("lead", at) % 3 == 0,
            number("prior", at) % 8,
        )
        for at in range(count)
    ]


def assigned(pool: list[Inspector], recusals: list[Recusal]) -> list[int]:
    """Return the whole of §7.1–5: deal, order seats and inspectors, assign with lookahead."""
    dealt = deal(drawn(), 5)
    order = inspectors_in_order(pool, SEED, balance_load=True)
    eligible = make_pool(order, recusals, home_avoidance=True)
    seats = seats_in_order(dealt, 3, SEED)
    return assign(
        [
            eligible.eligible(seat.district, dealt[seat.district, seat.team], lead=seat.lead)
            for seat in seats
        ]
    )


def main() -> None:
    """Print the medians for an easy pool and for one where nearly everybody must go."""
    print(describe())
    people = drawn()
    for count, homes, pairs in ((500, 1, 500), (500, 12, 2000), (455, 12, 1000)):
        pool = inspectors(count, homes)
        # As many leads as needed are spread over all, or no assignment would exist.
        pool = [replace(one, can_lead=one.can_lead or at % 2 == 0) for at, one in enumerate(pool)]
        recusals = [
            Recusal(f"P{number('r', at) % count:04d}", people[number("e", at) % 750].id, "kin")
            for at in range(pairs)
        ]
        taken = seconds(lambda: assigned(pool, recusals))  # noqa: B023
        print(
            f"450 seats, {count} inspectors, {homes} homes each, {pairs} recusals: {median(taken)}"
        )


if __name__ == "__main__":
    main()
