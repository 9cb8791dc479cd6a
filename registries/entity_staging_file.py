"""The file in which an import's rows wait on SQLite: beside the database, so that no deed waits for it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def make(path: Path, columns: Sequence[str]) -> None:
    """Make an empty file for staged rows with these columns."""
    kinds = {"headcount": "INTEGER", "established": "DATE"}
    spelled = ", ".join(f"{column} {kinds.get(column, 'TEXT')}" for column in columns)
    marks = "number INTEGER, version INTEGER"
    with contextlib.closing(_opened(path)) as file:
        file.execute(
            f"CREATE TABLE staged (id TEXT NOT NULL, set_aside TEXT NOT NULL, {marks}, {spelled})"
        )


def fill(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows, whose values stand in the order of `columns`."""
    marks = ", ".join("?" for _ in columns)
    with contextlib.closing(_opened(path)) as file:
        file.execute("BEGIN")
        file.executemany(f"INSERT INTO staged ({', '.join(columns)}) VALUES ({marks})", rows)
        file.execute("COMMIT")


def _opened(path: Path) -> sqlite3.Connection:
    """Open the staging file without any care for crashes: it is thrown away after one."""
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA journal_mode = OFF")
    file.execute("PRAGMA synchronous = OFF")
    return file
