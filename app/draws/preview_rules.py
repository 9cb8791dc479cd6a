"""What a draw would be, before it is frozen: counts, chances, staffing, and why it must not be; never a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from app.draws.people_rules import People
from app.draws.pool_rules import LEFT_OUT
from app.draws.scope_rules import EXCLUSIONS
from sampling.errors import FreezeRefused
from sampling.freeze import FreshDraw, Policy
from sampling.quota import most_per_district
from sampling.teams import team_count

GRADES: Final = {"A": "A 级", "B": "B 级", "C": "C 级", "-": "未评级"}


@dataclass(frozen=True)
class Stratum:
    """One district and grade: how many there are, its exact share, and each one's exact chance.

    `expect` and `chance` are reduced fractions as text; `percent` is the chance for reading, rounded
    to hundredths of a per cent.
    """

    district: str
    district_name: str
    grade: str
    population: int
    expect: str
    chance: str
    percent: str


@dataclass(frozen=True)
class Staffing:
    """One district: the most teams it can need, their seats, and how many inspectors it can have."""

    district: str
    district_name: str
    most_teams: int
    seats: int
    eligible: int
    may_lead: int


@dataclass(frozen=True)
class Preview:
    """A draw as it would be frozen now. `refusals` is empty if it may be."""

    number: str
    title: str
    population: int
    frame: int
    out_of_scope: int
    excluded: Mapping[str, int]
    left_out: Mapping[str, int]
    eligible: int
    required: int
    drawn_before: int
    total: int
    strata: tuple[Stratum, ...]
    staffing: tuple[Staffing, ...]
    refusals: tuple[str, ...]


def strata_of(fresh: FreshDraw, names: Mapping[str, str]) -> tuple[Stratum, ...]:
    """Return every stratum of a draw with its exact chance (§5.6: expect / population)."""
    found = []
    for one in fresh.plan.strata:
        district, grade = one.key
        chance = Fraction(one.expect) / one.population
        found.append(
            Stratum(
                district,
                names.get(district, district),
                grade,
                one.population,
                one.expect,
                f"{chance.numerator}/{chance.denominator}",
                percent(chance),
            )
        )
    return tuple(found)


def percent(chance: Fraction) -> str:
    """Return a chance in per cent with two decimals, rounded half up, in whole numbers only."""
    hundredths = (chance * 10_000 * 2 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def staffing_of(
    fresh: FreshDraw, people: People, policy: Policy, names: Mapping[str, str]
) -> tuple[Staffing, ...]:
    """Return for each district the most teams that it can need (§7.6) beside those who can be sent."""
    found = []
    for district, most in sorted(most_per_district(fresh.shares).items()):
        teams = team_count(most, policy.entities_per_team)
        able = [
            one for one in people.eligible if not (policy.home_avoidance and district in one.homes)
        ]
        found.append(
            Staffing(
                district,
                names.get(district, district),
                teams,
                teams * policy.team_size,
                len(able),
                sum(one.inspector.may_lead for one in able),
            )
        )
    return tuple(found)


def refusal_sentences(refused: FreezeRefused, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the reasons against a freeze, with districts by name where they are known."""
    return tuple(_named(reason.sentence, names) for reason in refused.reasons)


def _named(sentence: str, names: Mapping[str, str]) -> str:
    for code, name in names.items():
        sentence = sentence.replace(code, f"{name}（{code}）")
    return sentence


def lines_of(preview: Preview) -> list[str]:
    """Return a preview as people read it."""
    lines = [
        f"{preview.title}（冻结后编号 {preview.number}）",
        (
            f"监管对象 {preview.population} 家：可抽 {preview.frame}，"
            f"排除 {sum(preview.excluded.values())}，不在本次范围 {preview.out_of_scope}"
        ),
        *(f"  排除：{EXCLUSIONS[code]}  {n} 家" for code, n in sorted(preview.excluded.items())),
        (
            f"全年应抽 {preview.required} 家，已抽 {preview.drawn_before} 家，"
            f"本次抽 {preview.total} 家"
        ),
        f"可派检查人员 {preview.eligible} 人，不可派 {sum(preview.left_out.values())} 人",
        *(f"  不可派：{LEFT_OUT[code]}  {n} 人" for code, n in sorted(preview.left_out.items())),
    ]
    lines += [
        f"  {one.district_name} {GRADES[one.grade]}：{one.population} 家，"
        f"期望 {one.expect} 家，每家机会 {one.chance}（约 {one.percent}）"
        for one in preview.strata
    ]
    lines += [
        f"  {one.district_name}：最多 {one.most_teams} 组 {one.seats} 席，"
        f"可派 {one.eligible} 人，其中可任组长 {one.may_lead} 人"
        for one in preview.staffing
    ]
    if preview.refusals:
        return [*lines, "现在不能冻结：", *(f"  {sentence}" for sentence in preview.refusals)]
    return [*lines, "可以冻结。"]
