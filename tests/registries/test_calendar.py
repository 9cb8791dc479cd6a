"""Working days: the State Council's notices as data of ours, against a library that keeps its own."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registries.calendar import (
    HOLIDAY,
    ORDINARY,
    WORKDAY,
    Arrangement,
    Calendar,
    Due,
    faults_of_notice,
    seeded_arrangements,
    seeded_calendar,
    with_notice,
)

CALENDAR = seeded_calendar()
FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
days = st.dates(FIRST, date(2030, 12, 31))
MAY_2027 = Arrangement(
    2027, date(2027, 5, 1), date(2027, 5, 5), HOLIDAY, "劳动节", "测试〔2026〕1号"
)


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_day_since_2004_is_worked_or_not_as_the_independent_library_says(year: int) -> None:
    day = date(year, 1, 1)
    differences = []
    while day.year == year:
        if CALENDAR.is_working_day(day) != chinese_calendar.is_workday(day):
            differences.append(day)
        day += timedelta(days=1)
    assert differences == []


def test_the_notices_for_2004_to_2026_come_with_the_program() -> None:
    assert CALENDAR.years == tuple(range(2004, 2027))
    assert all(line.confidence in {"T", "K"} for line in seeded_arrangements())
    for year in CALENDAR.years:
        lines = [line for line in seeded_arrangements() if line.year == year]
        assert faults_of_notice(year, lines) == []


def test_no_notice_ever_moved_a_day_before_29_december_of_the_year_before() -> None:
    early = [line for line in seeded_arrangements() if line.first.year < line.year]
    assert early
    assert min((line.first.month, line.first.day) for line in early) == (12, 29)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (
            "2026-02-13",
            1,
            "2026-02-14",
        ),  # A Saturday worked in place of a day of the Spring Festival.
        ("2026-02-14", 1, "2026-02-24"),  # Nine days of holiday lie between.
        ("2026-09-30", 5, "2026-10-13"),  # Ten days off, one of them a worked Saturday.
        ("2026-10-08", -1, "2026-09-30"),
        (
            "2025-01-24",
            45,
            "2025-04-03",
        ),  # A case's 45 working days (粤条例 art. 44) over the festival.
        ("2026-05-01", 0, "2026-05-01"),
    ],
)
def test_a_term_skips_holidays_and_counts_worked_weekends(start: str, count: int, end: str) -> None:
    due = CALENDAR.add_working_days(date.fromisoformat(start), count)
    assert due == Due(date.fromisoformat(end), provisional=False)


def test_a_day_past_the_last_notice_is_provisional_and_so_is_every_term_that_reaches_it() -> None:
    assert CALENDAR.last_settled == date(2026, 12, 28)
    assert not CALENDAR.provisional(date(2026, 12, 28))
    assert CALENDAR.add_working_days(date(2026, 12, 25), 1) == Due(date(2026, 12, 28), False)
    assert CALENDAR.add_working_days(date(2026, 12, 25), 2) == Due(date(2026, 12, 29), True)
    assert CALENDAR.working_days_between(date(2026, 12, 1), date(2027, 3, 1)).provisional
    assert CALENDAR.next_working_day(date(2027, 1, 2)) == Due(date(2027, 1, 4), True)
    assert CALENDAR.provisional(date(2003, 12, 31))


def test_the_next_notice_settles_its_year() -> None:
    later = with_notice(CALENDAR, 2027, [MAY_2027], supplement=False)
    assert later.last_settled == date(2027, 12, 28)
    assert later.next_working_day(date(2027, 5, 1)) == Due(date(2027, 5, 6), False)
    assert [change.day.day for change in CALENDAR.changes(later)] == [3, 4, 5]


def test_a_year_that_is_left_out_ends_what_is_settled() -> None:
    later = with_notice(
        CALENDAR,
        2028,
        [Arrangement(2028, date(2028, 1, 1), date(2028, 1, 3), HOLIDAY, "元旦")],
        supplement=False,
    )
    assert later.last_settled == date(2026, 12, 28)


def test_a_notice_replaces_its_year_and_a_supplement_adds_to_it() -> None:
    line = Arrangement(2026, date(2026, 7, 1), date(2026, 7, 1), HOLIDAY, "纪念日")
    assert len(CALENDAR.changes(with_notice(CALENDAR, 2026, [line], supplement=True))) == 1
    replaced = with_notice(CALENDAR, 2026, [line], supplement=False)
    assert replaced.is_working_day(date(2026, 10, 1))
    assert not replaced.is_working_day(date(2026, 7, 1))


def test_a_supplement_can_take_a_holiday_back() -> None:
    back = Arrangement(2026, date(2026, 10, 7), date(2026, 10, 7), ORDINARY, "恢复上班")
    assert with_notice(CALENDAR, 2026, [back], supplement=True).is_working_day(date(2026, 10, 7))


def test_every_fault_of_a_notice_is_told_at_once() -> None:
    lines = [
        Arrangement(2027, date(2027, 5, 1), date(2027, 4, 1), HOLIDAY, ""),
        Arrangement(2027, date(2026, 12, 28), date(2027, 1, 1), HOLIDAY, ""),
        Arrangement(2027, date(2027, 2, 8), date(2027, 2, 8), WORKDAY, ""),
        Arrangement(2027, date(2027, 2, 7), date(2027, 2, 8), HOLIDAY, ""),
        Arrangement(2027, date(2027, 3, 1), date(2027, 3, 1), "feast", ""),
    ]
    assert len(faults_of_notice(2027, lines)) == 5
    assert faults_of_notice(2027, []) != []


def test_no_answer_is_given_beyond_the_range() -> None:
    with pytest.raises(ValueError, match="超出"):
        CALENDAR.add_working_days(date(2026, 1, 1), 1_000_000)
    with pytest.raises(ValueError, match="超出"):
        CALENDAR.working_days_between(date(1994, 12, 31), date(2026, 1, 1))


def test_without_any_notice_only_weekdays_count_and_all_is_provisional() -> None:
    bare = Calendar([])
    assert bare.add_working_days(date(2026, 9, 30), 1) == Due(date(2026, 10, 1), True)


@given(days, st.integers(-300, 300))
def test_counting_out_and_counting_back_agree(start: date, count: int) -> None:
    due = CALENDAR.add_working_days(start, count)
    assert CALENDAR.working_days_between(start, due.day).days == count


@given(days, st.integers(1, 60))
def test_a_term_ends_on_a_working_day_reached_by_walking(start: date, count: int) -> None:
    day, left = start, count
    while left:
        day += timedelta(days=1)
        left -= CALENDAR.is_working_day(day)
    assert CALENDAR.add_working_days(start, count).day == day


@given(days, days, days)
def test_working_days_add_up(first: date, second: date, third: date) -> None:
    first, second, third = sorted((first, second, third))
    parts = (
        CALENDAR.working_days_between(first, second),
        CALENDAR.working_days_between(second, third),
    )
    assert sum(part.days for part in parts) == CALENDAR.working_days_between(first, third).days


@given(days)
def test_the_next_working_day_is_the_first_one_not_earlier(day: date) -> None:
    due = CALENDAR.next_working_day(day)
    assert CALENDAR.is_working_day(due.day)
    between = (due.day - day).days
    assert all(not CALENDAR.is_working_day(day + timedelta(days=n)) for n in range(between))
