"""Text made fit for XML and paper: nothing vanishes, nothing breaks the file."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Return `text` with every character that XML 1.0 forbids shown as a visible sign.

    A control character becomes its picture (U+0000 → ␀), anything else forbidden becomes U+FFFD.
    Tab, line feed and carriage return stay, because XML and spreadsheets can carry them.
    """
    return _UNPRINTABLE.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def in_groups(text: str, size: int = 4) -> str:
    """Return `text` cut into groups of `size` parted by spaces, so that people can compare it."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))
