"""The rounds of a plan that is being drafted: added, changed, taken out, each with a form of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Template
from wtforms import HiddenField

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.forms import (
    Form,
    a_day,
    must_be,
    one_of,
    options_of,
    required,
    sent,
    several,
    text,
    tick,
    whole,
)
from app.plan_edit_pages import change_plan, matters, words_of
from app.plan_pages import Year
from app.plans import rules, tables
from app.plans.rules import PlanContent, Round
from app.plans.tables import Plan
from app.rendering import page
from registries.calendar import day_in_china
from registries.district_changes import names_of
from registries.errors import NotFound
from registries.items import METHODS
from registries.kinds import KINDS

AnyRequest = Request[Any, Any, Any]
RATES: Final = {"A": "A 级", "B": "B 级", "C": "C 级", "-": "未评", "*": "其他等级"}
FIELDS: Final = {"A": "rate_a", "B": "rate_b", "C": "rate_c", "-": "rate_none", "*": "rate_other"}
Number = Annotated[int, PathParameter(ge=1, le=rules.MOST_ROUNDS)]


def rate(label: str, hint: str = "") -> Any:
    """Return a field for the density of a grade: 0 to 100, or all."""
    known = must_be(
        lambda said: parsed_rate(said) is not None, "请填写 0 到 100 的整数，或“全部”。"
    )
    return text(label, required(label), known, most=4, hint=hint)


class RoundForm(Form):
    """One round of the year."""

    seen = HiddenField()
    name = text("名称", required("名称"), hint="例如 2026 年第一次双随机抽查。")
    total = whole("抽查家数", required("抽查家数"), least=1, most=10_000_000)
    starts = a_day("开始日期", required("开始日期"))
    ends = a_day("结束日期", required("结束日期"))
    items = several("抽查事项", {}, required("抽查事项", chosen=True), known=False)
    methods = several("检查方式", METHODS, required("检查方式", chosen=True))
    aim = one_of("定向或不定向", rules.AIMS, required("定向或不定向", chosen=True))
    occasion = one_of("任务类型", rules.OCCASIONS, required("任务类型", chosen=True))
    weight = one_of("事项类别", rules.WEIGHTS, required("事项类别", chosen=True))
    kinds = several("对象类别", KINDS, hint="都不选即为全部。")
    districts = several("区划", {}, hint="都不选即为全部。", known=False)
    tags = text("标签", hint="仅定向抽查填写，多个用空格分开。")
    rate_a = rate(
        "A 级密度",
        "各等级被抽中的相对机会，0 到 100，或写“全部”：A 级填 1、B 级填 3，则 B 级的机会约为 A 级的三倍。",
    )
    rate_b = rate("B 级密度")
    rate_c = rate("C 级密度")
    rate_none = rate("未评密度")
    rate_other = rate("其他等级密度")
    district_minimum = whole(
        "各区最低家数",
        required("各区最低家数"),
        hint="每个区至少抽几家；0 为不设。",
        least=0,
        most=10_000_000,
    )
    reserve = whole(
        "各层备选家数", required("各层备选家数"), hint="正选查不到时依次递补。", least=0, most=1000
    )
    entities_per_team = whole("每组检查家数", required("每组检查家数"), least=1, most=10_000)
    team_size = whole("每组人数", required("每组人数"), hint="不得少于 2 人。", least=2, most=10)
    home_avoidance = tick("地域回避：不派到住所和任职的区划")
    balance_load = tick("均衡安排各人任务")


@get("/plans/{year:int}/rounds/new", opt=may("plans:draft"))
async def new_round_page(request: AnyRequest, year: Year) -> Template:
    """Show the last round again, to be made another."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    last = found.content.rounds[-1]
    form = await _round_form(who, found, RoundForm(data=round_said(found, last) | {"name": ""}))
    return page(request, "plans/form.html", **words_of(found, "增加一次抽查", form))


@post("/plans/{year:int}/rounds/new", opt=may("plans:draft"), status_code=200)
async def new_round_post(request: AnyRequest, year: Year) -> Response[Any]:
    """Add a round; the rounds stay in order of their days."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    form = await _round_form(who, found, await sent(request, RoundForm))

    def changed(content: PlanContent) -> PlanContent:
        return with_rounds(content, (*content.rounds, round_of(form)))

    return await change_plan(request, found, form, changed, words_of(found, "增加一次抽查", form))


@get("/plans/{year:int}/rounds/{number:int}", opt=may("plans:draft"))
async def round_page(request: AnyRequest, year: Year, number: Number) -> Template:
    """Show a round, to be changed."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    form = await _round_form(who, found, RoundForm(data=round_said(found, _round(found, number))))
    return page(request, "plans/form.html", **_round_words(found, number, form))


