"""Notices that come after the program was released: entered once, never rewritten, and they settle their year."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registries import database
from registries.calendar import HOLIDAY, WORKDAY, Arrangement, Due, seeded_arrangements
from registries.calendar_notices import calendar, enter_notice, notices, preview_notice
from registries.errors import Conflict, Invalid, Refused
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, do
from tests.registries.reference_makers import two_bureaus

LINES_2027 = [
    Arrangement(2027, date(2027, 1, 1), date(2027, 1, 3), HOLIDAY, "元旦"),
    Arrangement(2027, date(2027, 2, 5), date(2027, 2, 11), HOLIDAY, "春节"),
    Arrangement(2027, date(2027, 2, 13), date(2027, 2, 13), WORKDAY, "春节"),
]


@pytest.fixture
async def books(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_bureaus(tmp_path, monkeypatch)


async def enter(**changes: Any) -> int:
    details: dict[str, Any] = {
        "bureau": GUANGZHOU,
        "year": 2027,
        "notice": "测试发电〔2026〕1号",
        "lines": LINES_2027,
    }
    return len(await do(enter_notice, **details | changes))


async def test_a_notice_settles_its_year_from_the_moment_it_is_entered(books: None) -> None:
    assert (await calendar()).add_working_days(date(2027, 2, 4), 1) == Due(date(2027, 2, 5), True)
    assert await enter() == 7
    assert (await calendar()).add_working_days(date(2027, 2, 4), 1) == Due(date(2027, 2, 12), False)
    assert (await calendar()).is_working_day(date(2027, 2, 13))
    newest = (await notices())[-1]
    assert (newest.number, newest.year, newest.notice) == (1, 2027, "测试发电〔2026〕1号")


async def test_a_preview_writes_nothing(books: None) -> None:
    changes = await preview_notice(2027, LINES_2027)
    assert [change.day.isoformat() for change in changes if change.becomes] == ["2027-02-13"]
    assert (await calendar()).years[-1] == 2026


async def test_a_supplement_changes_its_days_and_leaves_the_rest_of_the_year(books: None) -> None:
    await enter()
    longer = [Arrangement(2027, date(2027, 2, 12), date(2027, 2, 12), HOLIDAY, "春节（延长）")]
    assert await enter(notice="测试发电〔2027〕1号", lines=longer, supplement=True) == 1
    known = await calendar()
    assert known.add_working_days(date(2027, 2, 4), 1).day == date(2027, 2, 13)


async def test_the_same_notice_is_entered_once_and_the_same_days_change_nothing(
    books: None,
) -> None:
    await enter()
    with pytest.raises(Conflict, match="已经录入"):
        await enter()
    with pytest.raises(Refused, match="完全一致"):
        await enter(notice="另一文号")
    again = [line for line in seeded_arrangements() if line.year == 2026]
    with pytest.raises(Refused, match="完全一致"):
        await enter(year=2026, notice="再录一次", lines=again)


async def test_a_notice_with_faults_or_without_number_is_refused_whole(books: None) -> None:
    with pytest.raises(Invalid) as refusal:
        await enter(lines=[Arrangement(2027, date(2028, 1, 1), date(2028, 1, 1), HOLIDAY, "元旦")])
    assert "2027 年" in refusal.value.fields["lines"][0]
    with pytest.raises(Invalid, match="文号"):
        await enter(notice=" ")
    assert (await calendar()).years[-1] == 2026


async def test_notices_are_kept(books: None) -> None:
    await enter()
    for table in ("calendar_line", "calendar_notice"):
        with pytest.raises(Exception, match=f"rows of {table} are kept"):
            await database.execute(f"DELETE FROM {table}")


async def test_every_notice_that_came_with_the_program_is_listed_by_year(books: None) -> None:
    years = [notice.year for notice in await notices()]
    assert sorted(set(years)) == list(range(2004, 2027))
    assert years == sorted(years)
