"""Freezing a draw: frozen files and plan.json from what a bureau chose (protocol §2, §3, §7.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sampling.encoding import jcs, write_csv
from sampling.errors import BlockingSet, FreezeRefused, ProtocolError, Reason
from sampling.frame import Frame, people_root, read_frame, salted_digest
from sampling.plan_form import (
    PROTOCOL,
    SALTED_FILES,
    Allocation,
    Plan,
    QuotaTerms,
    StratumKey,
    contributor_labels,
    parse_plan,
)
from sampling.quota import (
    check_quota,
    most_per_district,
    required_number,
    shares,
    shortfall,
    strata_of,
)
from sampling.rows import HEADERS
from sampling.teams import staffing_block


@dataclass(frozen=True)
class Policy:
    """What the bureau chose for a draw; everything else in plan.json is computed from the files.

    Field by field as in plan.json (§2); `guests` is the number of guest contributors.
    """

    bureau: str
    draw: str
    title: str
    frozen_at: str
    allocation: Allocation
    previous: str = ""
    out_of_scope: int = 0
    ratio_permille: int = 80
    floor: int = 80
    mode: Literal["either", "both"] = "either"
    rounds: int = 3
    round: int = 1
    drawn_before: int = 0
    reserve: int = 2
    entities_per_team: int = 5
    team_size: int = 2
    home_avoidance: bool = True
    balance_load: bool = True
    guests: int = 0
    dice: int = 10


@dataclass(frozen=True)
class FreshDraw:
    """A draw just frozen: the bytes of plan.json, and what they say."""

    plan_json: bytes
    plan: Plan
    frame: Frame
    shares: Mapping[StratumKey, Fraction]


def frozen_csv(file: str, rows: Iterable[Sequence[str]]) -> bytes:
    """Return the frozen file named `file` (a key of HEADERS) with `rows` sorted as §2 wants.

    Whether the rows are in form is found when the frame is read.
    """
    # The leading columns are the sorting keys; what follows decides only between equal ones,
    # and those are refused.
    return write_csv(HEADERS[file], sorted(map(tuple, rows)))


def steering_counts(frame: Frame) -> dict[str, object]:
    """Return the counts that terms.json publishes because they would show steering (§2).

    Excluded and left out per reason, eligible inspectors per district, recusals per reason and
    the most for one entity.
    """
    districts = sorted({district for district, _ in frame.entities.strata})
    per_entity = Counter(recusal.entity for recusal in frame.recusals)
    return {
        "excluded": dict(Counter(reason for _, reason in frame.excluded)),
        "left_out": dict(Counter(reason for _, reason in frame.left_out)),
        "eligible_inspectors": {
            district: sum(district not in one.home for one in frame.inspectors)
            for district in districts
        },
        "recusals": dict(Counter(recusal.reason for recusal in frame.recusals)),
        "most_recusals_of_one_entity": max(per_entity.values(), default=0),
    }


def freeze(policy: Policy, files: Mapping[str, bytes], people: bytes) -> FreshDraw:
    """Return plan.json for `policy` over the frozen `files` (FRAME_FILES) and people.csv.

    Raises ProtocolError where a file or a chosen value breaks its form, FreezeRefused with every
    reason why this draw must not be frozen: quota out of reach (§3), no shares (§5), or seats
    that cannot be staffed, with the blocking set (§7.6).
    """
    frame = read_frame(files)
    populations = frame.entities.populations
    quota = _quota_terms(policy, frame)
    reasons = _quota_reasons(quota, policy, frame)
    found: Mapping[StratumKey, Fraction] = {}
    try:
        found = shares(populations, policy.allocation)
    except ProtocolError as error:
        reasons.append(Reason("shares", error.sentence))
    blocking = _blocking(policy, frame, found)
    if blocking is not None:
        numbers = {"seats": blocking.seats, "inspectors": len(blocking.inspectors)}
        reasons.append(Reason("staffing", blocking.sentence(), numbers, blocking))
    if reasons:
        raise FreezeRefused(tuple(reasons))
    plan_json = _plan_json(policy, quota, found, files, people, populations)
    plan = parse_plan(plan_json)
    check_quota(plan, frame)
    return FreshDraw(plan_json, plan, frame, found)


def _quota_terms(policy: Policy, frame: Frame) -> QuotaTerms:
    population = len(frame.entities) + len(frame.excluded) + policy.out_of_scope
    return QuotaTerms(
        population=population,
        out_of_scope=policy.out_of_scope,
        ratio_permille=policy.ratio_permille,
        floor=policy.floor,
        mode=policy.mode,
        rounds=policy.rounds,
        round=policy.round,
        drawn_before=policy.drawn_before,
        required=required_number(population, policy.ratio_permille, policy.floor, policy.mode),
    )


def _quota_reasons(quota: QuotaTerms, policy: Policy, frame: Frame) -> list[Reason]:
    missing = shortfall(quota, policy.allocation.total, len(frame.entities))
    if missing <= 0:
        return []
    later = quota.rounds - quota.round
    sentence = (
        f"全年应抽 {quota.required} 户，已抽 {quota.drawn_before} 户，"
        f"本次抽 {policy.allocation.total} 户，"
        + (f"其后 {later} 轮即使全部抽取" if later else "这是最后一轮")
        + f"，仍差 {missing} 户。请增加本次抽查数量或轮次。"
    )
    numbers = {
        "required": quota.required,
        "drawn_before": quota.drawn_before,
        "total": policy.allocation.total,
        "later_rounds": later,
        "missing": missing,
    }
    return [Reason("quota", sentence, numbers)]


def _blocking(
    policy: Policy, frame: Frame, found: Mapping[StratumKey, Fraction]
) -> BlockingSet | None:
    return staffing_block(
        frame,
        most_per_district(found),
        entities_per_team=policy.entities_per_team,
        team_size=policy.team_size,
        home_avoidance=policy.home_avoidance,
    )


def _plan_json(
    policy: Policy,
    quota: QuotaTerms,
    found: Mapping[StratumKey, Fraction],
    files: Mapping[str, bytes],
    people: bytes,
    populations: Mapping[StratumKey, int],
) -> bytes:
    return jcs(
        {
            "protocol": PROTOCOL,
            "bureau": policy.bureau,
            "draw": policy.draw,
            "previous": policy.previous,
            "title": policy.title,
            "frozen_at": policy.frozen_at,
            "files": {name: salted_digest(files["salt.txt"], files[name]) for name in SALTED_FILES},
            "people_root": people_root(people),
            "quota": vars(quota),
            "allocation": {
                "total": policy.allocation.total,
                "rates": dict(policy.allocation.rates),
                "district_minimum": policy.allocation.district_minimum,
            },
            "strata": [
                {"key": one.key, "population": one.population, "expect": one.expect}
                for one in strata_of(populations, found)
            ],
            "reserve": policy.reserve,
            "entities_per_team": policy.entities_per_team,
            "team_size": policy.team_size,
            "home_avoidance": policy.home_avoidance,
            "balance_load": policy.balance_load,
            "contributors": contributor_labels(policy.guests),
            "dice": policy.dice,
        }
    )
