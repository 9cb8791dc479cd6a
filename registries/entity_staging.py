"""Many entities from a file into the books: staged outside the write lock, compared set-wise, merged in one short deed.

How an importer uses it:

    async with staging("440100", ("name", "kind", "district", "work_address")) as staged:
        await staged.add(rows)                     # (id, set_aside, *values), as often as wanted
        preview = await staged.compare()           # counts and samples; nothing is written in the books
        merged = await database.deed(lambda deed: staged.merge(deed, reason="…", source="…"), actor=…)

A blank value ("" or None) means that the file says nothing: it never erases what the books know. An active entity is
never set aside by a file again, because a clerk completed it; a retired one stays retired and is counted. On SQLite the
rows wait in a file of their own beside the database, on PostgreSQL in an unlogged table.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
from piccolo.engine.sqlite import TransactionType

from registries import bulk, database
from registries.database import Deed
from registries.engines import GuardedSQLiteEngine
from registries.entity_tables import CONTENT, DEFAULTS, NOT_TEXT, join_codes
from registries.errors import Conflict, Refused
from registries.kinds import KINDS

REQUIRED = ("name", "kind", "district")
SAMPLES = 20


@dataclass(frozen=True)
class Difference:
    """One value that a merge would change."""

    id: str
    name: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Preview:
    """What a merge would do, in numbers of entities.

    `new` counts those set aside too; `set_aside` counts them by reason among all staged rows.
    `still_retired` are in the file but retired in the books, where they stay retired.
    """

    staged: int
    new: int
    changed: int
    unchanged: int
    to_retire: int
    still_retired: int
    set_aside: dict[str, int]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Merged:
    """What a merge did, in numbers of entities."""

    new: int
    changed: int
    unchanged: int
    retired: int


@contextlib.asynccontextmanager
async def staging(bureau: str, columns: Sequence[str]) -> AsyncIterator[Staging]:
    """Give an empty staging place for `columns` of the bureau's entities, and clear it away at the end.

    `columns` are names out of `entity_tables.CONTENT`, with at least name, kind and district. Raises
    ValueError for others.
    """
    if not set(REQUIRED) <= set(columns) or not set(columns) <= set(CONTENT):
        raise ValueError(f"columns must hold {REQUIRED} and be among {CONTENT}")
    staged = Staging(bureau, tuple(columns))
    await staged.open()
    try:
        yield staged
    finally:
        await staged.close()


class Staging:
    """Rows of one file on their way into the books of one bureau; made by `staging`."""

    def __init__(self, bureau: str, columns: tuple[str, ...]) -> None:
        self._bureau = bureau
        self._columns = columns
        self._mark = secrets.token_hex(16)
        self._preview: Preview | None = None
        self._retire_kind: str | None = None
        self._file: Path | None = None
        engine = database.engine()
        if isinstance(engine, GuardedSQLiteEngine):
            self._file = Path(f"{engine.path}.staging-{self._mark}")
            self._table, self._mine = "staging.staged", "1 = 1"
        else:
            self._table, self._mine = "entity_staged", f"s.staging = '{self._mark}'"

    async def open(self) -> None:
        """Make the place; on PostgreSQL also clear away what a crashed import left a day ago."""
        if self._file is None:
            await database.execute(
                "DELETE FROM entity_staged WHERE staged_at < now() - interval '1 day'"
            )
        else:
            await asyncio.to_thread(_make_file, self._file, self._columns)

    async def close(self) -> None:
        """Clear the place away."""
        if self._file is None:
            await database.execute("DELETE FROM entity_staged WHERE staging = {}", self._mark)
        else:
            for path in (self._file, Path(f"{self._file}-journal")):
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Stage rows of (id, set_aside, *values in the order of the columns).

        `set_aside` is "" or reason codes joined by +, ascending; `headcount` is an int or None,
        `established` a date or None, everything else text. Raises Refused when a code comes twice.
        """
        self._preview = None
        columns = ("id", "set_aside", *self._columns)
        try:
            if self._file is not None:
                await asyncio.to_thread(_fill_file, self._file, columns, rows)
            else:
                marked = ((self._mark, *row) for row in rows)
                await self._copy("entity_staged", ("staging", *columns), marked)
        except (sqlite3.IntegrityError, asyncpg.UniqueViolationError) as error:
            raise Refused(TWICE) from error

    async def _copy(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        async with self._beside_the_books():
            await bulk.load(table, columns, rows)

    async def compare(self, *, retire_missing: bool = False, of_kind: str | None = None) -> Preview:
        """Compare every staged row with the books and return what `merge` will do.

        With `retire_missing` whoever is not in the file is to be retired; `of_kind` limits that to
        entities of exactly this kind, for a file that lists one kind only. Raises Refused when a
        code stands in the file twice.
        """
        if of_kind is not None and of_kind not in KINDS:
            raise ValueError(f"{of_kind} is no kind")
        async with self._beside_the_books():
            if self._file is not None:
                await self._index_file()
            await database.execute(
                f"UPDATE {self._table} AS s SET version = NULL WHERE {self._mine}"
            )
            await self._join_kinds()
            await database.execute(self._mark_changed(), self._bureau)
            self._retire_kind = of_kind
            self._preview = await self._count(retire_missing=retire_missing)
        return self._preview

    async def merge(
        self, deed: Deed, *, reason: str, source: str, valid_from: date | None = None
    ) -> Merged:
        """Write what `compare` found, in the caller's deed, and return its numbers.

        `valid_from` is the day from which the file holds (today unless given); `source` names the
        import. Appends nothing to the log: the importing action does, with these numbers. Raises
        Conflict when the books have changed since the comparison, Refused when `valid_from` lies
        ahead or before a version it would follow.
        """
        if self._preview is None:
            raise ValueError("compare first")
        preview, day = self._preview, valid_from or deed.today
        if day > deed.today:
            raise Refused("生效日期不能晚于今天。")
        if self._file is not None:
            await database.execute("ATTACH {} AS staging", str(self._file))
        await self._check_unchanged(preview, day)
        origin = (day, deed.now, str(deed.actor), reason, source)
        if preview.changed:
            await database.execute(self._update(), *origin, self._bureau)
        if preview.to_retire:
            await database.execute(self._retire(), *origin, self._bureau)
        if preview.new:
            all_new = preview.new == preview.staged
            looked_up = () if all_new else (self._bureau,)
            await database.execute(self._insert(all_new=all_new), self._bureau, *origin, *looked_up)
        return Merged(preview.new, preview.changed, preview.unchanged, preview.to_retire)

    @contextlib.asynccontextmanager
    async def _beside_the_books(self) -> AsyncIterator[None]:
        """Open a transaction that reads the books and writes staged rows only; no deed waits for it."""
        engine = database.engine()
        if isinstance(engine, GuardedSQLiteEngine):
            async with engine.transaction(TransactionType.deferred):
                await database.execute("ATTACH {} AS staging", str(self._file))
                yield
        else:
            async with engine.transaction():
                yield

    async def _index_file(self) -> None:
        try:
            await database.execute("CREATE UNIQUE INDEX IF NOT EXISTS staging.by_id ON staged (id)")
        except sqlite3.IntegrityError as error:
            raise Refused(TWICE) from error

    async def _join_kinds(self) -> None:
        """Let a file of one kind add that kind to what an entity already is, never take one away."""
        pairs = await database.fetch(
            f"SELECT DISTINCT e.kind AS old, s.kind AS new FROM {self._table} s JOIN entity e"
            f" ON e.bureau = {{}} AND e.id = s.id WHERE {self._mine} AND s.kind NOT IN ('', e.kind)",
            self._bureau,
        )
        for pair in pairs:
            both = join_codes(pair["old"], pair["new"])
            await database.execute(
                f"UPDATE {self._table} AS s SET kind = {{}} FROM entity e WHERE {self._mine}"
                " AND e.bureau = {} AND e.id = s.id AND e.kind = {} AND s.kind = {}",
                both, self._bureau, pair["old"], pair["new"],
            )  # fmt: skip

    def _mark_changed(self) -> str:
        """Return the statement that notes, in each staged row that differs, which version it saw."""
        differs = [f"({_said(column)} AND {_other(column)})" for column in self._columns]
        differs.append(f"e.state_reason <> {STILL_SET_ASIDE}")
        return (
            f"UPDATE {self._table} AS s SET version = e.version FROM entity e WHERE {self._mine}"
            f" AND e.bureau = {{}} AND e.id = s.id AND e.state <> 'retired'"
            f" AND ({' OR '.join(differs)})"
        )

    async def _count(self, *, retire_missing: bool) -> Preview:
        total = await self._number(f"SELECT count(*) AS n FROM {self._table} s WHERE {self._mine}")
        changed = await self._number(
            f"SELECT count(*) AS n FROM {self._table} s WHERE {self._mine} AND s.version IS NOT NULL"
        )
        known, retired = await self._known()
        reasons = await database.fetch(
            f"SELECT s.set_aside AS reason, count(*) AS n FROM {self._table} s"
            f" WHERE {self._mine} AND s.set_aside <> '' GROUP BY s.set_aside ORDER BY s.set_aside"
        )
        to_retire = 0
        if retire_missing:
            to_retire = await self._number(
                f"SELECT count(*) AS n FROM entity e WHERE {self._missing()}", self._bureau
            )
        return Preview(
            staged=total,
            new=total - known,
            changed=changed,
            unchanged=known - changed - retired,
            to_retire=to_retire,
            still_retired=retired,
            set_aside={row["reason"]: row["n"] for row in reasons},
            differences=tuple(await self._differences()),
        )

    async def _known(self) -> tuple[int, int]:
        """Return how many staged rows the books know, and how many of these are retired there."""
        row = await database.fetch_one(
            "SELECT count(*) AS known, sum(CASE WHEN e.state = 'retired' THEN 1 ELSE 0 END) AS retired"
            f" FROM {self._table} s JOIN entity e ON e.bureau = {{}} AND e.id = s.id"
            f" WHERE {self._mine}",
            self._bureau,
        )
        assert row is not None  # noqa: S101 - an aggregate always gives one row.
        return row["known"], row["retired"] or 0

    async def _number(self, sql: str, *values: Any) -> int:
        row = await database.fetch_one(sql, *values)
        return int(row["n"]) if row else 0

    async def _differences(self) -> list[Difference]:
        """Return the first values that would change, in order of id."""
        columns = ", ".join(f"s.{c} AS new_{c}, e.{c} AS old_{c}" for c in self._columns)
        rows = await database.fetch(
            f"SELECT s.id, e.name, {columns}, e.state_reason AS old_state_reason,"
            f" {STILL_SET_ASIDE} AS new_state_reason FROM {self._table} s JOIN entity e"
            f" ON e.bureau = {{}} AND e.id = s.id WHERE {self._mine} AND s.version IS NOT NULL"
            f" ORDER BY s.id LIMIT {SAMPLES}",
            self._bureau,
        )
        found = []
        for row in rows:
            for column in (*self._columns, "state_reason"):
                old, new = row[f"old_{column}"], row[f"new_{column}"]
                said = new not in (None, "") or column == "state_reason"
                if said and old != new:
                    found.append(Difference(row["id"], row["name"], column, _text(old), _text(new)))
        return found[:SAMPLES]

    async def _check_unchanged(self, preview: Preview, day: date) -> None:
        known, retired = await self._known()
        row = await database.fetch_one(
            f"SELECT count(*) AS same, max(e.valid_from) AS latest FROM {self._table} s"
            f" JOIN entity e ON e.bureau = {{}} AND e.id = s.id AND e.version = s.version"
            f" WHERE {self._mine}",
            self._bureau,
        )
        assert row is not None  # noqa: S101 - an aggregate always gives one row.
        missing = 0
        if preview.to_retire:
            missing = await self._number(
                f"SELECT count(*) AS n FROM entity e WHERE {self._missing()}", self._bureau
            )
        seen = (preview.staged - preview.new, preview.still_retired, preview.changed)
        if (known, retired, row["same"]) != seen or missing != preview.to_retire:
            raise Conflict("预览之后名录有了变动，请重新预览再导入。")
        if row["latest"] is not None and date.fromisoformat(str(row["latest"])) > day:
            raise Refused("文件的生效日期早于名录中已有的变更，请改用较晚的日期。")

    def _missing(self) -> str:
        """Return the condition on `entity` for what is to be retired; takes the bureau as its value."""
        kind = f" AND e.kind = '{self._retire_kind}'" if self._retire_kind else ""
        return (
            f"e.bureau = {{}} AND e.state <> 'retired'{kind} AND NOT EXISTS"
            f" (SELECT 1 FROM {self._table} s WHERE {self._mine} AND s.id = e.id)"
        )

    def _update(self) -> str:
        values = ", ".join(
            f"{c} = CASE WHEN {_said(c)} THEN s.{c} ELSE e.{c} END" for c in self._columns
        )
        return (
            f"UPDATE entity AS e SET {values}, state_reason = {STILL_SET_ASIDE},"
            f" state = CASE WHEN {STILL_SET_ASIDE} = '' THEN 'active' ELSE 'set-aside' END,"
            f" {NEXT_VERSION} FROM {self._table} s"
            f" WHERE e.bureau = {{}} AND e.id = s.id AND e.version = s.version AND {self._mine}"
        )

    def _retire(self) -> str:
        return (
            f"UPDATE entity AS e SET state = 'retired', state_reason = '', {NEXT_VERSION}"
            f" WHERE {self._missing()}"
        )

    def _insert(self, *, all_new: bool) -> str:
        names = ", ".join(self._columns)
        values = ", ".join(_or_default(column) for column in self._columns)
        known = "SELECT 1 FROM entity e WHERE e.bureau = {} AND e.id = s.id"
        return (
            f"INSERT INTO entity (bureau, id, state, state_reason, version, valid_from, recorded_at,"
            f" recorded_by, reason, source, {names}) SELECT {{}}, s.id,"
            f" CASE WHEN s.set_aside = '' THEN 'active' ELSE 'set-aside' END, s.set_aside, 1,"
            f" {{}}, {{}}, {{}}, {{}}, {{}}, {values} FROM {self._table} s WHERE {self._mine}"
            # The same deed has just counted that the books know none, so none is looked up again.
            + ("" if all_new else f" AND NOT EXISTS ({known})")
            # In order of the id, so that the unique index grows at its end and not all over.
            + " ORDER BY s.id"
        )


TWICE = "文件中同一代码出现多次，请先合并为一行再导入。"
NEXT_VERSION = (
    "version = e.version + 1, valid_from = {}, recorded_at = {}, recorded_by = {},"
    " reason = {}, source = {}"
)
# Why an entity is still set aside once the file is read: never when it is active, and not for its
# district when the books know that.
STILL_SET_ASIDE = (
    "(CASE WHEN e.state = 'active' THEN '' WHEN e.district <> ''"
    " THEN trim(replace(s.set_aside, 'district-unknown', ''), '+') ELSE s.set_aside END)"
)


def _said(column: str) -> str:
    """Return the condition that the file says something in this column."""
    return f"s.{column} IS NOT NULL" if column in NOT_TEXT else f"s.{column} <> ''"


def _or_default(column: str) -> str:
    """Return what a new entity gets in this column: what the file says, else the default."""
    if DEFAULTS[column] in {"''", "NULL"}:
        return f"s.{column}" if column in NOT_TEXT else f"coalesce(s.{column}, '')"
    return f"CASE WHEN {_said(column)} THEN s.{column} ELSE {DEFAULTS[column]} END"


def _other(column: str) -> str:
    """Return the condition that the file says something else than the books."""
    if column in NOT_TEXT:
        return f"(e.{column} IS NULL OR e.{column} <> s.{column})"
    return f"e.{column} <> s.{column}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _make_file(path: Path, columns: Sequence[str]) -> None:
    kinds = {"headcount": "INTEGER", "established": "DATE"}
    spelled = ", ".join(f"{column} {kinds.get(column, 'TEXT')}" for column in columns)
    with contextlib.closing(_open_file(path)) as file:
        file.execute(
            f"CREATE TABLE staged (id TEXT NOT NULL, set_aside TEXT NOT NULL, version INTEGER, {spelled})"
        )


def _fill_file(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    marks = ", ".join("?" for _ in columns)
    with contextlib.closing(_open_file(path)) as file:
        file.execute("BEGIN")
        file.executemany(f"INSERT INTO staged ({', '.join(columns)}) VALUES ({marks})", rows)
        file.execute("COMMIT")


def _open_file(path: Path) -> sqlite3.Connection:
    """Open the staging file without any care for crashes: it is thrown away after one."""
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA journal_mode = OFF")
    file.execute("PRAGMA synchronous = OFF")
    return file
