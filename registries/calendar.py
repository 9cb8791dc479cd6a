"""Working days by the State Council's yearly notices: which days are worked, and where a term of days ends.

Every statutory term in working days runs through here. A notice covers one year; days that no notice covers yet are
counted by weekdays alone and every answer that touches them says `provisional`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from registries.data_files import read_rows

CHINA = ZoneInfo("Asia/Shanghai")

HOLIDAY, WORKDAY, ORDINARY = "holiday", "workday", "ordinary"
KINDS = {HOLIDAY: "放假", WORKDAY: "上班", ORDINARY: "照常"}
# The notice of a year has moved days of the December before it four times (for 2007, 2008, 2012 and 2019), never one
# before the 29th; until the next notice is out, only the days up to the 28th are settled.
_SETTLED_UNTIL = (12, 28)
_FIRST_YEAR, _YEARS_AHEAD = 1995, 60
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One line of a notice: the days from `first` to `last` (both included) are holidays or worked.

    `kind` is holiday, workday (a weekend day that is worked, 调休上班) or ordinary (an earlier line is taken back).
    `number` is the notice's issue number, empty where we do not know it; `confidence` is T (read) or K.
    """

    year: int
    first: date
    last: date
    kind: str
    name: str
    number: str = ""
    confidence: str = "K"

    def days(self) -> Iterator[date]:
        """Yield each day of the line."""
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)


@dataclass(frozen=True, slots=True)
class Due:
    """A day that was counted out; `provisional` when a notice not yet published may move it."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A number of working days; `provisional` when a notice not yet published may change it."""

    days: int
    provisional: bool


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day whose standing a notice changes: `was` and `becomes` say whether it is worked."""

    day: date
    was: bool
    becomes: bool
    name: str


class Calendar:
    """The working days known from a list of notices. Later lines override earlier ones on the same day."""

    def __init__(self, arrangements: Iterable[Arrangement]) -> None:
        self.arrangements: tuple[Arrangement, ...] = tuple(arrangements)
        self._special: dict[date, Arrangement] = {}
        for line in self.arrangements:
            for day in line.days():
                self._special[day] = line

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Return the years that a notice covers, in order."""
        return tuple(sorted({line.year for line in self.arrangements}))

    @cached_property
    def first_settled(self) -> date:
        """Return the first day whose standing is settled; without notices no day is."""
        return date(self.years[0], 1, 1) if self.years else date.max

    @cached_property
    def last_settled(self) -> date:
        """Return the last day that no coming notice will move; gaps between years end the run."""
        if not self.years:
            return date.min
        last = self.years[0]
        while last + 1 in self.years:
            last += 1
        return date(last, *_SETTLED_UNTIL)

    def provisional(self, day: date) -> bool:
        """Say whether a notice that is not in the books may still change `day`."""
        return not self.first_settled <= day <= self.last_settled

    def arrangement(self, day: date) -> Arrangement | None:
        """Return the line of a notice that speaks of `day`, or None for an ordinary day."""
        return self._special.get(day)

    def is_working_day(self, day: date) -> bool:
        """Say whether `day` is worked: by its notice, else Monday to Friday."""
        line = self._special.get(day)
        if line is None or line.kind == ORDINARY:
            return day.weekday() < _SATURDAY
        return line.kind == WORKDAY

    def add_working_days(self, start: date, days: int) -> Due:
        """Return the `days`-th working day after `start`, which itself does not count (before it if negative).

        The day on which a term begins is left out (行政诉讼法 and 民法典 art. 201). 0 gives `start`.
        Raises ValueError for a day beyond 60 years after the last notice or before 1995.
        """
        if days == 0:
            return Due(start, self.provisional(start))
        worked = self._worked
        if days > 0:
            index = bisect_right(worked, start.toordinal()) + days - 1
        else:
            index = bisect_left(worked, start.toordinal()) + days
        if not 0 <= index < len(worked) or not self._in_range(start):
            raise ValueError("日期超出工作日历能计算的范围。")
        day = date.fromordinal(worked[index])
        return Due(day, self.provisional(start) or self.provisional(day))

    def next_working_day(self, day: date) -> Due:
        """Return `day` if it is worked, else the next worked day: where a term ends that falls on a holiday."""
        if self.is_working_day(day):
            return Due(day, self.provisional(day))
        return self.add_working_days(day, 1)

    def working_days_between(self, start: date, end: date) -> Count:
        """Return how many working days lie after `start` up to and with `end`; negative when `end` is earlier.

        So `add_working_days(start, n)` always lies n working days after `start`.
        Raises ValueError outside the range of `add_working_days`.
        """
        if not (self._in_range(start) and self._in_range(end)):
            raise ValueError("日期超出工作日历能计算的范围。")
        if start <= end:
            worked = bisect_right(self._worked, end.toordinal()) - bisect_right(
                self._worked, start.toordinal()
            )
        else:
            worked = bisect_left(self._worked, end.toordinal()) - bisect_left(
                self._worked, start.toordinal()
            )
        return Count(worked, self.provisional(start) or self.provisional(end))

    def changes(self, new: Calendar) -> list[DayChange]:
        """Return the days that `new` treats differently, in order."""
        spoken = sorted(self._special.keys() | new._special.keys())
        found = []
        for day in spoken:
            was, becomes = self.is_working_day(day), new.is_working_day(day)
            if was != becomes:
                line = new.arrangement(day) or self.arrangement(day)
                found.append(DayChange(day, was, becomes, line.name if line else ""))
        return found

    def _in_range(self, day: date) -> bool:
        return self._bounds[0] <= day <= self._bounds[1]

    @cached_property
    def _bounds(self) -> tuple[date, date]:
        last = (self.years[-1] if self.years else _FIRST_YEAR) + _YEARS_AHEAD
        return date(_FIRST_YEAR, 1, 1), date(last, 12, 31)

    @cached_property
    def _worked(self) -> Sequence[int]:
        """Return the ordinals of all working days in range, so that counting is two binary searches."""
        first, last = (day.toordinal() for day in self._bounds)
        # date.toordinal() of a Monday leaves 1 when divided by 7.
        worked = {n for n in range(first, last + 1) if (n + 6) % 7 < _SATURDAY}
        for day in self._special:
            if self.is_working_day(day):
                worked.add(day.toordinal())
            else:
                worked.discard(day.toordinal())
        return sorted(worked)


