"""Plans, draws and the operation log for programs. Approving, drawing and signing stay with people."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody, PathParameter, QueryParameter

from app.access import may
from app.accounts.authentication import principal
from app.draws import draw_reads, result_actions, seal_actions
from app.draws.draw_reads import Draw
from app.plans import actions, tables
from app.plans.rules import PlanContent
from app.plans.tables import Plan
from app.route_api import MOST, PREFIX, AnyRequest, Code, Key, Limit, Number, Reason, write
from registries import audit_log, audit_proofs, database
from registries.audit_entries import LoggedEntry
from registries.audit_proofs import InclusionProof
from registries.database import Deed

PLANS: Final = "年度计划"
Year = Annotated[int, PathParameter(ge=2000, le=2100)]


class DraftOfPlan(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A year's plan whole."""

    content: PlanContent


class Amendment(Reason, kw_only=True):
    """A new version of a published plan, whole, and why."""

    content: PlanContent


class Filing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """With whom a plan was filed, and under which number."""

    filed_with: str
    reference: str


class ResultShown(msgspec.Struct):
    """What everybody may know of a result at once (draw-protocol.md §8): digests, dice, entities per team."""

    parts_digest: str
    dice: str
    root: str
    leaves: int
    result_digest: str
    counts: list[dict[str, Any]]


class DrawShown(msgspec.Struct):
    """What is published of a draw by now; no name before unsealing."""

    draw: Draw
    result: ResultShown | None


class LogPage(msgspec.Struct):
    """Entries, the newest first; `before` leads to the next page, null at the end."""

    entries: list[LoggedEntry]
    before: int | None


@get(f"{PREFIX}/plans", opt=may("plans:read"), summary="各年度计划", tags=[PLANS])
async def list_plans(request: AnyRequest) -> list[Plan]:
    """Return every version of every year's plan."""
    return await tables.plans(principal(request).bureau)


@get(f"{PREFIX}/plans/{{year:int}}", opt=may("plans:read"), summary="最新一版计划", tags=[PLANS])
async def show_plan(request: AnyRequest, year: Year) -> Plan:
    """Return the newest version of a year's plan."""
    return await tables.plan(principal(request).bureau, year)


@post(
    f"{PREFIX}/plans/{{year:int}}",
    opt=may("plans:draft"),
    status_code=200,
    summary="起草",
    tags=[PLANS],
)
async def draft_plan(
    request: AnyRequest, year: Year, data: JSONBody[DraftOfPlan], idempotency_key: Key
) -> Response[bytes]:
    """Draft the first version of a year's plan and return it."""
    return await _plan(request, year, idempotency_key, actions.draft, content=data.content)


@post(
    f"{PREFIX}/plans/{{year:int}}/changes",
    opt=may("plans:draft"),
    status_code=200,
    summary="修改起草中的计划",
    tags=[PLANS],
)
async def change_plan(
    request: AnyRequest, year: Year, data: JSONBody[DraftOfPlan], idempotency_key: Key
) -> Response[bytes]:
    """Replace the content of the version that is being drafted and return it."""
    return await _plan(request, year, idempotency_key, actions.change, content=data.content)


@post(
    f"{PREFIX}/plans/{{year:int}}/amendments",
    opt=may("plans:draft"),
    status_code=200,
    summary="修订已公布的计划",
    tags=[PLANS],
)
async def amend_plan(
    request: AnyRequest, year: Year, data: JSONBody[Amendment], idempotency_key: Key
) -> Response[bytes]:
    """Draft a new version of a published plan and return it."""
    said = {"content": data.content, "reason": data.reason}
    return await _plan(request, year, idempotency_key, actions.amend, **said)


@post(
    f"{PREFIX}/plans/{{year:int}}/submission",
    opt=may("plans:draft"),
    status_code=200,
    summary="提交审批",
    tags=[PLANS],
)
async def submit_plan(request: AnyRequest, year: Year, idempotency_key: Key) -> Response[bytes]:
    """Submit the version that is being drafted; a person approves it on the pages."""
    return await _plan(request, year, idempotency_key, actions.submit)


