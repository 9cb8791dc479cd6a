"""Background work: one row per job, taken by a worker under a lease."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-27T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "background jobs"

TABLE = """
CREATE TABLE IF NOT EXISTS job (
    id {serial},
    bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT,
    kind VARCHAR(40) NOT NULL,
    title VARCHAR(200) NOT NULL,
    arguments TEXT NOT NULL,
    account BIGINT REFERENCES account (id) ON DELETE RESTRICT,
    actor VARCHAR(100) NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    state VARCHAR(10) NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'refused', 'failed')),
    attempts INTEGER NOT NULL,
    worker VARCHAR(40) NOT NULL,
    lease_until TIMESTAMPTZ,
    done BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    finished_at TIMESTAMPTZ,
    outcome TEXT NOT NULL
)
"""
INDEXES = (
    "CREATE INDEX IF NOT EXISTS job_open ON job (id) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX IF NOT EXISTS job_of_account ON job (account, id)",
    "CREATE INDEX IF NOT EXISTS job_of_bureau ON job (bureau, id)",
)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine.engine_type == "postgres"
        serial = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
        for statement in (TABLE.format(serial=serial), *INDEXES):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
