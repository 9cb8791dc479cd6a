"""Supervised entities (监管对象) on the web: the list with its filters, one entity with its history, and exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from app import lists
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.forms import Form, a_day, asked, choice, options_of, text
from app.list_pages import exporting, of_address
from app.lists import Rows, Table
from app.rendering import Crumb, Link, Task, page
from exports.workbook import Column
from registries import entity_reads
from registries.calendar import day_in_china
from registries.district_changes import names_of
from registries.entity_reads import PAGE, Filter, Page
from registries.entity_tables import CONTENT, GRADES, STATES, Entity
from registries.entity_words import differences, field_words, state_words
from registries.errors import NotFound, Refused
from registries.identifiers import is_credit_code
from registries.kinds import KINDS

AnyRequest = Request[Any, Any, Any]
Id = Annotated[str, PathParameter(max_length=40)]
LINKS: Final = (Link("两库一单", "监管对象", "/entities", ("books:read",)),)
BACK: Final = (Crumb("监管对象", "/entities"),)
TITLE: Final = "监管对象"
EXPORTED: Final = {"id": "统一社会信用代码", **CONTENT}


class Search(Form):
    """Which entities the list shows."""

    name = text("名称或代码", hint="至少三个连续的字；选定区划后可更短。", most=100)
    district = choice("用工区划", {}, none="全部", known=False)
    kind = choice("对象类别", KINDS, none="全部")
    grade = choice("诚信等级", GRADES, none="全部")
    state = choice("状态", STATES, none="全部")
    tag = text("标签", most=30)
    known = a_day("某日的名录", hint="按当日结束时的登记。")


@dataclass(frozen=True)
class Wanted:
    """A list as somebody asked for it: part of a name, the filter, and as of which day."""

    name: str
    filter: Filter
    known: date | None

    async def page(self, bureau: str, after: str, limit: int) -> Page:
        """Return a page of it. Raises Refused for a search that is too short."""
        if self.name:
            if self.known:
                raise Refused("按名称查询只能查现在的名录，请清空日期，或改按区划、类别查询。")
            return await entity_reads.search(
                bureau, self.name, self.filter, after=after, limit=limit
            )
        return await entity_reads.entities(
            bureau, self.filter, after=after, limit=limit, known=self.known
        )


@get("/entities", opt=may("books:read"))
async def entities_page(request: AnyRequest) -> Response[Any]:
    """List the entities that fit, fifty at a time; a whole credit code leads to its entity."""
    who = principal(request)
    names = await names_of(who.bureau, _today())
    form = asked(request, Search)
    form.district.choices = options_of({"": "全部", **_own(names, who)})
    code = "".join((form.name.data or "").split()).upper()
    if is_credit_code(code):
        return Redirect(f"/entities/{code}", status_code=303)
    found = Page((), None)
    if not form.faults():
        try:
            wanted = wanted_of(request.query_params, who)
            found = await wanted.page(who.bureau, request.query_params.get("after", ""), PAGE)
        except Refused as refusal:
            form.name.errors = [refusal.sentence]
    return page(
        request,
        "entities/list.html",
        title=TITLE,
        form=form,
        entities=found.entities,
        names=names,
        counts=await entity_reads.counts_apart(who.bureau, within(who)),
        grades=GRADES,
        state_words=state_words,
        next=lists.next_page(request, found.after),
        first=lists.first_page(request),
        query=_query(request),
        may_change=who.may("books:change"),
    )


@get("/entities/{number:str}", opt=may("books:read"))
async def entity_page(request: AnyRequest, number: Id) -> Template:
    """Show an entity, now or as of a day, and everything that changed."""
    who = principal(request)
    form = asked(request, AsOf)
    known, valid = (None, None) if form.faults() else (form.known.data, form.valid.data)
    found = await entity_in_scope(who, number, known=known, valid=valid)
    versions = await entity_reads.history(who.bureau, number)
    names = await names_of(who.bureau, _today())
    return page(
        request,
        "entities/entity.html",
        title=found.name,
        back=BACK,
        entity=found,
        form=form,
        past=bool(known or valid),
        newest=versions[0].version == found.version,
        facts=[(label, field_words(found, name, names)) for name, label in CONTENT.items()],
        state=state_words(found),
        history=[
            (one, differences(old, one, names))
            for one, old in zip(versions, [*versions[1:], None], strict=True)
        ],
        may_change=who.may("books:change"),
    )


class AsOf(Form):
    """The days as of which an entity is shown."""

    known = a_day("当日登记的内容", hint="到这一天结束时，名录上写的是什么。")
    valid = a_day("当日有效的内容", hint="按现在的登记，这一天有效的是什么。")


async def entity_in_scope(
    who: Principal, number: str, *, known: date | None = None, valid: date | None = None
) -> Entity:
    """Return an entity that the person may see. Raises NotFound for one of other districts as for none."""
    found = await entity_reads.entity(who.bureau, number, known=known, valid=valid)
    now = await entity_reads.entity(who.bureau, number) if known or valid else found
    if not who.covers(now.district):
        raise NotFound(f"名录中没有代码为 {number} 的监管对象，请核对代码。")
    return found


def within(who: Principal) -> tuple[str, ...]:
    """Return the districts that the person's lists are limited to; empty for all."""
    return tuple(sorted(who.districts))


