"""Files that hold one key as a line of text (written once, never overwritten), and what is kept beside them."""

from __future__ import annotations

import os
from pathlib import Path

from registries.errors import Refused


def read(place: Path, what: str, setting: str) -> str:
    """Return the line in a key file. Raises Refused, naming `what` it is and the `setting` of its place."""
    try:
        return place.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        raise Refused(
            f"找不到{what}文件 {place}。请先运行 yaohao init；"
            f"如已建立，请从备份恢复，或用 {setting} 指定位置。"
        ) from None
    except (OSError, UnicodeError):
        raise Refused(f"无法读取{what}文件 {place}。请检查文件权限，或从备份恢复。") from None


def write_new(place: Path, text: str) -> None:
    """Write a key where no file is yet. Raises OSError, FileExistsError among them."""
    # O_EXCL: a key that is already there is never overwritten, whoever made it in the meantime.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(place, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def replace(place: Path, data: bytes) -> None:
    """Write a file as a whole: an interruption leaves the old one. Raises Refused."""
    try:
        fresh = place.with_name(place.name + ".new")
        fresh.write_bytes(data)
        fresh.replace(place)
    except OSError:
        raise Refused(f"无法写入 {place}。请检查文件夹是否存在、是否有权限。") from None
