"""Time-based codes (RFC 6238) and which of them are taken: each at most once, one step of clock error either way."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime
from typing import Final

import pyotp

STEP_SECONDS: Final = 30
DIGITS: Final = 6
# RFC 6238 §5.2 recommends at most one step; phones and servers here are seconds apart, not minutes.
STEPS_OF_CLOCK_ERROR: Final = 1
NEVER_USED: Final = -1
RECOVERY_CODES: Final = 10
ISSUER: Final = "摇号"


def counter_at(moment: datetime) -> int:
    """Return the number of the 30-second step that a moment (aware) lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: str, counter: int) -> str:
    """Return the six digits of a step; `secret` is base32."""
    return pyotp.HOTP(secret, digits=DIGITS).at(counter)


def matching_counter(secret: str, code: str, now: datetime, last_used: int) -> int | None:
    """Return the step whose code was typed, or None: wrong, too old, too early or used before.

    A step at or before `last_used` is never taken again (RFC 6238 §5.2), so a code read over a
    shoulder is worth nothing. Every step is compared, whichever matches.
    """
    typed = unicodedata.normalize("NFKC", code).replace(" ", "").encode()
    here = counter_at(now)
    found = None
    for counter in range(here - STEPS_OF_CLOCK_ERROR, here + STEPS_OF_CLOCK_ERROR + 1):
        same = secrets.compare_digest(code_at(secret, max(counter, 0)).encode(), typed)
        if same and counter > last_used:
            found = counter
    return found


def enrolment_address(secret: str, staff_number: str, bureau: str) -> str:
    """Return the otpauth address that goes into the QR code; it names no person."""
    return pyotp.TOTP(secret, digits=DIGITS).provisioning_uri(
        name=f"{bureau}-{staff_number}", issuer_name=ISSUER
    )
