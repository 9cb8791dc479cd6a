"""The entities of a bureau as the books stand → the frozen entities.csv of a draw (protocol §2).

A frame has up to 1.5 million rows, so SQL writes each row's line and Python only joins lines: nothing here looks at
one entity at a time. Ids compare bytewise on both engines, which is the order that the protocol wants.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from typing import Any

from registries import bulk, database
from registries.record_reads import CURRENT
from registries.record_rules import INSPECTED

HEADER = b"id,district,grade,kind,name\n"
CHUNK = 20_000

# A field is quoted if and only if it holds a comma or a quote, and quotes are doubled (protocol §1).
_NAME = """CASE WHEN name LIKE '%,%' OR name LIKE '%"%' THEN '"' || replace(name, '"', '""') || '"' ELSE name END"""


@dataclass(frozen=True)
class Scope:
    """Whom a draw is about: empty tuples mean all. `tags` asks for any one of them."""

    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntityRows:
    """The bytes of entities.csv, how many rows it has, its districts, and who was left out with which reason."""

    data: bytes
    count: int
    districts: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Standing:
    """An entity in scope that is not in force: set aside, or retired since the day asked for."""

    id: str
    state: str
    state_reason: str


async def entity_rows(
    bureau: str, scope: Scope, reasons: Mapping[str, str], successors: Mapping[str, str]
) -> EntityRows:
    """Return the active entities of a scope as entities.csv, without those that `reasons` names.

    `reasons` (id → code) may name entities outside the scope; only those within it are returned as
    left out. `successors` maps retired district codes to those that took over. Stands inside a deed
    or a snapshot.
    """
    where, values = _in_scope(scope, successors)
    district, mapped = _current_district(successors)
    sql = (
        f"SELECT id, {district}, ',' || grade || ',' || kind || ',' || {_NAME}"  # noqa: S608
        f" FROM entity WHERE bureau = {{}} AND state = 'active'{where} ORDER BY id"
    )
    pieces, left_out, count = [HEADER], list[tuple[str, str]](), 0
    districts: set[str] = set()
    async with aclosing(bulk.stream(sql, *mapped, bureau, *values, chunk=CHUNK)) as chunks:
        async for rows in chunks:
            kept = [row for row in rows if row[0] not in reasons]
            left_out += [(row[0], reasons[row[0]]) for row in rows if row[0] in reasons]
            districts.update(row[1] for row in kept)
            pieces.append("".join([f"{row[0]},{row[1]}{row[2]}\n" for row in kept]).encode())
            count += len(kept)
    return EntityRows(b"".join(pieces), count, tuple(sorted(districts)), tuple(left_out))


async def not_in_force(
    bureau: str, scope: Scope, retired_since: date, successors: Mapping[str, str]
) -> list[Standing]:
    """Return the entities of a scope that are set aside, or were retired on `retired_since` or later.

    One that is set aside without a district is in every scope's districts: it might lie there.
    """
    where, values = _in_scope(scope, successors, or_unknown=True)
    rows = await database.fetch(
        "SELECT id, state, state_reason FROM entity WHERE bureau = {} AND state <> 'active'"  # noqa: S608
        f" AND (state = 'set-aside' OR valid_from >= {{}}){where} ORDER BY id",
        bureau,
        retired_since,
        *values,
    )
    return [Standing(**row) for row in rows]


async def supervised(bureau: str, retired_since: date) -> int:
    """Return how many entities the bureau supervises in all: everyone not retired before that day."""
    # Both counts come out of an index; asking for the difference at once would read every row.
    held = await database.fetch_one(
        "SELECT count(*) AS count FROM entity WHERE bureau = {}", bureau
    )
    gone = await database.fetch_one(
        "SELECT count(*) AS count FROM entity"
        " WHERE bureau = {} AND state <> 'active' AND state = 'retired' AND valid_from < {}",
        bureau,
        retired_since,
    )
    return int(held["count"] if held else 0) - int(gone["count"] if gone else 0)


async def districts_in_use(bureau: str) -> list[str]:
    """Return the district codes that stand in the bureau's entities, ascending, also retired ones."""
    rows = await database.fetch(
        "SELECT DISTINCT district FROM entity WHERE bureau = {} ORDER BY district", bureau
    )
    return [row["district"] for row in rows if row["district"]]


async def ids_in_districts(bureau: str, districts: Collection[str]) -> list[str]:
    """Return the ids of the active entities that stand under any of these district codes."""
    if not districts:
        return []
    marks = ", ".join(["{}"] * len(districts))
    rows = await database.fetch(
        f"SELECT id FROM entity WHERE bureau = {{}} AND state = 'active' AND district IN ({marks})",  # noqa: S608
        bureau,
        *sorted(districts),
    )
    return [row["id"] for row in rows]


async def inspections(bureau: str, since: date) -> dict[str, int]:
    """Return how often each entity was inspected from `since` on, checks on a single case left out.

    Such a check (个案: a complaint, a transfer, the entity's own request) says so in its fact's
    details as `"occasion": "case"`; it is exempt from the yearly cap. Entities without any are absent.
    """
    rows = await database.fetch(
        "SELECT f.entity, count(*) AS count FROM fact f WHERE f.bureau = {} AND f.kind = {}"  # noqa: S608
        f" AND f.happened_on >= {{}} AND f.details NOT LIKE {{}} AND {CURRENT} GROUP BY f.entity",
        bureau,
        INSPECTED,
        since,
        '%"occasion":"case"%',
    )
    return {row["entity"]: row["count"] for row in rows}


async def unreachable(bureau: str, since: date) -> set[str]:
    """Return the entities with a result of `"unreachable"` (无法联系) from `since` on."""
    rows = await database.fetch(
        "SELECT f.entity FROM fact f WHERE f.bureau = {} AND f.kind = 'result'"  # noqa: S608
        f" AND f.happened_on >= {{}} AND f.details LIKE {{}} AND {CURRENT}",
        bureau,
        since,
        '%"result":"unreachable"%',
    )
    return {row["entity"] for row in rows}


def _current_district(successors: Mapping[str, str]) -> tuple[str, list[Any]]:
    if not successors:
        return "district", []
    cases = " WHEN {} THEN {}" * len(successors)
    values = [code for pair in successors.items() for code in pair]
    return f"CASE district{cases} ELSE district END", values


def _in_scope(
    scope: Scope, successors: Mapping[str, str], *, or_unknown: bool = False
) -> tuple[str, list[Any]]:
    """Return the SQL conditions of a scope, beginning with AND, and their values."""
    conditions, values = "", list[Any]()
    if scope.kinds:
        conditions += _any_of("'+' || kind || '+' LIKE {}", scope.kinds)
        values += [f"%+{kind}+%" for kind in scope.kinds]
    if scope.tags:
        conditions += _any_of("'+' || tags || '+' LIKE {} ESCAPE '!'", scope.tags)
        values += [f"%+{_literal(tag)}+%" for tag in scope.tags]
    if scope.districts:
        codes = _with_predecessors(scope.districts, successors)
        unknown = " OR district = ''" if or_unknown else ""
        conditions += f" AND (district IN ({', '.join(['{}'] * len(codes))}){unknown})"
        values += codes
    return conditions, values


def _any_of(condition: str, wanted: Sequence[str]) -> str:
    return f" AND ({' OR '.join([condition] * len(wanted))})"


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _with_predecessors(districts: Collection[str], successors: Mapping[str, str]) -> list[str]:
    """Return the codes under which the entities of `districts` may stand in the books."""
    return sorted({*districts, *(old for old, new in successors.items() if new in districts)})
