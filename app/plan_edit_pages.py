"""Drafting a plan on the web: what the year is held to, and rounds to begin with; without script throughout."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Template
from wtforms import HiddenField

from app import deed_pages
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.forms import (
    Form,
    choice,
    one_of,
    options_of,
    required,
    sent,
    several,
    text,
    whole,
)
from app.plan_pages import BACK, Year
from app.plans import actions, rules, tables
from app.plans.rules import PlanContent, Policy, Round
from app.plans.tables import Plan
from app.rendering import Crumb, page
from registries import bureaus, item_lists
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Conflict, Invalid

AnyRequest = Request[Any, Any, Any]


class HeadForm(Form):
    """What the whole year is held to."""

    seen = HiddenField()
    issuing_authority = text("制定机关", required("制定机关"), hint="写全称。")
    item_list = choice(
        "事项清单", {}, required("事项清单", chosen=True), none="请选择", known=False
    )
    ratio_permille = whole(
        "抽查比例（千分比）", required("抽查比例"), hint="80 即 8%。", least=0, most=1000
    )
    floor = whole(
        "最低家数",
        required("最低家数"),
        hint="全年至少抽查多少家不同的单位，例如 80。",
        least=0,
        most=10_000_000,
    )
    mode = one_of("两项要求", rules.MODES, required("两项要求", chosen=True))
    frequency_cap = whole(
        "频次上限",
        required("频次上限"),
        hint="同一单位每年最多检查几次；0 为不限。",
        least=0,
        most=100,
    )
    pause_months = whole(
        "近期已检查的月数",
        required("近期已检查的月数"),
        hint="几个月内检查过的不再抽；0 为不排除。",
        least=0,
        most=60,
    )


class DraftForm(HeadForm):
    """The same, with how the rounds are to begin with; each can be changed afterwards."""

    leading = ("year",)
    year = whole("年度", required("年度"), least=2000, most=2100)
    rounds = whole(
        "抽查次数",
        required("抽查次数"),
        hint="每年不少于 3 次。先按相同的内容生成，再逐次修改。",
        least=rules.FEWEST_ROUNDS,
        most=rules.MOST_ROUNDS,
    )
    total = whole("每次抽查家数", required("每次抽查家数"), least=1, most=10_000_000)
    items = several("抽查事项", {}, required("抽查事项", chosen=True), known=False)


@get("/plans/new", opt=may("plans:draft"))
async def draft_page(request: AnyRequest) -> Template:
    """Ask for the year, what it is held to, and its rounds to begin with."""
    who = principal(request)
    year = request.query_params.get("year", "")
    policy = msgspec.to_builtins(Policy())
    bureau = await bureaus.bureau(who.bureau)
    lists = await _lists(who.bureau)
    begin = {
        "year": int(year) if year.isdecimal() and len(year) == 4 else _today().year,
        "issuing_authority": bureau.name,
        "rounds": rules.FEWEST_ROUNDS,
        "item_list": str(max(lists, default="")),
    }
    form = await _with_items(who, DraftForm(data=policy | begin))
    shown = words("起草年度计划", form, "/plans")
    shown["no_list"] = not lists
    return page(request, "plans/form.html", **shown)


@post("/plans/new", opt=may("plans:draft"), status_code=200)
async def draft_post(request: AnyRequest) -> Response[Any]:
    """Draft a plan."""
    who = principal(request)
    form = await _with_items(who, await sent(request, DraftForm))

    async def work(deed: Deed) -> Plan:
        year = form.year.data
        content = PlanContent(**head_of(form), rounds=first_rounds(form))
        return await actions.draft(deed, bureau=who.bureau, year=year, content=content)

    shown = words("起草年度计划", form, "/plans") | {"no_list": not await _lists(who.bureau)}
    return await answer(request, form, work, "plan:draft", shown)


@get("/plans/{year:int}/edit", opt=may("plans:draft"))
async def head_page(request: AnyRequest, year: Year) -> Template:
    """Show what the year is held to, to be changed."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    said = msgspec.to_builtins(found.content.policy) | {
        "seen": tables.content_digest(found.content),
        "issuing_authority": found.content.issuing_authority,
        "item_list": str(found.content.item_list),
    }
    form = await _with_lists(who, HeadForm(data=said))
    return page(request, "plans/form.html", **words_of(found, "总体要求", form))


