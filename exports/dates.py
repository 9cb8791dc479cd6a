"""Dates and times as official documents print them (GB/T 9704: Arabic numerals, no leading zero)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

# China keeps one time zone without summer time since 1992, so the offset needs no zone data.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


def chinese_date(day: date) -> str:
    """Return `2026年3月9日` for a date."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_time(moment: datetime) -> str:
    """Return `2026年3月9日 09:30` in Beijing time.

    Raises ValueError when `moment` carries no time zone, because its meaning would be a guess.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment in a document needs its time zone")
    local = moment.astimezone(BEIJING)
    return f"{chinese_date(local.date())} {local:%H:%M}"
