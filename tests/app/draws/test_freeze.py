"""Freezing: what the books say now becomes a draw that nothing can change any more (protocol §2, §3, §5, §7.6)."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.draws import freeze_actions, gauges_reads, preparation_actions
from app.draws.draw_reads import content_of, draws_of, files_of, steps_of
from app.draws.seal_actions import machine_read
from app.plans import actions as plan_actions
from registries import audit_log, database, inspector_absences, inspector_register, recusals
from registries.errors import Invalid, NotFound, Refused
from sampling.encoding import parse_csv, parse_jcs, sha256_hex
from sampling.frame import HEADERS, check_digests, people_root, read_frame
from sampling.plan_form import parse_plan
from sampling.quota import check_quota, check_shares
from tests.app.draws import city
from tests.app.draws.city import TODAY, entity_id, happened
from tests.app.draws.makers import hold_ceremony
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, SHENZHEN, do
from tests.registries.reference_makers import make_certificate, make_inspector


@pytest.fixture
async def made_city(database: TestDatabase) -> None:
    """Give a small city with a published plan."""
    await city.make_city()
    await city.publish_plan()


async def frozen_files(draw: Any) -> dict[str, bytes]:
    return await machine_read(draw, list(await files_of(draw)))


async def reasons(draw: Any) -> dict[str, str]:
    files = await frozen_files(draw)
    return dict(parse_csv(files["excluded.csv"], HEADERS["excluded.csv"]))  # type: ignore[arg-type]


@pytest.mark.postgres
async def test_a_frozen_draw_is_what_the_protocol_asks_for(database: TestDatabase) -> None:
    await city.make_city()
    await city.publish_plan()
    draw = await city.freeze()
    files = await frozen_files(draw)
    plan = parse_plan(files["plan.json"])
    frame = read_frame(files)
    check_digests(plan, files)
    check_quota(plan, frame)
    check_shares(plan, frame)
    assert plan.commitment == draw.commitment == sha256_hex(files["plan.json"])
    assert plan.people_root == people_root(files["people.csv"])
    assert (len(frame.entities), len(frame.inspectors), len(frame.left_out)) == (80, 24, 0)
    assert (draw.number, draw.state, plan.previous, plan.quota.population) == (
        "2026-01",
        "frozen",
        "",
        80,
    )
    assert frame.entities.row(0).name == "440100 第 0 号单位"


@pytest.mark.usefixtures("made_city")
async def test_freezing_is_one_step_and_one_entry_with_the_commitment() -> None:
    draw = await city.freeze()
    assert [step.step for step in await steps_of(draw)] == ["freeze"]
    [entry] = await audit_log.entries(event="draw:freeze")
    new = entry.entry().new
    assert new is not None
    assert (entry.subject, new["commitment"]) == ("draw:2026-01", draw.commitment)


@pytest.mark.usefixtures("made_city")
async def test_only_plan_terms_and_verifier_are_public_and_salt_and_people_are_sealed() -> None:
    access = {name: file.access for name, file in (await files_of(await city.freeze())).items()}
    assert {name for name, who in access.items() if who == "public"} == {
        "plan.json",
        "terms.json",
        "verify.py",
    }
    assert {name for name, who in access.items() if who == "sealed"} == {"salt.txt", "people.csv"}


@pytest.mark.usefixtures("made_city")
async def test_terms_say_what_binds_the_draw_beyond_arithmetic() -> None:
    files = await files_of(await city.freeze())
    terms: Any = parse_jcs(await content_of(files["terms.json"]))
    assert terms["issuing_authority"] == "广州市人力资源和社会保障局"
    assert terms["plan"] == {"year": 2026, "version": 1, "round": "第 1 次抽查"}
    assert terms["scope"]["aim"] == "undirected"
    assert terms["items"]["list"] == 1
    assert terms["items"]["items"][0]["code"] == "01"
    assert terms["methods"] == ["on-site"]
    assert terms["tasks"] == {"from": "2026-12-01", "to": "2026-12-31"}
    assert terms["verifier"] == files["verify.py"].digest
    assert [rule["code"] for rule in terms["exclusions"]][-2:] == ["cap-reached", "open-case"]
    assert terms["counts"]["eligible_inspectors"] == dict.fromkeys(city.DISTRICTS, 18)
    assert (terms["unseal_by"], terms["hall_mode"], terms["standby_witness"]) == (
        "2027-03-31",
        "counts",
        "候补见证人",
    )


@pytest.mark.usefixtures("made_city")
@pytest.mark.parametrize(
    ("kind", "on", "details", "reason"),
    [
        ("drawn", date(2026, 2, 1), {}, "drawn-this-year"),
        ("called-up", date(2026, 2, 1), {}, "drawn-this-year"),
        ("drawn", date(2025, 12, 31), {}, None),
        ("inspected", date(2026, 11, 1), {}, "inspected-recently"),
        ("inspected", date(2026, 2, 1), {}, "cap-reached"),
        ("inspected", date(2025, 12, 31), {}, None),
        ("inspected", date(2026, 11, 1), {"occasion": "case"}, None),
        ("case-opened", date(2024, 1, 1), {}, "open-case"),
    ],
)
async def test_an_entity_is_left_out_by_rule_from_its_record(
    kind: str, on: date, details: dict[str, Any], reason: str | None
) -> None:
    await happened(kind, [7], on, reference="甲-1", details=details)
    left_out = await reasons(await city.freeze())
    assert left_out == ({entity_id(7): reason} if reason else {})


@pytest.mark.usefixtures("made_city")
async def test_a_closed_case_keeps_nobody_out() -> None:
    await happened("case-opened", [7], date(2026, 3, 1), reference="案-1")
    await happened(
        "case-closed", [7], date(2026, 4, 1), reference="案-1", details={"outcome": "penalty"}
    )
    assert await reasons(await city.freeze()) == {}


@pytest.mark.usefixtures("made_city")
async def test_of_several_reasons_the_first_declared_counts() -> None:
    await happened("case-opened", [7], date(2026, 3, 1), reference="案-1")
    await happened("inspected", [7], date(2026, 11, 1))
    await happened("drawn", [7], date(2026, 10, 1))
    assert await reasons(await city.freeze()) == {entity_id(7): "drawn-this-year"}


@pytest.mark.usefixtures("made_city")
async def test_a_drawn_entity_that_could_not_be_reached_stays_due() -> None:
    await happened("drawn", [7], date(2026, 2, 1), reference="2026-00")
    await happened(
        "result", [7], date(2026, 3, 1), reference="2026-00", details={"result": "unreachable"}
    )
    assert await reasons(await city.freeze()) == {}


@pytest.mark.usefixtures("made_city")
async def test_whoever_is_set_aside_or_retired_this_year_is_left_out_with_the_reason() -> None:
    await city.add_entities(GUANGZHOU, city.DISTRICTS, range(80, 81), set_aside="code-check")
    await city.add_entities(
        GUANGZHOU, city.DISTRICTS, range(81, 82), set_aside="district-unknown", district=""
    )
    draw = await city.freeze()
    assert await reasons(draw) == {
        entity_id(80): "code-check",
        entity_id(81): "district-unknown",
    }


@pytest.mark.postgres
async def test_a_directed_round_keeps_to_its_kinds_tags_and_districts(
    database: TestDatabase,
) -> None:
    await city.make_city(entities=40)
    await city.add_entities(GUANGZHOU, city.DISTRICTS, range(40, 80), tags="派遣+重点")
    await city.add_entities(GUANGZHOU, city.DISTRICTS, range(80, 90), kind="hr-agency")
    directed = city.a_round(
        1, aim="directed", kinds=("employer",), tags=("派遣",), districts=("440103", "440106")
    )
    rounds = (directed, city.a_round(2), city.a_round(3))
    await city.publish_plan(content=city.plan_content(rounds))
    draw = await city.freeze()
    frame = read_frame(await frozen_files(draw))
    assert len(frame.entities) == 20
    assert {district for district, _ in frame.entities.strata} == {"440103", "440106"}
    plan = parse_plan((await frozen_files(draw))["plan.json"])
    assert (plan.quota.population, plan.quota.out_of_scope) == (90, 70)


@pytest.mark.postgres
async def test_retired_district_codes_are_mapped_to_their_successors(
    database: TestDatabase,
) -> None:
    await city.make_city(entities=0, districts=("440112", "440106"))
    await city.add_entities(GUANGZHOU, ("440116", "440106"), range(40))
    await city.publish_plan(content=city.plan_content(floor=8))
    frame = read_frame(await frozen_files(await city.freeze()))
    assert {district for district, _ in frame.entities.strata} == {"440106", "440112"}


@pytest.mark.usefixtures("made_city")
async def test_names_with_commas_and_quotes_are_frozen_in_the_protocols_form() -> None:
    name = '甲"乙",丙公司'
    await city.add_entities(GUANGZHOU, city.DISTRICTS, range(80, 81), name=name)
    frame = read_frame(await frozen_files(await city.freeze()))
    assert frame.entities.row(80).name == name


@pytest.mark.usefixtures("made_city")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "suspended"}, "suspended"),
        ({"state": "auxiliary", "may_lead": False}, "auxiliary"),
        ({"certificates": ()}, "no-certificate"),
        (
            {"certificates": (make_certificate(expires=date(2026, 12, 30)),)},
            "certificate-expired",
        ),
        ({"certificates": (make_certificate(area="440300"),)}, "certificate-elsewhere"),
    ],
)
async def test_an_inspector_who_may_not_go_is_left_out_with_the_reason(
    changes: dict[str, Any], reason: str
) -> None:
    one = make_inspector(inspector="Z1", name="不可派", **changes)
    await do(inspector_register.enter_inspector, bureau=GUANGZHOU, inspector=one)
    draw = await city.freeze()
    files = await frozen_files(draw)
    [[pseudonym, found]] = parse_csv(files["left_out.csv"], HEADERS["left_out.csv"])
    row = await database.fetch_one(
        "SELECT inspector FROM draw_person WHERE draw = {} AND pseudonym = {}", draw.id, pseudonym
    )
    assert (row, found) == ({"inspector": "Z1"}, reason)


@pytest.mark.usefixtures("made_city")
async def test_an_inspector_who_is_away_during_the_tasks_is_left_out() -> None:
    await do(
        inspector_absences.enter_absence,
        bureau=GUANGZHOU,
        inspector="I001",
        first=date(2026, 12, 31),
        last=date(2027, 1, 2),
        reason="探亲",
    )
    files = await frozen_files(await city.freeze())
    [row] = parse_csv(files["left_out.csv"], HEADERS["left_out.csv"])
    assert row[1] == "unavailable"


@pytest.mark.usefixtures("made_city")
async def test_recusals_in_force_are_frozen_under_the_pseudonym() -> None:
    await do(
        recusals.enter_recusal,
        bureau=GUANGZHOU,
        inspector="I001",
        entity=entity_id(3),
        reason_code="own-interest",
        declared_by="检查员001",
        first=TODAY,
    )
    draw = await city.freeze()
    files = await frozen_files(draw)
    [[pseudonym, entity, reason]] = parse_csv(files["recusals.csv"], HEADERS["recusals.csv"])
    people = {row[0]: row[2] for row in parse_csv(files["people.csv"], HEADERS["people.csv"])}
    assert (people[pseudonym], entity, reason) == ("检查员001", entity_id(3), "own-interest")


@pytest.mark.usefixtures("made_city")
async def test_names_and_certificates_stand_in_people_csv_alone() -> None:
    files = await frozen_files(await city.freeze())
    for name, content in files.items():
        assert ("检查员".encode() in content) == (name == "people.csv"), name
        assert (b"440100-001" in content) == (name == "people.csv"), name


@pytest.mark.usefixtures("made_city")
async def test_the_last_round_is_refused_when_it_would_leave_the_year_short() -> None:
    rounds = [city.a_round(1), city.a_round(2), city.a_round(3, total=3)]
    await do(
        plan_actions.amend, bureau=GUANGZHOU, year=2026, reason="减少",
        content=city.plan_content(rounds, floor=20, ratio_permille=300),
    )  # fmt: skip
    await city.carry_through()
    await happened("drawn", range(16), date(2026, 6, 1), reference="导入")
    with pytest.raises(Refused, match="仍差 1 户"):
        await city.freeze(3)
    assert await draws_of(GUANGZHOU) == []


@pytest.mark.usefixtures("made_city")
async def test_seats_that_cannot_be_staffed_are_refused_with_the_blocking_set() -> None:
    for number in range(3, 24):
        one = await inspector_register.inspector(GUANGZHOU, f"I{number:03d}")
        changed = make_inspector(**{**vars(one.inspector), "state": "suspended"})
        await do(
            inspector_register.change_inspector,
            bureau=GUANGZHOU,
            inspector=changed,
            version=one.version,
            reason="停岗",
        )
    with pytest.raises(Refused, match=r"能派的检查人员合计只有 \d 人.*（4401\d\d）"):
        await city.freeze()


async def test_a_round_whose_full_strata_exceed_its_total_is_refused(
    database: TestDatabase,
) -> None:
    await city.make_city()
    rounds = [city.a_round(n, rates={"A": "all", "*": 1}) for n in (1, 2, 3)]
    await city.publish_plan(content=city.plan_content(rounds))
    with pytest.raises(Refused, match="全部抽取的对象已超过抽取总数"):
        await city.freeze()


@pytest.mark.usefixtures("made_city")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tasks_start": TODAY - timedelta(1)}, "tasks_start"),
        ({"tasks_end": date(2026, 11, 30)}, "tasks_end"),
        ({"unseal_by": date(2026, 12, 30)}, "unseal_by"),
        ({"unseal_by": date(2027, 11, 22)}, "unseal_by"),
        ({"dice": 5}, "dice"),
        ({"guests": 61}, "guests"),
        ({"title": ""}, "title"),
        ({"standby_witness": ""}, "standby_witness"),
    ],
)
async def test_a_fault_of_the_settings_is_named_under_its_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await city.prepare(**changes)
    assert list(refusal.value.fields) == [field]


@pytest.mark.usefixtures("made_city")
async def test_one_draw_at_a_time_is_under_way() -> None:
    await city.freeze(1)
    with pytest.raises(Refused, match="抽查 2026-01 现在是“已冻结（承诺已公布）”"):
        await city.freeze(2)


@pytest.mark.usefixtures("made_city")
async def test_numbers_follow_each_other_and_each_draw_names_the_one_before() -> None:
    first = await hold_ceremony(await city.freeze(1))
    abandoned = await city.prepare(2)
    await do(preparation_actions.abandon, bureau=GUANGZHOU, preparation=abandoned, reason="改期")
    second = await city.freeze(2)
    assert (second.number, second.previous) == ("2026-02", first.commitment)
    with pytest.raises(Refused, match="第 1 次抽查已由 2026-01 完成"):
        await city.prepare(1)


@pytest.mark.usefixtures("made_city")
async def test_a_frozen_draw_is_neither_changed_nor_abandoned() -> None:
    made = await city.prepare()
    await do(freeze_actions.freeze, bureau=GUANGZHOU, preparation=made)
    for deed, details in (
        (preparation_actions.change, {"settings": city.settings(dice=12)}),
        (preparation_actions.abandon, {"reason": "不想抽了"}),
        (freeze_actions.freeze, {}),
    ):
        with pytest.raises(Refused, match="已冻结为 2026-01，不能再改"):
            await do(deed, bureau=GUANGZHOU, preparation=made, **details)


@pytest.mark.usefixtures("made_city")
async def test_a_preparation_made_under_an_older_plan_is_made_anew() -> None:
    made = await city.prepare()
    await do(
        plan_actions.amend,
        bureau=GUANGZHOU,
        year=2026,
        reason="增加家数",
        content=city.plan_content([city.a_round(n, total=9) for n in (1, 2, 3)]),
    )
    await city.carry_through()
    with pytest.raises(Refused, match="计划已修订为第 2 版"):
        await do(freeze_actions.freeze, bureau=GUANGZHOU, preparation=made)


async def test_nothing_is_prepared_before_the_plan_is_public(database: TestDatabase) -> None:
    await city.make_city(entities=4, inspectors=1)
    await do(plan_actions.draft, bureau=GUANGZHOU, year=2026, content=city.plan_content())
    with pytest.raises(NotFound, match="尚未公布"):
        await city.prepare()


@pytest.mark.postgres
async def test_two_bureaus_draw_from_their_own_books_under_their_own_numbers(
    database: TestDatabase,
) -> None:
    await city.make_city(GUANGZHOU)
    await city.make_city(SHENZHEN, districts=("440303", "440304"), entities=40)
    for bureau in (GUANGZHOU, SHENZHEN):
        await city.publish_plan(bureau)
    first, second = await city.freeze(bureau=GUANGZHOU), await city.freeze(bureau=SHENZHEN)
    assert first.number == second.number == "2026-01"
    assert second.previous == ""
    frame = read_frame(await frozen_files(second))
    assert len(frame.entities) == 40
    with pytest.raises(NotFound):
        await do(freeze_actions.freeze, bureau=SHENZHEN, preparation=1)


@pytest.mark.usefixtures("made_city")
async def test_a_preview_shows_counts_chances_and_staffing_and_never_a_name() -> None:
    await happened("case-opened", [7], date(2026, 3, 1), reference="案-1")
    made = await city.prepare()
    async with database.snapshot():
        shown = await freeze_actions.preview(GUANGZHOU, made, NOON)
    assert (shown.population, shown.frame, shown.excluded) == (80, 79, {"open-case": 1})
    assert (shown.required, shown.drawn_before, shown.total) == (7, 0, 8)
    assert (shown.number, shown.eligible, shown.refusals) == ("2026-01", 24, ())
    assert [one.eligible for one in shown.staffing] == [18, 18, 18, 18]
    assert all(one.chance != "0/1" for one in shown.strata)
    assert "检查员" not in str(shown)
    assert "号单位" not in str(shown)
    assert await draws_of(GUANGZHOU) == []


@pytest.mark.usefixtures("made_city")
async def test_a_preview_names_every_reason_against_a_freeze_at_once() -> None:
    await city.freeze(1)
    made = await city.prepare(3)
    async with database.snapshot():
        shown = await freeze_actions.preview(GUANGZHOU, made, NOON + timedelta(days=30))
    assert len(shown.refusals) >= 2
    assert any("须先签字或作废" in sentence for sentence in shown.refusals)
    assert any("任务开始日期不能早于今天" in sentence for sentence in shown.refusals)


@pytest.mark.usefixtures("made_city")
async def test_a_scope_with_nobody_left_is_refused_in_plain_words() -> None:
    await happened("drawn", range(80), date(2026, 6, 1))
    with pytest.raises(Refused, match="没有可抽的对象"):
        await city.freeze()


@pytest.mark.usefixtures("made_city")
async def test_the_gauges_count_signed_draws_and_imported_facts() -> None:
    await happened("drawn", [1, 2, 3], date(2026, 2, 1), reference="系统启用前")
    found = await gauges_reads.gauges(GUANGZHOU, 2026, NOON)
    assert (found.population, found.drawn, found.rounds_done) == (80, 3, 0)
    await hold_ceremony(await city.freeze(1))
    found = await gauges_reads.gauges(GUANGZHOU, 2026, NOON)
    assert found.rounds_done == 1
