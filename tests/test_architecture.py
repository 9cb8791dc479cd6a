"""Imports run one way; the check itself is tried on made-up offenders."""

from pathlib import Path

import pytest

from tests.imports import modules, offences

ROOT = Path(__file__).parent.parent


def test_no_module_imports_against_the_architecture() -> None:
    seen = list(modules(ROOT))
    assert {name.split(".")[0] for name, _, _ in seen} >= {
        "app",
        "sampling",
        "registries",
        "exports",
    }
    bad = [
        line
        for name, source, is_package in seen
        for line in offences(source, name, is_package=is_package)
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sampling.draw", "import registries"),
        ("sampling.draw", "from random import choice"),
        ("sampling.draw", "import secrets"),
        ("sampling.draw", "from numpy import random"),
        ("sampling.draw", "import numpy.random as r"),
        ("sampling.draw", "import time"),
        ("sampling.verifier", "from sampling import encoding"),
        ("sampling.verifier", "from . import encoding"),
        ("sampling.verifier", "import numpy"),
        ("registries.record", "from app.draws import actions"),
        ("registries.record", "def f():\n    import exports.letters"),
        ("registries.record", "import litestar"),
        ("exports.letters", "import registries.tables"),
        ("exports.letters", "from piccolo.table import Table"),
        ("migrations.registries.first", "from registries.tables import Entity"),
        ("app.plans.actions", "from app.draws.rules import state"),
        ("app.plans.actions", "from app import draws"),
        ("app.plans.rules", "from piccolo.columns import Varchar"),
        ("app.plans.actions", "import litestar"),
        ("app.plans.rules", "from . import actions"),
        ("app.plans.actions", "from .pages import index"),
        ("app.draws.actions", "from app.plans.pages import index"),
        ("app.draws.actions", "from app.cli import main"),
        ("app.settings", "from app.plans import rules"),
    ],
)
def test_an_import_against_the_architecture_is_found(module: str, source: str) -> None:
    assert offences(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sampling.draw", "import numpy as np\nfrom . import encoding"),
        ("sampling.__main__", "import secrets"),
        ("registries.frames", "from sampling import frame"),
        ("app.draws.actions", "from app.plans.rules import quota\nfrom registries import record"),
        ("app.draws.pages", "from app.draws import actions\nimport litestar"),
        ("app.cli", "from app.draws import commands"),
        ("app.plans.rules", "from app.errors import Refused"),
    ],
)
def test_an_import_along_the_architecture_passes(module: str, source: str) -> None:
    assert offences(source, module) == []
