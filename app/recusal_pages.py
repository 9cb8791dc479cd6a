"""The recusal register (回避登记) on the web: who must not meet whom, entered and ended, never deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from app import lists
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.deed_pages import answer
from app.forms import Form, a_day, asked, choice, lines, reason, required, sent, text
from app.inspector_pages import ALL, entity_names
from app.list_pages import exporting, of_address
from app.lists import Rows, Table
from app.rendering import Crumb, Link, page
from exports.workbook import Column
from registries import entity_reads, inspector_register, recusals
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Refused
from registries.recusals import PAGE_LENGTH, REASONS, Recusal

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=1, le=999_999_999)]
LINKS: Final = (Link("两库一单", "回避登记", "/recusals", ("books:read",)),)
BACK: Final = (Crumb("回避登记", "/recusals"),)
COLUMNS: Final = (
    Column("编号", 8),
    Column("工号", 14),
    Column("姓名", 12),
    Column("单位代码", 24),
    Column("单位名称", 36),
    Column("事由", 36),
    Column("自", 12),
    Column("至", 12),
    Column("提出人", 16),
    Column("终止事由", 30),
)


class Search(Form):
    """Which recusals the list shows."""

    inspector = text("工号", most=40)
    entity = text("统一社会信用代码", most=40)
    on = a_day("某日有效的")


class RecusalForm(Form):
    """Who must not meet whom, why, and on whose word."""

    inspector = text("工号", required("工号"), most=40)
    entity = text("统一社会信用代码", required("统一社会信用代码"), most=40)
    reason_code = choice("事由", REASONS, required("事由", chosen=True), none="请选择")
    declared_by = text(
        "提出人", required("提出人"), hint="本人、本人所在单位，或者提出申请的人。", most=100
    )
    first = a_day("自", required("开始日期"))
    last = a_day("至", hint="不填即一直有效。")
    note = lines("说明")


class EndForm(Form):
    """Until when a recusal holds, and why it ends."""

    last = a_day("最后一天", hint="不填即今天；不能早于今天，因为已有抽查可能用过这项登记。")
    reason = reason("终止的事由")


@get("/recusals", opt=may("books:read"))
async def recusals_page(request: AnyRequest) -> Template:
    """List the recusals that fit, in the order in which they were entered."""
    who = principal(request)
    form = asked(request, Search)
    found: list[Recusal] = []
    if not form.faults():
        after = request.query_params.get("after", "")
        found = await _found(who.bureau, request.query_params, after, PAGE_LENGTH + 1)
    found, following = _cut(found, PAGE_LENGTH)
    return page(
        request,
        "recusals/list.html",
        title="回避登记",
        form=form,
        recusals=found,
        people=await _people(who.bureau),
        entities=await entity_names(who, found),
        today=_today(),
        next=lists.next_page(request, following),
        first=lists.first_page(request),
        query=lists.query_with(request, after="").partition("?")[2],
        may_change=who.may("books:change"),
    )


@get("/recusals/new", opt=may("books:change"))
async def new_page(request: AnyRequest) -> Template:
    """Ask who must not meet whom."""
    asked_for = {name: request.query_params.get(name, "") for name in ("inspector", "entity")}
    return page(request, "recusals/form.html", **_words("登记回避", RecusalForm(data=asked_for)))


@post("/recusals/new", opt=may("books:change"), status_code=200)
async def new_post(request: AnyRequest) -> Response[Any]:
    """Enter a recusal."""
    who = principal(request)
    form = await sent(request, RecusalForm)

    async def work(deed: Deed) -> Recusal:
        return await recusals.enter_recusal(
            deed,
            bureau=who.bureau,
            inspector=form.inspector.data,
            entity="".join(form.entity.data.split()).upper(),
            reason_code=form.reason_code.data,
            declared_by=form.declared_by.data,
            first=form.first.data,
            last=form.last.data,
            note=form.note.data or "",
        )

    return await _answer(request, form, work, "recusal:enter", _words("登记回避", form))


@get("/recusals/{number:int}/end", opt=may("books:change"))
async def end_page(request: AnyRequest, number: Number) -> Template:
    """Ask why a recusal ends."""
    await recusals.recusal(principal(request).bureau, number)
    return page(request, "recusals/form.html", **_words(f"终止第 {number} 号回避", EndForm()))


@post("/recusals/{number:int}/end", opt=may("books:change"), status_code=200)
async def end_post(request: AnyRequest, number: Number) -> Response[Any]:
    """End a recusal; it stays in the register."""
    who = principal(request)
    await recusals.recusal(who.bureau, number)
    form = await sent(request, EndForm)

    async def work(deed: Deed) -> Recusal:
        return await recusals.end_recusal(
            deed,
            bureau=who.bureau,
            number=number,
            reason=form.reason.data,
            last=form.last.data,
        )

    words = _words(f"终止第 {number} 号回避", form)
    return await _answer(request, form, work, "recusal:end", words)


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return the recusals that fit, to be taken along."""
    await _found(bureau, filters, "", 1)
    people = await _people(bureau)
    districts = tuple(filters["within"].split())

    async def read(after: str, length: int) -> tuple[Rows, str | None]:
        found, following = _cut(await _found(bureau, filters, after, length + 1), length)
        entities = await entity_reads.names(bureau, sorted({o.entity for o in found}), districts)
        rows = [
            (
                one.number,
                one.inspector,
                people.get(one.inspector, ""),
                one.entity,
                entities.get(one.entity, ""),
                one.reason,
                one.first,
                one.last,
                one.declared_by,
                one.end_reason or "",
            )
            for one in found
        ]
        return rows, following

    return Table("回避登记", COLUMNS, read)


def chosen(query: Mapping[str, str], who: Principal) -> dict[str, str]:
    """Return what an export is limited to: the filter, and the districts whose entities may be named."""
    return of_address(query, who) | {"within": " ".join(sorted(who.districts))}


def _cut(found: list[Recusal], length: int) -> tuple[list[Recusal], str | None]:
    """Return the first so many, and after which number it goes on; None where that was all."""
    return found[:length], str(found[length - 1].number) if len(found) > length else None


async def _people(bureau: str) -> dict[str, str]:
    page = await inspector_register.inspectors(bureau, length=ALL)
    return {one.inspector: one.name for one in page.inspectors}


async def _found(bureau: str, query: Mapping[str, str], after: str, length: int) -> list[Recusal]:
    try:
        day = date.fromisoformat(query["on"]) if query.get("on") else None
    except ValueError:
        raise Refused("日期应写成 2026-11-21 的样子。") from None
    return await recusals.recusals(
        bureau,
        inspector=query.get("inspector", "").strip(),
        entity="".join(query.get("entity", "").split()).upper(),
        on=day,
        after=lists.number_of(after),
        length=length,
    )


async def _answer(
    request: AnyRequest,
    form: Any,
    work: Callable[[Deed], Awaitable[Recusal]],
    event: str,
    words: Mapping[str, Any],
) -> Response[Any]:
    return await answer(
        request,
        form,
        work,
        leads_to=lambda made: "/recusals",  # noqa: ARG005 - the register is one page.
        event=event,
        template="recusals/form.html",
        words=words,
    )


def _words(title: str, form: Any) -> dict[str, Any]:
    return {"title": title, "form": form, "back": BACK}


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/recusals", "回避登记", "books:read", table_of, chosen)
HANDLERS: Final = [recusals_page, new_page, new_post, end_page, end_post, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
