"""What Piccolo and the two engines do, measured on Piccolo 1.38.0, and the guards we put round it.

A test named `test_piccolo_…` holds a fault of Piccolo itself: when it fails after an upgrade, the work-around it names
can go (stack pitfalls P1–P27). The others hold what our guards promise on both engines.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import contextvars
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.columns import JSON, BigInt, BigSerial, Date, ForeignKey, Numeric, Varchar
from piccolo.constraints import Unique
from piccolo.engine.exceptions import TransactionError
from piccolo.table import Table

from registries import bulk
from registries import database as books
from registries.database import Deed
from registries.engines import GuardedPostgresEngine, GuardedSQLiteEngine, engine_for
from registries.errors import Refused
from tests.conftest import TestDatabase
from tests.makers import CLERK

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parent.parent.parent


class Sample(Table, tablename="sample"):
    """A table of every kind of column that behaves differently on the two engines."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=3, null=True, default=None)
    number = BigInt(null=True, default=None)
    total = Numeric(digits=(30, 4), null=True, default=None)
    data = JSON(null=True, default=None)
    day = Date(null=True)


class Part(Table, tablename="part"):
    """A table whose foreign key asks for nothing."""

    id = BigSerial(primary_key=True)
    sample: ForeignKey[Sample] = ForeignKey(Sample)


class Pair(Table, tablename="pair"):
    """A table with a constraint over two columns."""

    id = BigSerial(primary_key=True)
    first = BigInt()
    second = BigInt()

    unique_pair = Unique([first, second])


@pytest.fixture
async def counter(database: TestDatabase) -> None:
    await books.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
    await books.execute("INSERT INTO counter (id, value) VALUES (1, 0)")


@pytest.fixture
async def sample(database: TestDatabase) -> None:
    await Sample.create_table()


async def value() -> int:
    rows = await books.fetch("SELECT value FROM counter WHERE id = 1")
    return int(rows[0]["value"])


async def increase(_: Deed) -> int:
    """Read, let others run, write one more: a lost update would show at once."""
    new = await value() + 1
    await asyncio.sleep(0)
    await books.execute("UPDATE counter SET value = {} WHERE id = 1", new)
    return new


async def fail(deed: Deed) -> None:
    await increase(deed)
    raise ValueError("the deed fails after it has written")


def sqlite_engine() -> GuardedSQLiteEngine:
    engine = books.engine()
    assert isinstance(engine, GuardedSQLiteEngine)
    return engine


