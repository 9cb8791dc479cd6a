"""Reading the record of facts: about one entity, page by page, and set-wise for the rules of a draw."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from registries import database
from registries.errors import NotFound
from registries.record_rules import CASE_CLOSED, CASE_OPENED, WITHDRAWN
from sampling.encoding import Json, parse_jcs

PAGE = 50


def _current(fact: str) -> str:
    """Return the condition that nothing has replaced `fact`, and that it is no mere withdrawal."""
    return (
        f"{fact}.kind <> '{WITHDRAWN}' AND NOT EXISTS"
        f" (SELECT 1 FROM fact newer WHERE newer.supersedes = {fact}.number)"
    )


CURRENT = _current("f")


def _left_out(references: Collection[str]) -> str:
    if not references:
        return ""
    return f" AND f.reference NOT IN ({', '.join('{}' for _ in references)})"


@dataclass(frozen=True)
class Fact:
    """A fact as it stands in the record; `current` is false once another has replaced it."""

    number: int
    bureau: str
    entity: str
    kind: str
    happened_on: date
    reference: str
    details: Mapping[str, Json]
    supersedes: int | None
    recorded_at: datetime
    recorded_by: str
    source: str
    reason: str
    current: bool


async def one(bureau: str, number: int) -> Fact:
    """Return a fact of the bureau by its number. Raises NotFound."""
    rows = await database.fetch(
        f"SELECT f.*, {CURRENT} AS current FROM fact f WHERE f.bureau = {{}} AND f.number = {{}}",
        bureau, number,
    )  # fmt: skip
    if not rows:
        raise NotFound(f"没有第 {number} 号档案记录。")
    return _fact(rows[0])


async def facts(
    bureau: str, entity_id: str, *, superseded: bool = False, without: Collection[str] = ()
) -> list[Fact]:
    """Return the facts about an entity, the newest day first; the superseded ones only if asked for.

    `without` are references whose facts are left out: draws that are sealed name nobody yet.
    """
    rows = await database.fetch(
        f"SELECT f.*, {CURRENT} AS current FROM fact f WHERE f.bureau = {{}} AND f.entity = {{}}"
        f"{_left_out(without)}"
        f"{'' if superseded else f' AND {CURRENT}'} ORDER BY f.happened_on DESC, f.number DESC",
        bureau, entity_id, *without,
    )  # fmt: skip
    return [_fact(row) for row in rows]


async def page(
    bureau: str,
    *,
    kind: str = "",
    since: date = date.min,
    after: int = 0,
    limit: int = PAGE,
    without: Collection[str] = (),
) -> list[Fact]:
    """Return the bureau's current facts in order of their numbers, beginning after `after`.

    `without` are references whose facts are left out, as for `facts`.
    """
    kinds, values = (" AND f.kind = {}", [kind]) if kind else ("", [])
    rows = await database.fetch(
        f"SELECT f.*, {CURRENT} AS current FROM fact f WHERE f.bureau = {{}} AND f.number > {{}}"
        f" AND f.happened_on >= {{}}{kinds}{_left_out(without)} AND {CURRENT}"
        f" ORDER BY f.number LIMIT {limit}",
        bureau, after, since, *values, *without,
    )  # fmt: skip
    return [_fact(row) for row in rows]


async def with_fact(
    bureau: str, kinds: Sequence[str], *, since: date = date.min, until: date = date.max
) -> dict[str, int]:
    """Return how many current facts of `kinds` each entity has from `since` to `until`, both counted.

    Entities without any are not in it: "drawn this year" and "inspected since" are its keys.
    """
    rows = await database.fetch(
        f"SELECT f.entity, count(*) AS n FROM fact f WHERE f.bureau = {{}} AND f.kind IN"
        f" ({', '.join('{}' for _ in kinds)}) AND f.happened_on >= {{}} AND f.happened_on <= {{}}"
        f" AND {CURRENT} GROUP BY f.entity",
        bureau, *kinds, since, until,
    )  # fmt: skip
    return {row["entity"]: row["n"] for row in rows}


async def open_cases(bureau: str) -> dict[str, tuple[str, ...]]:
    """Return the case numbers of each entity that were opened and not closed."""
    rows = await database.fetch(
        f"SELECT f.entity, f.reference FROM fact f WHERE f.bureau = {{}} AND f.kind = '{CASE_OPENED}'"
        f" AND {CURRENT} AND NOT EXISTS (SELECT 1 FROM fact closed WHERE closed.bureau = f.bureau"
        f" AND closed.reference = f.reference AND closed.kind = '{CASE_CLOSED}'"
        f" AND closed.entity = f.entity AND {_current('closed')}) ORDER BY f.entity, f.reference",
        bureau,
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row["entity"]] = (*found.get(row["entity"], ()), row["reference"])
    return found


def _fact(row: Mapping[str, Any]) -> Fact:
    details: Any = parse_jcs(row["details"].encode())
    return Fact(**{**row, "details": details, "current": bool(row["current"])})
