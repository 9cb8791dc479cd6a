"""Inspectors, recusals, the list of matters and the calendar for programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.route_api import MOST, PREFIX, After, AnyRequest, Code, Key, Limit, Number, Reason, write
from registries import (
    calendar_notices,
    inspector_absences,
    inspector_register,
    item_lists,
    recusals,
)
from registries.calendar import Arrangement
from registries.database import Deed
from registries.errors import Refused
from registries.inspectors import Absence, Inspector
from registries.item_lists import ItemList
from registries.recusals import Recusal

PEOPLE: Final = "执法人员"
Day = Annotated[date | None, QueryParameter(description="某日，形如 2026-11-21")]


class InspectorPage(msgspec.Struct):
    """A page of inspectors; certificates and home districts only for whoever may change the books."""

    inspectors: list[Inspector]
    after: str | None


class Versioned(msgspec.Struct):
    """An inspector with the version that a change names."""

    version: int
    valid_from: date
    inspector: Inspector


class EnterInspector(Reason, kw_only=True):
    """An inspector to be entered."""

    inspector: Inspector
    valid_from: date | None = None


class ChangeInspector(Reason, kw_only=True):
    """An inspector whole as it is to be, and the version that it was decided from."""

    version: int
    inspector: Inspector
    valid_from: date | None = None


class EnterAbsence(Reason, kw_only=True):
    """Days, both included, on which an inspector cannot go."""

    first: date
    last: date


class EnterRecusal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who must not meet whom, why, on whose word, and when."""

    inspector: str
    entity: str
    reason_code: str
    declared_by: str
    first: date
    last: date | None = None
    note: str = ""


class EndRecusal(Reason, kw_only=True):
    """The last day on which a recusal holds; today where none is said."""

    last: date | None = None


class DueDay(msgspec.Struct):
    """The day on which so many working days have passed; provisional while a notice is missing."""

    day: date
    provisional: bool


@get(f"{PREFIX}/inspectors", opt=may("books:read"), summary="执法人员名录", tags=[PEOPLE])
async def list_inspectors(
    request: AnyRequest, on: Day = None, after: After = "", limit: Limit = MOST
) -> InspectorPage:
    """Return a page of the inspectors by number, now or as of a day."""
    who = principal(request)
    if on is None:
        page = await inspector_register.inspectors(who.bureau, after=after, length=limit)
        return InspectorPage([_seen(who, one) for one in page.inspectors], page.after)
    found = await inspector_register.inspectors_as_of(who.bureau, on)
    rest = [_seen(who, one) for one in found if one.inspector > after]
    following = rest[limit - 1].inspector if len(rest) > limit else None
    return InspectorPage(rest[:limit], following)


@get(
    f"{PREFIX}/inspectors/{{number:str}}",
    opt=may("books:read"),
    summary="一名执法人员",
    tags=[PEOPLE],
)
async def show_inspector(request: AnyRequest, number: Code, on: Day = None) -> Versioned:
    """Return an inspector, now or as of a day."""
    who = principal(request)
    if on is None:
        found = await inspector_register.inspector(who.bureau, number)
    else:
        found = await inspector_register.inspector_as_of(who.bureau, number, on)
    return Versioned(found.version, found.valid_from, _seen(who, found.inspector))


@post(
    f"{PREFIX}/inspectors", opt=may("books:change"), status_code=200, summary="登记", tags=[PEOPLE]
)
async def enter_inspector(
    request: AnyRequest, data: JSONBody[EnterInspector], idempotency_key: Key
) -> Response[bytes]:
    """Enter an inspector and return it."""
    who = principal(request)

    async def work(deed: Deed) -> Inspector:
        return await inspector_register.enter_inspector(
            deed,
            bureau=who.bureau,
            inspector=data.inspector,
            valid_from=data.valid_from,
            reason=data.reason,
        )

    return await write(request, idempotency_key, work)


@post(
    f"{PREFIX}/inspectors/{{number:str}}/changes",
    opt=may("books:change"),
    status_code=200,
    summary="变更",
    tags=[PEOPLE],
)
async def change_inspector(
    request: AnyRequest, number: Code, data: JSONBody[ChangeInspector], idempotency_key: Key
) -> Response[bytes]:
    """Change an inspector and return it."""
    who = principal(request)

    async def work(deed: Deed) -> Inspector:
        await inspector_register.inspector(who.bureau, number)
        return await inspector_register.change_inspector(
            deed,
            bureau=who.bureau,
            inspector=replace(data.inspector, inspector=number),
            version=data.version,
            reason=data.reason,
            valid_from=data.valid_from,
        )

    return await write(request, idempotency_key, work)


