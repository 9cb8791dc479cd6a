"""Who imports whom, read from the source text (architecture.md, "Who may import whom")."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = frozenset({"app", "sampling", "registries", "exports", "migrations", "tests", "benchmarks"})

# What each package may import of ours; and what it must not import of others.
MAY_IMPORT = {
    "sampling": frozenset({"sampling"}),
    "registries": frozenset({"registries", "sampling"}),
    "exports": frozenset({"exports"}),
    "app": frozenset({"app", "registries", "exports", "sampling"}),
    "migrations": frozenset({"migrations"}),
}
SAMPLING_LIBRARIES = frozenset({"numpy"})
SAMPLING_BANNED = frozenset({"random", "time", "uuid", "numpy.random"})
BANNED = {
    "registries": frozenset({"litestar"}),
    "exports": frozenset({"litestar", "piccolo", "numpy"}),
}

FLOOR = (
    "settings",
    "errors",
    "access",
    "security",
    "assets",
    "rendering",
    "forms",
    "jobs",
    "lists",
    "uploads",
)
ROOF = ("main", "cli", "home", "api", "demo")
# Pages, interfaces and commands over the books stand on the roof as well, each named by its subject.
ROOF_ENDINGS = ("_pages", "_api", "_commands")
ROOMS = (
    "accounts",
    "evidence",
    "clocks",
    "notices",
    "plans",
    "draws",
    "inspections",
    "complaints",
    "cases",
    "grades",
    "publication",
)


@dataclass(frozen=True)
class Import:
    """One imported module: `names` is what follows `from … import`, empty for a plain import."""

    module: str
    names: tuple[str, ...]
    line: int

    def reaches(self) -> Iterator[str]:
        """Yield the module and, for `from a import b`, also `a.b`, which may be a module."""
        yield self.module
        for name in self.names:
            yield f"{self.module}.{name}"


def imports_of(source: str, module: str, *, is_package: bool = False) -> list[Import]:
    """List every import in `source`, wherever it stands; relative ones are resolved."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, (), node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            found.append(Import(base, tuple(alias.name for alias in node.names), node.lineno))
    return found


def offences(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Return one sentence per import in `source` that the architecture forbids `module`."""
    package = module.split(".", maxsplit=1)[0]
    bad = []
    for item in imports_of(source, module, is_package=is_package):
        reasons = {
            reason
            for target in item.reaches()
            for reason in (_between_packages(package, module, target), _inside_app(module, target))
            if reason
        }
        bad += [
            f"{module}:{item.line} imports {item.module}: {reason}" for reason in sorted(reasons)
        ]
    return bad


def _between_packages(package: str, module: str, target: str) -> str | None:
    top = target.split(".", maxsplit=1)[0]
    if top in OURS and package in MAY_IMPORT and top not in MAY_IMPORT[package]:
        return f"{package} must not import {top}"
    if top in BANNED.get(package, frozenset()):
        return f"{package} must not import {top}"
    if package == "sampling":
        return _in_sampling(module, target)
    return None


def _in_sampling(module: str, target: str) -> str | None:
    if module == "sampling.verifier" and target.split(".", maxsplit=1)[0] in {"sampling", "numpy"}:
        return "the verifier imports nothing of ours and only the standard library"
    if target in SAMPLING_BANNED or target.startswith("numpy.random"):
        return "the draw has no undeclared chance or clock"
    if target.split(".", maxsplit=1)[0] == "secrets" and module != "sampling.__main__":
        return "only the command `commit` makes random bytes"
    return None


def _inside_app(module: str, target: str) -> str | None:
    """Rooms import earlier rooms and the floor; inside a room pages, commands → actions → rules."""
    here, there = module.split("."), target.split(".")
    if here[0] != "app" or len(here) < 2:
        return None
    if (
        here[1] in ROOMS
        and here[-1].split("_")[-1] == "rules"
        and there[0] in {"piccolo", "litestar"}
    ):
        return "rules import neither Piccolo nor Litestar"
    if here[1] in ROOMS and here[-1].split("_")[-1] == "actions" and there[0] == "litestar":
        return "actions import no Litestar"
    if there[0] != "app" or len(there) < 2:
        return None
    if _on_the_roof(here[1]):
        return None
    if _on_the_roof(there[1]):
        return f"{here[1]} must not import the roof"
    if here[1] in FLOOR:
        return "the floor imports no room" if there[1] in ROOMS else None
    if here[1] in ROOMS and there[1] in ROOMS:
        return _between_rooms(here, there)
    return None


def _on_the_roof(name: str) -> bool:
    return name in ROOF or name.endswith(ROOF_ENDINGS)


def _between_rooms(here: list[str], there: list[str]) -> str | None:
    if ROOMS.index(there[1]) > ROOMS.index(here[1]):
        return f"{here[1]} stands before {there[1]} and must not import it"
    leaf = there[2] if len(there) > 2 else ""
    if here[1] != there[1] and leaf.split("_")[-1] in {"pages", "commands", "api"}:
        return "another room's pages, api and commands are its own"
    if here[1] == there[1] and len(here) > 2:
        order = {"tables": 0, "rules": 0, "actions": 1, "pages": 2, "api": 2, "commands": 2}
        mine, theirs = order.get(here[2].split("_")[-1]), order.get(leaf.split("_")[-1])
        if mine is not None and theirs is not None and mine < theirs:
            return f"{here[2]} must not import {leaf}"
    return None


def modules(root: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield (dotted name, source, is a package) for every module of the five packages."""
    for package in sorted(MAY_IMPORT):
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield name, path.read_text(encoding="utf-8"), is_package
