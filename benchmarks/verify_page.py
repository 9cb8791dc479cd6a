"""The verify page on 23,705 entities in Chromium: time and memory, beside verify.py on the same bundle."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.demo import ceremony, opening
from app.publication.verify_page import page
from benchmarks import machine
from benchmarks.round import ENTITIES, YEAR, _made
from registries import database, log_keys
from registries.engines import engine_for
from registries.migrate import migrate

BENCHMARK = True
RUNS = 5
VERIFIER = Path(__file__).parent.parent / "sampling" / "verifier.py"


async def bundle_in(folder: Path) -> bytes:
    """Hold a round of the made city and return its bundle."""
    log_keys.create()
    await migrate()
    office = await _made(folder)
    office.clock.set(YEAR, 8, 1)
    tasks = date(YEAR, 8, 20), date(YEAR, 10, 30)
    chosen = ceremony.settings(opening.title(1), tasks, date(YEAR, 12, 31))
    draw = await ceremony.freeze(office, await ceremony.prepare(office, YEAR, 1, chosen))
    kept = await ceremony.take_commits(office, draw.number)
    await ceremony.take_reveals(office, draw.number, kept)
    await ceremony.fix_parts(office, draw.number)
    await ceremony.type_dice(office, draw.number, ceremony.throw_dice(), {})
    await ceremony.run(office, draw.number)
    await ceremony.sign(office, draw.number)
    return await ceremony.bundle(office, draw.number)


def in_browser(program: str, folder: Path, bundle: Path) -> tuple[list[float], float]:
    """Return the seconds of each run of the page as opened from a disk, and its heap in MB afterwards."""
    place = folder / "verify.html"
    place.write_text(page()[0], encoding="utf-8")
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(place.as_uri())
        for _ in range(RUNS):
            started = time.perf_counter()
            opened.set_input_files("#bundle", [])
            opened.set_input_files("#bundle", bundle)
            opened.wait_for_selector("#verdict.good")
            taken.append(time.perf_counter() - started)
            opened.evaluate("document.querySelector('#verdict').className = ''")
        heap = opened.evaluate("performance.memory.usedJSHeapSize") / 1e6
        browser.close()
    return taken, float(heap)


def main() -> None:
    """Print the figures of the page and of verify.py."""
    print(machine.describe())
    program = shutil.which("chromium")
    if program is None:
        print("Chromium is not installed: not measured")
        return
    with tempfile.TemporaryDirectory(prefix="yaohao-bench-") as name:
        folder = Path(name)
        os.environ[log_keys.SETTING] = str(folder / "keys" / "log.key")
        database.use(engine_for(f"sqlite:///{folder}/books.sqlite"))
        bundle = folder / "bundle.zip"
        bundle.write_bytes(asyncio.run(bundle_in(folder)))
        database.use(None)
        taken, heap = in_browser(program, folder, bundle)
        peer = []
        for _ in range(RUNS):
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-I", str(VERIFIER), str(bundle)], check=True, capture_output=True
            )
            peer.append(time.perf_counter() - started)
    print(
        f"{ENTITIES:,} entities: page {machine.median(taken)}, heap {heap:.0f} MB"
        f" (asked: 3 s, 500 MB); verify.py {machine.median(peer)}"
    )


if __name__ == "__main__":
    main()
