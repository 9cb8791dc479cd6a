"""Numbers and credit codes of a made-up city for benchmarks: every value follows from a counter."""

from __future__ import annotations

import hashlib

DISTRICTS = tuple(f"4401{number:02d}" for number in (3, 4, 5, 6, 11, 12, 13, 14, 15, 17, 18))
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of unified social credit codes (GB 32100)."""
WEIGHTS = tuple(3**place % 31 for place in range(17))


def number(*parts: object) -> int:
    """Return a whole number below 2²⁵⁶ that follows from `parts` alone."""
    return int(hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest(), 16)


def credit_code(district: str, serial: int) -> str:
    """Return a made-up unified social credit code with a right check character (GB 32100)."""
    organisation = "MA"
    for _ in range(7):
        serial, rest = divmod(serial, 31)
        organisation += ALPHABET[rest]
    body = f"91{district}{organisation}"
    total = sum(
        ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True)
    )
    return body + ALPHABET[-total % 31]
