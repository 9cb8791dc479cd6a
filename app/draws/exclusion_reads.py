"""Which entities the record of facts keeps out of a draw, by reason code (app/draws/scope_rules.py)."""

from __future__ import annotations

from app.draws.scope_rules import Windows
from registries import frames, record_reads
from registries.record_rules import CALLED_UP, DRAWN


async def found_by_record(bureau: str, window: Windows) -> dict[str, set[str]]:
    """Return reason code → the ids for which the record gives that reason.

    Somebody who was drawn and could not be reached stays due, so being drawn does not keep them out
    (protocol §6).
    """
    taken = await record_reads.with_fact(bureau, (DRAWN, CALLED_UP), since=window.year_start)
    unreachable = await frames.unreachable(bureau, window.year_start)
    found = {
        "drawn-this-year": set(taken) - unreachable,
        "open-case": set(await record_reads.open_cases(bureau)),
    }
    if window.paused_since is not None:
        found["inspected-recently"] = set(await frames.inspections(bureau, window.paused_since))
    if window.cap:
        counts = await frames.inspections(bureau, window.year_start)
        found["cap-reached"] = {id_ for id_, count in counts.items() if count >= window.cap}
    return found


async def drawn_before(bureau: str, window: Windows) -> int:
    """Return how many different entities were drawn this year in draws that count (protocol §3).

    A signed draw writes its facts and a void one withdraws them; what was done before the system
    came is imported as the same facts. Called-up reserves do not count again (§6).
    """
    last = window.year_start.replace(month=12, day=31)
    return len(await record_reads.with_fact(bureau, (DRAWN,), since=window.year_start, until=last))
