"""Recusals: who must not meet whom, from a day to a day, and how that ends."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from registries import database
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.inspector_register import enter_inspector
from registries.recusals import (
    REASONS,
    Recusal,
    end_recusal,
    enter_recusal,
    recusal,
    recusals,
    recusals_between,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do
from tests.registries.reference_makers import TODAY, make_inspector, two_bureaus

ENTITY = "91440103MA5D00016N"
DECEMBER = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
async def books(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_bureaus(tmp_path, monkeypatch)
    await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())


async def enter(**changes: Any) -> Recusal:
    details: dict[str, Any] = {
        "bureau": GUANGZHOU,
        "inspector": "TH-001",
        "entity": ENTITY,
        "reason_code": "relative-interest",
        "declared_by": "本人",
        "first": date(2026, 1, 1),
    }
    return await do(enter_recusal, **details | changes)


async def test_a_recusal_stands_until_it_is_ended_and_its_past_is_kept(books: None) -> None:
    entered = await enter()
    assert entered.reason == "近亲属与被检查单位有直接利害关系"
    ended = await do(end_recusal, bureau=GUANGZHOU, number=1, reason="近亲属已离职")
    assert ended.last == TODAY
    assert await recusals_between(GUANGZHOU, TODAY, TODAY) == [ended]
    assert await recusals_between(GUANGZHOU, date(2026, 11, 22), date(2026, 12, 31)) == []
    assert await recusals_between(GUANGZHOU, date(2025, 1, 1), date(2025, 12, 31)) == []
    assert await recusal(GUANGZHOU, 1) == ended
    with pytest.raises(Refused, match="已经终止"):
        await do(end_recusal, bureau=GUANGZHOU, number=1, reason="再次终止", now=DECEMBER)


async def test_a_recusal_cannot_be_ended_in_the_past(books: None) -> None:
    await enter()
    with pytest.raises(Invalid) as refusal:
        await do(end_recusal, bureau=GUANGZHOU, number=1, reason=" ", last=date(2026, 11, 20))
    assert list(refusal.value.fields) == ["reason", "last"]


async def test_a_pair_has_one_recusal_at_a_time(books: None) -> None:
    await enter(last=date(2026, 6, 30))
    with pytest.raises(Conflict, match="第 1 号"):
        await enter(first=date(2026, 6, 30))
    again = await enter(first=date(2026, 7, 1), reason_code="former-employment")
    assert [one.number for one in await recusals(GUANGZHOU, entity=ENTITY)] == [1, again.number]


async def test_every_fault_of_a_recusal_is_told_at_once(books: None) -> None:
    with pytest.raises(Invalid) as refusal:
        await enter(
            entity="某公司",
            reason_code="dislike",
            declared_by="",
            last=date(2025, 1, 1),
            note="长" * 501,
        )
    assert list(refusal.value.fields) == ["entity", "reason_code", "declared_by", "last", "note"]
    assert "近亲属" in refusal.value.fields["reason_code"][0]


async def test_a_recusal_of_another_bureaus_inspector_is_not_found(books: None) -> None:
    with pytest.raises(NotFound, match="TH-001"):
        await enter(bureau=SHENZHEN)
    await enter()
    with pytest.raises(NotFound):
        await recusal(SHENZHEN, 1)
    assert await recusals(SHENZHEN) == []


async def test_the_list_of_recusals_goes_on_behind_a_number(books: None) -> None:
    for number in range(3):
        await enter(entity=f"X{number}")
    assert [one.entity for one in await recusals(GUANGZHOU, after=1, length=1)] == ["X1"]
    assert len(await recusals(GUANGZHOU, inspector="TH-001")) == 3


async def test_what_was_declared_cannot_be_rewritten(books: None) -> None:
    await enter()
    with pytest.raises(Exception, match="rows of recusal are kept"):
        await database.execute("UPDATE recusal SET entity = 'X2'")
    await do(end_recusal, bureau=GUANGZHOU, number=1, reason="终止")
    with pytest.raises(Exception, match="rows of recusal are kept"):
        await database.execute("UPDATE recusal SET last = NULL, ended_at = NULL")


def test_the_reason_codes_fit_the_frozen_file() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", code) for code in REASONS)
