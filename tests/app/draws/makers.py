"""Frozen draws and whole ceremonies for tests: made through the lowest public functions, changed by keyword.

`make_frozen_draw` stores the files of a small frame as a freeze does, without plan, registry or preparation
to speak of; `hold_ceremony` then walks it through the deeds of the ceremony up to the state that is wanted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.draws import ceremony_actions, result_actions, signing_actions
from app.draws.draw_reads import Draw, draw_of, draws_of
from app.draws.state_rules import STATES, State
from app.draws.step_actions import store_file, take_step
from app.draws.tables import DrawTable, RehearsalTable
from registries import bulk, database
from registries.database import Deed
from registries.entity_staging import staging
from sampling.encoding import parse_csv, sha256_hex
from sampling.frame import HEADERS
from sampling.seed import commit_of
from tests.makers import GUANGZHOU, NOON, do
from tests.sampling.makers import digest, frame_files, fresh_draw

OPERATOR, WITNESS, HEAD = "操作员甲", "见证人乙", "局长丙"
VERIFIER = (Path(__file__).parents[3] / "sampling" / "verifier.py").read_bytes()
TASKS_FROM, TASKS_TO = date(2026, 12, 1), date(2027, 1, 31)
UNSEAL_BY = date(2027, 3, 31)
ACCESS = {
    "plan.json": "public",
    "terms.json": "public",
    "verify.py": "public",
    "salt.txt": "sealed",
    "people.csv": "sealed",
}
PATH: tuple[State, ...] = (
    "frozen",
    "contributing",
    "listed",
    "revealing",
    "parts-fixed",
    "dice-fixed",
    "drawn",
    "sealed",
)
"""The states of a ceremony without incident, in order."""


def terms(hall_mode: str = "counts", **changes: Any) -> dict[str, Any]:
    """Return what terms.json says, in the form of app/draws/terms_rules.py."""
    made: dict[str, Any] = {
        "issuing_authority": "广州市人力资源和社会保障局",
        "rehearsal": False,
        "plan": {"year": 2026, "version": 1, "round": "2026 年第 1 次双随机抽查"},
        "scope": {
            "kinds": ["employer"],
            "tags": [],
            "districts": [],
            "aim": "undirected",
            "occasion": "annual",
            "weight": "general",
        },
        "items": {
            "list": 1,
            "name": "随机抽查事项清单（参考）",
            "items": [{"code": "01", "name": "用人单位内部劳动保障规章制度"}],
        },
        "methods": ["written"],
        "tasks": {"from": TASKS_FROM.isoformat(), "to": TASKS_TO.isoformat()},
        "exclusions": [],
        "inspector_pool": {"rule": "在岗", "reasons": {"not-on-duty": "不在岗"}},
        "recusal_reasons": {},
        "hall_mode": hall_mode,
        "dice_source": "",
        "unseal_by": UNSEAL_BY.isoformat(),
        "standby_witness": "候补丁",
        "verifier": sha256_hex(VERIFIER),
        "counts": {},
    }
    return made | changes


async def mark_rehearsal(now: datetime = NOON) -> None:
    """Make the empty database a rehearsal's; it must have no bureau yet."""
    await RehearsalTable.insert(RehearsalTable(id=1, made_at=now, made_by=OPERATOR))


async def make_frozen_draw(
    bureau: str = GUANGZHOU,
    *,
    series: str = "formal",
    hall_mode: str = "counts",
    files: Mapping[str, bytes] | None = None,
    inspectors: Mapping[str, str] | None = None,
    now: datetime = NOON,
    **changes: Any,
) -> Draw:
    """Return a draw frozen by `bureau`, which must be in the books; `changes` are those of `policy`.

    `files` are the frame's files (default: a small frame with `terms`), `inspectors` says which
    inspector of the registry a pseudonym is (default: the same with `inspector-` before it). A second
    draw takes the next number and names the first.
    """
    sequence, previous = 1, ""
    for one in await draws_of(bureau):
        if one.series == series:
            sequence, previous = one.sequence + 1, one.commitment
    number = f"{'YL-' if series == 'rehearsal' else ''}2026-{sequence:02d}"
    used = files or frame_files(terms=terms(hall_mode, rehearsal=series == "rehearsal"))
    _, frozen = fresh_draw(
        used, **({"bureau": bureau, "draw": number, "previous": previous, "guests": 2} | changes)
    )
    plan, preparation = await _plan_and_preparation(bureau, now)
    row = DrawTable(
        bureau=bureau,
        series=series,
        year=2026,
        sequence=sequence,
        number=number,
        preparation=preparation,
        plan=plan,
        round=1,
        title=changes.get("title", "测试抽查"),
        total=changes.get("total", 8),
        commitment=sha256_hex(frozen["plan.json"]),
        previous=previous,
        hall_mode=hall_mode,
        tasks_end=TASKS_TO,
        unseal_by=UNSEAL_BY,
        standby_witness="候补丁",
        frozen_by=OPERATOR,
        frozen_at=now,
    )
    await _enter_entities(bureau, used, now)
    await do(_store, now=now, row=row, frozen=frozen, inspectors=inspectors)
    return await draw_of(bureau, number)


async def _enter_entities(bureau: str, files: Mapping[str, bytes], now: datetime) -> None:
    """Enter the entities of the frame, since a signed draw writes to their records."""
    rows = parse_csv(files["entities.csv"], HEADERS["entities.csv"])
    async with staging(bureau, ("name", "kind", "district", "grade")) as staged:
        await staged.add(
            [(key, "", name, kind, district, grade) for key, district, grade, kind, name in rows]
        )
        await staged.compare()
        await do(staged.merge, now=now, reason="测试", source="tests")


