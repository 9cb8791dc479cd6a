"""Work in the background: a row written inside the deed that asks for it, done by a worker under a lease.

A worker that dies loses its lease, and another takes the job again from the start; so the work of every kind of job
may be done twice without harm (an import repeated changes nothing, a file made again replaces itself).
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from piccolo.columns import BigInt, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from registries import database
from registries.database import Deed
from registries.errors import Invalid, NotFound, YaohaoError

State = Literal["waiting", "running", "done", "refused", "failed"]
STATES: Final[dict[State, str]] = {
    "waiting": "排队中",
    "running": "办理中",
    "done": "已完成",
    "refused": "没有办理",
    "failed": "出错",
}
OPEN: Final = ("waiting", "running")
LEASE: Final = timedelta(minutes=5)
HEARTBEAT_SECONDS: Final = 2.0
IDLE_SECONDS: Final = 1.0
ATTEMPTS: Final = 3
LOGGER: Final = logging.getLogger("yaohao.faults")


class JobTable(Table, tablename="job"):
    """One job; `arguments` and `outcome` are JSON, and hold no person's data."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    kind = Varchar(length=40)
    title = Varchar(length=200)
    arguments = Text()
    account = BigInt(null=True, default=None)
    actor = Varchar(length=100)
    asked_at = Timestamptz()
    state = Varchar(length=10, default="waiting")
    attempts = Integer(default=0)
    worker = Varchar(length=40, default="")
    lease_until = Timestamptz(null=True, default=None)
    done = BigInt(default=0)
    expected = BigInt(default=0)
    finished_at = Timestamptz(null=True, default=None)
    outcome = Text(default="{}")


@dataclass(frozen=True)
class Job:
    """A job as read: who asked for what, how far it is, and what came of it. Times are UTC.

    `outcome` of a refused one holds `sentence` and `errors`, of a failed one `reference`.
    """

    id: int
    bureau: str
    kind: str
    title: str
    arguments: dict[str, Any]
    account: int | None
    actor: str
    asked_at: datetime
    state: State
    attempts: int
    done: int
    expected: int
    finished_at: datetime | None
    outcome: dict[str, Any]

    @property
    def open(self) -> bool:
        """Say whether it still waits or runs."""
        return self.state in OPEN


@dataclass
class Running:
    """A job at work, and the folder of its files. `tell` may be called from any thread; the row follows."""

    job: Job
    folder: Path
    progress: tuple[int, int] = field(default=(0, 0))

    def path(self, name: str) -> Path:
        """Return where a file of the job lies: an upload by its name, a result by a name of its own."""
        if Path(name).name != name:
            raise ValueError(f"{name} is not a plain file name")
        return self.folder / name

    def tell(self, done: int, expected: int) -> None:
        """Note how much is done, and how much is expected in all."""
        self.progress = (done, expected)


Work = Callable[[Running], Awaitable[Mapping[str, Any]]]


async def ask(
    deed: Deed, *, bureau: str, kind: str, title: str, arguments: Mapping[str, Any], account: int
) -> int:
    """Ask for a job in the open deed and return its number."""
    row = JobTable(
        bureau=bureau,
        kind=kind,
        title=title,
        arguments=msgspec.json.encode(dict(arguments)).decode(),
        account=account,
        actor=deed.actor.name,
        asked_at=deed.now,
    )
    await JobTable.insert(row)
    return int(row.id)


async def job(bureau: str, number: int, account: int | None = None) -> Job:
    """Return a job of the bureau, with `account` only that person's own. Raises NotFound."""
    rows = JobTable.select().where(JobTable.id == number, JobTable.bureau == bureau)
    if account is not None:
        rows = rows.where(JobTable.account == account)
    found = await rows.first()
    if found is None:
        raise NotFound("没有这项后台任务，或者它不是您提交的。")
    return _job(found)


async def jobs_of(bureau: str, account: int, limit: int = 20) -> list[Job]:
    """Return the newest jobs that a person has asked for."""
    rows = await (
        JobTable.select()
        .where(JobTable.bureau == bureau, JobTable.account == account)
        .order_by(JobTable.id, ascending=False)
        .limit(limit)
    )
    return [_job(row) for row in rows]


