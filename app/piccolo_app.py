"""Piccolo's entry for app: where its migrations lie, and that those of the registries run first."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

APP_CONFIG = AppConfig(
    app_name="app",
    migrations_folder_path=Path(__file__).parent.parent / "migrations" / "app",
    migration_dependencies=["registries.piccolo_app"],
)
