"""Witnesses on the web: invited by name for one draw, with a slip to print that is shown once."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from app.access import may
from app.accounts import witness_actions
from app.accounts.authentication import principal
from app.accounts.witness_actions import Invitation, Slip
from app.forms import Form, a_day, reason, required, sent, text
from app.rendering import Crumb, Link, done, invalid, page
from registries import database
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused

AnyRequest = Request[Any, Any, Any]
Number = Annotated[str, PathParameter(max_length=30)]
LINKS: Final = (Link("系统", "见证人邀请", "/witnesses", ("witnesses:invite",)),)
BACK: Final = (Crumb("见证人邀请", "/witnesses"),)


class InvitationForm(Form):
    """Who witnesses which draw, and on which days."""

    draw = text("抽查编号", required("抽查编号"), hint="例如 2026-03。", most=40)
    name = text("姓名", required("姓名"), most=50)
    office = text("所在单位", required("所在单位"), hint="例如 派驻市人社局纪检监察组。", most=100)
    first_day = a_day("首日", required("首日"), hint="邀请码和口令从这一天起有效。")
    last_day = a_day("最后一日", required("最后一日"), hint="最多 7 天。")


class WithdrawForm(Form):
    """Why an invitation is taken back."""

    reason = reason()


@get("/witnesses", opt=may("witnesses:invite"))
async def witnesses_page(request: AnyRequest) -> Template:
    """List the invitations, the newest first."""
    found = await witness_actions.invitations(principal(request).bureau)
    return page(request, "accounts/witnesses.html", title="见证人邀请", invitations=found[::-1])


@get("/witnesses/new", opt=may("witnesses:invite"))
async def invite_page(request: AnyRequest) -> Template:
    """Ask who is invited."""
    form = InvitationForm()
    form.draw.data = request.query_params.get("draw", "")
    return page(request, "accounts/invite.html", title="邀请见证人", back=BACK, form=form)


@post("/witnesses/new", opt=may("witnesses:invite"), status_code=200)
async def invite_post(request: AnyRequest) -> Response[Any]:
    """Invite a witness and show the slip, once."""
    who = principal(request)
    form = await sent(request, InvitationForm)
    if not form.faults():

        async def work(deed: Deed) -> Slip:
            return await witness_actions.invite(
                deed,
                by=who.account,
                bureau=who.bureau,
                draw=form.draw.data,
                name=form.name.data,
                office=form.office.data,
                first_day=form.first_day.data,
                last_day=form.last_day.data,
            )

        try:
            slip = await database.deed(work, actor=who.actor())
        except Invalid as refusal:
            form.take(refusal)
        except Refused as refusal:
            form.general.append(refusal.sentence)
        else:
            return page(
                request, "accounts/printed_slip.html", title="见证人邀请单", back=BACK, slip=slip
            )
    return invalid(request, "accounts/invite.html", title="邀请见证人", back=BACK, form=form)


@get("/witnesses/{number:str}/withdraw", opt=may("witnesses:invite"))
async def withdraw_page(request: AnyRequest, number: Number) -> Template:
    """Ask why an invitation is taken back."""
    found = await _invitation(principal(request).bureau, number)
    return page(request, "accounts/withdraw.html", **_words(found), form=WithdrawForm())


@post("/witnesses/{number:str}/withdraw", opt=may("witnesses:invite"), status_code=200)
async def withdraw_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Take an invitation back."""
    who = principal(request)
    found = await _invitation(who.bureau, number)
    form = await sent(request, WithdrawForm)
    if not form.faults():

        async def work(deed: Deed) -> Invitation:
            return await witness_actions.withdraw(
                deed, by=who.account, bureau=who.bureau, number=number, reason=form.reason.data
            )

        try:
            await database.deed(work, actor=who.actor())
        except (Invalid, Refused) as refusal:
            form.general.append(refusal.sentence)
        else:
            return done("/witnesses", "witness:withdraw")
    return invalid(request, "accounts/withdraw.html", **_words(found), form=form)


async def _invitation(bureau: str, number: str) -> Invitation:
    for one in await witness_actions.invitations(bureau):
        if one.number == number:
            return one
    raise NotFound("没有这份邀请。")


def _words(found: Invitation) -> dict[str, Any]:
    return {"title": f"撤回对{found.name}的邀请", "back": BACK, "invitation": found}


HANDLERS: Final = [
    witnesses_page,
    invite_page,
    invite_post,
    withdraw_page,
    withdraw_post,
]
