"""The record of facts about entities (诚信档案): it only grows; a correction names the fact it replaces."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T08:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "fact"

# `C` stands for PostgreSQL's bytewise collation.
TABLE = """
CREATE TABLE IF NOT EXISTS fact (
    number NUMBER PRIMARY KEY,
    bureau VARCHAR(6) C NOT NULL,
    entity VARCHAR(40) C NOT NULL,
    kind VARCHAR(20) NOT NULL,
    happened_on DATE NOT NULL,
    reference VARCHAR(100) C NOT NULL DEFAULT '',
    details TEXT NOT NULL,
    supersedes BIGINT REFERENCES fact (number) ON DELETE RESTRICT,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (bureau, entity) REFERENCES entity (bureau, id) ON DELETE RESTRICT,
    CHECK (kind IN ('drawn', 'called-up', 'inspected', 'result', 'finding', 'order', 'case-opened',
        'case-closed', 'grade', 'withdrawn')),
    CHECK (kind NOT IN ('case-opened', 'case-closed') OR reference <> ''),
    CHECK (kind <> 'withdrawn' OR supersedes IS NOT NULL),
    CHECK (length(source) > 0)
)
"""
INDEXES = (
    "CREATE INDEX IF NOT EXISTS fact_bureau_entity ON fact (bureau, entity, happened_on, number)",
    # The questions of a draw: who was drawn, inspected, has a case, since when.
    "CREATE INDEX IF NOT EXISTS fact_bureau_kind ON fact (bureau, kind, happened_on, entity)",
    "CREATE INDEX IF NOT EXISTS fact_bureau_reference ON fact (bureau, reference, kind)",
    # A fact is corrected once; the correction may be corrected in its turn.
    "CREATE UNIQUE INDEX IF NOT EXISTS fact_supersedes ON fact (supersedes)",
)


def _append_only(table: str, *, postgres: bool) -> tuple[str, ...]:
    """Return the triggers that let `table` only grow."""
    said = f"{table}: rows are only added"
    if not postgres:
        return tuple(
            f"CREATE TRIGGER IF NOT EXISTS {table}_append_only_{verb.lower()} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for verb in ("UPDATE", "DELETE")
        )
    return (
        (
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{said}'; END $$"
        ),
        (
            f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        ),
    )


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="registries", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine.engine_type == "postgres"
        number = "BIGINT GENERATED ALWAYS AS IDENTITY" if postgres else "INTEGER"
        table = TABLE.replace("NUMBER", number)
        await engine.run_ddl(table.replace(") C ", ') COLLATE "C" ' if postgres else ") "))
        for statement in (*INDEXES, *_append_only("fact", postgres=postgres)):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
