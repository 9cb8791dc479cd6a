"""The round of 23,705 entities, all steps together: freeze, contributions, dice, run, sign, bundle."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from statistics import median
from typing import TypeVar

from app.demo import ceremony, names, opening, people, sheets
from app.demo.names import Place
from app.demo.office import Office
from benchmarks.machine import describe
from registries import database, log_keys
from registries.districts import guangdong
from registries.engines import engine_for
from registries.migrate import migrate

BENCHMARK = True
ENTITIES, INSPECTORS, RUNS = 23_705, 120, 5
LIMIT = 5.0
YEAR = opening.YEAR
REAL = Path(__file__).parents[2] / "shared" / "data" / "guangzhou-employers.csv"
GUANGZHOU = Place("440100", "广州市", 1000)
T = TypeVar("T")


class Steps:
    """How long each step took, by its name, over several rounds."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    async def time(self, name: str, work: Awaitable[T]) -> T:
        """Wait for `work` and keep how long it took."""
        started = time.perf_counter()
        done = await work
        self.taken.setdefault(name, []).append(time.perf_counter() - started)
        return done


def main() -> None:
    """Print the medians of the made city and, where its file is beside the checkout, of Guangzhou."""
    print(describe())
    _measure(f"made city of {ENTITIES:,} entities", _made)
    if REAL.exists():
        _measure(f"the real register {REAL.name}, through the real import", _guangzhou)
    else:
        print("the Guangzhou register is not beside this checkout: not measured")


def _measure(title: str, open_books: Callable[[Path], Awaitable[Office]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ[log_keys.SETTING] = str(Path(folder) / "keys" / "log.key")
        database.use(engine_for(f"sqlite:///{folder}/round.sqlite"))
        steps = asyncio.run(_rounds(Path(folder), open_books))
        database.use(None)
    whole = [sum(each) for each in zip(*steps.taken.values(), strict=True)]
    print(f"{title}, SQLite, medians of {RUNS} rounds:")
    for name, taken in steps.taken.items():
        print(f"  {name:14s} {median(taken):6.3f} s")
    print(f"  {'all together':14s} {median(whole):6.3f} s, slowest {max(whole):.3f} s", end="")
    print(f" (asked: at most {LIMIT:g} s)")


async def _rounds(folder: Path, open_books: Callable[[Path], Awaitable[Office]]) -> Steps:
    log_keys.create()
    await migrate()
    office, steps = await open_books(folder), Steps()
    for number in range(1, RUNS + 1):
        office.clock.set(YEAR, 8, number)
        await _round(office, number, steps)
    return steps


async def _round(office: Office, number: int, steps: Steps) -> None:
    tasks = date(YEAR, 8, 20), date(YEAR, 10, 30)
    chosen = ceremony.settings(opening.title(number), tasks, date(YEAR, 12, 31))
    preparation = await ceremony.prepare(office, YEAR, number, chosen)
    draw = await steps.time("freeze", ceremony.freeze(office, preparation))
    await steps.time("contributions", _contributions(office, draw.number))
    typing = ceremony.type_dice(office, draw.number, ceremony.throw_dice(), {})
    await steps.time("dice", typing)
    await steps.time("run", ceremony.run(office, draw.number))
    await steps.time("sign", ceremony.sign(office, draw.number))
    await steps.time("bundle", ceremony.bundle(office, draw.number))


async def _contributions(office: Office, number: str) -> None:
    kept = await ceremony.take_commits(office, number)
    await ceremony.take_reveals(office, number, kept)
    await ceremony.fix_parts(office, number)


async def _made(folder: Path) -> Office:
    made = sheets.tables(ENTITIES, INSPECTORS)
    sheets.write(folder, made)
    office = Office(names.CITY.code)
    await opening.enter(office, names.BUREAU_NAME, fictional=True)
    await _fill(office, folder / sheets.ENTITIES, folder)
    await opening.bring_recusals(office, folder / sheets.RECUSALS)
    office.clock.set(YEAR, 7, 3)
    await opening.bring_facts(office, folder / sheets.FACTS)
    return office


async def _guangzhou(folder: Path) -> Office:
    places = [
        Place(one.code, one.name, 1) for one in guangdong().under(GUANGZHOU.code, date(YEAR, 1, 1))
    ]
    rows = people.inspectors(INSPECTORS, places, GUANGZHOU)
    sheets.write_workbook_of(folder / sheets.INSPECTORS, people.INSPECTOR_HEADINGS, rows)
    office = Office(GUANGZHOU.code)
    await opening.enter(office, "广州市人力资源和社会保障局")
    await _fill(office, REAL, folder)
    return office


async def _fill(office: Office, entities: Path, folder: Path) -> None:
    await opening.bring_entities(office, entities)
    await opening.bring_inspectors(office, folder / sheets.INSPECTORS)
    await opening.put_items_into_effect(office)
    authority = "人力资源和社会保障局"
    await opening.publish_plan(office, opening.plan_of_rounds(authority, [27] * RUNS))


if __name__ == "__main__":
    sys.exit(main())
