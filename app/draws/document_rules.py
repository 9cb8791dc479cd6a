"""From what a draw holds to its papers: which there are, what each says, who may read it (protocol §8).

Everything is an argument and nothing asks a clock, so that the same draw gives the same papers, byte for byte.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from app.plans.rules import AIMS, OCCASIONS, WEIGHTS
from exports import sheets
from exports.dates import chinese_date
from exports.draw_record import Contribution, DistrictCount, DrawnEntity, DrawnTeam, DrawRecord
from exports.draw_record import draw_record as record_docx
from exports.fields import MissingFields
from exports.letters import (
    InspectionNotice,
    Method,
    NoticeInspector,
    NoticeItem,
    inspection_notice,
)
from exports.sheets import AssignedEntity, Exclusion, StratumOdds, TaskAssignment
from registries.errors import Invalid
from registries.kinds import KINDS
from sampling.draw import Picked
from sampling.encoding import fraction_text
from sampling.result import Result
from sampling.verifying import FrozenDraw

ODDS, EXCLUSIONS, RECORD, TASKS = (
    "抽取机会表.xlsx",
    "未列入名册清单.xlsx",
    "双随机抽取记录表.docx",
    "抽查任务分派表.xlsx",
)
NOTICES: Final = "通知书"
# What terms.json calls a method → what the notice calls it (the words of Guangdong's rule).
METHODS: Final[Mapping[str, Method]] = {
    "现场检查": "现场检查",
    "书面检查": "书面抽查",
    "网上检查": "网上检查",
}
BASIS: Final = (
    "《劳动保障监察条例》",
    "《国务院办公厅关于推广随机抽查规范事中事后监管的通知》（国办发〔2015〕58号）",
)
# [K]: what labour inspections usually ask for; a bureau gives its own list.
MATERIALS: Final = (
    "营业执照或者其他登记证书",
    "职工名册和劳动合同",
    "近十二个月的工资支付台账和考勤记录",
    "社会保险登记和缴费记录",
)


@dataclass(frozen=True)
class Particulars:
    """What a clerk says about the papers because no book holds it; "" where it is not said.

    `number` is the notices' number before its running part, such as 穗人社监抽〔2026〕; the first
    notice gets `first_number`. `issued` is the notices' date, by default the day of the signatures.
    """

    place: str = ""
    check_at: str = ""
    number: str = ""
    first_number: int = 1
    contact: str = ""
    phone: str = ""
    complaint_phone: str = ""
    issued: date | None = None
    basis: tuple[str, ...] = BASIS
    materials: tuple[str, ...] = MATERIALS


@dataclass(frozen=True)
class Person:
    """Who a pseudonym is: name and number of the enforcement certificate, as people.csv froze them."""

    name: str
    certificate: str


@dataclass(frozen=True)
class Ceremony:
    """What happened in the room, up to the result (`ended_at`) or to the draw's being void.

    Before the inputs were fixed there are no `contributions`.
    """

    operator: str
    witness: str
    ended_at: datetime
    signed_on: date | None = None
    contributions: tuple[Contribution, ...] = ()
    parts_digest: str = ""
    dice: str = ""
    result_digest: str = ""
    objection: str = ""
    void_reason: str = ""


@dataclass(frozen=True)
class Material:
    """Everything that the papers of one draw are made from, gathered at one moment.

    `teams` is who holds a team's seats now, the lead first, by (district, team); `called` are the
    reserves called up, with district and team, in the order of the log. `addresses` and `names` are
    as of the freeze. `opened`: the names are public (hall mode `open`, or unsealed).
    """

    terms: Mapping[str, Any]
    frozen: FrozenDraw
    district_names: Mapping[str, str]
    names: Mapping[str, str]
    ceremony: Ceremony | None = None
    result: Result | None = None
    teams: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    called: tuple[tuple[str, str, int], ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    checkpoint: str = ""
    opened: bool = False
    signed: bool = False

    @property
    def rehearsal(self) -> bool:
        """Whether the draw is a rehearsal, which every paper says (演练)."""
        return self.terms["rehearsal"] is True

    def district(self, code: str) -> str:
        """Return the name of a district, or its code where the books name none."""
        return self.district_names.get(code, code)

    def entity(self, picked: Picked) -> str:
        """Return the name of a drawn or reserve entity, as entities.csv froze it."""
        return self.frozen.frame.entities.row(picked.row).name


def papers(material: Material, particulars: Particulars) -> Iterator[tuple[str, bytes]]:
    """Yield each paper that this draw has by now: its path under the folder, and its bytes.

    Paths name districts, teams and running numbers, never an entity or a person. Raises Invalid
    naming every particular that is missing for the papers due.
    """
    yield ODDS, odds(material)
    if material.frozen.frame.excluded:
        yield EXCLUSIONS, exclusions(material)
    if material.ceremony is None:
        return
    missing = []
    if material.result is not None and material.signed:
        yield TASKS, tasks(material)
        try:
            yield from notices(material, particulars)
        except MissingFields as lacking:
            missing.append(lacking)
    try:
        yield RECORD, record_docx(record(material, particulars))
    except MissingFields as lacking:
        missing.append(lacking)
    if missing:
        raise Invalid(
            "文书还缺必填内容，请补齐后重新生成。",
            {lacking.document: list(lacking.labels) for lacking in missing},
        )


def odds(material: Material) -> bytes:
    """Return 抽取机会表: every stratum's exact chance, public before the draw (§5)."""
    frozen = material.frozen
    strata = [
        StratumOdds(
            district,
            material.district(district),
            grade,
            frozen.frame.entities.populations[district, grade],
            fraction_text(share),
        )
        for (district, grade), share in sorted(frozen.shares.items())
    ]
    out = io.BytesIO()
    sheets.odds(out, frozen.plan.title, strata, rehearsal=material.rehearsal)
    return out.getvalue()


