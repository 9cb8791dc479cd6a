"""A ceremony that was finished elsewhere comes home: the machine died, and `python -m sampling` went on (§4).

The frozen folder left the house before, so everything but the room's own words is arithmetic: what comes back must
derive from the files frozen here, and is then recorded by the same steps that the room would have taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.draws import ceremony_actions, result_actions, seal_actions
from app.draws.ceremony_actions import commits_of
from app.draws.ceremony_rules import check_two_people
from app.draws.draw_reads import Draw
from app.draws.result_actions import Computed
from app.draws.state_rules import STATES, State
from app.draws.step_actions import log
from app.draws.tables import RevealTable
from registries.database import Deed
from registries.errors import Invalid, Refused
from sampling.encoding import Json, sha256_hex
from sampling.errors import ProtocolError
from sampling.seed import Seed
from sampling.verifying import FROZEN_FILES, verify

EVENTS = {"draw:adopt": "采用在另一台机器上完成的抽取"}

ADOPTABLE: Final[tuple[State, ...]] = ("frozen", "contributing", "listed", "revealing")


@dataclass(frozen=True)
class Seat:
    """Who took a seat elsewhere, as the paper record says."""

    contributor: str
    capacity: str


@dataclass(frozen=True)
class Elsewhere:
    """A ceremony finished elsewhere whose two files derive from the files frozen here."""

    computed: Computed
    seed: Seed


async def check(draw: Draw, seed_file: bytes, result_file: bytes) -> Elsewhere:
    """Return what came back, derived again from the files frozen here; it takes seconds on a large frame.

    Raises Refused with what does not fit, or where this draw has already gone on here.
    """
    _require_adoptable(draw)
    files = await seal_actions.machine_read(draw, list(FROZEN_FILES))
    try:
        verified = verify(files | {"seed.json": seed_file, "result.json": result_file})
    except ProtocolError as refusal:
        raise Refused(
            f"带回的文件不是这次抽查的结果（{refusal.word}）：{refusal.sentence}没有采用。"
        ) from None
    seed, result = verified.seed, verified.result
    return Elsewhere(Computed(seed_file, result_file, result, seed.parts_digest, seed.dice), seed)


async def adopt(
    deed: Deed,
    draw: Draw,
    elsewhere: Elsewhere,
    *,
    operator: str,
    witness: str,
    statement: str,
    seats: Mapping[str, Seat],
) -> State:
    """Record a ceremony finished elsewhere, through the same steps, and return the state: drawn.

    `statement` is the witness's, on what happened; `seats` names who took each seat that is not
    recorded here yet. What is recorded here already must agree. The signatures follow as always.
    """
    _require_adoptable(draw)
    check_two_people(operator, witness)
    if not statement.strip():
        raise Invalid(
            "请写明见证人的说明。",
            {"statement": ["何时、因何改用另一台机器完成，由见证人说明，记入记录。"]},
        )
    commits = await _agreeing_commits(draw, elsewhere.seed)
    await _agreeing_reveals(draw, elsewhere.seed)
    if draw.state == "frozen":
        draw = _now(draw, await ceremony_actions.open_list(deed, draw, operator=operator))
    if draw.state == "contributing":
        await _commit(deed, draw, commits, seats)
        draw = _now(draw, await ceremony_actions.close_list(deed, draw, witness=witness))
    draw = await _reveal(deed, draw, elsewhere.seed)
    await ceremony_actions.fix_parts(deed, draw, operator=operator)
    draw = _now(draw, "parts-fixed")
    await _type(deed, draw, elsewhere.seed.dice, operator, witness)
    state = await result_actions.run(deed, _now(draw, "dice-fixed"), elsewhere.computed)
    new: dict[str, Json] = {
        "state": state,
        "operator": operator,
        "witness": witness,
        "seed_file": sha256_hex(elsewhere.computed.seed_file),
        "result_file": sha256_hex(elsewhere.computed.result_file),
    }
    await log(deed, draw, "draw:adopt", new, reason=statement)
    return state


def _require_adoptable(draw: Draw) -> None:
    if draw.state not in ADOPTABLE:
        raise Refused(
            f"这次抽查在本机已是“{STATES[draw.state]}”，不能再采用别处的结果。"
            "各方输入已在本机固定的，请把同样的骰子数字录入本机，结果必然相同。"
        )


def _now(draw: Draw, state: State) -> Draw:
    return replace(draw, state=state)


async def _agreeing_commits(draw: Draw, seed: Seed) -> dict[str, str]:
    """Return the commits that are not recorded here yet; Refused where what is recorded differs."""
    brought = {one.label: one.commit for one in seed.contributions if one.commit}
    recorded = await commits_of(draw)
    closed = draw.state in {"listed", "revealing"}
    differing = {label for label in recorded if brought.get(label) != recorded[label]}
    differing |= brought.keys() - recorded.keys() if closed else set()
    if differing:
        raise Refused(
            f"席位 {'、'.join(sorted(differing))} 的承诺与本机已登记的不一致，没有采用。"
            "请核对带回的是否为同一次抽查的最终文件。"
        )
    return {label: commit for label, commit in brought.items() if label not in recorded}


async def _agreeing_reveals(draw: Draw, seed: Seed) -> None:
    absent = {one.label for one in seed.contributions if one.absent}
    rows = await RevealTable.select(RevealTable.label).where(RevealTable.draw == draw.id)
    differing = absent & {row["label"] for row in rows}
    if differing:
        raise Refused(
            f"席位 {'、'.join(sorted(differing))} 在本机已经揭示，带回的文件却记为缺席，没有采用。"
        )


async def _commit(
    deed: Deed, draw: Draw, commits: Mapping[str, str], seats: Mapping[str, Seat]
) -> None:
    unnamed = [label for label in commits if label not in seats]
    if unnamed:
        raise Invalid(
            "请写明每个席位是谁。",
            {label: ["请按纸面记录写明姓名和身份。"] for label in unnamed},
        )
    for label, value in commits.items():
        await ceremony_actions.commit(
            deed,
            draw,
            label=label,
            contributor=seats[label].contributor,
            capacity=seats[label].capacity,
            commit_value=value,
        )


async def _reveal(deed: Deed, draw: Draw, seed: Seed) -> Draw:
    rows = await RevealTable.select(RevealTable.label).where(RevealTable.draw == draw.id)
    recorded = {row["label"] for row in rows}
    for one in seed.contributions:
        if one.nonce is not None and one.value is not None and one.label not in recorded:
            state = await ceremony_actions.reveal(
                deed, draw, label=one.label, nonce=one.nonce, value=one.value
            )
            draw = _now(draw, state)
    return draw


async def _type(deed: Deed, draw: Draw, dice: str, operator: str, witness: str) -> None:
    for digit in dice:
        await ceremony_actions.type_digit(
            deed, draw, typist="operator", name=operator, digit=digit,
            operator=operator, witness=witness,
        )  # fmt: skip
        await ceremony_actions.type_digit(
            deed, draw, typist="witness", name=witness, digit=digit,
            operator=operator, witness=witness,
        )  # fmt: skip
