"""A list of 100,000 entities taken along: CSV's first byte and whole; the workbook of a job, and the memory."""

from __future__ import annotations

import asyncio
import re
import time

import httpx

from benchmarks import machine
from benchmarks.large_books import empty_books, empty_postgres_books
from benchmarks.web_pages import prepare, resident, served

BENCHMARK = True
ROWS = 100_000
ORIGIN = "origin"


def csv(client: httpx.Client) -> None:
    """Print when the first byte and the last one of the CSV come."""
    started = time.perf_counter()
    size, first = 0, 0.0
    with client.stream("GET", "/entities.csv") as answer:
        for block in answer.iter_raw():
            first = first or time.perf_counter() - started
            size += len(block)
    whole = time.perf_counter() - started
    print(
        f"  CSV: first byte {1000 * first:.0f} ms, {size / 1e6:.1f} MB in {whole:.1f} s", flush=True
    )


def workbook(client: httpx.Client, address: str, process: int) -> None:
    """Print how long the workbook takes from asking to its file, and the most that the server held meanwhile."""
    page = client.get("/entities").text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token is not None
    before = most = resident(process)
    started = time.perf_counter()
    asked = client.post(
        "/entities/export", data={"_csrf_token": token[1]}, headers={ORIGIN: address}
    )
    path = asked.headers["location"]
    while "排队中" in (shown := client.get(path).text) or "<progress" in shown:
        most = max(most, resident(process))
        time.sleep(0.2)
    taken = time.perf_counter() - started
    size = len(client.get(f"{path}/file").content)
    print(
        f"  xlsx by a job: {taken:.1f} s, {size / 1e6:.1f} MB; resident {before:.0f} MB before,"
        f" {most:.0f} MB at most",
        flush=True,
    )


def engine(title: str, address: str, count: int) -> None:
    """Print one engine's figures."""
    print(title)
    token = asyncio.run(prepare(count))
    with (
        served(address) as (site, process),
        httpx.Client(base_url=site, cookies={"session": token}, timeout=120) as client,
    ):
        csv(client)
        workbook(client, site, process)


def main(count: int = ROWS) -> None:
    """Print both engines' figures."""
    print(f"{count:,} entities, twenty columns; {machine.describe()}")
    with empty_books() as path:
        engine("SQLite", f"sqlite:///{path}", count)
    with empty_postgres_books() as address:
        if address is None:
            print("PostgreSQL: its server binaries are not installed")
            return
        engine("PostgreSQL (fsync off)", address, count)


if __name__ == "__main__":
    main()
