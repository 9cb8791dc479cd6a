"""Who makes a request: the session's cookie looked up once per request, and its use noted after the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from app.access import API_PREFIX
from app.accounts import session_actions, session_reads, session_rules
from app.accounts.session_actions import Where
from app.accounts.session_reads import Principal
from app.security import cookie_name
from app.settings import Settings
from registries import database
from registries.database import Actor, Deed

COOKIE: Final = "session"
SESSIONS: Final = Actor("system", "登录会话")
DEVICE_CHARACTERS: Final = 60
# The first mark that is found counts: nearly every browser also claims to be Safari, and WeChat's to be Chrome.
BROWSERS: Final = (
    ("MicroMessenger", "微信"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class Authentication(ASGIMiddleware):
    """Puts the Principal of the session's cookie into the request's scope as `user`, None for nobody."""

    scopes = (ScopeType.HTTP,)
    exclude_path_pattern = ("^/static/", f"^{API_PREFIX}", "^/favicon.ico")

    def __init__(self, settings: Settings) -> None:
        self._cookie = cookie_name(COOKIE, settings)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Find the principal, pass the request on, then note that the session is in use."""
        now = datetime.now(UTC)
        token = ASGIConnection(scope).cookies.get(self._cookie)
        principal: Principal | None = None
        if token:
            principal = await session_reads.principal_of(token, now)
        scope["user"] = principal
        scope["auth"] = token if principal else None
        await next_app(scope, receive, send)
        if principal is not None and now - principal.seen_at >= session_rules.SEEN_EVERY:
            await _note_use(principal)


async def _note_use(principal: Principal) -> None:
    async def work(deed: Deed) -> None:
        await session_actions.seen(deed, principal=principal)

    await database.deed(work, actor=SESSIONS)


def principal(request: Request[Any, Any, Any]) -> Principal:
    """Return who makes a request that a guard has let pass."""
    user = request.scope.get("user")
    if not isinstance(user, Principal):
        raise TypeError("the route lets in people who have not signed in")
    return user


def where_from(request: Request[Any, Any, Any]) -> Where:
    """Return from where a request comes, as sessions and attempts keep it."""
    client = request.client
    return Where(client.host if client else "", device_words(request.headers.get("user-agent", "")))


def device_words(agent: str) -> str:
    """Return a browser's long name of itself in short: its kind and its system, as far as they are known."""
    kind = next((words for mark, words in BROWSERS if mark in agent), "")
    system = next((words for mark, words in SYSTEMS if mark in agent), "")
    return " / ".join(part for part in (kind, system) if part) or agent[:DEVICE_CHARACTERS]


def session_cookie(token: str, settings: Settings) -> Cookie:
    """Return the cookie of a session; it ends with the browser, and the session earlier."""
    return Cookie(
        key=cookie_name(COOKIE, settings),
        value=token,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def no_session_cookie(settings: Settings) -> Cookie:
    """Return the cookie that takes the session's away."""
    return Cookie(
        key=cookie_name(COOKIE, settings),
        value="",
        path="/",
        max_age=0,
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )
