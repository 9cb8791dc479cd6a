"""`yaohao import entities`: what people see before, after, and when the file is refused."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from app import cli
from registries import database as books
from tests.conftest import TestDatabase
from tests.makers import make_bureau
from tests.registries.sheet_makers import CODES, GOOD, HEADER, csv_file


@pytest.fixture
def here(sqlite_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work on migrated books with one bureau, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YAOHAO_DATABASE_URL", sqlite_database.address)
    books.run(make_bureau)
    return tmp_path


def imported(*arguments: str) -> int:
    return cli.run(["import", "entities", *arguments])


def test_a_preview_shows_the_numbers_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(csv_file(here / "名录.csv", [HEADER, *GOOD, ("待核厂", "X1", "萝岗")]))
    assert imported(file, "--preview") == 0
    shown = capsys.readouterr().out
    assert "将新增 7，将变更 0，不变 0，将退出 0" in shown
    assert "待核 1：统一社会信用代码的形式或校验位不对（code-check）" in shown
    assert "第 8 行 B 统一社会信用代码 “X1”" in shown
    assert imported(file, "--preview", "--json") == 0
    assert json.loads(capsys.readouterr().out)["new"] == 7


def test_an_import_needs_a_reason_and_then_says_what_it_did(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(csv_file(here / "名录.csv", [HEADER, *GOOD]))
    assert imported(file) == 1
    assert "--reason" in capsys.readouterr().err
    assert imported(file, "--reason", "年度更新") == 0
    assert "已新增 6" in capsys.readouterr().out
    assert imported(file, "--reason", "年度更新") == 0
    assert "没有任何变化" in capsys.readouterr().out
    changed = csv_file(here / "新.csv", [HEADER, ("改名厂", CODES[0], "天河区"), *GOOD[1:]])
    assert imported(str(changed), "--preview") == 0
    assert "单位名称 “广州第1工厂” → “改名厂”" in capsys.readouterr().out


def test_a_refused_file_ends_with_1_and_its_faults_are_saved_as_xlsx(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(*HEADER, "法定代表人"), ("", CODES[0], "天河区", "=张三")]
    file = str(csv_file(here / "名录.csv", rows))
    assert imported(file, "--reason", "年度更新", "--faults", "问题.xlsx") == 1
    printed = capsys.readouterr()
    assert "没有写入任何内容" in printed.err
    assert "[拒绝] 第 2 行 A 企业名称：没有填单位名称" in printed.out
    sheet = openpyxl.load_workbook(here / "问题.xlsx").active
    cells = [[cell for cell in row if cell] for row in sheet.iter_rows(values_only=True)]
    text = str(cells)
    assert "没有填单位名称" in text
    assert "张三" not in text
    assert "=＊＊" in text


def test_the_list_of_faults_needs_a_new_file_before_anything_is_imported(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = csv_file(here / "名录.csv", [HEADER, *GOOD])
    before = file.read_bytes()
    for place, said in ((str(file), "已经存在"), ("没有/问题.xlsx", "无法写入")):
        assert imported(str(file), "--reason", "年度更新", "--faults", place) == 1
        assert said in capsys.readouterr().err
    assert file.read_bytes() == before
    assert imported(str(file), "--reason", "年度更新", "--faults", "问题.xlsx") == 0
    assert "已新增 6" in capsys.readouterr().out


def test_no_list_of_faults_is_left_when_the_import_fails(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(csv_file(here / "名录.csv", [HEADER, *GOOD]))
    arguments = ("--preview", "--bureau", "440900", "--faults", "问题.xlsx")
    assert imported(file, *arguments) == 1
    assert "没有代码为 440900 的单位" in capsys.readouterr().err
    assert not (here / "问题.xlsx").exists()


def test_a_file_that_is_not_there_is_a_wrong_call(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported("没有.csv", "--preview") == 2
    assert "不存在" in capsys.readouterr().err


def test_past_facts_have_one_command_and_it_is_not_here(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["import", "record", "既往.xlsx"]) == 2
    assert "没有这个命令：record" in capsys.readouterr().err
