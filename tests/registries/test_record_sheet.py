"""A sheet of facts: what people write for them, and that a file with any fault writes nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from app import cli
from registries import database as books
from registries.errors import Invalid
from registries.record_reads import facts, open_cases
from registries.record_rules import NewFact
from registries.record_sheet import import_facts, read_facts
from tests.conftest import TestDatabase
from tests.makers import FACTORY, GUANGZHOU, SHOP, do, make_bureau, make_entity

HEADER = "统一社会信用代码,记录种类,发生日期,文号,结果,说明\n"
ROWS = (
    f"{FACTORY},检查,2026-03-02,巡1号,,日常巡查\n"
    f"{FACTORY},立案,2026-03-05,立1号,,\n"
    f"{FACTORY},结案,2026-04-20,立1号,责令改正,\n"
    f"{SHOP},检查结果,2026-04-21,2026-01,无法联系,\n"
    f"{SHOP},立案,2026-05-06,立2号,,\n"
)


def sheet(folder: Path, text: str) -> Path:
    path = folder / "记录.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_peoples_words_become_facts(tmp_path: Path) -> None:
    read = read_facts(sheet(tmp_path, HEADER + ROWS))
    assert [place.row for place in read.places] == [2, 3, 4, 5, 6]
    assert read.facts[0] == NewFact(
        FACTORY, "inspected", date(2026, 3, 2), "巡1号", {"note": "日常巡查"}
    )
    assert read.facts[2].details == {"outcome": "corrected"}
    assert read.facts[3].details == {"result": "unreachable"}


def test_every_wrong_cell_is_named_by_row_and_column(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        read_facts(sheet(tmp_path, HEADER + f"{FACTORY},罚站,三月,,,\n,立案,2026-01-01,,,\n"))
    assert len(refusal.value.fields) == 3


async def test_a_sheet_is_entered_once_however_often_it_comes(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await make_entity()
    await make_entity(SHOP)
    read = read_facts(sheet(tmp_path, HEADER + ROWS))
    assert await do(import_facts, bureau=GUANGZHOU, sheet=read) == 5
    assert await do(import_facts, bureau=GUANGZHOU, sheet=read) == 0
    assert set(await open_cases(GUANGZHOU)) == {SHOP}


async def test_what_the_books_do_not_know_keeps_the_whole_sheet_out(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await make_entity()
    wrong = f"{FACTORY},结案,2026-04-20,立1号,,\n{SHOP},检查,2030-01-01,,,\n"
    read = read_facts(sheet(tmp_path, HEADER + f"{FACTORY},检查,2026-03-02,,,\n" + wrong))
    with pytest.raises(Invalid) as refusal:
        await do(import_facts, bureau=GUANGZHOU, sheet=read)
    assert list(refusal.value.fields) == [
        "第 3 行 E 结果",
        "第 4 行 A 统一社会信用代码",
        "第 4 行 C 发生日期",
    ]
    assert await facts(GUANGZHOU, FACTORY) == []


def test_the_command_says_how_many_were_new(
    sqlite_database: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("YAOHAO_DATABASE_URL", sqlite_database.address)
    books.run(make_bureau)
    books.run(make_entity)
    file = sheet(tmp_path, HEADER + f"{FACTORY},检查,2026-03-02,巡1号,,\n")
    assert cli.run(["record", "import", str(file)]) == 0
    assert "读取 1 条，新增 1 条" in capsys.readouterr().out
    assert cli.run(["record", "import", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"new": 0, "changed": 0, "unchanged": 1}
