"""`yaohao audit`: an auditor keeps a checkpoint, verifies against it, and checks proofs without the database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.settings import SETTINGS
from registries import database as books
from registries.engines import engine_for
from registries.log_check import SENTENCES
from tests.log_keys import declare, write

DOCS = Path(__file__).parent.parent.parent / "docs"
FILE = "sqlite:///var/yaohao.sqlite"
INIT = ("init", "--code", "440100", "--name", "广州市人力资源和社会保障局")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the books of a bureau in an empty folder, with five more entries in their log."""
    monkeypatch.chdir(tmp_path)
    for variable, _ in SETTINGS.values():
        monkeypatch.delenv(variable, raising=False)
    declare(monkeypatch)
    assert yaohao(*INIT) == 0
    append(5)
    return tmp_path


def yaohao(*arguments: str) -> int:
    """Run `yaohao` as a new process would: with the engine of the environment."""
    books.use(None)
    try:
        return cli.run(arguments)
    finally:
        books.use(None)


def append(count: int) -> None:
    books.use(engine_for(FILE))
    asyncio.run(write(count))
    books.use(None)


def tamper(statement: str) -> None:
    with closing(sqlite3.connect("var/yaohao.sqlite", isolation_level=None)) as file:
        for (name,) in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            file.execute(f'DROP TRIGGER "{name}"')
        file.execute(statement)


def newest(capsys: pytest.CaptureFixture[str]) -> int:
    """Return the number of the newest entry."""
    capsys.readouterr()
    assert yaohao("audit", "list", "--json") == 0
    return int(json.loads(capsys.readouterr().out)[0]["number"])


def test_init_makes_the_keys_of_the_log(office: Path) -> None:
    keys = {path.name for path in (office / "var" / "keys").iterdir()}
    assert keys == {"log.key", "log.pub", "personal.key"}


