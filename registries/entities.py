"""Entering, changing, completing, retiring and restoring a supervised entity; every change keeps what was before.

Each action is one log entry. The row that is changed names its version, so that two clerks cannot overwrite each other;
a trigger keeps the old version, so that no code can forget to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from registries import audit_log, bureaus, database
from registries.database import Deed
from registries.entity_reads import entity
from registries.entity_rules import DISTRICT, faults, id_faults, tidy
from registries.entity_tables import CONTENT, Details, Entity, join_codes, stored
from registries.errors import Conflict, Invalid, Refused

EVENTS = {
    "entity:entered": "登记监管对象",
    "entity:changed": "变更监管对象",
    "entity:completed": "补正待核的监管对象",
    "entity:retired": "监管对象退出名录",
    "entity:restored": "恢复已退出的监管对象",
}
# In the log only as keyed digests, so that a retention rule can blank them in the books.
PERSONAL = frozenset({"legal_representative", "contact", "contact_phone"})


async def enter(
    deed: Deed,
    bureau: str,
    id_: str,
    details: Details,
    *,
    reason: str,
    valid_from: date | None = None,
) -> Entity:
    """Enter an entity that the bureau does not have yet and return it.

    Raises Invalid with every fault, Conflict when the id was ever used, NotFound for an unknown bureau.
    """
    await bureaus.bureau(bureau)
    details = tidy(details)
    found = faults(details)
    if wrong := id_faults(id_):
        found["id"] = wrong
    if not details.district:
        found.setdefault("district", []).append("请填写用工所在地的区划代码。")
    _refuse(found, reason)
    if await _current(bureau, id_) is not None:
        raise Conflict(f"代码 {id_} 已在名录中（含已退出的），不能重复登记。")
    day = _day(deed, valid_from)
    await _insert(deed, bureau, id_, details, reason=reason, valid_from=day)
    await _log(deed, "entity:entered", bureau, id_, None, details, reason)
    return await entity(bureau, id_)


async def change(
    deed: Deed,
    bureau: str,
    id_: str,
    changes: Mapping[str, Any],
    *,
    version: int,
    reason: str,
    valid_from: date | None = None,
) -> Entity:
    """Change the named fields of an entity and return its new version.

    `version` is the one the clerk saw. Raises Conflict when there is a newer one, Invalid with every
    fault, Refused when nothing would change, when it is retired or set aside, or when `valid_from`
    lies ahead or before the present version's; NotFound.
    """
    old = await _seen(bureau, id_, version)
    if old.state != "active":
        raise Refused("该对象待核或已退出，不能直接变更；待核的请补正，已退出的请先恢复。")
    details = _changed(old, changes)
    _refuse(faults(details) | _without_district(details), reason)
    if details == old.details:
        raise Refused("所填内容与名录一致，没有需要变更的。")
    await _update(deed, old, stored(details), reason=reason, valid_from=valid_from)
    await _log(deed, "entity:changed", bureau, id_, old.details, details, reason)
    return await entity(bureau, id_)


async def complete(
    deed: Deed,
    bureau: str,
    id_: str,
    changes: Mapping[str, Any],
    *,
    version: int,
    reason: str,
    code: str = "",
) -> Entity:
    """Complete an entity that was set aside, and return it as an active one.

    `code` is the right code, found on the certificate; the same as `id_` confirms a code whose check
    does not fit. With another code the row under the wrong one is retired and names its successor,
    which is entered, or is already in the books. Raises as `change` does, and Invalid when what was
    missing is still missing.
    """
    old = await _seen(bureau, id_, version)
    if old.state != "set-aside":
        raise Refused("该对象不在待核之列，无需补正。")
    details = _changed(old, changes)
    found = faults(details) | _without_district(details)
    if "code-check" in old.state_reason and not code:
        found["code"] = ["请填写证照上的代码；证照上就是原代码的，请原样再填一次以示确认。"]
    elif code and code != id_ and (wrong := id_faults(code)):
        found["code"] = wrong
    _refuse(found, reason)
    if code in {"", id_}:
        state = {"state": "active", "state_reason": ""}
        await _update(deed, old, stored(details) | state, reason=reason)
    else:
        await _succeed(deed, old, code, details, reason=reason)
    await _log(
        deed, "entity:completed", bureau, id_, old.details, details, reason, code=code or id_
    )
    return await entity(bureau, code or id_)


async def retire(
    deed: Deed, bureau: str, id_: str, *, version: int, reason: str, valid_from: date | None = None
) -> Entity:
    """Retire an entity: it stays in the books with its history and is in no frame any more.

    Raises Conflict, Refused when it is retired already, Invalid without a reason, NotFound.
    """
    old = await _seen(bureau, id_, version)
    if old.state == "retired":
        raise Refused("该对象已经退出名录。")
    _refuse({}, reason)
    gone = {"state": "retired", "state_reason": ""}
    await _update(deed, old, gone, reason=reason, valid_from=valid_from)
    await _log(deed, "entity:retired", bureau, id_, None, None, reason)
    return await entity(bureau, id_)


async def restore(deed: Deed, bureau: str, id_: str, *, version: int, reason: str) -> Entity:
    """Bring a retired entity back, as it was. Raises Refused when it is not retired or was replaced."""
    old = await _seen(bureau, id_, version)
    if old.state != "retired":
        raise Refused("该对象没有退出名录，无需恢复。")
    if old.replaced_by:
        raise Refused(f"该对象已更正为 {old.replaced_by}，不能恢复原代码。")
    _refuse({}, reason)
    doubt = [*([] if not id_faults(id_) else ["code-check"])]
    doubt += [] if old.district else ["district-unknown"]
    back = {"state": "set-aside" if doubt else "active", "state_reason": join_codes(*doubt)}
    await _update(deed, old, back, reason=reason)
    await _log(deed, "entity:restored", bureau, id_, None, None, reason)
    return await entity(bureau, id_)


async def _current(bureau: str, id_: str) -> Mapping[str, Any] | None:
    return await database.lock("entity", bureau=bureau, id=id_)


async def _seen(bureau: str, id_: str, version: int) -> Entity:
    """Return the entity that is to change, held until the deed ends; Conflict when it moved on."""
    await _current(bureau, id_)
    old = await entity(bureau, id_)
    if old.version != version:
        raise Conflict(f"{old.name} 已被他人改过（现为第 {old.version} 版），请刷新后再改。")
    return old


def _changed(old: Entity, changes: Mapping[str, Any]) -> Details:
    if unknown := sorted(set(changes) - set(CONTENT)):
        raise Invalid("填写有误。", {name: ["没有这个字段。"] for name in unknown})
    return tidy(replace(old.details, **changes))


def _without_district(details: Details) -> dict[str, list[str]]:
    known = DISTRICT.fullmatch(details.district)
    return {} if known else {"district": ["请填写用工所在地的区划代码（6、9 或 12 位数字）。"]}


def _refuse(found: dict[str, list[str]], reason: str) -> None:
    if not reason.strip():
        found = found | {"reason": ["请写明理由或依据。"]}
    if found:
        raise Invalid("填写有误，请按提示改正。", found)


def _day(deed: Deed, valid_from: date | None, after: date = date.min) -> date:
    day = valid_from or deed.today
    if day > deed.today:
        raise Refused("生效日期不能晚于今天。")
    if day < after:
        raise Refused(f"生效日期不能早于现有版本的生效日期 {after}。")
    return day


async def _insert(
    deed: Deed, bureau: str, id_: str, details: Details, *, reason: str, valid_from: date
) -> None:
    columns = {"bureau": bureau, "id": id_, "state": "active", **stored(details)}
    columns |= _origin(deed, 1, reason, valid_from)
    names, marks = ", ".join(columns), ", ".join("{}" for _ in columns)
    await database.execute(f"INSERT INTO entity ({names}) VALUES ({marks})", *columns.values())  # noqa: S608


async def _update(
    deed: Deed,
    old: Entity,
    columns: Mapping[str, Any],
    *,
    reason: str,
    valid_from: date | None = None,
) -> None:
    day = _day(deed, valid_from, after=old.valid_from)
    new = dict(columns) | _origin(deed, old.version + 1, reason, day)
    sets = ", ".join(f"{name} = {{}}" for name in new)
    await database.execute(
        f"UPDATE entity SET {sets} WHERE bureau = {{}} AND id = {{}} AND version = {{}}",  # noqa: S608
        *new.values(), old.bureau, old.id, old.version,
    )  # fmt: skip


async def _succeed(deed: Deed, old: Entity, code: str, details: Details, *, reason: str) -> None:
    """Retire the row under the wrong code; the right code may be in the books already."""
    gone = {"state": "retired", "state_reason": "", "replaced_by": code}
    await _update(deed, old, gone, reason=reason)
    if await _current(old.bureau, code) is None:
        await _insert(deed, old.bureau, code, details, reason=reason, valid_from=deed.today)


def _origin(deed: Deed, version: int, reason: str, valid_from: date) -> dict[str, Any]:
    return {
        "version": version,
        "valid_from": valid_from,
        "recorded_at": deed.now,
        "recorded_by": str(deed.actor),
        "reason": reason.strip(),
        "source": "",
    }


async def _log(
    deed: Deed,
    event: str,
    bureau: str,
    id_: str,
    old: Details | None,
    new: Details | None,
    reason: str,
    **more: str,
) -> None:
    """Append the entry: the fields that differ, before and after, personal ones as digests."""
    before, after = stored(old) if old else {}, stored(new) if new else {}
    fields = [name for name in after if before.get(name) != after[name]]
    await audit_log.append(
        deed,
        event,
        bureau=bureau,
        subject=f"entity:{id_}",
        previous=_open(before, fields) or None,
        new=(_open(after, fields) | more) or None,
        personal={name: after[name] for name in fields if name in PERSONAL and after[name]} or None,
        reason=reason,
    )


def _open(columns: Mapping[str, Any], fields: list[str]) -> dict[str, Any]:
    """Return the fields that are nobody's secret, as canonical JSON can hold them."""
    return {
        name: value.isoformat() if isinstance(value := columns[name], date) else value
        for name in fields
        if name in columns and name not in PERSONAL and columns[name] not in (None, "")
    }
