"""A bureau's books with as many employers as a province has, for the benchmarks that read and fill them."""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from registries import bureaus, database, log_keys
from registries.database import Actor, Deed
from registries.engines import engine_for
from registries.entity_staging import Merged, Staging, staging
from registries.migrate import migrate
from tests.postgres_server import binaries, server

BUREAU = "440000"
# 广东省 graded 1,515,855 employers in 2019 (domain facts, §0).
ROWS = 1_500_000
COLUMNS = ("name", "kind", "district", "registered_address", "enterprise_type", "established")
ACTOR = Actor("command", "benchmark")
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SYLLABLES = "华南粤广州深圳东莞佛山珠海新明达兴盛隆泰安信和联创恒远宏鑫瑞丰嘉诚天河海星云光电子科技"
TRADES = (
    "机械制造",
    "电子科技",
    "服装",
    "餐饮管理",
    "建筑工程",
    "物流",
    "人力资源",
    "贸易",
    "物业服务",
)


def rows(count: int, seed: int = 1) -> Iterator[tuple[Any, ...]]:
    """Yield `count` staged rows in no order: 48 districts, names of 10–16 characters, one in 50 an agency."""
    chance = random.Random(seed)
    for number in range(count):
        district = f"4401{1 + number * 7 % 48:02d}"
        name = "".join(chance.choices(SYLLABLES, k=4)) + chance.choice(TRADES) + "有限公司"
        yield (
            f"9144{number * 7_919_993 % 100_000_000_000_007:014d}", "", f"广东省{name}",
            "employer+hr-agency" if number % 50 == 0 else "employer", district,
            f"广东省某市某区某路{number % 900}号", "有限责任公司", date(2000 + number % 20, 1, 2),
        )  # fmt: skip


async def merge(staged: Staging) -> Merged:
    """Merge a staging in a deed."""

    async def work(deed: Deed) -> Merged:
        return await staged.merge(deed, reason="基准", source="benchmark")

    return await database.deed(work, actor=ACTOR, now=NOW)


async def fill(count: int) -> None:
    """Enter the bureau's employers as an import does."""
    async with staging(BUREAU, COLUMNS) as staged:
        await staged.add(rows(count))
        await staged.compare()
        await merge(staged)


@contextlib.contextmanager
def empty_books() -> Iterator[str]:
    """Give the process a migrated SQLite file without entities; yield its path."""
    with tempfile.TemporaryDirectory(prefix="yaohao-bench-") as folder, _keys(folder):
        path = Path(folder) / "books.sqlite"
        database.use(engine_for(f"sqlite:///{path}"))
        try:
            database.run(_prepared)
            yield str(path)
        finally:
            database.use(None)


@contextlib.contextmanager
def empty_postgres_books() -> Iterator[str | None]:
    """Give the process a migrated PostgreSQL database of its own; yield its address, or None without one."""
    if binaries() is None:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="yaohao-bench-") as folder,
        _keys(folder),
        server() as running,
    ):
        running.run("CREATE DATABASE books")
        database.use(engine_for(running.address("books")))
        try:
            database.run(_prepared)
            yield running.address("books")
        finally:
            database.use(None)


@contextlib.asynccontextmanager
async def filled_books(count: int) -> AsyncIterator[None]:
    """Fill the books, let PostgreSQL look at them as its own service would, and hold the pool open."""
    async with database.connected():
        await fill(count)
        if database.on_postgres():
            await database.execute("VACUUM ANALYZE entity")
        yield


async def _prepared() -> None:
    await migrate()

    async def enter(deed: Deed) -> None:
        await bureaus.enter_bureau(
            deed, code=BUREAU, name="广东省人力资源和社会保障厅", level="province"
        )

    await database.deed(enter, actor=ACTOR, now=NOW)


@contextlib.contextmanager
def _keys(folder: str) -> Iterator[None]:
    before = os.environ.get(log_keys.SETTING)
    os.environ[log_keys.SETTING] = str(Path(folder) / "keys" / "log.key")
    log_keys.create()
    try:
        yield
    finally:
        os.environ.pop(log_keys.SETTING)
        if before is not None:
            os.environ[log_keys.SETTING] = before
