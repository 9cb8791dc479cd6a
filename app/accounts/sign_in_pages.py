"""The way in: password, second factor, recovery code, a witness's slip; and the way out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.access import anyone, begun, own_path
from app.accounts import session_actions, sign_in
from app.accounts.authentication import (
    no_session_cookie,
    principal,
    session_cookie,
    where_from,
)
from app.forms import Form, choice, options_of, password, required, sent, text
from app.rendering import done, invalid, moment, page
from app.settings import Settings
from registries import bureaus, database
from registries.database import Deed
from registries.errors import Invalid, Refused

AnyRequest = Request[Any, Any, Any]
TITLE: Final = "登录"


class SignInForm(Form):
    """Number and password; the bureau where an installation has several."""

    bureau = choice("单位", {}, required("单位", chosen=True), known=False)
    number = text("工号", required("工号"), most=30, autocomplete="username", autofocus=True)
    password = password("密码", required("密码"), complete="current-password")


class CodeForm(Form):
    """Six digits of the generator."""

    code = text(
        "动态口令",
        required("动态口令"),
        hint="打开手机上的动态口令应用，输入现在显示的 6 位数字。",
        most=12,
        autocomplete="one-time-code",
        inputmode="numeric",
        autofocus=True,
    )


class RecoveryForm(Form):
    """One of ten printed codes."""

    code = text(
        "恢复码", required("恢复码"), hint="每个恢复码只能用一次。", most=40, autocomplete="off"
    )


class SlipForm(Form):
    """A witness's printed code, and a PIN chosen twice."""

    bureau = choice("单位", {}, required("单位", chosen=True), known=False)
    code = text(
        "邀请码", required("邀请码"), hint="印在邀请单上，不分大小写。", most=40, autocomplete="off"
    )
    pin = password(
        "自设口令",
        required("自设口令"),
        hint="本场抽查期间登录和签字用，6 到 12 位数字，不要用生日或连号。",
        complete="new-password",
    )
    again = password("再输一次", required("自设口令"), complete="new-password")


@get("/sign-in", opt=anyone("staff"))
async def sign_in_page(request: AnyRequest) -> Template | Redirect:
    """Show the form; somebody who is signed in goes on."""
    user = request.scope.get("user")
    if user is not None and not user.outstanding:
        return Redirect(own_path(request.query_params.get("next")))
    form = await _with_bureaus(SignInForm())
    return page(request, "accounts/sign_in.html", title=TITLE, form=form, next=_next(request))


@post("/sign-in", opt=anyone("staff"), status_code=200)
async def sign_in_post(request: AnyRequest, settings: NamedDependency[Settings]) -> Response[Any]:
    """Begin a session, or show the form again with one sentence for every wrong entry."""
    form = await _with_bureaus(await sent(request, SignInForm), check=True)
    if not form.faults():
        try:
            token = await sign_in.sign_in(
                bureau=form.bureau.data,
                staff_number=form.number.data,
                password=form.password.data,
                where=where_from(request),
            )
        except Refused as refusal:
            form.general.append(refusal.sentence)
        else:
            return _on(own_path(_next(request)), token, settings)
    return invalid(request, "accounts/sign_in.html", title=TITLE, form=form, next=_next(request))


@get("/sign-in/code", opt=begun())
async def code_page(request: AnyRequest) -> Template | Redirect:
    """Ask for the second factor."""
    if principal(request).outstanding != "second-factor":
        return done("/")
    return page(request, "accounts/code.html", title="动态口令", form=CodeForm(), now=_clock())


@post("/sign-in/code", opt=begun(), status_code=200)
async def code_post(request: AnyRequest, settings: NamedDependency[Settings]) -> Response[Any]:
    """Finish signing in with the second factor."""
    form = await sent(request, CodeForm)
    return await _finish(
        request, settings, form, sign_in.enter_code, "accounts/code.html", "动态口令"
    )


