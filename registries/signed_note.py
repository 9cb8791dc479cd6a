"""Signed notes: a text with Ed25519 signatures below it (C2SP signed-note; Go's golang.org/x/mod/sumdb/note).

The text of a note is given out only after a signature by the key in question was verified.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registries.errors import Refused

ED25519 = b"\x01"
KEY_LENGTH = 32
PRIVATE_PREFIX = "PRIVATE+KEY+"
DASH = "\N{EM DASH} "
LARGEST_NOTE = (
    1_000_000  # Bytes; a checkpoint has about 250. A hostile file must not fill the memory.
)
MOST_SIGNATURES = 100


@dataclass(frozen=True)
class VerifierKey:
    """A public key under its name; 32 bytes."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Return the four bytes that tell keys of one name apart."""
        data = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(data).digest()[:4]

    def text(self) -> str:
        """Return the key as text: name, id and key, joined by `+`."""
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Return the key that `text()` wrote. Raises Refused for any other text."""
        name, data = _key_parts(text)
        key = cls(name, data)
        if key.text() != text:
            raise Refused("公钥的写法不对，或其编号与内容不符。请使用 log.pub 文件中的一整行。")
        return key

    def verifies(self, data: bytes, signature: bytes) -> bool:
        """Tell whether `signature` is this key's over `data`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SignerKey:
    """A private key under its name: the 32 bytes of RFC 8032. It never shows in a log or a trace."""

    name: str
    seed: bytes

    def __repr__(self) -> str:
        """Return the name alone."""
        return f"SignerKey({self.name!r})"

    @classmethod
    def made(cls, name: str) -> SignerKey:
        """Return a new key. Raises Refused when a key cannot have this name."""
        _check_name(name)
        return cls(name, secrets.token_bytes(KEY_LENGTH))

    def verifier(self) -> VerifierKey:
        """Return the public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, private.public_key().public_bytes_raw())

    def text(self) -> str:
        """Return the key as text, as Go's note package writes it."""
        return (
            f"{PRIVATE_PREFIX}{self.name}+{self.verifier().id.hex()}+{_base64(ED25519 + self.seed)}"
        )

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """Return the key that `text()` wrote. Raises Refused for any other text."""
        name, data = _key_parts(text.removeprefix(PRIVATE_PREFIX))
        key = cls(name, data)
        if key.text() != text:
            raise Refused("签名密钥的写法不对，或其编号与内容不符。请从备份恢复密钥文件。")
        return key


def sign(text: str, key: SignerKey) -> str:
    """Return the note of `text` with one signature. Raises Refused when a note cannot hold the text."""
    if not text.endswith("\n"):
        raise Refused("要签名的文字必须以换行结束。")
    _check_characters(text)
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    signature = key.verifier().id + private.sign(text.encode())
    return f"{text}\n{DASH}{key.name} {_base64(signature)}\n"


def open_note(note: bytes, key: VerifierKey) -> str:
    """Return the text of a note that `key` signed; signatures by other keys are passed over.

    The first signature under the key's name and id decides, as in Go's note.Open. Raises Refused
    when the form is wrong, when the key has not signed, or when its signature does not fit.
    """
    text, signatures = _parts(note)
    for name, signature in signatures:
        if name == key.name and signature[:4] == key.id:
            if not key.verifies(text.encode(), signature[4:]):
                raise Refused("签名与文字不符：文字在签名之后被改过，或签名是伪造的。")
            return text
    raise Refused(
        f"没有密钥 {key.name}+{key.id.hex()} 的签名。请核对公钥和文件是否属于同一份日志。"
    )


def _parts(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > LARGEST_NOTE:
        raise Refused("文件过大，不是签名文书。")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise Refused("不是签名文书：不是 UTF-8 编码。") from None
    _check_characters(whole)
    text, blank, below = whole.rpartition("\n\n")
    lines = below.split("\n")
    if not blank or lines.pop() != "" or not lines:
        raise Refused("不是签名文书：缺少空行或签名行，或末行没有换行。")
    if len(lines) > MOST_SIGNATURES:
        raise Refused(f"签名超过 {MOST_SIGNATURES} 个，不予核对。")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    data = _from_base64(encoded)
    if not line.startswith(DASH) or not _is_name(name) or data is None or len(data) < 5:
        raise Refused("不是签名文书：签名行的写法不对。")
    return name, data


def _check_characters(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise Refused("不是签名文书：含有控制字符（例如 Windows 的回车符）。请使用原文件。")


def _key_parts(text: str) -> tuple[str, bytes]:
    # The key's base64 may hold `+` itself, so only the first two separate.
    parts = text.split("+", 2)
    data = _from_base64(parts[2]) if len(parts) == 3 else None
    if data is None or data[:1] != ED25519 or len(data) != 1 + KEY_LENGTH:
        raise Refused("密钥的写法不对：应为“名称+编号+内容”，并且是 Ed25519 密钥。")
    _check_name(parts[0])
    return parts[0], data[1:]


def _check_name(name: str) -> None:
    if not _is_name(name) or any(character < " " for character in name):
        raise Refused("日志的名称不能为空，不能含有空白或加号。")


def _is_name(name: str) -> bool:
    return name != "" and "+" not in name and not any(character.isspace() for character in name)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes | None:
    """Return the bytes, or None unless `text` is the one standard way to write them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None
