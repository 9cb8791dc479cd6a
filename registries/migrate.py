"""Bring the database up to date: every migration once, and on PostgreSQL the rights of the app role.

Piccolo records a migration after its transaction and lets two runners meet. Here the record is written inside the
same transaction, under the engine's write lock, so a migration has either run and is recorded, or has not run.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import pkgutil
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import Finder

from registries import database
from registries.database import ATTEMPTS
from registries.engines import GuardedPostgresEngine, GuardedSQLiteEngine
from registries.errors import Refused

ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Step:
    """One migration file: its app, its id, which orders it, and the module that holds it."""

    app: str
    name: str
    module: ModuleType


def steps() -> list[Step]:
    """Return every migration in the order in which they run: the registries' before the rooms'."""
    found = []
    for app in Finder().get_app_configs(sort_by_migration_dependencies=True):
        modules = (
            importlib.import_module(f"migrations.{app.app_name}.{file.name}")
            for file in pkgutil.iter_modules([app.resolved_migrations_folder_path])
        )
        found += sorted(
            (Step(app.app_name, module.ID, module) for module in modules),
            key=lambda step: step.name,
        )
    return found


async def migrate(app_role: str | None = None) -> list[str]:
    """Run what has not run yet and return its ids; running it again does nothing.

    On PostgreSQL the connected role becomes the owner of every table, and `app_role` (it must exist)
    gets what the system needs and nothing more. Raises Refused when a role is named on SQLite, when
    it cannot be granted anything, and when the database knows no Chinese letters.
    """
    current = database.engine()
    if isinstance(current, GuardedSQLiteEngine):
        if app_role:
            raise Refused("SQLite 没有数据库角色，请去掉 YAOHAO_APP_ROLE 的设置。")
        await _prepare_file(current)
    else:
        await _refuse_letterless()
    ran = [step.name for step in steps() if await _run_once(step)]
    if app_role:
        await _grant(app_role)
    return ran


async def pending() -> list[str]:
    """Return the ids of the migrations that have not run."""
    recorded = await _recorded() if await Migration.table_exists() else set()
    return [step.name for step in steps() if (step.app, step.name) not in recorded]


async def may_change_structure() -> bool:
    """Return whether the connected role may create tables: on SQLite always, on PostgreSQL the owner."""
    if isinstance(database.engine(), GuardedSQLiteEngine):
        return True
    row = await database.fetch_one(
        "SELECT has_schema_privilege(current_user, 'public', 'CREATE')"
        " AND NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename = {} AND NOT pg_has_role(current_user, tableowner, 'USAGE')) AS may",
        Migration._meta.tablename,  # noqa: SLF001 - Piccolo's own way to a table's name.
    )
    return bool(row and row["may"])


async def _prepare_file(engine: GuardedSQLiteEngine) -> None:
    Path(engine.path).parent.mkdir(parents=True, exist_ok=True)
    # The write-ahead log lets readers and the one writer work at the same time; the file remembers it.
    # SQLite does not wait for its lock here, so another process that migrates is given a moment.
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with engine.writer():
                await database.fetch("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(attempt / 5)


async def _refuse_letterless() -> None:
    """Refuse a database in which pg_trgm takes no Chinese character for a letter and finds no name."""
    async with database.alone():  # Two hosts may start together.
        await database.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    row = await database.fetch_one(
        "SELECT cardinality(show_trgm('用工单位')) AS found, current_setting('server_encoding') AS encoding"
    )
    if row is None or not row["found"] or row["encoding"] != "UTF8":
        raise Refused(
            "数据库的区域设置认不出汉字，名称查询会失效。"
            "请重新建库：CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0。"
        )


async def _recorded() -> set[tuple[str, str]]:
    rows = await Migration.select(Migration.app_name, Migration.name)
    return {(row["app_name"], row["name"]) for row in rows}


async def _run_once(step: Step) -> bool:
    async with database.alone():
        await Migration.create_table(if_not_exists=True)
        if (step.app, step.name) in await _recorded():
            return False
        manager: MigrationManager = await step.module.forwards()
        manager.wrap_in_transaction = False
        with contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints its progress in English.
            await manager.run()
        await Migration.insert(Migration(app_name=step.app, name=step.name))
        return True


async def _grant(role: str) -> None:
    """Give `role` the daily rights: no DDL, no TRUNCATE, no trigger, and append-only tables only grow."""
    if not isinstance(database.engine(), GuardedPostgresEngine) or not ROLE_NAME.fullmatch(role):
        raise Refused("YAOHAO_APP_ROLE 只能由小写字母、数字和下划线组成。")
    if not await database.fetch("SELECT 1 FROM pg_roles WHERE rolname = {}", role):
        raise Refused(f"数据库里没有角色 {role}。请先由管理员建立：CREATE ROLE {role} LOGIN。")
    async with database.alone():
        await database.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        await database.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        await database.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for table, append_only in await _tables():
            rights = _rights(table, append_only=append_only)
            await database.execute(f'GRANT {rights} ON TABLE "{table}" TO {role}')


async def _tables() -> list[tuple[str, bool]]:
    rows = await database.fetch(
        "SELECT c.relname AS name, EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid"
        " AND starts_with(t.tgname, c.relname || '_append_only')) AS append_only"
        " FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        " ORDER BY c.relname"
    )
    return [(row["name"], row["append_only"]) for row in rows]


def _rights(table: str, *, append_only: bool) -> str:
    if table == Migration._meta.tablename:  # noqa: SLF001 - Piccolo's own way to a table's name.
        return "SELECT"
    return "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
