"""A bureau at work on days of its own calendar: every deed here is one of the public deeds, with its log entry.

The demo, the journeys of the tests and the benchmark of a round share it; it writes to no table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from app.draws.draw_reads import Draw, draw_of
from registries import database
from registries.database import SHANGHAI, Actor, Deed

T = TypeVar("T")

CLERK, OPERATOR, WITNESS, HEAD = "陈经办", "林操作", "方见证", "梁局长"


class Clock:
    """The time in the story: set by hand, and a minute later after every deed."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def set(self, year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> None:
        """Go to a moment, given as it is on the clocks of China."""
        self.now = datetime(year, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)

    def tick(self) -> datetime:
        """Return the time of the next deed."""
        self.now += timedelta(minutes=1)
        return self.now


def _new_year() -> Clock:
    return Clock(datetime(2026, 1, 5, 1, 0, tzinfo=UTC))


@dataclass
class Office:
    """One bureau of an installation, and the time that it is there."""

    bureau: str
    clock: Clock = field(default_factory=_new_year)

    @property
    def today(self) -> date:
        """The day of the clock, as the calendars of China have it."""
        return self.clock.now.astimezone(SHANGHAI).date()

    async def do(self, by: str, action: Callable[..., Awaitable[T]], /, **details: Any) -> T:
        """Do one action of the bureau as a deed of `by`; `details` are the action's own."""

        async def whole(deed: Deed) -> T:
            return await action(deed, bureau=self.bureau, **details)

        return await self.deed(by, whole)

    async def on_draw(
        self, by: str, number: str, action: Callable[..., Awaitable[T]], **details: Any
    ) -> T:
        """Do one action on a draw, which is read in the same deed."""

        async def whole(deed: Deed) -> T:
            return await action(deed, await draw_of(self.bureau, number), **details)

        return await self.deed(by, whole)

    async def deed(self, by: str, work: Callable[[Deed], Awaitable[T]]) -> T:
        """Do some work as one deed of `by`, at the clock's next minute."""
        return await database.deed(work, actor=Actor("command", by), now=self.clock.tick())

    async def draw(self, number: str) -> Draw:
        """Return a draw as it stands now."""
        return await draw_of(self.bureau, number)
