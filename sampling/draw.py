"""Which entities: tickets, the drawn, their reserve, and calling reserves up (protocol §6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sampling.frame import Entities
from sampling.plan_form import StratumKey
from sampling.seed import key

_CHUNK = 1 << 16


class Picked(NamedTuple):
    """An entity that was drawn or stands in reserve; `rank` counts from 1 in its stratum.

    `ticket` is 64 hex characters, `row` its place in the columns of Entities. A tuple, because
    a draw of 8 % of a big frame makes more than a hundred thousand of them.
    """

    id: str
    district: str
    grade: str
    rank: int
    ticket: str
    row: int


@dataclass(frozen=True)
class Selection:
    """The drawn and the reserve, each by (district, grade, rank)."""

    drawn: tuple[Picked, ...]
    reserve: tuple[Picked, ...]


def select(
    entities: Entities, numbers: Mapping[StratumKey, int], reserve: int, seed: str
) -> Selection:
    """Return the `numbers[stratum]` smallest tickets of each stratum and its reserve (§6)."""
    sha256, entity_key = hashlib.sha256, key("entity", seed).encode()
    prefixes = ticket_prefixes(entities.ids, entity_key)
    populations = entities.populations
    wanted = [
        min(populations[stratum], numbers[stratum] + reserve) if numbers[stratum] else 0
        for stratum in entities.strata
    ]
    drawn: list[Picked] = []
    kept: list[Picked] = []
    candidates = smallest_per_group(prefixes, entities.stratum, wanted)
    for (district, grade), count, rows in zip(entities.strata, wanted, candidates, strict=True):
        ids = entities.ids[rows]
        tickets = [sha256(entity_key + entity).hexdigest() for entity in ids.tolist()]
        ordered = list(zip(tickets, ids.astype(np.str_).tolist(), rows.tolist(), strict=True))
        # The rows come ordered by the tickets' prefixes, so this only has to settle ties.
        ordered.sort()
        picked = [
            Picked(entity, district, grade, rank, ticket, row)
            for rank, (ticket, entity, row) in enumerate(ordered[:count], start=1)
        ]
        number = numbers[district, grade]
        drawn += picked[:number]
        kept += picked[number:]
    return Selection(tuple(drawn), tuple(kept))


def ticket_prefixes(ids: NDArray[np.bytes_], entity_key: bytes) -> NDArray[np.uint64]:
    """Return the first eight bytes of each entity's ticket as a number, in the order of `ids`.

    They order the tickets but for ties, which the caller settles with whole tickets.
    """
    sha256 = hashlib.sha256
    prefixes = np.empty(len(ids), dtype=np.uint64)
    for start in range(0, len(ids), _CHUNK):
        # A block at a time keeps memory flat; whole digests of a big frame would be 32 bytes each.
        digests = b"".join(
            [
                sha256(entity_key + entity).digest()
                for entity in ids[start : start + _CHUNK].tolist()
            ]
        )
        prefixes[start : start + _CHUNK] = np.frombuffer(digests, dtype=">u8")[::4]
    return prefixes


def smallest_per_group(
    values: NDArray[np.uint64], groups: NDArray[np.int32], wanted: Sequence[int]
) -> list[NDArray[np.intp]]:
    """Return, per group, the rows of its `wanted` smallest values, with all that tie the last.

    Rows come by ascending value; `wanted` is at most the group's size.
    """
    # numpy sorts 16-bit numbers by counting, several times faster than by comparing.
    narrow = groups.astype(np.int16) if len(wanted) <= np.iinfo(np.int16).max else groups
    order = np.argsort(narrow, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=len(wanted)))])
    chosen = []
    for group, count in enumerate(wanted):
        rows = order[ends[group] : ends[group + 1]]
        if count == 0:
            rows = rows[:0]
        elif count < len(rows):
            inside = values[rows]
            last = np.partition(inside, count - 1)[count - 1]
            rows = rows[inside <= last]
        rows = rows[np.argsort(values[rows])]
        chosen.append(rows)
    return chosen


@dataclass(frozen=True)
class CallUp:
    """What calling a reserve up led to: `team` is 0 where nobody of the district may visit it.

    `entity` then is left, which is logged, and the following reserve is taken.
    """

    entity: Picked
    team: int


def call_up(
    reserve: Iterable[Picked],
    used: frozenset[str],
    drawn: Picked,
    team: int,
    members: Mapping[int, Sequence[str]],
    recused: frozenset[tuple[str, str]],
) -> tuple[CallUp, ...]:
    """Return the reserves tried in turn for `drawn`, the last being the one called up (§6).

    `used` are the reserves called up or left before, in the order of the log; `members` is who
    now is in each team of the district; `recused` are (inspector, entity) pairs. Empty or ending
    with team 0 where the stratum's reserve is used up.
    """
    tried: list[CallUp] = []
    numbers = sorted(members)
    start = numbers.index(team)
    teams = numbers[start:] + numbers[:start]
    waiting = (
        one
        for one in sorted(reserve, key=lambda one: one.rank)
        if (one.district, one.grade) == (drawn.district, drawn.grade) and one.id not in used
    )
    for one in waiting:
        free = next(
            (
                number
                for number in teams
                if not any((person, one.id) in recused for person in members[number])
            ),
            0,
        )
        tried.append(CallUp(one, free))
        if free:
            break
    return tuple(tried)
