"""Proofs that a single entry is in the log, or that the log only grew; anyone checks them with the public key.

A proof is one JSON file that holds its checkpoint, so it needs no database (docs/audit-log.md, "Proofs").
"""

from __future__ import annotations

from typing import Any

import msgspec

from registries import audit_hashes, audit_log, log_keys
from registries.audit_entries import Entry
from registries.checkpoint import Checkpoint, open_checkpoint
from registries.database import Deed
from registries.errors import Refused
from registries.log_tree import consistency_ranges, inclusion_ranges
from registries.signed_note import VerifierKey
from sampling.encoding import check_consistency, root_from_path
from sampling.errors import FormError

LARGEST_FILE = 5_000_000  # Bytes; a proof has a few thousand and one entry's text.


class InclusionProof(msgspec.Struct, frozen=True, tag_field="proof", tag="inclusion"):
    """Entry `number` with this canonical text is in the log of the checkpoint (a signed note)."""

    number: int
    entry: str
    path: list[str]
    checkpoint: str


class ConsistencyProof(msgspec.Struct, frozen=True, tag_field="proof", tag="consistency"):
    """The log of `old_size` entries under `old_root` is the beginning of the checkpoint's log."""

    old_size: int
    old_root: str
    path: list[str]
    checkpoint: str


Proof = InclusionProof | ConsistencyProof


async def prove_inclusion(deed: Deed, number: int) -> InclusionProof:
    """Return the proof that entry `number` is in the log as it stands; it issues a checkpoint.

    Raises NotFound when there is no such entry.
    """
    logged = await audit_log.entry(number)
    note = await audit_log.issue_checkpoint(deed)
    path = await audit_hashes.subtree_roots(inclusion_ranges(number, await audit_log.size()))
    return InclusionProof(number, logged.canonical, path, note)


async def inclusion_under(note: str, number: int) -> InclusionProof:
    """Return the proof that entry `number` is in the log of a checkpoint that was signed before.

    Raises NotFound when there is no such entry, Refused when the checkpoint does not cover it.
    """
    logged = await audit_log.entry(number)
    checkpoint = open_checkpoint(note.encode(), log_keys.verifier())
    if number >= checkpoint.size:
        raise Refused("检查点早于这一条，请用更新的检查点。")
    path = await audit_hashes.subtree_roots(inclusion_ranges(number, checkpoint.size))
    return InclusionProof(number, logged.canonical, path, note)


async def prove_consistency(deed: Deed, old_size: int) -> ConsistencyProof:
    """Return the proof that the log only grew since it had `old_size` entries.

    Raises Refused when the log has fewer entries, or `old_size` is 0: an empty log proves nothing.
    """
    size = await audit_log.size()
    if not 0 < old_size <= size:
        raise Refused(f"日志现有 {size} 条，旧的条数应在 1 至 {size} 之间。")
    note = await audit_log.issue_checkpoint(deed)
    path = await audit_hashes.subtree_roots(consistency_ranges(old_size, size))
    return ConsistencyProof(old_size, await audit_hashes.root_at(old_size), path, note)


def proof_bytes(proof: Proof) -> bytes:
    """Return the proof as a file."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=2) + b"\n"


def read_proof(data: bytes) -> Proof:
    """Return the proof in a file. Raises Refused when it is none."""
    if len(data) > LARGEST_FILE:
        raise Refused("文件过大，不是证明文件。")
    try:
        proof: Any = msgspec.json.decode(data, type=Proof)
    except (msgspec.DecodeError, RecursionError):
        raise Refused("不是证明文件。请使用 yaohao audit prove 生成的原文件。") from None
    return proof  # type: ignore[no-any-return]


def check_inclusion(proof: InclusionProof, key: VerifierKey) -> tuple[Entry, Checkpoint]:
    """Return the proved entry and the checkpoint it is proved in. Raises Refused when it is not."""
    checkpoint = open_checkpoint(proof.checkpoint.encode(), key)
    try:
        entry = Entry.parse(proof.entry)
        root = root_from_path(proof.entry.encode(), proof.number, checkpoint.size, proof.path)
    except FormError as error:
        raise Refused(f"证明不成立：{error.sentence}") from None
    except ValueError:
        raise Refused("证明不成立：条目正文不是规范文本。") from None
    if entry.number != proof.number or root != checkpoint.root:
        raise Refused("证明不成立：条目与检查点的根不符，条目或路径被改过。")
    return entry, checkpoint


def check_growth(
    proof: ConsistencyProof, key: VerifierKey, kept: Checkpoint | None = None
) -> Checkpoint:
    """Return the checkpoint up to which the log is proved to have only grown.

    `kept` is the older checkpoint in the reader's own hands; without it the proof speaks of the old
    root that it names itself. Raises Refused when the proof does not hold.
    """
    checkpoint = open_checkpoint(proof.checkpoint.encode(), key)
    if kept is not None and (kept.size, kept.root) != (proof.old_size, proof.old_root):
        raise Refused("证明不成立：它所说的旧日志不是您保存的检查点。")
    grown = check_consistency(
        proof.old_size, proof.old_root, checkpoint.size, checkpoint.root, proof.path
    )
    if not grown:
        raise Refused("证明不成立：新日志不是在旧日志之后续写的。")
    return checkpoint
