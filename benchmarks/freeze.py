"""Freezing a draw of 1,500,000 from the database to the commitment, and holding it to run and bundle.

The deed measured is the whole of `yaohao draw freeze`: it reads the books, applies every exclusion rule, writes and
parses the frozen files, computes shares and staffing, and stores everything. Its peer is the least that any such
program does: read the same columns with the bare driver, join them with `csv.writer`, and hash the bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.demo import ceremony
from app.demo.office import Office
from app.draws import freeze_actions, preparation_actions
from app.draws.settings_rules import Settings
from app.plans import actions as plan_actions
from app.plans.rules import PlanContent, Policy, Round
from benchmarks import machine
from registries import bulk, bureaus, database, inspector_register, item_lists, log_keys
from registries.database import Actor
from registries.engines import engine_for
from registries.inspectors import Certificate, Inspector
from registries.migrate import migrate
from tests.postgres_server import binaries, server

BENCHMARK = True
SIZES = (23_705, 1_500_000)
RUNS = 3
BUREAU = "440100"
DISTRICTS = (
    "440103", "440104", "440105", "440106", "440111", "440112", "440113", "440114", "440115",
    "440117", "440118",
)  # fmt: skip
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CLERK, HEAD = Actor("command", "经办人"), Actor("command", "审批人")


def main() -> None:
    """Print the median and the peak memory of a freeze, and its peer's time, on both engines."""
    print(machine.describe())
    for size in SIZES:
        for engine, address in _databases(size):
            _run("--fill", address, str(size))
            measured = [json.loads(_run("--freeze", address, str(size))) for _ in range(RUNS)]
            peer = [json.loads(_run("--peer", address, str(size))) for _ in range(RUNS)]
            ours = machine.median([one["seconds"] for one in measured])
            theirs = machine.median([one["seconds"] for one in peer])
            # On a shared machine the processor's time says more than the clock on the wall.
            busy, busy_peer = (min(one["cpu"] for one in runs) for runs in (measured, peer))
            memory = max(one["megabytes"] for one in measured)
            last = json.loads(_run("--round", address, str(size)))
            print(
                f"{size:>9,} entities, {engine}: freeze {ours}, of our processor {busy:.2g} s, "
                f"peak {memory} MB; peer {theirs}, of our processor {busy_peer:.2g} s\n"
                f"          the same draw held to its end: run {last['run']:.2f} s,"
                f" bundle {last['bundle']:.2f} s of {last['size']:.0f} MB, peak {last['megabytes']} MB"
                " (asked: run and bundle at most 10 s)"
            )


def _databases(size: int) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", f"sqlite:///{Path(folder) / 'books.sqlite'}"
    if binaries() is None:
        print(f"{size:>9,} entities, PostgreSQL: its server binaries are not installed")
        return
    with server() as running:
        running.run("CREATE DATABASE books")
        yield "PostgreSQL", running.address("books")


def _run(what: str, address: str, size: str) -> str:
    """Run one part in a process of its own, so that its peak memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.freeze", what, address, size],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


@contextmanager
def _keys() -> Iterator[None]:
    """Let the process find keys of a log that nobody keeps."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[log_keys.SETTING] = str(Path(folder) / "log.key")
        log_keys.create()
        yield


async def _fill(size: int) -> None:
    await migrate()
    await database.deed(
        lambda deed: bureaus.enter_bureau(deed, code=BUREAU, name="广州市人社局"), actor=CLERK
    )
    chance = random.Random(20260101)
    ids = sorted({"91" + "".join(chance.choices(ALPHABET, k=16)) for _ in range(size)})
    now = datetime.now(UTC)
    columns = ("bureau", "id", "state", "name", "kind", "district", "grade", "version")
    columns += ("valid_from", "recorded_at", "recorded_by", "reason")
    async with database.alone():
        await bulk.load(
            "entity",
            columns,
            (
                (
                    BUREAU,
                    id_,
                    "active",
                    f"广州市第{n}机械设备有限公司",
                    "employer",
                    DISTRICTS[n % 11],
                    "B" if n % 100 == 0 else "A",
                    1,
                    date(2026, 1, 1),
                    now,
                    "benchmark",
                    "benchmark",
                )
                for n, id_ in enumerate(ids)
            ),
        )
        facts = ("bureau", "entity", "kind", "happened_on", "reference", "details")
        facts += ("recorded_at", "recorded_by", "source", "reason")
        today = _today()
        await bulk.load(
            "fact",
            facts,
            (
                (BUREAU, id_, "inspected", today, "", "{}", now, "benchmark", "benchmark", "")
                for id_ in ids[::50]
            ),
        )
    if database.on_postgres():
        # What its own service does within a minute of a large load.
        await database.execute("VACUUM ANALYZE entity")
    await _staff_and_plan()


