"""Who of a draw's inspectors cannot go on a day, out of the registry: those passed over in a replacement (§7.7)."""

from __future__ import annotations

from datetime import date

from app.draws.draw_reads import Draw
from app.draws.tables import PersonTable
from registries import inspector_absences, inspector_register
from registries.bureaus import bureau
from registries.inspectors import LEFT_OUT, why_left_out


async def unavailable_on(draw: Draw, day: date) -> dict[str, str]:
    """Return pseudonym → reason in words for everyone of the draw who may not be sent on `day`.

    The reason is that of the registry's rule (off duty, certificate, absent), never why somebody is away.
    """
    rows = await PersonTable.select(PersonTable.pseudonym, PersonTable.inspector).where(
        PersonTable.draw == draw.id
    )
    pseudonyms = {row["inspector"]: row["pseudonym"] for row in rows}
    away = await inspector_absences.absences(draw.bureau)
    city = (await bureau(draw.bureau)).city
    found = {}
    for one in await inspector_register.inspectors_as_of(draw.bureau, day):
        why = why_left_out(one, away, day, day, city)
        if why is not None and one.inspector in pseudonyms:
            found[pseudonyms[one.inspector]] = LEFT_OUT[why]
    return found
