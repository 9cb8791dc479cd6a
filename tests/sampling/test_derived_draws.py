"""Many derived draws have one accumulated digest, which any implementation arrives at."""

import hashlib

import pytest

from sampling.errors import FreezeRefused
from sampling.result import result_json
from sampling.verifying import verify
from tests.sampling.makers import derived_files


def accumulated(count: int) -> str:
    """Return the digest over the results of the first `count` derived draws that freeze."""
    digest = hashlib.sha256()
    for number in range(count):
        try:
            digest.update(derived_files(number)["result.json"])
        except FreezeRefused:
            digest.update(b"refused")
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("count", "digest"),
    [
        (300, "bdf0f65421389d052c0cb367a902134d2c8991e5179cbb143cba0cdf977c616c"),
        pytest.param(
            10_000,
            "6c75f975a3b487fc44ee55f1bf2c4f916a32ef76aeebe1babaa5c3b3aa046296",
            marks=pytest.mark.full,
        ),
    ],
)
def test_derived_draws_have_one_accumulated_digest(count: int, digest: str) -> None:
    assert accumulated(count) == digest


@pytest.mark.parametrize("number", range(0, 60, 3))
def test_a_derived_draw_verifies(number: int) -> None:
    try:
        files = derived_files(number)
    except FreezeRefused as refused:
        assert refused.reasons  # noqa: PT017 - a draw may be refused, with its reasons
    else:
        assert result_json(verify(files).result) == files["result.json"]
