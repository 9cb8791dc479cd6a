"""§8: what is not exactly a bundle is refused before anything in it is believed."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path

import pytest

from sampling import verifier
from sampling.__main__ import main
from sampling.bundle import read_bundle, write_bundle
from sampling.errors import ProtocolError
from tests.sampling.makers import drawn_files

TIME = (1980, 1, 1, 0, 0, 0)


def bundle_with(
    changed: Mapping[str, bytes] | None = None,
    *,
    without: str = "",
    time: tuple[int, int, int, int, int, int] = TIME,
    method: int = zipfile.ZIP_STORED,
) -> bytes:
    files = dict.fromkeys(verifier.BUNDLE_NAMES, b"x") | dict(changed or {})
    files.pop(without, None)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, time)
            entry.compress_type = method
            archive.writestr(entry, content)
    return out.getvalue()


def reordered() -> bytes:
    """Return a bundle whose directory lists its entries in another order than they lie in."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in verifier.BUNDLE_NAMES:
            archive.writestr(zipfile.ZipInfo(name, TIME), b"x")
        archive.filelist.reverse()
    return out.getvalue()


def zip64() -> bytes:
    """Return a bundle with zip64 sizes in the local header of plan.json."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in verifier.BUNDLE_NAMES:
            with archive.open(
                zipfile.ZipInfo(name, TIME), "w", force_zip64=name == "plan.json"
            ) as it:
                it.write(b"x")
    return out.getvalue()


def repeated() -> bytes:
    out = io.BytesIO(bundle_with())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(zipfile.ZipInfo("plan.json", TIME), b"y")
    return out.getvalue()


def patched(signature: bytes, offset: int, layout: str, value: int) -> bytes:
    data = bytearray(bundle_with())
    struct.pack_into(layout, data, data.index(signature) + offset, value)
    return bytes(data)


CENTRAL, LOCAL, END = b"PK\1\2", b"PK\3\4", b"PK\5\6"


def test_a_bundle_of_the_first_implementation_is_read_and_verifies() -> None:
    files = drawn_files()
    read = verifier.read_zip(write_bundle(files))
    assert verifier.verify(read).verified
    assert read["entities.csv"] == files["entities.csv"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no end record"),
        (bundle_with({"other.txt": b""}), "does not belong"),
        (bundle_with(without="plan.json"), "plan.json is missing"),
        (bundle_with({"a/plan.json": b""}), "nested"),
        (bundle_with({"../plan.json": b""}), "nested"),
        (bundle_with({"/plan.json": b""}), "nested"),
        (bundle_with({"C:\\plan.json": b""}), "nested"),
        (bundle_with(method=zipfile.ZIP_DEFLATED), "compressed"),
        (bundle_with({"plan.json": bytes(10**7)}, method=zipfile.ZIP_DEFLATED), "compressed"),
        (bundle_with(time=(2026, 1, 1, 0, 0, 0)), "not dated"),
        (b"x" + bundle_with(), "end record does not fit"),
        (bundle_with() + b"x", "no end record"),
        (patched(CENTRAL, 8, "<H", 1), "encrypted"),
        (patched(CENTRAL, 24, "<I", 7), "two sizes"),
        (patched(CENTRAL, 24, "<I", 0xFFFFFFFF), "zip64"),
        (patched(CENTRAL, 42, "<I", 5), "overlap"),
        (patched(LOCAL, 18, "<I", 7), "disagree"),
        (patched(LOCAL, 10, "<H", 7), "disagree"),
        (patched(CENTRAL, 30, "<H", 4), "extra"),
        (patched(END, 10, "<H", 0xFFFF), "zip64"),
        (patched(END, 16, "<I", 3), "does not fit"),
        (patched(END, 20, "<H", 1), "does not fit"),
        (patched(CENTRAL, 8, "<H", 8), "other flags"),
        (patched(CENTRAL, 34, "<H", 1), "extra"),
        (patched(CENTRAL, 20, "<I", 2**31), "two sizes"),
        (reordered(), "overlap"),
        (zip64(), "disagree"),
    ],
    ids=range(27),
)
def test_a_zip_that_is_not_exactly_a_bundle_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(verifier.Refused, match=sentence) as refused:
        verifier.read_zip(data)
    assert refused.value.word == "files"
    with pytest.raises(ProtocolError) as refused_too:
        read_bundle(data)
    assert refused_too.value.word == "files"


def test_a_repeated_name_is_refused() -> None:
    data = repeated()
    with pytest.raises(verifier.Refused, match="repeated"):
        verifier.read_zip(data)
    with pytest.raises(ProtocolError, match="重复"):
        read_bundle(data)


def read_or_none(read: Callable[[bytes], dict[str, bytes]], data: bytes) -> dict[str, bytes] | None:
    try:
        return read(data)
    except (verifier.Refused, ProtocolError):
        return None


def test_both_readers_read_the_same_out_of_every_zip_with_one_changed_byte() -> None:
    data, harmless = write_bundle(dict.fromkeys(verifier.BUNDLE_NAMES, b"x")), 0
    files = read_bundle(data)
    for at, value in product(range(len(data)), (1, 8, 255)):
        changed = data[:at] + bytes([data[at] ^ value]) + data[at + 1 :]
        found = read_or_none(read_bundle, changed)
        assert found == read_or_none(verifier.read_zip, changed), (at, value)
        assert found in (None, files)
        harmless += found is not None
    # What may differ is who wrote the zip and with which rights: no content depends on it.
    assert harmless < len(data)


def test_a_bundle_over_one_gibibyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.truncate(verifier.LARGEST_BUNDLE + 1)
    with pytest.raises(verifier.Refused, match="larger than 1 GiB"):
        verifier.read_bundle(str(path))
    assert main(["verify", str(path)]) != 0


def test_a_changed_byte_of_content_is_refused_by_its_checksum() -> None:
    data = bytearray(bundle_with())
    data[
        data.index(LOCAL) + 30 + len(zipfile.ZipFile(io.BytesIO(data)).namelist()[0].encode())
    ] ^= 1
    with pytest.raises(verifier.Refused, match="checksum"):
        verifier.read_zip(bytes(data))


@pytest.mark.parametrize("claimed", [0xFFFF, 12])
def test_a_directory_of_many_entries_is_refused_unread(claimed: int) -> None:
    record = CENTRAL + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"x"
    directory = record * 200_000
    end = END + struct.pack("<4H2IH", 0, 0, claimed, claimed, len(directory), 0, 0)
    with pytest.raises(ProtocolError, match="目录过大") as refused:
        read_bundle(directory + end)
    assert refused.value.word == "files"
