"""From the dice to the fixed result: computed once from frozen files, stored for good (protocol §5–§8)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from app.draws import ceremony_actions, seal_actions
from app.draws.draw_reads import Draw
from app.draws.logged_reads import NAMES, check_against_log
from app.draws.state_rules import STATES, State
from app.draws.step_actions import log, store_file, take_step
from app.draws.tables import ResultTable
from registries import bulk
from registries.database import Deed
from registries.errors import Refused
from sampling.encoding import Json, jcs, sha256_hex
from sampling.result import Result, result_json
from sampling.seed import make_seed, seed_json
from sampling.verifying import FROZEN_FILES

EVENTS = {"draw:run": "计算抽取结果"}


@dataclass(frozen=True)
class Computed:
    """A computed draw, not stored yet: the two files, and the result behind them."""

    seed_file: bytes
    result_file: bytes
    result: Result
    parts_digest: str
    dice: str


@dataclass(frozen=True)
class Published:
    """What everybody may know of a result at once, before any name is public (protocol §8)."""

    parts_digest: str
    dice: str
    root: str
    leaves: int
    result_digest: str
    counts: tuple[dict[str, Json], ...]


async def compute(draw: Draw) -> Computed:
    """Derive the result of the frozen files, the contributions and the dice; nothing is stored.

    It stands outside the deed because it takes seconds on a large frame and has one possible answer:
    computing it again, here or on another machine, gives the same bytes.
    """
    if draw.state != "dice-fixed":
        raise Refused(f"这次抽查现在是“{STATES[draw.state]}”，要在骰子数字录入完毕后计算结果。")
    plan = await ceremony_actions.plan_of(draw)
    contributions = await ceremony_actions.contributions_of(draw)
    dice = (await ceremony_actions.dice_of(draw)).digits
    seed = make_seed(plan, contributions, dice)
    told = {"commitment": draw.commitment, "parts_digest": seed.parts_digest, "dice": dice}
    await check_against_log(draw, told)
    files = await seal_actions.machine_read(draw, list(FROZEN_FILES))
    files["seed.json"] = seed_json(seed)
    result = seal_actions.derived(files).result
    return Computed(files["seed.json"], result_json(result), result, seed.parts_digest, dice)


async def run(deed: Deed, draw: Draw, computed: Computed) -> State:
    """Store the result of a draw; the state and unique rows let this happen exactly once."""
    state = await take_step(deed, draw, "run")
    result, digest = computed.result, sha256_hex(computed.result_file)
    await store_file(draw.id, "seed.json", computed.seed_file, "sealed")
    await store_file(draw.id, "result.json", computed.result_file, "sealed")
    await ResultTable.insert(
        ResultTable(
            draw=draw.id,
            parts_digest=computed.parts_digest,
            dice=computed.dice,
            root=result.root,
            leaves=len(result.leaves),
            result_digest=digest,
            counts=jcs(list(counts_of(result))).decode(),
            at=deed.now,
        )
    )
    await _store_rows(draw, result)
    new: dict[str, Json] = {
        "state": state,
        "root": result.root,
        "leaves": len(result.leaves),
        "result_digest": digest,
        "drawn": len(result.drawn),
        "reserve": len(result.reserve),
    }
    await log(deed, draw, "draw:run", new)
    return state


def counts_of(result: Result) -> tuple[dict[str, Json], ...]:
    """Return how many entities each team got, by district and team: what the hall sees in `counts` mode."""
    return tuple(
        {"district": team.district, "team": team.team, "entities": len(team.entities)}
        for team in result.teams
    )


def counts_by_district(counts: tuple[dict[str, Json], ...]) -> dict[str, int]:
    """Return how many entities were drawn in each district."""
    totals: Counter[str] = Counter()
    for row in counts:
        totals[str(row["district"])] += int(str(row["entities"]))
    return dict(totals)


async def _store_rows(draw: Draw, result: Result) -> None:
    """Store result.json as rows, for tasks and for fairness over time."""
    await bulk.load(
        "draw_selection",
        ("draw", "entity", "district", "grade", "rank", "team"),
        [
            (draw.id, one.id, one.district, one.grade, one.rank, result.team_of[one.id].team)
            for one in result.drawn
        ]
        + [(draw.id, one.id, one.district, one.grade, one.rank, 0) for one in result.reserve],
    )
    await bulk.load(
        "draw_seat",
        ("draw", "district", "team", "place", "pseudonym"),
        [
            (draw.id, team.district, team.team, place, person)
            for team in result.teams
            for place, person in enumerate((team.lead, *team.members))
        ],
    )


async def check_published(draw: Draw) -> None:
    """Raise Refused where the published values of a draw are not those of the operation log."""
    told = {"commitment": draw.commitment}
    if (found := await published(draw)) is not None:
        told |= {name: getattr(found, name) for name in NAMES if hasattr(found, name)}
    await check_against_log(draw, told)


async def published(draw: Draw) -> Published | None:
    """Return what is public of the result, or None before the draw has run."""
    row = await ResultTable.select().where(ResultTable.draw == draw.id).first()
    if row is None:
        return None
    return Published(
        row["parts_digest"],
        row["dice"],
        row["root"],
        row["leaves"],
        row["result_digest"],
        tuple(parse_counts(row["counts"])),
    )


def parse_counts(text: str) -> list[dict[str, Json]]:
    """Return the stored counts; they were written by `counts_of`."""
    rows: list[dict[str, Json]] = json.loads(text)
    return rows
