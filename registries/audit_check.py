"""Verify the whole log in the database, also against checkpoints kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registries import bulk, database, log_keys
from registries.audit_entries import LoggedEntry
from registries.audit_log import COLUMNS
from registries.checkpoint import Checkpoint, open_checkpoint
from registries.errors import Refused
from registries.log_check import Finding, Kept, LogCheck
from registries.signed_note import VerifierKey


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
    async with database.snapshot():
        stored, forged = await _stored_checkpoints(key)
        beside, doubtful = _beside_the_key(key)
        check = LogCheck([*checkpoints, *beside, *stored])
        async for rows in bulk.stream(f"SELECT {COLUMNS} FROM audit_entry ORDER BY number"):  # noqa: S608
            for row in rows:
                check.feed(LoggedEntry(*row))
            seen(len(rows))
        head = await database.fetch_one("SELECT size, frontier FROM audit_head WHERE id = 1")
    findings = check.finish((head["size"], head["frontier"]) if head else None)
    return Report(
        size=check.frontier.size,
        root=check.frontier.root().hex(),
        compared=tuple(kept.label for kept in check.kept),
        findings=(*findings, *doubtful, *forged),
    )


async def _stored_checkpoints(key: VerifierKey) -> tuple[list[Kept], list[Finding]]:
    """Return the checkpoints in the database, and a finding for each whose signature does not fit.

    Checkpoints under an earlier key cannot be read with this one and are passed over.
    """
    rows = await database.fetch(
        "SELECT size, note FROM audit_checkpoint WHERE key_id = {} ORDER BY size", key.id.hex()
    )
    fitting, forged = [], []
    for row in rows:
        label = f"库中 {row['size']} 条时的检查点"
        opened = _opened(row["note"].encode(), key)
        if opened is None or opened.size != row["size"]:
            forged.append(Finding("signature", 0, max(row["size"] - 1, 0), label))
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
