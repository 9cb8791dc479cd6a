"""Tokens of programs, and the answers that were given under an idempotency key."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-27T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tokens of the programming interface"

TABLE = """
CREATE TABLE IF NOT EXISTS api_token (
    id {serial},
    bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT,
    account BIGINT NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    purpose VARCHAR(100) NOT NULL,
    scopes VARCHAR(500) NOT NULL,
    token_digest VARCHAR(64) NOT NULL UNIQUE,
    made_at TIMESTAMPTZ NOT NULL,
    valid_to DATE NOT NULL,
    used_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ
)
"""
ANSWER = """
CREATE TABLE IF NOT EXISTS api_answer (
    id {serial},
    token BIGINT NOT NULL REFERENCES api_token (id) ON DELETE RESTRICT,
    key_digest VARCHAR(64) NOT NULL,
    request_digest VARCHAR(64) NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    UNIQUE (token, key_digest)
)
"""
INDEXES = (
    "CREATE INDEX IF NOT EXISTS api_token_of_bureau ON api_token (bureau, id)",
    "CREATE INDEX IF NOT EXISTS api_token_of_account ON api_token (account, id)",
    "CREATE INDEX IF NOT EXISTS api_answer_by_age ON api_answer (token, at)",
)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine.engine_type == "postgres"
        serial = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
        for statement in (TABLE.format(serial=serial), ANSWER.format(serial=serial), *INDEXES):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
