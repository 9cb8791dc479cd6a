"""One's own account: password, second factor, recovery codes, the devices that are signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from app.access import begun, own_path, signed_in
from app.accounts import (
    account_reads,
    second_factor_actions,
    second_factor_rules,
    session_actions,
    session_reads,
    sign_in,
)
from app.accounts.authentication import principal, session_cookie, where_from
from app.accounts.role_rules import CAPABILITIES, ROLES
from app.accounts.sign_in_pages import CodeForm
from app.forms import Form, password, required, sent
from app.rendering import Crumb, Link, done, invalid, moment, page
from app.settings import Settings
from exports import qr
from exports.printable import in_groups
from registries import database
from registries.database import Deed
from registries.errors import Invalid, Refused

AnyRequest = Request[Any, Any, Any]
LINKS: Final = (Link("我的", "我的账号", "/account"),)
BACK: Final = (Crumb("我的账号", "/account"),)


class PasswordForm(Form):
    """The old password once, the new one twice."""

    old = password("原密码", required("原密码"), complete="current-password")
    new = password(
        "新密码",
        required("新密码"),
        hint="至少 12 个字符。可以用几个不相干的词连在一起；不要用单位名称、姓名或生日。",
        complete="new-password",
    )
    again = password("再输一次新密码", required("新密码"), complete="new-password")


@get("/account", opt=signed_in())
async def account_page(request: AnyRequest) -> Template:
    """Show what the person may do, where they are signed in, and what they can change."""
    who = principal(request)
    now = datetime.now(UTC)
    return page(
        request,
        "accounts/account.html",
        title="我的账号",
        who=who,
        roles=[ROLES[role] for role in ROLES if role in who.roles],
        may=[words for one, words in CAPABILITIES.items() if who.may(one)],
        devices=await session_reads.devices(who.account, now, who.session),
        account=await account_reads.account_by_id(who.bureau, who.account),
        codes_left=await second_factor_actions.recovery_codes_left(who.account),
    )


@get("/account/password", opt=begun())
async def password_page(request: AnyRequest) -> Template:
    """Ask for the old and the new password."""
    return page(
        request, "accounts/password.html", title="修改密码", form=PasswordForm(), **_words(request)
    )


@post("/account/password", opt=begun(), status_code=200)
async def password_post(request: AnyRequest, settings: NamedDependency[Settings]) -> Response[Any]:
    """Change one's own password; every other device is signed out."""
    form = await sent(request, PasswordForm)
    if form.new.data and form.again.data and form.new.data != form.again.data:
        form.again.errors = [*form.again.errors, "两次输入的新密码不一样，请重新输入。"]
    if not form.faults():
        try:
            token = await sign_in.change_password(
                principal=principal(request),
                old=form.old.data,
                new=form.new.data,
                where=where_from(request),
            )
        except Invalid as refusal:
            form.take(refusal)
        except Refused as refusal:
            form.old.errors = [refusal.sentence]
        else:
            return _renewed(_next(request), token, settings, "account:change-password")
    return invalid(
        request, "accounts/password.html", title="修改密码", form=form, **_words(request)
    )


@get("/account/second-factor", opt=begun())
async def second_factor_page(request: AnyRequest) -> Template:
    """Explain the second factor; nothing is made until the button is pressed."""
    return page(
        request,
        "accounts/second_factor.html",
        title="启用动态口令",
        must=principal(request).outstanding == "enrol",
    )


@post("/account/second-factor", opt=begun(), status_code=200)
async def second_factor_begin(request: AnyRequest) -> Template:
    """Make a secret and show it, once, as a picture and as text."""
    who = principal(request)

    async def work(deed: Deed) -> second_factor_actions.Enrolment:
        return await second_factor_actions.begin_enrolment(deed, principal=who)

    made = await database.deed(work, actor=who.actor())
    return _secret_page(request, made.secret, CodeForm())


@post("/account/second-factor/confirm", opt=begun(), status_code=200)
async def second_factor_confirm(
    request: AnyRequest, settings: NamedDependency[Settings]
) -> Response[Any]:
    """Put the second factor in use and show the recovery codes, once."""
    form = await sent(request, CodeForm)
    secret = str((await request.form()).get("secret", ""))
    if not form.faults():
        try:
            enrolled = await sign_in.confirm_enrolment(
                principal=principal(request), code=form.code.data
            )
        except Refused as refusal:
            form.code.errors = [refusal.sentence]
        else:
            answer = page(
                request,
                "accounts/recovery_codes.html",
                title="请保存恢复码",
                codes=enrolled.recovery_codes,
                next=_next(request),
            )
            answer.set_cookie(session_cookie(enrolled.token, settings))
            return answer
    return _secret_page(request, secret, form)


@post("/account/recovery-codes", opt=signed_in(), status_code=200)
async def recovery_codes(request: AnyRequest) -> Template:
    """Make ten new recovery codes and show them, once; the old ones end."""
    who = principal(request)

    async def work(deed: Deed) -> tuple[str, ...]:
        return await second_factor_actions.renew_recovery_codes(deed, principal=who)

    fresh = await database.deed(work, actor=who.actor())
    return page(
        request, "accounts/recovery_codes.html", title="请保存恢复码", codes=fresh, next="/account"
    )


@post("/account/devices/{session:int}/sign-out", opt=signed_in(), status_code=303)
async def sign_out_device(
    request: AnyRequest, session: Annotated[int, PathParameter(ge=1, le=2**53)]
) -> Redirect:
    """End the session of another device of one's own."""
    who = principal(request)

    async def work(deed: Deed) -> None:
        await session_actions.sign_out(deed, principal=who, session=session)

    await database.deed(work, actor=who.actor())
    return done("/account", "session:sign-out")


@post("/account/sign-out-everywhere", opt=signed_in(), status_code=303)
async def sign_out_everywhere(request: AnyRequest) -> Redirect:
    """End every session of one's own, this one as well."""
    who = principal(request)

    async def work(deed: Deed) -> None:
        await session_actions.sign_out_everywhere(deed, principal=who)

    await database.deed(work, actor=who.actor())
    return done("/sign-in", "session:sign-out-everywhere")


def _secret_page(request: AnyRequest, secret: str, form: CodeForm) -> Template:
    who = principal(request)
    address = second_factor_rules.enrolment_address(secret, who.staff_number, who.bureau)
    return page(
        request,
        "accounts/secret.html",
        title="启用动态口令",
        secret=in_groups(secret),
        plain=secret,
        picture=qr.qr_svg(address),
        form=form,
        now=moment(datetime.now(UTC)),
    )


def _words(request: AnyRequest) -> dict[str, Any]:
    who = principal(request)
    return {"must": who.outstanding == "password", "back": () if who.outstanding else BACK}


def _next(request: AnyRequest) -> str:
    return own_path(request.query_params.get("next"))


def _renewed(path: str, token: str, settings: Settings, event: str) -> Redirect:
    answer = done(path, event)
    answer.set_cookie(session_cookie(token, settings))
    return answer


HANDLERS: Final = [
    account_page,
    password_page,
    password_post,
    second_factor_page,
    second_factor_begin,
    second_factor_confirm,
    recovery_codes,
    sign_out_device,
    sign_out_everywhere,
]
