"""Whoever changes the log behind the system's back is found out, and the entries are named.

The attacker here holds the SQLite file, or is the owner of the PostgreSQL database: every trigger is gone first.
The log has 21 entries; a checkpoint was taken at 13 and kept elsewhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from registries import audit_check, audit_hashes, audit_log, log_keys
from registries import database as books
from registries.audit_check import Report
from registries.audit_entries import Entry, LoggedEntry
from registries.checkpoint import Checkpoint, sign_checkpoint
from registries.errors import Refused
from registries.log_check import LARGEST_GAP, LogCheck
from registries.log_tree import Frontier
from registries.signed_note import SignerKey
from sampling.encoding import leaf_hash
from tests.conftest import TestDatabase
from tests.log_keys import declare, make_keys, write
from tests.makers import do

pytestmark = pytest.mark.postgres
SIZE, KEPT_SIZE = 21, 13
TABLES = ("audit_entry", "audit_head", "audit_checkpoint")


@pytest.fixture
async def kept(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Write the log, disarm its triggers, and return the kept checkpoint."""
    return await _kept(database, tmp_path, monkeypatch)


@pytest.fixture
async def sqlite_kept(
    sqlite_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bytes:
    """Do the same on SQLite alone."""
    return await _kept(sqlite_database, tmp_path, monkeypatch)


async def _kept(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    declare(monkeypatch)
    make_keys(tmp_path, monkeypatch)
    await write(KEPT_SIZE)
    note: str = await do(audit_log.issue_checkpoint)
    await write(SIZE - KEPT_SIZE, start=KEPT_SIZE)
    if database.server:
        for table in TABLES:
            await books.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    else:
        path = database.address.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            triggers = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                file.execute(f'DROP TRIGGER "{name}"')
    return note.encode()


async def verify(kept: bytes) -> Report:
    return await audit_check.verify({"另存的检查点": kept})


async def found(kept: bytes) -> list[tuple[str, int, int]]:
    return [(f.word, f.first, f.last) for f in (await verify(kept)).findings]


async def forge(number: int, **changes: Any) -> str:
    """Return the canonical text of an entry with changes, as a careful forger writes it."""
    entry = (await audit_log.entry(number)).entry()
    return Entry(**(vars(entry) | changes)).canonical()


async def put(number: int, canonical: str) -> None:
    """Write a text into an entry together with columns that agree with it, but no hash."""
    entry = Entry.parse(canonical)
    await books.execute(
        "UPDATE audit_entry SET canonical = {}, subject = {}, event = {} WHERE number = {}",
        canonical,
        entry.subject,
        entry.event,
        number,
    )


async def rewrite(texts: Sequence[str]) -> None:
    """Rewrite the whole log consistently: numbers, texts, every hash, the head."""
    await books.execute("DELETE FROM audit_entry")
    frontier = Frontier()
    for number, text in enumerate(texts):
        entry = Entry.parse(text)
        renumbered = Entry(**(vars(entry) | {"number": number}))
        canonical = renumbered.canonical()
        hashes = b"".join(frontier.append(leaf_hash(canonical.encode()))).hex()
        columns = [
            number, entry.bureau, entry.at, entry.actor_kind, entry.actor_name, entry.event,
            entry.subject, canonical, hashes,
        ]  # fmt: skip
        marks = ", ".join("{}" for _ in columns)
        await books.execute(
            f"INSERT INTO audit_entry ({audit_log.COLUMNS}) VALUES ({marks})", *columns
        )
    await books.execute(
        "UPDATE audit_head SET size = {}, frontier = {}", len(texts), frontier.text()
    )


async def rewrite_with_forged(number: int) -> None:
    """Rewrite the whole log consistently round one forged entry."""
    changed = await texts()
    changed[number] = await forge(number, reason="从未有过的理由")
    await rewrite(changed)


async def texts() -> list[str]:
    return [entry.canonical for entry in reversed(await audit_log.entries())]


async def test_an_honest_log_agrees_with_its_checkpoints(kept: bytes) -> None:
    report = await verify(kept)
    assert report.findings == ()
    assert report.size == SIZE
    assert report.root == await audit_hashes.root_at(SIZE)
    assert report.compared == ("另存的检查点", "库中 13 条时的检查点")


async def test_a_changed_column_is_named(kept: bytes) -> None:
    await books.execute("UPDATE audit_entry SET actor_name = '别人' WHERE number = 6")
    report = await verify(kept)
    assert [f.sentence() for f in report.findings] == [
        "编号 6：改动：列 actor_name 与条目正文不符。"
    ]


async def test_a_changed_text_is_named(kept: bytes) -> None:
    await put(6, await forge(6, reason="从未有过的理由"))
    assert ("changed", 6, 6) in await found(kept)


async def test_a_text_that_is_no_entry_any_more_is_named(kept: bytes) -> None:
    await books.execute("UPDATE audit_entry SET canonical = {} WHERE number = 6", "{}")
    assert ("form", 6, 6) in await found(kept)


@pytest.mark.parametrize(("number", "pair"), [(6, (6, 7)), (7, (6, 7)), (15, (14, 15))])
async def test_a_text_changed_with_its_leaf_is_named_within_a_pair(
    kept: bytes, number: int, pair: tuple[int, int]
) -> None:
    canonical = await forge(number, reason="从未有过的理由")
    await put(number, canonical)
    leaf = leaf_hash(canonical.encode()).hex()
    hashes = (await books.fetch("SELECT hashes FROM audit_entry WHERE number = {}", number))[0]
    await books.execute(
        "UPDATE audit_entry SET hashes = {} WHERE number = {}", leaf + hashes["hashes"][64:], number
    )
    assert ("subtree", *pair) in await found(kept)


@pytest.mark.parametrize(
    ("number", "named"), [(3, ("stored", 2, 3)), (15, ("subtree", 14, 15)), (7, ("stored", 6, 7))]
)
async def test_a_changed_stored_hash_is_told_from_changed_entries_where_a_checkpoint_covers_them(
    kept: bytes, number: int, named: tuple[str, int, int]
) -> None:
    await books.execute(
        "UPDATE audit_entry SET hashes = substr(hashes, 1, 64) || {} || substr(hashes, 129)"
        " WHERE number = {}",
        "ab" * 32,
        number,
    )
    assert await found(kept) == [named]


async def test_a_damaged_row_of_hashes_is_named(kept: bytes) -> None:
    for hashes in ("", "ab", "zz" * 32, "AB" * 32):
        await books.execute("UPDATE audit_entry SET hashes = {} WHERE number = 4", hashes)
        assert await found(kept) == [("hashes", 4, 4)]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("canonical = x'ff0000'", {("changed", 6, 6), ("form", 6, 6)}),
        ("canonical = CAST(x'ff00ff' AS TEXT)", {("changed", 6, 6), ("form", 6, 6)}),
        ("canonical = CAST(canonical AS BLOB)", {("form", 6, 6)}),
        ("hashes = x'00'", {("hashes", 6, 6)}),
        ("hashes = CAST(x'ff' AS TEXT)", {("hashes", 6, 6)}),
        ("subject = CAST(subject AS BLOB)", {("columns", 6, 6)}),
        ("actor_name = CAST(x'ff' AS TEXT)", {("columns", 6, 6)}),
    ],
)
async def test_bytes_where_text_belongs_are_named_and_the_entries_behind_them_are_checked(
    sqlite_kept: bytes, change: str, named: set[tuple[str, int, int]]
) -> None:
    """Only SQLite keeps such values; PostgreSQL refuses them."""
    await books.execute(f"UPDATE audit_entry SET {change} WHERE number = 6")
    await books.execute("UPDATE audit_entry SET actor_name = '别人' WHERE number = 20")
    findings = set(await found(sqlite_kept))
    assert named | {("columns", 20, 20)} == findings - {("checkpoint", 0, 12)}


