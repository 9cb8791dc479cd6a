"""The first days of a bureau: its registries imported from sheets, the item list in effect, the plan public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from app.demo.office import CLERK, HEAD, Office
from app.import_commands import district_finder
from app.plans import actions as plan_actions
from app.plans.rules import PlanContent, Policy, Round
from registries import bureaus, item_lists
from registries.database import Actor, Deed
from registries.district_changes import lookup_of
from registries.imports import EntityImport, import_entities
from registries.record_sheet import import_facts, read_facts
from registries.reference_imports import Imported, import_inspectors, import_recusals
from registries.reference_sheets import read_inspectors, read_recusals

YEAR = 2026
ITEMS = ("01", "03", "09", "10", "25")
FIRST_MONTH, MONTHS = 3, 9
NUMERALS = "一二三四五六七八九"


async def enter(office: Office, name: str, *, fictional: bool = False) -> None:
    """Enter the bureau into the books."""

    async def whole(deed: Deed) -> bureaus.Bureau:
        return await bureaus.enter_bureau(deed, code=office.bureau, name=name, fictional=fictional)

    await office.deed(CLERK, whole)


async def bring_entities(office: Office, sheet: Path) -> EntityImport:
    """Import the sheet of entities as `yaohao import entities` does."""
    return await import_entities(
        sheet,
        office.bureau,
        await district_finder(office.bureau),
        actor=Actor("command", CLERK),
        reason="建立检查对象名录库",
        now=office.clock.tick(),
    )


async def bring_inspectors(office: Office, sheet: Path) -> Imported:
    """Import the sheet of inspectors."""
    words = (await lookup_of(office.bureau, office.today)).words(office.bureau[:4] + "00")
    people = read_inspectors(sheet, words)
    return await office.do(CLERK, import_inspectors, sheet=people, reason="建立执法人员名录库")


async def bring_recusals(office: Office, sheet: Path) -> Imported:
    """Import the sheet of recusals."""
    return await office.do(CLERK, import_recusals, rows=read_recusals(sheet))


async def bring_facts(office: Office, sheet: Path) -> int:
    """Import the sheet of facts into the entities' records; return how many were new."""
    return await office.do(CLERK, import_facts, sheet=read_facts(sheet))


async def put_items_into_effect(office: Office) -> int:
    """Let the item list that comes with the system apply from New Year; return its number of items."""
    listed = await office.do(CLERK, item_lists.propose_seeded_list)
    effective = date(YEAR, 1, 1)
    await office.do(HEAD, item_lists.put_into_effect, version=listed.version, effective=effective)
    return len(listed.items)


def title(number: int) -> str:
    """Return what the plan calls its round `number`, counted from 1."""
    return f"{YEAR} 年第{NUMERALS[number - 1]}次双随机抽查"


def plan_of_rounds(authority: str, totals: Sequence[int]) -> PlanContent:
    """Return a year's plan of undirected rounds, one for each total, from March to November."""
    months = MONTHS // len(totals)
    rounds = tuple(
        Round(
            name=title(number),
            items=ITEMS,
            total=total,
            starts=date(YEAR, FIRST_MONTH + months * (number - 1), 1),
            ends=date(YEAR, FIRST_MONTH + months * number - 1, 30),
            entities_per_team=3,
        )
        for number, total in enumerate(totals, start=1)
    )
    return PlanContent(issuing_authority=authority, item_list=1, policy=Policy(), rounds=rounds)


async def publish_plan(office: Office, content: PlanContent) -> None:
    """Take a plan from draft to publication; another person than its author approves it."""
    await office.do(CLERK, plan_actions.draft, year=YEAR, content=content)
    await carry_through(office)


async def carry_through(office: Office) -> None:
    """Submit, approve, file and publish the version that is being drafted."""
    year = {"year": YEAR}
    await office.do(CLERK, plan_actions.submit, **year)
    await office.do(HEAD, plan_actions.approve, **year)
    await office.do(
        CLERK,
        plan_actions.file,
        **year,
        filed_with="上级人力资源和社会保障厅",
        reference="备〔2026〕7号",
    )
    await office.do(CLERK, plan_actions.publish, **year)
