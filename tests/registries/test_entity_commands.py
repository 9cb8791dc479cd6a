"""The commands of the entities and of the record, on a database with two bureaus."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from tests.conftest import TestDatabase
from tests.makers import FACTORY, GUANGZHOU, SHENZHEN, SHOP, make_bureau, make_entity

AT = ("--bureau", GUANGZHOU)
WHY = ("--reason", "企业申报", "--by", "陈经办", *AT)


@pytest.fixture
def books(sqlite_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YAOHAO_DATABASE_URL", sqlite_database.address)
    monkeypatch.setenv("YAOHAO_LOG_FOLDER", str(tmp_path / "log"))

    async def two_bureaus() -> None:
        await make_bureau(GUANGZHOU)
        await make_bureau(SHENZHEN)
        await make_entity(FACTORY, contact="王五")
        await make_entity(SHOP, SHENZHEN, name="深圳零售店", district="440304")

    asyncio.run(two_bureaus())


@pytest.fixture
def say(books: None, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give a function that runs a command and returns (status, output, errors)."""

    def call(*words: str) -> tuple[int, str, str]:
        status = run(list(words))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_the_list_shows_one_bureaus_entities_without_anyones_name(say: Any) -> None:
    status, out, _ = say("entities", "list", *AT)
    assert (status, FACTORY in out, SHOP in out, "王五" in out) == (0, True, False, False)
    lines = json.loads(say("entities", "list", *AT, "--json", "--kind", "employer")[1])
    assert [line["id"] for line in lines] == [FACTORY]
    assert json.loads(say("entities", "list", *AT, "--json", "--grade", "B")[1]) == []
    assert json.loads(say("entities", "list", *AT, "--json", "--known", "2020-01-01")[1]) == []


def test_without_a_bureau_the_command_asks_which(say: Any) -> None:
    status, _, err = say("entities", "list")
    assert (status, "--bureau" in err) == (1, True)


def test_an_entity_is_found_by_name_and_shown_with_its_history(say: Any) -> None:
    assert FACTORY in say("entities", "search", "天河机械", *AT)[1]
    assert "至少三个" in say("entities", "search", "天河", *AT)[2]
    assert (
        say("entities", "change", FACTORY, "--set", "grade=B", "--set", "headcount=12", *WHY)[0]
        == 0
    )
    shown = json.loads(say("entities", "show", FACTORY, *AT, "--json")[1])
    assert (shown["grade"], shown["headcount"], shown["version"]) == ("B", 12, 2)
    assert shown["recorded_by"] == "command:陈经办"
    assert "王五" in say("entities", "show", FACTORY, *AT)[1]
    history = json.loads(say("entities", "history", FACTORY, *AT, "--json")[1])
    assert [line["version"] for line in history] == [2, 1]
    assert say("entities", "show", FACTORY, "--bureau", SHENZHEN)[0] == 1


def test_pages_follow_each_other(say: Any) -> None:
    for number in range(3):
        entered = say("entities", "enter", f"X{number}", "--set", f"name=第{number}机械厂",
                      "--set", "district=440106", *WHY)  # fmt: skip
        assert entered[0] == 0, entered[2]
    _, _, err = say("entities", "list", *AT, "--limit", "2")
    assert "--after X0" in err
    assert "X1" in say("entities", "list", *AT, "--after", "X0")[1]
    _, _, err = say("entities", "search", "机械厂", *AT, "--limit", "1")
    assert "--after" in err


def test_an_entity_is_retired_and_restored(say: Any) -> None:
    assert "已退出" in say("entities", "retire", FACTORY, *WHY)[1]
    assert say("entities", "change", FACTORY, "--set", "grade=B", *WHY)[0] == 1
    assert "在册" in say("entities", "restore", FACTORY, *WHY)[1]
    assert "不在待核" in say("entities", "complete", FACTORY, *WHY)[2]


@pytest.mark.parametrize(
    "pair", ["grade", "shop=1", "headcount=many", "established=2026", "permits=x"]
)
def test_a_value_that_cannot_be_set_is_explained(say: Any, pair: str) -> None:
    status, _, err = say("entities", "change", FACTORY, "--set", pair, *WHY)
    assert (status, pair.partition("=")[0] in err) == (1, True)


def test_somebody_who_saw_an_older_version_is_told(say: Any) -> None:
    assert say("entities", "change", FACTORY, "--set", "grade=B", *WHY)[0] == 0
    status, _, err = say("entities", "change", FACTORY, "--set", "grade=C", "--version", "1", *WHY)
    assert (status, "已被他人改过" in err) == (1, True)


def test_facts_are_added_listed_and_corrected(say: Any) -> None:
    who = ("--by", "陈经办", *AT)
    closed = ("--kind", "case-closed", "--on", "2026-03-04", "--reference", "案1")
    added = say(
        "record",
        "add",
        FACTORY,
        *closed,
        "--detail",
        "outcome=penalty",
        "--detail",
        "fine=2000",
        *who,
    )
    assert (added[0], "已记录：结案，编号 1" in added[1]) == (0, True)
    fact = json.loads(say("record", "list", *AT, "--json")[1])[0]
    assert (fact["details"], fact["recorded_by"]) == (
        {"outcome": "penalty", "fine": 2000},
        "command:陈经办",
    )
    assert "outcome=penalty" in say("record", "list", "--entity", FACTORY, *AT)[1]
    assert say("record", "correct", "1", "--withdraw", "--reason", "录错单位", *who)[0] == 0
    assert json.loads(say("record", "list", *AT, "--json")[1]) == []
    every = json.loads(say("record", "list", "--entity", FACTORY, "--superseded", *AT, "--json")[1])
    assert [(line["kind"], line["current"]) for line in every] == [
        ("withdrawn", False), ("case-closed", False),
    ]  # fmt: skip


def test_a_fact_without_its_kind_or_day_is_refused(say: Any) -> None:
    status, _, err = say("record", "add", FACTORY, "--by", "陈经办", *AT)
    assert (status, "--kind" in err, "--on" in err) == (1, True, True)
    status, _, err = say("record", "list", "--superseded", *AT)
    assert (status, "--entity" in err) == (1, True)


def test_the_books_are_backed_up_by_a_command(say: Any, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite"
    assert "已备份到" in say("backup", str(target))[1]
    assert target.exists()
    assert "已经存在" in say("backup", str(target))[2]
