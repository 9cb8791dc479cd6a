"""The entities of a draw out of the books: whole scopes at once, in the order and form of the protocol."""

from datetime import date, timedelta

import pytest

from registries import database, entities, frames
from registries.frames import Scope
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do, make_entity
from tests.registries.reference_makers import two_bureaus

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
async def books(
    database: TestDatabase,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Give two bureaus with a few entities."""
    await two_bureaus(tmp_path_factory.mktemp("keys"), monkeypatch)
    await make_entity("X2", kind="employer+hr-agency", tags="100%+派遣")
    await make_entity("X10", district="440103", tags="1000")
    await make_entity("X1", name='甲"乙",丙', kind="hr-agency")
    await make_entity("X9", bureau=SHENZHEN, district="440304")


async def rows(scope: Scope, **details: dict[str, str]) -> list[str]:
    async with database.snapshot():
        found = await frames.entity_rows(
            GUANGZHOU, scope, details.get("reasons", {}), details.get("successors", {})
        )
    lines = found.data.decode().splitlines()[1:]
    assert len(lines) == found.count
    return [line.split(",")[0] for line in lines]


@pytest.mark.postgres
async def test_ids_come_in_bytewise_order_and_from_one_bureau_only() -> None:
    assert await rows(Scope()) == ["X1", "X10", "X2"]


@pytest.mark.parametrize(
    ("scope", "ids"),
    [
        (Scope(kinds=("hr-agency",)), ["X1", "X2"]),
        (Scope(kinds=("employer", "hr-agency")), ["X1", "X10", "X2"]),
        (Scope(tags=("派遣",)), ["X2"]),
        (Scope(tags=("100%",)), ["X2"]),
        (Scope(tags=("派",)), []),
        (Scope(districts=("440103",)), ["X10"]),
        (Scope(kinds=("hr-agency",), districts=("440106",)), ["X1", "X2"]),
    ],
)
async def test_a_scope_takes_whole_codes_and_tags(scope: Scope, ids: list[str]) -> None:
    assert await rows(scope) == ids


@pytest.mark.postgres
async def test_a_line_is_written_in_the_protocols_form() -> None:
    async with database.snapshot():
        found = await frames.entity_rows(GUANGZHOU, Scope(kinds=("hr-agency",)), {}, {})
    assert found.data.decode().split("\n")[1] == 'X1,440106,-,hr-agency,"甲""乙"",丙"'


async def test_whoever_has_a_reason_is_left_out_with_it_if_in_scope() -> None:
    async with database.snapshot():
        reasons = {"X1": "open-case", "X10": "drawn-this-year", "X7": "open-case"}
        found = await frames.entity_rows(GUANGZHOU, Scope(districts=("440106",)), reasons, {})
    assert (found.count, found.left_out, found.districts) == (
        1,
        (("X1", "open-case"),),
        ("440106",),
    )


async def test_a_scope_by_district_finds_entities_under_a_retired_code() -> None:
    successors = {"440106": "440112"}
    assert await rows(Scope(districts=("440112",)), successors=successors) == ["X1", "X2"]


async def test_the_supervised_of_a_year_are_all_but_those_retired_before_it() -> None:
    await do(entities.retire, bureau=GUANGZHOU, id_="X1", version=1, reason="注销")
    assert await frames.supervised(GUANGZHOU, TODAY) == 3
    assert await frames.supervised(GUANGZHOU, TODAY + timedelta(1)) == 2
    [gone] = await frames.not_in_force(GUANGZHOU, Scope(), TODAY, {})
    assert (gone.id, gone.state) == ("X1", "retired")
    assert await frames.not_in_force(GUANGZHOU, Scope(), TODAY + timedelta(1), {}) == []