class Worker:
    """Takes one job after another; any number of workers may share a database."""

    def __init__(self, kinds: Mapping[str, Work], folder: Path) -> None:
        self._kinds = dict(kinds)
        self._folder = folder
        self._name = secrets.token_hex(8)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                worked = await self.work_once()
            except Exception as fault:
                LOGGER.exception("worker %s", self._name, exc_info=fault)
                worked = False
            if not worked:
                await asyncio.sleep(IDLE_SECONDS)

    async def work_once(self, now: datetime | None = None) -> bool:
        """Do the oldest job that waits or has lost its worker; say whether there was one."""
        taken = await self._take(now or datetime.now(UTC))
        if taken is None:
            return False
        running = Running(taken, self._folder)
        # Queries inside find the worker's own context otherwise, with a transaction of the loop (stack.md P6).
        work = asyncio.create_task(self._outcome(running), context=contextvars.Context())
        beat = asyncio.create_task(self._beat(running), context=contextvars.Context())
        try:
            state, outcome = await work
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
        await self._finish(running, state, outcome)
        return True

    async def _take(self, now: datetime) -> Job | None:
        if not self._kinds or not await JobTable.exists().where(JobTable.state.is_in(list(OPEN))):
            return None
        async with database.alone():
            waits = (JobTable.state == "waiting") | (
                (JobTable.state == "running") & (JobTable.lease_until < now)
            )
            row = await (
                JobTable.select()
                .where(waits, JobTable.kind.is_in(list(self._kinds)))
                .order_by(JobTable.id)
                .first()
            )
            if row is None:
                return None
            exhausted = row["attempts"] >= ATTEMPTS
            await JobTable.update(
                {
                    JobTable.state: "failed" if exhausted else "running",
                    JobTable.worker: self._name,
                    JobTable.attempts: row["attempts"] + (0 if exhausted else 1),
                    JobTable.lease_until: now + LEASE,
                    JobTable.finished_at: now if exhausted else None,
                }
            ).where(JobTable.id == row["id"])
            return None if exhausted else _job({**row, "state": "running"})

    async def _outcome(self, running: Running) -> tuple[State, Mapping[str, Any]]:
        """Do the work and return the state it ends in; a fault is logged under a number, never shown."""
        try:
            return "done", await self._kinds[running.job.kind](running)
        except YaohaoError as refusal:
            errors = refusal.fields if isinstance(refusal, Invalid) else {}
            return "refused", {"sentence": refusal.sentence, "errors": errors}
        except Exception as fault:
            number = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
            LOGGER.exception(
                "%s job %s %s", number, running.job.kind, running.job.id, exc_info=fault
            )
            return "failed", {"reference": number}

    async def _beat(self, running: Running) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            done, expected = running.progress
            async with database.alone():
                await self._update(
                    running,
                    {
                        JobTable.done: done,
                        JobTable.expected: expected,
                        JobTable.lease_until: datetime.now(UTC) + LEASE,
                    },
                )

    async def _finish(self, running: Running, state: State, outcome: Mapping[str, Any]) -> None:
        done, expected = running.progress
        async with database.alone():
            await self._update(
                running,
                {
                    JobTable.state: state,
                    JobTable.done: done,
                    JobTable.expected: expected,
                    JobTable.finished_at: datetime.now(UTC),
                    JobTable.outcome: msgspec.json.encode(dict(outcome)).decode(),
                },
            )

    async def _update(self, running: Running, values: Mapping[Any, Any]) -> None:
        # Whoever lost the lease must not overwrite what the next worker says.
        await JobTable.update(dict(values)).where(
            JobTable.id == running.job.id,
            JobTable.worker == self._name,
            JobTable.state == "running",
        )


def _job(row: Mapping[str, Any]) -> Job:
    kept = {name: row[name] for name in Job.__dataclass_fields__ if name in row}
    texts = {name: msgspec.json.decode(row[name]) for name in ("arguments", "outcome")}
    return Job(**{**kept, **texts})