def wanted_of(query: Mapping[str, str], who: Principal) -> Wanted:
    """Return the list that an address asks for, within the person's districts."""
    return _wanted(query, within(who))


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return a list of entities as it is exported. Raises Refused for a search that is too short."""
    names = await names_of(bureau, _today())
    wanted = _wanted(filters, tuple(filters["within"].split()))
    await wanted.page(bureau, "", 1)

    async def read(after: str, length: int) -> tuple[Rows, str | None]:
        found = await wanted.page(bureau, after, length)
        rows = [
            (
                one.id,
                *(field_words(one, name, names) for name in CONTENT),
                state_words(one),
            )
            for one in found.entities
        ]
        return rows, found.after

    headings = [*EXPORTED.values(), "状态"]
    columns = [
        Column(heading, 30 if heading.endswith(("名称", "住所", "地址")) else 16)
        for heading in headings
    ]
    return Table("监管对象名录", columns, read, _remarks(wanted, names))


def chosen(query: Mapping[str, str], who: Principal) -> dict[str, str]:
    """Return what an export is limited to: the filter, and the districts that the person may see."""
    return of_address(query, who) | {"within": " ".join(within(who))}


async def tasks(who: Any, now: datetime) -> list[Task]:  # noqa: ARG001 - every room's tasks are asked alike.
    """Return how many entities wait to be completed, for whoever keeps the books."""
    if not who.may("books:change"):
        return []
    waiting = (await entity_reads.counts_apart(who.bureau, within(who)))["set-aside"]
    if not waiting:
        return []
    sentence = f"{waiting:,} 家单位的代码或区划待核，补正之前不进入抽查名单。"
    return [Task("补正待核的监管对象", "/entities?state=set-aside", sentence)]


def _wanted(query: Mapping[str, str], districts: tuple[str, ...]) -> Wanted:
    try:
        known = date.fromisoformat(query["known"]) if query.get("known") else None
    except ValueError:
        raise Refused("日期应写成 2026-11-21 的样子。") from None
    chosen = {
        name: query.get(name, "").strip() for name in ("district", "kind", "grade", "state", "tag")
    }
    return Wanted(query.get("name", "").strip(), Filter(**chosen, within=districts), known)


def _own(names: Mapping[str, str], who: Principal) -> dict[str, str]:
    return {code: name for code, name in names.items() if who.covers(code)}


def _remarks(wanted: Wanted, names: Mapping[str, str]) -> list[str]:
    """Return the filter in words, so that a printed list says what it is a list of."""
    chosen = wanted.filter
    parts = {
        "名称含": wanted.name,
        "用工区划": names.get(chosen.district, chosen.district),
        "对象类别": KINDS.get(chosen.kind, chosen.kind),
        "诚信等级": GRADES.get(chosen.grade, chosen.grade) if chosen.grade else "",
        "状态": STATES.get(chosen.state, chosen.state),
        "标签": chosen.tag,
        "日期": str(wanted.known or ""),
    }
    said = "；".join(f"{label} {words}" for label, words in parts.items() if words)
    return [f"条件：{said or '全部'}"]


def _query(request: AnyRequest) -> str:
    """Return the filter of the page as a query, for the exports."""
    address = lists.query_with(request, after="")
    return address.partition("?")[2]


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/entities", TITLE, "books:read", table_of, chosen)
HANDLERS: Final = [entities_page, entity_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
