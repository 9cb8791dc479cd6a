"""The inspectors of a bureau: entered, changed with the old version kept, read as of any past day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registries import audit_log, database
from registries.audit_entries import instant
from registries.bureaus import bureau as bureau_of
from registries.calendar import day_in_china
from registries.database import Deed
from registries.district_changes import districts_of
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.inspector_absences import absences
from registries.inspectors import (
    Inspector,
    as_json,
    differing,
    faults_of_inspector,
    from_json,
    why_left_out,
)
from sampling.encoding import Json, jcs, parse_jcs

EVENTS = {
    "inspector:enter": "登记执法人员",
    "inspector:change": "变更执法人员信息",
}
PAGE_LENGTH = 50
# Who somebody is and where they live or serve: in the log only as keyed digests.
_PERSONAL = ("name", "homes", "certificates")
_VERSION = "inspector, version, valid_from, reason, entered_at, entered_by, content"


@dataclass(frozen=True)
class InspectorVersion:
    """What the books said of an inspector from `valid_from` on, entered by whom, when and why."""

    version: int
    valid_from: date
    reason: str
    entered_at: str
    entered_by: str
    inspector: Inspector


@dataclass(frozen=True)
class Page:
    """A page of inspectors in order of their number; `after` continues behind it, None at the end."""

    inspectors: tuple[Inspector, ...]
    after: str | None


@dataclass(frozen=True)
class Pool:
    """Who may be sent between two days, and who is left out with the code of the reason; both by number."""

    may_go: tuple[Inspector, ...]
    left_out: tuple[tuple[Inspector, str], ...]


async def enter_inspector(
    deed: Deed,
    *,
    bureau: str,
    inspector: Inspector,
    valid_from: date | None = None,
    reason: str = "登记",
) -> Inspector:
    """Enter an inspector and return the entry; valid from today unless an earlier day is given.

    Raises Invalid with every fault, Conflict when the number is taken.
    """
    begins = valid_from or day_in_china(deed.now)
    await _check(deed, bureau, inspector, begins, reason)
    if await _head(bureau, inspector.inspector) is not None:
        raise Conflict(f"工号 {inspector.inspector} 已经登记。如要修改，请办理变更。")
    await database.execute(
        "INSERT INTO inspector (bureau, inspector, version, name, state, content)"
        " VALUES ({}, {}, 1, {}, {}, {})",
        bureau,
        inspector.inspector,
        inspector.name,
        inspector.state,
        _text(inspector),
    )
    await _keep_version(deed, bureau, inspector, 1, begins, reason)
    await _log(deed, "inspector:enter", bureau, None, inspector, begins, reason)
    return inspector


async def change_inspector(
    deed: Deed,
    *,
    bureau: str,
    inspector: Inspector,
    version: int,
    reason: str,
    valid_from: date | None = None,
) -> Inspector:
    """Put `inspector` in the place of `version`, the newest that the clerk has seen, and return it.

    State is a field like others: a transfer or retirement is a change with its reason. Raises Invalid,
    NotFound, Conflict when somebody changed the entry meanwhile, Refused when nothing differs.
    """
    begins = valid_from or day_in_china(deed.now)
    await _check(deed, bureau, inspector, begins, reason)
    head = await _head(bureau, inspector.inspector)
    if head is None:
        raise _unknown(inspector.inspector)
    old, newest = head
    if newest != version:
        raise Conflict(
            f"工号 {inspector.inspector} 刚刚被别人改过（现为第 {newest} 版）。请重新查看后再改。"
        )
    if old == inspector:
        raise Refused("内容没有任何变化，未作修改。")
    await database.execute(
        "UPDATE inspector SET version = {}, name = {}, state = {}, content = {}"
        " WHERE bureau = {} AND inspector = {}",
        version + 1,
        inspector.name,
        inspector.state,
        _text(inspector),
        bureau,
        inspector.inspector,
    )
    await _keep_version(deed, bureau, inspector, version + 1, begins, reason)
    await _log(deed, "inspector:change", bureau, old, inspector, begins, reason)
    return inspector


async def inspector(bureau: str, number: str) -> InspectorVersion:
    """Return an inspector's newest version. Raises NotFound."""
    rows = await _versions(bureau, "AND inspector = {} ORDER BY version DESC LIMIT 1", number)
    if not rows:
        raise _unknown(number)
    return rows[0]


async def inspector_as_of(bureau: str, number: str, day: date) -> InspectorVersion:
    """Return what is now known to have been so on a day: the last version valid from then or before.

    Raises NotFound for an unknown number and for a day before the first version.
    """
    rows = await _versions(
        bureau,
        "AND inspector = {} AND valid_from <= {} ORDER BY version DESC LIMIT 1",
        number,
        day.isoformat(),
    )
    if not rows:
        raise NotFound(f"工号 {number} 在 {day.isoformat()} 还没有登记。")
    return rows[0]