@post("/plans/{year:int}/rounds/{number:int}", opt=may("plans:draft"), status_code=200)
async def round_post(request: AnyRequest, year: Year, number: Number) -> Response[Any]:
    """Change a round."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    _round(found, number)
    form = await _round_form(who, found, await sent(request, RoundForm))

    def changed(content: PlanContent) -> PlanContent:
        others = [one for n, one in enumerate(content.rounds, start=1) if n != number]
        return with_rounds(content, (*others, round_of(form)))

    return await change_plan(request, found, form, changed, _round_words(found, number, form))


@post("/plans/{year:int}/rounds/{number:int}/remove", opt=may("plans:draft"), status_code=200)
async def remove_post(request: AnyRequest, year: Year, number: Number) -> Response[Any]:
    """Take a round out of the draft; a year keeps at least three."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    _round(found, number)
    form = await sent(request, _Seen)

    def changed(content: PlanContent) -> PlanContent:
        kept = [one for n, one in enumerate(content.rounds, start=1) if n != number]
        return with_rounds(content, kept)

    shown = await _round_form(who, found, RoundForm(data=round_said(found, _round(found, number))))
    shown.seen.data = form.seen.data
    return await change_plan(request, found, shown, changed, _round_words(found, number, shown))


class _Seen(Form):
    seen = HiddenField()


def round_of(form: Any) -> Round:
    """Return what a form says of a round."""
    plain = ("name", "total", "starts", "ends", "aim", "occasion", "weight", "district_minimum")
    counts = ("reserve", "entities_per_team", "team_size")
    return Round(
        **{name: getattr(form, name).data for name in (*plain, *counts)},
        items=tuple(form.items.data or ()),
        methods=tuple(form.methods.data or ()),
        kinds=tuple(form.kinds.data or ()),
        districts=tuple(form.districts.data or ()),
        tags=tuple((form.tags.data or "").split()),
        rates={
            grade: parsed_rate(getattr(form, field).data) or 0 for grade, field in FIELDS.items()
        },
        home_avoidance=bool(form.home_avoidance.data),
        balance_load=bool(form.balance_load.data),
    )


def round_said(plan: Plan, one: Round) -> dict[str, Any]:
    """Return what the form shows of a round."""
    said: dict[str, Any] = msgspec.structs.asdict(one)
    rates = {
        field: "全部" if (given := one.rates.get(grade, one.rates["*"])) == "all" else str(given)
        for grade, field in FIELDS.items()
    }
    return said | rates | {"tags": " ".join(one.tags), "seen": tables.content_digest(plan.content)}


def parsed_rate(said: str | None) -> Any:
    """Return the density that was typed, None for anything else."""
    if said in {"全部", "all"}:
        return "all"
    return int(said) if said and said.isdecimal() and int(said) <= 100 else None


def with_rounds(content: PlanContent, rounds: Any) -> PlanContent:
    """Return the content with other rounds, in order of their days."""
    return msgspec.structs.replace(
        content, rounds=tuple(sorted(rounds, key=lambda one: (one.starts, one.ends, one.name)))
    )


def _round(found: Plan, number: int) -> Round:
    if number > len(found.content.rounds):
        raise NotFound(f"计划里没有第 {number} 次抽查。")
    return found.content.rounds[number - 1]


async def _round_form(who: Principal, found: Plan, form: Any) -> Any:
    form.items.choices = options_of(await matters(who.bureau, str(found.content.item_list)))
    # A plan is the whole bureau's: leaving out what the clerk does not look after would take it out of the round.
    names = await names_of(who.bureau, day_in_china(datetime.now(UTC)))
    gone = {code: f"{code}（已撤销）" for code in form.districts.data or () if code not in names}
    form.districts.choices = options_of(names | gone)
    return form


def _round_words(found: Plan, number: int, form: Any) -> dict[str, Any]:
    words = words_of(found, f"第 {number} 次抽查", form)
    if len(found.content.rounds) > rules.FEWEST_ROUNDS:
        words["remove"] = f"/plans/{found.year}/rounds/{number}/remove"
    return words


HANDLERS: Final = [
    new_round_page,
    new_round_post,
    round_page,
    round_post,
    remove_post,
]
