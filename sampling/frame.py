"""The frozen files: who may be drawn and who may be sent, read and checked (protocol §2, §9)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sampling.encoding import jcs, merkle_root, parse_csv, parse_jcs
from sampling.errors import FormError, ProtocolError, refused_as
from sampling.plan_form import (
    NAME_CHARACTER,
    SALTED_FILES,
    Plan,
    StratumKey,
    require_files,
)
from sampling.rows import HEADERS, INSPECTOR, chunks, rows_of

FRAME_FILES: Final = (*SALTED_FILES, "salt.txt")
"""What a frame is read from: the six salted files and the salt."""

_TEXT = NAME_CHARACTER + "{1,200}"
_PERSON: Final = (INSPECTOR, _TEXT, _TEXT, "[0-9a-f]{32}")
_LONGEST_KIND: Final = 80


@dataclass(frozen=True)
class Entity:
    """One row of entities.csv."""

    id: str
    district: str
    grade: str
    kind: str
    name: str


@dataclass(frozen=True)
class Entities:
    """entities.csv as columns, in the order of the file.

    `ids` are bytes; `stratum` is the index of each entity's key in `strata`, which is sorted;
    `text` is the file itself, from which a row's kind and name are read when wanted.
    """

    ids: NDArray[np.bytes_]
    stratum: NDArray[np.int32]
    strata: tuple[StratumKey, ...]
    text: bytes

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def populations(self) -> dict[StratumKey, int]:
        """How many entities each stratum has, in key order."""
        counts = np.bincount(self.stratum, minlength=len(self.strata))
        return dict(zip(self.strata, counts.tolist(), strict=True))

    @cached_property
    def _line_ends(self) -> NDArray[np.int64]:
        return np.flatnonzero(np.frombuffer(self.text, dtype=np.uint8) == ord("\n"))

    def row(self, index: int) -> Entity:
        """Return the whole row of the entity at `index`."""
        start, end = self._line_ends[index] + 1, self._line_ends[index + 1] + 1
        header = ",".join(HEADERS["entities.csv"]).encode() + b"\n"
        return Entity(*parse_csv(header + self.text[start:end], HEADERS["entities.csv"])[0])

    def find(self, entity: str) -> int | None:
        """Return the index of the entity with this id, or None where it is not in the frame."""
        wanted = entity.encode()
        if len(wanted) > self.ids.dtype.itemsize:
            return None
        # Of the same width, or numpy would widen a copy of the whole column for each search.
        at = int(np.searchsorted(self.ids, np.array(wanted, dtype=self.ids.dtype)))
        return at if at < len(self.ids) and self.ids[at] == wanted else None


@dataclass(frozen=True)
class Inspector:
    """One row of inspectors.csv; `home` holds the district codes to be avoided."""

    inspector: str
    home: frozenset[str]
    can_lead: bool
    prior: int


@dataclass(frozen=True)
class Recusal:
    """One row of recusals.csv: a pair that must not meet."""

    inspector: str
    entity: str
    reason: str


@dataclass(frozen=True)
class Frame:
    """The frozen files as read (§2): each part in the order of its file."""

    entities: Entities
    excluded: tuple[tuple[str, str], ...]
    inspectors: tuple[Inspector, ...]
    left_out: tuple[tuple[str, str], ...]
    recusals: tuple[Recusal, ...]


def salted_digest(salt: bytes, data: bytes) -> str:
    """Return H(salt ‖ data), which cannot be guessed from likely contents (§2)."""
    digest = hashlib.sha256(salt)
    digest.update(data)
    return digest.hexdigest()


def check_digests(plan: Plan, files: Mapping[str, bytes]) -> None:
    """Raise ProtocolError `files` unless each salted file is the one that plan.json names."""
    require_files(files, FRAME_FILES)
    changed = [
        name
        for name in SALTED_FILES
        if salted_digest(files["salt.txt"], files[name]) != plan.files[name]
    ]
    if changed:
        raise ProtocolError("files", f"与 plan.json 中的摘要不符：{'、'.join(changed)}。")


def read_frame(files: Mapping[str, bytes]) -> Frame:
    """Return the frame in `files` (FRAME_FILES); ProtocolError `files`, `rows` or `disjoint`."""
    require_files(files, FRAME_FILES)
    if not re.fullmatch(b"[0-9a-f]{64}", files["salt.txt"]):
        raise ProtocolError("rows", "salt.txt：必须是 64 个小写十六进制字符，没有换行。")
    with refused_as("rows", "terms.json"):
        parse_jcs(files["terms.json"])
    frame = Frame(
        entities=_entities(files["entities.csv"]),
        excluded=tuple(rows_of(files["excluded.csv"], "excluded.csv")),
        inspectors=_inspectors(files["inspectors.csv"]),
        left_out=tuple(rows_of(files["left_out.csv"], "left_out.csv")),
        recusals=_recusals(files["recusals.csv"]),
    )
    _ascending([row[0] for row in frame.excluded], "excluded.csv")
    _ascending([row[0] for row in frame.left_out], "left_out.csv")
    _check_code_lengths(frame)
    _check_recusals(frame)
    _check_disjoint(frame)
    return frame


def people_root(data: bytes) -> str:
    """Return the people_root (§2) of people.csv; ProtocolError `roots` where its form is bad."""
    with refused_as("roots", "people.csv"):
        rows = parse_csv(data, HEADERS["people.csv"])
        names = [row[0] for row in rows]
        if any(a >= b for a, b in pairwise(names)):
            raise FormError("没有按代号排序，或有重复。")
        for row in rows:
            if not all(map(re.fullmatch, _PERSON, row)):
                raise FormError(f"{row[0][:40]} 一行的代号、证号、姓名或盐的写法不合规定。")
        return merkle_root([person_leaf(row) for row in rows])


def person_leaf(row: Sequence[str]) -> bytes:
    """Return the people_root leaf of one row (inspector, certificate, name, salt) of people.csv."""
    return jcs(["yaohao/1 person", *row])


def _entities(data: bytes) -> Entities:
    ids, places = [], []
    kinds: set[str] = set()
    place_numbers: dict[str, int] = {}
    for rows in chunks(data, "entities.csv"):
        id_column, place_column, kind_column = zip(*rows, strict=True)
        ids.append(np.array(id_column, dtype=np.bytes_))
        kinds.update(kind_column)
        for place in set(place_column) - place_numbers.keys():
            place_numbers[place] = len(place_numbers)
        places.append(np.array([place_numbers[place] for place in place_column], dtype=np.int32))
    if not ids:
        raise ProtocolError("rows", "entities.csv：至少要有一行。")
    all_ids = np.concatenate(ids)
    if not bool(np.all(all_ids[:-1] < all_ids[1:])):
        raise ProtocolError("rows", "entities.csv：没有按编号排序，或有重复。")
    for kind in kinds:
        codes = kind.split("+")
        if len(kind) > _LONGEST_KIND or sorted(set(codes)) != codes:
            raise ProtocolError("rows", f"entities.csv：类别“{kind}”过长、未排序或有重复。")
    keys = sorted(tuple(place.split(",")) for place in place_numbers)
    rank = {",".join(key): index for index, key in enumerate(keys)}
    order = np.array([rank[place] for place in place_numbers], dtype=np.int32)
    strata = tuple((district, grade) for district, grade in keys)
    return Entities(all_ids, order[np.concatenate(places)], strata, data)


def _inspectors(data: bytes) -> tuple[Inspector, ...]:
    inspectors = []
    for name, home, can_lead, prior in rows_of(data, "inspectors.csv"):
        homes = [] if home == "-" else home.split("+")
        if sorted(set(homes)) != homes:
            raise ProtocolError("rows", f"inspectors.csv：{name} 的回避地区未排序或有重复。")
        inspectors.append(Inspector(name, frozenset(homes), can_lead == "1", int(prior)))
    _ascending([inspector.inspector for inspector in inspectors], "inspectors.csv")
    return tuple(inspectors)


def _recusals(data: bytes) -> tuple[Recusal, ...]:
    rows = list(rows_of(data, "recusals.csv"))
    _ascending([row[:2] for row in rows], "recusals.csv")
    return tuple(Recusal(*row) for row in rows)


def _ascending(values: Sequence[Any], file: str) -> None:
    if any(a >= b for a, b in pairwise(values)):
        raise ProtocolError("rows", f"{file}：没有排序，或有重复。")


def _check_code_lengths(frame: Frame) -> None:
    lengths = {len(district) for district, _ in frame.entities.strata}
    lengths.update(len(code) for inspector in frame.inspectors for code in inspector.home)
    if len(lengths) > 1:
        raise ProtocolError("rows", "同一次抽查的地区代码长度必须一致。")


def _check_recusals(frame: Frame) -> None:
    known = {inspector.inspector for inspector in frame.inspectors}
    for recusal in frame.recusals:
        if recusal.inspector not in known:
            raise ProtocolError(
                "rows", f"recusals.csv：{recusal.inspector} 不在 inspectors.csv 中。"
            )


def _check_disjoint(frame: Frame) -> None:
    if frame.excluded:
        ids = frame.entities.ids
        excluded = np.array([entity for entity, _ in frame.excluded], dtype=np.bytes_)
        # One search for all of them: the ids of both are sorted.
        at = np.minimum(np.searchsorted(ids, excluded), len(ids) - 1)
        both = excluded[ids[at] == excluded]
        if len(both):
            raise ProtocolError("disjoint", f"{both[0].decode()} 既在抽查对象名单中，又被排除。")
    known = {inspector.inspector for inspector in frame.inspectors}
    for inspector, _ in frame.left_out:
        if inspector in known:
            raise ProtocolError("disjoint", f"{inspector} 既可派出，又在不可派出名单中。")
