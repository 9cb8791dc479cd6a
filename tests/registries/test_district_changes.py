"""What a bureau adds to the districts: towns, new names and mergers, each from a day on."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registries import database
from registries.district_changes import (
    add_district,
    changes_of,
    districts_of,
    lookup_of,
    merge_district,
    rename_district,
)
from registries.errors import Conflict, Invalid, NotFound, Refused
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do, make_bureau
from tests.registries.reference_makers import TODAY, two_bureaus

JULY = date(2026, 7, 1)
WORDS = {"source": "测试批复〔2026〕1号", "reason": "区划调整"}


@pytest.fixture
async def books(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_bureaus(tmp_path, monkeypatch)


async def add(**changes: Any) -> None:
    details: dict[str, Any] = {
        "bureau": GUANGZHOU,
        "code": "440119",
        "name": "知识城区",
        "parent": GUANGZHOU,
        "valid_from": JULY,
    }
    await do(add_district, **details | WORDS | changes)


async def test_a_new_district_is_known_from_its_day_and_only_to_its_bureau(books: None) -> None:
    await add()
    districts = await districts_of(GUANGZHOU)
    assert districts.get("440119", date(2026, 6, 30)) is None
    assert (await lookup_of(GUANGZHOU, TODAY)).find("知识城区", GUANGZHOU) == districts.get(
        "440119", TODAY
    )
    assert "440119" not in await districts_of(SHENZHEN)


async def test_a_town_of_a_city_without_districts_has_nine_digits(books: None) -> None:
    await make_bureau("441900")
    await add(bureau="441900", code="441900130", name="新设镇", parent="441900")
    with pytest.raises(Invalid) as refusal:
        await add(bureau="441900", code="441931", name="另一镇", parent="441900")
    assert "一样长" in refusal.value.fields["code"][0]


async def test_a_merger_leads_to_the_district_that_took_over(books: None) -> None:
    await add()
    details: dict[str, Any] = {"bureau": GUANGZHOU, "code": "440119", "into": "440112"}
    stands = await do(merge_district, **details, valid_from=date(2026, 10, 1), **WORDS)
    assert stands == "440112"
    districts = await districts_of(GUANGZHOU)
    assert districts.successor("440119", date(2026, 9, 30)) == "440119"
    assert districts.successor("440119", TODAY) == "440112"
    assert [change.kind for change in await changes_of(GUANGZHOU)] == ["add", "merge"]
    with pytest.raises(Refused, match="已有变更或已撤销"):
        await do(merge_district, **details, valid_from=date(2026, 11, 1), **WORDS)


async def test_a_new_name_begins_on_its_day_and_the_old_one_still_leads_there(books: None) -> None:
    details: dict[str, Any] = {"bureau": GUANGZHOU, "code": "440106", "valid_from": JULY} | WORDS
    await do(rename_district, name="新天河区", **details)
    districts = await districts_of(GUANGZHOU)
    old, new = districts.get("440106", date(2026, 6, 30)), districts.get("440106", JULY)
    assert old is not None
    assert new is not None
    assert (old.name, new.name) == ("天河区", "新天河区")
    lookup = await lookup_of(GUANGZHOU, TODAY)
    assert lookup.find("天河区", GUANGZHOU) == lookup.find("新天河", GUANGZHOU) == new


async def test_a_used_code_or_name_cannot_be_added(books: None) -> None:
    with pytest.raises(Conflict, match="不能重复使用"):
        await add(code="440116")
    with pytest.raises(Conflict, match="天河区"):
        await add(name="天河区")


async def test_every_fault_of_a_change_is_told_at_once(books: None) -> None:
    with pytest.raises(Invalid) as refusal:
        await add(name="", source="", reason="", code="12", parent="999900")
    assert set(refusal.value.fields) == {"name", "source", "reason", "code", "parent"}
    with pytest.raises(Invalid) as refusal:
        await do(
            merge_district,
            bureau=GUANGZHOU,
            code="440106",
            into="440106",
            valid_from=JULY,
            **WORDS,
        )
    assert set(refusal.value.fields) == {"into"}
    with pytest.raises(NotFound, match="440199"):
        await do(
            rename_district,
            bureau=GUANGZHOU,
            code="440199",
            name="某区",
            valid_from=JULY,
            **WORDS,
        )


async def test_changes_are_kept(books: None) -> None:
    await add()
    with pytest.raises(Exception, match="rows of district_change are kept"):
        await database.execute("UPDATE district_change SET name = '改名'")


async def test_only_the_demos_bureau_knows_the_fictional_city(books: None) -> None:
    await make_bureau("449900", fictional=True)
    assert len((await districts_of("449900")).under("449900", TODAY)) == 11
    assert "449900" not in await districts_of(GUANGZHOU)