@post(
    f"{PREFIX}/inspectors/{{number:str}}/absences",
    opt=may("books:change"),
    status_code=200,
    summary="登记不能出勤的日期",
    tags=[PEOPLE],
)
async def enter_absence(
    request: AnyRequest, number: Code, data: JSONBody[EnterAbsence], idempotency_key: Key
) -> Response[bytes]:
    """Enter days on which an inspector cannot go."""
    who = principal(request)

    async def work(deed: Deed) -> Absence:
        return await inspector_absences.enter_absence(
            deed,
            bureau=who.bureau,
            inspector=number,
            first=data.first,
            last=data.last,
            reason=data.reason,
        )

    return await write(request, idempotency_key, work)


@get(f"{PREFIX}/recusals", opt=may("books:read"), summary="回避登记", tags=["回避登记"])
async def list_recusals(
    request: AnyRequest,
    inspector: Annotated[str, QueryParameter(max_length=40)] = "",
    entity: Annotated[str, QueryParameter(max_length=40)] = "",
    after: Annotated[int, QueryParameter(ge=0)] = 0,
    limit: Limit = MOST,
) -> list[Recusal]:
    """Return recusals in the order in which they were entered; `after` is the last number before."""
    return await recusals.recusals(
        principal(request).bureau, inspector=inspector, entity=entity, after=after, length=limit
    )


@post(
    f"{PREFIX}/recusals",
    opt=may("books:change"),
    status_code=200,
    summary="登记回避",
    tags=["回避登记"],
)
async def enter_recusal(
    request: AnyRequest, data: JSONBody[EnterRecusal], idempotency_key: Key
) -> Response[bytes]:
    """Enter a recusal and return it."""
    who = principal(request)

    async def work(deed: Deed) -> Recusal:
        said: dict[str, Any] = msgspec.structs.asdict(data)
        return await recusals.enter_recusal(deed, bureau=who.bureau, **said)

    return await write(request, idempotency_key, work)


@post(
    f"{PREFIX}/recusals/{{number:int}}/end",
    opt=may("books:change"),
    status_code=200,
    summary="终止回避",
    tags=["回避登记"],
)
async def end_recusal(
    request: AnyRequest, number: Number, data: JSONBody[EndRecusal], idempotency_key: Key
) -> Response[bytes]:
    """End a recusal and return it."""
    who = principal(request)

    async def work(deed: Deed) -> Recusal:
        return await recusals.end_recusal(
            deed, bureau=who.bureau, number=number, reason=data.reason, last=data.last
        )

    return await write(request, idempotency_key, work)


@get(f"{PREFIX}/items", opt=may("books:read"), summary="施行的事项清单", tags=["事项清单"])
async def show_items(request: AnyRequest, on: Annotated[date, QueryParameter()]) -> ItemList:
    """Return the list of matters in effect on a day."""
    return await item_lists.items_as_of(principal(request).bureau, on)


@get(f"{PREFIX}/calendar/{{year:int}}", opt=may("books:read"), summary="节假日安排", tags=["日历"])
async def show_calendar(request: AnyRequest, year: Number) -> list[Arrangement]:  # noqa: ARG001
    """Return the holidays and make-up days of a year."""
    known = await calendar_notices.calendar()
    return [line for line in known.arrangements if line.year == year]


@get(f"{PREFIX}/calendar/due", opt=may("books:read"), summary="工作日期限", tags=["日历"])
async def due_day(
    request: AnyRequest,  # noqa: ARG001 - one shape for all.
    start: Annotated[date, QueryParameter(description="起算日")],
    days: Annotated[int, QueryParameter(ge=-2000, le=2000)],
) -> DueDay:
    """Return the day on which so many working days after `start` have passed."""
    try:
        due = (await calendar_notices.calendar()).add_working_days(start, days)
    except ValueError:
        raise Refused("日期超出工作日历能计算的范围。") from None
    return DueDay(due.day, due.provisional)


def _seen(who: Principal, one: Inspector) -> Inspector:
    """Return an inspector; what is personal only for whoever may change the books, as in exports."""
    if who.may("books:change"):
        return one
    return Inspector(
        one.inspector,
        one.name,
        one.unit,
        one.department,
        one.level,
        one.state,
        may_lead=one.may_lead,
        expertise=one.expertise,
    )


HANDLERS: Final = [
    list_inspectors,
    show_inspector,
    enter_inspector,
    change_inspector,
    enter_absence,
    list_recusals,
    enter_recusal,
    end_recusal,
    show_items,
    show_calendar,
    due_day,
]
