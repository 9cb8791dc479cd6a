"""Tickets and selection of 1,500,000 entities, beside a bare hash loop and consistent_sampler."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable
from functools import partial

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


def compared(mine: Callable[[], object], peer: Callable[[], object]) -> tuple[str, str, float]:
    """Return the medians of five turns of each, taken in turn, and the median of peer / mine."""
    turns = [(seconds(mine, 1)[0], seconds(peer, 1)[0]) for _ in range(5)]
    # Other work on a shared machine then slows both of a turn alike.
    ratio = statistics.median(other / own for own, other in turns)
    return median([own for own, _ in turns]), median([other for _, other in turns]), ratio


def main() -> None:
    """Print the medians for k = 80 and k = 8 %."""
    print(describe())
    entities, subset = made(ENTITIES), made(SUBSET)
    ids = entities.ids.tolist()
    names = [entity.decode() for entity in subset.ids.tolist()]
    for wanted, of_subset in ((80, 80), (ENTITIES * 8 // 100, SUBSET * 8 // 100)):
        mine, floor, ratio = compared(partial(ours, entities, wanted), partial(bare, ids, wanted))
        print(f"{ENTITIES} entities, k = {wanted}: select {mine}")
        print(f"  bare hashlib loop and argpartition {floor}: select takes {1 / ratio:.2f} of it")
        mine, peer, ratio = compared(
            partial(ours, subset, of_subset), partial(sampler, names, of_subset)
        )
        print(f"  subset of {SUBSET} entities, k = {of_subset}: select {mine}")
        print(f"  consistent_sampler {peer}: {ratio:.1f} times as long")


if __name__ == "__main__":
    main()
