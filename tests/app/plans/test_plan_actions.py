"""The deeds of the plan: drafted by one person, approved by another, filed, published, amended by new versions."""

from datetime import UTC, datetime

import pytest

from app.plans import actions, tables
from app.plans.rules import PlanContent
from registries import audit_log
from registries.database import Actor
from registries.errors import Conflict, Invalid, NotFound, Refused
from tests.app.draws.city import HEAD, a_round, carry_through, make_city, plan_content, publish_plan
from tests.conftest import TestDatabase
from tests.log_keys import make_keys
from tests.makers import GUANGZHOU, SHENZHEN, do, make_bureau

YEAR = {"bureau": GUANGZHOU, "year": 2026}
FEBRUARY = datetime(2026, 2, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def books(
    database: TestDatabase,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Give a bureau with an item list."""
    make_keys(tmp_path_factory.mktemp("keys"), monkeypatch)
    await make_city(entities=0, inspectors=0)


async def draft(content: PlanContent | None = None) -> tables.Plan:
    return await do(actions.draft, **YEAR, content=content or plan_content(), now=FEBRUARY)


@pytest.mark.postgres
async def test_a_plan_goes_from_draft_to_publication_with_everybodys_name_and_day() -> None:
    await draft()
    await do(actions.submit, **YEAR)
    await do(actions.approve, **YEAR, actor=HEAD)
    await do(actions.file, **YEAR, filed_with="省人社厅", reference="粤人社备〔2026〕1号")
    plan = await do(actions.publish, **YEAR)
    assert (plan.state, plan.version, plan.drafted_by) == ("published", 1, "测试经办人")
    assert (plan.approved_by, plan.filed_with) == ("局领导", "省人社厅")
    assert plan.published_at is not None
    assert (await tables.binding_plan(GUANGZHOU, 2026)).content == plan_content()
    events = [entry.event for entry in await audit_log.entries(subject="plan:2026/1")]
    assert events == ["plan:publish", "plan:file", "plan:approve", "plan:submit", "plan:draft"]


async def test_the_author_cannot_approve_and_not_return() -> None:
    await draft()
    await do(actions.submit, **YEAR)
    with pytest.raises(Refused, match="起草人不能审批"):
        await do(actions.approve, **YEAR)
    with pytest.raises(Refused, match="起草人不能审批"):
        await do(actions.send_back, **YEAR, reason="改")


async def test_a_returned_plan_is_changed_and_submitted_again() -> None:
    await draft()
    await do(actions.submit, **YEAR)
    await do(actions.send_back, **YEAR, actor=HEAD, reason="家数太少")
    changed = plan_content([a_round(n, total=30) for n in (1, 2, 3)])
    plan = await do(actions.change, **YEAR, content=changed)
    assert (plan.content, plan.state) == (changed, "drafting")
    assert (await do(actions.submit, **YEAR)).state == "submitted"


async def test_a_submitted_plan_is_not_changed() -> None:
    await draft()
    await do(actions.submit, **YEAR)
    with pytest.raises(Refused, match="只有起草中的计划可以修改"):
        await do(actions.change, **YEAR, content=plan_content())


async def test_items_outside_the_list_are_refused_by_round() -> None:
    with pytest.raises(Invalid) as refusal:
        await draft(plan_content([a_round(1), a_round(2, items=("999",)), a_round(3)]))
    assert refusal.value.fields == {"rounds[2].items": ["第 1 版事项清单中没有：999。"]}


async def test_an_amendment_is_a_new_version_that_names_the_old_one() -> None:
    await publish_plan()
    amended = plan_content([a_round(n, total=10) for n in (1, 2, 3)])
    plan = await do(actions.amend, **YEAR, content=amended, reason="增加抽查家数")
    first = await tables.plan(GUANGZHOU, 2026, 1)
    assert (plan.version, plan.amends, plan.reason) == (2, first.id, "增加抽查家数")
    assert (await tables.binding_plan(GUANGZHOU, 2026)).version == 1
    await carry_through()
    assert (await tables.binding_plan(GUANGZHOU, 2026)).version == 2
    assert (await tables.plan(GUANGZHOU, 2026, 1)).content == plan_content()


async def test_a_year_has_one_open_version_at_a_time() -> None:
    await draft()
    with pytest.raises(Conflict, match="已有抽查计划"):
        await draft()
    await carry_through()
    await do(actions.amend, **YEAR, content=plan_content(), reason="一")
    with pytest.raises(Conflict, match="第 2 版还在“起草”"):
        await do(actions.amend, **YEAR, content=plan_content(), reason="二")


async def test_a_withdrawn_first_version_makes_room_for_another() -> None:
    await draft()
    await do(actions.withdraw, **YEAR, reason="重新起草")
    plan = await draft()
    assert (plan.version, plan.state) == (2, "drafting")


async def test_amending_wants_a_published_plan_and_a_reason() -> None:
    with pytest.raises(NotFound, match="尚未公布"):
        await do(actions.amend, **YEAR, content=plan_content(), reason="改")
    with pytest.raises(Invalid):
        await do(actions.amend, **YEAR, content=plan_content(), reason=" ")


async def test_filing_names_the_superior_body_and_its_reference() -> None:
    await draft()
    await do(actions.submit, **YEAR)
    await do(actions.approve, **YEAR, actor=Actor("staff", "副局长"))
    with pytest.raises(Invalid) as refusal:
        await do(actions.file, **YEAR, filed_with="", reference=" ")
    assert set(refusal.value.fields) == {"filed_with", "reference"}


async def test_another_bureaus_plan_is_not_found() -> None:
    await publish_plan()
    await make_bureau(SHENZHEN)
    with pytest.raises(NotFound):
        await tables.plan(SHENZHEN, 2026)
    assert await tables.plans(SHENZHEN) == []
