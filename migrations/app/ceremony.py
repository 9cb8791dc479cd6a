"""What happens at a ceremony and after it, each a row that stays (docs/adr/0082)."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from migrations.app.draws import only_grows

ID = "2026-11-21T09:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "contributions, dice, result, signatures, void, replacements, call-ups"

DRAW = "draw BIGINT NOT NULL REFERENCES draw (id) ON DELETE RESTRICT"

# table → its columns beside id and draw.
TABLES = {
    "draw_contribution": """
        label VARCHAR(40) NOT NULL,
        contributor VARCHAR(100) NOT NULL,
        capacity VARCHAR(100) NOT NULL,
        commitment VARCHAR(64) NOT NULL CHECK (length(commitment) = 64),
        at TIMESTAMPTZ NOT NULL
    """,
    "draw_reveal": """
        label VARCHAR(40) NOT NULL,
        nonce VARCHAR(200) NOT NULL,
        value VARCHAR(1000) NOT NULL,
        verdict VARCHAR(20) NOT NULL CHECK (verdict IN ('matches', 'differs', 'malformed')),
        at TIMESTAMPTZ NOT NULL
    """,
    "draw_digit": """
        position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 60),
        attempt INTEGER NOT NULL CHECK (attempt >= 1),
        typed_by VARCHAR(10) NOT NULL CHECK (typed_by IN ('operator', 'witness')),
        name VARCHAR(100) NOT NULL,
        digit VARCHAR(1) NOT NULL CHECK (digit >= '0' AND digit <= '9'),
        at TIMESTAMPTZ NOT NULL
    """,
    "draw_doubt": """
        label VARCHAR(40) NOT NULL,
        statement VARCHAR(2000) NOT NULL,
        at TIMESTAMPTZ NOT NULL
    """,
    "draw_result": """
        parts_digest VARCHAR(64) NOT NULL CHECK (length(parts_digest) = 64),
        dice VARCHAR(60) NOT NULL,
        root VARCHAR(64) NOT NULL CHECK (length(root) = 64),
        leaves INTEGER NOT NULL CHECK (leaves >= 1),
        result_digest VARCHAR(64) NOT NULL CHECK (length(result_digest) = 64),
        counts TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL
    """,
    "draw_selection": """
        entity VARCHAR(40) NOT NULL,
        district VARCHAR(12) NOT NULL,
        grade VARCHAR(1) NOT NULL,
        rank INTEGER NOT NULL CHECK (rank >= 1),
        team INTEGER NOT NULL CHECK (team >= 0)
    """,
    "draw_seat": """
        district VARCHAR(12) NOT NULL,
        team INTEGER NOT NULL CHECK (team >= 1),
        place INTEGER NOT NULL CHECK (place >= 0),
        pseudonym VARCHAR(40) NOT NULL
    """,
    "draw_signature": """
        signed_as VARCHAR(10) NOT NULL CHECK (signed_as IN ('operator', 'witness', 'head')),
        name VARCHAR(100) NOT NULL,
        manner VARCHAR(10) NOT NULL CHECK (manner IN ('signed', 'objection', 'refused')),
        statement VARCHAR(2000) NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        CHECK (manner = 'signed' OR statement <> '')
    """,
    "draw_void": """
        ground VARCHAR(20) NOT NULL
            CHECK (ground IN ('before-reveal', 'court-order', 'superior-order', 'frame-wrong')),
        reason VARCHAR(2000) NOT NULL CHECK (reason <> ''),
        witness VARCHAR(100) NOT NULL CHECK (witness <> ''),
        second VARCHAR(100) NOT NULL CHECK (second <> ''),
        at TIMESTAMPTZ NOT NULL,
        CHECK (witness <> second)
    """,
    "draw_seal_reading": """
        file VARCHAR(40) NOT NULL,
        reader VARCHAR(100) NOT NULL,
        purpose VARCHAR(500) NOT NULL CHECK (purpose <> ''),
        at TIMESTAMPTZ NOT NULL
    """,
    "draw_replacement": """
        district VARCHAR(12) NOT NULL,
        team INTEGER NOT NULL,
        place INTEGER NOT NULL,
        replaced VARCHAR(40) NOT NULL,
        pseudonym VARCHAR(40) NOT NULL,
        passed_over TEXT NOT NULL,
        reason VARCHAR(500) NOT NULL CHECK (reason <> ''),
        at TIMESTAMPTZ NOT NULL,
        CHECK (replaced <> pseudonym)
    """,
    "draw_call_up": """
        entity VARCHAR(40) NOT NULL,
        district VARCHAR(12) NOT NULL,
        team INTEGER NOT NULL CHECK (team >= 0),
        beside VARCHAR(40) NOT NULL,
        outcome VARCHAR(20) NOT NULL CHECK (outcome IN ('called', 'left')),
        reason VARCHAR(500) NOT NULL CHECK (reason <> ''),
        evidence VARCHAR(2000) NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        CHECK (entity <> beside)
    """,
}
# table → the columns that name a row within its draw; every other table is looked up by draw alone.
UNIQUE = {
    "draw_contribution": "draw, label",
    "draw_reveal": "draw, label",
    "draw_digit": "draw, position, attempt, typed_by",
    "draw_doubt": "draw, label",
    "draw_result": "draw",
    "draw_selection": "draw, entity",
    "draw_seat": "draw, district, team, place",
    "draw_void": "draw",
    "draw_call_up": "draw, entity",
}


def statements(*, postgres: bool) -> list[str]:
    """Return the DDL: a table, its index and its triggers for each kind of evidence."""
    serial = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
    lines = []
    for table, columns in TABLES.items():
        lines.append(f"CREATE TABLE IF NOT EXISTS {table} (id {serial}, {DRAW}, {columns})")
        if table in UNIQUE:
            lines.append(
                f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_key ON {table} ({UNIQUE[table]})"
            )
        else:
            lines.append(f"CREATE INDEX IF NOT EXISTS {table}_draw ON {table} (draw, id)")
        lines += only_grows(table, postgres=postgres)
    # One inspector takes at most one seat in a draw (protocol §7.3).
    lines.append(
        "CREATE UNIQUE INDEX IF NOT EXISTS draw_seat_pseudonym ON draw_seat (draw, pseudonym)"
    )
    lines.append("CREATE INDEX IF NOT EXISTS draw_selection_entity ON draw_selection (entity)")
    return lines


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for statement in statements(postgres=engine.engine_type == "postgres"):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
