"""What stands in front of every handler: the host's name, the origin of posts, and the headers of every answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.access import API_PREFIX
from app.settings import LOOPBACK, Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
# Half a year: long enough to matter, short enough to undo when a certificate is lost.
STRICT_TRANSPORT: Final = "max-age=15768000"
CROSS_SITE: Final = "cross-site"


def cookie_name(name: str, settings: Settings) -> str:
    """Return a cookie's name: bound to this host over HTTPS (`__Host-`), plain on the loopback."""
    return f"__Host-{name}" if settings.secure else name


def csrf(settings: Settings, secret: str) -> CSRFConfig:
    """Return Litestar's double-submit check. Tokens of the API are no cookies, so it needs none."""
    return CSRFConfig(
        secret=secret,
        cookie_name=cookie_name("csrf", settings),
        cookie_secure=settings.secure,
        cookie_httponly=True,
        cookie_samesite="strict",
        exclude=f"^{API_PREFIX}",
    )


def _hosts(settings: Settings) -> set[str]:
    """Return the host of the origin; on the loopback every name of this machine for itself."""
    if not settings.loopback:
        return {settings.host}
    port = urlsplit(settings.origin).port
    names = {f"[{one}]" if ":" in one else one for one in LOOPBACK}
    return {f"{one}:{port}" if port else one for one in names}


class SameOrigin(ASGIMiddleware):
    """Refuse requests for a host that is not ours, and posts that another site's page sent.

    The framework's own check of hosts answers in English; whoever opened the system by the wrong name
    must be told the right one (421).

    Browsers name the page's origin on every post; only programs, which have no session cookie of
    somebody else to misuse, may leave it out.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        scheme = urlsplit(settings.origin).scheme
        self._hosts = _hosts(settings)
        self._origins = {f"{scheme}://{host}" for host in self._hosts}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, or raise HTTPException 421, or PermissionDeniedException."""
        headers = dict(scope["headers"])
        if headers.get(b"host", b"").decode("latin-1").lower() not in self._hosts:
            raise HTTPException(status_code=HTTPStatus.MISDIRECTED_REQUEST)
        method = str(scope.get("method", ""))
        if method not in SAFE_METHODS and not scope["path"].startswith(API_PREFIX):
            origin = headers.get(b"origin", b"").decode("latin-1")
            if origin and origin not in self._origins:
                raise PermissionDeniedException
            if headers.get(b"sec-fetch-site", b"").decode("latin-1") == CROSS_SITE:
                raise PermissionDeniedException
        await next_app(scope, receive, send)


def add_headers(settings: Settings) -> Any:
    """Return the hook that gives every answer, also 404 and 500, its security headers.

    A handler that sets one of them itself (a page whose own script is allowed by its hash, a file
    that may be kept) keeps its own.
    """
    headers = dict(HEADERS)
    if settings.secure:
        headers["strict-transport-security"] = STRICT_TRANSPORT

    async def before_send(message: Message, scope: Scope) -> None:  # noqa: ARG001 - Litestar's signature.
        if message["type"] == "http.response.start":
            answer = MutableScopeHeaders.from_message(message)
            for name, value in headers.items():
                answer.setdefault(name, value)

    return before_send
