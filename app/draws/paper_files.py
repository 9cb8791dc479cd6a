"""Writing what left the draw into a folder: nothing that is already there is ever replaced by something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from registries.errors import Refused


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write `files` (path under `folder` → bytes) and return the paths that are new.

    A file that is there with the same bytes stays. Raises Refused, before anything is written,
    naming all that are there with other bytes; and where the folder cannot be written.
    """
    paths = {folder / name: content for name, content in files.items()}
    try:
        existing = {path: path.read_bytes() for path in paths if path.exists()}
        differing = sorted(str(path) for path, old in existing.items() if old != paths[path])
        if differing:
            raise Refused(
                "这些文件已经存在而且内容不同，没有覆盖：" + "、".join(differing) + "。"
                "请另选一个文件夹，或先移走它们。"
            )
        for path, content in paths.items():
            if path not in existing:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError:
        raise Refused(f"无法写入 {folder}。请检查路径和权限。") from None
    return [path for path in paths if path not in existing]