async def _plan_and_preparation(bureau: str, now: datetime) -> tuple[int, int]:
    held = await database.fetch_one("SELECT id FROM plan WHERE bureau = {}", bureau)
    if held is None:
        columns = ("bureau", "year", "version", "reason", "content", "state", "drafted_by")
        values = (bureau, 2026, 1, "", "{}", "drafting", "甲")
        rest = (("drafted_at", now), ("approved_by", ""), ("filed_with", ""))
        rest += (("filing_reference", ""),)
        names = (*columns, *(name for name, _ in rest))
        await bulk.load("plan", names, [(*values, *(value for _, value in rest))])
        held = await database.fetch_one("SELECT id FROM plan WHERE bureau = {}", bureau)
    assert held is not None
    names = ("bureau", "plan", "round", "settings", "prepared_by", "prepared_at")
    await bulk.load("draw_preparation", names, [(bureau, held["id"], 1, "{}", "甲", now)])
    made = await database.fetch_one("SELECT max(id) AS id FROM draw_preparation")
    assert made is not None
    return held["id"], made["id"]


async def _store(
    deed: Deed,
    row: DrawTable,
    frozen: Mapping[str, bytes],
    inspectors: Mapping[str, str] | None,
) -> None:
    inserted = await DrawTable.insert(row).returning(DrawTable.id)
    number = inserted[0]["id"]
    for name, content in {**frozen, "verify.py": VERIFIER}.items():
        await store_file(number, name, content, ACCESS.get(name, "roles"))
    known = [one[0] for one in parse_csv(frozen["people.csv"], HEADERS["people.csv"])]
    people = inspectors or {pseudonym: f"inspector-{pseudonym}" for pseudonym in known}
    await bulk.load(
        "draw_person",
        ("draw", "pseudonym", "inspector"),
        [(number, pseudonym, inspector) for pseudonym, inspector in people.items()],
    )
    values = {name: value for name, value in row.to_dict().items() if name != "id"}
    draw = Draw(id=number, state="prepared", **values)
    await take_step(deed, draw, "freeze", operator=OPERATOR)


def contribution_of(label: str) -> tuple[str, str]:
    """Return the nonce and the text that a seat chooses."""
    return digest("nonce", label), f"愿{label}公正"


async def hold_ceremony(
    draw: Draw,
    until: State = "sealed",
    *,
    absent: Collection[str] = (),
    digits: str | None = None,
    objection: str = "",
    now: datetime = NOON,
) -> Draw:
    """Return the draw in the state `until` (one of PATH), reached by the deeds of a ceremony.

    Seats in `absent` commit and do not reveal. A draw in hall mode `open`, or signed with objection,
    ends in the state that follows.
    """
    for state in PATH[PATH.index(draw.state) + 1 : PATH.index(until) + 1]:
        draw = await _reach(draw, state, absent, digits, objection, now)
    return draw


async def _reach(
    draw: Draw,
    state: State,
    absent: Collection[str],
    digits: str | None,
    objection: str,
    now: datetime,
) -> Draw:
    assert state in STATES
    again = (draw.bureau, draw.number)
    match state:
        case "contributing":
            await do(ceremony_actions.open_list, now=now, draw=draw, operator=OPERATOR)
        case "listed":
            await _commit_all(draw, now)
            await do(ceremony_actions.close_list, now=now, draw=draw, witness=WITNESS)
        case "revealing":
            await _reveal_all(draw, absent, now)
        case "parts-fixed":
            await do(ceremony_actions.fix_parts, now=now, draw=draw, operator=OPERATOR)
        case "dice-fixed":
            await _type_all(draw, digits, now)
        case "drawn":
            computed = await result_actions.compute(draw)
            await do(result_actions.run, now=now, draw=draw, computed=computed)
        case "sealed":
            names = {"operator": OPERATOR, "witness": WITNESS, "objection": objection}
            await do(signing_actions.sign_off, now=now, draw=draw, **names)
    return await draw_of(*again)


async def _commit_all(draw: Draw, now: datetime) -> None:
    for label in (await ceremony_actions.plan_of(draw)).contributors:
        nonce, value = contribution_of(label)
        await do(
            ceremony_actions.commit,
            now=now,
            draw=draw,
            label=label,
            contributor=f"{label} 的人",
            capacity="群众代表",
            commit_value=commit_of(draw.commitment, label, nonce, value),
        )


async def _reveal_all(draw: Draw, absent: Collection[str], now: datetime) -> None:
    for label in (await ceremony_actions.plan_of(draw)).contributors:
        if label not in absent:
            nonce, value = contribution_of(label)
            current = await draw_of(draw.bureau, draw.number)
            await do(
                ceremony_actions.reveal,
                now=now,
                draw=current,
                label=label,
                nonce=nonce,
                value=value,
            )


async def _type_all(draw: Draw, digits: str | None, now: datetime) -> None:
    plan = await ceremony_actions.plan_of(draw)
    thrown = digits or str(int(digest("dice", draw.number), 16))[: plan.dice]
    for digit in thrown:
        for typist, name in (("operator", OPERATOR), ("witness", WITNESS)):
            await do(
                ceremony_actions.type_digit,
                now=now,
                draw=draw,
                typist=typist,
                name=name,
                digit=digit,
                operator=OPERATOR,
                witness=WITNESS,
            )
