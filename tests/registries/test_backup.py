"""A backup is whole while the system writes, and never overwrites an older one."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from registries import database as books
from registries.backup import backup
from registries.database import Deed
from registries.engines import engine_for
from registries.entity_reads import entity
from registries.errors import Refused
from tests.conftest import TestDatabase
from tests.makers import CLERK, FACTORY, GUANGZHOU, make_bureau, make_entity


async def test_a_backup_holds_what_was_committed_and_not_the_open_deed(
    sqlite_database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    entered = await make_entity()
    target = tmp_path / "copy.sqlite"

    async def work(_: Deed) -> None:
        await books.execute("UPDATE bureau SET name = 'x'")
        backup(target)

    await books.deed(work, actor=CLERK)
    with contextlib.closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT name FROM bureau").fetchone() != ("x",)
    books.use(engine_for(f"sqlite:///{target}"))
    assert await entity(GUANGZHOU, FACTORY) == entered


def test_a_backup_is_one_file(sqlite_database: TestDatabase, tmp_path: Path) -> None:
    backup(tmp_path / "copy.sqlite")
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.sqlite"]


def test_a_backup_overwrites_nothing_and_says_where_it_cannot_write(
    sqlite_database: TestDatabase, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("an older backup", encoding="utf-8")
    with pytest.raises(Refused, match="已经存在"):
        backup(taken)
    assert taken.read_text(encoding="utf-8") == "an older backup"
    with pytest.raises(Refused, match="无法写入"):
        backup(tmp_path / "no folder" / "copy.sqlite")
    books.use(engine_for(f"sqlite:///{tmp_path / 'absent.sqlite'}"))
    with pytest.raises(Refused, match="还没有数据库"):
        backup(tmp_path / "copy.sqlite")


def test_postgresql_is_backed_up_by_its_own_means(tmp_path: Path) -> None:
    books.use(engine_for("postgresql://a@nowhere.invalid/b"))
    try:
        with pytest.raises(Refused, match="pg_dump"):
            backup(tmp_path / "copy")
    finally:
        books.use(None)