def day_in_china(moment: datetime) -> date:
    """Return the calendar day in China at a moment (aware): the day that a deed was done."""
    return moment.astimezone(CHINA).date()


@cache
def seeded_arrangements() -> tuple[Arrangement, ...]:
    """Return the lines of the notices for 2004 to 2026, which come with the program."""
    return tuple(
        Arrangement(
            int(row["year"]),
            date.fromisoformat(row["first"]),
            date.fromisoformat(row["last"]),
            row["kind"],
            row["name"],
            row["number"],
            row["confidence"],
        )
        for row in read_rows("calendar.csv")
    )


@cache
def seeded_calendar() -> Calendar:
    """Return the calendar that comes with the program."""
    return Calendar(seeded_arrangements())


def with_notice(
    calendar: Calendar, year: int, lines: Sequence[Arrangement], *, supplement: bool
) -> Calendar:
    """Return the calendar with a year's notice: in place of the year's lines, or on top when a `supplement`."""
    kept = [line for line in calendar.arrangements if supplement or line.year != year]
    return Calendar([*kept, *lines])


def faults_of_notice(year: int, lines: Sequence[Arrangement]) -> list[str]:
    """Return in Chinese what speaks against lines for a year; empty when they can be taken."""
    faults = [] if lines else ["表中没有任何放假或上班的日期，请核对文件。"]
    spoken: dict[date, Arrangement] = {}
    for line in lines:
        where = f"{line.first.isoformat()} 至 {line.last.isoformat()}"
        if line.kind not in KINDS:
            faults.append(f"{where}：类型应为 {'、'.join(KINDS.values())} 之一。")
        if line.last < line.first:
            faults.append(f"{where}：结束日期早于开始日期。")
            continue
        earliest, latest = date(year - 1, *_SETTLED_UNTIL), date(year, 12, 31)
        if not earliest < line.first <= line.last <= latest:
            faults.append(f"{where}：不在 {year} 年的安排之内（可从上一年 12 月 29 日起）。")
            continue
        for day in line.days():
            if day in spoken and spoken[day].kind != line.kind:
                faults.append(f"{day.isoformat()}：既写了放假又写了上班，请核对通知。")
            spoken[day] = line
        if line.kind == WORKDAY and any(day.weekday() < _SATURDAY for day in line.days()):
            faults.append(f"{where}：上班日应是周六或周日，请核对通知。")
    return faults
