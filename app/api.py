"""The programming interface as a whole: its routes, its description (OpenAPI 3.1), and a page that explains it."""

from __future__ import annotations

import functools
from typing import Any, Final

from litestar import Litestar, Request, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Template

from app import entity_api, reference_api, supervision_api
from app.access import MARK, Access, anyone, signed_in
from app.accounts.role_rules import CAPABILITIES
from app.rendering import Link, page
from app.route_api import PREFIX

LINKS: Final = (Link("我的", "接口说明", "/api"),)
ROUTES: Final[list[Any]] = [
    *entity_api.HANDLERS,
    *reference_api.HANDLERS,
    *supervision_api.HANDLERS,
]
METHODS: Final = ("get", "post")


@functools.cache
def description() -> dict[str, Any]:
    """Return the description of the interface, derived from its routes alone."""
    config = OpenAPIConfig(
        title="摇号接口",
        version="1",
        description="与页面相同的查询和办理。每个请求带 Authorization: Bearer 令牌；拒绝时按 RFC 9457 答复。",
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
        ),
        security=[{"token": []}],
        use_handler_docstrings=True,
    )
    return Litestar(ROUTES, openapi_config=config).openapi_schema.to_schema()


@get(f"{PREFIX}/openapi.json", opt=anyone("staff"), sync_to_thread=False)
def openapi() -> dict[str, Any]:
    """Return the description; it holds nothing that is not in the source."""
    return description()


@get("/api", opt=signed_in())
async def api_page(request: Request[Any, Any, Any]) -> Template:
    """Explain the interface, route by route, without any script or foreign host."""
    described = description()
    return page(
        request,
        "api/api.html",
        title="接口说明",
        sections=_groups(described),
        prefix=PREFIX,
        capabilities=CAPABILITIES,
    )


def _groups(described: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the routes under their headings, each with its parameters, its body and its capability."""
    needed = {
        (method.lower(), path): mark.capabilities
        for handler in ROUTES
        for path in handler.paths
        for method in handler.http_methods
        if isinstance(mark := handler.opt.get(MARK), Access)
    }
    groups: dict[str, list[dict[str, Any]]] = {}
    for handler in ROUTES:
        path = next(iter(handler.paths))
        public = _as_described(path)
        method = next(one for one in METHODS if one.upper() in handler.http_methods)
        said = described["paths"][public][method]
        groups.setdefault(said["tags"][0], []).append(
            {
                "method": method.upper(),
                "path": public,
                "summary": said["summary"],
                "parameters": said.get("parameters", []),
                "body": _fields(described, said),
                "needs": needed[method, path],
            }
        )
    return groups


def _as_described(path: str) -> str:
    """Return a route's path as OpenAPI writes it: parameters without their types."""
    return "/".join(
        "{" + part[1:-1].partition(":")[0] + "}" if part.startswith("{") else part
        for part in path.split("/")
    )


def _fields(described: dict[str, Any], said: dict[str, Any]) -> list[str]:
    """Return the names of a body's fields, those that must be there marked."""
    body = said.get("requestBody")
    if not body:
        return []
    reference = body["content"]["application/json"]["schema"].get("$ref", "")
    schema = described["components"]["schemas"].get(reference.rpartition("/")[2], {})
    must = set(schema.get("required", ()))
    return [f"{name}{'（必填）' if name in must else ''}" for name in schema.get("properties", {})]


HANDLERS: Final = [*ROUTES, openapi, api_page]
