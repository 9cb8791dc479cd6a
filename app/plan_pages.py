"""The year's plans on the web: every version, how far it has come, and the two gauges of the year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.params import PathParameter
from litestar.response import Template

from app.access import may
from app.accounts.authentication import principal
from app.accounts.role_rules import Capability
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
from registries.errors import NotFound
from registries.items import METHODS
from registries.kinds import kind_name

AnyRequest = Request[Any, Any, Any]
Year = Annotated[int, PathParameter(ge=2000, le=2100)]
Version = Annotated[int, PathParameter(ge=1, le=1000)]
LINKS: Final = (Link("抽查", "年度计划", "/plans", ("plans:read",)),)
BACK: Final = (Crumb("年度计划", "/plans"),)
TONES: Final = {"published": "good", "withdrawn": "plain", "drafting": "active"}
# What brings a version on from each state: the step, the words of the button, the capability.
NEXT: Final[dict[str, tuple[tuple[str, str, Capability], ...]]] = {
    "drafting": (("submit", "提交审批", "plans:draft"), ("withdraw", "撤回", "plans:draft")),
    "submitted": (
        ("approve", "审批通过", "plans:approve"),
        ("return", "退回起草", "plans:approve"),
        ("withdraw", "撤回", "plans:draft"),
    ),
    "approved": (("file", "登记报备", "plans:draft"), ("withdraw", "撤回", "plans:draft")),
    "filed": (("publish", "向社会公布", "plans:draft"),),
    "published": (("amend", "修订计划", "plans:draft"),),
    "withdrawn": (),
}
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
    newest = (await tables.plan(who.bureau, year)).version == version
    steps = [
        (step, words)
        for step, words, capability in NEXT[found.state]
        if newest and who.may(capability)
    ]
    own = found.drafted_by == who.actor().name
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
        lateness=rules.lateness(year, _day(found.published_at), _today()),
        events=events_of(found),
        rounds=[(n, one, marks_of(one)) for n, one in enumerate(found.content.rounds, start=1)],
        names=await _item_names(found),
        methods_of=lambda one: "、".join(METHODS[code] for code in one.methods),
        kinds_of=lambda one: "、".join(map(kind_name, one.kinds)),
        gauges=await _gauges(found),
        steps=[step for step in steps if not (own and step[0] in {"approve", "return"})],
        own_waits=own and found.state == "submitted",
        may_edit=newest and found.state == "drafting" and who.may("plans:draft"),
        most_rounds=rules.MOST_ROUNDS,
    )


def marks_of(one: Round) -> str:
    """Return the marks of a round: 年度/临时, 定向/不定向, 一般/重点."""
    return " · ".join(
        (rules.OCCASIONS[one.occasion], rules.AIMS[one.aim], rules.WEIGHTS[one.weight])
    )


def events_of(plan: Plan) -> list[tuple[datetime, str, str]]:
    """Return what has happened to a version, the newest first."""
    filed = f"{plan.filed_with}，{plan.filing_reference}"
    told = (
        (plan.published_at, "向社会公布", ""),
        (plan.filed_at, "报上级备案", filed),
        (plan.approved_at, "审批通过", plan.approved_by),
        (
            plan.drafted_at,
            "起草",
            plan.drafted_by + (f"；修订理由：{plan.reason}" if plan.reason else ""),
        ),
    )
    return [(when, title, text) for when, title, text in told if when is not None]


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


async def tasks(who: Any, now: datetime) -> list[Task]:
    """Return what the year's plan waits for: the approver's decision, or the clerk's next step."""
    year = day_in_china(now).year
    if who.draw or not (who.may("plans:approve") or who.may("plans:draft")):
        return []
    found = await tables.plans(who.bureau)
    path = "/plans/{0.year}/{0.version}"
    waiting: list[Task] = []
    for one in found:
        title = f"{one.year} 年度抽查计划"
        due = rules.publication_due(one.year)
        if (
            one.state == "submitted"
            and who.may("plans:approve")
            and one.drafted_by != who.actor().name
        ):
            waiting.append(
                Task(f"审批{title}", path.format(one), f"第 {one.version} 版已提交审批。", due)
            )
        if one.state in {"drafting", "approved", "filed"} and who.may("plans:draft"):
            step = NEXT[one.state][0][1]
            said = f"第 {one.version} 版现在是“{rules.STATES[one.state]}”，下一步：{step}。"
            waiting.append(Task(f"办理{title}", path.format(one), said, due))
    if who.may("plans:draft") and not any(p.year == year and p.state != "withdrawn" for p in found):
        said = "计划应在 3 月 31 日前审批、报备并公布；没有公布的计划不能抽查。"
        waiting.append(
            Task(
                f"起草 {year} 年度抽查计划",
                f"/plans/new?year={year}",
                said,
                rules.publication_due(year),
            )
        )
    return waiting


async def _gauges(plan: Plan) -> Gauges | None:
    """Return the year's gauges for its binding version, None for any other."""
    try:
        binding = await tables.binding_plan(plan.bureau, plan.year)
    except NotFound:
        return None
    if binding.version != plan.version:
        return None
    return await gauges_reads.gauges(plan.bureau, plan.year, datetime.now(UTC))


async def _item_names(plan: Plan) -> dict[str, str]:
    found = await item_lists.item_list(plan.bureau, plan.content.item_list)
    return {item.key: item.name for item in found.items}


def _day(moment: datetime | None) -> date | None:
    return day_in_china(moment) if moment else None


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/plans", "年度计划", "plans:read", table_of)
HANDLERS: Final = [plans_page, plan_page, *EXPORT.handlers]
JOBS: Final = EXPORT.jobs
