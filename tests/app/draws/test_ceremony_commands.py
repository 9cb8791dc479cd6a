"""The day of the draw as it is typed: every step by command, what the hall sees, and what is refused."""

import json
from pathlib import Path

import pytest

from app import cli
from app.draws.draw_reads import draw_of
from registries import database as books
from sampling import __main__ as sampling_command
from tests.app.draws.makers import OPERATOR, WITNESS, make_frozen_draw
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, make_bureau

BY = ("--by", OPERATOR)
BOTH = ("--operator", OPERATOR, "--witness", WITNESS)
NUMBER = "2026-01"
SEATS = ("bureau", "discipline-inspection", "guest-01", "guest-02")


def yaohao(*arguments: str | Path) -> int:
    return cli.run(["draw", *map(str, arguments), *BY])


def frozen() -> str:
    """Freeze a draw with six dice and return its commitment."""

    async def whole() -> str:
        await make_bureau()
        return (await make_frozen_draw(dice=6)).commitment

    return books.run(whole)


def contribution(folder: Path, commitment: str, label: str) -> tuple[Path, str]:
    """Make a contribution as a party does on its own device; return what it keeps and publishes."""
    kept = folder / f"{label}.json"
    words = ["commit", commitment, label, "--value", f"愿{label}公正", "--keep", str(kept)]
    assert sampling_command.main(words) == 0
    return kept, json.loads(kept.read_bytes())["commit"]


def state() -> str:
    async def whole() -> str:
        return (await draw_of(GUANGZHOU, NUMBER)).state

    return books.run(whole)


def test_a_clerk_holds_a_whole_ceremony_by_command(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commitment = frozen()
    assert yaohao("open", NUMBER) == 0
    assert commitment[:4] in capsys.readouterr().out
    kept = {}
    for label in SEATS:
        kept[label], commit = contribution(tmp_path, commitment, label)
        said = ("--label", label, "--name", "来宾", "--capacity", "群众代表", "--value", commit)
        assert yaohao("commit", NUMBER, *said) == 0
    assert yaohao("close", NUMBER, "--witness", WITNESS) == 0
    for label in SEATS[:3]:
        assert yaohao("reveal", NUMBER, "--label", label, "--file", kept[label]) == 0
    assert yaohao("fix", NUMBER) == 0
    assert yaohao("die", NUMBER, "--as", "operator", "--digits", "012345", *BOTH) == 1
    assert "等另一方" in capsys.readouterr().err
    assert yaohao("die", NUMBER, "--as", "witness", "--digits", "0", *BOTH) == 0
    for digit in "12345":
        for typist in ("operator", "witness"):
            assert yaohao("die", NUMBER, "--as", typist, "--digits", digit, *BOTH) == 0
    assert "0123 45" in capsys.readouterr().out
    assert yaohao("run", NUMBER) == 0
    shown = capsys.readouterr().out
    assert "结果根" in shown
    assert "9144" not in shown
    assert yaohao("run", NUMBER) == 1
    assert yaohao("sign", NUMBER, *BOTH) == 0
    assert state() == "sealed"


def test_another_seats_file_or_no_such_file_is_refused_and_never_shown(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commitment = frozen()
    assert yaohao("open", NUMBER) == 0
    kept, commit = contribution(tmp_path, commitment, "bureau")
    said = ("--label", "bureau", "--name", "甲", "--capacity", "本局", "--value", commit)
    assert yaohao("commit", NUMBER, *said) == 0
    assert yaohao("close", NUMBER, "--witness", WITNESS) == 0
    capsys.readouterr()
    assert yaohao("reveal", NUMBER, "--label", "guest-01", "--file", kept) == 1
    (tmp_path / "letter.txt").write_text("您好", encoding="utf-8")
    assert yaohao("reveal", NUMBER, "--label", "bureau", "--file", tmp_path / "letter.txt") == 1
    said_of_it = capsys.readouterr()
    assert "另一个席位" in said_of_it.err
    assert "commit 所存" in said_of_it.err
    assert json.loads(kept.read_bytes())["nonce"] not in said_of_it.err + said_of_it.out
    assert state() == "listed"
