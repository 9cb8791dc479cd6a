"""What people see when something cannot be done: a page or a problem in JSON, with a sentence and a way on.

Refusals carry their own sentence. Anything else is a fault of ours: the visitor gets a reference number, and the
fault goes to the log file under it, with its traceback and no word of what was typed.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from app.access import API_PREFIX, where_to_sign_in
from app.rendering import page
from registries.errors import Conflict, Invalid, NotFound, Refused, YaohaoError

# How the framework says that a header or a value of the address is missing; only the name is passed on.
MISSING: Final = re.compile(r"^Missing required \w+ parameter '([\w-]+)'")
LOGGER: Final = logging.getLogger("yaohao.faults")
PROBLEM_TYPE: Final = "application/problem+json"
STATUS_OF: Final[dict[type[YaohaoError], int]] = {
    Refused: HTTPStatus.CONFLICT,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True)
class Said:
    """What a page or a problem says: a title, and a sentence about what to do."""

    title: str
    sentence: str


WORDS: Final[dict[int, Said]] = {
    400: Said("网址或填写的内容不对", "请返回上一页核对后再试。"),
    401: Said("请先登录", "登录后再继续。"),
    403: Said(
        "不能办理",
        "您的角色不办理此事，或者页面打开太久已经失效。请返回上一页刷新后再试；"
        "确需办理的，请联系安全管理员授权。",
    ),
    404: Said(
        "没有这个页面", "网址可能写错了，或者内容不属于您的单位和辖区。请从左侧目录重新进入。"
    ),
    405: Said("不能这样打开", "请从系统的页面上操作，不要直接改写网址。"),
    409: Said("没有办理", ""),
    413: Said("文件太大", "请把文件拆分或压缩图片后再上传。"),
    421: Said("网址不对", "请用本单位公布的网址打开；网址改过的，请系统管理员核对 YAOHAO_ORIGIN。"),
    422: Said("填写有误", ""),
    429: Said("请求太多", "请稍等一分钟再试。"),
    500: Said("系统出错了", "没有办完的改动都已撤销，您填写的内容没有保存。"),
}


class Problem(msgspec.Struct, omit_defaults=True):
    """A refusal in JSON (RFC 9457). `errors`: every fault under its field; `reference` for a fault of ours."""

    type: str = "about:blank"
    title: str = ""
    status: int = 500
    detail: str = ""
    errors: dict[str, list[str]] = {}
    reference: str = ""


def refused(request: Request[Any, Any, Any], error: YaohaoError) -> Response[Any]:
    """Answer a refusal of the rules with its own sentence."""
    status = STATUS_OF[type(error)]
    fields = error.fields if isinstance(error, Invalid) else {}
    return _answer(request, status, error.sentence, fields=fields)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework or a guard refuses; its own text is English and stays unshown."""
    status = error.status_code
    if status == HTTPStatus.UNAUTHORIZED and not _wants_json(request):
        safe = request.method in {"GET", "HEAD"}
        query = request.scope["query_string"].decode("latin-1")
        way = where_to_sign_in(request.scope.get("user"), request.url.path, query, safe=safe)
        return Redirect(way, status_code=HTTP_303_SEE_OTHER)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return fault(request, error)
    headers = dict(error.headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"  # Programs alone get here (RFC 6750, section 3).
    return _answer(request, status, "", headers=headers, fields=_fields(error))


def _fields(error: HTTPException) -> dict[str, list[str]]:
    """Return which parts of a program's request have the wrong form; the framework's English stays out."""
    places = error.extra if isinstance(error.extra, list) else []
    named = [one["key"] for one in places if isinstance(one, dict) and one.get("key")]
    named += MISSING.findall(error.detail or "")
    return {str(key): ["缺少，或者类型、取值不对。请对照接口说明。"] for key in named}


def unwritable(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:  # noqa: ARG001
    """Answer text that PostgreSQL cannot hold (a zero byte); nobody types one."""
    return _answer(request, HTTPStatus.BAD_REQUEST, "内容里有不能使用的字符，请删去后再试。")


def fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a fault of ours with a number, under which the log file has it."""
    number = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    # The path may hold a code that opens something, so the route's pattern is logged instead.
    handler = request.scope.get("route_handler")
    where = getattr(handler, "handler_name", "") or "no route"
    LOGGER.error("%s %s %s", number, request.method, where, exc_info=error)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "", reference=number)


def log_to(folder: Path) -> None:
    """Write faults to `errors.log` in the folder, one file for pages and commands; once per process."""
    if LOGGER.handlers:
        return
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(folder / "errors.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.propagate = False


HANDLERS: Final[Mapping[Any, Any]] = {
    YaohaoError: refused,
    HTTPException: http_error,
    asyncpg.CharacterNotInRepertoireError: unwritable,
    Exception: fault,
}


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    sentence: str,
    *,
    fields: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    reference: str = "",
) -> Response[Any]:
    said = WORDS.get(status, WORDS[HTTPStatus.BAD_REQUEST])
    if _wants_json(request):
        problem = Problem(
            title=said.title,
            status=status,
            detail=sentence or said.sentence,
            errors=dict(fields or {}),
            reference=reference,
        )
        return Response(
            problem, status_code=status, media_type=PROBLEM_TYPE, headers=dict(headers or {})
        )
    faults = [one for sentences in (fields or {}).values() for one in sentences]
    shown = page(
        request,
        "error.html",
        title=said.title,
        status=status,
        sentence=sentence or said.sentence,
        faults=faults,
        reference=reference,
    )
    shown.headers.update(headers or {})
    return shown


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    return request.scope["path"].startswith(API_PREFIX)
