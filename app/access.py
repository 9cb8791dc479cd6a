"""Who may use a route, named beside it: its face and a capability. The application refuses to start without.

A handler writes `opt=may("books:read")`; `check_routes` reads the mark of every route before the first request, and
`guard` asks it at each one. What rows a person sees is another matter: that is decided where the query is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol
from urllib.parse import quote

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from app.settings import FACES, Face

MARK: Final = "access"
API_PREFIX: Final = "/api/"
SIGN_IN: Final = "/sign-in"

Who = Literal["anyone", "begun", "staff"]
# What is outstanding after the password → where it is done (app/accounts/session_rules.py names them).
OUTSTANDING_PAGES: Final[dict[str, str]] = {
    "second-factor": "/sign-in/code",
    "password": "/account/password",
    "enrol": "/account/second-factor",
}


class User(Protocol):
    """What the floor knows of a person who is signed in; `app.accounts` has the whole of it."""

    @property
    def outstanding(self) -> str:
        """What has to be done before anything else may be, "" for nothing."""

    def may(self, capability: Any) -> bool:
        """Say whether the person may do a thing now."""


@dataclass(frozen=True)
class Access:
    """The face of a route and who may use it.

    `anyone` needs no session; `begun` one whose second factor or password may be outstanding; `staff`
    a finished one with one of the capabilities, or with any role where none is named.
    """

    face: Face
    who: Who
    capabilities: tuple[str, ...] = ()

    def allows(self, user: User | None) -> bool:
        """Say whether this person (None: nobody signed in) may use the route."""
        if self.who == "anyone":
            return True
        if user is None:
            return False
        if self.who == "begun":
            return True
        if user.outstanding:
            return False
        return not self.capabilities or any(user.may(one) for one in self.capabilities)


def anyone(face: Face) -> dict[str, Any]:
    """Return the mark of a route that needs no sign-in."""
    return {MARK: Access(face, "anyone")}


def begun(face: Face = "staff") -> dict[str, Any]:
    """Return the mark of a route on the way in: the second factor or the password may be outstanding."""
    return {MARK: Access(face, "begun")}


def signed_in(face: Face = "staff") -> dict[str, Any]:
    """Return the mark of a route for everybody who is signed in."""
    return {MARK: Access(face, "staff")}


def may(*capabilities: str, face: Face = "staff") -> dict[str, Any]:
    """Return the mark of a route for whoever has one of the capabilities."""
    if not capabilities:
        raise ValueError("name a capability, or use signed_in()")
    return {MARK: Access(face, "staff", capabilities)}


def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a request that the route's mark does not allow; Litestar calls it before every handler."""
    access: Access = handler.opt[MARK]
    user = connection.scope.get("user")
    if access.allows(user):
        return
    if user is None or user.outstanding:
        raise NotAuthorizedException
    raise PermissionDeniedException


def where_to_sign_in(user: User | None, path: str, query: str, *, safe: bool) -> str:
    """Return the page that stands between a visitor and the page wanted, which it leads back to."""
    way = OUTSTANDING_PAGES[user.outstanding] if user and user.outstanding else SIGN_IN
    if not safe or path == "/":
        return way
    wanted = f"{path}?{query}" if query else path
    return f"{way}?next={quote(wanted, safe='')}"


def own_path(text: str | None, default: str = "/") -> str:
    """Return a path to go on to, or `default` for anything that could lead to another host."""
    if text and text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable():
        return text
    return default


def marks(app: Litestar) -> Iterator[tuple[str, str, Access | None]]:
    """Yield the path, method and mark of every route; None where it has none."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            yield route.path, route.scope_type.value, None
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                mark = handler.opt.get(MARK)
                yield route.path, method, mark if isinstance(mark, Access) else None


def check_routes(app: Litestar) -> None:
    """Raise RuntimeError naming every route that does not say who may use it."""
    unmarked = [f"{method} {path}" for path, method, mark in marks(app) if mark is None]
    if unmarked:
        raise RuntimeError(f"routes without access: {', '.join(sorted(unmarked))}")


def of_faces(handlers: Iterable[Any], faces: Iterable[Face]) -> list[Any]:
    """Return the handlers of some faces; a handler without a mark stays, so that `check_routes` sees it."""
    wanted = set(faces)
    return [one for one in handlers if _face(one.opt) in wanted]


def _face(opt: Mapping[str, Any]) -> Face:
    mark = opt.get(MARK)
    return mark.face if isinstance(mark, Access) else next(iter(FACES))
