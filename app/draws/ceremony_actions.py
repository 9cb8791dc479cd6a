"""The deeds of the ceremony, from opening the list to the last die (protocol §4)."""

from __future__ import annotations

from app.draws import seal_actions
from app.draws.ceremony_rules import (
    VERDICTS,
    Dice,
    Typed,
    Typist,
    check_commit,
    check_two_people,
    dice_so_far,
    next_digit,
    verdict,
)
from app.draws.draw_reads import Draw
from app.draws.state_rules import AFTER_REVEAL, STATES, State
from app.draws.step_actions import log, take_step
from app.draws.tables import ContributionTable, DigitTable, DoubtTable, RevealTable
from registries.database import Deed
from registries.errors import Conflict, Invalid, Refused
from sampling.encoding import Json
from sampling.plan_form import Plan, parse_plan
from sampling.seed import Contribution, parts_digest, settle

EVENTS = {
    "draw:open": "开始收取承诺",
    "draw-contribution:commit": "席位提交承诺",
    "draw:close-list": "截止名单",
    "draw-contribution:reveal": "席位揭示",
    "draw:fix-parts": "固定各方输入",
    "draw-dice:type": "录入一位骰子数字",
    "draw:fix-dice": "骰子数字录入完毕",
    "draw-dice:doubt": "参与方称骰子数字与所见不符",
}


async def plan_of(draw: Draw) -> Plan:
    """Return the published plan of a draw."""
    return parse_plan((await seal_actions.machine_read(draw, ["plan.json"]))["plan.json"])


async def open_list(deed: Deed, draw: Draw, *, operator: str) -> State:
    """Begin to take commits; the commitment has been public since the freeze (§4.1)."""
    state = await take_step(deed, draw, "open", operator=operator)
    await log(deed, draw, "draw:open", {"state": state, "operator": operator})
    return state


async def commit(
    deed: Deed,
    draw: Draw,
    *,
    label: str,
    contributor: str,
    capacity: str,
    commit_value: str,
) -> None:
    """Take a seat with its commit, which was made for this seat's label (§4.1) and is final.

    The contributor's name and capacity enter the record, not the protocol. Raises Refused outside the
    list's time, Invalid with every fault.
    """
    _require(draw, "contributing", "提交承诺")
    plan, taken = await plan_of(draw), set(await commits_of(draw))
    check_commit(plan.contributors, taken, label, commit_value)
    if not contributor.strip() or not capacity.strip():
        raise Invalid("请填写姓名和身份。", {"contributor": ["贡献者的姓名和身份要记入抽取记录。"]})
    await ContributionTable.insert(
        ContributionTable(
            draw=draw.id,
            label=label,
            contributor=contributor,
            capacity=capacity,
            commitment=commit_value,
            at=deed.now,
        )
    )
    new: dict[str, Json] = {"label": label, "commit": commit_value, "capacity": capacity}
    await log(deed, draw, "draw-contribution:commit", new, personal={"contributor": contributor})


async def close_list(deed: Deed, draw: Draw, *, witness: str) -> State:
    """Close the list: the witness alone does it, after the countdown; who is not on it is absent (§4.2)."""
    if not witness.strip():
        raise Refused("只有纪检监察见证人能截止名单，请写明见证人姓名。")
    state = await take_step(deed, draw, "close-list", witness=witness)
    commits = await commits_of(draw)
    new: dict[str, Json] = {
        "state": state,
        "witness": witness,
        "commits": dict(sorted(commits.items())),
    }
    await log(deed, draw, "draw:close-list", new)
    return state


async def reveal(deed: Deed, draw: Draw, *, label: str, nonce: str, value: str) -> State:
    """Take a seat's reveal under seal. What does not match its commit is refused and may be tried again.

    A commit fits one reveal only, so trying again gives nobody a choice; who has not revealed
    when the inputs are fixed is absent (§4.2). The log names the seat and never the reveal.
    """
    if draw.state not in {"listed", "revealing"}:
        raise Refused(
            f"这次抽查现在是“{STATES[draw.state]}”，不能揭示。名单截止后、固定输入前才能揭示。"
        )
    commits = await commits_of(draw)
    if label not in commits:
        raise Refused(f"席位 {label} 没有提交过承诺，按缺席计，不能揭示。")
    if label in await _revealed(draw):
        raise Conflict(f"席位 {label} 已经揭示过，不需要再做。")
    found = verdict(draw.commitment, label, commits[label], nonce, value)
    if found != "matches":
        raise Invalid(
            f"席位 {label} 的揭示没有收下：{VERDICTS[found].split('，')[0]}。请核对后在固定输入前再试。",
            {"value": ["随机串和文字须与提交承诺时完全一致，一个空格也不能差。"]},
        )
    await RevealTable.insert(
        RevealTable(draw=draw.id, label=label, nonce=nonce, value=value, verdict=found, at=deed.now)
    )
    state: State = draw.state
    if state == "listed":
        state = await take_step(deed, draw, "reveal")
    await log(deed, draw, "draw-contribution:reveal", {"label": label, "state": state})
    return state


