"""The plans of the year. A version that has left the draft is never rewritten; no version is deleted."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "plan"

PLAN = """
CREATE TABLE IF NOT EXISTS plan (
    id {serial},
    bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT,
    year INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 2999),
    version INTEGER NOT NULL CHECK (version >= 1),
    amends BIGINT REFERENCES plan (id) ON DELETE RESTRICT,
    reason VARCHAR(500) NOT NULL,
    content TEXT NOT NULL,
    state VARCHAR(20) NOT NULL
        CHECK (state IN ('drafting', 'submitted', 'approved', 'filed', 'published', 'withdrawn')),
    drafted_by VARCHAR(100) NOT NULL,
    drafted_at TIMESTAMPTZ NOT NULL,
    approved_by VARCHAR(100) NOT NULL,
    approved_at TIMESTAMPTZ,
    filed_with VARCHAR(200) NOT NULL,
    filing_reference VARCHAR(200) NOT NULL,
    filed_at TIMESTAMPTZ,
    published_at TIMESTAMPTZ,
    CHECK (approved_by = '' OR approved_by <> drafted_by),
    CHECK (state NOT IN ('approved', 'filed', 'published') OR approved_by <> ''),
    CHECK (state NOT IN ('filed', 'published') OR filed_with <> ''),
    CHECK ((version = 1) = (amends IS NULL))
)
"""
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS plan_version ON plan (bureau, year, version)",
    "CREATE INDEX IF NOT EXISTS plan_amends ON plan (amends)",
    # One open version at a time: otherwise two amendments could each name the same old one.
    (
        "CREATE UNIQUE INDEX IF NOT EXISTS plan_open ON plan (bureau, year)"
        " WHERE state NOT IN ('published', 'withdrawn')"
    ),
)

SQLITE_GUARDS = (
    """
    CREATE TRIGGER IF NOT EXISTS plan_never_deleted BEFORE DELETE ON plan
    BEGIN SELECT RAISE(ABORT, 'a plan is never deleted'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS plan_content_fixed BEFORE UPDATE ON plan
    WHEN OLD.state IN ('published', 'withdrawn') OR NEW.id <> OLD.id OR NEW.bureau <> OLD.bureau
      OR NEW.year <> OLD.year OR NEW.version <> OLD.version OR NEW.amends IS NOT OLD.amends
      OR (NEW.content <> OLD.content AND OLD.state <> 'drafting')
    BEGIN SELECT RAISE(ABORT, 'a plan that has left the draft is fixed'); END
    """,
)
POSTGRES_GUARDS = (
    """
    CREATE OR REPLACE FUNCTION plan_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'UPDATE' THEN
            RAISE EXCEPTION 'a plan is never deleted';
        END IF;
        IF OLD.state IN ('published', 'withdrawn') OR NEW.id <> OLD.id OR NEW.bureau <> OLD.bureau
            OR NEW.year <> OLD.year OR NEW.version <> OLD.version
            OR NEW.amends IS DISTINCT FROM OLD.amends
            OR (NEW.content <> OLD.content AND OLD.state <> 'drafting') THEN
            RAISE EXCEPTION 'a plan that has left the draft is fixed';
        END IF;
        RETURN NEW;
    END $$
    """,
    (
        "CREATE OR REPLACE TRIGGER plan_content_fixed BEFORE UPDATE OR DELETE ON plan"
        " FOR EACH ROW EXECUTE FUNCTION plan_guard()"
    ),
    (
        "CREATE OR REPLACE TRIGGER plan_not_emptied BEFORE TRUNCATE ON plan"
        " FOR EACH STATEMENT EXECUTE FUNCTION plan_guard()"
    ),
)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine.engine_type == "postgres"
        serial = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
        guards = POSTGRES_GUARDS if postgres else SQLITE_GUARDS
        for statement in (PLAN.replace("{serial}", serial), *INDEXES, *guards):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
