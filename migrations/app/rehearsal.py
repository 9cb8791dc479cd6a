"""A rehearsal (演练) lives in a database of its own: the database itself keeps the two apart.

A database can be marked only while it is empty, so a bureau's books never become a rehearsal; and a draw's
series must be that of its database, so no rehearsal is drawn on a bureau's books and no formal draw elsewhere.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T09:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a rehearsal has a database of its own"

NOT_EMPTY = "a database that keeps a bureau cannot become a rehearsal"
WRONG_SERIES = "a rehearsal is drawn in a rehearsal database and a formal draw is not"
MARKED = "EXISTS (SELECT 1 FROM rehearsal)"

ON_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS rehearsal_only_when_empty BEFORE INSERT ON rehearsal
    WHEN EXISTS (SELECT 1 FROM bureau) BEGIN SELECT RAISE(ABORT, '{NOT_EMPTY}'); END""",  # noqa: S608 - DDL of fixed words.
    f"""CREATE TRIGGER IF NOT EXISTS draw_of_its_series BEFORE INSERT ON draw
    WHEN (NEW.series = 'rehearsal') <> ({MARKED})
    BEGIN SELECT RAISE(ABORT, '{WRONG_SERIES}'); END""",
)
ON_POSTGRES = (
    f"""CREATE OR REPLACE FUNCTION rehearsal_only_when_empty() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM bureau) THEN RAISE EXCEPTION '{NOT_EMPTY}'; END IF;
        RETURN NEW;
    END $$""",  # noqa: S608 - DDL of fixed words.
    """CREATE OR REPLACE TRIGGER rehearsal_only_when_empty BEFORE INSERT ON rehearsal
    FOR EACH ROW EXECUTE FUNCTION rehearsal_only_when_empty()""",
    f"""CREATE OR REPLACE FUNCTION draw_of_its_series() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (NEW.series = 'rehearsal') <> {MARKED} THEN RAISE EXCEPTION '{WRONG_SERIES}'; END IF;
        RETURN NEW;
    END $$""",
    """CREATE OR REPLACE TRIGGER draw_of_its_series BEFORE INSERT ON draw
    FOR EACH ROW EXECUTE FUNCTION draw_of_its_series()""",
)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for statement in ON_POSTGRES if engine.engine_type == "postgres" else ON_SQLITE:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
