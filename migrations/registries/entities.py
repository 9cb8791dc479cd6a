"""Supervised entities: the current row, every superseded version, and the search by name.

`entity` holds what the books say now; a trigger moves the old row to `entity_version` whenever one changes, so no code
can change an entity without keeping what it was. Texts are compared bytewise on both engines.
"""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T08:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "entity, entity_version, entity_staged"

# What an entity is, the same in all three tables; `C` stands for PostgreSQL's bytewise collation.
CONTENT = """
    name VARCHAR(200) C NOT NULL,
    kind VARCHAR(80) C NOT NULL,
    district VARCHAR(12) C NOT NULL DEFAULT '',
    registered_address TEXT NOT NULL DEFAULT '',
    work_address TEXT NOT NULL DEFAULT '',
    enterprise_type TEXT NOT NULL DEFAULT '',
    industry VARCHAR(5) NOT NULL DEFAULT '',
    size VARCHAR(10) NOT NULL DEFAULT '',
    headcount INTEGER,
    established DATE,
    registration TEXT NOT NULL DEFAULT '',
    legal_representative TEXT NOT NULL DEFAULT '',
    contact TEXT NOT NULL DEFAULT '',
    contact_phone TEXT NOT NULL DEFAULT '',
    grade VARCHAR(1) NOT NULL DEFAULT '-',
    tags TEXT NOT NULL DEFAULT '',
    permits TEXT NOT NULL DEFAULT '[]',
    project TEXT NOT NULL DEFAULT ''
"""
STANDING = """
    bureau VARCHAR(6) C NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT,
    id VARCHAR(40) C NOT NULL,
    state VARCHAR(10) NOT NULL,
    state_reason VARCHAR(40) NOT NULL DEFAULT '',
    replaced_by VARCHAR(40) NOT NULL DEFAULT '',
"""
ORIGIN = """,
    version INTEGER NOT NULL,
    valid_from DATE NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL DEFAULT ''
"""


def _one_of(column: str, values: str) -> str:
    """Return the condition that a column holds one of the words.

    In place of IN, for which SQLite builds a table anew at every row: four of them doubled the time of a merge.
    """
    return " OR ".join(f"{column} = '{value}'" for value in values.split())


CHECKS = f""",
    CHECK (length(id) BETWEEN 1 AND 40),
    CHECK (length(name) BETWEEN 1 AND 200),
    CHECK (length(kind) BETWEEN 1 AND 80),
    CHECK (district = '' OR length(district) = 6 OR length(district) = 9 OR length(district) = 12),
    CHECK ({_one_of("state", "active set-aside retired")}),
    CHECK (state <> 'active' OR (district <> '' AND state_reason = '')),
    CHECK (state <> 'set-aside' OR state_reason <> ''),
    CHECK (size = '' OR {_one_of("size", "large medium small micro")}),
    CHECK ({_one_of("grade", "A B C -")}),
    CHECK (headcount IS NULL OR headcount >= 0),
    CHECK (version >= 1)
"""
TABLES = (
    f"CREATE TABLE IF NOT EXISTS entity (NUMBER,{STANDING}{CONTENT}{ORIGIN}{CHECKS})",
    (
        f"CREATE TABLE IF NOT EXISTS entity_version (NUMBER,{STANDING}{CONTENT}{ORIGIN},"
        " superseded_at TIMESTAMPTZ NOT NULL)"
    ),
)
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS entity_bureau_id ON entity (bureau, id)",
    "CREATE INDEX IF NOT EXISTS entity_bureau_district ON entity (bureau, district, id)",
    # Most rows are active, of grade A or none, and plain employers: only the others are looked for.
    (
        "CREATE INDEX IF NOT EXISTS entity_bureau_state ON entity (bureau, state, id)"
        " WHERE state <> 'active'"
    ),
    (
        "CREATE INDEX IF NOT EXISTS entity_bureau_grade ON entity (bureau, grade, id)"
        " WHERE grade IN ('B', 'C')"
    ),
    "CREATE INDEX IF NOT EXISTS entity_bureau_kind ON entity (bureau, id) WHERE kind <> 'employer'",
    "CREATE INDEX IF NOT EXISTS entity_bureau_tags ON entity (bureau, id) WHERE tags <> ''",
    (
        "CREATE UNIQUE INDEX IF NOT EXISTS entity_version_bureau_id_version"
        " ON entity_version (bureau, id, version)"
    ),
)
COLUMNS = (
    "bureau, id, state, state_reason, replaced_by, name, kind, district, registered_address,"
    " work_address, enterprise_type, industry, size, headcount, established, registration,"
    " legal_representative, contact, contact_phone, grade, tags, permits, project, version,"
    " valid_from, recorded_at, recorded_by, reason, source"
)
OLD = ", ".join(f"OLD.{column.strip()}" for column in COLUMNS.split(","))
KEEP_OLD = f"INSERT INTO entity_version ({COLUMNS}, superseded_at) VALUES ({OLD}, NEW.recorded_at)"  # noqa: S608
STEADY = (
    "NEW.bureau = OLD.bureau AND NEW.id = OLD.id AND NEW.version = OLD.version + 1"
    " AND NEW.recorded_at >= OLD.recorded_at AND NEW.valid_from >= OLD.valid_from"
)

