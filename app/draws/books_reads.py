"""The books as they stand → everything that a draw freezes (protocol §2). Preview and freeze read the same way."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import sampling
from app.draws import exclusion_reads
from app.draws.draw_reads import draws_of
from app.draws.people_rules import People, people_of, recusal_rows
from app.draws.pool_rules import candidates, mixed_lengths
from app.draws.scope_rules import first_reasons, standing_reason, windows
from app.draws.state_rules import SIGNED
from app.draws.terms_rules import Chosen, Steering, terms_json
from app.plans.rules import Round
from registries import database, frames, inspector_register, item_lists, recusals
from registries.district_changes import districts_of
from registries.errors import Refused
from registries.frames import EntityRows, Scope
from sampling.encoding import sha256_hex
from sampling.freeze import Policy, frozen_csv
from sampling.plan_form import Allocation


@dataclass(frozen=True)
class Books:
    """What a draw would freeze: the policy, the files by name, people.csv, and who is behind it."""

    policy: Policy
    files: Mapping[str, bytes]
    people: People
    excluded: Mapping[str, int]
    district_names: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """A draw's place in its bureau's series: the number it would get, and the draw before it."""

    number: str
    previous: str
    frozen_at: str


@cache
def verifier() -> bytes:
    """Return verify.py, whose digest terms.json publishes and which every bundle carries."""
    return Path(sampling.__file__).with_name("verifier.py").read_bytes()


async def books(bureau: str, chosen: Chosen, place: Place) -> Books:
    """Return what a draw freezes at this moment; stands inside a deed or a snapshot.

    Raises Refused where the books cannot be frozen whatever the policy: nobody in scope, districts of
    two lengths, items that the list does not have.
    """
    planned, today = chosen.planned, chosen.on
    window = windows(chosen.content.policy, today)
    scope = Scope(planned.kinds, planned.tags, planned.districts)
    known = await districts_of(bureau)
    current = {code: known.successor(code, today) for code in await frames.districts_in_use(bureau)}
    moved = {old: new for old, new in current.items() if new is not None and new != old}
    found = await exclusion_reads.found_by_record(bureau, window)
    lost = [code for code, successor in current.items() if successor is None]
    found["district-unknown"] = set(await frames.ids_in_districts(bureau, lost))
    rows = await frames.entity_rows(bureau, scope, first_reasons(found), moved)
    _refuse_empty_or_mixed(rows)
    standing = await frames.not_in_force(bureau, scope, window.year_start, moved)
    excluded = [*rows.left_out]
    excluded += [(one.id, standing_reason(one.state, one.state_reason)) for one in standing]
    people = await _people(bureau, chosen, rows.districts, known.successor)
    pairs = [
        (one.inspector, one.entity, one.reason_code)
        for one in await recusals.recusals_between(
            bureau, chosen.settings.tasks_start, chosen.settings.tasks_end
        )
    ]
    avoided = recusal_rows(pairs, people)
    steering = Steering([reason for _, reason in excluded], rows.districts, avoided, people)
    files = {
        "entities.csv": rows.data,
        "excluded.csv": frozen_csv("excluded.csv", excluded),
        "inspectors.csv": people.inspectors_csv,
        "left_out.csv": people.left_out_csv,
        "recusals.csv": frozen_csv("recusals.csv", avoided),
        "terms.json": await _terms(bureau, chosen, steering),
        "salt.txt": secrets.token_hex(32).encode(),
    }
    drawn = await exclusion_reads.drawn_before(bureau, window)
    outside = await frames.supervised(bureau, window.year_start) - rows.count - len(excluded)
    return Books(
        policy=_policy(bureau, chosen, place, outside, drawn),
        files=files,
        people=people,
        excluded=Counter(reason for _, reason in excluded),
        district_names={
            code: one.name for code in rows.districts if (one := known.get(code, today)) is not None
        },
    )


def _refuse_empty_or_mixed(rows: EntityRows) -> None:
    if rows.count == 0:
        raise Refused(
            "按本次抽查的范围和排除规则，没有可抽的对象。请核对计划中的类别、标签、地区，"
            "或查看被排除的原因。"
        )
    if sentence := mixed_lengths(rows.districts):
        raise Refused(sentence)


async def _people(
    bureau: str,
    chosen: Chosen,
    districts: tuple[str, ...],
    successor: Callable[[str, date], str | None],
) -> People:
    settings = chosen.settings
    pool = await inspector_register.pool(bureau, settings.tasks_start, settings.tasks_end)
    homes = {home for one in pool.may_go for home in one.homes}
    everyone = candidates(
        pool.may_go,
        pool.left_out,
        districts,
        {home: successor(home, chosen.on) for home in homes},
    )
    salts = {one.inspector.inspector: secrets.token_hex(16) for one in everyone}
    return people_of(everyone, salts, await teams_served(bureau, chosen.on.year))


async def _terms(bureau: str, chosen: Chosen, steering: Steering) -> bytes:
    item_list = await item_lists.item_list(bureau, chosen.content.item_list)
    return terms_json(
        chosen,
        item_list=item_list.name,
        item_names={key: item_list.item(key).name for key in chosen.planned.items},
        recusal_reasons=recusals.REASONS,
        verifier_digest=sha256_hex(verifier()),
        steering=steering,
    )


def _policy(
    bureau: str, chosen: Chosen, place: Place, out_of_scope: int, drawn_before: int
) -> Policy:
    planned: Round = chosen.planned
    year = chosen.content.policy
    return Policy(
        bureau=bureau,
        draw=place.number,
        title=chosen.settings.title,
        frozen_at=place.frozen_at,
        previous=place.previous,
        allocation=Allocation(planned.total, dict(planned.rates), planned.district_minimum),
        out_of_scope=out_of_scope,
        ratio_permille=year.ratio_permille,
        floor=year.floor,
        mode=year.mode,
        rounds=len(chosen.content.rounds),
        round=chosen.round,
        drawn_before=drawn_before,
        reserve=planned.reserve,
        entities_per_team=planned.entities_per_team,
        team_size=planned.team_size,
        home_avoidance=planned.home_avoidance,
        balance_load=planned.balance_load,
        guests=chosen.settings.guests,
        dice=chosen.settings.dice,
    )


async def teams_served(bureau: str, year: int) -> dict[str, int]:
    """Return inspector → in how many teams of the year's signed draws he or she served or serves.

    Whoever was replaced did not go; the one who took the last turn on the seat did.
    """
    served: Counter[str] = Counter()
    for draw in await draws_of(bureau):
        if draw.year != year or draw.state not in SIGNED:
            continue
        holders = {
            (row["district"], row["team"], row["place"]): row["pseudonym"]
            for table in ("draw_seat", "draw_replacement")
            for row in await database.fetch(
                f"SELECT district, team, place, pseudonym FROM {table}"  # noqa: S608
                " WHERE draw = {} ORDER BY id",
                draw.id,
            )
        }
        who = {
            row["pseudonym"]: row["inspector"]
            for row in await database.fetch(
                "SELECT pseudonym, inspector FROM draw_person WHERE draw = {}", draw.id
            )
        }
        served.update(who[pseudonym] for pseudonym in holders.values())
    return dict(served)
