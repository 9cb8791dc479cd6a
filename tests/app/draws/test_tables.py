"""The tables of draws: the schema itself refuses to change a frozen draw, on both engines."""

import sqlite3
from typing import Any

import asyncpg
import pytest
from piccolo.table import Table

from app.draws import tables
from app.plans.tables import PlanTable
from migrations.app import ceremony, draws
from registries import bulk
from registries import database as engine
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, make_bureau

pytestmark = pytest.mark.postgres
ENGINES_NO = (sqlite3.IntegrityError, asyncpg.PostgresError)

TABLES: tuple[type[Table], ...] = (
    PlanTable,
    *(
        t
        for t in vars(tables).values()
        if isinstance(t, type) and issubclass(t, Table) and t is not Table
    ),
)
ONLY_GROW = (*draws.ONLY_GROW, *ceremony.TABLES)
PLAN = {
    "bureau": GUANGZHOU, "year": 2026, "version": 1, "reason": "", "content": "{}", "state": "drafting",
    "drafted_by": "甲", "drafted_at": NOON, "approved_by": "", "filed_with": "", "filing_reference": "",
}  # fmt: skip
DRAW = {
    "bureau": GUANGZHOU, "series": "formal", "year": 2026, "sequence": 1, "number": "2026-1", "preparation": 1,
    "plan": 1, "round": 1, "title": "第一次抽查", "total": 27, "commitment": "a" * 64, "previous": "",
    "hall_mode": "counts", "tasks_end": NOON.date(), "unseal_by": NOON.date(), "standby_witness": "乙",
    "frozen_by": "甲", "frozen_at": NOON,
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "draw_file": {"draw": 1, "name": "plan.json", "access": "public", "size": 1, "digest": "a" * 64},
    "draw_file_part": {"file": 1, "position": 1, "content": b"x"},
    "draw_sealed_part": {"file": 1, "position": 1, "content": b"x"},
    "draw_person": {"draw": 1, "pseudonym": "p1", "inspector": "i1"},
    "draw_step": {"draw": 1, "position": 1, "step": "freeze", "state": "frozen", "operator": "甲", "witness": "",
                  "reason": "", "at": NOON},
    "rehearsal": {"id": 1, "made_at": NOON, "made_by": "甲"},
    "draw_contribution": {"draw": 1, "label": "bureau", "contributor": "甲", "capacity": "局", "commitment": "a" * 64,
                          "at": NOON},
    "draw_reveal": {"draw": 1, "label": "bureau", "nonce": "a" * 64, "value": "", "verdict": "matches", "at": NOON},
    "draw_digit": {"draw": 1, "position": 1, "attempt": 1, "typed_by": "operator", "name": "甲", "digit": "0",
                   "at": NOON},
    "draw_doubt": {"draw": 1, "label": "bureau", "statement": "第三位不是 4", "at": NOON},
    "draw_result": {"draw": 1, "parts_digest": "a" * 64, "dice": "0123456789", "root": "a" * 64, "leaves": 1,
                    "result_digest": "a" * 64, "counts": "[]", "at": NOON},
    "draw_selection": {"draw": 1, "entity": "X1", "district": "440106", "grade": "A", "rank": 1, "team": 1},
    "draw_seat": {"draw": 1, "district": "440106", "team": 1, "place": 0, "pseudonym": "p1"},
    "draw_signature": {"draw": 1, "signed_as": "witness", "name": "乙", "manner": "signed", "statement": "",
                       "at": NOON},
    "draw_void": {"draw": 1, "ground": "before-reveal", "reason": "名单错误", "witness": "乙", "second": "甲",
                  "at": NOON},
    "draw_seal_reading": {"draw": 1, "file": "salt.txt", "reader": "甲", "purpose": "作废公开", "at": NOON},
    "draw_replacement": {"draw": 1, "district": "440106", "team": 1, "place": 0, "replaced": "p1", "pseudonym": "p2",
                         "passed_over": "[]", "reason": "病假", "at": NOON},
    "draw_call_up": {"draw": 1, "entity": "X2", "district": "440106", "team": 1, "beside": "X1", "outcome": "called",
                     "reason": "停业", "evidence": "", "at": NOON},
}  # fmt: skip


async def insert(table: str, row: dict[str, Any]) -> None:
    await bulk.load(table, list(row), [tuple(row.values())])


async def make_draw(**changes: Any) -> None:
    await make_bureau()
    await insert("plan", PLAN)
    await insert(
        "draw_preparation",
        {
            "bureau": GUANGZHOU,
            "plan": 1,
            "round": 1,
            "settings": "{}",
            "prepared_by": "甲",
            "prepared_at": NOON,
        },
    )
    await insert("draw", DRAW | changes)


async def test_every_table_that_the_code_knows_is_what_the_migrations_made(
    database: TestDatabase,
) -> None:
    for table in TABLES:
        assert await table.select() == [], table


async def test_a_frozen_draw_is_never_changed_nor_deleted(database: TestDatabase) -> None:
    # A database is marked as a rehearsal before it has a bureau, or never.
    await insert("rehearsal", ROWS["rehearsal"])
    await make_draw(series="rehearsal")
    for table in ONLY_GROW:
        if table in ROWS and table != "rehearsal":
            await insert(table, ROWS[table])
        for statement in (f'UPDATE "{table}" SET id = id', f'DELETE FROM "{table}"'):
            with pytest.raises(ENGINES_NO, match="only grows"):
                await engine.execute(statement)
    assert set(ONLY_GROW) == {"draw", *ROWS}


async def test_the_preparation_of_a_frozen_draw_is_fixed(database: TestDatabase) -> None:
    await make_draw()
    with pytest.raises(ENGINES_NO, match="fixed"):
        await engine.execute("UPDATE draw_preparation SET settings = '[]'")
    with pytest.raises(ENGINES_NO, match=r"never deleted|RESTRICT|violates"):
        await engine.execute("DELETE FROM draw_preparation")


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 1, "number": "2026-2", "previous": "b" * 64},
        {"sequence": 2, "number": "2026-1", "previous": "b" * 64},
        {"sequence": 2, "number": "2026-2", "previous": ""},
    ],
    ids=["the same sequence", "the same number", "the same predecessor"],
)
async def test_numbers_are_given_once_and_the_chain_does_not_fork(
    database: TestDatabase, changes: dict[str, Any]
) -> None:
    await make_draw()
    await insert(
        "draw_preparation",
        {
            "bureau": GUANGZHOU,
            "plan": 1,
            "round": 2,
            "settings": "{}",
            "prepared_by": "甲",
            "prepared_at": NOON,
        },
    )
    with pytest.raises(ENGINES_NO, match=r"(?i)unique"):
        await insert("draw", DRAW | {"preparation": 2, "commitment": "b" * 64} | changes)


async def test_no_plan_is_approved_by_its_author(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(ENGINES_NO, match=r"(?i)check"):
        await insert("plan", PLAN | {"state": "approved", "approved_by": "甲"})


async def test_a_published_plan_is_fixed_and_no_plan_is_deleted(database: TestDatabase) -> None:
    await make_bureau()
    await insert(
        "plan", PLAN | {"state": "published", "approved_by": "乙", "filed_with": "省人社厅"}
    )
    with pytest.raises(ENGINES_NO, match="fixed"):
        await engine.execute("UPDATE plan SET content = '[]'")
    with pytest.raises(ENGINES_NO, match="never deleted"):
        await engine.execute("DELETE FROM plan")
