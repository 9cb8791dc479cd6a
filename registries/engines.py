"""Piccolo's two engines, guarded against the faults measured on Piccolo 1.38.

tests/registries/test_conformance.py holds each fault as a test, so that an upgrade shows which guard can go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

import aiosqlite
import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType

from registries.errors import Refused

T = TypeVar("T")

# At DEBUG the driver writes every statement with its values, and values are people and password hashes.
logging.getLogger("aiosqlite").setLevel(logging.WARNING)

SQLITE_LOCK_SECONDS = 30
# Taken only as far as it is used; with SQLite's own 2 MiB a merge reads each page of an index many times.
SQLITE_CACHE_KIB = 65_536
OLDEST_SQLITE = (3, 35, 0)  # RETURNING; FTS5's trigram tokenizer needs 3.34.

NO_BOOKS = "还没有建库，请先运行 yaohao init（已有旧库的，运行 yaohao migrate 升级）。"
UNREACHABLE = "数据库连不上，请检查 YAOHAO_DATABASE_URL 和数据库服务。"


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns, and let it end even when the caller is cancelled meanwhile.

    Used for the end of a transaction: a connection half closed would keep its thread or its place in
    the pool for ever. A cancellation is raised again once the work has ended.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except BaseException:  # noqa: BLE001, S110 - `task.result()` below raises it once more.
            pass
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result


class GuardedSQLiteTransaction(SQLiteTransaction):
    """A transaction that always gives its connection and thread back, also when BEGIN or COMMIT fails."""

    async def __aenter__(self) -> Self:
        self.connection = await self.get_connection()
        try:
            await self.begin()
        except BaseException:
            await unbroken(self.connection.close())
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.engine.current_transaction.reset(self.context)
        try:
            if exception is None and not (self._committed or self._rolled_back):
                await unbroken(self.commit())
        finally:
            # Closing undoes whatever was not committed, and does not depend on ROLLBACK succeeding.
            await unbroken(self.connection.close())
        return False


class GuardedSQLiteEngine(SQLiteEngine):
    """SQLite with IMMEDIATE transactions that never nest; one writer of this process at a time."""

    __slots__ = ("_writers",)

    def __init__(self, path: Path) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise Refused(
                f"SQLite 版本过旧（{sqlite3.sqlite_version}），请升级到 3.35 以上再运行。"
            )
        self._writers: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )
        super().__init__(path=str(path), timeout=SQLITE_LOCK_SECONDS)

    async def check_version(self) -> None:
        """Do nothing: the version is that of the library and is checked without a connection."""

    def writer(self) -> asyncio.Lock:
        """Return the lock that writers of the running loop queue on, first come first served.

        SQLite's own waiting is a poll and unfair: with 20 writers the slowest waited over a second.
        """
        return self._writers.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    async def get_connection(self) -> aiosqlite.Connection:
        """Return a new connection; one that fails while it is set up is closed again."""
        connection = await unbroken(self._connect())
        try:
            connection.row_factory = _named  # type: ignore[assignment]
            await connection.execute("PRAGMA foreign_keys = 1")
            await connection.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
        except BaseException:
            await unbroken(connection.close())
            raise
        return connection

    async def _connect(self) -> aiosqlite.Connection:
        self._look_at_the_place()
        return await aiosqlite.connect(**self.connection_kwargs)

    def _look_at_the_place(self) -> None:
        """Raise Refused where no file can be opened: a failed opening leaves its thread to end as it likes."""
        place = Path(self.path)
        if not place.parent.is_dir():
            raise Refused(NO_BOOKS)
        if place.is_dir() or not os.access(place if place.exists() else place.parent, os.R_OK):
            raise Refused(UNREACHABLE)

    async def _run_in_new_connection(
        self,
        query: str,
        args: list[Any] | None = None,
        query_type: str = "generic",  # noqa: ARG002 - Piccolo's signature; RETURNING is always there.
        table: Any = None,  # noqa: ARG002
    ) -> Any:
        connection = await self.get_connection()
        try:
            async with connection.execute(query, args or []) as cursor:
                return await cursor.fetchall()
        finally:
            await unbroken(connection.close())

    def transaction(
        self,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = False,  # noqa: FBT001, FBT002, ARG002 - Piccolo's signature; nesting is never allowed.
    ) -> GuardedSQLiteTransaction:
        """Return a transaction; it takes the write lock at once, and refuses to stand inside another."""
        return GuardedSQLiteTransaction(
            engine=self, transaction_type=transaction_type, allow_nested=False
        )


def _named(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


class GuardedPostgresTransaction(PostgresTransaction):
    """A transaction that always gives its connection back to the pool, also when COMMIT fails."""

    async def __aenter__(self) -> Self:
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction()
            await self.begin()
        except BaseException:
            await unbroken(self._give_back(broken=True))
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.engine.current_transaction.reset(self.context)
        ended = False
        try:
            if not (self._committed or self._rolled_back):
                await unbroken(self.rollback() if exception is not None else self.commit())
            ended = True
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            if exception is None:
                raise
            # The deed's own error is what matters; a connection that cannot roll back is thrown away.
        finally:
            await unbroken(self._give_back(broken=not ended))
        return False

    async def _give_back(self, *, broken: bool) -> None:
        if self.engine.pool:
            if broken:
                self.connection.terminate()
            await self.engine.pool.release(self.connection)
        elif broken:
            self.connection.terminate()
        else:
            await self.connection.close()


class GuardedPostgresEngine(PostgresEngine):
    """PostgreSQL with transactions that never nest and never leak; the pool is started by us."""

    async def check_version(self) -> None:
        """Do nothing: Piccolo would connect while the module is imported."""

    async def prep_database(self) -> None:
        """Do nothing, for the same reason; extensions are made by the migrations."""

    async def _run_in_new_connection(self, query: str, args: Any = None) -> Any:
        connection = await self.get_new_connection()
        try:
            return await connection.fetch(query, *(args or ()))
        finally:
            await unbroken(connection.close())

    def transaction(
        self,
        allow_nested: bool = False,  # noqa: FBT001, FBT002, ARG002 - Piccolo's signature; nesting is never allowed.
    ) -> GuardedPostgresTransaction:
        """Return a transaction (READ COMMITTED); it refuses to stand inside another."""
        return GuardedPostgresTransaction(engine=self, allow_nested=False)


Engine = GuardedSQLiteEngine | GuardedPostgresEngine


def engine_for(address: str) -> Engine:
    """Return the engine of a database address, without touching the database.

    `sqlite:///var/yaohao.sqlite` is relative to the working directory, `sqlite:////srv/y.sqlite` is
    not; `postgresql://user@host:port/name`, where `?host=/run/postgresql` names a socket directory.
    Raises Refused for any other form.
    """
    if address.startswith("sqlite:///") and len(address) > len("sqlite:///"):
        return GuardedSQLiteEngine(Path(unquote(address.removeprefix("sqlite:///"))))
    with contextlib.suppress(ValueError):
        parts = urlsplit(address)
        if parts.scheme in {"postgresql", "postgres"} and parts.path.strip("/"):
            return GuardedPostgresEngine({"dsn": address})
    # The address is not repeated: it may hold a password.
    raise Refused(
        "数据库地址 YAOHAO_DATABASE_URL 无法识别。请写成 sqlite:///文件路径 或 postgresql://用户@主机/库名。"
    )
