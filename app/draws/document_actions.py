"""The papers of a draw: the names are opened by a logged reading, then everything is gathered and written down.

Three steps, because a paper takes some 20 milliseconds and a deed must not hold the books for a thousand of them:
`open_papers` (a deed), `gather` (a snapshot), and `document_rules.papers` (no database at all).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.draws import aftermath_actions, ceremony_actions, result_actions, seal_actions
from app.draws.draw_reads import Draw, StepTaken, draws_of, steps_of
from app.draws.material_rules import Ceremony, Material, Person
from app.draws.state_rules import GROUNDS, SIGNED
from app.draws.tables import ContributionTable, SelectionTable, VoidTable
from exports.draw_record import Contribution
from registries import audit_log, entity_reads
from registries.calendar import day_in_china
from registries.database import Deed
from registries.district_changes import districts_of
from registries.errors import NotFound
from registries.item_lists import item_list
from sampling.encoding import parse_csv, parse_jcs
from sampling.result import Result
from sampling.rows import HEADERS
from sampling.seed import parts_digest
from sampling.verifying import FROZEN_FILES, FrozenDraw, read_frozen

SEALED_NAMES: Final = ("people.csv", "result.json")
VOID: Final = ("void", "void-public")
# The deed whose entry the checkpoint on the record must cover: the last of these that happened.
CLOSING: Final = (
    "draw:void-on-ground",
    "draw:void",
    "draw:sign-with-objection",
    "draw:sign",
    "draw:run",
)
REGISTRY_PAGE: Final = 5000


@dataclass(frozen=True)
class Opened:
    """What a logged reading gave for the papers: people.csv, and the checkpoint of the log to be quoted."""

    people: bytes
    checkpoint: str


async def open_papers(deed: Deed, draw: Draw, *, purpose: str) -> Opened:
    """Return what the papers need under seal; with a result that is a sealed reading with its purpose.

    A draw without result that is not void has only public papers and those read by role: nothing
    is opened for them. Raises Invalid where the purpose is missing.
    """
    found = await result_actions.published(draw)
    if found is None and draw.state not in VOID:
        return Opened(b"", "")
    people = b""
    if found is not None:
        files = await seal_actions.read_files(deed, draw, list(SEALED_NAMES), purpose=purpose)
        people = files["people.csv"]
    return Opened(people, await _checkpoint(deed, draw))


async def gather(draw: Draw, opened: Opened) -> Material:
    """Return everything that the papers say, from frozen files, rows and the books as of the freeze."""
    found = await result_actions.published(draw)
    wanted = [*FROZEN_FILES, *(["seed.json"] if found else [])]
    files = await seal_actions.machine_read(draw, wanted)
    verified = seal_actions.derived(files) if found else None
    frozen = verified.frozen if verified else read_frozen(files)
    result = verified.result if verified else None
    terms: Any = parse_jcs(files["terms.json"])
    started = found is not None or draw.state in VOID
    return Material(
        terms=terms,
        frozen=frozen,
        district_names=await _district_names(draw, frozen, terms),
        names=await _names(draw, [entity for entity, _ in frozen.frame.excluded]),
        ceremony=await _ceremony(draw) if started else None,
        result=result,
        teams=await _teams(draw),
        called=await _called(draw),
        people=_people(opened.people),
        addresses=await _addresses(draw, result) if result else {},
        bases=await _bases(draw, terms),
        checkpoint=opened.checkpoint,
        opened=draw.state in seal_actions.OPENED or draw.hall_mode == "open",
        signed=draw.state in SIGNED,
        masked=await _masked(draw),
    )


async def _masked(draw: Draw) -> frozenset[str]:
    """Return who was drawn, or stands in reserve, in other draws of the bureau that are not open yet (§8)."""
    sealed = [
        one.id
        for one in await draws_of(draw.bureau)
        if one.id != draw.id and one.state not in seal_actions.OPENED
    ]
    if not sealed:
        return frozenset()
    rows = await SelectionTable.select(SelectionTable.entity).where(
        SelectionTable.draw.is_in(sealed)
    )
    return frozenset(row["entity"] for row in rows)


async def _checkpoint(deed: Deed, draw: Draw) -> str:
    """Return the oldest checkpoint that covers the end of the ceremony, signed now where there is none."""
    for event in CLOSING:
        logged = await audit_log.entries(
            bureau=draw.bureau, event=event, subject=f"draw:{draw.number}", limit=1
        )
        if logged:
            kept = await audit_log.checkpoint_over(logged[0].number)
            return kept or await audit_log.issue_checkpoint(deed)
    return await audit_log.issue_checkpoint(deed)


async def _ceremony(draw: Draw) -> Ceremony:
    steps = await steps_of(draw)
    ended = next(one for one in steps if one.step in {"run", "void", "void-on-ground"})
    signed = [one for one in steps if one.step in {"sign", "sign-with-objection"}]
    found = await result_actions.published(draw)
    contributions = await ceremony_actions.contributions_of(draw)
    fixed = any(one.step == "fix-parts" for one in steps)
    return Ceremony(
        operator=_last(steps, "operator"),
        witness=_last(steps, "witness"),
        ended_at=ended.at,
        signed_on=day_in_china(signed[0].at) if signed else None,
        contributions=await _contributions(draw) if fixed else (),
        parts_digest=parts_digest(draw.commitment, contributions) if fixed else "",
        dice=(await ceremony_actions.dice_of(draw)).digits,
        result_digest=found.result_digest if found else "",
        objection=signed[0].reason if signed else "",
        void_reason=await _void_reason(draw),
    )


def _last(steps: Iterable[StepTaken], role: str) -> str:
    """Return who last stood for a step in this role: the stand-by witness signs in another's place."""
    names = [str(getattr(step, role)) for step in steps]
    return next((name for name in reversed(names) if name), "")


