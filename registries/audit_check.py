"""Verify the whole log in the database, also against checkpoints kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from registries import database, log_keys
from registries.audit_entries import LoggedEntry
from registries.audit_log import COLUMNS
from registries.bulk import stream
from registries.checkpoint import Checkpoint, open_checkpoint
from registries.engines import GuardedSQLiteEngine
from registries.errors import Refused
from registries.log_check import Finding, Kept, LogCheck
from registries.signed_note import VerifierKey

ENTRY_COLUMNS = tuple(COLUMNS.split(", "))
CHECKPOINT_COLUMNS = ("key_id", "size", "note")
HEAD_COLUMNS = ("id", "size", "frontier")


@dataclass(frozen=True)
class Report:
    """What verifying found: the log as recomputed, the checkpoints it was held against, the findings."""

    size: int
    root: str
    compared: tuple[str, ...]
    findings: tuple[Finding, ...]


async def verify(
    kept: Mapping[str, bytes] | None = None,
    key: VerifierKey | None = None,
    *,
    seen: Callable[[int], object] = int,
) -> Report:
    """Recompute the log from its texts and return everything that differs.

    `kept`: label → note of checkpoints that were kept elsewhere; those in the database and the
    newest one beside the key are always used as well. `key` is the public key, by default the one in
    the key folder. `seen` is told how many more entries were checked. Raises Refused when a kept
    checkpoint was not signed by that key.
    """
    key = key or log_keys.verifier()
    checkpoints = [Kept(label, open_checkpoint(note, key)) for label, note in (kept or {}).items()]
    async with database.snapshot(damaged=True):
        stored, forged = await _stored_checkpoints(key)
        beside, doubtful = _beside_the_key(key)
        check = LogCheck([*checkpoints, *beside, *stored])
        forged += await _check_entries(check, seen)
        head = await _head()
    findings = check.finish(head)
    return Report(
        size=check.frontier.size,
        root=check.frontier.root().hex(),
        compared=tuple(kept.label for kept in check.kept),
        findings=(*findings, *doubtful, *forged),
    )


async def entries_stored() -> int:
    """Return how many rows the log has, 0 where its table is gone."""
    if not await _stands("audit_entry", ENTRY_COLUMNS):
        return 0
    row = await database.fetch_one("SELECT count(*) AS rows_stored FROM audit_entry")
    return int(row["rows_stored"]) if row else 0


async def _check_entries(check: LogCheck, seen: Callable[[int], object]) -> list[Finding]:
    """Feed every entry to `check`; return what is wrong with the table as a whole."""
    if not await _stands("audit_entry", ENTRY_COLUMNS):
        return [Finding("table", 0, 0, "audit_entry")]
    query = f"SELECT {COLUMNS} FROM audit_entry ORDER BY number"  # noqa: S608 - names of ours.
    async with aclosing(stream(query)) as chunks:
        async for rows in chunks:
            for row in rows:
                _feed(check, row)
            seen(len(rows))
    return []


def _feed(check: LogCheck, row: Sequence[object]) -> None:
    """Feed a row as it is stored: SQLite keeps bytes in a text column for whoever writes them there."""
    number, *values = row
    texts = [
        value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
        for value in values
    ]
    not_text = [
        name
        for name, value in zip(ENTRY_COLUMNS[1:], values, strict=True)
        if not isinstance(value, str)
    ]
    assert isinstance(number, int)  # noqa: S101 - an INTEGER PRIMARY KEY holds nothing else.
    check.feed(LoggedEntry(number, *texts), not_text)


async def _head() -> tuple[object, object] | None:
    if not await _stands("audit_head", HEAD_COLUMNS):
        return None
    # An expression instead of the column: Piccolo would turn SQLite's value into an int or fail.
    row = await database.fetch_one(
        "SELECT coalesce(size, -1) AS size, frontier FROM audit_head WHERE id = 1"
    )
    return (row["size"], row["frontier"]) if row else None


async def _stands(table: str, columns: Sequence[str]) -> bool:
    """Return whether the table is there with these columns: a failed read would end the snapshot."""
    sqlite = isinstance(database.engine(), GuardedSQLiteEngine)
    rows = await database.fetch(
        "SELECT name FROM pragma_table_info({})"
        if sqlite
        else "SELECT column_name AS name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = {}",
        table,
    )
    return set(columns) <= {row["name"] for row in rows}


async def _stored_checkpoints(key: VerifierKey) -> tuple[list[Kept], list[Finding]]:
    """Return the checkpoints in the database, and a finding for each whose signature does not fit.

    Checkpoints under an earlier key cannot be read with this one and are passed over.
    """
    if not await _stands("audit_checkpoint", CHECKPOINT_COLUMNS):
        return [], [Finding("table", 0, 0, "audit_checkpoint")]
    rows = await database.fetch(
        "SELECT coalesce(size, -1) AS size, note FROM audit_checkpoint WHERE key_id = {} ORDER BY size",
        key.id.hex(),
    )
    fitting, forged = [], []
    for row in rows:
        size, note = row["size"], row["note"]
        if not isinstance(size, int) or not isinstance(note, str):
            forged.append(Finding("signature", 0, 0, "库中一个无法辨认的检查点"))
            continue
        label = f"库中 {size} 条时的检查点"
        opened = _opened(note.encode(errors="surrogateescape"), key)
        if opened is None or opened.size != size:
            forged.append(Finding("signature", 0, max(size - 1, 0), label))
        else:
            fitting.append(Kept(label, opened))
    return fitting, forged


def _beside_the_key(key: VerifierKey) -> tuple[list[Kept], list[Finding]]:
    place = log_keys.newest_checkpoint_path()
    label = f"密钥旁的检查点 {place.name}"
    try:
        note = place.read_bytes()
    except FileNotFoundError:
        return [], []
    except OSError:
        raise Refused(f"无法读取 {place}。请检查文件权限。") from None
    opened = _opened(note, key)
    return ([Kept(label, opened)], []) if opened else ([], [Finding("signature", 0, 0, label)])


def _opened(note: bytes, key: VerifierKey) -> Checkpoint | None:
    try:
        return open_checkpoint(note, key)
    except Refused:
        return None