async def fix_parts(deed: Deed, draw: Draw, *, operator: str) -> str:
    """Fix what everybody gave and return parts_digest, shown and logged before the dice (§4.3)."""
    state = await take_step(deed, draw, "fix-parts", operator=operator)
    contributions = await contributions_of(draw)
    digest = parts_digest(draw.commitment, contributions)
    new: dict[str, Json] = {
        "state": state,
        "parts_digest": digest,
        "absent": [one.label for one in contributions if one.absent],
    }
    await log(deed, draw, "draw:fix-parts", new)
    return digest


async def type_digit(
    deed: Deed,
    draw: Draw,
    *,
    typist: Typist,
    name: str,
    digit: str,
    operator: str,
    witness: str,
) -> Dice:
    """Record one digit as one of the two read it, and return where the dice stand (§4.4).

    With the last agreed digit the dice are fixed and logged at once, in the same deed.
    """
    _require(draw, "parts-fixed", "录入骰子数字")
    check_two_people(operator, witness)
    before = await dice_of(draw)
    row = next_digit(before, typist, digit)
    await DigitTable.insert(
        DigitTable(
            draw=draw.id,
            position=row.position,
            attempt=row.attempt,
            typed_by=typist,
            name=name,
            digit=digit,
            at=deed.now,
        )
    )
    after = await dice_of(draw)
    if not after.complete:
        # The digit itself stays out of the log until both agree: the other has yet to read the die.
        typed: dict[str, Json] = {"typed_by": typist, "position": row.position}
        await log(deed, draw, "draw-dice:type", typed | {"attempt": row.attempt})
    else:
        state = await take_step(deed, draw, "fix-dice", operator=operator, witness=witness)
        await log(deed, draw, "draw:fix-dice", {"state": state, "dice": after.digits})
    return after


async def doubt(deed: Deed, draw: Draw, *, label: str, statement: str) -> None:
    """Record a contributor's statement that the digits shown are not those seen (§4.4).

    It changes nothing of the draw; it stays public beside it.
    """
    if draw.state not in AFTER_REVEAL:
        raise Refused("骰子数字还没有录入，现在没有可以质疑的内容。")
    if label not in await commits_of(draw):
        raise Refused(f"席位 {label} 没有提交过承诺，不能以该席位的名义说明。")
    if not statement.strip():
        raise Invalid("请写明所见。", {"statement": ["请写出您看到的数字和不同之处。"]})
    if await DoubtTable.exists().where((DoubtTable.draw == draw.id) & (DoubtTable.label == label)):
        raise Conflict(f"席位 {label} 已经说明过，说明不能更改。")
    await DoubtTable.insert(DoubtTable(draw=draw.id, label=label, statement=statement, at=deed.now))
    await log(deed, draw, "draw-dice:doubt", {"label": label, "statement": statement})


async def commits_of(draw: Draw) -> dict[str, str]:
    """Return the published commits by seat; a seat without one is absent."""
    rows = await ContributionTable.select(
        ContributionTable.label, ContributionTable.commitment
    ).where(ContributionTable.draw == draw.id)
    return {row["label"]: row["commitment"] for row in rows}


async def contributions_of(draw: Draw) -> tuple[Contribution, ...]:
    """Return what goes into the seed, one per seat. It holds sealed values: for computing only."""
    rows = await RevealTable.select(RevealTable.label, RevealTable.nonce, RevealTable.value).where(
        (RevealTable.draw == draw.id) & (RevealTable.verdict == "matches")
    )
    reveals = {row["label"]: (row["nonce"], row["value"]) for row in rows}
    plan = await plan_of(draw)
    return settle(draw.commitment, plan.contributors, await commits_of(draw), reveals)


async def dice_of(draw: Draw) -> Dice:
    """Return how far the dice are."""
    plan = await plan_of(draw)
    rows = await DigitTable.select().where(DigitTable.draw == draw.id).order_by(DigitTable.id)
    typed = [Typed(r["position"], r["attempt"], r["typed_by"], r["digit"]) for r in rows]
    return dice_so_far(plan.dice, typed)


async def _revealed(draw: Draw) -> set[str]:
    rows = await RevealTable.select(RevealTable.label).where(RevealTable.draw == draw.id)
    return {row["label"] for row in rows}


def _require(draw: Draw, state: State, what: str) -> None:
    if draw.state != state:
        raise Refused(
            f"这次抽查现在是“{STATES[draw.state]}”，不能{what}；要在“{STATES[state]}”时进行。"
        )
