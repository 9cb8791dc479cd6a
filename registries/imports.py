"""Bring a spreadsheet of supervised entities into the books: look first, then one short deed.

The file is read and staged without keeping anybody from writing; only the merge is a deed, with one entry in the log
that names the file by its SHA-256. A file with any refused fault writes nothing at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import anyio.to_thread

from registries import audit_log, database
from registries.database import Actor, Deed
from registries.entity_sheet import FindDistrict, entity_form, staged_columns, staged_rows
from registries.entity_staging import Difference, Merged, Staging, staging
from registries.errors import Conflict, Refused
from registries.sheet_faults import REFUSED, SET_ASIDE, Fault
from registries.sheet_reading import SheetReading, read_file

EVENTS = {"entities:imported": "导入监管对象名录"}

# RFC 8785 for what a row holds: text, whole numbers, null, and days as ISO text.
_LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)

Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class FileReport:
    """What was found in a file: its digest, how many rows and folds, and every fault.

    `refused` and `set_aside` count faults by reason; `faults` lists them, `unlisted` are counted but not listed.
    """

    file: str
    sha256: str
    read: int
    duplicates: int
    folds: dict[str, int]
    refused: dict[str, int]
    set_aside: dict[str, int]
    remarks: tuple[str, ...]
    faults: tuple[Fault, ...]
    unlisted: int


@dataclass(frozen=True)
class EntityImport:
    """What an import of entities would do, or did: numbers of entities, and samples of what changes.

    `entry` is the number of the log entry, None when nothing was written. `rows_sha256` is the digest
    of the rows as they were staged (docs/audit-log.md, "Imports").
    """

    report: FileReport
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    still_retired: int = 0
    differences: tuple[Difference, ...] = ()
    entry: int | None = None
    rows_sha256: str = ""

    @property
    def refused(self) -> bool:
        """Whether the file is refused, so that nothing of it may be written."""
        return bool(self.report.refused)


def report_of(path: Path, sha256: str, reading: SheetReading) -> FileReport:
    """Return what a finished reading found."""
    faults = reading.faults
    return FileReport(
        path.name,
        sha256,
        reading.read,
        reading.duplicates,
        dict(reading.folds),
        faults.by_reason(REFUSED),
        faults.by_reason(SET_ASIDE),
        tuple(reading.remarks),
        tuple(faults),
        faults.unlisted,
    )


async def preview_entities(
    path: Path,
    bureau: str,
    find_district: FindDistrict,
    *,
    sheet: str = "",
    complete: bool = False,
    of_kind: str | None = None,
    watch: Watch | None = None,
) -> EntityImport:
    """Return what an import would do; nothing is written in the books.

    `complete`: the file lists every entity, so those missing are to be retired; `of_kind` limits that to entities
    of exactly this kind. `watch` is told rows done and rows expected. Raises OSError when the file cannot be opened.
    """
    async with _staged(path, bureau, find_district, sheet, watch) as (staged, found):
        if found.refused:
            return found
        return await _compared(staged, found, complete=complete, of_kind=of_kind)


async def import_entities(
    path: Path,
    bureau: str,
    find_district: FindDistrict,
    *,
    actor: Actor,
    reason: str,
    sheet: str = "",
    complete: bool = False,
    of_kind: str | None = None,
    valid_from: date | None = None,
    watch: Watch | None = None,
    now: datetime | None = None,
) -> EntityImport:
    """Import a file and return what was done; the arguments are those of `preview_entities` and of a deed.

    A refused file, and one that changes nothing, writes nothing, not even in the log. Raises Refused without a
    reason or for a `valid_from` that does not fit, Conflict when the books or the file changed meanwhile.
    """
    if not reason.strip():
        raise Refused("请写明导入的理由（--reason），它会记入日志。")
    async with _staged(path, bureau, find_district, sheet, watch) as (staged, found):
        if found.refused:
            return found
        due = await _compared(staged, found, complete=complete, of_kind=of_kind)
        if not (due.new or due.changed or due.retired):
            return due

        async def merge(deed: Deed) -> EntityImport:
            # A file's name may hold a person's; its digest says which file it was.
            source = f"sha256:{due.report.sha256}"
            done = await staged.merge(deed, reason=reason, source=source, valid_from=valid_from)
            return replace(due, entry=await _log(deed, bureau, due, done, reason))

        return await database.deed(merge, actor=actor, now=now)


async def _log(deed: Deed, bureau: str, found: EntityImport, done: Merged, reason: str) -> int:
    report = found.report
    return await audit_log.append(
        deed,
        "entities:imported",
        bureau=bureau,
        subject=f"file:{report.sha256}",
        new={
            "extension": Path(report.file).suffix.lower(),
            "rows_sha256": found.rows_sha256,
            "read": report.read,
            "duplicates": report.duplicates,
            "folds": dict(report.folds),
            "set_aside": dict(report.set_aside),
            "new": done.new,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "retired": done.retired,
        },
        reason=reason,
    )


@contextlib.asynccontextmanager
async def _staged(
    path: Path, bureau: str, find_district: FindDistrict, sheet: str, watch: Watch | None
) -> AsyncIterator[tuple[Staging, EntityImport]]:
    """Read the file into a staging place and give both; the place is cleared away afterwards."""
    sha256 = await anyio.to_thread.run_sync(_digest, path)
    reading = await anyio.to_thread.run_sync(read_file, path, entity_form(find_district), sheet)
    columns = staged_columns(reading)
    async with staging(bureau, columns) as staged:
        digest = hashlib.sha256()
        await staged.add(_digested(digest, columns, _rows(reading, columns, watch)))
        if await anyio.to_thread.run_sync(_digest, path) != sha256:
            raise Conflict("读取期间文件被改动了。请等文件保存完毕后重新导入。")
        yield staged, EntityImport(report_of(path, sha256, reading), rows_sha256=digest.hexdigest())


def _rows(
    reading: SheetReading, columns: tuple[str, ...], watch: Watch | None
) -> Iterator[tuple[object, ...]]:
    """Yield rows for staging; none after the first refused fault, because they would be thrown away."""
    for block in reading.blocks():
        if watch:
            watch(reading.read, reading.expected_rows)
        if not reading.faults.refused:
            yield from staged_rows(block, columns)


def _digested(
    digest: hashlib._Hash, columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]
) -> Iterator[tuple[object, ...]]:
    """Yield `rows` on their way into staging; each adds one line to `digest`, after a line of headings."""
    digest.update(f"{_LINE.encode(('id', 'set_aside', *columns))}\n".encode())
    for row in rows:
        digest.update(f"{_LINE.encode(row)}\n".encode())
        yield row


async def _compared(
    staged: Staging, found: EntityImport, *, complete: bool, of_kind: str | None
) -> EntityImport:
    seen = await staged.compare(retire_missing=complete, of_kind=of_kind)
    return replace(
        found,
        new=seen.new,
        changed=seen.changed,
        unchanged=seen.unchanged,
        retired=seen.to_retire,
        still_retired=seen.still_retired,
        differences=seen.differences,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
