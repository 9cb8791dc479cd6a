"""The events that may stand in the log: each module declares its own as `EVENTS`, name → Chinese meaning."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Packages whose modules do deeds. Their names, not the packages: registries imports nothing of app.
PACKAGES = ("registries", "app")
NAME = re.compile(r"[a-z][a-z-]*:[a-z][a-z-]*")

PAGE_HEAD = """# Events of the audit log

Every entry of the log carries one of these names (`subject:action`).
This page is written by `yaohao audit events --page docs/audit-events.md`; a test fails when it is stale.

| event | 含义 | declared in |
|---|---|---|
"""

_known: dict[str, str] = {}


@dataclass(frozen=True)
class Event:
    """An event, its Chinese meaning, and the module that declares it."""

    event: str
    meaning: str
    module: str


def meaning(event: str) -> str | None:
    """Return the meaning of an event that a loaded module declares, or None.

    Whoever appends an entry runs in the module that declares its events, so that module is loaded.
    """
    if event not in _known:
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] in PACKAGES:
                _known.update(getattr(module, "EVENTS", {}))
    return _known.get(event)


def declared() -> list[Event]:
    """Return every declared event by name, read from the source text of all modules.

    Reading imports nothing, so it is quick and has no side effects. Raises ValueError when a name
    is malformed or declared twice, or when a declaration is not a plain dict of texts.
    """
    found: dict[str, Event] = {}
    for module, path in _sources():
        for name, words in _declaration(path).items():
            if not NAME.fullmatch(name) or name in found:
                raise ValueError(f"{module} declares {name}, which is malformed or taken")
            found[name] = Event(name, words, module)
    return [found[name] for name in sorted(found)]


def page() -> str:
    """Return docs/audit-events.md as it must read now."""
    rows = [f"| `{event.event}` | {event.meaning} | `{event.module}` |" for event in declared()]
    return PAGE_HEAD + "".join(row + "\n" for row in rows)


def _sources() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or [] if spec else []:
            for path in sorted(Path(folder).rglob("*.py")):
                parts = path.relative_to(folder).with_suffix("").parts
                yield ".".join([package, *parts]), path


def _declaration(path: Path) -> dict[str, str]:
    source = path.read_text(encoding="utf-8")
    if "EVENTS" not in source:
        return {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [getattr(target, "id", "") for target in targets] == ["EVENTS"]:
                events: dict[str, str] = ast.literal_eval(node.value)
                return events
    return {}
