"""The log's tree grows leaf by leaf and proves what RFC 9162 says, against sampling's trees over all leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registries.log_tree import (
    EMPTY_ROOT,
    Frontier,
    Subtree,
    consistency_ranges,
    inclusion_ranges,
    roots_of,
    subtrees_needed,
)
from sampling import encoding

LEAVES = [str(number).encode() for number in range(130)]
SIZES = st.integers(1, len(LEAVES))


def grown(size: int) -> tuple[Frontier, dict[Subtree, bytes]]:
    """Return the frontier of the first `size` leaves and the hash of every subtree completed."""
    frontier, hashes = Frontier(), {}
    for number, leaf in enumerate(LEAVES[:size]):
        for level, node in enumerate(frontier.append(encoding.leaf_hash(leaf))):
            hashes[Subtree(number, level)] = node
    return frontier, hashes


@given(SIZES)
def test_the_frontier_has_the_root_of_all_leaves(size: int) -> None:
    frontier, hashes = grown(size)
    assert frontier.root().hex() == encoding.merkle_root(LEAVES[:size])
    assert len(frontier.nodes) == size.bit_count()
    assert len(hashes) == 2 * size - size.bit_count()


def test_the_root_of_an_empty_log_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == encoding.merkle_root([])


@given(SIZES)
def test_a_frontier_written_down_goes_on_as_if_it_had_never_stopped(size: int) -> None:
    frontier, _ = grown(size)
    again = Frontier.parse(size, frontier.text())
    leaf = encoding.leaf_hash(b"one more")
    assert again.append(leaf) == frontier.append(leaf)
    assert again.root() == frontier.root()


@pytest.mark.parametrize(
    ("size", "text"), [(1, ""), (0, "00" * 32), (1, "AA" * 32), (1, "00"), (-1, ""), (2, "zz" * 32)]
)
def test_a_text_that_is_no_frontier_is_refused(size: int, text: str) -> None:
    with pytest.raises(ValueError, match=r"hash|hex"):
        Frontier.parse(size, text)


@given(st.data())
def test_stored_subtrees_give_the_inclusion_path_of_rfc_9162(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    number = data.draw(st.integers(0, size - 1))
    _, hashes = grown(size)
    path = roots_of(inclusion_ranges(number, size), hashes)
    assert path == encoding.inclusion_path(LEAVES[:size], number)
    root = encoding.merkle_root(LEAVES[:size])
    assert encoding.root_from_path(LEAVES[number], number, size, path) == root


@given(st.data())
def test_stored_subtrees_give_the_consistency_proof_of_rfc_9162(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    old_size = data.draw(st.integers(1, size))
    _, hashes = grown(size)
    path = roots_of(consistency_ranges(old_size, size), hashes)
    assert path == encoding.consistency_path(LEAVES[:size], old_size)
    old, new = (encoding.merkle_root(LEAVES[:count]) for count in (old_size, size))
    assert encoding.check_consistency(old_size, old, size, new, path)


def test_a_proof_in_a_log_of_a_million_million_needs_few_hashes() -> None:
    size = 10**12 - 1
    for ranges in (inclusion_ranges(size // 3, size), consistency_ranges(size // 3, size)):
        assert len(subtrees_needed(ranges)) <= 2 * size.bit_length()


@pytest.mark.parametrize(("number", "size"), [(3, 3), (-1, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_path(number: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        inclusion_ranges(number, size)


@pytest.mark.parametrize(("old_size", "size"), [(0, 3), (4, 3)])
def test_a_tree_is_proved_only_within_a_larger_one(old_size: int, size: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        consistency_ranges(old_size, size)
