"""Writing a bureau's public site with 30 draws on a register of 23,705, and writing it again without a change."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from datetime import date
from pathlib import Path

from app.demo import ceremony, opening
from app.demo.office import OPERATOR, WITNESS, Office
from app.draws import signing_actions
from app.publication.public_site import publish
from benchmarks import machine
from benchmarks.round import ENTITIES, RUNS, YEAR, _made
from registries import database, log_keys
from registries.engines import engine_for
from registries.migrate import migrate

BENCHMARK = True
DRAWS = 30


async def hold(office: Office, number: int) -> None:
    """Freeze a draw; the last ones are held to their end and opened, the others are void before anyone reveals."""
    # A void draw may be frozen again; the last round would be held to the year's quota.
    round_ = max(1, number - (DRAWS - RUNS))
    tasks = date(YEAR, 8, 20), date(YEAR, 10, 30)
    chosen = ceremony.settings(opening.title(round_), tasks, date(YEAR, 12, 31))
    draw = await ceremony.freeze(office, await ceremony.prepare(office, YEAR, round_, chosen))
    if number <= DRAWS - RUNS:
        await office.on_draw(
            WITNESS,
            draw.number,
            signing_actions.void,
            witness=WITNESS,
            second=OPERATOR,
            reason="演示作废",
        )
        return
    kept = await ceremony.take_commits(office, draw.number)
    await ceremony.take_reveals(office, draw.number, kept)
    await ceremony.fix_parts(office, draw.number)
    await ceremony.type_dice(office, draw.number, ceremony.throw_dice(), {})
    await ceremony.run(office, draw.number)
    await ceremony.sign(office, draw.number)
    await ceremony.unseal(office, draw.number)


async def prepared(folder: Path) -> str:
    """Make the city and its draws; return the bureau's code."""
    log_keys.create()
    await migrate()
    office = await _made(folder)
    office.clock.set(YEAR, 8, 1)
    for number in range(1, DRAWS + 1):
        await hold(office, number)
    return office.bureau


def main() -> None:
    """Print how long the site takes to write, and to write again."""
    print(machine.describe())
    with tempfile.TemporaryDirectory(prefix="yaohao-bench-") as name:
        folder = Path(name)
        os.environ[log_keys.SETTING] = str(folder / "keys" / "log.key")
        database.use(engine_for(f"sqlite:///{folder}/books.sqlite"))
        bureau = asyncio.run(prepared(folder))
        for what in ("first", "again"):
            started = time.perf_counter()
            written, kept, _ = database.run(lambda: publish(bureau, folder / "site"))
            taken = time.perf_counter() - started
            print(
                f"{what}: {DRAWS} draws of {ENTITIES:,} ({RUNS} with results, the others void):"
                f" {written} files written, {kept} kept, {taken:.2f} s (asked: 30 s)"
            )
        size = sum(path.stat().st_size for path in (folder / "site").rglob("*") if path.is_file())
        print(f"the site has {size / 1e6:.1f} MB")
        database.use(None)


if __name__ == "__main__":
    main()