@pytest.mark.parametrize("number", ['"9"', "[]", "true"])
async def test_texts_that_forge_a_number_which_is_none_are_named(kept: bytes, number: str) -> None:
    for place in (1, 2):
        text = (await audit_log.entry(place)).canonical
        await books.execute(
            "UPDATE audit_entry SET canonical = {} WHERE number = {}",
            text.replace(f'"number":{place}', f'"number":{number}'),
            place,
        )
    assert {("changed", 1, 2), ("form", 1, 2)} <= set(await found(kept))


@pytest.mark.parametrize(
    "change", ["size = 'abc'", "size = x'ff'", "size = CAST(x'ff' AS TEXT)", "size = -1"]
)
async def test_a_head_that_counts_nothing_is_named(sqlite_kept: bytes, change: str) -> None:
    await books.execute(f"UPDATE audit_head SET {change}")
    assert await found(sqlite_kept) == [("head", 21, 21)]


@pytest.mark.parametrize("change", ["note = x'ff'", "size = 'abc'"])
async def test_a_stored_checkpoint_that_is_no_text_is_named(
    sqlite_kept: bytes, change: str
) -> None:
    await books.execute(f"UPDATE audit_checkpoint SET {change}")
    assert await found(sqlite_kept) == [("signature", 0, 0)]


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("audit_head", [("head", 21, 21)]),
        ("audit_checkpoint", [("table", 0, 0)]),
        ("audit_entry", [("table", 0, 0), ("cut-off", 0, 12), ("cut-off", 0, 20)]),
    ],
)
async def test_a_removed_table_is_named(
    kept: bytes, table: str, named: list[tuple[str, int, int]]
) -> None:
    await books.execute(f"DROP TABLE {table}")
    assert sorted(await found(kept)) == sorted(named)


