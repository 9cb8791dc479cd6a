"""Rehearsals (演练): a scratch database with a copy of the books, where the same commands run without effect.

The bureau's database can never be one: the mark goes into an empty database only, and the database refuses a
draw of the other series (migrations/app/rehearsal.py).
"""

from __future__ import annotations

import sqlite3
from contextlib import aclosing, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.draws.tables import RehearsalTable
from registries import audit_log, bulk, database, log_keys
from registries.database import Actor, Deed
from registries.engines import GuardedSQLiteEngine, engine_for
from registries.errors import Refused
from registries.migrate import migrate

EVENTS = {"rehearsal:make": "复制名录用于演练"}

FILE = "rehearsal.sqlite"
KEYS = "keys"
# What a rehearsal needs of the books, each table after those it refers to. Draws, accounts and the log stay behind.
BOOKS = (
    "bureau",
    "district_change",
    "calendar_notice",
    "calendar_line",
    "item_list",
    "item",
    "entity",
    "entity_version",
    "inspector",
    "inspector_version",
    "inspector_absence",
    "recusal",
    "fact",
    "plan",
)


@dataclass(frozen=True)
class Rehearsal:
    """A scratch database just made: its address and the log key that goes with it."""

    address: str
    key: Path
    entities: int


async def make(folder: Path, *, by: str) -> Rehearsal:
    """Make a rehearsal database in `folder` from the books of the present one, and log the copying.

    Raises Refused where the folder is not empty, or the present database is a rehearsal itself.
    """
    if await RehearsalTable.exists():
        raise Refused("现在连接的就是演练库，不能再从它复制。请连接本单位的数据库后再试。")
    path = _empty_folder(folder) / FILE
    await _empty_database(path, by)
    log_keys.create(folder / KEYS)
    entities = await _copy_books(path)
    await database.deed(lambda deed: _log(deed, folder, entities), actor=Actor("command", by))
    return Rehearsal(f"sqlite:///{path}", folder / KEYS / "log.key", entities)


def _empty_folder(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} 里已有文件。请换一个空文件夹，或先移走里面的文件。")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _empty_database(path: Path, by: str) -> None:
    """Make a migrated database at `path` that is marked as a rehearsal before it has a bureau."""
    books = database.engine()
    database.use(engine_for(f"sqlite:///{path}"))
    try:
        await migrate()
        await RehearsalTable.insert(RehearsalTable(id=1, made_at=datetime.now(UTC), made_by=by))
    finally:
        database.use(books)


async def _copy_books(path: Path) -> int:
    """Copy every table of BOOKS as it stands at one moment, and return how many entities there are."""
    source = database.engine()
    with closing(sqlite3.connect(path, isolation_level=None)) as scratch:
        if isinstance(source, GuardedSQLiteEngine):
            _copy_attached(scratch, Path(source.path))
        else:
            await _copy_streamed(scratch)
        counted: tuple[int] = scratch.execute("SELECT count(*) FROM entity").fetchone()
    return counted[0]


def _copy_attached(scratch: sqlite3.Connection, books: Path) -> None:
    scratch.execute("ATTACH DATABASE ? AS books", (str(books),))
    scratch.execute("BEGIN IMMEDIATE")
    for table in BOOKS:
        names = ", ".join(_columns(scratch, table))
        scratch.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM books.{table}")  # noqa: S608 - names of ours.
    scratch.execute("COMMIT")


async def _copy_streamed(scratch: sqlite3.Connection) -> None:
    scratch.execute("BEGIN IMMEDIATE")
    async with database.snapshot():
        for table in BOOKS:
            columns = _columns(scratch, table)
            names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
            stored = bulk.stream(f"SELECT {names} FROM {table}")  # noqa: S608 - names of ours.
            async with aclosing(stored) as chunks:
                async for rows in chunks:
                    scratch.executemany(
                        f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - names of ours.
                        [tuple(map(_plain, row)) for row in rows],
                    )
    scratch.execute("COMMIT")


def _plain(value: Any) -> Any:
    """Return a value of PostgreSQL as SQLite keeps it; times and days go through Piccolo's adapters."""
    return int(value) if isinstance(value, bool) else value


def _columns(scratch: sqlite3.Connection, table: str) -> list[str]:
    rows = scratch.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (table,))
    return [f'"{name}"' for (name,) in rows]


async def _log(deed: Deed, folder: Path, entities: int) -> None:
    """Log in the bureau's own books that a copy of them left for a rehearsal."""
    await audit_log.append(
        deed,
        "rehearsal:make",
        bureau="",
        subject=f"rehearsal:{folder.name}",
        new={"entities": entities},
    )


def is_rehearsal(address: str) -> bool:
    """Say whether a database address is a rehearsal's, without opening the engine (always SQLite)."""
    path = Path(address.removeprefix("sqlite:///"))
    if not address.startswith("sqlite:///") or not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            return file.execute("SELECT 1 FROM rehearsal").fetchone() is not None
    except sqlite3.Error:
        return False
