"""One entry of the log as text: what is hashed, and nothing else (docs/audit-log.md, "Entry").

Pure: no database, no clock. The random bytes and the personal key are arguments.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sampling.encoding import Json, jcs, parse_jcs

FORM = "yaohao/1 entry"
PERSONAL_FORM = "yaohao/1 personal"
RANDOM_BYTES = 16
KEYS = frozenset(
    {"form", "number", "bureau", "at", "actor", "event", "subject", "personal", "reason", "random"}
)


@dataclass(frozen=True)
class Entry:
    """What one action did: `previous` and `new` are None where there is no such state.

    `personal` holds digests, never values; its keys say which field of which row.
    `random` (32 hexadecimal characters) keeps anyone from guessing an entry from its hash.
    """

    number: int
    bureau: str
    at: str
    actor_kind: str
    actor_name: str
    event: str
    subject: str
    previous: Mapping[str, Json] | None
    new: Mapping[str, Json] | None
    personal: Mapping[str, str]
    reason: str
    random: str

    def canonical(self) -> str:
        """Return the canonical JSON (RFC 8785) of the entry; a state that is None is left out.

        Raises FormError for values that canonical JSON of the protocol (§1) does not hold.
        """
        value: dict[str, Any] = {
            "form": FORM,
            "number": self.number,
            "bureau": self.bureau,
            "at": self.at,
            "actor": {"kind": self.actor_kind, "name": self.actor_name},
            "event": self.event,
            "subject": self.subject,
            "personal": dict(self.personal),
            "reason": self.reason,
            "random": self.random,
        }
        if self.previous is not None:
            value["previous"] = dict(self.previous)
        if self.new is not None:
            value["new"] = dict(self.new)
        return jcs(value).decode()

    @classmethod
    def parse(cls, text: str) -> Entry:
        """Return the entry that `canonical()` wrote. Raises ValueError for any other text."""
        value: Any = parse_jcs(text.encode())
        try:
            if value.keys() - {"previous", "new"} != KEYS or value["form"] != FORM:
                raise ValueError("not an entry")
            actor = value["actor"]
            return cls(
                number=value["number"],
                bureau=value["bureau"],
                at=value["at"],
                actor_kind=actor["kind"],
                actor_name=actor["name"],
                event=value["event"],
                subject=value["subject"],
                previous=value.get("previous"),
                new=value.get("new"),
                personal=value["personal"],
                reason=value["reason"],
                random=value["random"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an entry") from error


@dataclass(frozen=True)
class LoggedEntry:
    """An entry as it is stored: the columns to search by, the text that was hashed, the hashes.

    `hashes`: 64 hexadecimal characters for each complete subtree that ends with this entry.
    """

    number: int
    bureau: str
    at: str
    actor_kind: str
    actor_name: str
    event: str
    subject: str
    canonical: str
    hashes: str

    @property
    def leaf(self) -> str:
        """Return the hash of the entry itself."""
        return self.hashes[:64]

    def entry(self) -> Entry:
        """Return the whole entry out of its text. Raises ValueError when that was tampered with."""
        return Entry.parse(self.canonical)


def instant(moment: datetime) -> str:
    """Return an aware time as UTC text to the microsecond, as it is hashed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def personal_digest(key: bytes, random: str, field: str, value: str) -> str:
    """Return HMAC-SHA256 of a personal value in one entry, as 64 hexadecimal characters.

    The entry's random bytes are part of it, so that equal values in two entries do not look equal.
    """
    message = jcs([PERSONAL_FORM, random, field, value])
    return hmac.new(key, message, hashlib.sha256).hexdigest()