def test_an_honest_log_passes_and_the_reader_is_told_to_keep_checkpoints(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert yaohao("audit", "checkpoint", "--out", "kept.txt") == 0
    assert (office / "kept.txt").read_bytes() == (office / "var/keys/checkpoint.txt").read_bytes()
    assert capsys.readouterr().out.encode() == (office / "kept.txt").read_bytes()
    append(3)
    assert yaohao("audit", "verify") == 0
    assert "没有用本机以外保存的检查点比对" in capsys.readouterr().out
    assert yaohao("audit", "verify", "--since", "kept.txt") == 0
    assert capsys.readouterr().out.endswith("没有发现改动。\n")


def test_tampering_ends_with_status_1_and_names_the_entry(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("UPDATE audit_entry SET subject = 'sample:x' WHERE subject = 'sample:3'")
    assert yaohao("audit", "verify", "--json") == 1
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    (finding,) = report["findings"]
    assert (finding["word"], finding["first"]) == ("columns", finding["last"])
    assert yaohao("audit", "verify") == 1
    assert "发现 1 处不符" in capsys.readouterr().err


def test_damage_that_cannot_be_read_ends_in_findings_and_not_in_a_failure(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("UPDATE audit_entry SET canonical = x'ff0000' WHERE subject = 'sample:3'")
    tamper("UPDATE audit_entry SET hashes = CAST(x'ff' AS TEXT) WHERE subject = 'sample:4'")
    tamper("DROP TABLE audit_head")
    assert yaohao("audit", "verify", "--json") == 1
    captured = capsys.readouterr()
    words = {finding["word"] for finding in json.loads(captured.out)["findings"]}
    assert words == {"changed", "form", "hashes", "head"}
    assert "程序出错" not in captured.err


def test_a_cut_tail_is_counted_against_a_checkpoint_of_another_machine(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = newest(capsys)
    assert yaohao("audit", "checkpoint", "--out", "kept.txt") == 0
    tamper(f"DELETE FROM audit_entry WHERE number >= {last - 1}")
    assert yaohao("audit", "verify", "--since", "kept.txt", "--key", "var/keys/log.pub") == 1
    assert f"编号 {last - 1} 至 {last}：缺失：日志末尾少了 2 条" in capsys.readouterr().out
    tamper("DELETE FROM audit_head")
    assert yaohao("audit", "verify") == 1
    assert "首行被删除" in capsys.readouterr().out


def test_a_proof_of_an_entry_is_checked_without_the_database(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert yaohao("audit", "prove", "2", "--out", "proof.json") == 0
    (office / "log.pub").write_bytes((office / "var/keys/log.pub").read_bytes())
    for path in sorted((office / "var").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    capsys.readouterr()
    assert yaohao("audit", "check-proof", "proof.json", "--key", "log.pub") == 0
    assert "证明成立：编号 2" in capsys.readouterr().out
    proof = (office / "proof.json").read_text(encoding="utf-8")
    (office / "proof.json").write_text(proof.replace("sample:", "simple:"), encoding="utf-8")
    assert yaohao("audit", "check-proof", "proof.json", "--key", "log.pub") == 1
    assert "证明不成立" in capsys.readouterr().err


def test_the_program_in_the_docs_checks_a_proof_with_the_standard_library_alone(
    office: Path,
) -> None:
    docs = (DOCS / "audit-log.md").read_text(encoding="utf-8")
    program = docs.partition("```python\n")[2].partition("```")[0]
    for number in range(5):
        assert yaohao("audit", "prove", str(number), "--out", "proof.json") == 0
        assert subprocess.run([sys.executable, "-I", "-c", program]).returncode == 0
    proof = (office / "proof.json").read_text(encoding="utf-8")
    (office / "proof.json").write_text(proof.replace("sample:", "simple:"), encoding="utf-8")
    failed = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True)
    assert b"AssertionError" in failed.stderr


def test_the_docs_name_every_kind_of_finding() -> None:
    docs = (DOCS / "audit-log.md").read_text(encoding="utf-8")
    assert [word for word in SENTENCES if f"`{word}`" not in docs] == []


def test_growth_is_proved_since_a_kept_checkpoint(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert yaohao("audit", "checkpoint", "--out", "kept.txt") == 0
    append(4)
    assert yaohao("audit", "prove", "--consistency", "kept.txt", "--out", "grown.json") == 0
    capsys.readouterr()
    assert yaohao("audit", "check-proof", "grown.json", "--since", "kept.txt") == 0
    assert "只增不改" in capsys.readouterr().out
    assert yaohao("audit", "check-proof", "grown.json", "--json") == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True
    assert yaohao("audit", "prove", "--consistency", "2") == 0
    assert json.loads(capsys.readouterr().out)["old_size"] == 2


def test_entries_and_events_are_listed_and_shown(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert yaohao("audit", "list", "--subject", "sample:3") == 0
    assert "sample:entered" in capsys.readouterr().out
    assert yaohao("audit", "show", "0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["number"] == 0
    assert yaohao("audit", "events", "--json") == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)
    assert yaohao("audit", "events", "--page", "events.md") == 0
    assert (office / "events.md").read_text(encoding="utf-8").startswith("# Events")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("prove",), "两者选一"),
        (("prove", "1", "--consistency", "1"), "两者选一"),
        (("prove", "999"), "没有编号 999"),
        (("prove", "--consistency", "absent.txt"), "打不开检查点文件"),
        (("show", "999"), "没有编号 999"),
        (("checkpoint", "--out", "no/such/folder/kept.txt"), "无法写入"),
        (("verify", "--key", "var/yaohao.sqlite"), "公钥"),
        (("check-proof", "var/keys/log.pub"), "不是证明文件"),
        (("verify", "--since", "var/keys/log.pub"), "不是签名文书"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    office: Path, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert yaohao("audit", *arguments) == 1
    assert sentence in capsys.readouterr().err


def test_a_lost_key_is_said_in_a_sentence(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "var/keys/log.key").unlink()
    assert yaohao("audit", "checkpoint") == 1
    assert "找不到日志密钥文件" in capsys.readouterr().err
