"""Supervised entities: entered, changed, completed, retired; what was before is never lost."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from registries import audit_log, entities
from registries import database as books
from registries.entity_reads import Filter, counts, entity, history, search
from registries.entity_reads import entities as listed
from registries.entity_tables import Details, Entity, Permit, Project
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.identifiers import is_credit_code
from tests.conftest import TestDatabase
from tests.makers import (
    AGENCY,
    FACTORY,
    GUANGZHOU,
    NOON,
    SHENZHEN,
    SHOP,
    do,
    make_bureau,
    make_entity,
)
from tests.registries.test_entity_staging import merged

TODAY = NOON.date()
REFUSED_BY_THE_DATABASE = (sqlite3.IntegrityError, sqlite3.OperationalError, asyncpg.PostgresError)


async def change(of: Entity, *, days: int = 1, **changes: Any) -> Entity:
    """Change fields of an entity, `days` after noon."""
    return await do(
        entities.change, now=NOON + timedelta(days=days), bureau=of.bureau, id_=of.id,
        changes=changes, version=of.version, reason="企业申报",
    )  # fmt: skip


async def set_aside(reason: str = "code-check", id_: str = "91440101MA0000000A") -> Entity:
    """Let a file bring an entity that is set aside."""
    district = "" if "district-unknown" in reason else "440106"
    await merged([(id_, reason, "待核工厂", "employer", district, None, None)])
    return await entity(GUANGZHOU, id_)


async def complete(of: Entity, *, code: str = "", **changes: Any) -> Entity:
    return await do(
        entities.complete, now=NOON + timedelta(days=1), bureau=GUANGZHOU, id_=of.id,
        changes=changes, version=of.version, reason="核对证照", code=code,
    )  # fmt: skip


async def last_entry() -> Any:
    return (await audit_log.entry(await audit_log.size() - 1)).entry()


@pytest.mark.postgres
async def test_an_entered_entity_is_read_back_with_every_field(database: TestDatabase) -> None:
    await make_bureau()
    details = Details(
        name="广州市政工程一标段", kind="project+employer", district="440106", registered_address="越秀区甲路1号",
        work_address="天河区乙路2号", enterprise_type="有限责任公司", industry="E4813", size="large",
        headcount=350, established=date(2020, 2, 29), registration="存续", legal_representative="张三",
        contact="李四", contact_phone="020-12345678", grade="B", tags="重点+在建",
        permits=(Permit("建筑业企业资质", "D144000001", "住建局", date(2021, 1, 1), date(2026, 1, 1)),),
        project=Project("建设单位甲", "总包乙", ("分包丙", "分包丁"), "工行 1234"),
    )  # fmt: skip
    entered = await do(
        entities.enter, bureau=GUANGZHOU, id_="XGD2026001", details=details, reason="开工备案"
    )
    assert entered.details == replace(details, kind="employer+project", tags="在建+重点")
    assert (entered.state, entered.version, entered.valid_from) == ("active", 1, TODAY)
    assert (entered.recorded_at, entered.recorded_by) == (NOON, "staff:测试经办人")
    assert await entity(GUANGZHOU, "XGD2026001") == entered
    entry = await last_entry()
    assert (entry.event, entry.subject) == ("entity:entered", "entity:XGD2026001")
    assert entry.new["headcount"] == 350
    assert "张三" not in str(entry)


async def test_every_fault_is_told_at_once_and_nothing_is_written(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(Invalid) as refusal:
        await make_entity(
            "91440101MA0000000A", name="", kind="shop", district="44", industry="Z1", size="huge",
            headcount=-1, grade="D", tags="a b", contact="x\u2028y", project=Project("甲"),
            permits=(Permit("许可", "1", "", date(2026, 1, 2), date(2026, 1, 1)),),
        )  # fmt: skip
    assert sorted(refusal.value.fields) == [
        "contact", "district", "grade", "headcount", "id", "industry", "kind", "name", "permits",
        "project", "size", "tags",
    ]  # fmt: skip
    assert (await listed(GUANGZHOU)).entities == ()


async def test_an_id_is_never_used_again(database: TestDatabase) -> None:
    await make_bureau()
    first = await make_entity()
    await do(entities.retire, bureau=GUANGZHOU, id_=FACTORY, version=first.version, reason="注销")
    with pytest.raises(Conflict, match="含已退出的"):
        await make_entity()


@pytest.mark.postgres
async def test_a_change_keeps_the_old_version_with_who_when_what_and_why(
    database: TestDatabase,
) -> None:
    await make_bureau()
    first = await make_entity(contact="王五")
    second = await change(first, name="广州市天河重型机械厂", contact="赵六")
    assert (second.version, second.reason) == (2, "企业申报")
    assert await history(GUANGZHOU, FACTORY) == [second, first]
    entry = await last_entry()
    assert entry.previous == {"name": "广州市天河机械厂"}
    assert entry.new == {"name": "广州市天河重型机械厂"}
    assert list(entry.personal) == ["contact"]


async def test_a_clerk_who_saw_an_older_version_is_told_so(database: TestDatabase) -> None:
    await make_bureau()
    first = await make_entity()
    await change(first, name="先改的名称")
    with pytest.raises(Conflict, match="先改的名称 已被他人改过（现为第 2 版）"):
        await change(first, name="后改的名称")


async def test_a_change_of_nothing_or_of_an_unknown_field_is_refused(
    database: TestDatabase,
) -> None:
    await make_bureau()
    first = await make_entity()
    with pytest.raises(Refused, match="没有需要变更的"):
        await change(first, name=" 广州市天河机械厂 ")
    with pytest.raises(Invalid) as refusal:
        await change(first, version=3)
    assert refusal.value.fields == {"version": ["没有这个字段。"]}
    with pytest.raises(Invalid) as refusal:
        await change(first, district="")
    assert "district" in refusal.value.fields


@pytest.mark.postgres
async def test_the_books_are_read_as_known_and_as_valid_on_a_day(database: TestDatabase) -> None:
    await make_bureau()
    first = await make_entity(name="旧名厂")
    # Recorded ten days later, holding from the third day on.
    second = await do(
        entities.change, now=NOON + timedelta(days=10), bureau=GUANGZHOU, id_=FACTORY,
        changes={"name": "新名厂"}, version=1, reason="更名", valid_from=TODAY + timedelta(days=3),
    )  # fmt: skip
    day = [TODAY + timedelta(days=count) for count in range(12)]
    assert await entity(GUANGZHOU, FACTORY, known=day[9]) == first
    assert await entity(GUANGZHOU, FACTORY, known=day[10]) == second
    assert await entity(GUANGZHOU, FACTORY, valid=day[2]) == first
    assert await entity(GUANGZHOU, FACTORY, valid=day[3]) == second
    assert await entity(GUANGZHOU, FACTORY, known=day[9], valid=day[5]) == first
    with pytest.raises(NotFound):
        await entity(GUANGZHOU, FACTORY, known=day[0] - timedelta(days=1))
    names = [
        [found.name for found in (await listed(GUANGZHOU, known=known)).entities]
        for known in (day[0] - timedelta(days=1), day[0], day[9], day[10])
    ]
    assert names == [[], ["旧名厂"], ["旧名厂"], ["新名厂"]]


async def test_a_day_ends_at_midnight_in_china(database: TestDatabase) -> None:
    await make_bureau()
    await make_entity(now=NOON.replace(hour=15, minute=59))
    await make_entity(SHOP, now=NOON.replace(hour=16, minute=0), name="零售店")
    found = (await listed(GUANGZHOU, known=TODAY)).entities
    assert [one.id for one in found] == [FACTORY]


@pytest.mark.parametrize(("days", "sentence"), [(2, "不能晚于今天"), (-1, "不能早于现有版本")])
async def test_a_version_holds_neither_from_tomorrow_nor_from_before_the_last(
    database: TestDatabase, days: int, sentence: str
) -> None:
    await make_bureau()
    first = await make_entity()
    with pytest.raises(Refused, match=sentence):
        await do(
            entities.change, now=NOON + timedelta(days=1), bureau=GUANGZHOU, id_=FACTORY,
            changes={"name": "新名"}, version=first.version, reason="r",
            valid_from=TODAY + timedelta(days=days),
        )  # fmt: skip


async def test_a_retired_entity_stays_with_its_history_and_can_be_restored(
    database: TestDatabase,
) -> None:
    await make_bureau()
    first = await make_entity()
    gone = await do(entities.retire, bureau=GUANGZHOU, id_=FACTORY, version=1, reason="注销")
    assert (gone.state, gone.details) == ("retired", first.details)
    with pytest.raises(Refused, match="已退出"):
        await change(gone, name="新名")
    with pytest.raises(Refused, match="已经退出"):
        await do(entities.retire, bureau=GUANGZHOU, id_=FACTORY, version=2, reason="注销")
    back = await do(entities.restore, bureau=GUANGZHOU, id_=FACTORY, version=2, reason="误退")
    assert (back.state, back.version) == ("active", 3)
    assert [one.state for one in await history(GUANGZHOU, FACTORY)] == [
        "active",
        "retired",
        "active",
    ]
    with pytest.raises(Refused, match="无需恢复"):
        await do(entities.restore, bureau=GUANGZHOU, id_=FACTORY, version=3, reason="误退")


@pytest.mark.postgres
async def test_a_wrong_code_is_replaced_by_the_right_one(database: TestDatabase) -> None:
    await make_bureau()
    wrong = await set_aside()
    with pytest.raises(Invalid) as refusal:
        await complete(wrong)
    assert list(refusal.value.fields) == ["code"]
    right = await complete(wrong, code=FACTORY)
    assert (right.id, right.name, right.state) == (FACTORY, "待核工厂", "active")
    left = await entity(GUANGZHOU, wrong.id)
    assert (left.state, left.replaced_by) == ("retired", FACTORY)
    assert (await last_entry()).new["code"] == FACTORY
    with pytest.raises(Refused, match="已更正为"):
        await do(entities.restore, bureau=GUANGZHOU, id_=wrong.id, version=2, reason="误")


async def test_a_wrong_code_whose_right_one_is_known_is_only_retired(
    database: TestDatabase,
) -> None:
    await make_bureau()
    known = await make_entity()
    assert await complete(await set_aside(), code=FACTORY) == known


async def test_a_code_that_stands_on_the_certificate_can_be_confirmed(
    database: TestDatabase,
) -> None:
    await make_bureau()
    doubtful = await set_aside()
    assert not is_credit_code(doubtful.id)
    confirmed = await complete(doubtful, code=doubtful.id)
    assert (confirmed.id, confirmed.state) == (doubtful.id, "active")


async def test_an_unknown_district_is_completed(database: TestDatabase) -> None:
    await make_bureau()
    unknown = await set_aside("district-unknown", FACTORY)
    with pytest.raises(Refused, match="待核"):
        await change(unknown, name="新名")
    with pytest.raises(Invalid) as refusal:
        await complete(unknown, name="新名")
    assert list(refusal.value.fields) == ["district"]
    assert (await complete(unknown, district="440105")).state == "active"
    with pytest.raises(Refused, match="不在待核"):
        await complete(await entity(GUANGZHOU, FACTORY), district="440105")


async def test_another_bureaus_entity_is_not_found(database: TestDatabase) -> None:
    await make_bureau(GUANGZHOU)
    await make_bureau(SHENZHEN)
    first = await make_entity()
    for action, details in (
        (entities.change, {"changes": {"name": "新名"}}),
        (entities.retire, {}),
        (entities.restore, {}),
        (entities.complete, {"changes": {}}),
    ):
        with pytest.raises(NotFound):
            await do(action, bureau=SHENZHEN, id_=FACTORY, version=1, reason="r", **details)
    for read in (entity, history):
        with pytest.raises(NotFound):
            await read(SHENZHEN, FACTORY)
    assert (await listed(SHENZHEN)).entities == ()
    assert (await search(SHENZHEN, "天河机械")).entities == ()
    assert await entity(GUANGZHOU, FACTORY) == first
    # The same code may be supervised by both, each with its own facts.
    assert (await make_entity(bureau=SHENZHEN, name="深圳分厂")).name == "深圳分厂"


async def test_the_list_is_filtered_and_paged_by_key(database: TestDatabase) -> None:
    await make_bureau()
    await make_entity(FACTORY, grade="A")
    await make_entity(SHOP, name="番禺零售店", district="440113", grade="B", tags="餐饮+重点")
    await make_entity(AGENCY, name="荔湾人才公司", district="440103", kind="employer+hr-agency")
    await set_aside("district-unknown", "XSITE1")

    async def ids(**wanted: str) -> list[str]:
        return [one.id for one in (await listed(GUANGZHOU, Filter(**wanted))).entities]

    assert await ids() == sorted([FACTORY, SHOP, AGENCY, "XSITE1"])
    assert await ids(district="440113") == [SHOP]
    assert await ids(grade="B") == [SHOP]
    assert await ids(grade="A") == [FACTORY]
    assert await ids(kind="hr-agency") == [AGENCY]
    assert await ids(kind="agency") == []
    assert await ids(tag="重点") == [SHOP]
    assert await ids(state="set-aside") == ["XSITE1"]
    assert await ids(state="active", kind="employer", district="440106") == [FACTORY]
    first = await listed(GUANGZHOU, limit=3)
    assert [one.id for one in first.entities] == sorted([FACTORY, SHOP, AGENCY])
    rest = await listed(GUANGZHOU, limit=3, after=first.after or "")
    assert ([one.id for one in rest.entities], rest.after) == (["XSITE1"], None)
    assert await counts(GUANGZHOU) == {("active", ""): 3, ("set-aside", "district-unknown"): 1}


@pytest.mark.postgres
async def test_names_are_searched_by_three_characters_or_by_fewer_in_a_district(
    database: TestDatabase,
) -> None:
    await make_bureau()
    first = await make_entity(FACTORY, name="广州 ABC 机械_100%厂")
    await make_entity(SHOP, name="番禺机械店", district="440113")
    await change(first, name="广州 ABC 机械_100%重型厂")

    async def found(text: str, **wanted: str) -> list[str]:
        return [one.id for one in (await search(GUANGZHOU, text, Filter(**wanted))).entities]

    assert await found("abc 机械") == [FACTORY]
    assert await found("_100%重") == [FACTORY]
    assert await found("%100_重") == []
    assert await found("100%厂") == []
    assert await found("番禺机械") == [SHOP]
    assert await found("没有的名称") == []
    assert await found("机械", district="440113") == [SHOP]
    with pytest.raises(Refused, match="至少三个"):
        await found("机械")
    with pytest.raises(Refused, match="至少三个"):
        await found("  ", district="440113")


async def test_a_search_is_paged_in_the_order_of_entry(database: TestDatabase) -> None:
    await make_bureau()
    await merged(
        (f"X{number:03d}", "", f"第{number}机械厂", "employer", "440106", None, None)
        for number in range(7)
    )
    seen, after = [], ""
    while True:
        page = await search(GUANGZHOU, "机械厂", after=after, limit=3)
        seen += [one.id for one in page.entities]
        if page.after is None:
            break
        after = page.after
    assert seen == [f"X{number:03d}" for number in range(7)]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entity",
        "UPDATE entity SET name = 'x'",
        "UPDATE entity SET name = 'x', version = version + 2",
        "UPDATE entity SET id = 'X9', version = version + 1",
        "UPDATE entity SET version = version + 1, recorded_at = '2020-01-01 00:00:00+00:00'",
        "UPDATE entity SET version = version + 1, district = ''",
        "UPDATE entity_version SET name = 'x'",
        "DELETE FROM entity_version",
        (
            "INSERT INTO entity (bureau, id, state, name, kind, version, valid_from, recorded_at,"
            " recorded_by, reason) VALUES ('440100', 'X1', 'active', 'n', 'employer', 1, '2026-01-01',"
            " '2026-01-01 00:00:00+00:00', 'x', 'y')"
        ),
    ],
)
async def test_the_database_refuses_what_would_lose_history_or_break_a_rule(
    database: TestDatabase, statement: str
) -> None:
    await make_bureau()
    await change(await make_entity(), name="新名")
    with pytest.raises(REFUSED_BY_THE_DATABASE):
        await books.execute(statement)
    assert [one.version for one in await history(GUANGZHOU, FACTORY)] == [2, 1]
