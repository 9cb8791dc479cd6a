"""The record of an entity (诚信档案): facts that are only added; a correction is a fact that replaces one.

Through the record a later room tells an earlier one what it must know: a draw leaves out entities with an open case by
reading facts, never by asking the case room. `write` and `withdraw` are parts of other rooms' deeds and leave the
log entry to them; `add`, `correct` and `enter_rows` are deeds of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from registries import audit_log, bulk, database
from registries.database import Deed
from registries.entity_reads import entity
from registries.errors import Conflict, Invalid, Refused
from registries.record_reads import CURRENT, Fact, one
from registries.record_rules import WITHDRAWN, NewFact, canonical, faults
from sampling.encoding import Json, jcs, sha256_hex

EVENTS = {
    "record:added": "档案记录",
    "record:corrected": "更正档案记录",
    "record:imported": "导入档案记录",
}
COLUMNS = (
    "bureau", "entity", "kind", "happened_on", "reference", "details", "supersedes", "recorded_at",
    "recorded_by", "source", "reason",
)  # fmt: skip
CHUNK = 500


async def write(deed: Deed, bureau: str, facts: Iterable[NewFact], *, source: str) -> int:
    """Write facts in the caller's deed, which logs them, and return their number.

    For deeds of other rooms: `source` names the room's row. Raises ValueError for a fact that its
    rules forbid, because that is a mistake of the program.
    """
    rows = []
    for fact in facts:
        if wrong := faults(fact, deed.today):
            raise ValueError(f"{fact.entity} {fact.kind}: {wrong}")
        rows.append(_row(deed, bureau, fact, source=source))
    await bulk.load("fact", COLUMNS, rows)
    return len(rows)


async def withdraw(deed: Deed, bureau: str, kind: str, reference: str, *, reason: str) -> int:
    """Withdraw every current fact of this kind and reference, as when a draw is voided.

    Part of another room's deed, which logs it. Returns how many were withdrawn.
    """
    rows = await database.fetch(
        f"SELECT f.number, f.entity, f.happened_on FROM fact f WHERE f.bureau = {{}} AND f.kind = {{}}"
        f" AND f.reference = {{}} AND {CURRENT} ORDER BY f.number",
        bureau, kind, reference,
    )  # fmt: skip
    gone = [
        _row(
            deed, bureau, NewFact(row["entity"], WITHDRAWN, row["happened_on"], reference),
            source=f"fact:{row['number']}", supersedes=row["number"], reason=reason,
        )
        for row in rows
    ]  # fmt: skip
    await bulk.load("fact", COLUMNS, gone)
    return len(gone)


async def add(deed: Deed, bureau: str, fact: NewFact, *, source: str, reason: str = "") -> Fact:
    """Add one fact and return it. Raises Invalid with every fault, NotFound for an unknown entity."""
    await _check(deed, bureau, fact)
    number = await _insert(_row(deed, bureau, fact, source=source, reason=reason))
    await audit_log.append(
        deed, "record:added", bureau=bureau, subject=f"entity:{fact.entity}", reason=reason,
        new=_logged(number, fact),
    )  # fmt: skip
    return await one(bureau, number)


async def correct(
    deed: Deed, bureau: str, number: int, fact: NewFact | None, *, reason: str
) -> Fact:
    """Replace a fact by another of the same entity, or with None withdraw it; return the new row.

    The old one stays and is no longer current. Raises NotFound, Conflict when it was replaced
    already, Invalid with every fault, Refused when the entity is not the same.
    """
    old = await one(bureau, number)
    if not old.current:
        raise Conflict(f"第 {number} 号记录已被更正过，请更正最新的一条。")
    if not reason.strip():
        raise Invalid("填写有误，请按提示改正。", {"reason": ["请写明更正的理由或依据。"]})
    if fact is None:
        new = NewFact(old.entity, WITHDRAWN, old.happened_on, old.reference)
    else:
        new = fact
        if fact.entity != old.entity:
            raise Refused("更正不能改换对象：请撤销这条记录，再为另一对象新增。")
        await _check(deed, bureau, fact)
    row = _row(deed, bureau, new, source=f"fact:{number}", supersedes=number, reason=reason)
    written = await _insert(row)
    said = NewFact(old.entity, old.kind, old.happened_on, old.reference, old.details)
    await audit_log.append(
        deed, "record:corrected", bureau=bureau, subject=f"entity:{old.entity}", reason=reason,
        previous=_logged(number, said), new=_logged(written, new),
    )  # fmt: skip
    return await one(bureau, written)


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one row of an import: its place in the rows given, the field, a sentence."""

    row: int
    field: str
    sentence: str


