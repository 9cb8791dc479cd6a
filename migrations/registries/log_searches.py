"""The log is searched within one bureau: each way of finding entries has an index that ends with the number."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-27T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "searches of the log"

# Where two indexes fit equally well SQLite takes either, so a search by event read the whole bureau's log backwards.
# With the bureau inside, the index of the search fits better; a search over all bureaus still begins with its column.
SEARCHED = ("event", "subject", "actor_name")
INDEXES = (
    *(f"DROP INDEX IF EXISTS audit_entry_{column}" for column in SEARCHED),
    *(
        f"CREATE INDEX IF NOT EXISTS audit_entry_by_{column} ON audit_entry ({column}, bureau, number)"
        for column in SEARCHED
    ),
    "CREATE INDEX IF NOT EXISTS audit_entry_by_day ON audit_entry (bureau, at, number)",
)


async def forwards() -> MigrationManager:
    """Return the migration for Piccolo or for registries/migrate.py."""
    manager = MigrationManager(migration_id=ID, app_name="registries", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for statement in INDEXES:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
