"""The accounts' key, a file outside the database: with it second factors are encrypted and codes digested.

It lies beside the log's keys (registries/log_keys.py) as `accounts.key`, so that `YAOHAO_LOG_KEY` places all of
them. Who holds the database alone can neither make a code nor try out recovery codes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registries import key_files, log_keys
from registries.errors import Refused
from sampling.encoding import jcs

KEY_BYTES = 32
NONCE_BYTES = 12
FORM = "yaohao/1 account"


def path() -> Path:
    """Return where the accounts' key lies."""
    return log_keys.path().with_name("accounts.key")


def create(*, accounts_exist: bool) -> None:
    """Make the key where none is; one that exists is kept.

    Raises Refused when accounts exist already: a new key would turn every second factor to waste.
    """
    place = path()
    if place.exists():
        _key()
        return
    if accounts_exist:
        raise Refused(f"账号密钥文件 {place} 不见了，而账号已经建立。请从备份恢复，不要重建。")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        key_files.write_new(place, secrets.token_hex(KEY_BYTES))
    except OSError:
        raise Refused(
            f"无法在 {place.parent} 建立账号密钥。请检查文件夹权限，"
            f"或用 {log_keys.SETTING} 指定位置。"
        ) from None


def digest(purpose: str, *parts: str) -> str:
    """Return HMAC-SHA256 of some texts for one purpose, as 64 hexadecimal characters."""
    message = jcs([FORM, purpose, *parts])
    return hmac.new(_derived("digest"), message, hashlib.sha256).hexdigest()


def sealed(text: str, account: int) -> str:
    """Return `text` encrypted with AES-256-GCM for one account, in hexadecimal, nonce first."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return (nonce + AESGCM(_derived("seal")).encrypt(nonce, text.encode(), _bound(account))).hex()


def opened(sealed_text: str, account: int) -> str:
    """Return what was sealed for this account. Raises Refused for another account, key or text."""
    data = bytes.fromhex(sealed_text)
    nonce, body = data[:NONCE_BYTES], data[NONCE_BYTES:]
    try:
        return AESGCM(_derived("seal")).decrypt(nonce, body, _bound(account)).decode()
    except InvalidTag:
        raise Refused(
            f"动态口令密钥无法解开：密钥文件 {path()} 与数据库不符。请从同一次备份恢复。"
        ) from None


def _bound(account: int) -> bytes:
    # The account is authenticated with the text, so that one row's secret does not work in another.
    return jcs([FORM, "seal", str(account)])


def _derived(use: str) -> bytes:
    """Return the key of one use, so that a digest never says anything about the cipher's key."""
    return hmac.new(_key(), jcs([FORM, "key", use]), hashlib.sha256).digest()


def _key() -> bytes:
    try:
        key = bytes.fromhex(key_files.read(path(), "账号密钥", log_keys.SETTING))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Refused(f"密钥文件 {path()} 已损坏。请从备份恢复。")
    return key
