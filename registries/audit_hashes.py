"""The log's stored hashes: every complete subtree's, in the row of the entry that completed it."""

from __future__ import annotations

from registries import database
from registries.errors import Refused
from registries.log_tree import (
    EMPTY_ROOT,
    HASH_LENGTH,
    Range,
    Subtree,
    cover,
    roots_of,
    subtrees_needed,
)

# Numbers asked for in one statement; a proof in a log of 2⁴⁰ entries needs fewer.
MOST_NUMBERS = 500


async def subtree_roots(ranges: list[Range]) -> list[str]:
    """Return the roots of ranges of the log as 64 hexadecimal characters, out of the stored hashes.

    Raises Refused when a stored hash is missing: verifying names the entry.
    """
    needed = subtrees_needed(ranges)
    hashes = await _stored_hashes(needed)
    if missing := sorted(needed - hashes.keys()):
        raise Refused(
            f"编号 {missing[0].last} 的条目缺失或损坏，无法作出证明。请运行 yaohao audit verify 查明。"
        )
    return roots_of(ranges, hashes)


async def root_at(old_size: int) -> str:
    """Return the root of the first `old_size` entries, out of the stored hashes."""
    if old_size == 0:
        return EMPTY_ROOT.hex()
    return (await subtree_roots([(0, old_size)]))[0]


async def stored_edge(whole: int) -> list[bytes]:
    """Return the hashes of a frontier of that size, without those that are missing."""
    edge = cover((0, whole))
    hashes = await _stored_hashes(set(edge))
    return [hashes[subtree] for subtree in edge if subtree in hashes]


async def _stored_hashes(needed: set[Subtree]) -> dict[Subtree, bytes]:
    numbers = sorted({subtree.last for subtree in needed})
    texts: dict[int, str] = {}
    for at in range(0, len(numbers), MOST_NUMBERS):
        chunk = numbers[at : at + MOST_NUMBERS]
        marks = ", ".join("{}" for _ in chunk)
        rows = await database.fetch(
            f"SELECT number, hashes FROM audit_entry WHERE number IN ({marks})",  # noqa: S608
            *chunk,
        )
        texts |= {row["number"]: row["hashes"] for row in rows}
    found = {}
    for subtree in needed:
        start = subtree.level * HASH_LENGTH * 2
        text = texts.get(subtree.last, "")[start : start + HASH_LENGTH * 2]
        if len(text) == HASH_LENGTH * 2:
            found[subtree] = bytes.fromhex(text)
    return found
