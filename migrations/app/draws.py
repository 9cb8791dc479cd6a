"""Draws, their frozen files and their steps. Everything about a frozen draw only grows (docs/adr/0081)."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T09:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "draw, frozen files, steps"

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS draw_preparation (
        id {serial},
        bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT,
        plan BIGINT NOT NULL REFERENCES plan (id) ON DELETE RESTRICT,
        round INTEGER NOT NULL CHECK (round BETWEEN 1 AND 12),
        settings TEXT NOT NULL,
        prepared_by VARCHAR(100) NOT NULL,
        prepared_at TIMESTAMPTZ NOT NULL,
        abandoned_at TIMESTAMPTZ
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS draw (
        id {serial},
        bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT,
        series VARCHAR(10) NOT NULL CHECK (series IN ('formal', 'rehearsal')),
        year INTEGER NOT NULL,
        sequence INTEGER NOT NULL CHECK (sequence >= 1),
        number VARCHAR(40) NOT NULL,
        preparation BIGINT NOT NULL UNIQUE REFERENCES draw_preparation (id) ON DELETE RESTRICT,
        plan BIGINT NOT NULL REFERENCES plan (id) ON DELETE RESTRICT,
        round INTEGER NOT NULL,
        title VARCHAR(200) NOT NULL,
        total INTEGER NOT NULL CHECK (total >= 1),
        commitment VARCHAR(64) NOT NULL UNIQUE CHECK (length(commitment) = 64),
        previous VARCHAR(64) NOT NULL,
        hall_mode VARCHAR(10) NOT NULL CHECK (hall_mode IN ('counts', 'open')),
        tasks_end DATE NOT NULL,
        unseal_by DATE NOT NULL,
        standby_witness VARCHAR(100) NOT NULL,
        frozen_by VARCHAR(100) NOT NULL,
        frozen_at TIMESTAMPTZ NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS draw_file (
        id {serial},
        draw BIGINT NOT NULL REFERENCES draw (id) ON DELETE RESTRICT,
        name VARCHAR(40) NOT NULL,
        access VARCHAR(10) NOT NULL CHECK (access IN ('public', 'roles', 'sealed')),
        size BIGINT NOT NULL,
        digest VARCHAR(64) NOT NULL CHECK (length(digest) = 64)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS draw_file_part (
        id {serial},
        file BIGINT NOT NULL REFERENCES draw_file (id) ON DELETE RESTRICT,
        position INTEGER NOT NULL,
        content {bytes} NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS draw_sealed_part (
        id {serial},
        file BIGINT NOT NULL REFERENCES draw_file (id) ON DELETE RESTRICT,
        position INTEGER NOT NULL,
        content {bytes} NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS draw_person (
        id {serial},
        draw BIGINT NOT NULL REFERENCES draw (id) ON DELETE RESTRICT,
        pseudonym VARCHAR(40) NOT NULL,
        inspector VARCHAR(40) NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS draw_step (
        id {serial},
        draw BIGINT NOT NULL REFERENCES draw (id) ON DELETE RESTRICT,
        position INTEGER NOT NULL CHECK (position >= 1),
        step VARCHAR(40) NOT NULL,
        state VARCHAR(40) NOT NULL,
        operator VARCHAR(100) NOT NULL,
        witness VARCHAR(100) NOT NULL,
        reason VARCHAR(2000) NOT NULL,
        at TIMESTAMPTZ NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS rehearsal (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        made_at TIMESTAMPTZ NOT NULL,
        made_by VARCHAR(100) NOT NULL
    )
    """,
)
INDEXES = (
    "CREATE INDEX IF NOT EXISTS draw_preparation_plan ON draw_preparation (plan)",
    "CREATE INDEX IF NOT EXISTS draw_preparation_bureau ON draw_preparation (bureau, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_sequence ON draw (bureau, series, year, sequence)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_number ON draw (bureau, number)",
    # Each commitment is named by at most one later draw: the chain of a bureau cannot fork.
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_chain ON draw (bureau, series, previous)",
    "CREATE INDEX IF NOT EXISTS draw_plan ON draw (plan, round)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_file_name ON draw_file (draw, name)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_file_part_place ON draw_file_part (file, position)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_sealed_part_place ON draw_sealed_part (file, position)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_person_pseudonym ON draw_person (draw, pseudonym)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_person_inspector ON draw_person (draw, inspector)",
    "CREATE UNIQUE INDEX IF NOT EXISTS draw_step_position ON draw_step (draw, position)",
)
ONLY_GROW = (
    "draw",
    "draw_file",
    "draw_file_part",
    "draw_sealed_part",
    "draw_person",
    "draw_step",
    "rehearsal",
)
# A preparation may change and be given up until its draw is frozen; from then on it is evidence.
SQLITE_PREPARATION = (
    """
    CREATE TRIGGER IF NOT EXISTS draw_preparation_fixed BEFORE UPDATE ON draw_preparation
    WHEN EXISTS (SELECT 1 FROM draw WHERE draw.preparation = OLD.id)
      OR OLD.abandoned_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the preparation of a frozen draw is fixed'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS draw_preparation_kept BEFORE DELETE ON draw_preparation
    BEGIN SELECT RAISE(ABORT, 'a preparation is never deleted'); END
    """,
)
POSTGRES_PREPARATION = (
    """
    CREATE OR REPLACE FUNCTION draw_preparation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'UPDATE' THEN
            RAISE EXCEPTION 'a preparation is never deleted';
        END IF;
        IF OLD.abandoned_at IS NOT NULL
            OR EXISTS (SELECT 1 FROM draw WHERE draw.preparation = OLD.id) THEN
            RAISE EXCEPTION 'the preparation of a frozen draw is fixed';
        END IF;
        RETURN NEW;
    END $$
    """,
    (
        "CREATE OR REPLACE TRIGGER draw_preparation_fixed BEFORE UPDATE OR DELETE ON draw_preparation"
        " FOR EACH ROW EXECUTE FUNCTION draw_preparation_guard()"
    ),
    (
        "CREATE OR REPLACE TRIGGER draw_preparation_kept BEFORE TRUNCATE ON draw_preparation"
        " FOR EACH STATEMENT EXECUTE FUNCTION draw_preparation_guard()"
    ),
    # A frozen file is read whole and never searched: compressing it would only cost time.
    "ALTER TABLE draw_file_part ALTER COLUMN content SET STORAGE EXTERNAL",
    "ALTER TABLE draw_sealed_part ALTER COLUMN content SET STORAGE EXTERNAL",
    """
    CREATE OR REPLACE FUNCTION draw_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% only grows: a frozen draw is never changed or deleted', TG_TABLE_NAME;
    END $$
    """,
)


def only_grows(table: str, *, postgres: bool) -> list[str]:
    """Return the triggers that let rows be added to `table` and never changed or removed."""
    if postgres:
        return [
            (
                f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION draw_only_grows()"
            ),
            (
                f"CREATE OR REPLACE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION draw_only_grows()"
            ),
        ]
    sentence = f"{table} only grows: a frozen draw is never changed or deleted"
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {deed} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        for name, deed in (("append_only", "UPDATE"), ("never_deleted", "DELETE"))
    ]


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine.engine_type == "postgres"
        serial = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
        content = "BYTEA" if postgres else "BLOB"
        tables = [t.replace("{serial}", serial).replace("{bytes}", content) for t in TABLES]
        guards = POSTGRES_PREPARATION if postgres else SQLITE_PREPARATION
        triggers = [line for t in ONLY_GROW for line in only_grows(t, postgres=postgres)]
        for statement in (*tables, *INDEXES, *guards, *triggers):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
