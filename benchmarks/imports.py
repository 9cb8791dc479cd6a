"""Importing a 1,500,000-row CSV and a 200,000-row xlsx, from the file to the books, against bare loading and reading.

Everything an import does is inside: decoding, checks of every cell and code, duplicates, staging, comparing, versions,
the log. The peers do none of it: executemany or COPY of the same rows, and python-calamine reading the same workbook.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gc
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from benchmarks import machine
from benchmarks.books_load import Taken, bare_copy, bare_executemany, clock, without_name_index
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


def import_file(path: Path) -> tuple[Taken, Taken]:
    """Import into the current empty books; return what it took in all, and how long its deed held the write lock."""
    locked: list[Taken] = []
    plain = database.deed

    async def timed(work: Callable[[Deed], Awaitable[T]], *, actor: Actor, now: Any = None) -> T:
        with clock() as taken:
            result = await plain(work, actor=actor, now=now)
        locked.extend(taken)
        return result

    def whole() -> None:
        done = database.run(
            lambda: imports.import_entities(path, BUREAU, DISTRICTS.get, actor=ACTOR, reason="基准")
        )
        if done.entry is None:
            raise ValueError(done.report.refused)

    database.deed = timed  # type: ignore[assignment]
    try:
        with clock() as taken:
            whole()
        return taken[0], locked[-1]
    finally:
        database.deed = plain


def report(
    title: str, import_: tuple[Taken, Taken], before: Taken, after: Taken, peer: str
) -> None:
    """Print an import beside its peer, which ran before and after it."""
    taken, locked = import_
    ratio = 2 * taken.wall / (before.wall + after.wall)
    own = 2 * taken.processor / (before.processor + after.processor)
    # Of PostgreSQL's work most is done by its server, which this process cannot measure.
    of_processor = "" if database.on_postgres() else f", {own:.1f} × of processor time"
    print(
        f"{title}: {taken.wall:.1f} s, {ratio:.1f} × {peer}{of_processor}"
        f" ({before.wall:.1f} s before, {after.wall:.1f} s after); merge {locked.wall:.1f} s",
        flush=True,
    )


def measure_csv(folder: Path, count: int) -> None:
    """Print the import of the large CSV on both engines."""
    path = folder / "entities.csv"
    write_csv(path, count)
    with clock() as reading:
        made = read_all(path)
    print(f"reading and checking {len(made):,} CSV rows alone: {reading[0]}", flush=True)
    # The rows wait for the peer: the collector shall not walk over them during the import.
    gc.freeze()
    for with_name_index in (False, True):
        index = "with" if with_name_index else "without"
        with empty_books() as books:
            if not with_name_index:
                database.run(without_name_index)
            before = bare_executemany(f"{books}.before", made)
            import_ = import_file(path)
            after = bare_executemany(f"{books}.after", made)
            report(f"S, {index} name index", import_, before, after, "bare executemany")
        with empty_postgres_books() as address:
            if address is None:
                print("P: PostgreSQL's binaries are not installed")
                continue
            if not with_name_index:
                database.run(without_name_index)
            before = asyncio.run(bare_copy(address, made))
            import_ = import_file(path)
            after = asyncio.run(bare_copy(address, made))
            report(f"P, {index} name index", import_, before, after, "bare COPY")


def measure_xlsx(folder: Path, count: int) -> None:
    """Print reading a workbook beside python-calamine, in turns, and how long its import holds the write lock."""
    path = folder / "entities.xlsx"
    write_xlsx(path, count)

    def bare() -> int:
        return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())

    peer: list[float] = []
    ours: list[float] = []
    for _ in range(3):
        peer += machine.seconds(bare, 1)
        ours += machine.seconds(lambda: read_all(path), 1)
    ratio = sorted(ours)[1] / sorted(peer)[1]
    print(
        f"{count:,} rows of xlsx: {machine.median(ours)}, {ratio:.2f} × calamine {machine.median(peer)}"
    )
    locks = []
    for _ in range(3):
        with empty_books():
            import_, locked = import_file(path)
            locks.append(locked)
    held = machine.median([lock.wall for lock in locks])
    worked = machine.median([lock.processor for lock in locks])
    print(
        f"S: import of that workbook {import_.wall:.1f} s, write lock {held}, of processor time {worked}",
        flush=True,
    )


def measure_codes(count: int) -> None:
    """Print what checking a column of codes takes."""
    codes = [row[1] for row in rows(count)]
    checking = machine.seconds(lambda: credit_codes_pass(codes), 3)
    print(f"{count:,} credit codes checked: {machine.median(checking)}")


def main(count: int = ROWS) -> None:
    """Print all figures for a CSV of `count` rows and a workbook of at most XLSX_ROWS."""
    print(machine.describe())
    measure_codes(count)
    with tempfile.TemporaryDirectory(prefix="yaohao-bench-") as folder:
        measure_xlsx(Path(folder), min(count, XLSX_ROWS))
        measure_csv(Path(folder), count)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=ROWS)
    main(asked.parse_args().rows)
