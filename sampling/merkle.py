"""Merkle trees over byte strings: roots, inclusion and consistency proofs (RFC 9162 §2.1).

Hashes go in and out as 64 lower-case hexadecimal characters, as in all of the protocol (§1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sampling.errors import FormError


def leaf_hash(leaf: bytes) -> bytes:
    """Return the 32-byte hash of one leaf (prefix 0x00), which no inner node can have."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def merkle_root(leaves: Sequence[bytes]) -> str:
    """Return MTH(leaves) of RFC 9162 §2.1.1; of no leaves, the hash of the empty string."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    return _root([leaf_hash(leaf) for leaf in leaves]).hex()


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[str]:
    """Return the sibling hashes from leaf `index` up to the root (RFC 9162 §2.1.3.1).

    Raises FormError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise FormError("没有这一片叶。")
    level = [leaf_hash(leaf) for leaf in leaves]
    path = []
    while len(level) > 1:
        sibling = index ^ 1
        # A last hash without a sibling goes up as it is and adds nothing to the path.
        if sibling < len(level):
            path.append(level[sibling].hex())
        level = _parents(level)
        index //= 2
    return path


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[str]) -> str:
    """Return the root of the tree of `size` leaves that `path` proves (RFC 9162 §2.1.3.2).

    Raises FormError where the path cannot belong to that leaf and size.
    """
    if not 0 <= index < size:
        raise FormError("叶的序号不在树内。")
    node, last, steps = leaf_hash(leaf), size - 1, _hashes(path)
    for sibling in steps:
        if last == 0:
            raise FormError("证明路径过长。")
        if index % 2 == 1 or index == last:
            node = _node_hash(sibling, node)
            # Where the node has no right sibling, the levels without one are passed over.
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = _node_hash(node, sibling)
        index, last = index // 2, last // 2
    if last != 0:
        raise FormError("证明路径过短。")
    return node.hex()


def consistency_path(leaves: Sequence[bytes], old_size: int) -> list[str]:
    """Return the proof that the first `old_size` leaves are a prefix (RFC 9162 §2.1.4.1).

    Raises FormError unless 0 < old_size ≤ len(leaves).
    """
    if not 0 < old_size <= len(leaves):
        raise FormError("旧的叶数不在树内。")
    hashes = [leaf_hash(leaf) for leaf in leaves]
    return [node.hex() for node in _subproof(old_size, hashes, whole=True)]


def check_consistency(
    old_size: int, old_root: str, new_size: int, new_root: str, path: Sequence[str]
) -> bool:
    """Tell whether `path` proves the old tree to be a prefix of the new (RFC 9162 §2.1.4.2)."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    try:
        steps = _hashes(path)
        start = [bytes.fromhex(old_root)] if old_size & (old_size - 1) == 0 else []
    except ValueError:
        return False
    steps = start + steps
    if not steps:
        return False
    index, last = old_size - 1, new_size - 1
    while index % 2 == 1:
        index, last = index // 2, last // 2
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            old, new = _node_hash(step, old), _node_hash(step, new)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            new = _node_hash(new, step)
        index, last = index // 2, last // 2
    return last == 0 and old.hex() == old_root and new.hex() == new_root


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _parents(level: Sequence[bytes]) -> list[bytes]:
    pairs = [_node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    # Carrying an odd last hash up unchanged gives the split of RFC 9162 at the largest power of 2.
    return [*pairs, level[-1]] if len(level) % 2 else pairs


def _root(level: Sequence[bytes]) -> bytes:
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def _subproof(old_size: int, hashes: Sequence[bytes], *, whole: bool) -> list[bytes]:
    size = len(hashes)
    if old_size == size:
        return [] if whole else [_root(hashes)]
    split = 1 << ((size - 1).bit_length() - 1)
    if old_size <= split:
        return [*_subproof(old_size, hashes[:split], whole=whole), _root(hashes[split:])]
    right = _subproof(old_size - split, hashes[split:], whole=False)
    return [*right, _root(hashes[:split])]


def _hashes(path: Sequence[str]) -> list[bytes]:
    try:
        hashes = [bytes.fromhex(text) for text in path]
    except ValueError as error:
        raise FormError("证明路径只能是 64 位十六进制的散列值。") from error
    if any(node.hex() != text or len(node) != 32 for node, text in zip(hashes, path, strict=True)):
        raise FormError("证明路径只能是 64 位十六进制的散列值。")
    return hashes
