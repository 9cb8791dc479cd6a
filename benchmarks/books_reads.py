"""List page, detail and name search at 1,500,000 entities: 200 warm requests of 50 rows each."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable

from benchmarks import machine
from benchmarks.large_books import (
    BUREAU,
    NOW,
    ROWS,
    SYLLABLES,
    TRADES,
    empty_books,
    empty_postgres_books,
    filled_books,
    rows,
)
from registries.entity_reads import Filter, entities, entity, history, search

BENCHMARK = True
REQUESTS = 200


async def measure(label: str, request: Callable[[], Awaitable[object]]) -> None:
    """Run a request some times to warm up, then measure 200 and print the median and the 95 % point."""
    for _ in range(5):
        await request()
    taken = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        await request()
        taken.append(1000 * (time.perf_counter() - started))
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"  {label:34} median {statistics.median(taken):6.1f} ms   p95 {p95:6.1f} ms")


async def reads(count: int) -> None:
    """Fill the books and print every read's figures."""
    chance = random.Random(2)
    some = [row for number, row in enumerate(rows(count)) if number % (count // 1000) == 0]

    def one() -> tuple[str, str, str]:
        id_, _, name, _, district, *_ = chance.choice(some)
        return id_, name, district

    async with filled_books(count):
        await measure("list page, from anywhere", lambda: entities(BUREAU, after=one()[0]))
        await measure(
            "list page of a district",
            lambda: entities(BUREAU, Filter(district=one()[2]), after=one()[0]),
        )
        agencies = Filter(kind="hr-agency", state="active")
        await measure(
            "list page of a rare kind", lambda: entities(BUREAU, agencies, after=one()[0])
        )
        await measure(
            "list page of those set aside", lambda: entities(BUREAU, Filter(state="set-aside"))
        )
        await measure("list page of grade C (none)", lambda: entities(BUREAU, Filter(grade="C")))
        await measure(
            "list page as of a day", lambda: entities(BUREAU, after=one()[0], known=NOW.date())
        )
        await measure("detail", lambda: entity(BUREAU, one()[0]))
        await measure("history", lambda: history(BUREAU, one()[0]))
        await measure("search, four characters, rare", lambda: search(BUREAU, one()[1][3:7]))
        await measure(
            "search, three characters",
            lambda: search(BUREAU, "".join(chance.choices(SYLLABLES, k=3))),
        )
        await measure(
            "search, a trade",
            lambda: search(BUREAU, chance.choice([t for t in TRADES if len(t) > 2])),
        )
        await measure("search, in nearly every name", lambda: search(BUREAU, "有限公司"))
        await measure("search, no such name", lambda: search(BUREAU, "绝无此名公司"))
        await measure(
            "search in a district, rare",
            lambda: search(BUREAU, one()[1][3:7], Filter(district=one()[2])),
        )
        await measure(
            "search in a district, two", lambda: search(BUREAU, "物流", Filter(district=one()[2]))
        )


def main(count: int = ROWS) -> None:
    """Print both engines' figures."""
    print(f"{count:,} rows; {machine.describe()}")
    with empty_books():
        print("SQLite")
        asyncio.run(reads(count))
    with empty_postgres_books() as address:
        if address is None:
            print("PostgreSQL: its server binaries are not installed")
            return
        print("PostgreSQL (fsync off)")
        asyncio.run(reads(count))


if __name__ == "__main__":
    main()
