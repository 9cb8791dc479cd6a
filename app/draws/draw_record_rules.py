"""What 双随机抽取记录表 says of a draw (protocol §4, §8); people of teams stand in it by pseudonym."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from app.draws.material_rules import Material, Particulars
from app.plans.rules import AIMS, OCCASIONS, WEIGHTS
from exports.draw_record import DistrictCount, DrawnEntity, DrawnTeam, DrawRecord
from registries.kinds import KINDS
from sampling.result import Result


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