def exclusions(material: Material) -> bytes:
    """Return 未列入名册清单: who is in scope and not in the frame, each with the reason (§2)."""
    meanings = {one["code"]: one["meaning"] for one in material.terms["exclusions"]}
    listed = [
        Exclusion(entity, material.names.get(entity, ""), reason, meanings.get(reason, reason))
        for entity, reason in material.frozen.frame.excluded
    ]
    out = io.BytesIO()
    title = f"{material.frozen.plan.title}：未列入名册清单"
    sheets.exclusion_list(out, title, listed, rehearsal=material.rehearsal)
    return out.getvalue()


def record(material: Material, particulars: Particulars) -> DrawRecord:
    """Return what 双随机抽取记录表 says. People of teams stand in it by pseudonym, so it may be public."""
    plan, ceremony, result = material.frozen.plan, material.ceremony, material.result
    assert ceremony is not None  # noqa: S101 - `papers` asks before.
    quota, frame = plan.quota, material.frozen.frame
    shown = result if material.opened else None
    return DrawRecord(
        draw=plan.draw,
        title=plan.title,
        authority=material.terms["issuing_authority"],
        place=particulars.place,
        frozen_at=datetime.fromisoformat(plan.frozen_at),
        drawn_at=ceremony.ended_at,
        scope=scope_sentence(material),
        items=tuple(item["name"] for item in material.terms["items"]["items"]),
        operator=ceremony.operator,
        witness=ceremony.witness,
        population=quota.population,
        frame=len(frame.entities),
        excluded=len(frame.excluded),
        out_of_scope=quota.out_of_scope,
        required=quota.required,
        drawn_before=quota.drawn_before,
        total=plan.allocation.total,
        inspectors=len(frame.inspectors),
        districts=district_counts(material),
        commitment=plan.commitment,
        contributions=ceremony.contributions,
        parts_digest=ceremony.parts_digest,
        dice=ceremony.dice,
        result_digest=ceremony.result_digest,
        root=result.root if result else "",
        leaves=len(result.leaves) if result else 0,
        checkpoint=material.checkpoint,
        check_at=particulars.check_at,
        previous=plan.previous,
        seed=shown.seed if shown else "",
        entities=_drawn_by_name(material, shown) if shown else (),
        teams=_teams_by_pseudonym(material, shown) if shown else (),
        objection=ceremony.objection,
        void_reason=ceremony.void_reason,
        rehearsal=material.rehearsal,
    )


def scope_sentence(material: Material) -> str:
    """Return in one sentence whom the draw is about, as terms.json fixed it."""
    scope = material.terms["scope"]
    words = [
        "、".join(KINDS.get(kind, kind) for kind in scope["kinds"]),
        AIMS[scope["aim"]] + "抽查",
        OCCASIONS[scope["occasion"]] + "任务",
        WEIGHTS[scope["weight"]],
    ]
    if scope["tags"]:
        words.append(f"标签：{'、'.join(scope['tags'])}")
    if scope["districts"]:
        words.append(f"地区：{'、'.join(map(material.district, scope['districts']))}")
    return "；".join(words)


def district_counts(material: Material) -> tuple[DistrictCount, ...]:
    """Return what every district of the frame gave and got; zeros where nothing was drawn."""
    frame: Counter[str] = Counter()
    for (district, _), count in material.frozen.frame.entities.populations.items():
        frame[district] += count
    result = material.result
    drawn = Counter(one.district for one in result.drawn) if result else Counter[str]()
    reserve = Counter(one.district for one in result.reserve) if result else Counter[str]()
    teams = Counter(one.district for one in result.teams) if result else Counter[str]()
    return tuple(
        DistrictCount(material.district(code), frame[code], drawn[code], reserve[code], teams[code])
        for code in sorted(frame)
    )