@post("/plans/{year:int}/edit", opt=may("plans:draft"), status_code=200)
async def head_post(request: AnyRequest, year: Year) -> Response[Any]:
    """Change what the year is held to."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    form = await _with_lists(who, await sent(request, HeadForm))

    def changed(content: PlanContent) -> PlanContent:
        return PlanContent(**head_of(form), rounds=content.rounds)

    return await change_plan(request, found, form, changed, words_of(found, "总体要求", form))


def first_rounds(form: Any) -> tuple[Round, ...]:
    """Return so many equal rounds, spread from March to the end of November."""
    first, last = date(form.year.data, 3, 1), date(form.year.data, 11, 30)
    count, length = form.rounds.data, (last - first).days + 1
    edges = [first + timedelta(days=length * n // count) for n in range(count + 1)]
    return tuple(
        Round(
            name=f"{form.year.data} 年第 {number} 次双随机抽查",
            items=tuple(form.items.data),
            total=form.total.data,
            starts=edges[number - 1],
            ends=edges[number] - timedelta(days=1),
        )
        for number in range(1, count + 1)
    )


def head_of(form: Any) -> dict[str, Any]:
    """Return what a form says of the whole year, as PlanContent takes it."""
    names = ("ratio_permille", "floor", "mode", "frequency_cap", "pause_months")
    return {
        "issuing_authority": form.issuing_authority.data,
        "item_list": int(form.item_list.data),
        "policy": Policy(**{name: getattr(form, name).data for name in names}),
    }


async def change_plan(
    request: AnyRequest,
    found: Plan,
    form: Any,
    changed: Callable[[PlanContent], PlanContent],
    words: Mapping[str, Any],
) -> Response[Any]:
    """Replace a draft's content by what `changed` makes of it, unless somebody was quicker."""

    async def work(deed: Deed) -> Plan:
        if form.seen.data != tables.content_digest(found.content):
            raise Conflict("计划刚被他人改过，请返回查看后再改。您填写的内容没有保存。")
        return await actions.change(
            deed,
            bureau=found.bureau,
            year=found.year,
            content=changed(found.content),
            seen=found.content,
        )

    return await answer(request, form, work, "plan:change", words)


async def answer(
    request: AnyRequest,
    form: Any,
    work: Callable[[Deed], Awaitable[Plan]],
    event: str,
    words: Mapping[str, Any],
    template: str = "plans/form.html",
) -> Response[Any]:
    """Do the deed of a form and lead to the plan, or show the form again with what was typed."""
    return await deed_pages.answer(
        request,
        form,
        work,
        leads_to=lambda made: f"/plans/{made.year}/{made.version}",
        event=event,
        template=template,
        words=words,
        placed=_at_the_fields,
    )


def words_of(found: Plan, title: str, form: Any) -> dict[str, Any]:
    """Return what the page of a form about a plan needs."""
    path = f"/plans/{found.year}/{found.version}"
    back = (*BACK, Crumb(f"{found.year} 年度抽查计划", path))
    return words(title, form, path) | {"back": back}


def words(title: str, form: Any, cancel: str) -> dict[str, Any]:
    """Return what the page of a form needs."""
    return {
        "title": title,
        "form": form,
        "back": BACK,
        "cancel": cancel,
        "remove": "",
        "no_list": False,
    }


def _at_the_fields(refusal: Invalid) -> Invalid:
    """Return the faults of a whole plan under the names of the form's fields, once each."""
    fields: dict[str, list[str]] = {}
    for place, sentences in refusal.fields.items():
        name = place.rpartition(".")[2]
        kept = fields.setdefault("rate_a" if name == "rates" else name, [])
        kept += [one for one in sentences if one not in kept]
    return Invalid(refusal.sentence, fields)


async def _lists(bureau: str) -> dict[str, str]:
    found = await item_lists.item_lists(bureau)
    return {str(one.version): f"第 {one.version} 版 {one.name}" for one in found}


async def _with_lists(who: Principal, form: Any) -> Any:
    lists = await _lists(who.bureau)
    form.item_list.choices = options_of({"": "请选择", **lists})
    if form.item_list.data and form.item_list.data not in lists:
        form.item_list.errors = [*form.item_list.errors, "没有这一版事项清单，请重新选择。"]
    return form


async def _with_items(who: Principal, form: Any) -> Any:
    """Give the form the matters of the list chosen in it, of the newest to begin with."""
    await _with_lists(who, form)
    chosen = str(form.item_list.data or "")
    form.items.choices = options_of(await matters(who.bureau, chosen))
    return form


async def matters(bureau: str, version: str) -> dict[str, str]:
    """Return the matters of a version of the list, key → words; none where no version is chosen."""
    if version not in await _lists(bureau):
        return {}
    found = await item_lists.item_list(bureau, int(version))
    return {item.key: f"{item.key}　{item.name}" for item in found.items}


def _today() -> date:
    return day_in_china(datetime.now(UTC))


HANDLERS: Final = [
    draft_page,
    draft_post,
    head_page,
    head_post,
]
