"""Seeded rounding: whole numbers whose means are the exact shares (protocol §5 point 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby
from math import lcm

from sampling.encoding import jcs
from sampling.plan_form import StratumKey

Held = tuple[StratumKey, int]
"""A stratum and what it holds, in parts of the common denominator."""


def round_shares(found: Mapping[StratumKey, Fraction], seed: str) -> dict[StratumKey, int]:
    """Return how many are drawn from each stratum, in key order (§5.6).

    Every number is the share rounded down or up, every district's sum likewise, the grand sum
    is exact, and over all seeds the mean of each number is its share. `seed` is 64 hex
    characters, Σ `found` is whole.
    """
    keys = sorted(found)
    numbers = {key: found[key].numerator // found[key].denominator for key in keys}
    # One denominator for all makes every comparison below one of whole numbers.
    unit = lcm(*(found[key].denominator for key in keys))
    parts = [
        (key, found[key].numerator % found[key].denominator * (unit // found[key].denominator))
        for key in keys
        if found[key].denominator > 1
    ]
    walk = _Walk(unit, seed, numbers)
    leftovers = [
        held
        for _, district in groupby(parts, key=lambda part: part[0][0])
        if (held := walk.through(list(district))) is not None
    ]
    walk.through(leftovers)
    return numbers


class _Walk:
    """Neighbours paired off one after the other; `numbers` is raised where one gets one more."""

    def __init__(self, unit: int, seed: str, numbers: dict[StratumKey, int]) -> None:
        self._unit = unit
        self._prefix = jcs(["yaohao/1 round", seed])[:-1]
        self._numbers = numbers

    def through(self, parts: list[Held]) -> Held | None:
        """Walk through `parts` holding one, and return what is still held at the end."""
        held: Held | None = None
        for part in parts:
            held = part if held is None else self._meet(held, part)
        return held

    def _meet(self, held: Held, following: Held) -> Held | None:
        total = held[1] + following[1]
        lot = self._lot(held[0], following[0])
        if total < self._unit:
            # lot / 2²⁵⁶ < a / s
            stays = lot * total < held[1] << 256
            return (held[0] if stays else following[0], total)
        # lot / 2²⁵⁶ < (1 − b) / (2 − s)
        held_wins = lot * (2 * self._unit - total) < (self._unit - following[1]) << 256
        winner, keeper = (held, following) if held_wins else (following, held)
        self._numbers[winner[0]] += 1
        rest = total - self._unit
        return (keeper[0], rest) if rest else None

    def _lot(self, held: StratumKey, following: StratumKey) -> int:
        """Return R of §5.6: the digest as a number below 2²⁵⁶."""
        # The codes are plain ASCII, so this is the canonical JSON without building it each time.
        pair = f',["{held[0]}","{held[1]}"],["{following[0]}","{following[1]}"]]'
        return int.from_bytes(hashlib.sha256(self._prefix + pair.encode()).digest(), "big")
