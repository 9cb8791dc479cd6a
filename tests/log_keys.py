"""Keys of a log for tests, and a module that declares events for them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from registries import audit_events, audit_log, log_keys
from registries.signed_note import VerifierKey
from tests.makers import GUANGZHOU, do

EVENTS = {"sample:entered": "录入样例", "sample:changed": "变更样例"}


def declare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a made-up loaded module of ours declare the events of the tests."""
    module = ModuleType("registries.sample")
    vars(module)["EVENTS"] = EVENTS
    monkeypatch.setitem(sys.modules, "registries.sample", module)
    monkeypatch.setattr(audit_events, "_known", {})


def make_keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> VerifierKey:
    """Make the log's keys in `folder` and let the process find them there."""
    monkeypatch.setenv(log_keys.SETTING, str(folder / "keys" / "log.key"))
    return log_keys.create()


async def write(count: int, start: int = 0, **changes: Any) -> None:
    """Append `count` entries, each in a deed of its own, as the system does."""
    for number in range(start, start + count):
        details = {
            "bureau": GUANGZHOU,
            "subject": f"sample:{number}",
            "new": {"value": number},
        } | changes
        await do(audit_log.append, event="sample:entered", **details)
