"""The fields of a document: their Chinese labels, and all that are missing named at once.

A labelled field without a default is required: an official document never goes out with a blank
where the system should have written something.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

_LABEL = "label"


def labelled(text: str) -> dict[str, str]:
    """Return the metadata of a dataclass field that is called `text` on paper."""
    return {_LABEL: text}


class MissingFields(ValueError):  # noqa: N818 - the name is the sentence's first word to callers
    """A document lacks required fields; `labels` names every one of them in Chinese."""

    def __init__(self, document: str, labels: tuple[str, ...]) -> None:
        """Keep the labels and say in one Chinese sentence what has to be filled in."""
        self.document = document
        self.labels = labels
        super().__init__(f"《{document}》缺少必填内容：{'、'.join(labels)}。请补齐后重新生成。")


def require(document: str, data: object, may_lack: Collection[str] = ()) -> None:
    """Return nothing when every required field of the dataclass `data` is filled, at any depth.

    `may_lack` names fields of `data` itself that this one document can do without.
    Raises MissingFields with the labels of all that are not, in the order of the fields.
    """
    missing = tuple(_missing(data, may_lack=may_lack))
    if missing:
        raise MissingFields(document, missing)


def _missing(data: object, where: str = "", may_lack: Collection[str] = ()) -> Iterator[str]:
    for field in dataclasses.fields(data):  # type: ignore[arg-type]  # callers pass dataclasses only
        name = field.metadata.get(_LABEL)
        if name is None or field.name in may_lack:
            continue
        value = getattr(data, field.name)
        if field.default is dataclasses.MISSING and _is_blank(value):
            yield where + name
        elif isinstance(value, tuple):
            for number, part in enumerate(value, start=1):
                yield from _missing_in_part(part, f"{where}{name}第{number}项")
        elif dataclasses.is_dataclass(value):
            yield from _missing(value, f"{where}{name}：")


def _missing_in_part(part: object, where: str) -> Iterator[str]:
    if dataclasses.is_dataclass(part):
        yield from _missing(part, f"{where}：")
    elif _is_blank(part):
        yield where


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == ()
