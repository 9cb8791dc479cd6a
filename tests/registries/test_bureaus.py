"""The bureaus whose books an installation keeps."""

import pytest

from registries import bureaus
from registries.errors import Conflict, Invalid, NotFound
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do, make_bureau


async def test_two_bureaus_stand_side_by_side_in_order_of_code(database: TestDatabase) -> None:
    await make_bureau(SHENZHEN)
    await make_bureau(GUANGZHOU)
    assert [bureau.code for bureau in await bureaus.bureaus()] == [GUANGZHOU, SHENZHEN]
    assert (await bureaus.bureau(SHENZHEN)).name == "深圳市人力资源和社会保障局"


async def test_a_county_bureau_lies_in_its_city_and_names_its_superior(
    database: TestDatabase,
) -> None:
    await make_bureau(GUANGZHOU)
    county = await make_bureau("440106", level="county", superior=GUANGZHOU)
    assert (county.city, county.superior) == (GUANGZHOU, GUANGZHOU)


async def test_a_code_is_given_once(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(Conflict, match="已经建立"):
        await make_bureau()


async def test_an_unknown_bureau_or_superior_is_not_found(database: TestDatabase) -> None:
    with pytest.raises(NotFound):
        await bureaus.bureau(GUANGZHOU)
    with pytest.raises(NotFound):
        await make_bureau(SHENZHEN, superior=GUANGZHOU)
    assert await bureaus.bureaus() == []


async def test_every_fault_of_a_bureau_is_told_at_once(database: TestDatabase) -> None:
    with pytest.raises(Invalid) as refusal:
        await do(bureaus.enter_bureau, code="4401", name=" ", level="town")
    assert list(refusal.value.fields) == ["code", "name", "level"]


async def test_a_fictional_city_is_only_for_the_demo(database: TestDatabase) -> None:
    with pytest.raises(Invalid) as refusal:
        await make_bureau("449900")
    assert "演示" in refusal.value.fields["code"][0]
    assert (await make_bureau("449900", fictional=True)).code == "449900"


@pytest.mark.parametrize("code", ["999999", "110100", "440102"], ids=["nobody", "Beijing", "ended"])
async def test_a_bureau_has_the_code_of_a_unit_of_guangdong_in_force(
    sqlite_database: TestDatabase, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await make_bureau(code)
    assert "广东省现行" in refusal.value.fields["code"][0]
