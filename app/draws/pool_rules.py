"""Who may be sent, in a draw's own terms: homes as district codes of the frame (protocol §2, §7).

The registry says who may not be sent and why (registries/inspectors.py); what is decided here depends on the frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from registries.inspectors import LEFT_OUT as LEFT_OUT_BY_REGISTRY
from registries.inspectors import Inspector

HOME_UNCLEAR: Final = "home-unclear"
LEFT_OUT: Final[dict[str, str]] = {
    **LEFT_OUT_BY_REGISTRY,
    HOME_UNCLEAR: "居住或任职的地区已撤并或没有具体到区（镇街），无法落实地域回避",
}
"""Reason codes of left_out.csv and their meaning."""


@dataclass(frozen=True)
class Candidate:
    """An inspector with the districts to avoid as they are called today, or why he or she stays."""

    inspector: Inspector
    homes: tuple[str, ...]
    reason: str | None


def candidates(
    may_go: Sequence[Inspector],
    left_out: Sequence[tuple[Inspector, str]],
    districts: Sequence[str],
    current: Mapping[str, str | None],
) -> list[Candidate]:
    """Return every inspector of the registry: who may go, with homes, and who may not, with a reason.

    `districts` are the frame's; `current` maps each home to its code of today, None where it was
    split or is unknown.
    """
    found = [Candidate(one, (), reason) for one, reason in left_out]
    for one in may_go:
        homes = [current.get(home) for home in one.homes]
        if None in homes or any(_is_above(home or "", districts) for home in homes):
            found.append(Candidate(one, (), HOME_UNCLEAR))
        else:
            found.append(Candidate(one, _to_avoid([h for h in homes if h], districts), None))
    return sorted(found, key=lambda candidate: candidate.inspector.inspector)


def _is_above(home: str, districts: Sequence[str]) -> bool:
    """Say whether `home` names more than one place of the frame, such as a city instead of a town."""
    stem = home
    while stem.endswith("00"):
        stem = stem[:-2]
    return home not in districts and any(code.startswith(stem) for code in districts)


def _to_avoid(homes: Sequence[str], districts: Sequence[str]) -> tuple[str, ...]:
    """Return homes as inspectors.csv has them: ascending, none twice, of the frame's code length.

    A home outside the frame is kept where it has that length (it says something about the person and
    harms nothing); one of another length lies in another city, cannot be met here, and is dropped.
    """
    length = len(districts[0]) if districts else 0
    return tuple(sorted({home for home in homes if len(home) == length}))


def mixed_lengths(districts: Sequence[str]) -> str:
    """Return a Chinese sentence where the frame's district codes are of different lengths, or ""."""
    by_length: dict[int, str] = {}
    for code in districts:
        by_length.setdefault(len(code), code)
    if len(by_length) < 2:
        return ""
    examples = "、".join(by_length[length] for length in sorted(by_length))
    return (
        f"抽查对象的用工所在地有的到区、有的到镇街（例如 {examples}），不能放在同一次抽查里。"
        "请补全这些对象的地区，或按地区分次抽查。"
    )
