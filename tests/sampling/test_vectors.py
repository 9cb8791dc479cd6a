"""§10: the vectors hold byte for byte, and every bad vector is refused with its word."""

from pathlib import Path

import pytest

from sampling.errors import ProtocolError
from sampling.plan_form import SALTED_FILES
from sampling.result import result_json
from sampling.verifying import Anchors, derive, verify
from tests.sampling.makers import BAD_VECTORS, VECTORS, drawn_files, read_vector


@pytest.mark.parametrize("folder", sorted(VECTORS.iterdir()), ids=lambda folder: folder.name)
def test_the_result_follows_from_the_other_files_byte_for_byte(folder: Path) -> None:
    files = read_vector(folder)
    expected = files.pop("result.json")
    assert result_json(derive(files).result) == expected


@pytest.mark.parametrize("folder", sorted(BAD_VECTORS.iterdir()), ids=lambda folder: folder.name)
def test_a_bad_bundle_is_refused_with_its_word(folder: Path) -> None:
    files = read_vector(folder)
    with pytest.raises(ProtocolError) as refused:
        verify(files)
    assert refused.value.word == files["expect"].decode().strip()
    assert refused.value.sentence.endswith("。")


def test_there_are_as_many_vectors_as_were_released() -> None:
    assert len(list(VECTORS.iterdir())) == 7
    assert len(list(BAD_VECTORS.iterdir())) == 31


@pytest.mark.parametrize(
    "name",
    [
        "plan.json",
        *SALTED_FILES,
        "salt.txt",
        "seed.json",
        "result.json",
        "people.csv",
    ],
)
def test_any_one_changed_byte_of_any_file_is_refused(name: str) -> None:
    files = drawn_files()
    found = verify(files)
    # A changed plan.json might make a draw of its own; what was published tells the two apart.
    anchors = Anchors(
        found.frozen.plan.commitment, found.seed.parts_digest, found.seed.dice, found.result.root
    )
    data = files[name]
    for at in range(0, len(data), max(1, len(data) // 40)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(ProtocolError):
            verify(files | {name: changed}, anchors)
