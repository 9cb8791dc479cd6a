"""Fixtures of every test: a migrated database on either engine.

A test that takes `database` runs on SQLite in the quick set; its repetition on PostgreSQL is marked `full`. A test
marked `postgres` runs on both in the quick set: conformance, migrations, concurrency, the log, one journey.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import pytest

from registries import database as books
from registries import log_keys
from registries.engines import engine_for
from registries.migrate import migrate
from tests.postgres_server import TEMPLATE, Server, binaries, server


@dataclass(frozen=True)
class TestDatabase:
    """A fresh database with every migration run and no row in it; `address` is its URL."""

    __test__ = False

    kind: Literal["sqlite", "postgres"]
    address: str
    server: Server | None = None


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the system does."""
    return "asyncio"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that uses `database` on both engines, the second one in the full set only."""
    if "database" not in metafunc.fixturenames:
        return
    own = metafunc.definition.get_closest_marker("postgres")
    marks = [] if own else [pytest.mark.postgres, pytest.mark.full]
    kinds = ["sqlite", pytest.param("postgres", marks=marks)]
    metafunc.parametrize("database", kinds, indirect=True)


def absent(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, where everything that tests need must be installed."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Give a running server with a migrated template database; one per worker process."""
    if binaries() is None:
        absent("PostgreSQL's server binaries (initdb, pg_ctl) are not installed")
    with server() as running:
        running.run(f'CREATE DATABASE "{TEMPLATE}"')
        _migrated(running.address(TEMPLATE))
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite"
    _migrated(f"sqlite:///{path}")
    return path


def _migrated(address: str) -> None:
    books.use(engine_for(address))
    books.run(migrate)
    books.use(None)


@pytest.fixture(scope="session")
def kept_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the path of a signing key with its companions, for tests that are not about keys."""
    folder = tmp_path_factory.mktemp("keys")
    log_keys.create(folder)
    return folder / log_keys.path().name


@pytest.fixture
def keys(kept_keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process find the keys of the log, unless the test has made its own."""
    if log_keys.SETTING not in os.environ:
        monkeypatch.setenv(log_keys.SETTING, str(kept_keys))


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path, keys: None) -> Iterator[TestDatabase]:
    """Give the process a fresh migrated SQLite file: for tests that only SQLite can have."""
    path = tmp_path / "books.sqlite"
    shutil.copyfile(migrated_file, path)
    given = TestDatabase("sqlite", f"sqlite:///{path}")
    books.use(engine_for(given.address))
    yield given
    books.use(None)


@pytest.fixture
def postgres_database(postgres_server: Server, keys: None) -> Iterator[TestDatabase]:
    """Give the process a fresh migrated PostgreSQL database: mark such tests `postgres`."""
    name = postgres_server.clone()
    given = TestDatabase("postgres", postgres_server.address(name), postgres_server)
    books.use(engine_for(given.address))
    yield given
    books.use(None)
    postgres_server.drop(name)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> TestDatabase:
    """Give the process a fresh migrated database of the engine in question."""
    given: TestDatabase = request.getfixturevalue(f"{request.param}_database")
    return given