async def _staff_and_plan() -> None:
    today = _today()
    for number in range(120):
        held = Certificate("行政执法证", f"C{number}", BUREAU, date(2020, 1, 1), date(2099, 1, 1))
        one = Inspector(
            f"I{number:03d}", f"检查员{number}", "支队", "", "county", "on-duty", number % 3 > 0,
            (DISTRICTS[number % 11],), (held,),
        )  # fmt: skip
        await database.deed(
            lambda deed, one=one: inspector_register.enter_inspector(  # type: ignore[misc]
                deed, bureau=BUREAU, inspector=one
            ),
            actor=CLERK,
        )
    await database.deed(
        lambda deed: item_lists.propose_seeded_list(deed, bureau=BUREAU), actor=CLERK
    )
    rounds = tuple(
        Round(
            name=f"第 {n} 次",
            items=("01",),
            total=27,
            starts=date(today.year, 1, 1),
            ends=date(today.year, 12, 31),
        )
        for n in (1, 2, 3)
    )
    content = PlanContent(
        issuing_authority="广州市人社局", item_list=1, policy=Policy(), rounds=rounds
    )
    year = {"bureau": BUREAU, "year": today.year}
    await database.deed(lambda deed: plan_actions.draft(deed, content=content, **year), actor=CLERK)
    await database.deed(lambda deed: plan_actions.submit(deed, **year), actor=CLERK)
    await database.deed(lambda deed: plan_actions.approve(deed, **year), actor=HEAD)
    await database.deed(
        lambda deed: plan_actions.file(deed, filed_with="省厅", reference="1", **year), actor=CLERK
    )
    await database.deed(lambda deed: plan_actions.publish(deed, **year), actor=CLERK)


async def _freeze() -> tuple[float, float]:
    today = _today()
    settings = Settings(
        title="第一次抽查",
        tasks_start=today,
        tasks_end=today + timedelta(30),
        unseal_by=today + timedelta(90),
        standby_witness="候补",
    )
    made = await database.deed(
        lambda deed: preparation_actions.prepare(
            deed, bureau=BUREAU, year=today.year, number=1, settings=settings
        ),
        actor=CLERK,
    )
    took = (0.0, 0.0)

    class Undo(Exception):  # noqa: N818
        """Roll the deed back, so that every run freezes the same books."""

    async def work(deed: database.Deed) -> None:
        nonlocal took
        started, busy = time.perf_counter(), time.process_time()
        await freeze_actions.freeze(deed, bureau=BUREAU, preparation=made)
        took = (time.perf_counter() - started, time.process_time() - busy)
        raise Undo

    try:
        await database.deed(work, actor=CLERK)
    except Undo:
        return took
    raise AssertionError


async def _round() -> dict[str, float]:
    """Freeze once more, hold the ceremony, and return how long run and bundle take from the database."""
    today = _today()
    office = Office(BUREAU)
    office.clock.now = datetime.now(UTC)
    chosen = ceremony.settings(
        "第一次抽查", (today, today + timedelta(30)), today + timedelta(90), "候补"
    )
    number = (
        await ceremony.freeze(office, await ceremony.prepare(office, today.year, 1, chosen))
    ).number
    kept = await ceremony.take_commits(office, number)
    await ceremony.take_reveals(office, number, kept)
    await ceremony.fix_parts(office, number)
    await ceremony.type_dice(office, number, ceremony.throw_dice(), {})
    began = time.perf_counter()
    await ceremony.run(office, number)
    drawn = time.perf_counter()
    await ceremony.sign(office, number)
    signed = time.perf_counter()
    made = await ceremony.bundle(office, number)
    ended = time.perf_counter()
    return {"run": drawn - began, "bundle": ended - signed, "size": len(made) / 1e6}


async def _peer() -> tuple[float, float]:
    started, busy = time.perf_counter(), time.process_time()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    async with database.snapshot():
        sql = "SELECT id, district, grade, kind, name FROM entity WHERE bureau = {} ORDER BY id"
        async for rows in bulk.stream(sql, BUREAU, chunk=20_000):
            writer.writerows(rows)
    hashlib.sha256(out.getvalue().encode()).hexdigest()
    return time.perf_counter() - started, time.process_time() - busy


def _today() -> date:
    return datetime.now(preparation_actions.SHANGHAI).date()


def _peak_megabytes() -> int:
    try:
        import resource
    except ImportError:  # Windows has no such figure in the standard library.
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def part(what: str, address: str, size: int) -> None:
    """Run one part in this process and print what it measured as JSON."""
    database.use(engine_for(address))
    with _keys():
        if what == "--fill":
            database.run(lambda: _fill(size))
            return
        if what == "--round":
            held = database.run(_round)
            print(json.dumps(held | {"megabytes": _peak_megabytes()}))
            return
        seconds, cpu = database.run(_freeze if what == "--freeze" else _peer)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": _peak_megabytes()}))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        part(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