async def test_a_removed_entry_is_named(kept: bytes) -> None:
    await books.execute("DELETE FROM audit_entry WHERE number = 5 OR number = 6")
    assert ("missing", 5, 6) in await found(kept)


async def test_a_tail_cut_off_is_counted_by_the_head(kept: bytes) -> None:
    await books.execute("DELETE FROM audit_entry WHERE number >= 18")
    report = await verify(kept)
    assert [f.sentence() for f in report.findings] == [
        "编号 18 至 20：缺失：日志末尾少了 3 条（依据：首行记下的条数）。"
    ]


async def test_a_tail_cut_off_with_the_head_set_back_is_counted_by_the_checkpoint(
    kept: bytes,
) -> None:
    await rewrite((await texts())[:10])
    await books.execute("DELETE FROM audit_checkpoint")
    report = await verify(kept)
    assert [f.sentence() for f in report.findings] == [
        "编号 10 至 12：缺失：日志末尾少了 3 条（依据：另存的检查点）。"
    ]


async def test_two_swapped_entries_are_both_named(kept: bytes) -> None:
    texts = {number: (await audit_log.entry(number)).canonical for number in (4, 8)}
    await put(4, texts[8])
    await put(8, texts[4])
    report = await verify(kept)
    moved = [f.sentence() for f in report.findings if f.word == "moved"]
    assert moved == [
        "编号 4：错位：这里放的是编号 8 的条目（插入、调换或改号）。",
        "编号 8：错位：这里放的是编号 4 的条目（插入、调换或改号）。",
    ]


async def test_rows_whose_numbers_were_swapped_are_both_named(kept: bytes) -> None:
    for old, new in ((4, 99), (8, 4), (99, 8)):
        await books.execute("UPDATE audit_entry SET number = {} WHERE number = {}", new, old)
    assert {("moved", 4, 4), ("moved", 8, 8)} <= set(await found(kept))


async def test_an_entry_put_in_the_middle_is_named_with_all_that_it_pushed_on(kept: bytes) -> None:
    for number in range(SIZE - 1, 9, -1):
        await books.execute(
            "UPDATE audit_entry SET number = {} WHERE number = {}", number + 1, number
        )
    await books.execute(
        f"INSERT INTO audit_entry ({audit_log.COLUMNS}) SELECT 10, bureau, at, actor_kind,"
        " actor_name, event, subject, canonical, hashes FROM audit_entry WHERE number = 9"
    )
    named = await found(kept)
    assert ("moved", 10, 21) in named
    assert ("head", 21, 21) in named


async def test_numbers_moved_up_leave_a_gap_that_is_named(kept: bytes) -> None:
    for number in range(SIZE - 1, 9, -1):
        await books.execute(
            "UPDATE audit_entry SET number = {} WHERE number = {}", number + 2, number
        )
    named = await found(kept)
    assert ("missing", 10, 11) in named
    assert ("moved", 12, 22) in named


async def test_a_number_far_beyond_the_end_is_named_and_not_followed(kept: bytes) -> None:
    far = SIZE + LARGEST_GAP + 1
    await books.execute("UPDATE audit_entry SET number = {} WHERE number = 20", far)
    assert await found(kept) == [("missing", 20, far - 1), ("unreadable", far, far)]


