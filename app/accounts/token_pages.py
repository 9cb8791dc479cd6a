"""One's own tokens for programs: made with a purpose, scopes and a last day, shown once, ended at any time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from app.access import signed_in
from app.accounts import token_actions
from app.accounts.authentication import principal
from app.accounts.role_rules import CAPABILITIES
from app.forms import Form, a_day, options_of, required, sent, several, text
from app.rendering import Crumb, done, invalid, page
from registries import database
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Invalid

AnyRequest = Request[Any, Any, Any]
BACK: Final = (Crumb("我的账号", "/account"), Crumb("接口令牌", "/account/tokens"))


class TokenForm(Form):
    """What the token is for, what it may do, and until when."""

    purpose = text("用途", required("用途"), hint="例如 与市场监管部门交换名录。", most=100)
    scopes = several(
        "可以办理",
        {one: CAPABILITIES[one] for one in token_actions.SCOPES},
        required("可以办理", chosen=True),
    )
    valid_to = a_day("有效期至", required("有效期至"), hint="最长一年；不再使用时请立即停用。")


@get("/account/tokens", opt=signed_in())
async def tokens_page(request: AnyRequest) -> Template:
    """List the person's tokens."""
    who = principal(request)
    return page(
        request,
        "accounts/tokens.html",
        title="接口令牌",
        back=BACK[:1],
        tokens=await token_actions.tokens_of(who.account),
        today=day_in_china(datetime.now(UTC)),
        words=CAPABILITIES,
        may_make=bool(token_actions.scopes_open_to(who)),
    )


@get("/account/tokens/new", opt=signed_in())
async def new_token_page(request: AnyRequest) -> Template:
    """Ask what the token is for."""
    return page(request, "accounts/new_token.html", **_words(request, TokenForm()))


@post("/account/tokens/new", opt=signed_in(), status_code=200)
async def new_token_post(request: AnyRequest) -> Response[Any]:
    """Make a token and show it, once."""
    who = principal(request)
    form = await sent(request, TokenForm)
    if not form.faults():

        async def work(deed: Deed) -> str:
            return await token_actions.make_token(
                deed,
                principal=who,
                purpose=form.purpose.data,
                scopes=form.scopes.data,
                valid_to=form.valid_to.data,
            )

        try:
            token = await database.deed(work, actor=who.actor())
        except Invalid as refusal:
            form.take(refusal)
        else:
            return page(
                request, "accounts/made_token.html", title="接口令牌", back=BACK, token=token
            )
    return invalid(request, "accounts/new_token.html", **_words(request, form))


@post("/account/tokens/{number:int}/end", opt=signed_in(), status_code=303)
async def end_token_post(
    request: AnyRequest, number: Annotated[int, PathParameter(ge=1, le=2**53)]
) -> Redirect:
    """End a token."""
    who = principal(request)

    async def work(deed: Deed) -> None:
        await token_actions.end_token(deed, principal=who, token=number)

    await database.deed(work, actor=who.actor())
    return done("/account/tokens", "token:end")


def _words(request: AnyRequest, form: TokenForm) -> dict[str, Any]:
    """Return what the page of the form needs; only what the person may do itself is offered."""
    form.scopes.choices = options_of(token_actions.scopes_open_to(principal(request)))
    return {"title": "生成接口令牌", "back": BACK, "form": form}


HANDLERS: Final = [tokens_page, new_token_page, new_token_post, end_token_post]
