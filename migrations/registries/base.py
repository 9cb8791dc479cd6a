"""The bureaus whose books these are."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "bureau"

BUREAU = """
CREATE TABLE IF NOT EXISTS bureau (
    code VARCHAR(6) PRIMARY KEY CHECK (length(code) = 6),
    name VARCHAR(200) NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    level VARCHAR(10) NOT NULL CHECK (level IN ('province', 'city', 'county')),
    city VARCHAR(6) NOT NULL CHECK (length(city) = 6),
    superior VARCHAR(6) REFERENCES bureau (code) ON DELETE RESTRICT,
    CHECK (superior IS NULL OR superior <> code)
)
"""
INDEXES = ("CREATE INDEX IF NOT EXISTS bureau_superior ON bureau (superior)",)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="registries", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for statement in (BUREAU, *INDEXES):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
