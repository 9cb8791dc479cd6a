"""A whole copy of the SQLite database while the system runs.

Copying the file is not enough: what was written last lies in the write-ahead log beside it, and a copy taken during a
write is torn. SQLite's online backup reads the database at one moment, page by page.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from registries import database
from registries.engines import GuardedSQLiteEngine
from registries.errors import Refused


def backup(target: Path) -> None:
    """Copy the database into the new file `target` and check the copy.

    Raises Refused on PostgreSQL, which has its own means, when there is no database yet, when
    `target` exists or cannot be written, and when the copy does not pass SQLite's own check.
    """
    engine = database.engine()
    if not isinstance(engine, GuardedSQLiteEngine):
        raise Refused("PostgreSQL 请用 pg_dump 或基础备份；本命令只备份 SQLite。")
    if not Path(engine.path).exists():
        raise Refused(f"还没有数据库 {engine.path}，请先运行 yaohao init。")
    if target.exists():
        raise Refused(f"{target} 已经存在，请换一个文件名，以免覆盖旧的备份。")
    # Under another name until it is whole: a file of the wanted name is always a good backup.
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        _copy(Path(engine.path), unfinished)
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise Refused(f"无法写入 {target}，请检查文件夹、权限和剩余空间。") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source)) as original,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)
        # A single file that can be carried away, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise Refused("备份没有通过完整性检查，请检查磁盘后重试。")
