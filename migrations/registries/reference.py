"""The bureau's own reference data: district changes, calendar notices, item lists, inspectors, recusals.

Everything here only grows. Two columns may be set later, once: the day from which an item list is in effect, and
the end of a recusal or of an absence; the head row of an inspector follows its newest version.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reference data"

BUREAU = "bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT"
ENTERED = "entered_at VARCHAR(40) NOT NULL, entered_by VARCHAR(100) NOT NULL"
# Replaced by each engine's words for comparing texts byte by byte, so that lists run alike on both.
BYTEWISE = "COLLATE BYTEWISE"
REASON = "reason VARCHAR(500) NOT NULL CHECK (length(reason) BETWEEN 1 AND 500)"

TABLES = {
    "district_change": f"""
        {BUREAU},
        number INTEGER NOT NULL CHECK (number >= 1),
        kind VARCHAR(10) NOT NULL CHECK (kind IN ('add', 'rename', 'merge')),
        code VARCHAR(12) NOT NULL,
        name VARCHAR(50) NOT NULL,
        parent VARCHAR(12) NOT NULL,
        successor VARCHAR(12),
        valid_from VARCHAR(10) NOT NULL CHECK (length(valid_from) = 10),
        source VARCHAR(200) NOT NULL CHECK (length(source) >= 1),
        {REASON}, {ENTERED},
        PRIMARY KEY (bureau, number)
    """,
    "calendar_notice": f"""
        number INTEGER PRIMARY KEY CHECK (number >= 1),
        year INTEGER NOT NULL CHECK (year BETWEEN 2004 AND 2999),
        notice VARCHAR(100) NOT NULL CHECK (length(notice) >= 1),
        source VARCHAR(200) NOT NULL,
        supplement INTEGER NOT NULL CHECK (supplement IN (0, 1)),
        {ENTERED}
    """,
    "calendar_line": """
        notice INTEGER NOT NULL REFERENCES calendar_notice (number) ON DELETE RESTRICT,
        line INTEGER NOT NULL,
        first VARCHAR(10) NOT NULL CHECK (length(first) = 10),
        last VARCHAR(10) NOT NULL CHECK (length(last) = 10),
        kind VARCHAR(10) NOT NULL CHECK (kind IN ('holiday', 'workday', 'ordinary')),
        name VARCHAR(100) NOT NULL,
        PRIMARY KEY (notice, line),
        CHECK (first <= last)
    """,
    "item_list": f"""
        {BUREAU},
        version INTEGER NOT NULL CHECK (version >= 1),
        name VARCHAR(200) NOT NULL,
        source VARCHAR(200) NOT NULL,
        {REASON}, {ENTERED},
        effective VARCHAR(10) CHECK (length(effective) = 10),
        effected_at VARCHAR(40),
        effected_by VARCHAR(100),
        PRIMARY KEY (bureau, version),
        CHECK ((effective IS NULL) = (effected_at IS NULL)),
        CHECK ((effective IS NULL) = (effected_by IS NULL))
    """,
    "item": f"""
        bureau VARCHAR(6) NOT NULL,
        version INTEGER NOT NULL,
        place INTEGER NOT NULL CHECK (place >= 1),
        item_key VARCHAR(40) {BYTEWISE} NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (bureau, version, item_key),
        FOREIGN KEY (bureau, version) REFERENCES item_list (bureau, version) ON DELETE RESTRICT
    """,
    "inspector": f"""
        {BUREAU},
        inspector VARCHAR(40) {BYTEWISE} NOT NULL CHECK (length(inspector) BETWEEN 1 AND 40),
        version INTEGER NOT NULL CHECK (version >= 1),
        name VARCHAR(50) NOT NULL,
        state VARCHAR(12) NOT NULL
            CHECK (state IN ('on-duty', 'suspended', 'transferred', 'retired', 'auxiliary')),
        content TEXT NOT NULL,
        PRIMARY KEY (bureau, inspector)
    """,
    "inspector_version": f"""
        bureau VARCHAR(6) NOT NULL,
        inspector VARCHAR(40) {BYTEWISE} NOT NULL,
        version INTEGER NOT NULL CHECK (version >= 1),
        valid_from VARCHAR(10) NOT NULL CHECK (length(valid_from) = 10),
        content TEXT NOT NULL,
        {REASON}, {ENTERED},
        PRIMARY KEY (bureau, inspector, version),
        FOREIGN KEY (bureau, inspector) REFERENCES inspector (bureau, inspector) ON DELETE RESTRICT
    """,
    "inspector_absence": f"""
        bureau VARCHAR(6) NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        inspector VARCHAR(40) {BYTEWISE} NOT NULL,
        first VARCHAR(10) NOT NULL CHECK (length(first) = 10),
        last VARCHAR(10) NOT NULL CHECK (length(last) = 10),
        {REASON}, {ENTERED},
        ended_at VARCHAR(40),
        ended_by VARCHAR(100),
        PRIMARY KEY (bureau, number),
        FOREIGN KEY (bureau, inspector) REFERENCES inspector (bureau, inspector) ON DELETE RESTRICT,
        CHECK (first <= last)
    """,
    "recusal": f"""
        bureau VARCHAR(6) NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        inspector VARCHAR(40) {BYTEWISE} NOT NULL,
        entity VARCHAR(40) {BYTEWISE} NOT NULL CHECK (length(entity) BETWEEN 1 AND 40),
        reason_code VARCHAR(40) NOT NULL,
        declared_by VARCHAR(100) NOT NULL CHECK (length(declared_by) >= 1),
        first VARCHAR(10) NOT NULL CHECK (length(first) = 10),
        last VARCHAR(10) CHECK (length(last) = 10),
        note VARCHAR(500) NOT NULL,
        {ENTERED},
        ended_at VARCHAR(40),
        ended_by VARCHAR(100),
        end_reason VARCHAR(500),
        PRIMARY KEY (bureau, number),
        FOREIGN KEY (bureau, inspector) REFERENCES inspector (bureau, inspector) ON DELETE RESTRICT,
        CHECK (last IS NULL OR first <= last)
    """,
}
INDEXES = (
    "CREATE INDEX IF NOT EXISTS calendar_notice_year ON calendar_notice (year)",
    "CREATE INDEX IF NOT EXISTS item_list_effective ON item_list (bureau, effective)",
    "CREATE INDEX IF NOT EXISTS inspector_absence_whose ON inspector_absence (bureau, inspector)",
    "CREATE INDEX IF NOT EXISTS recusal_inspector ON recusal (bureau, inspector)",
    "CREATE INDEX IF NOT EXISTS recusal_entity ON recusal (bureau, entity)",
)
# The columns that never change, where not all of them are fixed, and the one that may be set once.
FIXED = {
    "item_list": "bureau version name source reason entered_at entered_by",
    "inspector": "bureau inspector",
    "inspector_absence": "bureau number inspector first last reason entered_at entered_by",
    "recusal": (
        "bureau number inspector entity reason_code declared_by first note entered_at entered_by"
    ),
}
ONCE = {"item_list": "effective", "inspector_absence": "ended_at", "recusal": "ended_at"}


def forbidden_update(table: str) -> str:
    """Return the SQL condition under which an update of `table` is refused, the same on both engines."""
    if table not in FIXED:
        return "TRUE"
    changed = [f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in FIXED[table].split()]
    if table in ONCE:
        changed.append(f"OLD.{ONCE[table]} IS NOT NULL")
    return " OR ".join(changed)


def sqlite_guards(table: str) -> list[str]:
    """Return the triggers that keep a table's rows on SQLite."""
    # SQLite learnt IS DISTINCT FROM in 3.39 and TRUE in 3.23; older words keep older files readable.
    condition = forbidden_update(table).replace("IS DISTINCT FROM", "IS NOT").replace("TRUE", "1")
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{verb}_guard BEFORE {verb.upper()} ON {table} {when}"
        f" BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept'); END"
        for verb, when in (("update", f"WHEN {condition}"), ("delete", ""))
    ]


def postgres_guards(table: str) -> list[str]:
    """Return the function and triggers that keep a table's rows on PostgreSQL."""
    return [
        f"""CREATE OR REPLACE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'rows of {table} are kept'; END IF;
            IF {forbidden_update(table)} THEN RAISE EXCEPTION 'rows of {table} are kept'; END IF;
            RETURN NEW;
        END $$""",
        (
            f"CREATE OR REPLACE TRIGGER {table}_row_guard BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_guard()"
        ),
    ]


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="registries", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None  # noqa: S101 - a migration runs with an engine.
        on_sqlite = engine.engine_type == "sqlite"
        guards = sqlite_guards if on_sqlite else postgres_guards
        bytewise = "COLLATE BINARY" if on_sqlite else 'COLLATE "C"'
        for table, columns in TABLES.items():
            statement = f"CREATE TABLE IF NOT EXISTS {table} ({columns})"
            await engine.run_ddl(statement.replace(BYTEWISE, bytewise))
        for statement in INDEXES:
            await engine.run_ddl(statement)
        for table in TABLES:
            for statement in guards(table):
                await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
