"""Piccolo's entry for registries: where its migrations lie."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

APP_CONFIG = AppConfig(
    app_name="registries",
    migrations_folder_path=Path(__file__).parent.parent / "migrations" / "registries",
)
