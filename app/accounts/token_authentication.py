"""Who makes a program's request: the bearer token looked up once per request, and its use noted after the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from app.access import API_PREFIX
from app.accounts import token_actions
from registries import database
from registries.database import Actor, Deed

SCHEME: Final = "bearer "
TOKENS: Final = Actor("system", "接口令牌")
LONGEST: Final = 200


class TokenAuthentication(ASGIMiddleware):
    """Puts the Principal of the token into the scope as `user` and the token's number as `auth`; None for nobody.

    A session's cookie counts for nothing here, so that no page of another site can use it (RFC 6750).
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Find who the token acts for and pass the request on."""
        if not scope["path"].startswith(API_PREFIX):
            await next_app(scope, receive, send)
            return
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        now = datetime.now(UTC)
        found = None
        if header.lower().startswith(SCHEME) and len(header) <= LONGEST:
            found = await token_actions.holder_of(header[len(SCHEME) :].strip(), now)
        number, principal = found or (None, None)
        scope["user"], scope["auth"] = principal, number
        await next_app(scope, receive, send)
        if number is not None and principal and now - principal.seen_at >= token_actions.USED_EVERY:
            await _note_use(number)


async def _note_use(number: int) -> None:
    async def work(deed: Deed) -> None:
        await token_actions.note_use(deed, token=number)

    await database.deed(work, actor=TOKENS)
