"""The command line: Chinese help, sentences instead of tracebacks, and exit codes."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import click
import pytest

from app import cli
from app.settings import SETTINGS, Settings, load_settings
from registries import database as books
from registries import log_keys
from registries.errors import Invalid
from registries.terminal import Command, json_option, print_one, print_rows
from tests.conftest import TestDatabase
from tests.postgres_server import Server

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder without any setting."""
    monkeypatch.chdir(tmp_path)
    for variable in (*(variable for variable, _ in SETTINGS.values()), log_keys.SETTING):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def fresh(*arguments: str) -> int:
    """Run `yaohao` as a new process would: with the engine of the environment."""
    books.use(None)
    try:
        return cli.run(arguments)
    finally:
        books.use(None)


def test_init_makes_the_books_of_a_bureau(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fresh("init", "--code", "440100", "--name", "广州市人力资源和社会保障局") == 0
    assert "已建立：广州市人力资源和社会保障局（440100）" in capsys.readouterr().out
    assert (here / "var" / "yaohao.sqlite").exists()
    assert (here / "var" / "keys" / "log.key").exists()
    assert fresh("init", "--code", "440100", "--name", "广州市人力资源和社会保障局") == 1
    assert "不能重复建立" in capsys.readouterr().err


def test_the_log_names_who_acted_at_the_command_line(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YAOHAO_OPERATOR", "李经办")
    assert fresh("init", "--code", "440100", "--name", "广州市人力资源和社会保障局") == 0
    monkeypatch.delenv("YAOHAO_OPERATOR")
    assert fresh("items", "import") == 0
    capsys.readouterr()
    assert fresh("audit", "list", "--json") == 0
    actors = {entry["actor_name"] for entry in json.loads(capsys.readouterr().out)}
    assert actors == {"李经办", getpass.getuser()}


def test_init_refuses_the_demonstration_city(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fresh("init", "--code", "449900", "--name", "演示市") == 1
    assert "只供演示使用" in capsys.readouterr().err


def test_migrate_says_when_there_is_nothing_to_do(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fresh("migrate") == 0
    assert "项结构升级" in capsys.readouterr().out
    assert fresh("migrate") == 0
    assert "已是最新" in capsys.readouterr().out


@pytest.mark.postgres
def test_a_command_works_on_both_engines(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YAOHAO_DATABASE_URL", database.address)
    assert fresh("init", "--code", "440300", "--name", "深圳市人力资源和社会保障局") == 0
    assert "440300" in capsys.readouterr().out


def test_every_command_has_help_in_chinese(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    overview = capsys.readouterr().out
    for name in cli.COMMANDS:
        assert name in overview
    for words in (["--help"], *([name, "--help"] for name in cli.COMMANDS)):
        assert cli.run(words) == 0
        text = capsys.readouterr().out
        assert "用法：" in text
        assert "Usage" not in text
        assert "Options" not in text
        assert "Show this message" not in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "没有这个命令：nothing"),
        (["migrate", "--nothing"], "没有这个选项：--nothing"),
        (["init"], "缺少 '--code'"),
        (["init", "--code", "1", "--name", "n", "--level", "town"], "'--level' 的值不对"),
        (["migrate", "more"], "命令的写法不对"),
    ],
)
def test_a_wrong_call_is_explained(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert fresh(*arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "--help" in said


@pytest.mark.parametrize(
    "command",
    [
        ["import", "entities"],
        ["inspectors", "import"],
        ["recusals", "import"],
        ["items", "import"],
        ["record", "import"],
        ["calendar", "import", "--year", "2027", "--number", "通知"],
        ["audit", "check-proof"],
    ],
    ids=" ".join,
)
def test_a_file_that_is_missing_or_a_folder_is_a_wrong_call_that_says_why(
    here: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    for place, why in (("没有.xlsx", "文件或文件夹不存在"), (str(here), "这是文件夹")):
        assert fresh(*command, place) == 2
        said = capsys.readouterr().err
        assert why in said
        assert "文件'" in said or "文件]'" in said


@pytest.mark.parametrize("folder_is_there", [False, True])
@pytest.mark.parametrize(
    "command", [["entities", "list"], ["record", "list"], ["items", "import"]], ids=" ".join
)
def test_a_command_before_init_says_that_there_are_no_books_yet(
    here: Path, capsys: pytest.CaptureFixture[str], command: list[str], folder_is_there: bool
) -> None:
    if folder_is_there:
        (here / "var").mkdir()
    assert fresh(*command) == 1
    said = capsys.readouterr().err
    assert "还没有建库，请先运行 yaohao init" in said
    assert "错误编号" not in said


def test_a_folder_in_the_place_of_the_database_is_no_fault_of_ours(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "var" / "yaohao.sqlite").mkdir(parents=True)
    assert fresh("entities", "list") == 1
    assert "数据库连不上" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_named_without_its_address(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YAOHAO_DATABASE_URL", "postgresql://clerk:secret@127.0.0.1:1/books")
    assert fresh("entities", "list") == 1
    said = capsys.readouterr().err
    assert "数据库连不上，请检查 YAOHAO_DATABASE_URL" in said
    assert "secret" not in said


@pytest.mark.postgres
def test_an_empty_postgresql_database_has_no_books_yet(
    postgres_server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YAOHAO_DATABASE_URL", postgres_server.address("postgres"))
    assert fresh("entities", "list") == 1
    assert "还没有建库" in capsys.readouterr().err


def test_without_a_command_the_help_is_shown(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fresh() == 2
    assert "用法：" in capsys.readouterr().out


def test_a_fault_of_ours_is_a_number_for_people_and_a_traceback_in_the_log(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "var").write_text("a file where a folder is wanted", encoding="utf-8")
    (here / "log").mkdir()
    status = cli.run(["migrate"], {"YAOHAO_LOG_FOLDER": str(here / "log")})
    said = capsys.readouterr()
    assert status == 1
    assert "错误编号" in said.err
    assert "Traceback" not in said.err + said.out
    number = said.err.split("错误编号 ")[1].split("，")[0]
    log = (here / "log" / "errors.log").read_text(encoding="utf-8")
    assert number in log
    assert "Traceback" in log


def test_settings_come_from_the_environment_and_have_defaults(tmp_path: Path) -> None:
    assert load_settings({}) == Settings()
    given = load_settings({"YAOHAO_LOG_FOLDER": str(tmp_path), "YAOHAO_APP_ROLE": ""})
    assert (given.log_folder, given.app_role) == (tmp_path, "")


def test_every_faulty_setting_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        load_settings({"YAOHAO_DATABASE_URL": "mysql://a", "YAOHAO_APP_ROLE": "x y"})
    assert list(refusal.value.fields) == ["YAOHAO_DATABASE_URL", "YAOHAO_APP_ROLE"]


def test_every_setting_has_its_variable() -> None:
    assert tuple(SETTINGS) == Settings.__struct_fields__


def test_a_table_lines_up_chinese_and_latin_text(capsys: pytest.CaptureFixture[str]) -> None:
    from registries.bureaus import Bureau

    rows = [
        Bureau("440100", "广州局", "city", "440100", None),
        Bureau("440300", "SZ", "city", "440300", "440100"),
    ]
    headings = {"name": "名称", "code": "代码", "superior": "上级"}
    print_rows(rows, headings, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "名称    代码    上级",
        "广州局  440100",
        "SZ      440300  440100",
    ]
    print_rows(rows, headings, as_json=True)
    assert json.loads(capsys.readouterr().out)[1]["superior"] == "440100"
    print_one(rows[0], headings, as_json=False)
    assert capsys.readouterr().out.splitlines() == ["名称  广州局", "代码  440100", "上级"]
    print_rows([], headings, as_json=False)
    assert capsys.readouterr().out == "没有记录。\n"


def test_json_is_an_option_of_commands_that_print_data(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command(cls=Command)
    @json_option
    def show(as_json: bool) -> None:
        click.echo(as_json)

    show.main(["--json"], standalone_mode=False)
    assert capsys.readouterr().out == "True\n"
