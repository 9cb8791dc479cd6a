"""The item list: 48 matters to begin with, in versions that nobody can change once they apply."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from registries import database
from registries.errors import Invalid, NotFound, Refused
from registries.item_lists import (
    changes_between,
    digest_of,
    item_list,
    item_lists,
    items_as_of,
    propose_edited_list,
    propose_list,
    propose_seeded_list,
    put_into_effect,
)
from registries.items import (
    CATEGORIES,
    METHODS,
    Item,
    as_json,
    faults_of_items,
    from_json,
    seeded_items,
)
from registries.kinds import KINDS
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do
from tests.registries.reference_makers import TODAY, make_item, two_bureaus

JANUARY = date(2026, 1, 1)
DECEMBER = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
WORDS = {"source": "测试公告", "reason": "年度调整"}


@pytest.fixture
async def books(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_bureaus(tmp_path, monkeypatch)


def test_the_seeded_list_has_48_items_that_can_be_taken_as_they_are() -> None:
    assert [item.key for item in seeded_items()] == [f"{n:02d}" for n in range(1, 49)]
    assert faults_of_items(seeded_items()) == {}
    assert {kind for item in seeded_items() for kind in item.kinds} == KINDS.keys()
    assert {method for item in seeded_items() for method in item.methods} == METHODS.keys()
    assert {item.category for item in seeded_items()} <= CATEGORIES.keys()


@pytest.mark.parametrize("item", seeded_items(), ids=lambda item: item.key)
def test_every_seeded_item_has_its_basis_and_two_to_six_check_points(item: Item) -> None:
    assert item.duty
    assert item.sanction
    assert 2 <= len(item.check_points) <= 6
    assert len(set(item.check_points)) == len(item.check_points)
    assert item.confidence in {"T", "2", "K"}
    # An item whose articles were read names them; the others name the rule only.
    assert item.confidence == "K" or re.search(r"第[0-9]+条", item.duty[0])


def test_an_item_survives_the_form_in_which_it_is_stored() -> None:
    assert [from_json(as_json(item)) for item in seeded_items()] == list(seeded_items())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": "一"}, "编号应为"),
        ({"name": ""}, "事项名称"),
        ({"kinds": ()}, "检查对象"),
        ({"kinds": ("factory",)}, "检查对象"),
        ({"kinds": ("project", "employer")}, "排序"),
        ({"methods": ("raid",)}, "检查方式"),
        ({"category": "secret"}, "事项类别"),
        ({"duty": ()}, "检查依据"),
        ({"check_points": ()}, "检查要点"),
        ({"ratio_percent": 101}, "抽查比例"),
        ({"times_per_year": 0}, "频次"),
    ],
)
def test_an_item_that_says_too_little_is_refused(changes: dict[str, Any], words: str) -> None:
    item = make_item(**changes)
    faults = faults_of_items([item])[item.key]
    assert any(words in fault for fault in faults)


def test_a_key_is_used_once_in_a_list() -> None:
    assert "重复" in faults_of_items([make_item(), make_item(name="另一事项")])["01"][0]
    assert faults_of_items([]) == {"items": ["清单里没有任何事项。"]}


async def test_a_list_applies_from_its_day_until_the_next_one_does(books: None) -> None:
    await do(propose_seeded_list, bureau=GUANGZHOU)
    with pytest.raises(NotFound, match="没有施行中"):
        await items_as_of(GUANGZHOU, TODAY)
    await do(put_into_effect, bureau=GUANGZHOU, version=1, effective=JANUARY)
    fewer = await do(propose_edited_list, bureau=GUANGZHOU, version=1, removed=["48"], **WORDS)
    await do(put_into_effect, bureau=GUANGZHOU, version=fewer.version, effective=date(2027, 1, 1))
    assert len((await items_as_of(GUANGZHOU, date(2026, 12, 31))).items) == 48
    assert len((await items_as_of(GUANGZHOU, date(2027, 1, 1))).items) == 47
    with pytest.raises(NotFound):
        await items_as_of(GUANGZHOU, date(2025, 12, 31))
    with pytest.raises(NotFound):
        await items_as_of(SHENZHEN, TODAY)


async def test_a_list_in_effect_cannot_be_changed_by_anyone(books: None) -> None:
    await do(propose_seeded_list, bureau=GUANGZHOU)
    await do(put_into_effect, bureau=GUANGZHOU, version=1, effective=TODAY)
    with pytest.raises(Refused, match="不能再改"):
        await do(put_into_effect, bureau=GUANGZHOU, version=1, effective=date(2027, 1, 1))
    for statement in (
        "UPDATE item SET content = '{}'",
        "UPDATE item_list SET effective = '2020-01-01'",
        "DELETE FROM item_list",
    ):
        with pytest.raises(Exception, match="are kept"):
            await database.fetch(statement.replace("{}", ""))
    assert (await item_list(GUANGZHOU, 1)).items == seeded_items()


async def test_only_the_first_list_of_a_bureau_may_begin_in_the_past(books: None) -> None:
    await do(propose_seeded_list, bureau=GUANGZHOU)
    await do(put_into_effect, bureau=GUANGZHOU, version=1, effective=JANUARY)
    await do(propose_edited_list, bureau=GUANGZHOU, version=1, removed=["01"], **WORDS)
    with pytest.raises(Refused, match="早于"):
        await do(put_into_effect, bureau=GUANGZHOU, version=2, effective=date(2026, 11, 20))
    listed = await do(
        put_into_effect, bureau=GUANGZHOU, version=2, effective=date(2026, 12, 1), now=DECEMBER
    )
    assert listed.effective == date(2026, 12, 1)


async def test_an_edit_is_a_new_version_and_the_old_one_stays(books: None) -> None:
    await do(propose_list, bureau=GUANGZHOU, name="清单", items=[make_item()], **WORDS)
    new = make_item(key="02", name="新增事项")
    edited = await do(
        propose_edited_list,
        bureau=GUANGZHOU,
        version=1,
        changed=[make_item(ratio_percent=10), new],
        **WORDS,
    )
    old = await item_list(GUANGZHOU, 1)
    assert (old.items, edited.version) == ((make_item(),), 2)
    assert [(c.key, c.change, c.fields) for c in changes_between(old.items, edited.items)] == [
        ("01", "changed", ("ratio_percent",)),
        ("02", "added", ()),
    ]
    assert [c.change for c in changes_between(edited.items, old.items)] == ["changed", "removed"]
    assert [known.version for known in await item_lists(GUANGZHOU)] == [1, 2]
    with pytest.raises(Refused, match="没有任何差别"):
        await do(propose_edited_list, bureau=GUANGZHOU, version=1, changed=[make_item()], **WORDS)


async def test_a_list_with_faults_is_not_stored_and_every_fault_is_told(books: None) -> None:
    bad = [make_item(name=""), make_item(key="02", kinds=())]
    with pytest.raises(Invalid) as refusal:
        await do(propose_list, bureau=GUANGZHOU, name="", items=bad, source="", reason="")
    assert set(refusal.value.fields) == {"01", "02", "name", "source", "reason"}
    assert await item_lists(GUANGZHOU) == []


def test_the_digest_of_a_list_changes_with_any_word_of_it() -> None:
    one = digest_of([make_item()])
    assert one == digest_of([make_item()])
    assert one != digest_of([replace(make_item(), check_points=("是否按月支付工资？",))])
