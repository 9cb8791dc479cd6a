"""§9: both implementations refuse the same bundles, and for the same reason."""

from __future__ import annotations

import json
from functools import cache
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verifier
from sampling.errors import FreezeRefused, ProtocolError
from sampling.verifying import verify
from tests.sampling.makers import derived_files
from tests.sampling.mutations import (
    Files,
    canonical,
    mutants,
    resalted,
    resealed,
    reseeded,
    whole_bundle,
)

CHECKED = (*verifier.CHECKED_FILES, "people.csv")


def first_word(files: Files) -> str:
    """Return the word with which the library refuses, "" where it does not."""
    try:
        verify(files)
    except ProtocolError as refused:
        return refused.word if refused.sentence.endswith("。") else "no sentence"
    return ""


def second_word(files: Files) -> str:
    """Return the word with which verify.py refuses, "" where it does not."""
    return verifier.verify(files, people=files.get("people.csv")).word


@cache
def bundle() -> Files:
    return whole_bundle()


def disagreements(files: Files, step: int, first: int = 0) -> dict[str, tuple[str, str]]:
    """Return every `step`-th mutant on which the two differ, or which either accepts."""
    found = {}
    for told, spoilt in islice(mutants(files), first, None, step):
        words = first_word(spoilt), second_word(spoilt)
        # Leaving out people.csv leaves out only the check that needs it (§9 `roots`).
        unspoilt = spoilt == files or told == "people.csv: missing"
        if words[0] != words[1] or (words[0] == "") != unspoilt:
            found[told] = words
    return found


def test_the_unspoilt_bundle_is_accepted_by_both() -> None:
    assert (first_word(bundle()), second_word(bundle())) == ("", "")


def test_both_refuse_spoilt_bundles_with_the_same_word() -> None:
    assert disagreements(bundle(), 17) == {}


@pytest.mark.full
@pytest.mark.parametrize("first", range(7))
def test_both_refuse_all_spoilt_bundles_with_the_same_word(first: int) -> None:
    assert disagreements(bundle(), 7, first) == {}


@pytest.mark.full
@pytest.mark.parametrize("number", range(12))
def test_both_refuse_spoilt_derived_draws_with_the_same_word(number: int) -> None:
    try:
        files = derived_files(number)
    except FreezeRefused as refused:
        assert refused.reasons  # noqa: PT017 - such a draw does not come to be
    else:
        assert disagreements(files, 211, number) == {}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(CHECKED), place=st.floats(0, 1, exclude_max=True), by=st.integers(1, 255)
)
def test_any_one_changed_byte_of_any_file_is_refused_by_both(
    name: str, place: float, by: int
) -> None:
    data = bytearray(bundle()[name])
    data[int(place * len(data))] ^= by
    spoilt = {**bundle(), name: bytes(data)}
    words = first_word(spoilt), second_word(spoilt)
    assert words[0] == words[1] != ""


def plan_with(**changed: Any) -> Files:
    """Return the bundle with other values in plan.json, and a seed that fits."""
    plan = json.loads(bundle()["plan.json"]) | changed
    return resealed({**bundle(), "plan.json": canonical(plan)})


def seed_with(**changed: Any) -> Files:
    """Return the bundle with other values in seed.json, and digests that fit."""
    seed = json.loads(bundle()["seed.json"]) | changed
    return {**bundle(), "seed.json": canonical(seed)}


def quota_with(**changed: Any) -> Files:
    return plan_with(quota=json.loads(bundle()["plan.json"])["quota"] | changed)


def strata_with(*, key: object = None, **changed: Any) -> Files:
    strata = json.loads(bundle()["plan.json"])["strata"]
    strata[0] |= changed | ({} if key is None else {"key": key})
    return plan_with(strata=strata)


def thrown(dice: str) -> Files:
    """Return the bundle with other dice and the seed that follows from them."""
    plan_bytes, seed = bundle()["plan.json"], json.loads(bundle()["seed.json"])
    parts = sorted([one["label"], one["nonce"], one["value"]] for one in seed["contributions"])
    seed["dice"] = dice
    fitting = reseeded(seed, verifier.sha256_hex(plan_bytes), parts)
    return {**bundle(), "seed.json": canonical(fitting)}


def nested(depth: int) -> Files:
    """Return the bundle with terms.json in which a number lies inside `depth` arrays."""
    return resealed(resalted({**bundle(), "terms.json": b"[" * depth + b"1" + b"]" * depth}))


def people_with(certificate: str, name: str) -> Files:
    header, first, *rest = bundle()["people.csv"].decode().split("\n")
    code, _, _, salt = first.split(",")
    changed = "\n".join([header, f"{code},{certificate},{name},{salt}", *rest])
    return {**bundle(), "people.csv": changed.encode()}


@pytest.mark.parametrize(
    ("spoilt", "word"),
    [
        (lambda: strata_with(key=["广州市", "A"]), "keys"),
        (lambda: strata_with(key=["440103", "D"]), "keys"),
        (lambda: strata_with(population=0), "shares"),
        (lambda: strata_with(expect="2/2"), "shares"),
        (lambda: plan_with(strata=[]), "shares"),
        (lambda: plan_with(frozen_at="2026-03-02T24:00:00Z"), "keys"),
        (lambda: nested(100), "result"),
        (lambda: nested(101), "rows"),
        (lambda: people_with("", "王某"), "roots"),
        (lambda: people_with("GD\x7f", "王某"), "roots"),
        (lambda: quota_with(population=99), "quota"),
        (lambda: quota_with(required=0), "quota"),
        (lambda: plan_with(dice=True), "keys"),
        (lambda: thrown("12345"), "dice"),
        (lambda: thrown("１" * 10), "dice"),
        (lambda: thrown("0" * 10), "result"),
        (lambda: seed_with(seed="0" * 64), "seed"),
        (lambda: seed_with(parts_digest="0" * 64), "seed"),
        (lambda: seed_with(dice=1), "contributions"),
        (lambda: seed_with(contributions=[]), "contributions"),
    ],
    ids=range(20),
)
def test_the_text_decides_the_word(spoilt: Any, word: str) -> None:
    files = spoilt()
    assert (first_word(files), second_word(files)) == (word, word)
