"""`yaohao staff` and `yaohao witness`: what the people at the server see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.accounts import account_key
from registries import database as books
from tests.conftest import TestDatabase
from tests.makers import make_bureau


@pytest.fixture
def bureau(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keys: Path
) -> Path:
    """Give the commands a database with one bureau, and no accounts' key yet."""
    monkeypatch.setenv("YAOHAO_DATABASE_URL", database.address)
    monkeypatch.chdir(tmp_path)
    books.run(make_bureau)
    keys.unlink()
    return keys


def first_administrators() -> None:
    assert cli.run(["staff", "first-admin", "--number", "1001", "--name", "张三"]) == 0
    role = ["--role", "安全管理员"]
    assert cli.run(["staff", "first-admin", "--number", "1002", "--name", "李四", *role]) == 0


@pytest.mark.postgres
def test_a_bureau_is_staffed_from_the_command_line(
    bureau: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_administrators()
    said = capsys.readouterr().out
    assert "首次登录时须修改" in said
    assert "下一步由另一人担任" in said
    assert bureau == account_key.path()
    assert bureau.exists()
    add = ["staff", "add", "--number", "2001", "--name", "王五", "--by", "1001", "--json"]
    assert cli.run(add) == 0
    assert len(json.loads(capsys.readouterr().out)["one_time_password"]) == 19
    grant = ["staff", "grant", "2001", "抽查管理员", "--reason", "任命", "--by", "1002"]
    assert cli.run(grant) == 0
    assert "王五（2001）现有角色：抽查管理员。" in capsys.readouterr().out
    assert cli.run(["staff", "list"]) == 0
    assert "2001  王五  抽查管理员" in capsys.readouterr().out
    assert cli.run(["staff", "show", "2001", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["roles"][0]["granter"] == "李四"


def test_administrators_help_and_stop_people(
    bureau: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_administrators()
    assert cli.run(["staff", "add", "--number", "2001", "--name", "王五", "--by", "1001"]) == 0
    security, why = ["--by", "1002"], ["--reason", "休假"]
    for words, sentence in [
        (["lock", "2001", *why, *security], "已锁定：王五（2001）"),
        (["unlock", "2001", *why, *security], "现在可以登录"),
        (["reset-password", "2001", *why, "--by", "1001"], "一次性密码"),
        (["sessions", "2001"], "没有正在登录的设备"),
        (["rescue", "1002", *why], "一次性密码"),
        (["grant", "2001", "组长", *why, *security], "现有角色：组长"),
        (["withdraw", "2001", "组长", *why, *security], "现有角色：无"),
        (["show", "2001"], "收回 组长  李四：休假"),
        (["roles"], "审计员（auditor）：查看账号"),
    ]:
        assert cli.run(["staff", *words]) == 0
        assert sentence in capsys.readouterr().out


def test_refusals_say_what_to_do(bureau: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["staff", "list"]) == 0
    assert "下一步：yaohao staff first-admin" in capsys.readouterr().out
    first_administrators()
    for words, sentence in [
        (["first-admin", "--number", "1003", "--name", "王五"], "本单位已有系统管理员"),
        (["first-admin", "--number", "1003", "--name", "王五", "--role", "局长"], "没有这个角色"),
        (["show", "9999"], "没有工号为 9999 的账号"),
        (["reset-totp", "1001", "--reason", "遗失", "--by", "1002"], "没有启用动态口令"),
        (["grant", "1001", "审计员", "--reason", "任命", "--by", "1002"], "须由不同的人担任"),
    ]:
        assert cli.run(["staff", *words]) == 1
        assert sentence in capsys.readouterr().err


def test_a_witness_is_invited_listed_and_put_off(
    bureau: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_administrators()
    capsys.readouterr()
    invite = ["witness", "invite", "--draw", "2026-1", "--name", "赵七", "--office", "驻局纪检组"]
    invite += ["--day", "2099-11-21", "--by", "1002"]
    assert cli.run(invite) == 0
    said = capsys.readouterr().out
    assert "邀请码只显示这一次" in said
    code = said.split("邀请码  ")[1].splitlines()[0]
    assert cli.run([*invite, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["invitation"]["number"] == "J-0002"
    withdraw = ["witness", "withdraw", "J-0001", "--reason", "换人", "--by", "1002"]
    assert cli.run(withdraw) == 0
    assert cli.run(["witness", "list", "--draw", "2026-1"]) == 0
    listed = capsys.readouterr().out
    assert "驻局纪检组" in listed
    assert code not in listed
