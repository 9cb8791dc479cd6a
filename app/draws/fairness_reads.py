"""What fairness_rules.py reckons with, read from all signed draws of a bureau: by sets of ids, never one at a time.

Only numbers and sets leave this module: sealed files are read by the machine, and no name is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.draws import fairness_rules, seal_actions
from app.draws.draw_reads import Draw, draws_of
from app.draws.fairness_rules import Again, Comparison, Pair, PairComparison, StratumCount
from app.draws.state_rules import SIGNED
from app.draws.tables import PersonTable, SeatTable, SelectionTable
from sampling.frame import Entities
from sampling.odds import simulated_teams
from sampling.verifying import FROZEN_FILES, FrozenDraw, read_frozen

Ids = NDArray[np.bytes_]


@dataclass(frozen=True)
class Fairness:
    """Expected against actual over the signed draws of a bureau, in the order in which they were frozen.

    `repeats` is None before a second draw; `pairs` has one comparison for every draw in which
    inspectors could meet again, each with `runs` simulated draws.
    """

    draws: tuple[str, ...]
    runs: int
    grades: tuple[Comparison, ...]
    districts: tuple[Comparison, ...]
    strata: tuple[Comparison, ...]
    repeats: Comparison | None
    pairs: tuple[PairComparison, ...]


async def fairness(bureau: str, *, runs: int) -> Fairness:
    """Return the figures of every draw that was signed and is not void; replacements do not count.

    Each frame is read once and let go, so memory is that of the largest frame.
    """
    draws = [draw for draw in await draws_of(bureau) if draw.state in SIGNED]
    counts: list[StratumCount] = []
    again: list[Again] = []
    met: list[PairComparison] = []
    before, pairs = np.array([], dtype="S1"), set[Pair]()
    for draw in draws:
        frozen = read_frozen(await seal_actions.machine_read(draw, list(FROZEN_FILES)))
        drawn = await _drawn(draw)
        counts += stratum_counts(frozen, drawn)
        again += stratum_repeats(frozen, before, drawn)
        people, teams = await _people(draw), await _teams(draw)
        sent = [[people[one] for one in team] for team in teams]
        if pairs:
            met.append(_met_again(frozen, sent, people, pairs, runs))
        before = np.union1d(before, drawn)
        pairs |= fairness_rules.pairs_of(sent)
    return Fairness(
        draws=tuple(draw.number for draw in draws),
        runs=runs,
        grades=tuple(fairness_rules.by_grade(counts)),
        districts=tuple(fairness_rules.by_district(counts)),
        strata=tuple(fairness_rules.by_stratum(counts)),
        repeats=fairness_rules.repeats(again) if again else None,
        pairs=tuple(met),
    )


def stratum_counts(frozen: FrozenDraw, drawn: Ids) -> list[StratumCount]:
    """Return every stratum of a draw with its share and how many of it were drawn."""
    entities = frozen.frame.entities
    numbers = _per_stratum(entities, drawn)
    return [
        StratumCount(frozen.plan.draw, *key, entities.populations[key], frozen.shares[key], number)
        for key, number in zip(entities.strata, numbers, strict=True)
    ]


def stratum_repeats(frozen: FrozenDraw, before: Ids, drawn: Ids) -> list[Again]:
    """Return every stratum that holds entities drawn `before`, and how many of them were drawn now."""
    entities = frozen.frame.entities
    held = _per_stratum(entities, before)
    hit = _per_stratum(entities, np.intersect1d(before, drawn))
    return [
        Again(
            frozen.plan.draw,
            entities.populations[key],
            frozen.shares[key],
            count,
            number,
        )
        for key, count, number in zip(entities.strata, held, hit, strict=True)
        if count
    ]


def _per_stratum(entities: Entities, wanted: Ids) -> list[int]:
    """Return how many of `wanted` each stratum of the frame holds; the ids of a frame are sorted."""
    rows = np.searchsorted(entities.ids, wanted)
    # Where an id is not in the frame, its row is that of the next one, or behind the last.
    within = rows < len(entities.ids)
    rows, wanted = rows[within], wanted[within]
    found = rows[entities.ids[rows] == wanted]
    numbers: list[int] = np.bincount(
        entities.stratum[found], minlength=len(entities.strata)
    ).tolist()
    return numbers


def _met_again(
    frozen: FrozenDraw,
    sent: list[list[str]],
    people: dict[str, str],
    pairs: set[Pair],
    runs: int,
) -> PairComparison:
    simulated = tuple(
        fairness_rules.met_again(
            [[people[one] for one in (team.lead, *team.members)] for team in teams], pairs
        )
        for teams in simulated_teams(frozen, runs)
    )
    return PairComparison(frozen.plan.draw, fairness_rules.met_again(sent, pairs), simulated)


async def _drawn(draw: Draw) -> Ids:
    rows = (
        await SelectionTable.select(SelectionTable.entity)
        .where((SelectionTable.draw == draw.id) & (SelectionTable.team > 0))
        .output(as_list=True)
    )
    return np.sort(np.array([one.encode() for one in rows]))


async def _people(draw: Draw) -> dict[str, str]:
    """Return which inspector of the registry each pseudonym of the draw is."""
    rows = await PersonTable.select(PersonTable.pseudonym, PersonTable.inspector).where(
        PersonTable.draw == draw.id
    )
    return {row["pseudonym"]: row["inspector"] for row in rows}


async def _teams(draw: Draw) -> list[list[str]]:
    """Return the teams as they were drawn, by pseudonym."""
    rows = (
        await SeatTable.select(SeatTable.district, SeatTable.team, SeatTable.pseudonym)
        .where(SeatTable.draw == draw.id)
        .order_by(SeatTable.district, SeatTable.team, SeatTable.place)
    )
    teams: dict[tuple[str, int], list[str]] = {}
    for row in rows:
        teams.setdefault((row["district"], row["team"]), []).append(row["pseudonym"])
    return list(teams.values())
