"""Loading 1,500,000 entities with history and name index, against a bare load of the same rows.

Reading the file and checking its rows is the importer's part and has its own benchmark; here rows come from memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from benchmarks import machine
from benchmarks.large_books import (
    BUREAU,
    COLUMNS,
    NOW,
    ROWS,
    empty_books,
    empty_postgres_books,
    merge,
    rows,
)
from registries import database
from registries.entity_staging import staging

BENCHMARK = True
UPDATE = 200_000


def bare_executemany(path: str, made: Sequence[Any]) -> float:
    """Return the seconds that executemany takes for the same rows, into a table without any index."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute(f"CREATE TABLE bare (id, set_aside, {', '.join(COLUMNS)})")
        started = time.perf_counter()
        file.execute("BEGIN")
        marks = ", ".join("?" for _ in made[0])
        file.executemany(f"INSERT INTO bare VALUES ({marks})", made)
        file.execute("COMMIT")
        return time.perf_counter() - started


async def bare_copy(address: str, made: Sequence[Any]) -> float:
    """Return the seconds that COPY takes for the same rows, into a table without any index."""
    connection = await asyncpg.connect(address)
    try:
        texts = ", ".join(f"{column} TEXT" for column in COLUMNS[:-1])
        await connection.execute(
            f"CREATE TABLE bare (id TEXT, set_aside TEXT, {texts}, established DATE)"
        )
        started = time.perf_counter()
        await connection.copy_records_to_table("bare", records=made)
        return time.perf_counter() - started
    finally:
        await connection.close()


async def load(made: Sequence[Any]) -> tuple[float, float]:
    """Stage, compare and merge; return the seconds in all and those of the merging deed."""
    async with database.connected():
        started = time.perf_counter()
        async with staging(BUREAU, COLUMNS) as staged:
            await staged.add(made)
            await staged.compare()
            locked = time.perf_counter()
            await merge(staged)
            ended = time.perf_counter()
        return time.perf_counter() - started, ended - locked


async def without_name_index() -> None:
    """Take the name index away, to see what it costs."""
    if database.on_postgres():
        await database.execute("DROP INDEX entity_name_trigrams")
    else:
        await database.execute("DROP TRIGGER entity_name_entered")


def measure(made: list[Any], changed: list[Any], bare: float, unit: str) -> None:
    """Load the made rows into the current empty books, then an update, and print both."""
    whole, held = asyncio.run(load(made))
    print(
        f"  staged, compared, merged:    {whole:6.1f} s = {whole / bare:.1f} × {unit}; deed {held:.1f} s"
    )
    whole, held = asyncio.run(load(changed))
    print(f"  update of {len(changed):,} rows:      {whole:6.1f} s; write lock held {held:.2f} s")
    whole, held = asyncio.run(load(changed))
    print(f"  the same {len(changed):,} rows again: {whole:6.1f} s; write lock held {held:.2f} s")


def main(count: int = ROWS) -> None:
    """Print both engines' figures beside a bare load of the same rows."""
    made = list(rows(count))
    # A tenth of the update is new, a tenth changed, the rest as it was.
    old = [
        (*row[:2], f"{row[2]}甲", *row[3:]) if n % 10 == 0 else row
        for n, row in enumerate(made[:UPDATE])
    ]
    new = list(rows(count + UPDATE // 10))[count:]
    changed = old[: UPDATE - len(new)] + new
    print(f"{count:,} rows, {NOW:%Y-%m-%d}; {machine.describe()}")
    with empty_books() as path:
        bare = bare_executemany(f"{path}.bare", made)
        print(f"SQLite\n  bare executemany:            {bare:6.1f} s")
        measure(made, changed, bare, "bare executemany")
    with empty_books():
        asyncio.run(without_name_index())
        whole, _ = asyncio.run(load(made))
        print(
            f"  without the name index:      {whole:6.1f} s = {whole / bare:.1f} × bare executemany"
        )
    with empty_books():
        first, held = asyncio.run(load(made[:UPDATE]))
        print(f"  first {UPDATE:,} rows:          {first:6.1f} s; write lock held {held:.2f} s")
    with empty_postgres_books() as address:
        if address is None:
            print("PostgreSQL: its server binaries are not installed")
            return
        bare = asyncio.run(bare_copy(address, made))
        print(f"PostgreSQL (fsync off)\n  bare COPY:                   {bare:6.1f} s")
        measure(made, changed, bare, "bare COPY")


if __name__ == "__main__":
    main()
