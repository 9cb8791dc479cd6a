"""Names of people as typed: whether two are one person's, and what cannot be a name at all."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 50
# Controls, formats (zero-width signs, directions), surrogates, private use, unassigned; separators other than blanks.
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def folded(name: str) -> str:
    """Return a name without what does not tell people apart: blanks, unseen signs, width, capitals."""
    wide = unicodedata.normalize("NFKC", name)
    return "".join(
        sign for sign in wide if unicodedata.category(sign) not in UNSEEN | {"Zs"}
    ).casefold()


def same_person(one: str, other: str) -> bool:
    """Say whether two names as typed are one person's."""
    return folded(one) == folded(other)


def fault(name: str) -> str:
    """Return what is wrong with a name, "" for nothing."""
    if not folded(name):
        return "请写明姓名。"
    if any(unicodedata.category(sign) in UNSEEN for sign in name):
        return "姓名里有看不见的字符，请重新输入。"
    return "" if len(name.strip()) <= LONGEST else f"姓名最多 {LONGEST} 个字。"