@post(
    f"{PREFIX}/plans/{{year:int}}/filing",
    opt=may("plans:draft"),
    status_code=200,
    summary="登记报备",
    tags=[PLANS],
)
async def file_plan(
    request: AnyRequest, year: Year, data: JSONBody[Filing], idempotency_key: Key
) -> Response[bytes]:
    """Record with whom the approved version was filed."""
    said = {"filed_with": data.filed_with, "reference": data.reference}
    return await _plan(request, year, idempotency_key, actions.file, **said)


@post(
    f"{PREFIX}/plans/{{year:int}}/publication",
    opt=may("plans:draft"),
    status_code=200,
    summary="向社会公布",
    tags=[PLANS],
)
async def publish_plan(request: AnyRequest, year: Year, idempotency_key: Key) -> Response[bytes]:
    """Publish the filed version; draws are bound by it from now on."""
    return await _plan(request, year, idempotency_key, actions.publish)


@post(
    f"{PREFIX}/plans/{{year:int}}/withdrawal",
    opt=may("plans:draft"),
    status_code=200,
    summary="撤回",
    tags=[PLANS],
)
async def withdraw_plan(
    request: AnyRequest, year: Year, data: JSONBody[Reason], idempotency_key: Key
) -> Response[bytes]:
    """Withdraw a version that is not filed yet."""
    return await _plan(request, year, idempotency_key, actions.withdraw, reason=data.reason)


@get(f"{PREFIX}/draws", opt=may("draws:read"), summary="抽查轮次", tags=["抽查"])
async def list_draws(request: AnyRequest) -> list[Draw]:
    """Return the draws in the order in which they were frozen."""
    who = principal(request)
    found = await draw_reads.draws_of(who.bureau)
    return [one for one in found if not who.draw or one.number == who.draw]


@get(f"{PREFIX}/draws/{{number:str}}", opt=may("draws:read"), summary="一次抽查", tags=["抽查"])
async def show_draw(request: AnyRequest, number: Code) -> DrawShown:
    """Return a draw with the values published of it by now."""
    who = principal(request)
    if who.draw and who.draw != number:
        raise NotFoundException
    found = await draw_reads.draw_of(who.bureau, number)
    result = await result_actions.published(found)
    shown = ResultShown(**vars(result) | {"counts": list(result.counts)}) if result else None
    return DrawShown(found, shown)


@get(f"{PREFIX}/log", opt=may("log:read"), summary="操作日志", tags=["操作日志"])
async def list_entries(
    request: AnyRequest,
    event: Annotated[str, QueryParameter(max_length=60)] = "",
    subject: Annotated[str, QueryParameter(max_length=200)] = "",
    before: Annotated[int | None, QueryParameter(ge=0)] = None,
    limit: Limit = MOST,
) -> LogPage:
    """Return entries of the bureau, the newest first.

    Until a draw is unsealed, `canonical` is empty in entries that name who was drawn or who goes.
    """
    bureau = principal(request).bureau
    found = await audit_log.entries(
        bureau=bureau,
        event=event or None,
        subject=subject or None,
        before=before,
        limit=limit + 1,
    )
    hidden = await seal_actions.withheld(bureau, found)
    shown = [replace(one, canonical="") if one.number in hidden else one for one in found[:limit]]
    return LogPage(shown, found[limit - 1].number if len(found) > limit else None)


@get(
    f"{PREFIX}/log/{{number:int}}/proof", opt=may("log:read"), summary="存在证明", tags=["操作日志"]
)
async def prove_entry(request: AnyRequest, number: Number) -> InclusionProof:
    """Return the proof that an entry is in the log, with a checkpoint signed now."""
    who = principal(request)
    found = await audit_log.entry(number)
    if found.bureau != who.bureau:
        raise NotFoundException
    await seal_actions.check_provable(who.bureau, found)

    async def work(deed: Deed) -> InclusionProof:
        return await audit_proofs.prove_inclusion(deed, number)

    return await database.deed(work, actor=who.actor())


async def _plan(
    request: AnyRequest, year: int, key: str, action: Any, **said: Any
) -> Response[bytes]:
    who = principal(request)

    async def work(deed: Deed) -> Plan:
        made: Plan = await action(deed, bureau=who.bureau, year=year, **said)
        return made

    return await write(request, key, work)


HANDLERS: Final = [
    list_plans,
    show_plan,
    draft_plan,
    change_plan,
    amend_plan,
    submit_plan,
    file_plan,
    publish_plan,
    withdraw_plan,
    list_draws,
    show_draw,
    list_entries,
    prove_entry,
]
