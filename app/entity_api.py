"""Supervised entities for programs: the same reads and deeds as on the pages, within the same districts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.entity_pages import Wanted, entity_in_scope, within
from app.route_api import MOST, PREFIX, After, AnyRequest, Code, Key, Limit, Reason, write
from registries import entities, entity_reads
from registries.database import Deed
from registries.entity_reads import Filter
from registries.entity_tables import Details, Entity, Permit, Project
from registries.errors import Invalid

PATH: Final = f"{PREFIX}/entities"
Text = Annotated[str, QueryParameter(max_length=100)]
# The framework keeps the name `state` of a handler for itself.
State = Annotated[Literal["", "active", "set-aside", "retired"], QueryParameter(name="state")]
Day = Annotated[date | None, QueryParameter(description="某日，形如 2026-11-21")]


class EntityPage(msgspec.Struct):
    """A page of entities; `after` leads to the next one, null at the end."""

    entities: list[Entity]
    after: str | None


class Changes(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The fields of an entity that are to change; what is left out stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET
    district: str | msgspec.UnsetType = msgspec.UNSET
    registered_address: str | msgspec.UnsetType = msgspec.UNSET
    work_address: str | msgspec.UnsetType = msgspec.UNSET
    enterprise_type: str | msgspec.UnsetType = msgspec.UNSET
    industry: str | msgspec.UnsetType = msgspec.UNSET
    size: str | msgspec.UnsetType = msgspec.UNSET
    headcount: int | msgspec.UnsetType | None = msgspec.UNSET
    established: date | msgspec.UnsetType | None = msgspec.UNSET
    registration: str | msgspec.UnsetType = msgspec.UNSET
    legal_representative: str | msgspec.UnsetType = msgspec.UNSET
    contact: str | msgspec.UnsetType = msgspec.UNSET
    contact_phone: str | msgspec.UnsetType = msgspec.UNSET
    tags: str | msgspec.UnsetType = msgspec.UNSET
    permits: list[Permit] | msgspec.UnsetType = msgspec.UNSET
    project: Project | msgspec.UnsetType | None = msgspec.UNSET

    def told(self) -> dict[str, Any]:
        """Return the fields that were said."""
        said = {name: getattr(self, name) for name in self.__struct_fields__}
        kept = {name: value for name, value in said.items() if value is not msgspec.UNSET}
        return kept | ({"permits": tuple(kept["permits"])} if "permits" in kept else {})


class NewEntity(Reason, kw_only=True):
    """An entity to be entered under its code."""

    id: str
    details: Changes
    valid_from: date | None = None


class ChangeOfEntity(Reason, kw_only=True):
    """What changes, and the version that it was decided from."""

    version: int
    changes: Changes
    valid_from: date | None = None


class Completion(Reason, kw_only=True):
    """What completes an entity that was set aside; `code` is the one on the certificate."""

    version: int
    changes: Changes
    code: str = ""


class Step(Reason, kw_only=True):
    """That an entity leaves the books or comes back."""

    version: int


@get(PATH, opt=may("books:read"), summary="监管对象名录", tags=["监管对象"])
async def list_entities(
    request: AnyRequest,
    name: Text = "",
    district: Text = "",
    kind: Text = "",
    grade: Text = "",
    standing: State = "",
    tag: Text = "",
    known: Day = None,
    after: After = "",
    limit: Limit = MOST,
) -> EntityPage:
    """Return a page of the entities that fit, in a lasting order."""
    who = principal(request)
    chosen = Filter(district, kind, grade, standing, tag, within(who))
    found = await Wanted(name.strip(), chosen, known).page(who.bureau, after, limit)
    return EntityPage(list(found.entities), found.after)


@get(f"{PATH}/{{number:str}}", opt=may("books:read"), summary="一个监管对象", tags=["监管对象"])
async def show_entity(
    request: AnyRequest, number: Code, known: Day = None, valid: Day = None
) -> Entity:
    """Return an entity as it stands, as the books had it (`known`), or as it was (`valid`)."""
    return await entity_in_scope(principal(request), number, known=known, valid=valid)


@get(f"{PATH}/{{number:str}}/history", opt=may("books:read"), summary="变更记录", tags=["监管对象"])
async def show_history(request: AnyRequest, number: Code) -> list[Entity]:
    """Return every version of an entity, the newest first."""
    who = principal(request)
    await entity_in_scope(who, number)
    return await entity_reads.history(who.bureau, number)


@post(PATH, opt=may("books:change"), status_code=200, summary="登记", tags=["监管对象"])
async def enter_entity(
    request: AnyRequest, data: JSONBody[NewEntity], idempotency_key: Key
) -> Response[bytes]:
    """Enter an entity and return it."""
    who = principal(request)
    told = data.details.told()
    _check_district(who, told)
    if "name" not in told:
        raise Invalid("填写有误，没有登记。", {"details.name": ["请填写单位名称。"]})

    async def work(deed: Deed) -> Entity:
        return await entities.enter(
            deed,
            who.bureau,
            data.id,
            Details(**told),
            reason=data.reason,
            valid_from=data.valid_from,
        )

    return await write(request, idempotency_key, work)


@post(
    f"{PATH}/{{number:str}}/changes",
    opt=may("books:change"),
    status_code=200,
    summary="变更",
    tags=["监管对象"],
)
async def change_entity(
    request: AnyRequest, number: Code, data: JSONBody[ChangeOfEntity], idempotency_key: Key
) -> Response[bytes]:
    """Change fields of an entity and return its new version."""
    who = principal(request)
    _check_district(who, data.changes.told())

    async def work(deed: Deed) -> Entity:
        await entity_in_scope(who, number)
        return await entities.change(
            deed,
            who.bureau,
            number,
            data.changes.told(),
            version=data.version,
            reason=data.reason,
            valid_from=data.valid_from,
        )

    return await write(request, idempotency_key, work)


@post(
    f"{PATH}/{{number:str}}/completion",
    opt=may("books:change"),
    status_code=200,
    summary="补正",
    tags=["监管对象"],
)
async def complete_entity(
    request: AnyRequest, number: Code, data: JSONBody[Completion], idempotency_key: Key
) -> Response[bytes]:
    """Complete an entity that was set aside and return it as an active one."""
    who = principal(request)
    _check_district(who, data.changes.told())

    async def work(deed: Deed) -> Entity:
        await entity_in_scope(who, number)
        return await entities.complete(
            deed,
            who.bureau,
            number,
            data.changes.told(),
            version=data.version,
            reason=data.reason,
            code=data.code,
        )

    return await write(request, idempotency_key, work)


@post(
    f"{PATH}/{{number:str}}/retirement",
    opt=may("books:change"),
    status_code=200,
    summary="退出名录",
    tags=["监管对象"],
)
async def retire_entity(
    request: AnyRequest, number: Code, data: JSONBody[Step], idempotency_key: Key
) -> Response[bytes]:
    """Retire an entity and return it."""
    return await _step(request, number, data, idempotency_key, entities.retire)


@post(
    f"{PATH}/{{number:str}}/restoration",
    opt=may("books:change"),
    status_code=200,
    summary="恢复",
    tags=["监管对象"],
)
async def restore_entity(
    request: AnyRequest, number: Code, data: JSONBody[Step], idempotency_key: Key
) -> Response[bytes]:
    """Bring a retired entity back and return it."""
    return await _step(request, number, data, idempotency_key, entities.restore)


async def _step(
    request: AnyRequest, number: str, data: Step, key: str, action: Any
) -> Response[bytes]:
    who = principal(request)

    async def work(deed: Deed) -> Entity:
        await entity_in_scope(who, number)
        made: Entity = await action(
            deed, who.bureau, number, version=data.version, reason=data.reason
        )
        return made

    return await write(request, key, work)


def _check_district(who: Principal, told: dict[str, Any]) -> None:
    """Raise Invalid where an entity would be entered in, or move to, a district that is not the person's."""
    district = told.get("district")
    if district is not None and not who.covers(district):
        raise Invalid("填写有误，没有办理。", {"district": ["只能登记本辖区的单位。"]})


HANDLERS: Final = [
    list_entities,
    show_entity,
    show_history,
    enter_entity,
    change_entity,
    complete_entity,
    retire_entity,
    restore_entity,
]
