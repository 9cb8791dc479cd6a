"""Importing a 1,500,000-row CSV and a 200,000-row xlsx, from the file to the books, against bare loading and reading.

Everything an import does is inside: decoding, checks of every cell and code, duplicates, staging, comparing, versions,
the log. The peers do none of it: executemany or COPY of the same rows, and python-calamine reading the same workbook.
"""

from __future__ import annotations

import asyncio
import csv
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from benchmarks import machine
from benchmarks.books_load import bare_copy, bare_executemany, without_name_index
from benchmarks.large_books import ACTOR, BUREAU, ROWS, SYLLABLES, empty_books, empty_postgres_books
from registries import database, imports
from registries.database import Actor, Deed
from registries.entity_sheet import entity_form, staged_columns, staged_rows
from registries.identifiers import CREDIT_ALPHABET, credit_code_check, credit_codes_pass
from registries.sheet_reading import read_file

BENCHMARK = True
XLSX_ROWS = 200_000
DISTRICTS = {f"第{number}区": f"4401{number:02d}" for number in range(1, 12)}
HEADER = ("企业名称", "统一社会信用代码", "成立日期", "企业类型", "所属区", "住所")
T = TypeVar("T")


def rows(count: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """Yield rows as a register writes them: valid codes in no order, one district in a hundred blank."""
    chance = random.Random(seed)
    for number in range(count):
        first = f"91440101{chance.choice('M5Y1')}{chance.choice('A0')}"
        first += f"{number:06d}"[-6:] + CREDIT_ALPHABET[number // 1_000_000] + "X"
        yield (
            f"广州市{''.join(chance.choices(SYLLABLES, k=5))}有限公司",
            first[:17] + credit_code_check(first[:17]),
            f"{1990 + number % 35}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            "有限责任公司",
            f"第{1 + number % 11}区" if number % 100 else "",
            f"广州市某区某路{number % 900}号",
        )


def write_csv(path: Path, count: int) -> None:
    """Write the rows as CSV with a BOM, as Excel does."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(count))


def write_xlsx(path: Path, count: int) -> None:
    """Write the rows as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("名录")
    sheet.append(HEADER)
    for row in rows(count):
        sheet.append(row)
    book.save(path)


def read_all(path: Path) -> list[Any]:
    """Return every row of a file as staging takes it."""
    reading = read_file(path, entity_form(DISTRICTS.get))
    columns = staged_columns(reading)
    made = [row for block in reading.blocks() for row in staged_rows(block, columns)]
    if reading.faults.refused:
        raise ValueError(reading.faults.by_reason("refused"))
    return made


def import_file(path: Path, *, with_name_index: bool = True) -> tuple[float, float]:
    """Import into the current empty books; return the seconds in all and those of the merging deed."""
    locked: list[float] = []
    plain = database.deed

    async def timed(work: Callable[[Deed], Awaitable[T]], *, actor: Actor, now: Any = None) -> T:
        started = time.perf_counter()
        try:
            return await plain(work, actor=actor, now=now)
        finally:
            locked.append(time.perf_counter() - started)

    async def whole() -> float:
        async with database.connected():
            if not with_name_index:
                await without_name_index()
            database.deed = timed  # type: ignore[assignment]
            started = time.perf_counter()
            try:
                done = await imports.import_entities(
                    path, BUREAU, DISTRICTS.get, actor=ACTOR, reason="基准"
                )
            finally:
                database.deed = plain
            if done.entry is None:
                raise ValueError(done.report.refused)
            return time.perf_counter() - started

    return asyncio.run(whole()), locked[-1]


def report(title: str, taken: tuple[float, float], bare: float, peer: str) -> None:
    """Print an import beside its peer."""
    total, locked = taken
    print(
        f"{title}: {total:.1f} s, {total / bare:.1f} × {peer} ({bare:.1f} s); merge {locked:.1f} s"
    )


def measure_csv(folder: Path) -> None:
    """Print the import of the large CSV on both engines."""
    path = folder / "entities.csv"
    write_csv(path, ROWS)
    started = time.perf_counter()
    made = read_all(path)
    print(
        f"reading and checking {len(made):,} CSV rows alone: {time.perf_counter() - started:.1f} s"
    )
    for with_name_index in (False, True):
        with empty_books() as books:
            bare = bare_executemany(books, made)
            taken = import_file(path, with_name_index=with_name_index)
        index = "with" if with_name_index else "without"
        report(f"S, {index} name index", taken, bare, "bare executemany")
    with empty_postgres_books() as address:
        if address is None:
            print("P: PostgreSQL's binaries are not installed")
            return
        bare = asyncio.run(bare_copy(address, made))
        report("P, with name index", import_file(path), bare, "bare COPY")


def measure_xlsx(folder: Path) -> None:
    """Print reading a workbook beside python-calamine, and how long its import holds the write lock."""
    path = folder / "entities.xlsx"
    write_xlsx(path, XLSX_ROWS)

    def bare() -> int:
        return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())

    peer, ours = machine.seconds(bare, 3), machine.seconds(lambda: read_all(path), 3)
    ratio = sorted(ours)[1] / sorted(peer)[1]
    print(
        f"{XLSX_ROWS:,} rows of xlsx: {machine.median(ours)}, {ratio:.2f} × calamine {machine.median(peer)}"
    )
    with empty_books():
        total, locked = import_file(path)
    print(f"S: import of that workbook {total:.1f} s, write lock {locked:.2f} s")


def measure_codes() -> None:
    """Print what checking a column of codes takes."""
    codes = [row[1] for row in rows(ROWS)]
    taken = machine.seconds(lambda: credit_codes_pass(codes), 3)
    print(f"{ROWS:,} credit codes checked: {machine.median(taken)}")


def main() -> None:
    """Print all figures."""
    print(machine.describe())
    measure_codes()
    with tempfile.TemporaryDirectory(prefix="yaohao-bench-") as folder:
        measure_xlsx(Path(folder))
        measure_csv(Path(folder))


if __name__ == "__main__":
    main()
