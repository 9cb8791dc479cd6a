"""The year's gauges from the books: supervised, drawn, rounds done (app/plans/rules.py says what they mean)."""

from __future__ import annotations

from datetime import date, datetime

from app.draws import exclusion_reads
from app.draws.draw_reads import draws_of
from app.draws.preparation_actions import SHANGHAI
from app.draws.scope_rules import windows
from app.draws.state_rules import SIGNED
from app.plans import rules, tables
from app.plans.rules import Gauges
from app.plans.tables import Plan
from registries import frames


async def gauges(bureau: str, year: int, now: datetime) -> Gauges:
    """Return how far the year of the published plan has come. Raises NotFound where none is published."""
    return await gauges_of(await tables.binding_plan(bureau, year), now)


async def gauges_of(plan: Plan, now: datetime) -> Gauges:
    """Return how far its year has come as this version has it, be it published or not."""
    bureau, year = plan.bureau, plan.year
    today = now.astimezone(SHANGHAI).date()
    window = windows(plan.content.policy, date(year, 1, 1))
    done = [
        draw.round for draw in await draws_of(bureau) if draw.year == year and draw.state in SIGNED
    ]
    return rules.gauges(
        plan.content,
        population=await frames.supervised(bureau, window.year_start),
        drawn=await exclusion_reads.drawn_before(bureau, window),
        done=done,
        today=today,
    )
