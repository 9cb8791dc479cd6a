"""Reading the supervised entities: one of them, its history, a page of the list, a search; now or as of a past day.

"As of a day" has two meanings, and both can be asked for: what the books said at the end of that day (`known`), and
what held on that day by the versions known then (`valid`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from registries import database
from registries.database import SHANGHAI
from registries.entity_tables import FIELDS, Entity, entity_of
from registries.errors import NotFound, Refused

PAGE = 50
SHORTEST_SEARCH = 3
NAMED_AT_ONCE = 500  # SQLite takes some thousands of values in a statement, not any number.
COLUMNS = ", ".join(FIELDS)


@dataclass(frozen=True)
class Filter:
    """Which entities a list is about; "" means any. `kind` and `tag` are single codes.

    `within` are the districts that the person asking may see, ascending; empty for all of the bureau.
    """

    district: str = ""
    kind: str = ""
    grade: str = ""
    state: str = ""
    tag: str = ""
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Entities in order, and the key to pass as `after` for the next page, None at the end."""

    entities: tuple[Entity, ...]
    after: str | None


async def entity(
    bureau: str, id_: str, *, known: date | None = None, valid: date | None = None
) -> Entity:
    """Return an entity of the bureau as of the days given, or as it stands.

    Raises NotFound when the bureau has none of this id, or had none then.
    """
    if known is None and valid is None:
        rows = await database.fetch(
            f"SELECT {COLUMNS} FROM entity WHERE bureau = {{}} AND id = {{}}", bureau, id_
        )
    else:
        moment, day = end_of(known or date.max), valid or date.max
        arm = "FROM {} WHERE bureau = {{}} AND id = {{}} AND recorded_at < {{}} AND valid_from <= {{}}"
        rows = await database.fetch(
            f"SELECT {COLUMNS} {arm.format('entity')} UNION ALL"
            f" SELECT {COLUMNS} {arm.format('entity_version')} ORDER BY version DESC LIMIT 1",
            *(bureau, id_, moment, day) * 2,
        )
    if not rows:
        raise NotFound(f"名录中没有代码为 {id_} 的监管对象，请核对代码和日期。")
    return entity_of(rows[0])


async def history(bureau: str, id_: str) -> list[Entity]:
    """Return every version of an entity, the newest first. Raises NotFound."""
    rows = await database.fetch(
        f"SELECT {COLUMNS} FROM entity WHERE bureau = {{}} AND id = {{}} UNION ALL"
        f" SELECT {COLUMNS} FROM entity_version WHERE bureau = {{}} AND id = {{}}"
        " ORDER BY version DESC",
        bureau, id_, bureau, id_,
    )  # fmt: skip
    if not rows:
        raise NotFound(f"名录中没有代码为 {id_} 的监管对象，请核对代码。")
    return [entity_of(row) for row in rows]


async def entities(
    bureau: str,
    wanted: Filter | None = None,
    *,
    after: str = "",
    limit: int = PAGE,
    known: date | None = None,
) -> Page:
    """Return a page of the bureau's entities in order of id, beginning after the id `after`.

    With `known` it is the list as the books stood at the end of that day.
    """
    where, values = _conditions(wanted or Filter())
    where, values = f"bureau = {{}} AND id > {{}}{where}", [bureau, after, *values]
    order = f"ORDER BY id LIMIT {limit + 1}"
    if known is None:
        sql = f"SELECT {COLUMNS} FROM entity WHERE {where} {order}"
    else:
        then = end_of(known)
        # Each half is cut to a page first, so that each is read in the order of its own index.
        sql = (
            f"SELECT * FROM (SELECT {COLUMNS} FROM entity WHERE {where} AND recorded_at < {{}}"
            f" {order}) now UNION ALL SELECT * FROM (SELECT {COLUMNS} FROM entity_version"
            f" WHERE {where} AND recorded_at < {{}} AND superseded_at >= {{}} {order}) past {order}"
        )
        values = [*values, then, *values, then, then]
    rows = await database.fetch(sql, *values)
    found = [entity_of(row) for row in rows]
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


async def search(
    bureau: str, text: str, wanted: Filter | None = None, *, after: str = "", limit: int = PAGE
) -> Page:
    """Return a page of the bureau's entities whose name holds `text`.

    In the order they were entered, as they come out of the name index; with fewer than three
    characters in order of id, as they come out of the district's. Latin letters match in either
    case. Raises Refused for fewer than three characters without a district: the name index knows
    none shorter, and reading every name would take seconds.
    """
    text, wanted = text.strip(), wanted or Filter()
    short = len(text) < SHORTEST_SEARCH
    if not text or (short and not wanted.district):
        raise Refused("请输入名称中至少三个连续的字；不足三个字时请同时选定区划。")
    where, values = _conditions(wanted)
    # By f.rowid SQLite knows that the rows come in order, by the equal e.number it would sort all matches first.
    number = "e.number" if database.on_postgres() else "f.rowid"
    key, start = ("e.id", after) if short else (number, int(after) if after.isdecimal() else 0)
    rows = await database.fetch(
        f"SELECT e.number, {', '.join(f'e.{field}' for field in FIELDS)}"
        f" FROM {_matching(key, short=short)} AND e.bureau = {{}}{where} ORDER BY {key} LIMIT {limit + 1}",
        f"%{_pattern(text)}%", text, start, bureau, *values,
    )  # fmt: skip
    found = [entity_of(row) for row in rows]
    last = str(rows[limit - 1]["id" if short else "number"]) if len(rows) > limit else None
    return Page(tuple(found[:limit]), last)


