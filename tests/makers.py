"""Makers of the things that tests are about: sensible values, any of them changed by keyword."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from registries import bureaus, database, entities
from registries.bureaus import Bureau
from registries.database import Actor, Deed
from registries.entity_tables import Details, Entity

T = TypeVar("T")

CLERK = Actor("staff", "测试经办人")
GUANGZHOU = "440100"
SHENZHEN = "440300"
# Made up, with right check characters (domain facts, §6).
FACTORY, SHOP, AGENCY = "91440106MA5D00024W", "92440113MA5D00032Q", "91440103MA5D00016N"
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


async def do(
    work: Callable[..., Awaitable[T]],
    /,
    *,
    now: datetime = NOON,
    actor: Actor = CLERK,
    **details: Any,
) -> T:
    """Do one action in a deed of its own: `await do(enter_bureau, code="440100", …)`."""

    async def whole(deed: Deed) -> T:
        return await work(deed, **details)

    return await database.deed(whole, actor=actor, now=now)


async def make_bureau(code: str = GUANGZHOU, **changes: Any) -> Bureau:
    """Enter a city's bureau; Guangzhou unless another code is given."""
    names = {GUANGZHOU: "广州市人力资源和社会保障局", SHENZHEN: "深圳市人力资源和社会保障局"}
    details = {"name": names.get(code, f"{code} 人力资源和社会保障局"), "level": "city"} | changes
    return await do(bureaus.enter_bureau, code=code, **details)


async def make_entity(
    id_: str = FACTORY, bureau: str = GUANGZHOU, *, now: datetime = NOON, **changes: Any
) -> Entity:
    """Enter an employer; a factory in 天河 unless said otherwise."""
    said = {"name": "广州市天河机械厂", "district": "440106"} | changes
    return await do(
        entities.enter, now=now, bureau=bureau, id_=id_, details=Details(**said), reason="日常登记"
    )
