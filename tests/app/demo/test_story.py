"""The demo as a whole, on a small city, and what it does to its folder."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.demo.__main__ import MARK, prepare_folder
from app.demo.main_round import VERIFIED_BY
from app.demo.story import Size, tell
from app.demo.telling import Teller
from app.draws.draw_reads import draws_of
from registries.errors import Refused
from tests.conftest import TestDatabase


async def test_the_story_of_a_small_city_runs_through(
    database: TestDatabase, tmp_path: Path
) -> None:
    lines: list[str] = []
    office = await tell(
        tmp_path, Size(entities=600, inspectors=40, recusals=20), Teller(lines.append)
    )
    draws = await draws_of(office.bureau)
    assert [(one.number, one.state) for one in draws] == [
        ("2026-01", "unsealed"),
        ("2026-02", "unsealed"),
        ("2026-03", "sealed"),
    ]
    assert [one.previous for one in draws] == ["", draws[0].commitment, draws[1].commitment]
    told = "\n".join(lines)
    assert " ".join(re.findall("....", draws[2].commitment)) in told
    assert "没有揭示，按缺席计" in told
    assert all(program in told for program in VERIFIED_BY)
    # Who could not be found in June stays due and may be drawn again: then one fewer is different.
    assert re.search("抽查 3/3 次，抽中 (80|81) 家", told)
    assert len(lines) < 90
    assert (tmp_path / "2026-03.zip").exists()
    assert len(list((tmp_path / "2026-03" / "通知书").iterdir())) == 27
    assert office.clock.now - draws[2].frozen_at < timedelta(days=1)


def test_an_empty_or_new_folder_becomes_the_demos(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "new", fresh=False)
    assert (tmp_path / "new" / MARK).exists()


def test_the_last_demo_is_replaced_only_when_asked(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "demo", fresh=False)
    (tmp_path / "demo" / "old").touch()
    with pytest.raises(Refused, match="--fresh"):
        prepare_folder(tmp_path / "demo", fresh=False)
    prepare_folder(tmp_path / "demo", fresh=True)
    assert [one.name for one in (tmp_path / "demo").iterdir()] == [MARK]


def test_a_folder_with_other_files_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="别的文件"):
        prepare_folder(tmp_path, fresh=True)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
