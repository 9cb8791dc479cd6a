"""What every route of the programming interface shares: its mark, and a write that is done once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from app.accounts.authentication import principal
from app.accounts.once_actions import once
from registries import database
from registries.database import Deed

AnyRequest = Request[Any, Any, Any]
PREFIX: Final = "/api/v1"
MOST: Final = 200
Code = Annotated[str, PathParameter(max_length=40)]
Number = Annotated[int, PathParameter(ge=0, le=2**53)]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST, description="每页条数")]
After = Annotated[str, QueryParameter(max_length=60, description="上一页答复里的 after")]
Key = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=8,
        max_length=200,
        description="每件事一个新值；断线后用同一个值重发，不会办两次（保留 7 天）",
    ),
]


async def write(
    request: AnyRequest, key: str, work: Callable[[Deed], Awaitable[Any]]
) -> Response[bytes]:
    """Do a write as one deed and answer with its result; the same request again gets the same answer."""
    who = principal(request)
    body = await request.body()
    stands_for = b"\n".join([request.method.encode(), request.url.path.encode(), body])

    async def whole(deed: Deed) -> bytes:
        return await once(deed, token=int(request.auth), key=key, request=stands_for, work=work)

    answer = await database.deed(whole, actor=who.actor())
    return Response(answer, status_code=200, media_type="application/json")


class Reason(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why something is done; it goes into the log."""

    reason: str