def _drawn_by_name(material: Material, result: Result) -> tuple[DrawnEntity, ...]:
    return tuple(
        DrawnEntity(
            material.district(one.district),
            result.team_of[one.id].team,
            one.id,
            material.entity(one),
        )
        for one in result.drawn
    )


def _teams_by_pseudonym(material: Material, result: Result) -> tuple[DrawnTeam, ...]:
    return tuple(
        DrawnTeam(material.district(team.district), team.team, team.lead, team.members)
        for team in result.teams
    )


def tasks(material: Material) -> bytes:
    """Return 抽查任务分派表: per district and team, reserves called up with their team, the rest apart."""
    result, ceremony = material.result, material.ceremony
    assert result is not None  # noqa: S101 - `papers` asks before.
    assert ceremony is not None  # noqa: S101
    called = {entity: team for entity, _, team in material.called}
    first, last = _period(material)
    drawn = [_assigned(material, one, result.team_of[one.id].team) for one in result.drawn]
    drawn += [
        _assigned(material, one, called[one.id]) for one in result.reserve if one.id in called
    ]
    waiting = [_assigned(material, one, 0) for one in result.reserve if one.id not in called]
    return sheets.task_assignment(
        TaskAssignment(
            bureau=material.terms["issuing_authority"],
            draw=material.frozen.plan.draw,
            title=material.frozen.plan.title,
            period=f"{chinese_date(first)}至{chinese_date(last)}",
            result_digest=ceremony.result_digest,
            drawn=tuple(drawn),
            reserve=tuple(waiting),
            rehearsal=material.rehearsal,
        )
    )


def _assigned(material: Material, one: Picked, team: int) -> AssignedEntity:
    people = [
        f"{person.name}（{person.certificate}）" for person in _staff(material, one.district, team)
    ]
    return AssignedEntity(
        district=one.district,
        district_name=material.district(one.district),
        team=team,
        rank=one.rank,
        grade=one.grade,
        entity=one.id,
        name=material.entity(one),
        address=material.addresses.get(one.id, ""),
        lead=people[0] if people else "",
        members=tuple(people[1:]),
    )


def notices(material: Material, particulars: Particulars) -> Iterator[tuple[str, bytes]]:
    """Yield a 双随机抽查通知书 for each entity to be visited, numbered on: drawn ones, then call-ups."""
    result = material.result
    assert result is not None  # noqa: S101 - `papers` asks before.
    picked = {one.id: one for one in (*result.drawn, *result.reserve)}
    visits = [
        (f"{team.district}-第{team.team}组-{place:02d}", picked[entity], team.team)
        for team in result.teams
        for place, entity in enumerate(team.entities, start=1)
    ]
    visits += [
        (f"{district}-第{team}组-递补{place:02d}", picked[entity], team)
        for place, (entity, district, team) in enumerate(material.called, start=1)
    ]
    for running, (name, one, team) in enumerate(visits, start=particulars.first_number):
        number = f"{particulars.number}{running}号" if particulars.number else ""
        notice = _notice(material, particulars, number, one, _staff(material, one.district, team))
        yield f"{NOTICES}/{name}.docx", inspection_notice(notice)


def _notice(
    material: Material,
    particulars: Particulars,
    number: str,
    one: Picked,
    staff: Sequence[Person],
) -> InspectionNotice:
    first, last = _period(material)
    items = material.terms["items"]["items"]
    issued = particulars.issued or (material.ceremony.signed_on if material.ceremony else None)
    return InspectionNotice(
        number=number,
        entity_name=material.entity(one),
        entity_code=one.id,
        basis=particulars.basis,
        task=material.frozen.plan.draw,
        items=tuple(NoticeItem(item["name"], material.bases[item["code"]]) for item in items),
        period_from=first,
        period_to=last,
        methods=tuple(METHODS[method] for method in material.terms["methods"]),
        materials=particulars.materials,
        contact=particulars.contact,
        phone=particulars.phone,
        complaint_phone=particulars.complaint_phone,
        authority=material.terms["issuing_authority"],
        # A missing date is named by the paper itself, like every other missing field.
        issued=issued,  # type: ignore[arg-type]
        inspectors=tuple(NoticeInspector(person.name, person.certificate) for person in staff),
        address=material.addresses.get(one.id, ""),
        rehearsal=material.rehearsal,
    )


def _staff(material: Material, district: str, team: int) -> list[Person]:
    return [material.people[who] for who in material.teams.get((district, team), ())]


def _period(material: Material) -> tuple[date, date]:
    tasks_between = material.terms["tasks"]
    return date.fromisoformat(tasks_between["from"]), date.fromisoformat(tasks_between["to"])
