"""The deeds of the year's plan, each with its entry in the log; other people than the author approve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.plans import rules, tables
from app.plans.rules import PlanContent
from app.plans.tables import Plan, PlanTable
from registries import audit_log, bureaus, item_lists
from registries.database import Deed
from registries.errors import Conflict, Invalid, Refused
from sampling.encoding import parse_jcs

EVENTS: Final[dict[str, str]] = {
    "plan:draft": "起草年度抽查计划",
    "plan:amend": "起草年度抽查计划的新版本",
    "plan:change": "修改起草中的计划",
    "plan:submit": "计划提交审批",
    "plan:return": "计划退回起草",
    "plan:approve": "计划审批通过",
    "plan:file": "计划报上级备案",
    "plan:publish": "计划向社会公布",
    "plan:withdraw": "撤回计划",
}

MOST_CHANGES: Final = 10_000


async def draft(deed: Deed, *, bureau: str, year: int, content: PlanContent) -> Plan:
    """Draft the first version of a year's plan and return it.

    Raises Conflict where the year has one already, Invalid with every fault.
    """
    await bureaus.bureau(bureau)
    if any(one.state != "withdrawn" for one in await tables.plans(bureau, year)):
        raise Conflict(f"{year} 年度已有抽查计划。要改动已公布的计划，请用 yaohao plan amend。")
    return await _enter(deed, bureau, year, content, amended=None, reason="")


async def amend(deed: Deed, *, bureau: str, year: int, content: PlanContent, reason: str) -> Plan:
    """Draft a new version that names the published one it replaces, and return it.

    Raises NotFound where nothing is published yet, Conflict where another version is open, Invalid.
    """
    if not reason.strip():
        raise Invalid("修订计划必须写明理由。", {"reason": ["请填写修订理由。"]})
    binding = await tables.binding_plan(bureau, year)
    newest = await tables.plan(bureau, year)
    if newest.state not in ("published", "withdrawn"):
        raise Conflict(
            f"第 {newest.version} 版还在“{rules.STATES[newest.state]}”，请先完成或撤回它。"
        )
    return await _enter(deed, bureau, year, content, amended=binding, reason=reason)


async def change(
    deed: Deed, *, bureau: str, year: int, content: PlanContent, seen: PlanContent | None = None
) -> Plan:
    """Replace the content of the version being drafted. Raises Refused once it is submitted.

    `seen` is the content that the change was made from: Conflict when somebody changed it since.
    """
    open_plan = await tables.plan(bureau, year)
    if seen is not None and seen != open_plan.content:
        raise Conflict("计划刚被他人改过，请返回查看后再改。您填写的内容没有保存。")
    if open_plan.state != "drafting":
        raise Refused(f"计划现在是“{rules.STATES[open_plan.state]}”，只有起草中的计划可以修改。")
    published = [one for one in await tables.plans(bureau, year) if one.state == "published"]
    await _check(deed, content, bureau, year, published[-1] if published else None)
    text = tables.content_text(content)
    await PlanTable.update({PlanTable.content: text}).where(PlanTable.id == open_plan.id)
    previous = tables.content_text(open_plan.content)
    await _log(deed, "plan:change", open_plan, {"content": text}, {"content": previous})
    return await tables.plan_by_id(open_plan.id)


async def submit(deed: Deed, *, bureau: str, year: int) -> Plan:
    """Submit the version being drafted for approval."""
    return await _step(deed, bureau, year, "submit", {})


async def send_back(deed: Deed, *, bureau: str, year: int, reason: str) -> Plan:
    """Return a submitted version to its author, with a reason; by another person."""
    await _check_approver(deed, bureau, year)
    return await _step(deed, bureau, year, "return", {}, reason)


async def approve(deed: Deed, *, bureau: str, year: int) -> Plan:
    """Approve the submitted version; Refused for whoever wrote any of it."""
    await _check_approver(deed, bureau, year)
    values = {PlanTable.approved_by: deed.actor.name, PlanTable.approved_at: deed.now}
    return await _step(deed, bureau, year, "approve", values)


async def file(deed: Deed, *, bureau: str, year: int, filed_with: str, reference: str) -> Plan:
    """Record that the approved version was filed with the superior body, under its reference."""
    missing = {
        name: ["请填写。"]
        for name, text in (("filed_with", filed_with), ("reference", reference))
        if not text.strip()
    }
    if missing:
        raise Invalid("报备要写明备案机关和备案文号。", missing)
    values = {
        PlanTable.filed_with: filed_with,
        PlanTable.filing_reference: reference,
        PlanTable.filed_at: deed.now,
    }
    return await _step(deed, bureau, year, "file", values)


async def publish(deed: Deed, *, bureau: str, year: int) -> Plan:
    """Publish the filed version; from now on draws are bound by it."""
    return await _step(deed, bureau, year, "publish", {PlanTable.published_at: deed.now})


async def withdraw(deed: Deed, *, bureau: str, year: int, reason: str) -> Plan:
    """Withdraw a version that is not filed yet, with a reason."""
    return await _step(deed, bureau, year, "withdraw", {}, reason)


async def _enter(
    deed: Deed, bureau: str, year: int, content: PlanContent, *, amended: Plan | None, reason: str
) -> Plan:
    await _check(deed, content, bureau, year, amended)
    version = 1 + max((one.version for one in await tables.plans(bureau, year)), default=0)
    row = PlanTable(
        bureau=bureau,
        year=year,
        version=version,
        # A first version that was withdrawn is named by the next, so every later one names another.
        amends=amended.id if amended else await _withdrawn(bureau, year),
        reason=reason,
        content=tables.content_text(content),
        state="drafting",
        drafted_by=deed.actor.name,
        drafted_at=deed.now,
    )
    await PlanTable.insert(row)
    entered = await tables.plan(bureau, year, version)
    new = {"version": version, "content": row.content, "state": "drafting"}
    if amended:
        new["amends"] = amended.version
    await _log(deed, "plan:amend" if amended else "plan:draft", entered, new, reason=reason)
    return entered


async def _withdrawn(bureau: str, year: int) -> int | None:
    earlier = await tables.plans(bureau, year)
    return earlier[-1].id if earlier else None


async def _check_approver(deed: Deed, bureau: str, year: int) -> None:
    """Raise Refused where the approver drafted the version or changed it since; the log knows who did."""
    submitted = await tables.plan(bureau, year)
    rules.check_approver(submitted.drafted_by, deed.actor.name)
    changed = await audit_log.entries(
        bureau=bureau,
        event="plan:change",
        subject=f"plan:{year}/{submitted.version}",
        limit=MOST_CHANGES,
    )
    for one in changed:
        rules.check_approver(one.actor_name, deed.actor.name)


async def _check(
    deed: Deed, content: PlanContent, bureau: str, year: int, base: Plan | None
) -> None:
    """Raise Invalid with every fault; `base` is the published version that the content would replace."""
    faults = rules.faults(content, year, amends=base is not None)
    if base and (moved := rules.displaced(base.content, content, deed.today)):
        faults.setdefault("rounds", []).extend(moved)
    known: set[str] = set()
    if "item_list" not in faults:
        item_list = await item_lists.item_list(bureau, content.item_list)
        known = {item.key for item in item_list.items}
    for number, one in enumerate(content.rounds, start=1):
        unknown = [key for key in one.items if known and key not in known]
        if unknown:
            sentence = f"第 {content.item_list} 版事项清单中没有：{'、'.join(unknown)}。"
            faults.setdefault(f"rounds[{number}].items", []).append(sentence)
    if faults:
        raise Invalid("计划内容有误，请改正后再提交。", faults)


async def _step(
    deed: Deed, bureau: str, year: int, step: str, values: Mapping[Any, Any], reason: str = ""
) -> Plan:
    if step in ("return", "withdraw") and not reason.strip():
        raise Invalid("请写明理由。", {"reason": ["请填写理由。"]})
    before = await tables.plan(bureau, year)
    state = rules.after(before.state, step)
    await PlanTable.update({PlanTable.state: state, **values}).where(PlanTable.id == before.id)
    new: dict[str, Any] = {"state": state}
    if step == "file":
        new |= {"filed_with": values[PlanTable.filed_with]}
        new |= {"filing_reference": values[PlanTable.filing_reference]}
    await _log(deed, f"plan:{step}", before, new, {"state": before.state}, reason)
    return await tables.plan_by_id(before.id)


async def _log(
    deed: Deed,
    event: str,
    one: Plan,
    new: Mapping[str, Any],
    previous: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    await audit_log.append(
        deed,
        event,
        bureau=one.bureau,
        subject=f"plan:{one.year}/{one.version}",
        previous=_parsed(previous) if previous else None,
        new=_parsed(new),
        reason=reason,
    )


def _parsed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with a plan's content as an object, so that the log shows what changed."""
    return {
        name: parse_jcs(value.encode()) if name == "content" else value
        for name, value in values.items()
    }
