"""The audit log: entries and issued checkpoints, which only grow, and the head that numbers them."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T08:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "audit log"

# `number` is SQLite's own row number, so that reading the log in order is reading the file in order.
TABLES = (
    """
CREATE TABLE IF NOT EXISTS audit_entry (
    number {integer} PRIMARY KEY CHECK (number >= 0),
    bureau VARCHAR(6) NOT NULL,
    at VARCHAR(27) NOT NULL,
    actor_kind VARCHAR(10) NOT NULL,
    actor_name TEXT NOT NULL,
    event VARCHAR(100) NOT NULL,
    subject TEXT NOT NULL,
    canonical TEXT NOT NULL,
    hashes TEXT NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS audit_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size {integer} NOT NULL,
    frontier TEXT NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS audit_checkpoint (
    size {integer} NOT NULL,
    key_id VARCHAR(8) NOT NULL,
    at VARCHAR(27) NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (size, key_id)
)
""",
    "INSERT INTO audit_head (id, size, frontier) VALUES (1, 0, '')",
)
INDEXES = tuple(
    f"CREATE INDEX IF NOT EXISTS audit_entry_{column} ON audit_entry ({column}, number)"
    for column in ("bureau", "event", "subject", "actor_name")
)
APPEND_ONLY = ("audit_entry", "audit_checkpoint")

SQLITE_REFUSAL = """
CREATE TRIGGER IF NOT EXISTS {table}_append_only_{deed} BEFORE {deed} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} only grows'); END
"""
SQLITE_HEAD = """
CREATE TRIGGER IF NOT EXISTS audit_head_counts BEFORE UPDATE ON audit_head
WHEN NEW.id <> OLD.id OR NEW.size <> OLD.size + 1
BEGIN SELECT RAISE(ABORT, 'audit_head counts one by one'); END
"""
SQLITE_HEAD_STAYS = """
CREATE TRIGGER IF NOT EXISTS audit_head_stays BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit_head stays'); END
"""

POSTGRES_FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME; END $$
""",
    """
CREATE OR REPLACE FUNCTION audit_head_counts() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NEW.id <> OLD.id OR NEW.size <> OLD.size + 1 THEN
        RAISE EXCEPTION 'audit_head counts one by one';
    END IF;
    RETURN NEW;
END $$
""",
)
POSTGRES_REFUSAL = """
CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
POSTGRES_HEAD = """
CREATE OR REPLACE TRIGGER audit_head_counts BEFORE UPDATE ON audit_head
FOR EACH ROW EXECUTE FUNCTION audit_head_counts()
"""
POSTGRES_HEAD_STAYS = """
CREATE OR REPLACE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def _triggers(engine_type: str) -> list[str]:
    if engine_type == "sqlite":
        refusals = [
            SQLITE_REFUSAL.format(table=table, deed=deed)
            for table in APPEND_ONLY
            for deed in ("UPDATE", "DELETE")
        ]
        return [*refusals, SQLITE_HEAD, SQLITE_HEAD_STAYS]
    refusals = [POSTGRES_REFUSAL.format(table=table) for table in APPEND_ONLY]
    return [*POSTGRES_FUNCTIONS, *refusals, POSTGRES_HEAD, POSTGRES_HEAD_STAYS]


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="registries", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        integer = "INTEGER" if engine.engine_type == "sqlite" else "BIGINT"
        tables = [table.replace("{integer}", integer) for table in TABLES]
        for statement in (*tables, *INDEXES, *_triggers(engine.engine_type)):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
