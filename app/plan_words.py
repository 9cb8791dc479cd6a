"""What is told of a plan's version: its course so far, what is left before it binds, and by whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from app.accounts.role_rules import Capability
from app.plans import rules, tables
from app.plans.tables import Plan
from registries import audit_events, audit_log
from registries.audit_entries import LoggedEntry
from registries.calendar import day_in_china

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
# The holders of the two capabilities (role_rules.MAY) as a sentence names them.
WHO: Final[dict[Capability, str]] = {
    "plans:draft": "抽查管理员",
    "plans:approve": "机构负责人或分管领导（不得起草或修改过这一版）",
}
MOST_EVENTS: Final = 100


def mark_of(plan: Plan) -> str:
    """Return what a page carries of the version it shows, so that a decision is on what was read."""
    return f"{plan.version}-{tables.content_digest(plan.content)}"


def points_of(plan: Plan) -> list[tuple[bool, str]]:
    """Return what has to be done before the version binds draws, and whether it is: for the checklist."""
    if plan.state == "withdrawn":
        return []
    filed = f"{plan.filed_with}，{plan.filing_reference}，{_on(plan.filed_at)}"
    return [
        (plan.state != "drafting", f"起草并提交：{plan.drafted_by}，{_on(plan.drafted_at)}"),
        _point(plan.approved_at, "审批", f"{plan.approved_by}，{_on(plan.approved_at)}"),
        _point(plan.filed_at, "报上级备案", filed),
        _point(plan.published_at, "向社会公布", _on(plan.published_at)),
    ]


def next_words(plan: Plan) -> str:
    """Return the next step and who may take it, "" where nothing has to follow."""
    if plan.state in {"published", "withdrawn"}:
        return ""
    _, words, capability = NEXT[plan.state][0]
    return f"下一步：{words}，由{WHO[capability]}办理。"


def is_amendment(plan: Plan, versions: list[Plan]) -> bool:
    """Say whether an earlier version of the year is public already, so that the plan's day is kept or past."""
    return any(one.published_at and one.version < plan.version for one in versions)


def lateness_of(plan: Plan, versions: list[Plan], today: date) -> str:
    """Return whether the version meets 31 March; "" where the day does not concern it."""
    if plan.state == "withdrawn" or is_amendment(plan, versions):
        return ""
    published = day_in_china(plan.published_at) if plan.published_at else None
    return rules.lateness(plan.year, published, today)


async def events_of(plan: Plan) -> list[tuple[datetime, str, str]]:
    """Return what was done about a version, the newest first, as the log has it."""
    found = await audit_log.entries(
        bureau=plan.bureau, subject=f"plan:{plan.year}/{plan.version}", limit=MOST_EVENTS
    )
    return [
        (
            datetime.fromisoformat(one.at),
            audit_events.meaning(one.event) or one.event,
            "：".join(part for part in (one.actor_name, _reason(one)) if part),
        )
        for one in found
    ]


def _reason(logged: LoggedEntry) -> str:
    try:
        return logged.entry().reason
    except ValueError:
        return "（日志正文已被改动）"


def _point(done_at: datetime | None, title: str, how: str) -> tuple[bool, str]:
    return (True, f"{title}：{how}") if done_at else (False, title)


def _on(moment: datetime | None) -> str:
    return day_in_china(moment).isoformat() if moment else ""
