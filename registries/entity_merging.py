"""The statements that compare staged rows with the books and merge them, the same on both engines.

`s` is a staged row, `e` the entity of its id. The origin of a version, which several statements take, is its day, time,
author, reason and source, in this order.
"""

from __future__ import annotations

from dataclasses import dataclass

from registries.entity_tables import DEFAULTS, NOT_TEXT

NEXT_VERSION = (
    "version = e.version + 1, valid_from = {}, recorded_at = {}, recorded_by = {},"
    " reason = {}, source = {}"
)
# Why an entity is still set aside once the file is read: never when it is active, and not for its
# district when the books know that.
STILL_SET_ASIDE = (
    "(CASE WHEN e.state = 'active' THEN '' WHEN e.district <> ''"
    " THEN trim(replace(s.set_aside, 'district-unknown', ''), '+') ELSE s.set_aside END)"
)


@dataclass(frozen=True)
class MergeStatements:
    """What a merge of these columns says: `mine` is the condition on the staged rows of this import.

    `of_kind` limits who is retired to entities of exactly this kind; it is a code out of KINDS.
    """

    table: str
    mine: str
    columns: tuple[str, ...]
    of_kind: str | None = None

    def missing(self) -> str:
        """Return the condition on `entity` for what is to be retired; takes the bureau as its value."""
        kind = f" AND e.kind = '{self.of_kind}'" if self.of_kind else ""
        return (
            f"e.bureau = {{}} AND e.state <> 'retired'{kind} AND NOT EXISTS"
            f" (SELECT 1 FROM {self.table} s WHERE {self.mine} AND s.id = e.id)"
        )

    def update(self) -> str:
        """Return the statement that writes what differs; takes the origin."""
        values = ", ".join(
            f"{c} = CASE WHEN {_said(c)} THEN s.{c} ELSE e.{c} END" for c in self.columns
        )
        return (
            f"UPDATE entity AS e SET {values}, state_reason = {STILL_SET_ASIDE},"
            f" state = CASE WHEN {STILL_SET_ASIDE} = '' THEN 'active' ELSE 'set-aside' END,"
            f" {NEXT_VERSION} FROM {self.table} s"
            f" WHERE e.number = s.number AND e.version = s.version AND {self.mine}"
        )

    def retire(self) -> str:
        """Return the statement that retires who is missing; takes the origin and the bureau."""
        return (
            f"UPDATE entity AS e SET state = 'retired', state_reason = '', {NEXT_VERSION}"
            f" WHERE {self.missing()}"
        )

    def insert(self) -> str:
        """Return the statement that enters who is new; takes the bureau and the origin."""
        names = ", ".join(self.columns)
        values = ", ".join(_or_default(column) for column in self.columns)
        return (
            f"INSERT INTO entity (bureau, id, state, state_reason, version, valid_from, recorded_at,"
            f" recorded_by, reason, source, {names}) SELECT {{}}, s.id,"
            f" CASE WHEN s.set_aside = '' THEN 'active' ELSE 'set-aside' END, s.set_aside, 1,"
            f" {{}}, {{}}, {{}}, {{}}, {{}}, {values} FROM {self.table} s"
            f" WHERE {self.mine} AND s.number IS NULL"
            # In order of the id, so that the unique index grows at its end and not all over.
            f" ORDER BY s.id"
        )

    def mark(self) -> str:
        """Return the statement that notes, in each staged row, whom it is about; takes the bureau.

        `number` is that of the entity, `version` the one that was compared, if the row differs from it.
        """
        differs = [f"({_said(column)} AND {_other(column)})" for column in self.columns]
        differs.append(f"e.state_reason <> {STILL_SET_ASIDE}")
        return (
            f"UPDATE {self.table} AS s SET number = e.number, version = CASE"
            f" WHEN e.state <> 'retired' AND ({' OR '.join(differs)}) THEN e.version END"
            f" FROM entity e WHERE {self.mine} AND e.bureau = {{}} AND e.id = s.id"
        )


def _said(column: str) -> str:
    """Return the condition that the file says something in this column."""
    return f"s.{column} IS NOT NULL" if column in NOT_TEXT else f"s.{column} <> ''"


def _or_default(column: str) -> str:
    """Return what a new entity gets in this column: what the file says, else the default."""
    if column in NOT_TEXT:
        return f"s.{column}"
    if DEFAULTS[column] == "''":
        return f"coalesce(s.{column}, '')"
    return f"CASE WHEN {_said(column)} THEN s.{column} ELSE {DEFAULTS[column]} END"


def _other(column: str) -> str:
    """Return the condition that the file says something else than the books."""
    if column in NOT_TEXT:
        return f"(e.{column} IS NULL OR e.{column} <> s.{column})"
    return f"e.{column} <> s.{column}"
