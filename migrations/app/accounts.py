"""Accounts, roles, sessions, sign-in attempts, second factors, recovery codes, invited witnesses."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-21T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "accounts"

BUREAU = "bureau VARCHAR(6) NOT NULL REFERENCES bureau (code) ON DELETE RESTRICT"
ACCOUNT = "account BIGINT NOT NULL REFERENCES account (id) ON DELETE RESTRICT"
TABLES = (
    """
CREATE TABLE IF NOT EXISTS account (
    id {serial},
    {bureau},
    staff_number VARCHAR(30) NOT NULL CHECK (staff_number <> ''),
    name VARCHAR(50) NOT NULL CHECK (name <> ''),
    districts VARCHAR(1000) NOT NULL,
    draw VARCHAR(40) NOT NULL,
    password VARCHAR(200) NOT NULL,
    password_set_at TIMESTAMPTZ NOT NULL,
    one_time_password BOOLEAN NOT NULL,
    valid_from DATE,
    valid_to DATE,
    locked_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (draw = '' OR (valid_from IS NOT NULL AND valid_to IS NOT NULL))
)
""",
    """
CREATE TABLE IF NOT EXISTS role_grant (
    id {serial},
    {bureau},
    {account},
    role VARCHAR(30) NOT NULL,
    deed VARCHAR(10) NOT NULL CHECK (deed IN ('granted', 'withdrawn')),
    granter BIGINT REFERENCES account (id) ON DELETE RESTRICT,
    at TIMESTAMPTZ NOT NULL,
    reason VARCHAR(500) NOT NULL,
    CHECK (granter <> account)
)
""",
    """
CREATE TABLE IF NOT EXISTS staff_session (
    id {serial},
    {bureau},
    {account},
    token_digest VARCHAR(64) NOT NULL UNIQUE CHECK (length(token_digest) = 64),
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    second_factor_at TIMESTAMPTZ,
    address VARCHAR(45) NOT NULL,
    device VARCHAR(100) NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_why VARCHAR(20) NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS sign_in_attempt (
    id {serial},
    subject VARCHAR(64) NOT NULL,
    stage VARCHAR(20) NOT NULL CHECK (stage IN ('password', 'second-factor', 'slip')),
    address VARCHAR(45) NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR(10) NOT NULL CHECK (outcome IN ('open', 'failed', 'succeeded', 'cleared'))
)
""",
    """
CREATE TABLE IF NOT EXISTS second_factor (
    id {serial},
    {bureau},
    {account},
    secret VARCHAR(200) NOT NULL,
    enrolled_at TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,
    last_counter BIGINT NOT NULL,
    removed_at TIMESTAMPTZ
)
""",
    """
CREATE TABLE IF NOT EXISTS recovery_code (
    id {serial},
    {bureau},
    {account},
    digest VARCHAR(64) NOT NULL UNIQUE CHECK (length(digest) = 64),
    made_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    void_at TIMESTAMPTZ
)
""",
    """
CREATE TABLE IF NOT EXISTS witness_invitation (
    id {serial},
    {bureau},
    {account},
    draw VARCHAR(40) NOT NULL CHECK (draw <> ''),
    office VARCHAR(100) NOT NULL,
    slip_digest VARCHAR(64) NOT NULL UNIQUE CHECK (length(slip_digest) = 64),
    inviter BIGINT NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    invited_at TIMESTAMPTZ NOT NULL,
    redeemed_at TIMESTAMPTZ,
    withdrawn_at TIMESTAMPTZ,
    reason VARCHAR(500) NOT NULL,
    CHECK (inviter <> account)
)
""",
)
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS account_staff_number ON account (bureau, lower(staff_number))",
    "CREATE INDEX IF NOT EXISTS role_grant_account ON role_grant (account, id)",
    "CREATE INDEX IF NOT EXISTS role_grant_bureau ON role_grant (bureau)",
    "CREATE INDEX IF NOT EXISTS role_grant_granter ON role_grant (granter)",
    "CREATE INDEX IF NOT EXISTS staff_session_account ON staff_session (account, id)",
    "CREATE INDEX IF NOT EXISTS staff_session_bureau ON staff_session (bureau)",
    "CREATE INDEX IF NOT EXISTS sign_in_attempt_subject ON sign_in_attempt (subject, stage, id)",
    "CREATE INDEX IF NOT EXISTS sign_in_attempt_at ON sign_in_attempt (at)",
    "CREATE INDEX IF NOT EXISTS sign_in_attempt_address ON sign_in_attempt (address, at)",
    (
        "CREATE UNIQUE INDEX IF NOT EXISTS second_factor_in_use ON second_factor (account)"
        " WHERE removed_at IS NULL AND confirmed_at IS NOT NULL"
    ),
    (
        "CREATE UNIQUE INDEX IF NOT EXISTS second_factor_begun ON second_factor (account)"
        " WHERE removed_at IS NULL AND confirmed_at IS NULL"
    ),
    "CREATE INDEX IF NOT EXISTS second_factor_account ON second_factor (account)",
    "CREATE INDEX IF NOT EXISTS second_factor_bureau ON second_factor (bureau)",
    "CREATE INDEX IF NOT EXISTS recovery_code_account ON recovery_code (account)",
    "CREATE INDEX IF NOT EXISTS recovery_code_bureau ON recovery_code (bureau)",
    "CREATE INDEX IF NOT EXISTS witness_invitation_bureau ON witness_invitation (bureau, draw)",
    "CREATE INDEX IF NOT EXISTS witness_invitation_account ON witness_invitation (account)",
    "CREATE INDEX IF NOT EXISTS witness_invitation_inviter ON witness_invitation (inviter)",
)
# Nobody is ever taken out of the books: who did what stays answerable after they have left.
SQLITE_GUARDS = (
    """
CREATE TRIGGER IF NOT EXISTS role_grant_append_only_UPDATE BEFORE UPDATE ON role_grant
BEGIN SELECT RAISE(ABORT, 'role_grant only grows'); END
""",
    """
CREATE TRIGGER IF NOT EXISTS role_grant_append_only_DELETE BEFORE DELETE ON role_grant
BEGIN SELECT RAISE(ABORT, 'role_grant only grows'); END
""",
    """
CREATE TRIGGER IF NOT EXISTS account_never_deleted BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'an account is never deleted'); END
""",
)
# refuse_change() was made with the audit log (migrations/registries/audit_log.py).
POSTGRES_GUARDS = (
    (
        "CREATE OR REPLACE TRIGGER role_grant_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON role_grant FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    ),
    (
        "CREATE OR REPLACE TRIGGER account_never_deleted BEFORE DELETE OR TRUNCATE"
        " ON account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    ),
)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="app", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine.engine_type == "postgres"
        serial = "BIGSERIAL PRIMARY KEY" if postgres else "INTEGER PRIMARY KEY AUTOINCREMENT"
        tables = [table.format(serial=serial, bureau=BUREAU, account=ACCOUNT) for table in TABLES]
        guards = POSTGRES_GUARDS if postgres else SQLITE_GUARDS
        for statement in (*tables, *INDEXES, *guards):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
