"""Files that people send: kept outside the web root under a random name, never under the one they came with."""

from __future__ import annotations

import re
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import anyio
from litestar.datastructures import UploadFile

from registries.errors import Refused

CHUNK: Final = 1 << 20
SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,5}")
NAME: Final = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,5})?")


async def keep(file: UploadFile, folder: Path) -> str:
    """Write an upload into the folder and return the random name it has there, with its extension."""
    suffix = Path(file.filename).suffix.lower()
    name = secrets.token_hex(16) + (suffix if SUFFIX.fullmatch(suffix) else "")
    await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    async with await anyio.open_file(folder / name, "xb") as target:
        while chunk := await file.read(CHUNK):
            await target.write(chunk)
    return name


def kept(name: str, folder: Path) -> Path:
    """Return where a kept upload lies. Raises Refused for a name that is none, or a file that is gone."""
    path = folder / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise Refused("上传的文件已清理，请重新上传。")
    return path


def sweep(folder: Path, older: timedelta) -> None:
    """Remove the kept uploads that are older: left behind by people who never went on."""
    limit = time.time() - older.total_seconds()
    for path in folder.iterdir() if folder.is_dir() else ():
        if NAME.fullmatch(path.name) and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
