"""Choices that are the same on every machine: SHA-256 of a seed, a label and a counter.

The demo's city must be identical for everyone who reads the README, whatever the Python version,
so it is not made with `random`, whose streams may change between versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")


class Chooser:
    """Answers questions by name; the same name and number always get the same answer."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def number(self, label: str, index: int, below: int) -> int:
        """Return a whole number in 0 … below − 1, as good as evenly spread for small `below`."""
        digest = hashlib.sha256(f"{self._seed}/{label}/{index}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % below

    def one_of(self, label: str, index: int, options: Sequence[Choice]) -> Choice:
        """Return one of `options`, each as likely as the next."""
        return options[self.number(label, index, len(options))]

    def weighted(self, label: str, index: int, options: Sequence[tuple[Choice, int]]) -> Choice:
        """Return one of the options; each is as likely as its whole-number weight says."""
        left = self.number(label, index, sum(weight for _, weight in options))
        for option, weight in options:
            if left < weight:
                return option
            left -= weight
        raise AssertionError("the weights were summed just above")