@contextlib.contextmanager
def nothing_leaks() -> Iterator[None]:
    """Assert that the block leaves no worker thread (SQLite) and no taken pool connection behind."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)  # A closed connection's thread is about to end.
        assert not thread.is_alive()
    engine = books.engine()
    if isinstance(engine, GuardedPostgresEngine) and engine.pool:
        assert engine.pool.get_idle_size() == engine.pool.get_size()


# Deeds: alone, whole, retried, never leaking (P1–P5).


async def test_twenty_writers_lose_no_update(counter: None) -> None:
    async with books.connected():
        deeds = [asyncio.create_task(books.deed(increase, actor=CLERK)) for _ in range(20)]
        assert sorted(await asyncio.gather(*deeds)) == list(range(1, 21))
    assert await value() == 20


async def test_a_failing_deed_leaves_nothing_and_leaks_nothing(counter: None) -> None:
    async with books.connected():
        with nothing_leaks():
            for _ in range(6):
                with pytest.raises(ValueError, match="after it has written"):
                    await books.deed(fail, actor=CLERK)
        assert await value() == 0
        assert await books.deed(increase, actor=CLERK) == 1


async def test_a_cancelled_deed_leaves_nothing_and_leaks_nothing(counter: None) -> None:
    written, never = asyncio.Event(), asyncio.Event()

    async def wait_for_ever(deed: Deed) -> None:
        await increase(deed)
        written.set()
        await never.wait()

    async with books.connected():
        with nothing_leaks():
            for _ in range(5):
                written.clear()
                task = asyncio.create_task(books.deed(wait_for_ever, actor=CLERK))
                await written.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
        assert await value() == 0


async def test_a_commit_that_fails_leaks_nothing(sample: None) -> None:
    """P1: Piccolo 1.38 never gives the connection back when COMMIT itself fails."""
    await books.execute(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent BIGINT"
        " REFERENCES sample (id) DEFERRABLE INITIALLY DEFERRED)"
    )

    async def orphan(_: Deed) -> None:
        await books.execute("INSERT INTO child (id, parent) VALUES (1, 99)")

    async with books.connected():
        with nothing_leaks():
            for _ in range(12):  # More than the pool's ten connections.
                with pytest.raises((asyncpg.ForeignKeyViolationError, sqlite3.IntegrityError)):
                    await books.deed(orphan, actor=CLERK)
        assert await books.fetch("SELECT * FROM child") == []


async def test_a_begin_that_meets_a_lock_leaks_nothing(sqlite_database: TestDatabase) -> None:
    """P2, P3: Piccolo 1.38 leaves a connection and its thread behind, and the process never ends."""
    engine = sqlite_engine()
    engine.connection_kwargs["timeout"] = 0
    with contextlib.closing(sqlite3.connect(engine.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with nothing_leaks():
            for _ in range(5):
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    async with engine.transaction():
                        pass


async def test_a_sqlite_transaction_takes_the_write_lock_at_once(
    sqlite_database: TestDatabase,
) -> None:
    """P4: with Piccolo's default, DEFERRED, 95 % of twenty concurrent writers fail."""
    engine = sqlite_engine()
    async with engine.transaction():
        with (
            contextlib.closing(sqlite3.connect(engine.path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("CREATE TABLE held_up (id INTEGER)")


async def test_a_deed_inside_a_deed_is_refused(counter: None) -> None:
    """P5: Piccolo takes an inner transaction for a no-op, so an inner rollback undoes nothing."""

    async def nested(_: Deed) -> None:
        async with books.engine().transaction():
            pass

    with pytest.raises(TransactionError):
        await books.deed(nested, actor=CLERK)


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
async def test_a_deed_is_tried_three_times_when_the_engine_asks_for_it(
    counter: None, failures: int
) -> None:
    attempts = 0

    async def work(deed: Deed) -> int:
        nonlocal attempts
        attempts += 1
        new = await increase(deed)
        if attempts <= failures:
            await _serialization_failure()
        return new

    if failures < 3:
        assert await books.deed(work, actor=CLERK) == 1
        assert await value() == 1
    else:
        with pytest.raises((asyncpg.SerializationError, sqlite3.OperationalError)):
            await books.deed(work, actor=CLERK)
        assert await value() == 0
    assert attempts == min(failures + 1, 3)


async def _serialization_failure() -> None:
    if books.on_postgres():
        await books.execute("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
    # A second connection that cannot wait meets the lock that the deed holds.
    path = sqlite_engine().path
    with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")


async def test_any_other_error_is_not_tried_again(counter: None) -> None:
    attempts = 0

    async def work(_: Deed) -> None:
        nonlocal attempts
        attempts += 1
        await books.execute("SELECT * FROM nowhere")

    with pytest.raises((asyncpg.UndefinedTableError, sqlite3.OperationalError)):
        await books.deed(work, actor=CLERK)
    assert attempts == 1


async def test_a_snapshot_sees_one_moment_and_holds_nobody_up(counter: None) -> None:
    async with books.snapshot():
        assert await value() == 0
        # A task of its own, started outside the snapshot's transaction (P6).
        await _elsewhere(books.deed(increase, actor=CLERK))
        assert await value() == 0
    assert await value() == 1


async def test_nothing_can_be_written_in_a_snapshot(counter: None) -> None:
    with pytest.raises((asyncpg.ReadOnlySQLTransactionError, sqlite3.OperationalError)):
        async with books.snapshot():
            await books.execute("UPDATE counter SET value = 9")


async def _elsewhere(work: Any) -> Any:
    """Run `work` as if it belonged to another request: without the transaction of this task."""
    return await contextvars.Context().run(asyncio.ensure_future, work)


async def test_a_locked_row_is_returned_and_a_missing_one_is_none(counter: None) -> None:
    """P27: Piccolo's lock_rows raises on SQLite."""

    async def work(_: Deed) -> Any:
        return await books.lock("counter", id=1), await books.lock("counter", id=2)

    row, missing = await books.deed(work, actor=CLERK)
    assert dict(row) == {"id": 1, "value": 0}
    assert missing is None


# Many rows (bulk.py).


async def test_many_rows_go_in_and_come_out_in_chunks(sample: None) -> None:
    rows = ((number, f"{number % 1000}") for number in range(12_000))
    await bulk.load("sample", ("number", "name"), rows)
    async with books.snapshot():
        chunks = [
            chunk async for chunk in bulk.stream("SELECT number, name FROM sample ORDER BY number")
        ]
    assert [len(chunk) for chunk in chunks] == [5000, 5000, 2000]
    assert tuple(chunks[-1][-1]) == (11_999, "999")


async def test_a_bulk_load_that_fails_in_a_deed_leaves_nothing(sample: None) -> None:
    async def work(_: Deed) -> None:
        await bulk.load("sample", ("id", "number"), [(1, 1), (2, 2), (1, 3)])

    with pytest.raises((asyncpg.UniqueViolationError, sqlite3.IntegrityError)):
        await books.deed(work, actor=CLERK)
    assert await Sample.count() == 0


async def test_a_stream_outside_a_deed_or_snapshot_is_refused(sample: None) -> None:
    with pytest.raises(RuntimeError):
        [chunk async for chunk in bulk.stream("SELECT 1")]


# Faults of Piccolo that we step round (P7–P26).


def test_nothing_of_ours_uses_piccolos_batch() -> None:
    """P7–P9: `batch()` swallows exceptions, fails on SQLite and reads outside the transaction."""
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("app", "registries", "migrations", "benchmarks")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "batch"
    ]
    assert calls == []


async def test_piccolo_swallows_errors_inside_batch(sample: None) -> None:
    await Sample(number=1).save()
    async with await Sample.select().batch(batch_size=10):
        raise ValueError("lost")


async def test_piccolo_cannot_make_a_composite_constraint_on_sqlite(
    database: TestDatabase,
) -> None:
    """P10: so composite uniqueness is a CREATE UNIQUE INDEX in the migration."""
    if books.on_postgres():
        await Pair.create_table()
    else:
        with pytest.raises(sqlite3.OperationalError, match="CONSTRAINT"):
            await Pair.create_table()


async def test_a_composite_unique_index_holds_on_both_engines(database: TestDatabase) -> None:
    await books.execute("CREATE TABLE two (a INTEGER, b INTEGER)")
    await books.execute("CREATE UNIQUE INDEX two_a_b ON two (a, b)")
    await books.execute("INSERT INTO two VALUES (1, 1), (1, 2)")
    with pytest.raises((asyncpg.UniqueViolationError, sqlite3.IntegrityError)):
        await books.execute("INSERT INTO two VALUES (1, 2)")


async def test_piccolo_cannot_alter_a_column_on_sqlite(sample: None) -> None:
    """P12: so migrations only add."""
    change = Sample.alter().set_null(Sample.number, boolean=False)
    if books.on_postgres():
        await change
    else:
        with pytest.raises(sqlite3.OperationalError, match="ALTER"):
            await change


async def test_piccolo_deletes_children_unless_told_otherwise(sample: None) -> None:
    """P13: so every foreign key says ON DELETE RESTRICT."""
    await Part.create_table()
    parent = Sample(number=1)
    await parent.save()
    await Part(sample=parent).save()
    await Sample.delete(force=True)
    assert await Part.count() == 0


async def test_piccolo_rounds_decimals_on_sqlite(sample: None) -> None:
    """P14: so money is whole fen and ratios are permille."""
    exact = Decimal("1234567890123456.7891")
    await Sample(total=exact).save()
    stored = (await Sample.select(Sample.total))[0]["total"]
    assert (stored == exact) is books.on_postgres()


async def test_piccolo_does_not_hold_lengths_and_types_on_sqlite(sample: None) -> None:
    """P15: so migrations write CHECK constraints and inputs have bounds."""
    await _refused_on_postgres(Sample(name="six666"))
    await _refused_on_postgres(Sample(number="text"))


async def _refused_on_postgres(row: Sample) -> None:
    if books.on_postgres():
        with pytest.raises((asyncpg.PostgresError, asyncpg.DataError)):
            await row.save()
    else:
        await row.save()


async def test_piccolo_returns_json_as_text(sample: None) -> None:
    """P16: so whatever is hashed is canonical text in a text column."""
    await Sample(data={"a": 1}).save()
    assert isinstance((await Sample.select(Sample.data))[0]["data"], str)


async def test_engines_order_missing_values_and_compare_case_differently(sample: None) -> None:
    """P17: so we order by columns that are never null and search an upper-cased column."""
    await Sample.insert(Sample(number=None, name="a"), Sample(number=1, name="B"))
    ordered = [row["number"] for row in await Sample.select().order_by(Sample.number)]
    assert ordered == ([1, None] if books.on_postgres() else [None, 1])
    found = await Sample.count().where(Sample.name.like("b"))
    assert found == (0 if books.on_postgres() else 1)


async def test_piccolo_saves_every_column(sample: None) -> None:
    """P18: so we update named columns where the version is the one that was read."""
    await Sample(number=1, name="a").save()
    first, second = await Sample.objects().first(), await Sample.objects().first()
    assert first is not None
    assert second is not None
    first.number = 2
    second.name = "b"
    await first.save()
    await second.save()
    assert (await Sample.select())[0]["number"] == 1


async def test_piccolo_takes_braces_for_placeholders(sample: None) -> None:
    """P19: so JSON is always passed as a value."""
    assert (await books.fetch("SELECT '{}' AS empty"))[0]["empty"] == ""
    quoted = await books.fetch("SELECT CAST({} AS VARCHAR(20)) AS kept", '{"a":1}')
    assert quoted[0]["kept"] == '{"a":1}'


async def test_postgresql_refuses_more_than_32767_values(sample: None) -> None:
    """P20: so long lists go through a table."""
    query = Sample.select().where(Sample.number.is_in(list(range(40_000))))
    if books.on_postgres():
        with pytest.raises(asyncpg.InterfaceError):
            await query
    else:
        assert await query == []


async def test_sqlite_gives_the_last_number_again_after_a_deletion(sample: None) -> None:
    """P22: so nothing that is evidence is ever deleted."""
    await Sample(number=1).save()
    await Sample.delete(force=True)
    again = Sample(number=2)
    await again.save()
    assert again.id == (2 if books.on_postgres() else 1)


async def test_piccolo_fills_an_optional_date_with_today(sample: None) -> None:
    """P23: so `null=True` always comes with `default=None`."""
    await Sample(number=1).save()
    assert (await Sample.select())[0]["day"] is not None


async def test_piccolo_makes_no_index_for_a_foreign_key(sample: None) -> None:
    """P26: so migrations make one for each."""
    await Part.create_table()
    if books.on_postgres():
        rows = await books.fetch(
            "SELECT indexname AS name FROM pg_indexes WHERE tablename = 'part'"
        )
    else:
        rows = await books.fetch(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'part'"
        )
    assert [row["name"] for row in rows if "sample" in row["name"]] == []


# The address.


def test_the_address_chooses_the_engine_and_touches_no_file(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "books.sqlite"
    assert isinstance(engine_for(f"sqlite:///{path}"), GuardedSQLiteEngine)
    assert isinstance(engine_for("postgresql://a@nowhere.invalid/b"), GuardedPostgresEngine)
    assert not path.parent.exists()


@pytest.mark.parametrize(
    "address", ["", "sqlite://", "sqlite:///", "mysql://a/b", "postgresql://a"]
)
def test_any_other_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(Refused, match="YAOHAO_DATABASE_URL"):
        engine_for(address)