async def test_a_changed_head_is_named(kept: bytes) -> None:
    await books.execute("UPDATE audit_head SET size = 30")
    assert await found(kept) == [("cut-off", 21, 29)]
    await books.execute("UPDATE audit_head SET size = 19")
    assert await found(kept) == [("head", 19, 20)]
    await books.execute("UPDATE audit_head SET size = 21, frontier = ''")
    assert await found(kept) == [("head", 20, 20)]
    await books.execute("DELETE FROM audit_head")
    assert await found(kept) == [("head", 21, 21)]


async def test_a_log_without_its_head_takes_no_entry(kept: bytes) -> None:
    await books.execute("DELETE FROM audit_head")
    with pytest.raises(Refused, match="首行不见了"):
        await write(1, start=SIZE)
    with pytest.raises(Refused, match="首行不见了"):
        await audit_log.size()


async def test_a_log_rewritten_as_a_whole_is_caught_by_the_kept_checkpoint_alone(
    kept: bytes,
) -> None:
    await rewrite_with_forged(5)
    await books.execute("DELETE FROM audit_checkpoint")
    assert (await audit_check.verify()).findings == ()
    report = await verify(kept)
    assert [f.sentence() for f in report.findings] == [
        "编号 0 至 12：改动：与另存的检查点不符，这个范围内至少一条被改；检查点只记总根，不能再缩小范围。"
    ]


async def test_checkpoints_narrow_down_where_a_log_was_rewritten(kept: bytes) -> None:
    late = (await do(audit_log.issue_checkpoint)).encode()
    await rewrite_with_forged(15)
    await books.execute("DELETE FROM audit_checkpoint")
    report = await audit_check.verify({"早": kept, "晚": late})
    assert [(f.word, f.first, f.last) for f in report.findings] == [("checkpoint", 13, 20)]


async def test_what_was_rewritten_after_the_kept_checkpoint_is_beyond_it(kept: bytes) -> None:
    """A checkpoint says nothing of what came later: take them often."""
    await rewrite_with_forged(15)
    assert await found(kept) == []


async def test_checkpoints_left_in_the_database_catch_a_rewriter_who_forgets_them(
    kept: bytes,
) -> None:
    await rewrite_with_forged(5)
    assert [f.word for f in (await audit_check.verify()).findings] == ["checkpoint"]
    with pytest.raises(Refused, match="与上一个检查点矛盾"):
        await do(audit_log.issue_checkpoint)


async def test_the_checkpoint_beside_the_key_is_used_without_being_named(kept: bytes) -> None:
    log_keys.newest_checkpoint_path().write_bytes(kept)
    await rewrite((await texts())[:10])
    await books.execute("DELETE FROM audit_checkpoint")
    assert [f.word for f in (await audit_check.verify()).findings] == ["cut-off"]


async def test_forged_checkpoints_are_named_or_refused(kept: bytes) -> None:
    forged = kept.replace(b"\n13\n", b"\n12\n")
    await books.execute("UPDATE audit_checkpoint SET note = {}", forged.decode())
    log_keys.newest_checkpoint_path().write_bytes(forged)
    assert [f.word for f in (await audit_check.verify()).findings] == ["signature", "signature"]
    with pytest.raises(Refused, match="签名与文字不符"):
        await verify(forged)
    stranger = SignerKey.made("stranger")
    foreign = sign_checkpoint(Checkpoint("stranger", 3, "ab" * 32), stranger)
    with pytest.raises(Refused, match="没有密钥"):
        await verify(foreign.encode())


async def test_a_checkpoint_that_later_ones_contradict_is_not_blamed_on_the_log(
    kept: bytes,
) -> None:
    key = log_keys.signer()
    stolen = sign_checkpoint(Checkpoint(key.name, 5, "ab" * 32), key)
    report = await audit_check.verify({"早": stolen.encode(), "晚": kept})
    assert [(f.word, f.first, f.last) for f in report.findings] == [("foreign", 0, 4)]


def test_a_number_used_twice_is_named() -> None:
    """A database keeps numbers unique; an attacker's copy of the table need not."""
    row = LoggedEntry(0, "440100", "", "", "", "", "", "{}", leaf_hash(b"{}").hex())
    check = LogCheck()
    check.feed(row)
    check.feed(row)
    named = [f.word for f in check.finish((1, leaf_hash(b"{}").hex()))]
    assert named == ["form", "repeated"]
