"""`python -m tests.browser.small_city FOLDER PORT`: the demo's story on a small city, served until terminated."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app.demo.story import Size, tell
from app.demo.telling import Teller
from app.serve_commands import serve_on
from app.settings import load_settings
from registries import database, log_keys
from registries.engines import engine_for
from registries.migrate import migrate

SMALL = Size(entities=1500, inspectors=120, recusals=20)


def main(folder: Path, port: int) -> None:
    """Make the city and serve it."""
    address = f"sqlite:///{folder / 'city.sqlite'}"
    os.environ[log_keys.SETTING] = str(folder / "keys" / "log.key")
    database.use(engine_for(address))

    async def whole() -> None:
        log_keys.create()
        await migrate()
        await tell(folder, SMALL, Teller())

    database.run(whole)
    settings = load_settings(
        {
            "YAOHAO_DATABASE_URL": address,
            "YAOHAO_LOG_FOLDER": str(folder / "log"),
            "YAOHAO_FILES": str(folder / "files"),
            "YAOHAO_ORIGIN": f"http://127.0.0.1:{port}",
        }
    )
    serve_on(settings, "127.0.0.1", port)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
