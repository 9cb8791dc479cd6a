"""terms.json: what binds a draw beyond arithmetic, in one canonical document (protocol §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.draws.people_rules import People
from app.draws.pool_rules import LEFT_OUT
from app.draws.scope_rules import rule_terms
from app.draws.settings_rules import Settings
from app.plans.rules import PlanContent, Round
from registries.kinds import KINDS
from sampling.encoding import Json, jcs

POOL_RULE: Final = (
    "在岗；有执法资格（非辅助人员）；执法证有效期覆盖任务最后一日，"
    "执法区域覆盖全部抽查地区；任务期间能够出勤"
)


@dataclass(frozen=True)
class Chosen:
    """Which plan, round and settings a draw is made with, and on which day."""

    content: PlanContent
    year: int
    version: int
    round: int
    settings: Settings
    on: date
    series: str

    @property
    def planned(self) -> Round:
        """The plan's round that is drawn."""
        return self.content.rounds[self.round - 1]


@dataclass(frozen=True)
class Steering:
    """What would show a hand on the scales: who was left out and why, per reason and district."""

    excluded: Iterable[str]
    districts: tuple[str, ...]
    recusals: Iterable[tuple[str, str, str]]
    people: People


def terms_json(
    chosen: Chosen,
    *,
    item_list: str,
    item_names: Mapping[str, str],
    recusal_reasons: Mapping[str, str],
    verifier_digest: str,
    steering: Steering,
) -> bytes:
    """Return terms.json. `item_list` names the version of the list; `item_names` and
    `recusal_reasons` give the words for the codes used."""
    planned, settings = chosen.planned, chosen.settings
    terms: dict[str, Json] = {
        "issuing_authority": chosen.content.issuing_authority,
        "rehearsal": chosen.series == "rehearsal",
        "plan": {"year": chosen.year, "version": chosen.version, "round": planned.name},
        "scope": {
            "kinds": list(planned.kinds or KINDS),
            "tags": list(planned.tags),
            "districts": list(planned.districts),
            "aim": planned.aim,
            "occasion": planned.occasion,
            "weight": planned.weight,
        },
        "items": {
            "list": chosen.content.item_list,
            "name": item_list,
            "items": [{"code": key, "name": item_names[key]} for key in planned.items],
        },
        "methods": list(planned.methods),
        "tasks": {"from": settings.tasks_start.isoformat(), "to": settings.tasks_end.isoformat()},
        "exclusions": rule_terms(chosen.content.policy, chosen.on),  # type: ignore[dict-item]
        "inspector_pool": {"rule": POOL_RULE, "reasons": dict(LEFT_OUT)},
        "recusal_reasons": dict(recusal_reasons),
        "hall_mode": settings.hall_mode,
        "dice_source": settings.dice_source,
        "unseal_by": settings.unseal_by.isoformat(),
        "standby_witness": settings.standby_witness,
        "verifier": verifier_digest,
        "counts": _counts(steering),
    }
    return jcs(terms)


def _counts(steering: Steering) -> dict[str, Json]:
    recusals = list(steering.recusals)
    per_entity = Counter(entity for _, entity, _ in recusals)
    eligible: dict[str, Json] = {
        district: sum(district not in one.homes for one in steering.people.eligible)
        for district in steering.districts
    }
    return {
        "excluded": _counted(steering.excluded),
        "left_out": _counted(one.reason or "" for one in steering.people.left_out),
        "eligible_inspectors": eligible,
        "recusals": _counted(reason for _, _, reason in recusals),
        "most_recusals_of_one_entity": max(per_entity.values(), default=0),
    }


def _counted(reasons: Iterable[str]) -> dict[str, Json]:
    return dict(sorted(Counter(reasons).items()))
