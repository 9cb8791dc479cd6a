"""A refused sheet of reference data: its faults as a workbook and as JSON, never over a file that is there."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app import cli
from registries import database as books
from tests.conftest import TestDatabase
from tests.makers import make_bureau

WRONG = "开始日期,类型,节日\n2027-13-01,放假,元旦\n2027-05-01,开会,\n"
COMMAND = ["calendar", "import", "notice.csv", "--year", "2027", "--number", "国办〔2026〕9号"]


@pytest.fixture
def here(sqlite_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work on migrated books with one bureau, in a folder with a wrong notice."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YAOHAO_DATABASE_URL", sqlite_database.address)
    books.run(make_bureau)
    (tmp_path / "notice.csv").write_text(WRONG, encoding="utf-8")
    return tmp_path


def test_all_faults_of_a_refused_sheet_are_saved_as_a_workbook(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*COMMAND, "--yes", "--faults", "问题.xlsx"]) == 1
    said = capsys.readouterr().err
    assert "第 2 行 A 开始日期：“2027-13-01”" in said
    assert "全部 2 处问题已存为 问题.xlsx" in said
    sheet = load_workbook(here / "问题.xlsx").active
    assert sheet is not None
    rows = [row[3:6] for row in sheet.iter_rows(values_only=True)]
    assert (2, "A 开始日期", "2027-13-01") in rows
    assert (3, "B 类型", "开会") in rows


def test_a_list_of_faults_overwrites_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "问题.xlsx").write_text("mine")
    assert cli.run([*COMMAND, "--yes", "--faults", "问题.xlsx"]) == 1
    assert "已经存在" in capsys.readouterr().err
    assert (here / "问题.xlsx").read_text() == "mine"
    assert cli.run([*COMMAND, "--yes", "--faults", "没有/问题.xlsx"]) == 1
    assert "没有存下" in capsys.readouterr().err


def test_programs_get_the_faults_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*COMMAND, "--yes", "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)["faults"]
    assert (first["row"], first["value"], first["reason"]) == (2, "2027-13-01", "date")
    assert (second["column"], second["reason"]) == ("B 类型", "choice")


def test_a_good_sheet_makes_no_list(here: Path) -> None:
    (here / "notice.csv").write_text("开始日期,类型,节日\n2027-01-01,放假,元旦\n", encoding="utf-8")
    assert cli.run([*COMMAND, "--yes", "--faults", "问题.xlsx"]) == 0
    assert not (here / "问题.xlsx").exists()
