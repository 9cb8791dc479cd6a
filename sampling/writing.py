"""Writing a file whole or not at all, and never over another."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write `data` to `path`, which comes to be complete and on disk, or not at all.

    `mode` are the rights before the umask. FileExistsError where anything of that name is
    there already, a link that leads nowhere included; OSError where it cannot be written.
    """
    if os.path.lexists(path):
        raise FileExistsError(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(part, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _rename_new(part, path)
    finally:
        part.unlink(missing_ok=True)


def _rename_new(part: Path, path: Path) -> None:
    try:
        # Unlike a rename, a link never replaces what came to be there in the meantime.
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        # A memory stick has no links.
        part.replace(path)
