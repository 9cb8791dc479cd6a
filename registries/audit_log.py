"""The log of every deed: append one entry in the caller's deed, read entries, issue checkpoints.

The log is a Merkle tree (RFC 9162) over the canonical texts of its entries. Everything that must stay as it was
stands in `audit_entry`, which only grows; `audit_head` is a shortcut that verifying recomputes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from registries import audit_events, database, log_keys
from registries.audit_entries import RANDOM_BYTES, Entry, LoggedEntry, instant, personal_digest
from registries.audit_hashes import root_at, stored_edge
from registries.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from registries.database import Deed
from registries.errors import NotFound, Refused
from registries.log_tree import Frontier
from sampling.encoding import Json, leaf_hash

COLUMNS = "number, bureau, at, actor_kind, actor_name, event, subject, canonical, hashes"
PAGE_LENGTH = 50


async def append(
    deed: Deed,
    event: str,
    *,
    bureau: str,
    subject: str,
    previous: Mapping[str, Json] | None = None,
    new: Mapping[str, Json] | None = None,
    personal: Mapping[str, str] | None = None,
    reason: str = "",
) -> int:
    """Append one entry in the open deed and return its number, counted from 0 without gap.

    `event` is a declared `subject:action`; `subject` says whom or what, such as `entity:9144…`.
    `personal`: values that may have to be blanked later, under `field` or `row/field`; only their
    keyed digests enter the log, the values stay in the caller's own row. Raises ValueError when the
    event is not declared or a value does not fit canonical JSON: both are mistakes of the program.
    Raises Refused when personal values are given and their key is missing.
    """
    if audit_events.meaning(event) is None:
        raise ValueError(f"{event} is declared in no loaded module's EVENTS")
    head = await _locked_head()
    random = secrets.token_hex(RANDOM_BYTES)
    entry = Entry(
        number=head.size,
        bureau=bureau,
        at=instant(deed.now),
        actor_kind=deed.actor.kind,
        actor_name=deed.actor.name,
        event=event,
        subject=subject,
        previous=previous,
        new=new,
        personal=_digests(personal or {}, random),
        reason=reason,
        random=random,
    )
    canonical = entry.canonical()
    completed = head.append(leaf_hash(canonical.encode()))
    await database.execute(
        f"INSERT INTO audit_entry ({COLUMNS}) VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}})",  # noqa: S608
        entry.number,
        entry.bureau,
        entry.at,
        entry.actor_kind,
        entry.actor_name,
        entry.event,
        entry.subject,
        canonical,
        b"".join(completed).hex(),
    )
    await database.execute(
        "UPDATE audit_head SET size = {}, frontier = {} WHERE id = 1", head.size, head.text()
    )
    return entry.number


async def issue_checkpoint(deed: Deed) -> str:
    """Sign the log as it stands, keep the checkpoint, and return the note.

    Nothing is signed that contradicts the checkpoint signed before it: raises Refused then, and when
    the signing key is missing. Asking twice at one size gives the same note.
    """
    key = log_keys.signer()
    head = await _locked_head()
    await _refuse_contradiction(head)
    note = sign_checkpoint(Checkpoint(key.name, head.size, head.root().hex()), key)
    key_id = key.verifier().id.hex()
    kept = await database.fetch_one(
        "SELECT note FROM audit_checkpoint WHERE size = {} AND key_id = {}", head.size, key_id
    )
    if kept is None:
        await database.execute(
            "INSERT INTO audit_checkpoint (size, key_id, at, note) VALUES ({}, {}, {}, {})",
            head.size,
            key_id,
            instant(deed.now),
            note,
        )
    return note


async def newest_checkpoint() -> str | None:
    """Return the note of the newest checkpoint under the present key, or None."""
    row = await database.fetch_one(
        "SELECT note FROM audit_checkpoint WHERE key_id = {} ORDER BY size DESC LIMIT 1",
        log_keys.verifier().id.hex(),
    )
    return row["note"] if row else None


async def checkpoint_over(number: int) -> str | None:
    """Return the note of the oldest checkpoint under the present key that covers entry `number`, or None.

    A paper that quotes it stays the same whenever it is printed again.
    """
    row = await database.fetch_one(
        "SELECT note FROM audit_checkpoint WHERE key_id = {} AND size > {} ORDER BY size LIMIT 1",
        log_keys.verifier().id.hex(),
        number,
    )
    return row["note"] if row else None


async def size() -> int:
    """Return how many entries the log has."""
    row = await database.fetch_one("SELECT size FROM audit_head WHERE id = 1")
    if row is None:
        raise Refused("日志的首行不见了。请运行 yaohao audit verify 查明，并从备份恢复。")
    return int(row["size"])


async def entry(number: int) -> LoggedEntry:
    """Return one entry. Raises NotFound."""
    query = f"SELECT {COLUMNS} FROM audit_entry WHERE number = {{}}"  # noqa: S608 - names of ours.
    row = await database.fetch_one(query, number)
    if row is None:
        raise NotFound(
            f"日志里没有编号 {number} 的条目。编号从 0 起，可用 yaohao audit list 查看。"
        )
    return LoggedEntry(**row)


async def entries(
    *,
    bureau: str | None = None,
    event: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
    before: int | None = None,
    limit: int = PAGE_LENGTH,
) -> list[LoggedEntry]:
    """Return entries, the newest first; `before` is the last number of the page before.

    `first` and `last` (aware) are the moments from which and before which they were written.
    """
    wanted = {"bureau": bureau, "event": event, "subject": subject, "actor_name": actor}
    given = {column: value for column, value in wanted.items() if value is not None}
    conditions = [f"{column} = {{}}" for column in given]
    values: list[Any] = list(given.values())
    bounds: list[tuple[str, Any]] = [("number < {}", before)]
    if first or last:
        bounds += await _written_between(bureau, first, last)
    conditions += [condition for condition, value in bounds if value is not None]
    values += [value for _, value in bounds if value is not None]
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    rows = await database.fetch(
        f"SELECT {COLUMNS} FROM audit_entry {where}ORDER BY number DESC LIMIT {{}}",  # noqa: S608
        *values,
        limit,
    )
    return [LoggedEntry(**row) for row in rows]


async def _written_between(
    bureau: str | None, first: datetime | None, last: datetime | None
) -> list[tuple[str, Any]]:
    """Return the bounds of a search by days: the moments, and the numbers between which these lie.

    The numbers let the search's own index stop at the day: it is in order of numbers. They are looked
    up in the index of the days, without the entries, because a clock that was set back puts moments
    out of order.
    """
    bounds = [
        ("at >= {}", instant(first) if first else None),
        ("at < {}", instant(last) if last else None),
    ]
    within = [("bureau = {}", bureau), *bounds]
    where = " AND ".join(condition for condition, value in within if value is not None)
    row = await database.fetch_one(
        f"SELECT min(number) AS lowest, max(number) AS highest FROM audit_entry WHERE {where}",  # noqa: S608
        *(value for _, value in within if value is not None),
    )
    if row is None or row["lowest"] is None:
        return [*bounds, ("number < {}", 0)]
    return [*bounds, ("number >= {}", row["lowest"]), ("number <= {}", row["highest"])]


def has_personal(entry: Entry, field: str, value: str) -> bool:
    """Tell whether `value` is what stood in the personal `field` when the entry was written.

    Raises Refused when the personal key is missing.
    """
    digest = personal_digest(log_keys.personal_key(), entry.random, field, value)
    return secrets.compare_digest(entry.personal.get(field, ""), digest)


async def _locked_head() -> Frontier:
    """Return the head, locked until the deed ends, so that numbers have no gap."""
    row = await database.lock("audit_head", id=1)
    try:
        return Frontier.parse(row["size"], row["frontier"]) if row else _no_head()
    except ValueError:
        return _no_head()


def _no_head() -> Frontier:
    raise Refused(
        "日志的首行不见了或已损坏，不能再记录。请运行 yaohao audit verify 查明，并从备份恢复。"
    )


async def _refuse_contradiction(head: Frontier) -> None:
    """Refuse when the log no longer agrees with the newest checkpoint in the books or beside the key."""
    key = log_keys.verifier()
    for note in (await newest_checkpoint(), _beside_the_key()):
        before = open_checkpoint(note.encode(), key) if note else None
        if before and (before.size > head.size or before.root != await root_at(before.size)):
            raise Refused(
                "日志与上一个检查点矛盾，不能签发。请运行 yaohao audit verify 查明被改动的条目。"
            )
    if head.nodes != await stored_edge(head.size):
        raise Refused("日志的首行与条目不符，不能签发。请运行 yaohao audit verify 查明。")


def _beside_the_key() -> str | None:
    try:
        return log_keys.newest_checkpoint_path().read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError):
        place = log_keys.newest_checkpoint_path()
        raise Refused(f"无法读取 {place}。请检查文件权限，或从备份恢复。") from None


def _digests(personal: Mapping[str, str], random: str) -> dict[str, str]:
    if not personal:
        return {}
    key = log_keys.personal_key()
    return {field: personal_digest(key, random, field, value) for field, value in personal.items()}
