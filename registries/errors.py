"""The few ways in which a deed or a read can say no, each with a sentence written for the person asking.

Anything else that is raised is a fault of ours: pages and commands show a reference number for it, never its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class YaohaoError(Exception):
    """A refusal that may be shown to people: `sentence` is plain Chinese and says what to do next."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Refused(YaohaoError):
    """The rules forbid the deed in the present state of the books."""


class NotFound(YaohaoError):
    """There is no such row, or it belongs to another bureau; the two are never told apart."""


class Conflict(YaohaoError):
    """Somebody else changed the row since it was read, or something with the same number exists."""


class Invalid(YaohaoError):
    """What was entered cannot be taken: `fields` names every fault under its field, all at once."""

    def __init__(self, sentence: str, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__(sentence)
        self.fields = {name: list(faults) for name, faults in fields.items()}
