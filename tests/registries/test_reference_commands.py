"""The commands of the reference data, from an empty database to a list in effect and a notice entered."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from tests.conftest import TestDatabase
from tests.registries.reference_makers import two_bureaus

BUREAU = ["--bureau", "440100"]


@pytest.fixture
def books(sqlite_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YAOHAO_DATABASE_URL", sqlite_database.address)
    monkeypatch.setenv("YAOHAO_LOG_FOLDER", str(tmp_path / "log"))
    asyncio.run(two_bureaus(tmp_path, monkeypatch))


class Said:
    """What a command answered: its exit status and what it wrote on both channels."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    def json(self) -> Any:
        """Return standard output as JSON; the command must have succeeded."""
        assert self.status == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def say(books: None, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: str) -> Said:
        status = run(list(words))
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return call


def test_the_calendar_answers_and_says_what_is_provisional(say: Any) -> None:
    assert say("calendar", "check", "2026-02-14", "--json").json()["working_day"] is True
    due = say("calendar", "add-days", "2026-09-30", "5", "--json").json()
    assert (due["day"], due["provisional"]) == ("2026-10-13", False)
    later = say("calendar", "add-days", "2026-12-25", "5", "--json").json()
    assert later["provisional"] is True
    assert "暂按周一至周五" in later["note"]
    assert len(say("calendar", "show", "2026", "--json").json()) == 13
    assert say("calendar", "check", "2026-13-01").status == 2


def test_a_notice_is_previewed_and_then_entered(say: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "2027.csv"
    sheet.write_text("日期,类型,节日\n2027-01-01,放假,元旦\n", encoding="utf-8")
    words = ["calendar", "import", str(sheet), "--year", "2027", "--number", "测试〔2026〕1号"]
    assert "2027-01-01" in say(*words, *BUREAU, "--preview").out
    foreseen = say(*words, *BUREAU, "--preview", "--json").json()
    assert [change["day"] for change in foreseen] == ["2027-01-01"]
    assert say("calendar", "check", "2027-01-01", "--json").json()["provisional"] is True
    assert say(*words, *BUREAU, "--yes").status == 0
    assert say("calendar", "check", "2027-01-01", "--json").json()["working_day"] is False
    asked = say(*words, *BUREAU, "--json")
    assert (asked.status, asked.out, "请加 --preview" in asked.err) == (1, "", True)
    again = say(*words, *BUREAU, "--yes")
    assert (again.status, "已经录入" in again.err) == (1, True)


def test_the_item_list_goes_from_proposal_to_effect(say: Any) -> None:
    assert "没有施行中" in say("items", "show", *BUREAU).err
    assert "48 项" in say("items", "import", *BUREAU).out
    assert say("items", "import", "--preview", *BUREAU).out == "没有差别。\n"
    assert say("items", "import", "--preview", "--json", *BUREAU).json() == []
    assert say("items", "effective", "1", "--from", "2026-01-01", *BUREAU).status == 0
    items = say("items", "show", "--on", "2026-06-01", "--json", *BUREAU).json()
    assert len(items) == 48
    one = say("items", "show", "--on", "2026-06-01", "--item", "09", *BUREAU).out
    assert "按月足额支付工资" in one
    assert "·" in one
    (version,) = say("items", "list", "--json", *BUREAU).json()
    assert version["effective"] == "2026-01-01"
    assert say("items", "import", "--json", *BUREAU).json() == {"version": 2, "items": 48}


def test_an_inspector_is_entered_changed_and_recused(say: Any) -> None:
    entered = say(
        "inspectors", "add", "TH-001", "--name", "测试甲", "--unit", "天河区劳动保障监察大队",
        "--level", "县级", "--home", "天河区", "--home", "440116", "--may-lead",
        "--certificate", "行政执法证", "粤A-1", "440100", "2024-01-01", "2028-12-31", *BUREAU,
    )  # fmt: skip
    assert entered.status == 0, entered.err
    shown = say("inspectors", "show", "TH-001", "--json", *BUREAU).json()
    assert shown["inspector"]["homes"] == ["440106", "440112"]
    changed = ["inspectors", "change", "TH-001", "--state", "停岗", "--reason", "培训"]
    assert say(*changed, *BUREAU).status == 0
    assert len(say("inspectors", "history", "TH-001", "--json", *BUREAU).json()) == 2
    assert "停岗" in say("inspectors", "list", "--state", "停岗", *BUREAU).out
    away = ["--first", "2026-12-01", "--last", "2026-12-02", "--reason", "会议"]
    assert say("inspectors", "unavailable", "TH-001", *away, *BUREAU).status == 0
    recusal = ["recusals", "add", "TH-001", "91440103MA5D00016N", "--declared-by", "本人"]
    assert say(*recusal, "--reason", "own-interest", *BUREAU).status == 0
    assert len(say("recusals", "list", "--json", *BUREAU).json()) == 1
    assert say("recusals", "end", "1", "--reason", "已转让股份", *BUREAU).status == 0
    assert "可以写" in say(*recusal, "--reason", "不喜欢", *BUREAU).err


def test_districts_are_found_added_and_merged(say: Any) -> None:
    assert say("districts", "find", "萝岗", "--json", *BUREAU).json()["code"] == "440112"
    assert "认不出" in say("districts", "find", "南山区", *BUREAU).err
    words = ["--from", "2026-07-01", "--source", "测试批复", "--reason", "设区", *BUREAU]
    added = say("districts", "add", "440119", "知识城区", "--parent", "440100", *words)
    assert added.status == 0, added.err
    assert len(say("districts", "list", "--json", *BUREAU).json()) == 12
    named = say("districts", "rename", "440106", "新天河区", *words)
    assert named.status == 0, named.err
    merge = ["districts", "merge", "440119", "--into", "440112", "--from", "2026-10-01"]
    merged = say(*merge, "--source", "测试批复", "--reason", "并入", *BUREAU)
    assert "440112 接替" in merged.out


def test_where_the_books_hold_two_bureaus_one_must_be_named(say: Any) -> None:
    refused = say("items", "list")
    assert (refused.status, "--bureau" in refused.err) == (1, True)


def test_sheets_are_imported_by_command(say: Any, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "工号,姓名,工作单位,层级,回避区划\nTH-001,测试甲,天河区劳动保障监察大队,县级,天河\n",
        encoding="utf-8",
    )
    assert "新登记 1 人" in say("inspectors", "import", str(people), *BUREAU).out
    assert "无变化 1 人" in say("inspectors", "import", str(people), *BUREAU).out
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        "工号,统一社会信用代码,回避事由,提出人,开始日期\n"
        "TH-001,91440103MA5D00016N,近亲属,本人,2026-01-01\n",
        encoding="utf-8",
    )
    assert "新登记 1 项" in say("recusals", "import", str(pairs), *BUREAU).out
    for subject, sheet in (("inspectors", people), ("recusals", pairs)):
        counts = say(subject, "import", str(sheet), "--json", *BUREAU).json()
        assert counts == {"new": 0, "changed": 0, "unchanged": 1}


@pytest.mark.parametrize("group", ["calendar", "districts", "inspectors", "items", "recusals"])
def test_help_is_in_chinese(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group, "--help"]) == 0
    assert "用法" in capsys.readouterr().out
