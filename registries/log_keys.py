"""The log's keys: files outside the database, made once at `yaohao init` and never overwritten.

`YAOHAO_LOG_KEY` names the signing key (default var/keys/log.key). Beside it lie log.pub, the public key that
anyone may have, and personal.key, with which personal fields enter the log as digests.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from registries import key_files
from registries.errors import Refused
from registries.signed_note import SignerKey, VerifierKey

SETTING = "YAOHAO_LOG_KEY"
DEFAULT_PATH = "var/keys/log.key"
PERSONAL_BYTES = 32


def path() -> Path:
    """Return where the signing key lies."""
    return Path(os.environ.get(SETTING) or DEFAULT_PATH)


def public_path() -> Path:
    """Return where the public key lies."""
    return path().with_name("log.pub")


def personal_path() -> Path:
    """Return where the key of the personal fields lies."""
    return path().with_name("personal.key")


def newest_checkpoint_path() -> Path:
    """Return where the newest checkpoint is kept, out of reach of who holds the database alone."""
    return path().with_name("checkpoint.txt")


def create(directory: Path | None = None, origin: str | None = None) -> VerifierKey:
    """Make the keys and return the public one; keys that exist are kept as they are.

    `directory`: where `log.key` shall lie; by default the place that `YAOHAO_LOG_KEY` names.
    `origin`: the log's name in its checkpoints, by default a name of its own made at random.
    Raises Refused when the folder cannot be written, or when a key is there whose partner is not.
    """
    place = directory / path().name if directory is not None else path()
    personal, public = place.with_name("personal.key"), place.with_name("log.pub")
    if place.exists():
        if not personal.exists():
            raise Refused(
                f"密钥文件 {personal} 不见了，而 {place.name} 还在。请从备份恢复，不要重建。"
            )
        return _signer_in(place).verifier()
    key = SignerKey.made(origin or f"yaohao/{secrets.token_hex(8)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        # The signing key comes last: where it stands, the others stand too.
        if not personal.exists():
            key_files.write_new(personal, secrets.token_hex(PERSONAL_BYTES))
        public.write_text(key.verifier().text() + "\n", encoding="ascii", newline="\n")
        key_files.write_new(place, key.text())
    except (OSError, UnicodeError):
        raise Refused(
            f"无法在 {place.parent} 建立日志密钥。请检查文件夹权限，或用 {SETTING} 指定位置。"
        ) from None
    return key.verifier()


def signer() -> SignerKey:
    """Return the signing key. Raises Refused when it is missing, unreadable or damaged."""
    return _signer_in(path())


def verifier() -> VerifierKey:
    """Return the public key. Raises Refused when there is neither log.pub nor the signing key."""
    if public_path().exists():
        return VerifierKey.parse(_read(public_path()))
    return signer().verifier()


def personal_key() -> bytes:
    """Return the key of the personal fields. Raises Refused when it is missing or damaged."""
    try:
        key = bytes.fromhex(_read(personal_path()))
    except ValueError:
        key = b""
    if len(key) != PERSONAL_BYTES:
        raise Refused(f"密钥文件 {personal_path()} 已损坏。请从备份恢复。")
    return key


def keep_checkpoint(note: bytes) -> None:
    """Keep the newest checkpoint beside the key. Raises Refused when that cannot be written."""
    key_files.replace(newest_checkpoint_path(), note)


def _signer_in(place: Path) -> SignerKey:
    return SignerKey.parse(_read(place))


def _read(place: Path) -> str:
    return key_files.read(place, "日志密钥", SETTING)
