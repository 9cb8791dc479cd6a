"""One guarded transaction per deed on both engines, and the process's engine.

A deed is alone: on SQLite by BEGIN IMMEDIATE, on PostgreSQL by an advisory lock taken first. Every deed ends by
appending to the audit log, whose head is one row, so deeds queue at their end anyway; queueing at the start makes
both engines behave alike and leaves no lost update for an action to forget (docs/adr/0030).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
from piccolo.engine.sqlite import TransactionType
from piccolo.querystring import QueryString
from piccolo.table import TABLE_REGISTRY

from registries.engines import (
    UNREACHABLE,
    Engine,
    GuardedPostgresEngine,
    GuardedSQLiteEngine,
    engine_for,
)
from registries.errors import Refused

T = TypeVar("T")

DEFAULT_ADDRESS = "sqlite:///var/yaohao.sqlite"
ATTEMPTS = 3
SHANGHAI = ZoneInfo("Asia/Shanghai")
# One number for the whole application, as PostgreSQL's advisory locks want; "yaohao" in ASCII.
DEED_LOCK = 0x79616F68616F
# serialization_failure and deadlock_detected: PostgreSQL asks for the whole transaction once more.
RETRIED_STATES = frozenset({"40001", "40P01"})

_engine: Engine | None = None


def engine() -> Engine:
    """Return the process's engine: the one given to `use`, else that of `YAOHAO_DATABASE_URL`."""
    if _engine is None:
        use(engine_for(os.environ.get("YAOHAO_DATABASE_URL") or DEFAULT_ADDRESS))
    assert _engine is not None  # noqa: S101 - `use` has just set it.
    return _engine


def use(new: Engine | None) -> None:
    """Make `new` the engine of this process and of every table; None returns to the environment's."""
    global _engine  # noqa: PLW0603 - Piccolo's tables look for one engine per process as well.
    _engine = new
    for table in TABLE_REGISTRY:
        table._meta._db = new  # noqa: SLF001 - Piccolo keeps the first engine it found for ever.


def on_postgres() -> bool:
    """Say whether the process's engine is PostgreSQL."""
    return isinstance(engine(), GuardedPostgresEngine)


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[Engine]:
    """Hold PostgreSQL's pool open inside the block (a query costs 0.16 ms with it, 4.5 ms without).

    Raises Refused when the database cannot be reached.
    """
    current = engine()
    if isinstance(current, GuardedPostgresEngine) and current.pool is None:
        try:
            await current.start_connection_pool()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Refused(UNREACHABLE) from error
        try:
            yield current
        finally:
            await current.close_connection_pool()
    else:
        yield current


@dataclass(frozen=True)
class Actor:
    """Who acts: kept as text in the log, because staff leave and names change."""

    kind: Literal["staff", "command", "system", "public"]
    name: str

    def __str__(self) -> str:
        """Return the form in which rows and log entries name who acted."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class Deed:
    """An open transaction with its actor and its time (UTC). Actions take it first and never open one."""

    actor: Actor
    now: datetime

    @property
    def today(self) -> date:
        """Return the day of the deed as the bureau's calendar has it."""
        return self.now.astimezone(SHANGHAI).date()


async def deed(
    work: Callable[[Deed], Awaitable[T]], *, actor: Actor, now: datetime | None = None
) -> T:
    """Run `work` alone in one transaction and return what it returns; all of it commits or none.

    When the engine asks for it (serialisation, deadlock, a lock held too long by another process)
    `work` is run again from its start, three times in all, so it does nothing outside the database.
    `now` (UTC, aware) is for tests. Raises what `work` raises.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with alone():
                return await work(Deed(actor, now or datetime.now(UTC)))
        except (asyncpg.PostgresError, sqlite3.OperationalError) as error:
            if attempt == ATTEMPTS or not _asks_for_another_try(error):
                raise
    raise AssertionError  # pragma: no cover - the last attempt returns or raises.


@contextlib.asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """Open the one transaction that may write; others wait. `deed` and the migrations use it."""
    current = engine()
    if isinstance(current, GuardedSQLiteEngine):
        async with current.writer(), current.transaction():
            yield
    else:
        async with current.transaction() as transaction:
            await transaction.connection.execute(f"SELECT pg_advisory_xact_lock({DEED_LOCK})")
            yield


def _asks_for_another_try(error: Exception) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        return error.sqlstate in RETRIED_STATES
    return "locked" in str(error)


@contextlib.asynccontextmanager
async def snapshot(*, damaged: bool = False) -> AsyncIterator[None]:
    """Let every read inside the block see the books at one moment; it never blocks a deed.

    Inside a deed the deed's own transaction is that moment. `damaged`: text in an SQLite file that
    is no UTF-8 is read with surrogates for the wrong bytes (PEP 383) instead of ending the read.
    """
    current = engine()
    if current.transaction_exists():
        yield
    elif isinstance(current, GuardedSQLiteEngine):
        async with current.transaction(TransactionType.deferred) as transaction:
            if damaged:
                transaction.connection.text_factory = _any_text
            await transaction.connection.execute("PRAGMA query_only = 1")
            yield
    else:
        async with current.transaction() as transaction:
            await transaction.connection.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            )
            yield


def _any_text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


async def fetch(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Return the rows of a statement as dicts; `{}` marks a value, as in Piccolo's raw queries.

    Runs in the open deed or snapshot, else alone. A brace in `sql` is always a mark: JSON is passed
    as a value.
    """
    current = engine()
    rows = await current.run_querystring(QueryString(sql, *values))
    return current.transform_response_to_dicts(rows) if rows else []


def compiled(sql: str, *values: Any) -> tuple[str, list[Any]]:
    """Return a statement with `{}` turned into the engine's own marks, and its values."""
    return QueryString(sql, *values).compile_string(engine_type=engine().engine_type)


async def fetch_one(sql: str, *values: Any) -> dict[str, Any] | None:
    """Return the first row of a statement, or None."""
    rows = await fetch(sql, *values)
    return rows[0] if rows else None


async def execute(sql: str, *values: Any) -> None:
    """Run a statement in the open deed; `{}` marks a value."""
    await fetch(sql, *values)


async def lock(table: str, **key: Any) -> Mapping[str, Any] | None:
    """Return the row of `table` with this key, locked until the deed ends, or None.

    SQLite needs no row lock: a deed there holds the whole file. On PostgreSQL it also keeps out
    writers that are not deeds, such as a job taking its lease.
    """
    where = " AND ".join(f'"{column}" = {{}}' for column in key)
    tail = " FOR UPDATE" if on_postgres() else ""
    return await fetch_one(f'SELECT * FROM "{table}" WHERE {where}{tail}', *key.values())  # noqa: S608


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` to its end from a command, with the pool open. Never call it inside a running loop."""

    async def whole() -> T:
        async with connected():
            return await work()

    return asyncio.run(whole())
