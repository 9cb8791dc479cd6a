"""What the teams of the demo report after a draw: who was inspected, what was found, who could not be found."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from app.demo.chooser import Chooser
from app.demo.office import CLERK, Office
from app.draws import aftermath_actions, seal_actions
from registries import record
from registries.record_rules import INSPECTED, NewFact
from registries.record_sheet import UNREACHABLE
from sampling.draw import CallUp
from sampling.encoding import parse_jcs

DAYS: Final = 25


async def drawn_of(office: Office, number: str) -> list[str]:
    """Return the ids that a draw has drawn, by a logged reading where it is sealed."""
    data = await office.on_draw(
        CLERK, number, seal_actions.read_file, name="result.json", purpose="登记检查结果"
    )
    result: Any = parse_jcs(data)
    return [one["id"] for one in result["drawn"]]


async def report(office: Office, number: str, first: date, missed: frozenset[str]) -> list[NewFact]:
    """Enter what was found at every drawn entity into its record and return the facts.

    `missed` could not be found on two days: they get that result instead of an inspection, and stay due.
    """
    choose = Chooser(f"yaohao demo inspections {number}")
    facts: list[NewFact] = []
    for index, entity in enumerate(await drawn_of(office, number)):
        day = first + timedelta(days=choose.number("day", index, DAYS))
        if entity in missed:
            facts.append(NewFact(entity, "result", day, number, {"result": UNREACHABLE}))
            continue
        facts.append(NewFact(entity, INSPECTED, day, number))
        if choose.number("found", index, 4) == 0:
            facts.append(NewFact(entity, "order", day, f"{number}-{index + 1}"))
    await office.do(CLERK, record.enter_rows, rows=facts, source=f"draw:{number}")
    return facts


async def call_up(office: Office, number: str, entity: str) -> tuple[CallUp, ...]:
    """Call up the next reserve beside an entity that could not be found on two days."""
    verified = await aftermath_actions.recompute(await office.draw(number))
    return await office.on_draw(
        CLERK,
        number,
        aftermath_actions.call_up_reserve,
        verified=verified,
        entity=entity,
        reason="两次上门均无人，电话停机",
        evidence="两次上门（不同日期）的现场照片和记录",
    )