ON_SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS entity_keeps_versions BEFORE UPDATE ON entity BEGIN
        SELECT RAISE(ABORT, 'entity: one version after the other') WHERE NOT ({STEADY});
        {KEEP_OLD};
    END""",
    """CREATE TRIGGER IF NOT EXISTS entity_stays BEFORE DELETE ON entity BEGIN
        SELECT RAISE(ABORT, 'entity: rows are retired, never deleted');
    END""",
    # External content: the names are stored once, in entity; detail=none keeps the index small.
    """CREATE VIRTUAL TABLE IF NOT EXISTS entity_name USING fts5 (
        name, content='entity', content_rowid='number', tokenize='trigram', detail='none'
    )""",
    """CREATE TRIGGER IF NOT EXISTS entity_name_entered AFTER INSERT ON entity BEGIN
        INSERT INTO entity_name (rowid, name) VALUES (NEW.number, NEW.name);
    END""",
    """CREATE TRIGGER IF NOT EXISTS entity_name_changed AFTER UPDATE ON entity
        WHEN NEW.name <> OLD.name BEGIN
        INSERT INTO entity_name (entity_name, rowid, name) VALUES ('delete', OLD.number, OLD.name);
        INSERT INTO entity_name (rowid, name) VALUES (NEW.number, NEW.name);
    END""",
)
ON_POSTGRES = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS entity_name_trigrams ON entity USING gin (name gin_trgm_ops)",
    f"""CREATE OR REPLACE FUNCTION entity_keeps_versions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT ({STEADY}) THEN
            RAISE EXCEPTION 'entity: one version after the other';
        END IF;
        {KEEP_OLD};
        RETURN NEW;
    END $$""",
    (
        "CREATE OR REPLACE TRIGGER entity_keeps_versions BEFORE UPDATE ON entity"
        " FOR EACH ROW EXECUTE FUNCTION entity_keeps_versions()"
    ),
    """CREATE OR REPLACE FUNCTION entity_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'entity: rows are retired, never deleted';
    END $$""",
    (
        "CREATE OR REPLACE TRIGGER entity_stays BEFORE DELETE OR TRUNCATE ON entity"
        " FOR EACH STATEMENT EXECUTE FUNCTION entity_stays()"
    ),
    # Rows on their way in, outside the write lock (on SQLite they wait in a file of their own).
    (
        f"CREATE UNLOGGED TABLE IF NOT EXISTS entity_staged (staging VARCHAR(32) C NOT NULL,"
        f" staged_at TIMESTAMPTZ NOT NULL DEFAULT now(), id VARCHAR(40) C NOT NULL,"
        f" set_aside VARCHAR(40) NOT NULL DEFAULT '', number BIGINT, version INTEGER,{CONTENT},"
        f" PRIMARY KEY (staging, id))"
    ),
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
        own = ON_POSTGRES if postgres else ON_SQLITE
        number = "BIGINT GENERATED ALWAYS AS IDENTITY" if postgres else "INTEGER"
        for statement in (
            *TABLES,
            *INDEXES,
            *own,
            *_append_only("entity_version", postgres=postgres),
        ):
            spelled = statement.replace("(NUMBER", f"(number {number} PRIMARY KEY")
            await engine.run_ddl(spelled.replace(") C ", ') COLLATE "C" ' if postgres else ") "))

    manager.add_raw(run)
    return manager
