"""The record of facts: only added to, corrected by superseding, asked set-wise by the rules of a draw."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from registries import audit_log, record
from registries import database as books
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.record_reads import Fact, facts, one, open_cases, page, with_fact
from registries.record_rules import (
    CASE_CLOSED,
    CASE_OPENED,
    DRAWN,
    INSPECTED,
    NewFact,
    canonical,
)
from tests.conftest import TestDatabase
from tests.makers import FACTORY, GUANGZHOU, NOON, SHENZHEN, SHOP, do, make_bureau, make_entity

TODAY = NOON.date()
PAPER = "穗人社检〔2026〕1号"


@pytest.fixture
async def two_entities(database: TestDatabase) -> None:
    await make_bureau()
    await make_entity(FACTORY)
    await make_entity(SHOP, name="番禺零售店", district="440113")


async def add(
    entity: str = FACTORY,
    kind: str = INSPECTED,
    days_ago: int = 0,
    reference: str = PAPER,
    **details: Any,
) -> Fact:
    """Add a fact of some days ago."""
    fact = NewFact(entity, kind, TODAY - timedelta(days=days_ago), reference, details)
    return await do(record.add, bureau=GUANGZHOU, fact=fact, source="手工录入")


async def correct(number: int, fact: NewFact | None, reason: str = "录入有误") -> Fact:
    return await do(record.correct, bureau=GUANGZHOU, number=number, fact=fact, reason=reason)


async def last_entry() -> Any:
    return (await audit_log.entry(await audit_log.size() - 1)).entry()


@pytest.mark.postgres
async def test_a_fact_says_what_happened_when_by_which_paper_and_who_wrote_it(
    two_entities: None,
) -> None:
    added = await add(days_ago=3, method="现场检查", items=[1, 2])
    assert added.current
    assert (added.entity, added.kind, added.reference) == (FACTORY, INSPECTED, PAPER)
    assert (added.happened_on, added.recorded_at) == (TODAY - timedelta(days=3), NOON)
    assert added.details == {"method": "现场检查", "items": [1, 2]}
    assert await facts(GUANGZHOU, FACTORY) == [added]
    entry = await last_entry()
    assert (entry.event, entry.subject) == ("record:added", f"entity:{FACTORY}")
    assert entry.new["reference"] == PAPER


@pytest.mark.parametrize(
    ("fact", "fields"),
    [
        (NewFact(FACTORY, "visited", TODAY), ["kind"]),
        (NewFact(FACTORY, "withdrawn", TODAY), ["kind"]),
        (NewFact(FACTORY, DRAWN, TODAY + timedelta(days=1)), ["happened_on"]),
        (NewFact(FACTORY, CASE_OPENED, TODAY), ["reference"]),
        (NewFact(FACTORY, CASE_CLOSED, TODAY, "", {}), ["details", "reference"]),
        (NewFact(FACTORY, CASE_CLOSED, TODAY, "案1", {"outcome": "forgotten"}), ["details"]),
        (NewFact(FACTORY, "grade", TODAY, "", {"grade": "D", "year": 2025}), ["details"]),
        (NewFact(FACTORY, "grade", TODAY, "", {"grade": "A"}), ["details"]),
        (NewFact(FACTORY, DRAWN, TODAY, "x" * 101), ["reference"]),
        (NewFact(FACTORY, DRAWN, TODAY, "", {"share": 0.5}), ["details"]),  # type: ignore[dict-item]
        (NewFact(FACTORY, DRAWN, TODAY, "", {"text": "x" * 20_001}), ["details"]),
    ],
)
async def test_a_fact_that_its_rules_forbid_is_refused_with_every_fault(
    two_entities: None, fact: NewFact, fields: list[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await do(record.add, bureau=GUANGZHOU, fact=fact, source="手工录入")
    assert sorted(refusal.value.fields) == fields
    with pytest.raises(ValueError, match=fact.kind):
        await do(record.write, bureau=GUANGZHOU, facts=[fact], source="draw:1")
    assert await facts(GUANGZHOU, FACTORY, superseded=True) == []


@pytest.mark.postgres
async def test_a_correction_replaces_a_fact_and_both_stay(two_entities: None) -> None:
    wrong = await add(days_ago=3)
    right = await correct(wrong.number, NewFact(FACTORY, INSPECTED, TODAY, PAPER))
    assert (right.supersedes, right.current, right.reason) == (wrong.number, True, "录入有误")
    assert await facts(GUANGZHOU, FACTORY) == [right]
    assert [fact.current for fact in await facts(GUANGZHOU, FACTORY, superseded=True)] == [
        True,
        False,
    ]
    entry = await last_entry()
    assert (entry.previous["number"], entry.new["number"]) == (wrong.number, right.number)
    with pytest.raises(Conflict, match="已被更正过"):
        await correct(wrong.number, None)
    # The correction may be corrected in its turn.
    assert not (await correct(right.number, None)).current
    assert await facts(GUANGZHOU, FACTORY) == []


async def test_a_correction_needs_a_reason_and_keeps_to_its_entity(two_entities: None) -> None:
    wrong = await add()
    with pytest.raises(Invalid):
        await correct(wrong.number, None, reason=" ")
    with pytest.raises(Refused, match="不能改换对象"):
        await correct(wrong.number, NewFact(SHOP, INSPECTED, TODAY))
    assert await facts(GUANGZHOU, FACTORY) == [wrong]


@pytest.mark.postgres
async def test_a_case_is_open_until_it_is_closed_under_the_same_number(two_entities: None) -> None:
    await add(kind=CASE_OPENED, reference="案1", days_ago=9)
    await add(kind=CASE_OPENED, reference="案2", days_ago=8)
    await add(SHOP, CASE_OPENED, reference="案3", days_ago=7)
    closed = await add(kind=CASE_CLOSED, reference="案1", outcome="corrected")
    # Closing under another entity's number closes nothing.
    await add(SHOP, CASE_CLOSED, reference="案2", outcome="penalty")
    assert await open_cases(GUANGZHOU) == {FACTORY: ("案2",), SHOP: ("案3",)}
    await correct(closed.number, None)
    assert await open_cases(GUANGZHOU) == {FACTORY: ("案1", "案2"), SHOP: ("案3",)}


@pytest.mark.postgres
async def test_who_was_drawn_or_inspected_since_a_day_is_asked_at_once(two_entities: None) -> None:
    await add(days_ago=400)
    await add(days_ago=30)
    await add(days_ago=30)
    await add(kind=DRAWN, days_ago=31)
    voided = await add(SHOP, days_ago=30)
    await correct(voided.number, None)
    since = TODAY - timedelta(days=30)
    assert await with_fact(GUANGZHOU, [INSPECTED], since=since) == {FACTORY: 2}
    assert await with_fact(GUANGZHOU, [INSPECTED, DRAWN]) == {FACTORY: 4}
    assert await with_fact(GUANGZHOU, [DRAWN], since=since) == {}
    assert await with_fact(GUANGZHOU, [INSPECTED], until=since - timedelta(days=1)) == {FACTORY: 1}


@pytest.mark.postgres
async def test_a_draw_writes_many_facts_in_its_own_deed_and_a_void_withdraws_them(
    two_entities: None,
) -> None:
    entries = await audit_log.size()
    drawn = [NewFact(id_, DRAWN, TODAY, "2026-1", {"round": 1}) for id_ in (FACTORY, SHOP)]
    assert await do(record.write, bureau=GUANGZHOU, facts=drawn, source="draw:2026-1") == 2
    other = NewFact(FACTORY, DRAWN, TODAY, "2026-2")
    assert await do(record.write, bureau=GUANGZHOU, facts=[other], source="draw:2026-2") == 1
    void = {"kind": DRAWN, "reference": "2026-1", "reason": "作废"}
    assert await do(record.withdraw, bureau=GUANGZHOU, **void) == 2
    assert await do(record.withdraw, bureau=GUANGZHOU, **void) == 0
    assert await with_fact(GUANGZHOU, [DRAWN]) == {FACTORY: 1}
    # These are parts of the draw's deeds, which append their own entries.
    assert await audit_log.size() == entries


@pytest.mark.postgres
async def test_rows_of_the_time_before_the_system_are_imported_once(two_entities: None) -> None:
    rows = [
        NewFact(FACTORY, DRAWN, date(2026, 3, 2), "第一轮", {"round": 1}),
        NewFact(FACTORY, CASE_OPENED, date(2026, 5, 6), "案1"),
        NewFact(SHOP, INSPECTED, date(2026, 4, 1)),
    ]
    details = {"bureau": GUANGZHOU, "rows": rows, "source": "期初.xlsx"}
    assert await do(record.enter_rows, **details) == 3
    lines = "".join(
        f'["{row.entity}","{row.kind}","{row.happened_on}","{row.reference}",{canonical(row.details)}]\n'
        for row in rows
    )
    assert (await last_entry()).new == {
        "rows": 3,
        "new": 3,
        "source": "期初.xlsx",
        "rows_sha256": sha256(lines.encode()).hexdigest(),
    }
    entries = await audit_log.size()
    assert await do(record.enter_rows, **details) == 0
    assert await audit_log.size() == entries
    assert await with_fact(GUANGZHOU, [DRAWN, INSPECTED]) == {FACTORY: 1, SHOP: 1}


async def test_an_import_with_a_fault_writes_nothing_and_names_every_fault(
    two_entities: None,
) -> None:
    rows = [
        NewFact(FACTORY, INSPECTED, TODAY),
        NewFact("X404", "visited", TODAY),
        NewFact(SHOP, CASE_OPENED, TODAY + timedelta(days=1)),
    ]
    found = await record.row_faults(GUANGZHOU, rows, TODAY)
    assert [(fault.row, fault.field) for fault in found] == [
        (1, "kind"), (1, "entity"), (2, "happened_on"), (2, "reference"),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        await do(record.enter_rows, bureau=GUANGZHOU, rows=rows, source="期初.xlsx")
    assert len(refusal.value.fields) == 4
    assert await page(GUANGZHOU) == []


async def test_the_record_is_paged_by_number(two_entities: None) -> None:
    numbers = [(await add(days_ago=days)).number for days in (3, 2, 1)]
    await add(kind=DRAWN)
    first = await page(GUANGZHOU, kind=INSPECTED, limit=2)
    assert [fact.number for fact in first] == numbers[:2]
    rest = await page(GUANGZHOU, kind=INSPECTED, after=numbers[1])
    assert [fact.number for fact in rest] == numbers[2:]
    assert len(await page(GUANGZHOU, since=TODAY - timedelta(days=1))) == 2


async def test_another_bureaus_record_is_not_found(two_entities: None) -> None:
    await make_bureau(SHENZHEN)
    added = await add()
    with pytest.raises(NotFound):
        await one(SHENZHEN, added.number)
    with pytest.raises(NotFound):
        await do(record.correct, bureau=SHENZHEN, number=added.number, fact=None, reason="r")
    fact = NewFact(FACTORY, INSPECTED, TODAY)
    with pytest.raises(NotFound):
        await do(record.add, bureau=SHENZHEN, fact=fact, source="手工录入")
    assert await facts(SHENZHEN, FACTORY) == []
    assert await with_fact(SHENZHEN, [INSPECTED]) == {}
    assert await page(SHENZHEN) == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM fact", "UPDATE fact SET happened_on = '2020-01-01'"],
)
async def test_the_record_only_grows(two_entities: None, statement: str) -> None:
    added = await add()
    with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError)):
        await books.execute(statement)
    assert await facts(GUANGZHOU, FACTORY) == [added]
