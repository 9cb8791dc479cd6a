"""The figures of fairness over time, from the stored draws of a bureau."""

from collections import Counter
from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from app.draws import fairness_reads, signing_actions
from app.draws.fairness_reads import stratum_counts, stratum_repeats
from sampling.verifying import read_frozen
from tests.app.draws.makers import HEAD, WITNESS, hold_ceremony, make_frozen_draw
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do, make_bureau
from tests.sampling.makers import entity_rows, fresh_draw

_, FILES = fresh_draw()
FROZEN = read_frozen(FILES)
ROWS = entity_rows()
IDS = st.sets(st.sampled_from([row[0] for row in ROWS] + ["X1", "ZZZ", "0"]))


def as_ids(chosen: set[str]) -> np.ndarray:  # type: ignore[type-arg]
    return np.sort(np.array([one.encode() for one in chosen], dtype="S40"))


@given(before=IDS, drawn=IDS)
@example(before={"0", ROWS[0][0]}, drawn={"0", ROWS[0][0], "ZZZ"})
def test_counting_by_sets_is_counting_one_by_one(before: set[str], drawn: set[str]) -> None:
    counts = stratum_counts(FROZEN, as_ids(drawn))
    expected = Counter((row[1], row[2]) for row in ROWS if row[0] in drawn)
    assert {(c.district, c.grade): c.drawn for c in counts if c.drawn} == expected
    again = stratum_repeats(FROZEN, as_ids(before), as_ids(drawn))
    held = [row[0] for row in ROWS if row[0] in before]
    assert sum(one.before for one in again) == len(held)
    assert sum(one.again for one in again) == len([one for one in held if one in drawn])


async def test_two_draws_are_compared_and_their_pairs_simulated(database: TestDatabase) -> None:
    await make_bureau()
    await hold_ceremony(await make_frozen_draw())
    await hold_ceremony(await make_frozen_draw())
    found = await fairness_reads.fairness(GUANGZHOU, runs=9)
    assert found.draws == ("2026-01", "2026-02")
    assert sum(one.actual for one in found.grades) == 16
    assert sum((one.expected for one in found.strata), Fraction(0)) == 16
    assert sum(one.actual for one in found.districts) == 16
    assert found.repeats is not None
    assert found.repeats.draws == 1
    assert [len(one.simulated) for one in found.pairs] == [9]
    assert await fairness_reads.fairness(GUANGZHOU, runs=9) == found


async def test_void_draws_and_those_of_another_bureau_do_not_count(
    database: TestDatabase,
) -> None:
    await make_bureau()
    await make_bureau(SHENZHEN)
    draw = await hold_ceremony(await make_frozen_draw(), "drawn")
    details = {"witness": WITNESS, "second": HEAD, "reason": "名单整体错误"}
    await do(signing_actions.void, draw=draw, ground="frame-wrong", **details)
    await hold_ceremony(await make_frozen_draw(SHENZHEN))
    found = await fairness_reads.fairness(GUANGZHOU, runs=1)
    assert (found.draws, found.strata, found.repeats, found.pairs) == ((), (), None, ())
