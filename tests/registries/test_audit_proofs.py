"""A proof needs only its file and the public key; whatever is changed in it is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from registries import audit_log, audit_proofs
from registries.audit_proofs import ConsistencyProof, InclusionProof
from registries.checkpoint import open_checkpoint
from registries.errors import NotFound, Refused
from registries.signed_note import SignerKey, VerifierKey
from tests.conftest import TestDatabase
from tests.log_keys import declare, make_keys, write
from tests.makers import do

SIZE = 11


@pytest.fixture
async def key(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> VerifierKey:
    """Write a log of 11 entries and return its public key."""
    declare(monkeypatch)
    made = make_keys(tmp_path, monkeypatch)
    await write(SIZE)
    return made


async def test_every_entry_is_proved_to_be_in_the_log(key: VerifierKey) -> None:
    for number in range(SIZE):
        proof = await do(audit_proofs.prove_inclusion, number=number)
        again = audit_proofs.read_proof(audit_proofs.proof_bytes(proof))
        assert isinstance(again, InclusionProof)
        entry, checkpoint = audit_proofs.check_inclusion(again, key)
        assert (entry.number, checkpoint.size) == (number, SIZE)


async def test_the_log_is_proved_to_have_only_grown_since_a_kept_checkpoint(
    key: VerifierKey,
) -> None:
    kept = open_checkpoint((await do(audit_log.issue_checkpoint)).encode(), key)
    await write(9, start=SIZE)
    proof = await do(audit_proofs.prove_consistency, old_size=SIZE)
    again = audit_proofs.read_proof(audit_proofs.proof_bytes(proof))
    assert isinstance(again, ConsistencyProof)
    assert audit_proofs.check_growth(again, key, kept).size == SIZE + 9
    for old_size in range(1, SIZE + 10):
        proof = await do(audit_proofs.prove_consistency, old_size=old_size)
        assert audit_proofs.check_growth(proof, key).size == SIZE + 9


async def test_a_proof_of_growth_from_another_log_than_the_kept_one_is_refused(
    key: VerifierKey,
) -> None:
    kept = open_checkpoint((await do(audit_log.issue_checkpoint)).encode(), key)
    proof = await do(audit_proofs.prove_consistency, old_size=5)
    with pytest.raises(Refused, match="不是您保存的检查点"):
        audit_proofs.check_growth(proof, key, kept)


async def test_whatever_is_changed_in_a_proof_of_inclusion_is_refused(key: VerifierKey) -> None:
    proof = await do(audit_proofs.prove_inclusion, number=4)
    changes = [
        {"number": 5},
        {"number": SIZE},
        {"number": -1},
        {"entry": proof.entry.replace("sample:4", "sample:5")},
        {"entry": "{}"},
        {"path": proof.path[:-1]},
        {"path": [*proof.path, "ab" * 32]},
        {"path": ["ab" * 32, *proof.path[1:]]},
        {"path": ["xyz", *proof.path[1:]]},
        {"checkpoint": proof.checkpoint.replace("\n11\n", "\n12\n")},
    ]
    for change in changes:
        with pytest.raises(Refused, match=r"证明不成立|签名与文字不符"):
            audit_proofs.check_inclusion(msgspec.structs.replace(proof, **change), key)


async def test_whatever_is_changed_in_a_proof_of_growth_is_refused(key: VerifierKey) -> None:
    proof = await do(audit_proofs.prove_consistency, old_size=6)
    changes = [
        {"old_size": 5},
        {"old_size": 0},
        {"old_root": "ab" * 32},
        {"old_root": "xyz"},
        {"path": proof.path[1:]},
        {"path": []},
        {"path": ["xyz"]},
    ]
    for change in changes:
        with pytest.raises(Refused, match="不是在旧日志之后续写的"):
            audit_proofs.check_growth(msgspec.structs.replace(proof, **change), key)


async def test_a_proof_under_another_key_is_refused(key: VerifierKey) -> None:
    proof = await do(audit_proofs.prove_inclusion, number=4)
    with pytest.raises(Refused, match="没有密钥"):
        audit_proofs.check_inclusion(proof, SignerKey.made("stranger").verifier())


@pytest.mark.parametrize("old_size", [0, SIZE + 1])
async def test_growth_is_proved_only_since_a_size_the_log_had(
    key: VerifierKey, old_size: int
) -> None:
    with pytest.raises(Refused, match="日志现有 11 条"):
        await do(audit_proofs.prove_consistency, old_size=old_size)


async def test_an_entry_that_is_not_there_has_no_proof(key: VerifierKey) -> None:
    with pytest.raises(NotFound):
        await do(audit_proofs.prove_inclusion, number=SIZE)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"proof":"else"}', b" " * 5_000_001]
)
def test_a_file_that_is_no_proof_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="不是证明文件"):
        audit_proofs.read_proof(data)
