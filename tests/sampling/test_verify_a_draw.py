"""docs/verify-a-draw.md is true: every command and statement in it is run on its vector."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres_server import Server, binaries
from tests.sampling.makers import VECTORS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "verify-a-draw.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of one language, in the order of the page."""
    return re.findall(f"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


_USAGE, _CHECK_PROOF, KEY, ORDER = blocks("text")


def run(line: str, folder: Path) -> str:
    """Run one line of a shell block in the project's folder, its files in `folder`; give its output."""
    command, _, target = line.partition(" > ")
    words = [
        str(folder / "proof.json") if word == "proof.json" else word
        for word in shlex.split(command)
    ]
    assert words[0] == "python"
    shown = subprocess.run([sys.executable, *words[1:]], capture_output=True, cwd=ROOT, timeout=60)
    assert shown.returncode == 0, shown.stderr.decode()
    if target:
        (folder / target).write_bytes(shown.stdout)
    return shown.stdout.decode()


def test_every_command_of_the_page_succeeds(tmp_path: Path) -> None:
    lines = "".join(blocks("sh")).splitlines()
    said = [run(line, tmp_path) for line in lines]
    assert len(said) == 4
    assert said[0].startswith("验证通过")
    assert "未提供" not in said[0]
    assert said[2].startswith("证明有效")
    assert said[3] == KEY


def test_the_order_on_the_page_is_the_result_of_the_vector() -> None:
    result = json.loads((VECTORS / "small" / "result.json").read_bytes())
    found = [
        one["id"]
        for one in (*result["drawn"], *result["reserve"])
        if (one["district"], one["grade"]) == ("440104", "A")
    ]
    assert ORDER.split() == found


def test_the_key_that_the_page_passes_on_is_the_one_it_derives() -> None:
    assert TEXT.count(f"-v key={KEY.strip()} ") == TEXT.count(f"order.py {KEY.strip()}`") == 1


def test_the_sqlite_program_of_the_page_gives_the_order(tmp_path: Path) -> None:
    (program,) = blocks("python")
    (tmp_path / "order.py").write_text(program, encoding="utf-8")
    assert run(f"python {(tmp_path / 'order.py').as_posix()} {KEY.strip()}", tmp_path) == ORDER


@pytest.mark.postgres
def test_the_postgresql_statement_of_the_page_gives_the_order(
    postgres_server: Server, tmp_path: Path
) -> None:
    (statement,) = blocks("sql")
    (tmp_path / "order.sql").write_text(statement, encoding="utf-8")
    tools = binaries()
    assert tools is not None
    shown = subprocess.run(
        [
            str(tools / "psql"), postgres_server.address("postgres"), "--no-psqlrc", "--quiet",
            "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", "-v", f"key={KEY.strip()}",
            "-f", str(tmp_path / "order.sql"),
        ],
        capture_output=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert shown.stdout.decode() == ORDER, shown.stderr.decode()
