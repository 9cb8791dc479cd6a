"""What an outsider tried on a draw: one person in two parts, unseen names, tables edited behind the log, leaks."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app import cli
from app.draws import (
    ceremony_actions,
    document_actions,
    result_actions,
    seal_actions,
    signing_actions,
)
from app.draws.document_rules import MASKED, exclusions
from app.draws.draw_reads import draw_of
from registries import database as books
from registries import person_names
from registries.errors import Refused
from tests.app.draws import city
from tests.app.draws.makers import OPERATOR, WITNESS, hold_ceremony, make_frozen_draw
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, do, make_bureau

UNSEEN = "\u200b"


async def test_whoever_operated_at_any_step_witnesses_at_none(database: TestDatabase) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(), "contributing")
    with pytest.raises(Refused, match="不能是同一个人"):
        await do(ceremony_actions.close_list, draw=draw, witness=f"{OPERATOR}{UNSEEN}"[:-1])
    drawn = await hold_ceremony(draw, "drawn")
    with pytest.raises(Refused, match="不能是同一个人"):
        await do(signing_actions.sign, draw=drawn, operator=WITNESS, witness="候补丁")


@pytest.mark.parametrize("name", ["", "　", UNSEEN, f"张{UNSEEN}三", "张\x1b[2J三", "张" * 51])
def test_a_name_that_nobody_can_read_back_is_none(name: str) -> None:
    assert person_names.fault(name)


def test_the_same_name_written_otherwise_is_the_same_person() -> None:
    assert person_names.fault("张三 ") == ""
    assert person_names.same_person("ZHANG三", f"ｚｈａｎｇ {UNSEEN}三")


def test_who_acts_is_named(database: TestDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    for nobody in ("", UNSEEN):
        assert cli.run(["draw", "open", "2026-01", "--by", nobody]) == 1
        assert "--by" in capsys.readouterr().err


async def _without_triggers(change: str) -> None:
    """Change a table as somebody with the database would."""
    if books.on_postgres():
        for row in await books.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            " AND tablename LIKE 'draw%'"
        ):
            await books.execute(f"ALTER TABLE {row['tablename']} DISABLE TRIGGER ALL")
    else:
        for row in await books.fetch(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'draw%'"
        ):
            await books.execute(f"DROP TRIGGER {row['name']}")
    await books.execute(change)


async def test_dice_that_were_edited_after_they_were_logged_draw_nothing(
    database: TestDatabase,
) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(), "dice-fixed", digits="1234567890")
    await _without_triggers("UPDATE draw_digit SET digit = '0' WHERE digit = '1'")
    with pytest.raises(Refused, match="骰子数字与操作日志记载的不同"):
        await result_actions.compute(draw)


async def test_a_result_that_was_edited_after_it_was_logged_is_not_signed(
    database: TestDatabase,
) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw(), "drawn")
    await _without_triggers(f"UPDATE draw_result SET root = '{'0' * 64}'")
    with pytest.raises(Refused, match="总根与操作日志记载的不同"):
        await do(signing_actions.sign, draw=draw, operator=OPERATOR, witness=WITNESS)


async def test_the_list_of_those_left_out_names_nobody_of_a_draw_that_is_sealed(
    database: TestDatabase,
) -> None:
    await city.make_city()
    await city.publish_plan()
    first = await hold_ceremony(await city.freeze())
    second = await city.freeze(2)
    drawn = {row["entity"] for row in await books.fetch("SELECT entity FROM draw_selection")}

    async def listed() -> set[str]:
        opened = document_actions.Opened(b"", "")
        paper = exclusions(await document_actions.gather(second, opened))
        sheet = load_workbook(io.BytesIO(paper)).active
        assert sheet is not None
        return {str(row[0]) for row in sheet.iter_rows(values_only=True)}

    now = await listed()
    assert MASKED in now
    assert now.isdisjoint(drawn)
    await do(
        seal_actions.unseal,
        draw=await draw_of(GUANGZHOU, first.number),
        today=date.fromisoformat(str(NOON.date())),
        finished=True,
        reason="检查结束",
    )
    assert await listed() & drawn


def test_what_the_commands_write_is_its_owners_alone(tmp_path: Path) -> None:
    arguments = ["init", "--code", "440100", "--name", "广州市人力资源和社会保障局"]
    command = [sys.executable, "-m", "app.cli", *arguments]
    root = Path(__file__).parents[3]
    subprocess.run(
        command, check=True, cwd=tmp_path, env={"PYTHONPATH": str(root), "PATH": "/usr/bin"}
    )
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert made
    open_to_others = [path.name for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others in ([], ["log.pub"])  # The public key is for everybody.
