"""Loading 1,500,000 entities with history and name index, against a bare load of the same rows.

Reading the file and checking its rows is the importer's part and has its own benchmark; here rows come from memory.
On SQLite all work is done in this process, so its processor time is printed too: beside it the wall clock says how
busy the machine was.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from benchmarks import machine
from benchmarks.large_books import (
    BUREAU,
    COLUMNS,
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


@dataclass(frozen=True)
class Taken:
    """Seconds of the wall clock and of this process's processors."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s ({self.processor:5.1f} s of processor)"


@contextlib.contextmanager
def clock() -> Iterator[list[Taken]]:
    """Measure the block; the list has the figures when it is over."""
    taken: list[Taken] = []
    wall, processor = time.perf_counter(), time.process_time()
    yield taken
    taken.append(Taken(time.perf_counter() - wall, time.process_time() - processor))


def bare_executemany(path: str, made: Sequence[Any]) -> Taken:
    """Return what executemany takes for the same rows, into a table without any index."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute(f"CREATE TABLE bare (id, set_aside, {', '.join(COLUMNS)})")
        marks = ", ".join("?" for _ in made[0])
        with clock() as taken:
            file.execute("BEGIN")
            file.executemany(f"INSERT INTO bare VALUES ({marks})", made)
            file.execute("COMMIT")
        return taken[0]


async def bare_copy(address: str, made: Sequence[Any]) -> Taken:
    """Return what COPY takes for the same rows, into a table without any index."""
    connection = await asyncpg.connect(address)
    try:
        texts = ", ".join(f"{column} TEXT" for column in COLUMNS[:-1])
        await connection.execute("DROP TABLE IF EXISTS bare")
        await connection.execute(
            f"CREATE TABLE bare (id TEXT, set_aside TEXT, {texts}, established DATE)"
        )
        with clock() as taken:
            await connection.copy_records_to_table("bare", records=made)
        return taken[0]
    finally:
        await connection.close()


async def load(made: Sequence[Any]) -> tuple[Taken, Taken]:
    """Stage, compare and merge; return what all of it took, and what the merging deed took."""
    async with database.connected():
        with clock() as whole:
            async with staging(BUREAU, COLUMNS) as staged:
                await staged.add(made)
                await staged.compare()
                with clock() as deed:
                    await merge(staged)
    return whole[0], deed[0]


async def without_name_index() -> None:
    """Take the name index away, to see what it costs."""
    if database.on_postgres():
        await database.execute("DROP INDEX entity_name_trigrams")
    else:
        await database.execute("DROP TRIGGER entity_name_entered")


def first_load(label: str, made: list[Any], bare: Taken) -> None:
    """Load the made rows into the current empty books and print it beside the bare load."""
    whole, deed = asyncio.run(load(made))
    ratio = f"{whole.wall / bare.wall:.1f} × bare"
    if not database.on_postgres():
        ratio += f", by processor {whole.processor / bare.processor:.1f} ×"
    print(f"  {label:30} {whole} = {ratio}; deed {deed.wall:.1f} s")


def update(label: str, changed: list[Any]) -> None:
    """Load a file into books that have most of its rows, and print how long the deed held the lock."""
    whole, deed = asyncio.run(load(changed))
    print(f"  {label:30} {whole}; write lock held {deed.wall:.2f} s")


def main(count: int = ROWS) -> None:
    """Print both engines' figures beside a bare load of the same rows."""
    made = list(rows(count))
    # A tenth of the update is new, a tenth changed, the rest as it was.
    new = list(rows(count + UPDATE // 10))[count:]
    kept = made[: UPDATE - len(new)]
    changed = [
        (*row[:2], f"{row[2]}甲", *row[3:]) if place % 10 == 0 else row
        for place, row in enumerate(kept)
    ] + new
    print(f"{count:,} rows; {machine.describe()}")
    with empty_books() as path:
        bare = bare_executemany(f"{path}.bare", made)
        print(f"SQLite\n  {'bare executemany':30} {bare}")
        first_load("with the name index", made, bare)
        update(f"update of {len(changed):,} rows", changed)
        update("the same file again", changed)
    with empty_books():
        asyncio.run(without_name_index())
        first_load("without the name index", made, bare)
    with empty_books():
        update(f"first {UPDATE:,} rows", made[:UPDATE])
    with empty_postgres_books() as address:
        if address is None:
            print("PostgreSQL: its server binaries are not installed")
            return
        bare = asyncio.run(bare_copy(address, made))
        print(f"PostgreSQL (fsync off)\n  {'bare COPY':30} {bare}")
        first_load("with the name index", made, bare)
        update(f"update of {len(changed):,} rows", changed)
        update("the same file again", changed)


if __name__ == "__main__":
    main()
