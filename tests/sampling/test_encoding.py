"""§1: canonical JSON and CSV, digests, fractions; Merkle trees against published values."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.encoding import (
    check_consistency,
    consistency_path,
    fraction_text,
    inclusion_path,
    jcs,
    merkle_root,
    parse_csv,
    parse_jcs,
    root_from_path,
    sha256_hex,
    write_csv,
)
from sampling.errors import FormError

# The leaves and hashes that Certificate Transparency's own tests publish for RFC 6962 and 9162.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
NODE_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_published_for_rfc_9162(size: int) -> None:
    assert merkle_root(LEAVES[:size]) == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, NODE_2_3, NODE_4_7]),
        (5, 8, [LEAF_4, NODE_6_7, ROOTS[4]]),
        (2, 3, [ROOTS[2]]),
    ],
)
def test_inclusion_paths_are_those_published(index: int, size: int, path: list[str]) -> None:
    assert inclusion_path(LEAVES[:size], index) == path


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (1, 8, [LEAF_1, NODE_2_3, NODE_4_7]),
        (6, 8, [NODE_4_5, NODE_6_7, ROOTS[4]]),
        (2, 5, [NODE_2_3, LEAF_4]),
    ],
)
def test_consistency_paths_are_those_published(old: int, new: int, path: list[str]) -> None:
    assert consistency_path(LEAVES[:new], old) == path


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_every_leaf_proves_its_place_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = inclusion_path(leaves, index), merkle_root(leaves)
    assert root_from_path(leaves[index], index, len(leaves), path) == root
    assert root_from_path(leaves[index] + b"x", index, len(leaves), path) != root
    with pytest.raises(FormError):
        root_from_path(leaves[index], index, len(leaves), [*path, root])
    with pytest.raises(FormError):
        root_from_path(leaves[index], len(leaves), len(leaves), path)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_a_longer_tree_proves_that_it_kept_every_leaf(
    leaves: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    old_root, new_root = merkle_root(leaves[:old]), merkle_root(leaves)
    path = consistency_path(leaves, old)
    assert check_consistency(old, old_root, len(leaves), new_root, path)
    assert not check_consistency(old, old_root, len(leaves), new_root, [*path, new_root])
    assert not check_consistency(old, sha256_hex(b"other"), len(leaves), new_root, path)
    assert not check_consistency(old, old_root, len(leaves), sha256_hex(b"other"), path)


def test_text_is_escaped_as_in_rfc_8785() -> None:
    # The string of RFC 8785 §3.2.2, and its bytes in §3.2.4.
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f"
    expected = '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'
    assert jcs(text) == expected.encode()
    assert jcs({"literals": [True, False], "b": 1, "a\u007f": "\u2028"}) == (
        '{"a\u007f":"\u2028","b":1,"literals":[true,false]}'.encode()
    )


@pytest.mark.parametrize(
    "value", [1.0, None, -1, 2**53, {"é": 1}, "\ud800", [None], {1: 2}, b"bytes", {"a": [1.5]}]
)
def test_what_the_protocol_does_not_know_is_not_written(value: object) -> None:
    with pytest.raises(FormError):
        jcs(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"1.0",
        b"-0",
        b"-1",
        b"1e2",
        b"NaN",
        b"01",
        b"9007199254740992",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\u00e9"',
        b'"\\/"',
        b'"\xff"',
        b'"\\ud800"',
        b"\xef\xbb\xbf1",
        b"1\n",
        b"[" * 100_000,
        b"9" * 10_000,
    ],
)
def test_json_in_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(FormError):
        parse_jcs(data)


JSON = st.recursive(
    st.booleans()
    | st.integers(0, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_reads_back_as_it_was(value: object) -> None:
    assert parse_jcs(jcs(value)) == value


FIELD = st.text(st.sampled_from('ab,"中 '), max_size=6)


@given(st.lists(st.tuples(FIELD, FIELD), max_size=5))
def test_csv_reads_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    assert parse_csv(write_csv(("x", "y"), rows), ("x", "y")) == [list(row) for row in rows]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x,y",
        b"y,x\n",
        b"x,y\r\n",
        b"x,y\na\n",
        b"x,y\na,b,c\n",
        b"x,y\na,b",
        b"x,y\n\n",
        b'x,y\n"a",b\n',
        b'x,y\na"b,c\n',
        b'x,y\n"a,b\n',
        b'x,y\n"a,"b,c\n',
        b"x,y\na,b\r\n",
        b"x,y\na,\xff\n",
        b"\xef\xbb\xbfx,y\n",
    ],
)
def test_csv_in_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(FormError):
        parse_csv(data, ("x", "y"))


@pytest.mark.parametrize(
    ("value", "text"), [(Fraction(4, 6), "2/3"), (Fraction(2), "2/1"), (Fraction(0), "0/1")]
)
def test_fractions_are_written_reduced(value: Fraction, text: str) -> None:
    assert fraction_text(value) == text