async def counts(bureau: str, within: tuple[str, ...] = ()) -> dict[tuple[str, str], int]:
    """Return how many entities the bureau has by (state, reason why set aside), in some districts or all."""
    where, values = _conditions(Filter(within=within))
    rows = await database.fetch(
        f"SELECT state, state_reason, count(*) AS n FROM entity WHERE bureau = {{}}{where}"
        " GROUP BY state, state_reason ORDER BY state, state_reason",
        bureau,
        *values,
    )
    return {(row["state"], row["state_reason"]): row["n"] for row in rows}


async def counts_apart(bureau: str, within: tuple[str, ...] = ()) -> dict[str, int]:
    """Return how many entities are set aside and retired; quick in large books, where they are few."""
    where, values = _conditions(Filter(within=within))
    rows = await database.fetch(
        "SELECT state, count(*) AS n FROM entity"
        f" WHERE bureau = {{}} AND state <> 'active'{where} GROUP BY state",
        bureau,
        *values,
    )
    return {"set-aside": 0, "retired": 0} | {row["state"]: row["n"] for row in rows}


async def names(bureau: str, ids: Sequence[str], within: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the names of those of the ids that the bureau has, in some districts or all."""
    where, values = _conditions(Filter(within=within))
    found: dict[str, str] = {}
    for start in range(0, len(ids), NAMED_AT_ONCE):
        some = tuple(ids[start : start + NAMED_AT_ONCE])
        rows = await database.fetch(
            f"SELECT id, name FROM entity WHERE bureau = {{}} AND id IN ({_places(some)}){where}",
            bureau,
            *some,
            *values,
        )
        found |= {row["id"]: row["name"] for row in rows}
    return found


def end_of(day: date) -> datetime:
    """Return the moment at which `day` has ended in the bureau's time."""
    if day == date.max:
        return datetime.max.replace(tzinfo=SHANGHAI) - timedelta(days=1)
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=SHANGHAI)


def _conditions(wanted: Filter) -> tuple[str, list[Any]]:
    """Return the filter as SQL and its values. What is rare is worded as its partial index is."""
    parts: list[tuple[str, list[Any]]] = []
    if wanted.district:
        parts.append(("district = {}", [wanted.district]))
    if wanted.within:
        parts.append((f"district IN ({_places(wanted.within)})", [*wanted.within]))
    if wanted.grade:
        rare = "grade IN ('B', 'C') AND " if wanted.grade in {"B", "C"} else ""
        parts.append((f"{rare}grade = {{}}", [wanted.grade]))
    if wanted.state:
        rare = "" if wanted.state == "active" else "state <> 'active' AND "
        parts.append((f"{rare}state = {{}}", [wanted.state]))
    if wanted.kind:
        rare = "" if wanted.kind == "employer" else "kind <> 'employer' AND "
        parts.append((f"{rare}'+' || kind || '+' LIKE {{}}", [f"%+{wanted.kind}+%"]))
    if wanted.tag:
        parts.append(("tags <> '' AND '+' || tags || '+' LIKE {}", [f"%+{wanted.tag}+%"]))
    return "".join(f" AND {sql}" for sql, _ in parts), [v for _, vs in parts for v in vs]


def _places(values: tuple[str, ...]) -> str:
    return ", ".join("{}" for _ in values)


def _matching(key: str, *, short: bool) -> str:
    """Return the source of rows whose name fits the pattern and holds the text, after the last key."""
    after = f"{key} > {{}}"
    if database.on_postgres():
        # The trigram index knows nothing shorter than three; asked all the same, it is read whole. Joined
        # to nothing, the name is not what is indexed, and the district's own index leads.
        name = "(e.name || '')" if short else "e.name"
        return f"entity e WHERE {name} ILIKE {{}} AND position(upper({{}}) IN upper(e.name)) > 0 AND {after}"
    exact = "instr(upper(e.name), upper({})) > 0"
    if short:
        # FTS5's trigrams find nothing for one or two characters.
        return f"entity e WHERE e.name LIKE {{}} AND {exact} AND {after}"
    # CROSS keeps SQLite from walking through all entities and asking the index about each.
    return (
        "entity_name f CROSS JOIN entity e ON e.number = f.rowid"
        f" WHERE f.name LIKE {{}} AND {exact} AND {after}"
    )


def _pattern(text: str) -> str:
    """Return `text` for LIKE; what LIKE takes for itself stands for any one character there."""
    return "".join("_" if character in "%_\\" else character for character in text)
