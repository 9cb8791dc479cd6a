"""Inspectors (执法人员) on the web: the list, one person with certificates and absences, now or as of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import PathParameter
from litestar.response import Template

from app import lists
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.forms import Form, a_day, asked, choice, text
from app.list_pages import exporting, of_address
from app.lists import Rows, Table
from app.rendering import Crumb, Link, Task, page
from exports.workbook import Column
from registries import entity_reads, inspector_absences, inspector_register, recusals
from registries.calendar import day_in_china
from registries.district_changes import names_of
from registries.errors import Refused
from registries.inspector_register import InspectorVersion
from registries.inspectors import LEVELS, ON_DUTY, STATES, Certificate, Inspector, differing
from registries.recusals import Recusal

AnyRequest = Request[Any, Any, Any]
Number = Annotated[str, PathParameter(max_length=40)]
LINKS: Final = (Link("两库一单", "执法人员", "/inspectors", ("books:read",)),)
BACK: Final = (Crumb("执法人员", "/inspectors"),)
PAGE: Final = 50
SOON: Final = timedelta(days=60)
ALL: Final = 100_000
COLUMNS: Final = (
    *(Column(heading, 14) for heading in ("工号", "姓名")),
    Column("工作单位", 30),
    *(Column(heading, 14) for heading in ("部门", "层级", "状态", "可任组长")),
    Column("专业", 20),
)
# What differs between two versions of an inspector, in words.
FIELDS: Final = {
    "name": "姓名",
    "unit": "工作单位",
    "department": "部门",
    "level": "层级",
    "state": "状态",
    "may_lead": "可任组长",
    "homes": "回避区划",
    "certificates": "执法证件",
    "expertise": "专业",
}
STANDINGS: Final = {
    "wanting": "没有、过期或将到期",
    "good": "有效",
}
PERSONAL: Final = (Column("回避区划", 24), Column("执法证件", 60))


class Search(Form):
    """Which inspectors the list shows."""

    name = text("姓名或工号", most=50)
    unit = text("工作单位", most=100)
    level = choice("层级", LEVELS, none="全部")
    state = choice("状态", STATES, none="全部")
    certificate = choice("在岗人员的证件", STANDINGS, none="全部")
    on = a_day("某日的名录")


@get("/inspectors", opt=may("books:read"))
async def inspectors_page(request: AnyRequest) -> Template:
    """List the inspectors that fit, fifty at a time."""
    who = principal(request)
    form = asked(request, Search)
    found: Sequence[Inspector] = ()
    if not form.faults():
        found = await fitting(who.bureau, request.query_params)
    after = request.query_params.get("after", "")
    rest = [one for one in found if one.inspector > after]
    following = rest[PAGE - 1].inspector if len(rest) > PAGE else None
    seen_on = _today() if form.faults() else form.on.data or _today()
    return page(
        request,
        "inspectors/list.html",
        title="执法人员",
        form=form,
        inspectors=[(one, standing(one, seen_on)) for one in rest[:PAGE]],
        levels=LEVELS,
        states=STATES,
        on_duty=ON_DUTY,
        next=lists.next_page(request, following),
        first=lists.first_page(request),
        query=lists.query_with(request, after="").partition("?")[2],
        may_change=who.may("books:change"),
    )


@get("/inspectors/{number:str}", opt=may("books:read"))
async def inspector_page(request: AnyRequest, number: Number) -> Template:
    """Show an inspector, now or as of a day, and everything that changed."""
    who = principal(request)
    form = asked(request, AsOf)
    day = None if form.faults() else form.on.data
    if day:
        found = await inspector_register.inspector_as_of(who.bureau, number, day)
    else:
        found = await inspector_register.inspector(who.bureau, number)
    names = await names_of(who.bureau, _today())
    person, seen_on = found.inspector, day or _today()
    barred = await recusals.recusals(who.bureau, inspector=number, length=None)
    return page(
        request,
        "inspectors/inspector.html",
        title=person.name,
        back=BACK,
        version=found,
        person=person,
        form=form,
        past=day is not None,
        level=LEVELS[person.level],
        state=STATES[person.state],
        standing=standing(person, seen_on),
        homes="、".join(names.get(code, code) for code in person.homes),
        certificates=[(held, state_of(held, seen_on)) for held in person.certificates],
        absences=await inspector_absences.absences(who.bureau, number=number),
        recusals=barred,
        entities=await entity_names(who, barred),
        today=_today(),
        history=told(await inspector_register.history(who.bureau, number)),
        sees_personal=sees_personal(who),
        may_change=who.may("books:change"),
    )


class AsOf(Form):
    """The day as of which an inspector is shown."""

    on = a_day("查某一天的内容")


def told(versions: Sequence[InspectorVersion]) -> list[tuple[InspectorVersion, str]]:
    """Return the versions, the newest first, each with what differs from the one before."""
    before = [None, *versions]
    changed = [
        "、".join(FIELDS[name] for name in differing(old.inspector, new.inspector)) if old else ""
        for old, new in zip(before, versions, strict=False)
    ]
    return [*zip(versions, changed, strict=True)][::-1]


async def entity_names(who: Principal, barred: Sequence[Recusal]) -> dict[str, str]:
    """Return the names of the entities of some recusals, as far as the person may see them."""
    codes = sorted({one.entity for one in barred})
    return await entity_reads.names(who.bureau, codes, tuple(sorted(who.districts)))


def sees_personal(who: Principal) -> bool:
    """Say whether the person may see where inspectors live, and the numbers of their certificates."""
    return who.may("books:change") or who.may("log:read")


def state_of(held: Certificate, today: date) -> tuple[str, str]:
    """Return how a certificate stands on a day, in words and as a tone."""
    if held.expires < today:
        return "已过期", "danger"
    if held.expires < today + SOON:
        return f"{held.expires} 到期", "soon"
    return "有效", "good"


def standing(one: Inspector, today: date) -> tuple[str, str]:
    """Return what keeps an inspector from being sent today, or will soon, in words and as a tone."""
    if one.state != ON_DUTY:
        return "", "plain"
    if not one.certificates:
        return "没有执法证件", "danger"
    return state_of(max(one.certificates, key=lambda held: held.expires), today)


async def fitting(bureau: str, query: Mapping[str, str]) -> Sequence[Inspector]:
    """Return the inspectors that fit a filter, in order of number; a register has hundreds, read as a whole.

    How certificates stand is asked of the day of the list. Raises Refused for a day that is none.
    """
    try:
        day = date.fromisoformat(query["on"]) if query.get("on") else None
    except ValueError:
        raise Refused("日期应写成 2026-11-21 的样子。") from None
    if day:
        found = await inspector_register.inspectors_as_of(bureau, day)
    else:
        found = (await inspector_register.inspectors(bureau, length=ALL)).inspectors
    name, unit = query.get("name", "").strip(), query.get("unit", "").strip()
    return [
        one
        for one in found
        if (name in one.name or name == one.inspector)
        and unit in one.unit
        and query.get("level", "") in {"", one.level}
        and query.get("state", "") in {"", one.state}
        and query.get("certificate", "") in {"", _certified(one, day or _today())}
    ]


def _certified(one: Inspector, day: date) -> str:
    """Return which of STANDINGS somebody on duty belongs to, "-" for whoever is not."""
    if one.state != ON_DUTY:
        return "-"
    return "good" if standing(one, day)[1] == "good" else "wanting"


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return the list to be taken along; what is personal only for whoever may see it."""
    full = filters["full"] == "1"

    async def read(after: str, length: int) -> tuple[Rows, str | None]:  # noqa: ARG001 - a few hundred rows.
        rows = [
            (
                one.inspector,
                one.name,
                one.unit,
                one.department,
                LEVELS[one.level],
                STATES[one.state],
                "是" if one.may_lead else "否",
                "、".join(one.expertise),
                *(
                    ("、".join(one.homes), "\n".join(map(certificate_words, one.certificates)))
                    if full
                    else ()
                ),
            )
            for one in await fitting(bureau, filters)
        ]
        return rows, None

    await fitting(bureau, filters)
    return Table("执法人员名录", [*COLUMNS, *(PERSONAL if full else ())], read)


def certificate_words(held: Certificate) -> str:
    """Return a certificate in one line, as the form takes it."""
    return f"{held.kind}；{held.number}；{held.area}；{held.issued} 至 {held.expires}"


def chosen(query: Mapping[str, str], who: Principal) -> dict[str, str]:
    """Return what an export is limited to: the filter, and whether what is personal comes along.

    A file leaves the system, so it comes along only for whoever keeps the books; the auditor sees it on the page.
    """
    return of_address(query, who) | {"full": "1" if who.may("books:change") else ""}


async def tasks(who: Any, now: datetime) -> list[Task]:  # noqa: ARG001 - every room's tasks are asked alike.
    """Return how many inspectors on duty cannot be sent, now or soon, for whoever keeps the books."""
    if not who.may("books:change"):
        return []
    wanting = await fitting(who.bureau, {"certificate": "wanting"})
    if not wanting:
        return []
    said = f"{len(wanting)} 名在岗人员没有执法证件、证件已过期或将在 60 天内到期，届时不能派出。"
    return [Task("更新执法人员的证件", "/inspectors?certificate=wanting", said)]


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/inspectors", "执法人员", "books:read", table_of, chosen)
HANDLERS: Final = [inspectors_page, inspector_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
