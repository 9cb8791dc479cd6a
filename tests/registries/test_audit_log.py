"""Every deed leaves one entry, numbered without gap, that nobody can change or remove."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import asyncpg
import pytest

from registries import audit_check, audit_log, log_keys
from registries import database as books
from registries.audit_entries import Entry, instant
from registries.checkpoint import open_checkpoint
from registries.database import Actor, Deed
from registries.engines import engine_for
from registries.errors import NotFound, Refused
from registries.migrate import migrate
from registries.signed_note import VerifierKey
from sampling import encoding
from sampling.errors import FormError
from tests.conftest import TestDatabase
from tests.log_keys import declare, make_keys, write
from tests.makers import GUANGZHOU, SHENZHEN, do

pytestmark = pytest.mark.postgres
DRIVERS_REFUSAL = (sqlite3.DatabaseError, asyncpg.PostgresError)


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VerifierKey:
    declare(monkeypatch)
    return make_keys(tmp_path, monkeypatch)


async def test_an_entry_says_who_did_what_to_whom_when_and_why(database: TestDatabase) -> None:
    at = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    number = await do(
        audit_log.append,
        event="sample:changed",
        bureau=GUANGZHOU,
        subject="sample:1",
        previous={"name": "旧名"},
        new={"name": "新名", "tags": ["a"], "count": 3, "active": True},
        reason="更正",
        now=at,
        actor=Actor("command", "yaohao"),
    )
    assert number == 0
    logged = await audit_log.entry(0)
    assert (logged.at, logged.actor_kind) == ("2026-11-21T04:00:00.123456Z", "command")
    entry = logged.entry()
    assert entry.previous == {"name": "旧名"}
    assert entry.new == {"name": "新名", "tags": ["a"], "count": 3, "active": True}
    assert entry.reason == "更正"
    assert len(bytes.fromhex(entry.random)) == 16
    assert logged.leaf == encoding.leaf_hash(logged.canonical.encode()).hex()


async def test_two_equal_deeds_leave_entries_with_different_hashes(database: TestDatabase) -> None:
    await write(2, subject="sample:1", new={})
    first, second = [(await audit_log.entry(number)).entry() for number in (0, 1)]
    assert first.random != second.random


async def test_an_undeclared_event_is_a_mistake_of_the_program(database: TestDatabase) -> None:
    with pytest.raises(ValueError, match="declared in no loaded module"):
        await do(audit_log.append, event="sample:unheard-of", bureau=GUANGZHOU, subject="x")
    assert await audit_log.size() == 0


async def test_what_canonical_json_cannot_hold_is_not_logged(database: TestDatabase) -> None:
    with pytest.raises(FormError):
        await write(1, new={"ratio": 0.5})
    assert await audit_log.size() == 0


async def test_a_deed_that_fails_leaves_no_entry(database: TestDatabase) -> None:
    async def fail(deed: Deed) -> None:
        await audit_log.append(deed, "sample:entered", bureau=GUANGZHOU, subject="x")
        raise Refused("不行")

    await write(3)
    with pytest.raises(Refused):
        await do(fail)
    await write(1, start=3)
    assert [entry.number for entry in await audit_log.entries()] == [3, 2, 1, 0]


async def test_twenty_deeds_at_once_are_numbered_without_gap(database: TestDatabase) -> None:
    async with books.connected():
        await asyncio.gather(*[asyncio.create_task(write(1, start=n)) for n in range(20)])
        assert sorted(entry.number for entry in await audit_log.entries()) == list(range(20))
        assert (await audit_check.verify()).findings == ()


async def test_one_deed_may_leave_several_entries(database: TestDatabase) -> None:
    async def twice(deed: Deed) -> list[int]:
        return [
            await audit_log.append(deed, "sample:entered", bureau=GUANGZHOU, subject=subject)
            for subject in ("sample:1", "sample:2")
        ]

    assert await do(twice) == [0, 1]


async def test_personal_values_enter_only_as_keyed_digests(database: TestDatabase) -> None:
    phone = "13800138000"
    await write(2, subject="sample:1", new={}, personal={"7/phone": phone})
    first, second = [(await audit_log.entry(number)).entry() for number in (0, 1)]
    assert phone not in first.canonical()
    assert first.personal["7/phone"] != second.personal["7/phone"]
    assert audit_log.has_personal(first, "7/phone", phone)
    assert not audit_log.has_personal(first, "7/phone", "13800138001")
    assert not audit_log.has_personal(first, "8/phone", phone)
    # The value may be blanked where it stands; the entry never held it and stays as it was.
    assert (await audit_check.verify()).findings == ()


async def test_without_the_personal_key_nothing_personal_is_logged(database: TestDatabase) -> None:
    log_keys.personal_path().unlink()
    with pytest.raises(Refused, match="找不到日志密钥文件"):
        await write(1, personal={"phone": "13800138000"})
    await write(1)
    assert await audit_log.size() == 1


CHANGES = (
    "UPDATE audit_entry SET subject = 'x' WHERE number = 1",
    "UPDATE audit_entry SET number = 9 WHERE number = 1",
    "DELETE FROM audit_entry WHERE number = 2",
    "DELETE FROM audit_entry",
    "UPDATE audit_checkpoint SET size = 1",
    "DELETE FROM audit_checkpoint",
    "DELETE FROM audit_head",
    "UPDATE audit_head SET size = 1",
    "UPDATE audit_head SET size = size + 2",
    "UPDATE audit_head SET frontier = ''",
)


async def test_the_log_refuses_every_change_but_growth(database: TestDatabase) -> None:
    await write(3)
    await do(audit_log.issue_checkpoint)
    for statement in CHANGES:
        with pytest.raises(DRIVERS_REFUSAL, match=r"only grows|one by one|stays"):
            await books.execute(statement)
    assert (await audit_check.verify()).findings == ()


async def test_even_the_owner_cannot_truncate_the_log(postgres_database: TestDatabase) -> None:
    await write(1)
    for table in ("audit_entry", "audit_checkpoint", "audit_head"):
        with pytest.raises(asyncpg.PostgresError, match="only grows"):
            await books.execute(f"TRUNCATE {table}")


async def test_the_app_role_appends_but_can_neither_change_nor_unlock_the_log(
    postgres_database: TestDatabase,
) -> None:
    assert postgres_database.server is not None
    role = f"log_{postgres_database.server.made}"
    await books.execute(f"CREATE ROLE {role} LOGIN")
    await migrate(app_role=role)
    books.use(engine_for(postgres_database.address.replace("owner@", f"{role}@")))
    await write(2)
    await do(audit_log.issue_checkpoint)
    for forbidden in (
        "UPDATE audit_entry SET subject = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DELETE FROM audit_checkpoint",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await books.execute(forbidden)
    assert (await audit_check.verify()).findings == ()


async def test_entries_are_listed_newest_first_by_page_and_filter(database: TestDatabase) -> None:
    await write(5)
    await write(2, start=5, bureau=SHENZHEN)
    await do(audit_log.append, event="sample:changed", bureau=GUANGZHOU, subject="sample:1")

    async def numbers(**wanted: object) -> list[int]:
        return [entry.number for entry in await audit_log.entries(**wanted)]  # type: ignore[arg-type]

    assert await numbers(limit=3) == [7, 6, 5]
    assert await numbers(limit=3, before=5) == [4, 3, 2]
    assert await numbers(bureau=SHENZHEN) == [6, 5]
    assert await numbers(event="sample:changed") == [7]
    assert await numbers(subject="sample:1", bureau=GUANGZHOU) == [7, 1]
    assert await numbers(actor="无此人") == []


async def test_an_entry_that_is_not_there_is_not_found(database: TestDatabase) -> None:
    with pytest.raises(NotFound, match="没有编号 0 的条目"):
        await audit_log.entry(0)


async def test_a_checkpoint_signs_size_and_root_of_the_log(
    database: TestDatabase, key: VerifierKey
) -> None:
    await write(5)
    note = await do(audit_log.issue_checkpoint)
    checkpoint = open_checkpoint(note.encode(), key)
    texts = [entry.canonical.encode() for entry in reversed(await audit_log.entries())]
    assert (checkpoint.size, checkpoint.root) == (5, encoding.merkle_root(texts))
    assert await do(audit_log.issue_checkpoint) == note
    assert await audit_log.newest_checkpoint() == note


async def test_an_empty_log_has_a_checkpoint_too(database: TestDatabase, key: VerifierKey) -> None:
    note = await do(audit_log.issue_checkpoint)
    checkpoint = open_checkpoint(note.encode(), key)
    assert (checkpoint.size, checkpoint.root) == (0, encoding.merkle_root([]))
    await write(1)
    assert (await audit_check.verify({"kept": note.encode()})).findings == ()


async def test_without_the_signing_key_nothing_is_signed_but_deeds_go_on(
    database: TestDatabase,
) -> None:
    log_keys.path().unlink()
    with pytest.raises(Refused, match="找不到日志密钥文件"):
        await do(audit_log.issue_checkpoint)
    await write(1)
    assert await audit_log.size() == 1


def test_an_instant_is_utc_to_the_microsecond() -> None:
    assert instant(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000000Z"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form":"yaohao/1 entry"}', "{"])
def test_a_text_that_is_no_entry_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an entry|JSON"):
        Entry.parse(text)


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("bureau = {}", "audit_entry_bureau (bureau=?)"),
        ("bureau = {} AND event = 'e'", "by_event (event=? AND bureau=?)"),
        ("bureau = {} AND subject = 's'", "by_subject (subject=? AND bureau=?)"),
        ("bureau = {} AND actor_name = 'a'", "by_actor_name (actor_name=? AND bureau=?)"),
        (
            "bureau = {} AND event = 'e' AND at >= 'd' AND number >= 7 AND number <= 9",
            "by_event (event=? AND bureau=? AND number>? AND number<?)",
        ),
    ],
)
async def test_no_search_of_the_log_reads_the_bureaus_whole_log(
    sqlite_database: TestDatabase, condition: str, index: str
) -> None:
    plan = await books.fetch(
        f"EXPLAIN QUERY PLAN SELECT * FROM audit_entry WHERE {condition}"
        " ORDER BY number DESC LIMIT 50",
        GUANGZHOU,
    )
    assert [index in row["detail"] for row in plan] == [True]