async def row_faults(bureau: str, rows: Sequence[NewFact], today: date) -> list[RowFault]:
    """Return every fault of rows that are to be imported; outside any deed."""
    known = await _known(bureau, {row.entity for row in rows})
    found = []
    for place, row in enumerate(rows):
        wrong = faults(row, today)
        if row.entity not in known:
            wrong["entity"] = ["名录中没有这个代码，请先导入或登记该对象。"]
        found += [RowFault(place, name, text) for name, texts in wrong.items() for text in texts]
    return found


async def enter_rows(deed: Deed, bureau: str, rows: Sequence[NewFact], *, source: str) -> int:
    """Import facts, for a bureau that starts in mid-year; return how many were new.

    A row that the record has already, the same in every field, is left out, so that a file may come
    twice; where nothing is new, nothing is written, not even in the log. Raises Invalid when a row has
    a fault: nothing is written then.
    """
    wrong = await row_faults(bureau, rows, deed.today)
    if wrong:
        shown = {f"第 {fault.row + 1} 行 {fault.field}": [fault.sentence] for fault in wrong}
        raise Invalid("导入的记录有误，没有写入任何一条。", shown)
    known = await _same(bureau, {row.entity for row in rows})
    new = {_key(row): row for row in rows if _key(row) not in known}
    await write(deed, bureau, new.values(), source=source)
    if not new:
        return 0
    said: dict[str, Json] = {
        "rows": len(rows),
        "new": len(new),
        "source": source,
        "rows_sha256": rows_digest(new.values()),
    }
    await audit_log.append(deed, "record:imported", bureau=bureau, subject="record", new=said)
    return len(new)


def rows_digest(facts: Iterable[NewFact]) -> str:
    """Return the SHA-256 that the log keeps of imported facts (docs/audit-log.md, "Imports")."""
    lines = (
        jcs([fact.entity, fact.kind, fact.happened_on.isoformat(), fact.reference, fact.details])
        for fact in facts
    )
    return sha256_hex(b"".join(line + b"\n" for line in lines))


async def _check(deed: Deed, bureau: str, fact: NewFact) -> None:
    await entity(bureau, fact.entity)
    if wrong := faults(fact, deed.today):
        raise Invalid("填写有误，请按提示改正。", wrong)


async def _known(bureau: str, wanted: set[str]) -> set[str]:
    rows = await _in_chunks(
        "SELECT id AS entity FROM entity WHERE bureau = {} AND id IN", bureau, wanted
    )
    return {row["entity"] for row in rows}


async def _same(bureau: str, wanted: set[str]) -> set[tuple[Any, ...]]:
    sql = f"SELECT f.* FROM fact f WHERE {CURRENT} AND f.bureau = {{}} AND f.entity IN"
    return {
        (row["entity"], row["kind"], row["happened_on"], row["reference"], row["details"])
        for row in await _in_chunks(sql, bureau, wanted)
    }


async def _in_chunks(sql: str, bureau: str, wanted: set[str]) -> list[dict[str, Any]]:
    """Run `sql`, which ends in IN, over all `wanted`, a few hundred at a time."""
    ordered, found = sorted(wanted), []
    for start in range(0, len(ordered), CHUNK):
        part = ordered[start : start + CHUNK]
        found += await database.fetch(f"{sql} ({', '.join('{}' for _ in part)})", bureau, *part)
    return found


def _key(fact: NewFact) -> tuple[Any, ...]:
    return (fact.entity, fact.kind, fact.happened_on, fact.reference, canonical(fact.details))


def _row(
    deed: Deed,
    bureau: str,
    fact: NewFact,
    *,
    source: str,
    supersedes: int | None = None,
    reason: str = "",
) -> tuple[Any, ...]:
    """Return a fact in the order of COLUMNS."""
    return (
        bureau, fact.entity, fact.kind, fact.happened_on, fact.reference, canonical(fact.details),
        supersedes, deed.now, str(deed.actor), source, reason.strip(),
    )  # fmt: skip


async def _insert(row: tuple[Any, ...]) -> int:
    names, marks = ", ".join(COLUMNS), ", ".join("{}" for _ in COLUMNS)
    rows = await database.fetch(
        f"INSERT INTO fact ({names}) VALUES ({marks}) RETURNING number", *row
    )
    return int(rows[0]["number"])


def _logged(number: int, fact: NewFact) -> dict[str, Json]:
    return {
        "number": number,
        "kind": fact.kind,
        "happened_on": fact.happened_on.isoformat(),
        "reference": fact.reference,
        "details": dict(fact.details),
    }