async def history(bureau: str, number: str) -> list[InspectorVersion]:
    """Return every version of an inspector, oldest first. Raises NotFound."""
    rows = await _versions(bureau, "AND inspector = {} ORDER BY version", number)
    if not rows:
        raise _unknown(number)
    return rows


async def inspectors(
    bureau: str, *, state: str | None = None, after: str = "", length: int = PAGE_LENGTH
) -> Page:
    """Return a page of a bureau's inspectors behind number `after`, of one state or of all."""
    rows = await database.fetch(
        "SELECT inspector, content FROM inspector WHERE bureau = {} AND inspector > {}"
        " AND ({} = '' OR state = {}) ORDER BY inspector LIMIT {}",
        bureau,
        after,
        state or "",
        state or "",
        length + 1,
    )
    found = tuple(_parsed(row["content"]) for row in rows[:length])
    return Page(found, found[-1].inspector if len(rows) > length else None)


async def inspectors_as_of(bureau: str, day: date) -> tuple[Inspector, ...]:
    """Return every inspector as the books have them for a day, by number."""
    rows = await _versions(
        bureau,
        "AND valid_from <= {} AND version = (SELECT MAX(w.version) FROM inspector_version w"
        " WHERE w.bureau = inspector_version.bureau AND w.inspector = inspector_version.inspector"
        " AND w.valid_from <= {}) ORDER BY inspector",
        day.isoformat(),
        day.isoformat(),
    )
    return tuple(row.inspector for row in rows)


async def pool(bureau: str, first: date, last: date) -> Pool:
    """Return who of a bureau may be sent from `first` to `last`, as known for `first`, and who may not and why."""
    away = await absences(bureau)
    city = (await bureau_of(bureau)).city
    may_go: list[Inspector] = []
    left_out: list[tuple[Inspector, str]] = []
    for one in await inspectors_as_of(bureau, first):
        why = why_left_out(one, away, first, last, city)
        if why is None:
            may_go.append(one)
        else:
            left_out.append((one, why))
    return Pool(tuple(may_go), tuple(left_out))


async def _check(deed: Deed, bureau: str, inspector: Inspector, begins: date, reason: str) -> None:
    districts = await districts_of(bureau)
    known = {row.code for row in districts if row.valid_on(begins)}
    faults = faults_of_inspector(inspector, known)
    if begins > day_in_china(deed.now):
        faults["valid_from"] = ["生效日期不能晚于今天。请到生效当天再登记。"]
    if not 1 <= len(reason.strip()) <= 500:
        faults["reason"] = ["请填写事由（1 至 500 字）。"]
    if faults:
        raise Invalid("执法人员信息有误，没有保存。请改正后再试。", faults)


async def _head(bureau: str, number: str) -> tuple[Inspector, int] | None:
    row = await database.lock("inspector", bureau=bureau, inspector=number)
    return (_parsed(row["content"]), row["version"]) if row else None


async def _keep_version(
    deed: Deed, bureau: str, inspector: Inspector, version: int, begins: date, reason: str
) -> None:
    await database.execute(
        "INSERT INTO inspector_version"
        " (bureau, inspector, version, valid_from, reason, entered_at, entered_by, content)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
        bureau,
        inspector.inspector,
        version,
        begins.isoformat(),
        reason.strip(),
        instant(deed.now),
        deed.actor.name,
        _text(inspector),
    )


async def _log(
    deed: Deed,
    event: str,
    bureau: str,
    old: Inspector | None,
    new: Inspector,
    begins: date,
    reason: str,
) -> None:
    fields: Sequence[str] = differing(old, new) if old else list(as_json(new))
    open_fields = [name for name in fields if name not in _PERSONAL]
    before = as_json(old) if old else {}
    after = as_json(new)
    changed: dict[str, Json] = {name: after[name] for name in open_fields}
    await audit_log.append(
        deed,
        event,
        bureau=bureau,
        subject=f"inspector:{new.inspector}",
        previous={name: before[name] for name in open_fields} if old else None,
        new=changed | {"valid_from": begins.isoformat()},
        personal={name: jcs(after[name]).decode() for name in fields if name in _PERSONAL},
        reason=reason.strip(),
    )


async def _versions(bureau: str, condition: str, *values: object) -> list[InspectorVersion]:
    rows = await database.fetch(
        f"SELECT {_VERSION} FROM inspector_version WHERE bureau = {{}} {condition}",  # noqa: S608
        bureau,
        *values,
    )
    return [
        InspectorVersion(
            row["version"],
            date.fromisoformat(row["valid_from"]),
            row["reason"],
            row["entered_at"],
            row["entered_by"],
            _parsed(row["content"]),
        )
        for row in rows
    ]


def _text(inspector: Inspector) -> str:
    return jcs(as_json(inspector)).decode()


def _parsed(content: str) -> Inspector:
    value = parse_jcs(content.encode())
    assert isinstance(value, dict)  # noqa: S101 - only this module writes the column.
    return from_json(value)


def _unknown(number: str) -> NotFound:
    return NotFound(f"没有工号为 {number} 的执法人员，请核对工号。")
