"""The shape of the log's Merkle tree (RFC 9162 §2.1): growing by one leaf, and which subtrees a proof needs.

A complete subtree is named by its last leaf and its level (2^level leaves). Entry `last` completes the levels
0 … number of its trailing one bits, so the log keeps their hashes in that entry's own row and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_LENGTH = 32


class Subtree(NamedTuple):
    """A complete subtree of 2^level leaves that ends with leaf `last`."""

    last: int
    level: int


Range = tuple[int, int]
"""The leaves from the first number up to, not including, the second."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (prefix 0x01, RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def levels_completed(number: int) -> int:
    """Return how many complete subtrees end with leaf `number`, the leaf itself included."""
    return ((number + 1) & -(number + 1)).bit_length()


class Frontier:
    """The right edge of a tree: the hashes of its complete subtrees, the largest first.

    That is all one needs to add leaves and to know the root: at most one hash per bit of the size.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Take up an edge written down earlier. Raises ValueError when it cannot be one."""
        if size < 0 or len(nodes) != size.bit_count():
            raise ValueError("a frontier has one hash for each one bit of the size")
        if any(len(node) != HASH_LENGTH for node in nodes):
            raise ValueError("a hash has 32 bytes")
        self.size = size
        self.nodes = list(nodes)

    @classmethod
    def parse(cls, size: int, text: str) -> Frontier:
        """Return the frontier that `text()` wrote. Raises ValueError for any other text."""
        return cls(size, hashes_of(text))

    def text(self) -> str:
        """Return the hashes as hexadecimal characters, 64 each, the largest subtree first."""
        return b"".join(self.nodes).hex()

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf by its hash; return the hashes it completes: its own, then 2, 4, 8 … leaves."""
        completed = [leaf]
        for _ in range(levels_completed(self.size) - 1):
            completed.append(node_hash(self.nodes.pop(), completed[-1]))
        self.nodes.append(completed[-1])
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root over all leaves so far (RFC 9162 §2.1.1)."""
        return folded(self.nodes) if self.nodes else EMPTY_ROOT


def folded(nodes: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring complete subtrees of falling size."""
    return reduce(lambda right, left: node_hash(left, right), reversed(nodes))


def hashes_of(text: str) -> list[bytes]:
    """Return the hashes of a text of 64 lower-case hexadecimal characters each, else ValueError."""
    data = bytes.fromhex(text)
    if data.hex() != text or len(data) % HASH_LENGTH:
        raise ValueError("not a row of hashes in lower-case hexadecimal form")
    return [data[at : at + HASH_LENGTH] for at in range(0, len(data), HASH_LENGTH)]


def cover(leaves: Range) -> list[Subtree]:
    """Return the complete subtrees that make up a range, from left to right.

    The range begins where a subtree as large as its largest one can begin, as all ranges here do.
    """
    start, end = leaves
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        start += 1 << level
        subtrees.append(Subtree(start - 1, level))
    return subtrees


def inclusion_ranges(number: int, size: int) -> list[Range]:
    """Return the ranges whose roots are the path of a leaf, lowest first (RFC 9162 §2.1.3.1)."""
    if not 0 <= number < size:
        raise ValueError("the leaf is not in the tree")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if number < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(old_size: int, size: int) -> list[Range]:
    """Return the ranges whose roots prove the old tree a prefix (RFC 9162 §2.1.4.1)."""
    if not 0 < old_size <= size:
        raise ValueError("the old tree is not within the new one")
    start, end, path = 0, size, []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    # The old tree itself need not be sent: whoever checks the proof holds its root.
    if start > 0:
        path.append((start, end))
    return path[::-1]


def subtrees_needed(ranges: Iterable[Range]) -> set[Subtree]:
    """Return every complete subtree whose hash `roots_of` will ask for."""
    return {subtree for leaves in ranges for subtree in cover(leaves)}


def roots_of(ranges: Iterable[Range], hashes: Mapping[Subtree, bytes]) -> list[str]:
    """Return the root of each range as 64 hexadecimal characters."""
    return [folded([hashes[subtree] for subtree in cover(leaves)]).hex() for leaves in ranges]


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count` (RFC 9162 §2.1.1)."""
    return 1 << ((count - 1).bit_length() - 1)
