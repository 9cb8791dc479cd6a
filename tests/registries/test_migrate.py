"""Migrations run once, on both engines, and give the app role what it needs and nothing more."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.tables import Migration

from app import cli
from registries import database as books
from registries.engines import engine_for
from registries.errors import Refused
from registries.migrate import migrate, pending, steps
from tests.conftest import TestDatabase
from tests.makers import make_bureau
from tests.postgres_server import Server

pytestmark = pytest.mark.postgres


async def test_every_migration_is_recorded_once_and_running_again_does_nothing(
    database: TestDatabase,
) -> None:
    assert await pending() == []
    assert await migrate() == []
    recorded = [row["name"] for row in await Migration.select()]
    assert sorted(recorded) == sorted(step.name for step in steps())


def test_migration_ids_are_unique_and_the_registries_come_first() -> None:
    names = [step.name for step in steps()]
    assert len(set(names)) == len(names)
    apps = [step.app for step in steps()]
    assert apps == sorted(apps, key=("registries", "app").index)


async def test_two_runners_at_once_run_each_migration_once(
    database: TestDatabase, tmp_path: Path
) -> None:
    if database.server:
        database.server.made += 1
        await books.execute(f"CREATE DATABASE fresh_{database.server.made}")
        address = database.server.address(f"fresh_{database.server.made}")
    else:
        address = f"sqlite:///{tmp_path / 'new folder' / 'fresh.sqlite'}"
    books.use(engine_for(address))
    ran = await asyncio.gather(asyncio.create_task(migrate()), asyncio.create_task(migrate()))
    assert sorted(ran[0] + ran[1]) == sorted(step.name for step in steps())


async def test_a_database_without_any_table_has_every_migration_pending(tmp_path: Path) -> None:
    books.use(engine_for(f"sqlite:///{tmp_path / 'empty.sqlite'}"))
    try:
        assert await pending() == [step.name for step in steps()]
    finally:
        books.use(None)


async def test_sqlite_writes_ahead_and_has_no_roles(sqlite_database: TestDatabase) -> None:
    assert await books.fetch("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    with pytest.raises(Refused, match="SQLite 没有数据库角色"):
        await migrate(app_role="yaohao_app")


async def test_every_foreign_key_restricts_and_has_an_index(
    postgres_database: TestDatabase,
) -> None:
    """P13, P26: deleting evidence with its parent must be impossible, and joins must be quick."""
    keys = await books.fetch(
        "SELECT c.conname AS name, c.confdeltype::text AS on_delete, EXISTS (SELECT 1 FROM pg_index i"
        " WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]) AS indexed"
        " FROM pg_constraint c WHERE c.contype = 'f'"
    )
    assert keys
    assert [key["name"] for key in keys if key["on_delete"] != "r" or not key["indexed"]] == []


async def test_the_app_role_works_in_the_books_but_cannot_change_their_structure(
    postgres_database: TestDatabase,
) -> None:
    server = postgres_database.server
    assert server is not None
    role = await _role(server, postgres_database)
    await migrate(app_role=role)
    books.use(engine_for(postgres_database.address.replace("owner@", f"{role}@")))
    assert (await make_bureau()).code == "440100"
    for forbidden in (
        "TRUNCATE bureau",
        "DROP TABLE bureau",
        "ALTER TABLE bureau ADD COLUMN more TEXT",
        "ALTER TABLE bureau DISABLE TRIGGER ALL",
        "CREATE TABLE more (id INTEGER)",
        "DELETE FROM migration",
        "CREATE TRIGGER more BEFORE UPDATE ON bureau EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await books.execute(forbidden)


def test_init_as_the_app_role_needs_the_owner_only_where_the_structure_is_not_there(
    postgres_database: TestDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = postgres_database.server
    assert server is not None
    role = asyncio.run(_role(server, postgres_database))
    empty = f"empty_{server.made}"
    asyncio.run(books.execute(f"CREATE DATABASE {empty} LOCALE 'C.UTF-8' TEMPLATE template0"))
    asyncio.run(migrate(app_role=role))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YAOHAO_LOG_KEY", "keys/log.key")
    init = ("init", "--code", "440100", "--name", "广州市人力资源和社会保障局")

    books.use(None)
    monkeypatch.setenv("YAOHAO_DATABASE_URL", server.address(empty).replace("owner@", f"{role}@"))
    assert cli.run(init) == 1
    assert "请先用数据库所有者的地址运行 yaohao migrate" in capsys.readouterr().err

    books.use(None)
    monkeypatch.setenv(
        "YAOHAO_DATABASE_URL", postgres_database.address.replace("owner@", f"{role}@")
    )
    assert cli.run(init) == 0
    assert cli.run(("init", "--code", "440106", "--name", "天河区人力资源和社会保障局")) == 0


async def _role(server: Server, database: TestDatabase) -> str:
    """Make a role of the test's own: roles belong to the server, not to the database."""
    role = f"app_{server.made}"
    await books.execute(f"CREATE ROLE {role} LOGIN")
    return role


@pytest.mark.parametrize(("role", "sentence"), [("absent", "没有角色"), ("x; DROP", "只能由")])
async def test_a_role_that_cannot_be_granted_is_refused(
    postgres_database: TestDatabase, role: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        await migrate(app_role=role)


async def test_a_database_that_knows_no_chinese_letters_is_refused(
    postgres_database: TestDatabase,
) -> None:
    server = postgres_database.server
    assert server is not None
    name = f"letterless_{server.made}"
    await books.execute(f"CREATE DATABASE {name} LOCALE 'C' TEMPLATE template0")
    books.use(engine_for(server.address(name)))
    with pytest.raises(Refused, match="认不出汉字"):
        await migrate()
    assert await pending() == [step.name for step in steps()]
