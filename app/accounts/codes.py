"""Codes that are printed or read aloud and typed by hand: made, written in groups, read with their slips mended.

One mechanism for one-time passwords, recovery codes and slips; door, tracking, seat and employer codes use it too.
"""

from __future__ import annotations

import secrets
import unicodedata

# Crockford's alphabet: no I, L, O, U, so nothing looks like something else or spells a word.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16  # 80 bits.
GROUP = 4
_MENDED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def new_code(length: int = LENGTH) -> str:
    """Return a random code of `length` characters (5 bits each) in groups of four: 7KQ2-…."""
    return grouped("".join(secrets.choice(ALPHABET) for _ in range(length)))


def grouped(code: str) -> str:
    """Return a code in groups of four with hyphens between them."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def typed(text: str) -> str:
    """Return the code that somebody meant, without hyphens: any case and width, O for 0, I or L for 1."""
    return unicodedata.normalize("NFKC", text).upper().strip().translate(_MENDED)
