"""Tickets and selection of 1,500,000 entities, beside a bare hash loop and consistent_sampler."""

from __future__ import annotations

import hashlib

import consistent_sampler
import numpy as np

from benchmarks.machine import describe, median, seconds
from benchmarks.made_city import DISTRICTS, credit_code
from sampling.draw import select
from sampling.frame import Entities

BENCHMARK = True
ENTITIES = 1_500_000
SUBSET = 100_000
SEED = hashlib.sha256(b"benchmark").hexdigest()


def made(count: int) -> Entities:
    """Return `count` entities over the districts and three grades, sorted by id."""
    ids = np.sort(np.array([credit_code(DISTRICTS[n % 11], n) for n in range(count)], dtype="S18"))
    strata = tuple((district, grade) for district in DISTRICTS for grade in "ABC")
    stratum = (np.arange(count) * 2654435761 % 33).astype(np.int32)
    return Entities(ids, stratum, strata, b"")


def bare(ids: list[bytes], wanted: int) -> object:
    """Hash every id, and let numpy find the `wanted` smallest: the least anyone can do."""
    key = SEED[:32].encode()
    digests = b"".join([hashlib.sha256(key + entity).digest() for entity in ids])
    return np.argpartition(np.frombuffer(digests, dtype=">u8")[::4].astype(np.uint64), wanted)


def ours(entities: Entities, wanted: int) -> object:
    """Select `wanted` in all, the same number from each stratum, with two in reserve each."""
    each, rest = divmod(wanted, len(entities.strata))
    numbers = {key: each + (at < rest) for at, key in enumerate(entities.strata)}
    return select(entities, numbers, 2, SEED)


def sampler(ids: list[str], wanted: int) -> object:
    """Sample `wanted` with Rivest's consistent_sampler, which also orders by SHA-256 tickets."""
    return list(
        consistent_sampler.sampler(ids, with_replacement=False, take=wanted, seed=SEED, output="id")
    )


def main() -> None:
    """Print the medians for k = 80 and k = 8 %."""
    print(describe())
    entities = made(ENTITIES)
    ids = entities.ids.tolist()
    subset = made(SUBSET)
    names = [entity.decode() for entity in subset.ids.tolist()]
    for wanted, of_subset in ((80, 80), (ENTITIES * 8 // 100, SUBSET * 8 // 100)):
        mine = seconds(lambda: ours(entities, wanted))  # noqa: B023
        floor = seconds(lambda: bare(ids, wanted))  # noqa: B023
        ratio = sorted(mine)[len(mine) // 2] / sorted(floor)[len(floor) // 2]
        print(f"{ENTITIES} entities, k = {wanted}: select {median(mine)}")
        print(f"  bare hashlib loop and argpartition {median(floor)}; ratio {ratio:.2f}")
        mine = seconds(lambda: ours(subset, of_subset))  # noqa: B023
        peer = seconds(lambda: sampler(names, of_subset))  # noqa: B023
        ratio = sorted(peer)[len(peer) // 2] / sorted(mine)[len(mine) // 2]
        print(f"  subset of {SUBSET} entities, k = {of_subset}: select {median(mine)}")
        print(f"  consistent_sampler {median(peer)}: {ratio:.1f} times as long")


if __name__ == "__main__":
    main()
