"""Where Piccolo looks for the engine and the apps. Importing it touches no database."""

from __future__ import annotations

from typing import Any

from piccolo.conf.apps import AppRegistry

from registries import database

APP_REGISTRY = AppRegistry(apps=["registries.piccolo_app", "app.piccolo_app"])


def __getattr__(name: str) -> Any:
    # Looked up at each use: a test or the demo may have given the process another engine since.
    if name == "DB":
        return database.engine()
    raise AttributeError(name)
