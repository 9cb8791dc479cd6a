"""The year's plans on the web: every version, how far it has come, and the two gauges of the year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import PathParameter
from litestar.response import Template

from app import plan_words
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.draws import gauges_reads
from app.list_pages import exporting
from app.lists import Rows, Table
from app.plans import rules, tables
from app.plans.rules import Gauges, Round
from app.plans.tables import Plan
from app.rendering import Crumb, Link, Task, page
from exports.workbook import Column
from registries import item_lists
from registries.calendar import day_in_china
from registries.district_changes import names_of
from registries.items import METHODS
from registries.kinds import kind_name

AnyRequest = Request[Any, Any, Any]
Year = Annotated[int, PathParameter(ge=2000, le=2100)]
Version = Annotated[int, PathParameter(ge=1, le=1000)]
LINKS: Final = (Link("抽查", "年度计划", "/plans", ("plans:read",)),)
BACK: Final = (Crumb("年度计划", "/plans"),)
TONES: Final = {"published": "good", "withdrawn": "plain", "drafting": "active"}
COLUMNS: Final = (
    *(Column(heading, 12) for heading in ("年度", "版本", "状态", "次序")),
    Column("抽查名称", 40),
    *(
        Column(heading, 14)
        for heading in ("开始", "结束", "抽查家数", "任务类型", "定向", "事项类别")
    ),
)


@get("/plans", opt=may("plans:read"))
async def plans_page(request: AnyRequest) -> Template:
    """List the versions of every year, the newest year first."""
    who = principal(request)
    found = sorted(await tables.plans(who.bureau), key=lambda one: (-one.year, -one.version))
    today = _today()
    return page(
        request,
        "plans/plans.html",
        title="年度计划",
        plans=found,
        states=rules.STATES,
        tones=TONES,
        year=today.year,
        missing=not any(one.year == today.year and one.state != "withdrawn" for one in found),
        due=rules.publication_due(today.year),
        may_draft=who.may("plans:draft"),
    )


@get("/plans/{year:int}/{version:int}", opt=may("plans:read"))
async def plan_page(request: AnyRequest, year: Year, version: Version) -> Template:
    """Show a version: its state, its rounds, and for the binding one how far the year has come."""
    who = principal(request)
    found = await tables.plan(who.bureau, year, version)
    versions = await tables.plans(who.bureau, year)
    newest = versions[-1].version == version
    own = found.drafted_by == who.actor().name
    binding = next((one for one in versions[::-1] if one.state == "published"), None)
    current = newest and found.state != "withdrawn"
    names = await names_of(who.bureau, _today())
    return page(
        request,
        "plans/plan.html",
        title=f"{year} 年度抽查计划",
        back=BACK,
        plan=found,
        policy=found.content.policy,
        modes=rules.MODES,
        state=rules.STATES[found.state],
        tone=TONES.get(found.state, "soon"),
        binds=binding is not None and binding.version == version,
        lateness=plan_words.lateness_of(found, versions, _today()),
        points=plan_words.points_of(found),
        next_words=plan_words.next_words(found) if newest else "",
        mark=plan_words.mark_of(found),
        events=await plan_words.events_of(found),
        rounds=[(n, one, marks_of(one)) for n, one in enumerate(found.content.rounds, start=1)],
        names=await _item_names(found),
        methods_of=lambda one: "、".join(METHODS[code] for code in one.methods),
        kinds_of=lambda one: "、".join(map(kind_name, one.kinds)),
        districts_of=lambda one: "、".join(names.get(code, code) for code in one.districts),
        gauges=await _gauges(found) if current or found == binding else None,
        steps=_steps(who, found) if newest else [],
        own_waits=own and found.state == "submitted",
        may_edit=newest and found.state == "drafting" and who.may("plans:draft"),
        most_rounds=rules.MOST_ROUNDS,
        fewest_rounds=rules.FEWEST_ROUNDS,
    )


def marks_of(one: Round) -> str:
    """Return the marks of a round: 年度/临时, 定向/不定向, 一般/重点."""
    return " · ".join(
        (rules.OCCASIONS[one.occasion], rules.AIMS[one.aim], rules.WEIGHTS[one.weight])
    )


def _steps(who: Principal, found: Plan) -> list[tuple[str, str]]:
    """Return the steps that this person may take now; who drafted a version decides nothing about it."""
    own = found.drafted_by == who.actor().name
    return [
        (step, words)
        for step, words, capability in plan_words.NEXT[found.state]
        if who.may(capability) and not (own and capability == "plans:approve")
    ]


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:  # noqa: ARG001 - it has no filter.
    """Return the rounds of every version of a bureau's plans, to be taken along."""

    async def read(after: str, length: int) -> tuple[Rows, str | None]:  # noqa: ARG001 - a few dozen rows.
        rows = [
            (
                str(plan.year),
                plan.version,
                rules.STATES[plan.state],
                number,
                one.name,
                one.starts,
                one.ends,
                one.total,
                rules.OCCASIONS[one.occasion],
                rules.AIMS[one.aim],
                rules.WEIGHTS[one.weight],
            )
            for plan in await tables.plans(bureau)
            for number, one in enumerate(plan.content.rounds, start=1)
        ]
        return rows, None

    return Table("年度抽查计划", COLUMNS, read)


async def tasks(who: Principal, now: datetime) -> list[Task]:
    """Return what the year's plan waits for: the approver's decision, or the clerk's next step."""
    year = day_in_china(now).year
    if who.draw or not (who.may("plans:approve") or who.may("plans:draft")):
        return []
    found = await tables.plans(who.bureau)
    waiting = [task for one in found if (task := _task(who, one, found))]
    if who.may("plans:draft") and not any(p.year == year and p.state != "withdrawn" for p in found):
        due = rules.publication_due(year)
        said = "计划应在 3 月 31 日前审批、报备并公布；没有公布的计划不能抽查。"
        waiting.append(Task(f"起草 {year} 年度抽查计划", f"/plans/new?year={year}", said, due))
    return waiting


def _task(who: Principal, one: Plan, found: list[Plan]) -> Task | None:
    """Return what one version waits for from this person, None for nothing."""
    own = one.drafted_by == who.actor().name
    deciding = one.state == "submitted" and who.may("plans:approve") and not own
    carrying = one.state in {"drafting", "approved", "filed"} and who.may("plans:draft")
    if not (deciding or carrying):
        return None
    versions = [other for other in found if other.year == one.year]
    # The day is the year's: an amendment comes when it is needed.
    due = None if plan_words.is_amendment(one, versions) else rules.publication_due(one.year)
    path = f"/plans/{one.year}/{one.version}"
    said = f"第 {one.version} 版现在是“{rules.STATES[one.state]}”。{plan_words.next_words(one)}"
    return Task(f"{'审批' if deciding else '办理'} {one.year} 年度抽查计划", path, said, due)


async def _gauges(plan: Plan) -> Gauges:
    return await gauges_reads.gauges_of(plan, datetime.now(UTC))


async def _item_names(plan: Plan) -> dict[str, str]:
    found = await item_lists.item_list(plan.bureau, plan.content.item_list)
    return {item.key: item.name for item in found.items}


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/plans", "年度计划", "plans:read", table_of)
HANDLERS: Final = [plans_page, plan_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
