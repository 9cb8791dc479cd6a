"""Who goes: dealing entities to teams, seats, eligibility, assignment, replacement (protocol §7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sampling.draw import Picked
from sampling.errors import BlockingSet, ProtocolError, SeatGroup
from sampling.frame import Frame, Inspector, Recusal
from sampling.matching import Blocked, assign
from sampling.plan_form import Plan
from sampling.seed import key, ticket


@dataclass(frozen=True)
class Seat:
    """One place in a team; `position` 0 is the lead's."""

    district: str
    team: int
    position: int

    @property
    def lead(self) -> bool:
        """Whether only an inspector who can lead may take it."""
        return self.position == 0


@dataclass(frozen=True)
class Team:
    """A team of a district with its entities in dealing order."""

    district: str
    team: int
    lead: str
    members: tuple[str, ...]
    entities: tuple[str, ...]


@dataclass(frozen=True)
class Pool:
    """Inspectors in the order in which seats take them (§7.3), with what keeps each away.

    Bit p of a mask stands for `inspectors[p]`.
    """

    inspectors: tuple[Inspector, ...]
    everyone: int
    leads: int
    at_home: Mapping[str, int]
    recused: Mapping[str, int]

    def eligible(self, district: str, entities: Iterable[str], *, lead: bool) -> int:
        """Return who may take a seat of this district, role and these entities (§7.4)."""
        mask = (self.leads if lead else self.everyone) & ~self.at_home.get(district, 0)
        for entity in entities:
            mask &= ~self.recused.get(entity, 0)
        return mask


def make_pool(
    inspectors: Sequence[Inspector], recusals: Iterable[Recusal], *, home_avoidance: bool
) -> Pool:
    """Return the pool of `inspectors` in the order given."""
    bit = {inspector.inspector: 1 << at for at, inspector in enumerate(inspectors)}
    at_home: defaultdict[str, int] = defaultdict(int)
    recused: defaultdict[str, int] = defaultdict(int)
    for inspector in inspectors if home_avoidance else ():
        for district in inspector.home:
            at_home[district] |= bit[inspector.inspector]
    for recusal in recusals:
        recused[recusal.entity] |= bit[recusal.inspector]
    leads = sum(bit[inspector.inspector] for inspector in inspectors if inspector.can_lead)
    return Pool(tuple(inspectors), (1 << len(bit)) - 1, leads, at_home, recused)


def inspectors_in_order(
    inspectors: Iterable[Inspector], seed: str, *, balance_load: bool
) -> list[Inspector]:
    """Return the inspectors in the order of §7.3: fewest earlier teams first where balanced."""
    inspector_key = key("inspector", seed)
    return sorted(
        inspectors,
        key=lambda one: (
            one.prior if balance_load else 0,
            ticket(inspector_key, one.inspector),
            one.inspector,
        ),
    )


def deal(drawn: Iterable[Picked], entities_per_team: int) -> dict[tuple[str, int], list[str]]:
    """Return the entities of each (district, team), dealt in turn by ticket (§7.1)."""
    by_district: defaultdict[str, list[Picked]] = defaultdict(list)
    for one in drawn:
        by_district[one.district].append(one)
    dealt: dict[tuple[str, int], list[str]] = {}
    for district in sorted(by_district):
        ordered = sorted(by_district[district], key=lambda one: (one.ticket, one.id))
        teams = team_count(len(ordered), entities_per_team)
        for team in range(1, teams + 1):
            dealt[district, team] = [one.id for one in ordered[team - 1 :: teams]]
    return dealt


