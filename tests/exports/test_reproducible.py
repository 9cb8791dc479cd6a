"""Equal data give equal bytes and equal digests; different data do not."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from benchmarks.render_documents import sample_notice
from exports.digest import canonical, data_digest
from exports.qr import qr_png, qr_svg
from tests.exports.makers import everything

_PRINT_HASHES = """
import hashlib
from tests.exports.makers import everything
for name, content in sorted(everything().items()):
    print(name, hashlib.sha256(content).hexdigest())
"""


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_with_another_hash_seed_writes_the_same_bytes(hash_seed: str) -> None:
    here = [f"{n} {hashlib.sha256(c).hexdigest()}" for n, c in sorted(everything().items())]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    there = subprocess.run(
        [sys.executable, "-c", _PRINT_HASHES],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split("\n")[:-1] == here


def test_every_entry_of_a_package_has_the_fixed_time_and_no_trace_of_the_machine() -> None:
    for content in everything().values():
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            core = package.read("docProps/core.xml").decode()
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.create_system for entry in entries} == {0}
        assert entries[0].filename == "[Content_Types].xml"
        assert core.count("1980-01-01T00:00:00Z") == 2


def test_the_digest_is_equal_for_equal_data_and_moves_with_every_field() -> None:
    notice = sample_notice(crowded=True)
    first = data_digest("kind", notice)
    assert data_digest("kind", sample_notice(crowded=True)) == first
    others = {
        data_digest("kind", dataclasses.replace(notice, entity_name="另一家")),
        data_digest("kind", dataclasses.replace(notice, issued=date(2026, 8, 25))),
        data_digest("kind", dataclasses.replace(notice, items=notice.items[::-1])),
        data_digest("another kind", notice),
    }
    assert len(others | {first}) == 5


def test_the_canonical_form_is_sorted_compact_json_without_absent_fields() -> None:
    data = {"b": 1, "a": ["甲", True, 0], "none": None, "day": date(2026, 1, 2)}
    expected = '{"data":{"a":["甲",true,0],"b":1,"day":"2026-01-02"},"document":"k"}'
    assert canonical("k", data).decode() == expected


def test_one_moment_has_one_canonical_form_in_every_time_zone() -> None:
    moment = datetime(2026, 8, 21, 1, 30, tzinfo=UTC)
    beijing = moment.astimezone(timezone(timedelta(hours=8)))
    assert canonical("k", [moment]) == canonical("k", [beijing])


@pytest.mark.parametrize(
    "value",
    [1.5, {"名": 1}, b"bytes", [None], datetime(2026, 1, 1)],  # noqa: DTZ001
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical("k", {"value": value})


def test_a_qr_code_is_the_same_each_time_and_another_for_another_text() -> None:
    assert qr_png("a" * 64) == qr_png("a" * 64) != qr_png("b" * 64)
    assert qr_png("a").startswith(b"\x89PNG")
    assert qr_svg("a") == qr_svg("a")
    assert qr_svg("a").startswith("<svg")