async def _contributions(draw: Draw) -> tuple[Contribution, ...]:
    rows = await ContributionTable.select(
        ContributionTable.label, ContributionTable.contributor, ContributionTable.capacity
    ).where(ContributionTable.draw == draw.id)
    people = {row["label"]: f"{row['contributor']}（{row['capacity']}）" for row in rows}
    return tuple(
        Contribution(one.label, one.commit, one.absent, people.get(one.label, ""))
        for one in await ceremony_actions.contributions_of(draw)
    )


async def _void_reason(draw: Draw) -> str:
    row = await VoidTable.select().where(VoidTable.draw == draw.id).first()
    return f"{GROUNDS[row['ground']]}；{row['reason']}" if row else ""


async def _teams(draw: Draw) -> dict[tuple[str, int], tuple[str, ...]]:
    teams: dict[tuple[str, int], tuple[str, ...]] = {}
    for seat in await aftermath_actions.seats_of(draw):
        key = (seat.district, seat.team)
        teams[key] = (*teams.get(key, ()), seat.pseudonym)
    return teams


async def _called(draw: Draw) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (one.entity, one.district, one.team)
        for one in await aftermath_actions.called_up(draw)
        if one.outcome == "called"
    )


def _people(people: bytes) -> dict[str, Person]:
    if not people:
        return {}
    rows = parse_csv(people, HEADERS["people.csv"])
    return {pseudonym: Person(name, certificate) for pseudonym, certificate, name, _ in rows}


async def _district_names(
    draw: Draw, frozen: FrozenDraw, terms: Mapping[str, Any]
) -> dict[str, str]:
    districts, day = await districts_of(draw.bureau), day_in_china(draw.frozen_at)
    codes = {district for district, _ in frozen.frame.entities.populations}
    found = {code: districts.get(code, day) for code in codes | set(terms["scope"]["districts"])}
    return {code: district.name for code, district in found.items() if district}


async def _names(draw: Draw, wanted: list[str]) -> dict[str, str]:
    """Return the names of entities as the books had them at the end of the day of the freeze."""
    names: dict[str, str] = {}
    missing, after, day = set(wanted), "", day_in_china(draw.frozen_at)
    while missing:
        page = await entity_reads.entities(draw.bureau, after=after, limit=REGISTRY_PAGE, known=day)
        names.update({one.id: one.name for one in page.entities if one.id in missing})
        missing -= names.keys()
        if page.after is None:
            break
        after = page.after
    return names


async def _addresses(draw: Draw, result: Result) -> dict[str, str]:
    """Return where the drawn and the reserve work, or else are registered, as of the freeze."""
    addresses: dict[str, str] = {}
    for one in (*result.drawn, *result.reserve):
        try:
            versions = await entity_reads.history(draw.bureau, one.id)
        except NotFound:
            continue
        for version in versions:
            if version.recorded_at <= draw.frozen_at:
                addresses[one.id] = version.work_address or version.registered_address
                break
    return addresses


async def _bases(draw: Draw, terms: Mapping[str, Any]) -> dict[str, str]:
    """Return the legal basis of every item of the draw, from the list's version that terms.json names."""
    listed = await item_list(draw.bureau, terms["items"]["list"])
    codes = [item["code"] for item in terms["items"]["items"]]
    return {code: "、".join(listed.item(code).duty) for code in codes}
