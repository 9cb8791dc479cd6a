"""A small made city with its books filled through public actions: entities, inspectors, items, a published plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app.draws import freeze_actions, preparation_actions
from app.draws.draw_reads import Draw
from app.draws.settings_rules import Settings
from app.plans import actions as plan_actions
from app.plans.rules import PlanContent, Policy, Round
from registries import database, inspector_register, item_lists, record
from registries.database import Actor
from registries.entity_staging import staging
from registries.record_rules import NewFact
from tests.makers import CLERK, GUANGZHOU, NOON, do, make_bureau
from tests.registries.reference_makers import make_certificate, make_inspector

HEAD = Actor("staff", "局领导")
DISTRICTS = ("440103", "440104", "440105", "440106")
TODAY = date(2026, 11, 21)


def entity_id(number: int) -> str:
    """Return the id of the city's entity `number`: X and a registry's code, as a body without a code has."""
    return f"X{number:05d}"


def a_round(number: int = 1, **changes: Any) -> Round:
    """Return a round of the plan: 8 entities, two inspectors a team."""
    details: dict[str, Any] = {
        "name": f"第 {number} 次抽查",
        "items": ("01",),
        "total": 8,
        "starts": date(2026, 1, 1),
        "ends": date(2026, 12, 31),
        "entities_per_team": 4,
        "reserve": 1,
    }
    return Round(**details | changes)


def settings(**changes: Any) -> Settings:
    """Return the settings of a draw for tasks in December."""
    details: dict[str, Any] = {
        "title": "2026 年第 1 次双随机抽查",
        "tasks_start": date(2026, 12, 1),
        "tasks_end": date(2026, 12, 31),
        "unseal_by": date(2027, 3, 31),
        "standby_witness": "候补见证人",
    }
    return Settings(**details | changes)


async def make_city(
    bureau: str = GUANGZHOU,
    *,
    districts: Sequence[str] = DISTRICTS,
    entities: int = 80,
    inspectors: int = 24,
    now: datetime = NOON,
) -> None:
    """Enter a bureau with entities dealt to its districts (a tenth grade B), inspectors, and its items."""
    await make_bureau(bureau)
    await add_entities(bureau, districts, range(entities))
    for number in range(inspectors):
        certificate = make_certificate(number=f"{bureau}-{number:03d}", area=bureau)
        one = make_inspector(
            inspector=f"I{number:03d}",
            name=f"检查员{number:03d}",
            homes=(districts[number % len(districts)],),
            may_lead=number % 3 != 0,
            certificates=(certificate,),
        )
        await do(inspector_register.enter_inspector, bureau=bureau, inspector=one, now=now)
    listed = await do(item_lists.propose_seeded_list, bureau=bureau, now=now)
    await do(
        item_lists.put_into_effect, bureau=bureau, version=listed.version, effective=TODAY, now=now
    )


async def add_entities(
    bureau: str, districts: Sequence[str], numbers: range, *, set_aside: str = "", **changes: str
) -> None:
    """Import employers; every tenth is of grade B, the others of grade A."""
    columns = ("name", "kind", "district", "grade", "tags")
    async with staging(bureau, columns) as staged:
        await staged.add(
            (
                entity_id(n),
                set_aside,
                changes.get("name", f"{bureau} 第 {n} 号单位"),
                changes.get("kind", "employer"),
                changes.get("district", districts[n % len(districts)]),
                changes.get("grade", "B" if n % 10 == 0 else "A"),
                changes.get("tags", ""),
            )
            for n in numbers
        )
        await staged.compare()
        await database.deed(
            lambda deed: staged.merge(deed, reason="导入", source="测试"), actor=CLERK, now=NOON
        )


def plan_content(rounds: Sequence[Round] = (), **policy: Any) -> PlanContent:
    """Return a plan of three rounds of the city, or of `rounds`."""
    return PlanContent(
        issuing_authority="广州市人力资源和社会保障局",
        item_list=1,
        policy=Policy(**({"floor": 20} | policy)),
        rounds=tuple(rounds) or (a_round(1), a_round(2), a_round(3)),
    )


async def publish_plan(bureau: str = GUANGZHOU, content: PlanContent | None = None) -> None:
    """Take a plan from draft to publication, approved by another person."""
    year = {"bureau": bureau, "year": 2026}
    await do(plan_actions.draft, **year, content=content or plan_content())
    await carry_through(bureau)


async def carry_through(bureau: str = GUANGZHOU) -> None:
    """Submit, approve, file and publish the version being drafted."""
    year = {"bureau": bureau, "year": 2026}
    await do(plan_actions.submit, **year)
    await do(plan_actions.approve, actor=HEAD, **year)
    await do(plan_actions.file, **year, filed_with="广东省人社厅", reference="粤人社备〔2026〕1号")
    await do(plan_actions.publish, **year)


async def prepare(number: int = 1, bureau: str = GUANGZHOU, **changes: Any) -> int:
    """Prepare a round of the published plan; `changes` are those of the settings."""
    return await do(
        preparation_actions.prepare,
        bureau=bureau,
        year=2026,
        number=number,
        settings=settings(**changes),
    )


async def freeze(number: int = 1, bureau: str = GUANGZHOU, **changes: Any) -> Draw:
    """Prepare and freeze a round."""
    made = await prepare(number, bureau, **changes)
    return await do(freeze_actions.freeze, bureau=bureau, preparation=made)


async def happened(
    kind: str,
    numbers: Sequence[int],
    on: date,
    *,
    bureau: str = GUANGZHOU,
    reference: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write the same fact about several entities into the record."""
    for number in numbers:
        fact = NewFact(entity_id(number), kind, on, reference, details or {})
        await do(record.add, bureau=bureau, fact=fact, source="测试")
