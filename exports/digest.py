"""The digest that a document prints of its own data: same data, same digest, in any program."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

LABEL = "本文件数据摘要（SHA-256）"


def canonical(kind: str, data: object) -> bytes:
    """Return the canonical JSON (RFC 8785, UTF-8) of `{"data": data, "document": kind}`.

    `data` is a dataclass of strings, integers, booleans, dates, aware datetimes, mappings with
    ASCII keys, tuples or lists, and further dataclasses; an absent (None) field is left out.
    Raises TypeError for anything else, floats included, because their text differs by program.
    """
    plain = {"data": _plain(data), "document": kind}
    # With ASCII keys and no floats, sorted compact JSON is RFC 8785 (UTF-16 order is ASCII order).
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def data_digest(kind: str, data: object) -> str:
    """Return the SHA-256 of `canonical(kind, data)` as 64 lower-case hexadecimal characters."""
    return hashlib.sha256(canonical(kind, data)).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a moment without its time zone has no canonical form")
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if dataclasses.is_dataclass(value):
        return _plain_mapping({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _plain_mapping(value: Mapping[object, object]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, part in value.items():
        if not (isinstance(key, str) and key.isascii()):
            raise TypeError("keys of canonical data are ASCII text")
        if part is not None:
            plain[key] = _plain(part)
    return plain
