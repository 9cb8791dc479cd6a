"""Background work: asked for inside a deed, taken by one worker, finished by another when the first one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import jobs
from app.accounts import account_reads
from app.jobs import ATTEMPTS, LEASE, JobTable, Running, Worker
from registries import database as books
from registries.errors import Invalid, NotFound, Refused
from tests.app.accounts.conftest import keys, quick_hashing
from tests.app.accounts.staff import make_account, make_administrators
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do, make_bureau

__all__ = ["keys", "quick_hashing"]


async def make_job(kind: str = "count", **arguments: Any) -> int:
    """Ask for a job as a clerk would; the bureau and the clerk are made with the first one."""
    account = await _clerk()
    return await do(
        jobs.ask,
        bureau=GUANGZHOU,
        kind=kind,
        title="清点",
        arguments=arguments,
        account=account,
    )


async def _clerk() -> int:
    row = await account_reads.row_of(GUANGZHOU, "2001")
    if row is None:
        made = await make_account(await make_administrators(), own_password=False)
        return made.id
    return int(row["id"])


async def counted(running: Running) -> Mapping[str, Any]:
    """Be a job that says how far it is."""
    running.tell(7, 10)
    return {"rows": running.job.arguments["rows"]}


async def test_a_job_is_done_and_says_what_came_of_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    number = await make_job(rows=12)
    assert (await jobs.job(GUANGZHOU, number)).state == "waiting"
    assert await Worker({"count": counted}, tmp_path).work_once()
    done = await jobs.job(GUANGZHOU, number)
    assert (done.state, done.outcome, done.done, done.expected) == ("done", {"rows": 12}, 7, 10)
    assert done.finished_at is not None
    assert not await Worker({"count": counted}, tmp_path).work_once()


async def test_a_job_asked_for_in_a_deed_that_fails_was_never_asked_for(
    database: TestDatabase,
) -> None:
    account = await _clerk()

    async def work(deed: books.Deed) -> None:
        await jobs.ask(
            deed, bureau=GUANGZHOU, kind="count", title="清点", arguments={}, account=account
        )
        raise Refused("算了。")

    with pytest.raises(Refused):
        await books.deed(work, actor=books.Actor("staff", "王五"))
    assert not await JobTable.exists()


async def test_a_refusal_ends_a_job_with_its_own_sentence(
    database: TestDatabase, tmp_path: Path
) -> None:
    async def refuse(running: Running) -> Mapping[str, Any]:
        raise Invalid("文件有误。", {"第 3 行": ["缺少名称。"]})

    number = await make_job()
    await Worker({"count": refuse}, tmp_path).work_once()
    ended = await jobs.job(GUANGZHOU, number)
    assert ended.state == "refused"
    assert ended.outcome == {"sentence": "文件有误。", "errors": {"第 3 行": ["缺少名称。"]}}


async def test_a_fault_of_ours_ends_a_job_with_a_number_only(
    database: TestDatabase, tmp_path: Path
) -> None:
    async def break_(running: Running) -> Mapping[str, Any]:
        raise RuntimeError("秘密的细节")

    number = await make_job()
    await Worker({"count": break_}, tmp_path).work_once()
    ended = await jobs.job(GUANGZHOU, number)
    assert ended.state == "failed"
    assert list(ended.outcome) == ["reference"]


async def test_two_workers_never_take_one_job(database: TestDatabase, tmp_path: Path) -> None:
    taken: list[int] = []

    async def note(running: Running) -> Mapping[str, Any]:
        taken.append(running.job.id)
        await asyncio.sleep(0.05)
        return {}

    numbers = [await make_job() for _ in range(4)]
    workers = [Worker({"count": note}, tmp_path) for _ in range(3)]
    async with books.connected():
        while any(await asyncio.gather(*(one.work_once() for one in workers))):
            pass
    assert sorted(taken) == numbers


async def test_a_job_whose_worker_died_is_taken_again_after_its_lease(
    database: TestDatabase, tmp_path: Path
) -> None:
    number = await make_job(rows=1)
    now = datetime.now(UTC)
    dead = Worker({"count": counted}, tmp_path)
    assert await dead._take(now) is not None
    other = Worker({"count": counted}, tmp_path)
    assert not await other.work_once(now + LEASE - timedelta(seconds=1))
    assert await other.work_once(now + LEASE + timedelta(seconds=1))
    ended = await jobs.job(GUANGZHOU, number)
    assert (ended.state, ended.attempts) == ("done", 2)


async def test_a_worker_that_lost_its_lease_says_nothing_any_more(
    database: TestDatabase, tmp_path: Path
) -> None:
    number = await make_job(rows=1)
    now = datetime.now(UTC)
    slow = Worker({"count": counted}, tmp_path)
    taken = await slow._take(now)
    assert taken is not None
    await Worker({"count": counted}, tmp_path).work_once(now + LEASE + timedelta(seconds=1))
    await slow._finish(Running(taken, tmp_path), "failed", {"reference": "late"})
    assert (await jobs.job(GUANGZHOU, number)).state == "done"


async def test_a_job_that_kills_every_worker_is_given_up(
    database: TestDatabase, tmp_path: Path
) -> None:
    number = await make_job()
    now = datetime.now(UTC)
    for attempt in range(ATTEMPTS):
        assert await Worker({"count": counted}, tmp_path)._take(now + attempt * 2 * LEASE)
    last = Worker({"count": counted}, tmp_path)
    assert await last._take(now + ATTEMPTS * 2 * LEASE) is None
    assert (await jobs.job(GUANGZHOU, number)).state == "failed"


async def test_a_job_is_seen_by_who_asked_for_it_alone(database: TestDatabase) -> None:
    number = await make_job()
    await make_bureau(SHENZHEN)
    with pytest.raises(NotFound):
        await jobs.job(SHENZHEN, number)
    with pytest.raises(NotFound):
        await jobs.job(GUANGZHOU, number, account=await _clerk() + 1)


def test_a_jobs_file_is_a_plain_name_in_its_folder(tmp_path: Path) -> None:
    running = Running(None, tmp_path)  # type: ignore[arg-type]
    assert running.path("a.xlsx") == tmp_path / "a.xlsx"
    with pytest.raises(ValueError, match="plain"):
        running.path("../a.xlsx")
