"""A PostgreSQL server of the tests' own, made from the installed binaries and thrown away afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

TEMPLATE = "migrated"


def binaries() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest version first, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [path.parent for path in found] + ([Path(on_path).parent] if on_path else [])
    return next((folder for folder in candidates if (folder / "pg_ctl").exists()), None)


@dataclass
class Server:
    """A running server: databases are reached over the socket in its folder."""

    folder: Path
    made: int = 0

    def address(self, name: str, user: str = "owner") -> str:
        """Return the database address as YAOHAO_DATABASE_URL takes it."""
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def run(self, sql: str, *values: Any, name: str = "postgres") -> list[Any]:
        """Run one statement as the owner and return its rows; not inside a running loop."""

        async def work() -> list[Any]:
            connection = await asyncpg.connect(self.address(name))
            try:
                return list(await connection.fetch(sql, *values))
            finally:
                await connection.close()

        return asyncio.run(work())

    def clone(self, template: str = TEMPLATE) -> str:
        """Return the name of a new database that is a copy of `template`."""
        self.made += 1
        name = f"test_{self.made}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def server() -> Iterator[Server]:
    """Start a server for the block. The caller has seen to it that `binaries()` is not None."""
    folder = Path(tempfile.mkdtemp(prefix="yaohao-postgres-"))
    tools = binaries()
    assert tools is not None
    # initdb refuses to run as root, and containers usually run as root.
    who: dict[str, Any] = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        who = {"user": "postgres", "group": "postgres", "extra_groups": []}

    def call(*command: str) -> None:
        subprocess.run(
            command, check=True, cwd="/", stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **who
        )

    data = str(folder / "data")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    try:
        call(
            str(tools / "initdb"), "-D", data, "-U", "owner", "-A", "trust", "--no-sync",
            "-E", "UTF8", "--locale=C.UTF-8",
        )  # fmt: skip
        call(
            str(tools / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"
        )  # fmt: skip
        try:
            yield Server(folder)
        finally:
            call(str(tools / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
