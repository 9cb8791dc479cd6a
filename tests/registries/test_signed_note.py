"""Signed notes and checkpoints, against published ones.

The key and note of PeterNeumann stand in the documentation of golang.org/x/mod/sumdb/note; the refusals follow its
tests and C2SP's signed-note.md and tlog-checkpoint.md.
"""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registries.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from registries.errors import Refused
from registries.signed_note import SignerKey, VerifierKey, open_note, sign

VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNATURE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = f"{TEXT}\n{SIGNATURE}"
BROKEN = SIGNATURE.replace("RyyBwJnAM=", "RyyBwJnBM=")
OTHER = "— PeterNeumann " + base64.b64encode(b"\x00\x01\x02\x03" + bytes(64)).decode() + "\n"


def peter() -> VerifierKey:
    return VerifierKey.parse(VERIFIER)


def test_the_published_note_opens() -> None:
    assert open_note(NOTE.encode(), peter()) == TEXT


def test_the_published_key_signs_the_published_note_byte_for_byte() -> None:
    key = SignerKey.parse(SIGNER)
    assert sign(TEXT, key) == NOTE
    assert key.text() == SIGNER
    assert key.verifier().text() == VERIFIER
    assert peter().text() == VERIFIER


def test_a_private_key_does_not_show_when_it_is_printed() -> None:
    assert repr(SignerKey.parse(SIGNER)) == "SignerKey('PeterNeumann')"


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        NOTE.removesuffix("\n"),
        "\x01" + NOTE,
        TEXT.replace("\n", "\r\n") + "\n" + SIGNATURE,
        NOTE.replace("PeterNeumann", "Bad Name"),
        NOTE.replace("PeterNeumann", "Bad\u3000Name"),
        NOTE.replace("PeterNeumann", "Peter+Neumann"),
        NOTE.replace("— ", "- "),
        NOTE + "Unexpected line.\n",
        NOTE + "— PeterNeumann AAA=\n",
        f"{TEXT}\n" + SIGNATURE * 101,
        NOTE + "— x " + "A" * 1_000_000 + "\n",
    ],
)
def test_a_note_of_another_form_is_refused(note: str) -> None:
    with pytest.raises(Refused, match=r"不是签名文书|签名超过|文件过大"):
        open_note(note.encode(), peter())


def test_a_note_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(Refused, match="UTF-8"):
        open_note(b"\xff" + NOTE.encode(), peter())


def test_a_changed_text_is_refused() -> None:
    with pytest.raises(Refused, match="签名与文字不符"):
        open_note(NOTE.replace("cryptography", "cryptographY").encode(), peter())


def test_a_note_signed_only_by_others_is_refused() -> None:
    with pytest.raises(Refused, match="没有密钥 PeterNeumann"):
        open_note(f"{TEXT}\n{OTHER}".encode(), peter())


def test_signatures_of_others_are_passed_over_and_the_first_of_the_key_decides() -> None:
    assert open_note(f"{TEXT}\n{OTHER}{SIGNATURE}".encode(), peter()) == TEXT
    assert open_note(f"{TEXT}\n{SIGNATURE}{BROKEN}".encode(), peter()) == TEXT
    with pytest.raises(Refused, match="签名与文字不符"):
        open_note(f"{TEXT}\n{BROKEN}{SIGNATURE}".encode(), peter())


def test_a_hundred_signatures_are_read() -> None:
    assert open_note((f"{TEXT}\n" + SIGNATURE * 100).encode(), peter()) == TEXT


def test_a_text_may_have_blank_lines() -> None:
    key = SignerKey.made("example.com/log")
    assert open_note(sign("a\n\nb\n", key).encode(), key.verifier()) == "a\n\nb\n"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=32, max_size=32))
def test_whatever_is_signed_opens_again_or_is_refused_before(text: str, seed: bytes) -> None:
    key = SignerKey("example.com/log", seed)
    try:
        note = sign(text, key)
    except Refused:
        assert not text.endswith("\n") or any(character < " " for character in text)
    else:
        assert open_note(note.encode(), key.verifier()) == text


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(note: bytes) -> None:
    with pytest.raises(Refused):
        open_note(note, peter())


def test_no_part_and_no_change_of_a_public_key_is_a_public_key() -> None:
    parts = {VERIFIER[i:j] for i in range(len(VERIFIER)) for j in range(i + 1, len(VERIFIER) + 1)}
    changed = {
        VERIFIER[:at] + chr(ord(character) + 1) + VERIFIER[at + 1 :]
        for at, character in enumerate(VERIFIER)
    }
    for text in (parts | changed) - {VERIFIER}:
        with pytest.raises(Refused):
            VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "PeterNeumann",
    ],
)
def test_a_key_of_wrong_length_or_kind_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="密钥的写法不对"):
        VerifierKey.parse(text)
    with pytest.raises(Refused, match="密钥的写法不对"):
        SignerKey.parse("PRIVATE+KEY+" + text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b", "a\tb"])
def test_a_key_has_no_name_that_a_note_could_not_hold(name: str) -> None:
    with pytest.raises(Refused, match="日志的名称"):
        SignerKey.made(name)


# Checkpoints

EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_example_of_the_checkpoint_specification_is_read_and_written() -> None:
    checkpoint = parse_checkpoint(EXAMPLE)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.startswith("0ac5186a91863e8e")
    assert checkpoint.text() == EXAMPLE


def test_extension_lines_are_kept() -> None:
    checkpoint = parse_checkpoint(EXAMPLE + "note\n")
    assert checkpoint.extensions == ("note",)
    assert checkpoint.text() == EXAMPLE + "note\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        EXAMPLE.removesuffix("\n"),
        "example.com/x\n5\n",
        EXAMPLE.replace("20852163", "020852163"),
        EXAMPLE.replace("20852163", "-1"),
        EXAMPLE.replace("20852163", "٣"),
        EXAMPLE.replace("20852163", "9" * 19),
        EXAMPLE.replace("20852163", "9" * 5000),
        EXAMPLE.replace("q2I=", "q2I"),
        EXAMPLE.replace("q2I=", "q2J="),
        EXAMPLE.replace("CsUY", ""),
        "\n" + EXAMPLE.partition("\n")[2],
        EXAMPLE + "\n",
        EXAMPLE + "a\n\nb\n",
    ],
)
def test_a_checkpoint_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="不是检查点"):
        parse_checkpoint(text)


@pytest.mark.parametrize("line", ["", "two\nlines"])
def test_an_extension_is_one_line_with_text(line: str) -> None:
    with pytest.raises(Refused, match="每一行"):
        Checkpoint("log", 0, "00" * 32, (line,)).text()


def test_a_checkpoint_under_another_name_than_its_key_is_refused() -> None:
    key = SignerKey.made("example.com/log")
    mine = Checkpoint("example.com/log", 1, "ab" * 32)
    assert open_checkpoint(sign_checkpoint(mine, key).encode(), key.verifier()) == mine
    foreign = Checkpoint("example.com/other", 1, "ab" * 32)
    with pytest.raises(Refused, match="另一份日志"):
        open_checkpoint(sign_checkpoint(foreign, key).encode(), key.verifier())
