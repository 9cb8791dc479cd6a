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
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
from piccolo.engine.sqlite import TransactionType

from registries import bulk, database, entity_staging_file
from registries.database import Deed
from registries.engines import GuardedSQLiteEngine
from registries.entity_merging import STILL_SET_ASIDE, MergeStatements
from registries.entity_tables import CONTENT, join_codes
from registries.errors import Conflict, Refused
from registries.kinds import KINDS

REQUIRED = ("name", "kind", "district")
SAMPLES = 20
TWICE = "文件中同一代码出现多次，请先合并为一行再导入。"


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
        self._seen: dict[str, Any] | None = None
        self._file: Path | None = None
        engine = database.engine()
        if isinstance(engine, GuardedSQLiteEngine):
            self._file = Path(f"{engine.path}.staging-{self._mark}")
            self._table, self._mine = "staging.staged", "1 = 1"
        else:
            self._table, self._mine = "entity_staged", f"s.staging = '{self._mark}'"
        self._statements = MergeStatements(self._table, self._mine, columns)

    async def open(self) -> None:
        """Make the place; on PostgreSQL also clear away what a crashed import left a day ago."""
        if self._file is None:
            await database.execute(
                "DELETE FROM entity_staged WHERE staged_at < now() - interval '1 day'"
            )
        else:
            await asyncio.to_thread(entity_staging_file.make, self._file, self._columns)

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
                await asyncio.to_thread(entity_staging_file.fill, self._file, columns, rows)
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
        self._statements = replace(self._statements, of_kind=of_kind)
        async with self._beside_the_books():
            if self._file is not None:
                await self._index_file()
            await database.execute(
                f"UPDATE {self._table} AS s SET number = NULL, version = NULL"
                f" WHERE {self._mine} AND s.number IS NOT NULL"
            )
            await self._join_kinds()
            await database.execute(self._statements.mark(), self._bureau)
            self._preview = await self._count(retire_missing=retire_missing)
            self._seen = await _grown()
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
        await self._check_unchanged(preview)
        await self._check_day(preview, day)
        origin = (day, deed.now, str(deed.actor), reason, source)
        if preview.changed:
            await database.execute(self._statements.update(), *origin)
        if preview.to_retire:
            await database.execute(self._statements.retire(), *origin, self._bureau)
        if preview.new:
            await database.execute(self._statements.insert(), self._bureau, *origin)
        return Merged(preview.new, preview.changed, preview.unchanged, preview.to_retire)

    @contextlib.asynccontextmanager
    async def _beside_the_books(self) -> AsyncIterator[None]:
        """Open a transaction that reads the books of one moment and writes staged rows only; no deed waits for it."""
        engine = database.engine()
        if isinstance(engine, GuardedSQLiteEngine):
            async with engine.transaction(TransactionType.deferred):
                await database.execute("ATTACH {} AS staging", str(self._file))
                yield
        else:
            async with engine.transaction():
                await database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
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
                f"SELECT count(*) AS n FROM entity e WHERE {self._statements.missing()}",
                self._bureau,
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

    async def _check_unchanged(self, preview: Preview) -> None:
        """Raise Conflict when an entity of this merge has changed since the comparison."""
        if await _grown() == self._seen:
            return  # Nothing at all has changed, and nobody waits while we look twice.
        known, retired = await self._known()
        same = await self._number(
            f"SELECT count(*) AS n FROM {self._table} s JOIN entity e"
            f" ON e.number = s.number AND e.version = s.version WHERE {self._mine}"
        )
        missing = 0
        if preview.to_retire:
            missing = await self._number(
                f"SELECT count(*) AS n FROM entity e WHERE {self._statements.missing()}",
                self._bureau,
            )
        seen = (preview.staged - preview.new, preview.still_retired, preview.changed)
        if (known, retired, same) != seen or missing != preview.to_retire:
            raise Conflict("预览之后名录有了变动，请重新预览再导入。")

    async def _check_day(self, preview: Preview, day: date) -> None:
        """Raise Refused when a version that the merge would follow begins after `day`."""
        followed = []
        if preview.changed:
            followed += await database.fetch(
                f"SELECT max(e.valid_from) AS day FROM {self._table} s JOIN entity e"
                f" ON e.number = s.number WHERE {self._mine} AND s.version IS NOT NULL"
            )
        if preview.to_retire:
            followed += await database.fetch(
                f"SELECT max(e.valid_from) AS day FROM entity e WHERE {self._statements.missing()}",
                self._bureau,
            )
        if any(date.fromisoformat(str(row["day"])) > day for row in followed):
            raise Refused("文件的生效日期早于名录中已有的变更，请改用较晚的日期。")


async def _grown() -> dict[str, Any] | None:
    """Return how far entities and versions have grown: both tables only grow, so equal is unchanged."""
    return await database.fetch_one(
        "SELECT (SELECT max(number) FROM entity) AS entities,"
        " (SELECT max(number) FROM entity_version) AS versions"
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
