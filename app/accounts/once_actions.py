"""A write that a program sends twice is done once: the answer stays under its idempotency key for a week."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import msgspec

from app.accounts.tables import ApiAnswerTable
from registries.database import Deed
from registries.errors import Conflict, Invalid

KEPT: Final = timedelta(days=7)
SHORTEST_KEY: Final = 8
LONGEST_KEY: Final = 200


async def once(
    deed: Deed, *, token: int, key: str, request: bytes, work: Callable[[Deed], Awaitable[Any]]
) -> bytes:
    """Do `work` and return its result as JSON, or what it answered when the same request came before.

    `request` is what the key stands for: method, path and body. What refuses is not kept, because
    nothing was done. Raises Invalid for a key of the wrong length, Conflict when the key stood for
    another request.
    """
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise Invalid(
            "写入请求须带 Idempotency-Key 请求头。",
            {
                "Idempotency-Key": [
                    f"请填写 {SHORTEST_KEY} 至 {LONGEST_KEY} 个字符，每件事一个新值。"
                ]
            },
        )
    same = (ApiAnswerTable.token == token) & (ApiAnswerTable.key_digest == _digest(key.encode()))
    row = await ApiAnswerTable.select().where(same).first()
    if row is not None:
        if row["request_digest"] != _digest(request):
            raise Conflict("这个 Idempotency-Key 已用于另一个请求，请换一个新值。")
        return bytes(row["body"].encode())
    body = msgspec.json.encode(await work(deed))
    await ApiAnswerTable.delete().where(
        ApiAnswerTable.token == token, ApiAnswerTable.at < deed.now - KEPT
    )
    await ApiAnswerTable.insert(
        ApiAnswerTable(
            token=token,
            key_digest=_digest(key.encode()),
            request_digest=_digest(request),
            body=body.decode(),
            at=deed.now,
        )
    )
    return body


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