@get("/sign-in/recovery", opt=begun())
async def recovery_page(request: AnyRequest) -> Template | Redirect:
    """Ask for a recovery code."""
    if principal(request).outstanding != "second-factor":
        return done("/")
    return page(
        request, "accounts/recovery.html", title="恢复码", form=RecoveryForm(), now=_clock()
    )


@post("/sign-in/recovery", opt=begun(), status_code=200)
async def recovery_post(request: AnyRequest, settings: NamedDependency[Settings]) -> Response[Any]:
    """Finish signing in with a recovery code."""
    form = await sent(request, RecoveryForm)
    way = sign_in.enter_recovery_code
    return await _finish(request, settings, form, way, "accounts/recovery.html", "恢复码")


@get("/witness", opt=anyone("staff"))
async def slip_page(request: AnyRequest) -> Template:
    """Ask a witness for the code of the slip and a PIN."""
    form = await _with_bureaus(SlipForm())
    return page(request, "accounts/slip.html", title="见证人首次登录", form=form)


@post("/witness", opt=anyone("staff"), status_code=200)
async def slip_post(request: AnyRequest, settings: NamedDependency[Settings]) -> Response[Any]:
    """Use the slip once and begin the witness's session."""
    form = await _with_bureaus(await sent(request, SlipForm), check=True)
    if form.pin.data and form.again.data and form.pin.data != form.again.data:
        form.again.errors = [*form.again.errors, "两次输入的口令不一样，请重新输入。"]
    if not form.faults():
        try:
            token = await sign_in.redeem_slip(
                bureau=form.bureau.data,
                code=form.code.data,
                pin=form.pin.data,
                where=where_from(request),
            )
        except Invalid as refusal:
            form.take(refusal)
        except Refused as refusal:
            form.general.append(refusal.sentence)
        else:
            return _on("/", token, settings)
    return invalid(request, "accounts/slip.html", title="见证人首次登录", form=form)


@post("/sign-out", opt=begun(), status_code=303)
async def sign_out(request: AnyRequest, settings: NamedDependency[Settings]) -> Redirect:
    """End the session."""
    who = principal(request)

    async def work(deed: Deed) -> None:
        await session_actions.sign_out(deed, principal=who)

    await database.deed(work, actor=who.actor())
    answer = done("/sign-in")
    answer.set_cookie(no_session_cookie(settings))
    return answer


async def _finish(
    request: AnyRequest, settings: Settings, form: Any, way: Any, template: str, title: str
) -> Response[Any]:
    if not form.faults():
        try:
            token = await way(
                principal=principal(request), code=form.code.data, where=where_from(request)
            )
        except Refused as refusal:
            form.general.append(refusal.sentence)
        else:
            return _on(own_path(_next(request)), token, settings)
    return invalid(request, template, title=title, form=form, now=_clock())


def _on(path: str, token: str, settings: Settings) -> Redirect:
    answer = done(path)
    answer.set_cookie(session_cookie(token, settings))
    return answer


def _next(request: AnyRequest) -> str:
    return own_path(request.query_params.get("next"), "")


def _clock() -> str:
    """Return the server's time to the second: most wrong codes come from a telephone's wrong clock."""
    return moment(datetime.now(UTC))


async def _with_bureaus(form: Any, *, check: bool = False) -> Any:
    """Return the form with the bureaus of the installation; where there is one, it is chosen."""
    known = await bureaus.bureaus()
    form.bureau.choices = options_of({one.code: one.name for one in known})
    if len(known) == 1:
        form.bureau.data = known[0].code
        form.bureau.errors = []
    elif check and form.bureau.data not in {one.code for one in known}:
        form.bureau.errors = ["请选择单位。"]
    return form


HANDLERS: Final = [
    sign_in_page,
    sign_in_post,
    code_page,
    code_post,
    recovery_page,
    recovery_post,
    slip_page,
    slip_post,
    sign_out,
]