def team_count(entities: int, entities_per_team: int) -> int:
    """Return T_d of §7.1 for a district with this many entities drawn."""
    return -(-entities // entities_per_team)


def seats_in_order(teams: Iterable[tuple[str, int]], team_size: int, seed: str) -> list[Seat]:
    """Return the seats of these (district, team) in the order of §7.2: every lead first."""
    seat_key = key("seat", seed)
    seats = [
        Seat(district, team, position) for district, team in teams for position in range(team_size)
    ]
    return sorted(
        seats,
        key=lambda seat: (
            not seat.lead,
            ticket(seat_key, f"{seat.district}/{seat.team}/{seat.position}"),
        ),
    )


def assign_teams(plan: Plan, frame: Frame, drawn: Iterable[Picked], seed: str) -> tuple[Team, ...]:
    """Return the teams of the draw, by district and number (§7.1–5).

    Raises ProtocolError `result` where no complete assignment exists, naming what blocks it.
    """
    dealt = deal(drawn, plan.entities_per_team)
    order = inspectors_in_order(frame.inspectors, seed, balance_load=plan.balance_load)
    pool = make_pool(order, frame.recusals, home_avoidance=plan.home_avoidance)
    seats = seats_in_order(dealt, plan.team_size, seed)
    masks = {
        (place, lead): pool.eligible(place[0], entities, lead=lead)
        for place, entities in dealt.items()
        for lead in (True, False)
    }
    try:
        people = assign([masks[(seat.district, seat.team), seat.lead] for seat in seats])
    except Blocked as blocked:
        named = blocking_set(blocked, [(seat.district, seat.lead) for seat in seats], pool)
        raise ProtocolError("result", "无法排满检查组。" + named.sentence()) from blocked
    sent = {seat: order[person].inspector for seat, person in zip(seats, people, strict=True)}
    return tuple(
        Team(
            district,
            team,
            sent[Seat(district, team, 0)],
            tuple(sent[Seat(district, team, at)] for at in range(1, plan.team_size)),
            tuple(entities),
        )
        for (district, team), entities in dealt.items()
    )


def blocking_set(blocked: Blocked, roles: Sequence[tuple[str, bool]], pool: Pool) -> BlockingSet:
    """Return the blocked seats, whose (district, lead) are `roles`, by district and role."""
    counts: defaultdict[tuple[str, bool], int] = defaultdict(int)
    for seat in blocked.seats:
        counts[roles[seat]] += 1
    return BlockingSet(
        groups=tuple(
            SeatGroup(district, lead, counts[district, lead])
            for district, lead in sorted(counts, key=lambda role: (role[0], not role[1]))
        ),
        inspectors=tuple(sorted(pool.inspectors[person].inspector for person in blocked.people)),
    )


def staffing_block(
    frame: Frame,
    most: Mapping[str, int],
    *,
    entities_per_team: int,
    team_size: int,
    home_avoidance: bool,
) -> BlockingSet | None:
    """Return what keeps a draw from being frozen, or None where it always can be staffed (§7.6).

    `most` is the largest number of entities per district. Every recused pair counts against
    the whole district, so that no seed can run into a dead end.
    """
    district_of = _districts_of(frame, {recusal.entity for recusal in frame.recusals})
    whole_districts = [
        Recusal(recusal.inspector, district_of[recusal.entity], recusal.reason)
        for recusal in frame.recusals
        if recusal.entity in district_of
    ]
    pool = make_pool(frame.inspectors, whole_districts, home_avoidance=home_avoidance)
    roles = [
        (district, position == 0)
        for district in sorted(most)
        for position in range(team_size)
        for _ in range(team_count(most[district], entities_per_team))
    ]
    masks = {role: pool.eligible(role[0], [role[0]], lead=role[1]) for role in set(roles)}
    try:
        assign([masks[role] for role in roles])
    except Blocked as blocked:
        return blocking_set(blocked, roles, pool)
    return None


@dataclass(frozen=True)
class PassedOver:
    """An inspector who was before the chosen one in order, and why they did not take the seat.

    `reason` is `home`, `not-lead`, `recused`, or the text given for being unavailable.
    """

    inspector: str
    reason: str


@dataclass(frozen=True)
class Replacement:
    """Who takes over a seat, None where nobody can, and everyone passed over, in order (§7.7)."""

    inspector: str | None
    passed_over: tuple[PassedOver, ...]


def replace(
    plan: Plan,
    frame: Frame,
    seed: str,
    seat: Seat,
    *,
    entities: Collection[str],
    used: Collection[str],
    unavailable: Mapping[str, str],
) -> Replacement:
    """Return who replaces the inspector of `seat` (§7.7); anyone can recompute it.

    `entities` are all now assigned to the team, `used` the inspectors who took a seat in this
    draw, `unavailable` those who cannot go that day, each with its reason.
    """
    passed: list[PassedOver] = []
    barred = {one.inspector for one in frame.recusals if one.entity in entities}
    for one in inspectors_in_order(frame.inspectors, seed, balance_load=plan.balance_load):
        if one.inspector in used:
            continue
        if plan.home_avoidance and seat.district in one.home:
            reason = "home"
        elif seat.lead and not one.can_lead:
            reason = "not-lead"
        elif one.inspector in barred:
            reason = "recused"
        elif one.inspector in unavailable:
            reason = unavailable[one.inspector]
        else:
            return Replacement(one.inspector, tuple(passed))
        passed.append(PassedOver(one.inspector, reason))
    return Replacement(None, tuple(passed))


def _districts_of(frame: Frame, entities: Iterable[str]) -> dict[str, str]:
    """Return the district of each of `entities` that is in the frame."""
    rows = {entity: frame.entities.find(entity) for entity in entities}
    return {
        entity: frame.entities.strata[frame.entities.stratum[row]][0]
        for entity, row in rows.items()
        if row is not None
    }
