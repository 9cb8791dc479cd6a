"""The papers that send teams out: 抽查任务分派表 for the bureau, 双随机抽查通知书 for each entity (protocol §6, §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from app.draws.material_rules import Material, Particulars, Person
from exports import sheets
from exports.dates import chinese_date
from exports.letters import (
    InspectionNotice,
    Method,
    NoticeInspector,
    NoticeItem,
    inspection_notice,
)
from exports.sheets import AssignedEntity, TaskAssignment
from sampling.draw import Picked

NOTICES: Final = "通知书"
# The code of a method in terms.json → the words of Guangdong's rule.
METHODS: Final[Mapping[str, Method]] = {
    "on-site": "现场检查",
    "written": "书面抽查",
    "online": "网上检查",
}


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
