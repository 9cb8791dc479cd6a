"""A ceremony from the freeze to the sealed result, by the deeds of the ceremony."""

from app.draws import result_actions
from registries import audit_log
from tests.app.draws.makers import hold_ceremony, make_frozen_draw
from tests.conftest import TestDatabase
from tests.makers import make_bureau


async def test_a_frozen_draw_goes_through_the_ceremony_and_is_sealed(
    database: TestDatabase,
) -> None:
    await make_bureau()
    draw = await hold_ceremony(await make_frozen_draw())
    assert draw.state == "sealed"
    found = await result_actions.published(draw)
    assert found is not None
    events = [one.event for one in await audit_log.entries(subject=f"draw:{draw.number}")]
    assert events[0] == "draw:seal"
