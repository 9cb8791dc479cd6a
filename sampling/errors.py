"""Refusals of the protocol: what is wrong, in one Chinese sentence, under one word of §9."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Word = Literal[
    "keys",
    "files",
    "rows",
    "disjoint",
    "roots",
    "quota",
    "shares",
    "contributions",
    "dice",
    "seed",
    "result",
    "anchors",
]

WORDS: Final[tuple[Word, ...]] = get_args(Word)
"""The checks of §9 in their order; the first that fails names the refusal."""


class FormError(ValueError):
    """Bytes that break a form of §1, before it is known which check of §9 they belong to."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ProtocolError(ValueError):
    """A check of §9 that failed: its word, and a Chinese sentence that says what is wrong."""

    def __init__(self, word: Word, sentence: str) -> None:
        super().__init__(f"{word}: {sentence}")
        self.word: Word = word
        self.sentence = sentence


def printable(text: str) -> str:
    """Return `text` for a terminal: at most 300 characters, what moves a cursor written as \\u….

    What is refused comes from files that anyone may have made.
    """
    short = text if len(text) <= 300 else text[:300] + "……"
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in short
    )


@contextmanager
def refused_as(word: Word, subject: str) -> Iterator[None]:
    """Turn a FormError inside the block into the ProtocolError of `word`, naming `subject`."""
    try:
        yield
    except FormError as error:
        raise ProtocolError(word, f"{subject}：{error.sentence}") from error


@dataclass(frozen=True)
class SeatGroup:
    """Seats of one district and role: `lead` is True for team leads. `seats` counts them."""

    district: str
    lead: bool
    seats: int


@dataclass(frozen=True)
class BlockingSet:
    """Seats that together have fewer eligible inspectors than they are (Hall's condition, §7.6).

    `inspectors` are all those eligible for at least one of the seats, in order of their id.
    """

    groups: tuple[SeatGroup, ...]
    inspectors: tuple[str, ...]

    @property
    def seats(self) -> int:
        """How many seats the set has."""
        return sum(group.seats for group in self.groups)

    def sentence(self) -> str:
        """The set in one Chinese sentence."""
        places = "、".join(
            f"{group.district} {'组长' if group.lead else '组员'} {group.seats} 席"
            for group in self.groups
        )
        return (
            f"下列席位共 {self.seats} 席，能派的检查人员合计只有 {len(self.inspectors)} 人：{places}。"
            "请增加可派人员、减少回避或减少抽查数量。"
        )


@dataclass(frozen=True)
class Reason:
    """One reason against a freeze: which rule, a Chinese sentence, and the numbers behind it."""

    rule: Literal["quota", "shares", "staffing"]
    sentence: str
    numbers: dict[str, int] = field(default_factory=dict)
    blocking: BlockingSet | None = None


class FreezeRefused(ValueError):  # noqa: N818 - named as the protocol speaks of it
    """A draw that may not be frozen (§3 last sentence, §5, §7.6), with every reason at once."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(" ".join(reason.sentence for reason in reasons))
        self.reasons = reasons
