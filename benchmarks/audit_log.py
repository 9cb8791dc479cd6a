"""The audit log: how fast it grows, how long verifying a million entries and proving one of them takes.

Peer: the same work without the log (a deed that inserts one row; SHA-256 of the same texts; reading the same rows).
SQLite on this machine's disk. `AUDIT_LOG_ENTRIES` sets another size than a million.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.machine import median, seconds
from registries import audit_check, audit_hashes, audit_log, bulk, database, log_keys
from registries.audit_entries import Entry
from registries.database import Actor, Deed
from registries.engines import engine_for
from registries.log_tree import Frontier, consistency_ranges, inclusion_ranges
from registries.migrate import migrate
from sampling.encoding import leaf_hash

BENCHMARK = True
ENTRIES = int(os.environ.get("AUDIT_LOG_ENTRIES") or 1_000_000)
DEEDS = 300
EVENT = "benchmark:entered"
CLERK = Actor("command", "benchmark")


def main() -> None:
    """Print append rate, verifying time and proof time, each beside its peer."""
    module = ModuleType("registries.benchmark")
    vars(module)["EVENTS"] = {EVENT: "测速"}
    sys.modules["registries.benchmark"] = module
    with tempfile.TemporaryDirectory(prefix="yaohao-log-") as folder:
        os.environ[log_keys.SETTING] = str(Path(folder) / "log.key")
        log_keys.create()
        database.use(engine_for(f"sqlite:///{folder}/books.sqlite"))
        try:
            database.run(migrate)
            _appending()
            database.run(_fill)
            _verifying()
            _proving()
        finally:
            database.use(None)


def _appending() -> None:
    async def plain(_: Deed) -> None:
        await database.execute("INSERT INTO peer (value) VALUES ({})", "x" * 400)

    async def logged(deed: Deed) -> None:
        await plain(deed)
        await audit_log.append(
            deed, EVENT, bureau="440100", subject="entity:1", new={"name": "测" * 80}
        )

    async def many(work: Any) -> None:
        for _ in range(DEEDS):
            await database.deed(work, actor=CLERK)

    database.run(lambda: database.execute("CREATE TABLE peer (value TEXT)"))
    print(f"{DEEDS} deeds that insert one row       {median(seconds(_run(many, plain)))}")
    print(f"the same, with one entry each    {median(seconds(_run(many, logged)))}")


def _run(work: Any, *arguments: Any) -> Any:
    return lambda: asyncio.run(work(*arguments))


def _rows(size: int, frontier: Frontier) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a log of made-up entries that goes on where the frontier stands."""
    for number in range(frontier.size, size):
        entry = Entry(
            number, "440100", "2026-11-21T04:00:00.000000Z", "staff", "经办人", EVENT,
            f"entity:{number}", {"name": "旧名称有限公司"}, {"name": "新名称有限公司", "headcount": number},
            {}, "更正", hashlib.sha256(str(number).encode()).hexdigest()[:32],
        )  # fmt: skip
        text = entry.canonical()
        hashes = b"".join(frontier.append(leaf_hash(text.encode()))).hex()
        yield (number, entry.bureau, entry.at, entry.actor_kind, entry.actor_name, entry.event,
               entry.subject, text, hashes)  # fmt: skip


async def _fill() -> None:
    head = await database.fetch_one("SELECT size, frontier FROM audit_head")
    assert head is not None
    frontier = Frontier.parse(head["size"], head["frontier"])
    # The head counts one by one; for filling in bulk its guard is taken away.
    await database.execute("DROP TRIGGER audit_head_counts")
    columns = audit_log.COLUMNS.split(", ")
    await bulk.load("audit_entry", columns, _rows(ENTRIES, frontier))
    await database.execute(
        "UPDATE audit_head SET size = {}, frontier = {}", ENTRIES, frontier.text()
    )


def _verifying() -> None:
    async def read() -> None:
        async with database.snapshot():
            async for rows in bulk.stream(
                f"SELECT {audit_log.COLUMNS} FROM audit_entry ORDER BY number"
            ):
                for row in rows:
                    hashlib.sha256(row[7].encode()).digest()

    async def verify() -> None:
        report = await audit_check.verify()
        assert (report.size, report.findings) == (ENTRIES, ())

    print(f"read {ENTRIES} rows, SHA-256 of texts  {median(seconds(_run(read), 1))}")
    print(f"verify {ENTRIES} entries               {median(seconds(_run(verify), 1))}")


def _proving() -> None:
    async def inclusion() -> None:
        await audit_hashes.subtree_roots(inclusion_ranges(ENTRIES // 3, ENTRIES))

    async def consistency() -> None:
        await audit_hashes.subtree_roots(consistency_ranges(ENTRIES // 3, ENTRIES))

    async def one_row() -> None:
        await audit_log.entry(ENTRIES // 3)

    print(f"read one entry                   {median(seconds(_run(one_row)))}")
    print(f"prove one entry                  {median(seconds(_run(inclusion)))}")
    print(f"prove growth                     {median(seconds(_run(consistency)))}")


if __name__ == "__main__":
    main()
