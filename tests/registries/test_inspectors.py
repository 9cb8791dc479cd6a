"""Inspectors: who may be sent, what an entry must say, and what the books said on any past day."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from registries import audit_log, database
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.inspector_absences import absences, enter_absence, withdraw_absence
from registries.inspector_register import (
    change_inspector,
    enter_inspector,
    history,
    inspector,
    inspector_as_of,
    inspectors,
    inspectors_as_of,
    pool,
)
from registries.inspectors import (
    LEFT_OUT,
    STATES,
    Absence,
    as_json,
    faults_of_inspector,
    from_json,
    why_left_out,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do
from tests.registries.reference_makers import (
    TODAY,
    make_certificate,
    make_inspector,
    two_bureaus,
)

MARCH = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NOVEMBER = date(2026, 11, 23), date(2026, 11, 27)


@pytest.fixture
async def books(database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_bureaus(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"state": "suspended"}, "suspended"),
        ({"state": "retired"}, "retired"),
        ({"state": "auxiliary"}, "auxiliary"),
        ({"certificates": ()}, "no-certificate"),
        ({"certificates": (make_certificate(expires=date(2026, 11, 25)),)}, "certificate-expired"),
        ({"certificates": (make_certificate(issued=date(2026, 11, 24)),)}, "certificate-expired"),
        ({"certificates": (make_certificate(area="440300"),)}, "certificate-elsewhere"),
        ({"certificates": (make_certificate(area="440106"),)}, None),
        ({"certificates": (make_certificate(area="440000"),)}, None),
        ({"certificates": (make_certificate(area=""),)}, None),
        (
            {
                "certificates": (
                    make_certificate(expires=date(2026, 1, 1)),
                    make_certificate(number="粤A-0002"),
                )
            },
            None,
        ),
    ],
)
def test_only_people_on_duty_with_a_certificate_valid_throughout_may_be_sent(
    changes: dict[str, Any], why: str | None
) -> None:
    assert why_left_out(make_inspector(**changes), [], *NOVEMBER, GUANGZHOU) == why
    assert why is None or why in LEFT_OUT


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [(22, 22, None), (22, 23, "unavailable"), (27, 30, "unavailable"), (28, 30, None)],
)
def test_one_day_of_absence_within_the_visits_leaves_an_inspector_out(
    first: int, last: int, why: str | None
) -> None:
    away = [Absence(1, "TH-001", date(2026, 11, first), date(2026, 11, last), "培训")]
    assert why_left_out(make_inspector(), away, *NOVEMBER, GUANGZHOU) == why
    other = make_inspector(inspector="TH-002")
    assert why_left_out(other, away, *NOVEMBER, GUANGZHOU) is None


def test_every_state_but_on_duty_is_a_reason_to_be_left_out() -> None:
    assert STATES.keys() - LEFT_OUT.keys() == {"on-duty"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"inspector": "甲一"}, "inspector"),
        ({"inspector": "440103199001010014"}, "inspector"),
        ({"name": " "}, "name"),
        ({"unit": ""}, "unit"),
        ({"level": "town"}, "level"),
        ({"state": "away"}, "state"),
        ({"state": "auxiliary"}, "may_lead"),
        ({"homes": ("440116",)}, "homes"),
        ({"homes": ("440111", "440106")}, "homes"),
        ({"homes": ()}, "homes"),
        ({"certificates": (make_certificate(), make_certificate())}, "certificates"),
        ({"certificates": (make_certificate(area="广州"),)}, "certificates"),
        ({"certificates": (make_certificate(expires=date(2020, 1, 1)),)}, "certificates"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    assert list(faults_of_inspector(make_inspector(**changes), {"440106", "440111"})) == [field]


def test_an_inspector_of_the_city_may_have_no_home_to_avoid() -> None:
    assert faults_of_inspector(make_inspector(level="city", homes=()), set()) == {}


def test_an_entry_survives_the_form_in_which_it_is_stored() -> None:
    assert from_json(as_json(make_inspector())) == make_inspector()


async def test_the_books_say_what_was_so_on_any_past_day(books: None) -> None:
    first = make_inspector()
    await do(
        enter_inspector, bureau=GUANGZHOU, inspector=first, valid_from=date(2026, 1, 5), now=MARCH
    )
    moved = replace(first, homes=("440106", "440111"))
    await do(change_inspector, bureau=GUANGZHOU, inspector=moved, version=1, reason="迁居")
    assert (await inspector_as_of(GUANGZHOU, "TH-001", date(2026, 11, 20))).inspector == first
    assert (await inspector_as_of(GUANGZHOU, "TH-001", TODAY)).inspector == moved
    with pytest.raises(NotFound, match="还没有登记"):
        await inspector_as_of(GUANGZHOU, "TH-001", date(2026, 1, 4))
    assert await inspectors_as_of(GUANGZHOU, date(2026, 2, 1)) == (first,)
    assert [(v.version, v.reason) for v in await history(GUANGZHOU, "TH-001")] == [
        (1, "登记"),
        (2, "迁居"),
    ]


async def test_a_correction_for_an_earlier_day_holds_from_that_day(books: None) -> None:
    await do(
        enter_inspector, bureau=GUANGZHOU, inspector=make_inspector(), valid_from=date(2026, 1, 5)
    )
    right = make_inspector(department="二中队")
    await do(
        change_inspector,
        bureau=GUANGZHOU,
        inspector=right,
        version=1,
        reason="更正",
        valid_from=date(2026, 2, 1),
    )
    assert (await inspector_as_of(GUANGZHOU, "TH-001", date(2026, 2, 1))).inspector == right
    january = await inspector_as_of(GUANGZHOU, "TH-001", date(2026, 1, 31))
    assert january.inspector.department == "一中队"


async def test_a_change_of_an_old_version_is_told_instead_of_undoing_another(books: None) -> None:
    await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())
    away = make_inspector(state="suspended")
    await do(change_inspector, bureau=GUANGZHOU, inspector=away, version=1, reason="停岗")
    with pytest.raises(Conflict, match="刚刚被别人改过"):
        await do(
            change_inspector,
            bureau=GUANGZHOU,
            inspector=make_inspector(may_lead=False),
            version=1,
            reason="调整",
        )
    with pytest.raises(Refused, match="没有任何变化"):
        await do(change_inspector, bureau=GUANGZHOU, inspector=away, version=2, reason="停岗")
    assert (await inspector(GUANGZHOU, "TH-001")).inspector == away


async def test_every_fault_is_told_and_nothing_is_written(books: None) -> None:
    with pytest.raises(Invalid) as refusal:
        await do(
            enter_inspector,
            bureau=GUANGZHOU,
            inspector=make_inspector(name="", homes=("440199",)),
            valid_from=date(2026, 12, 1),
            reason="",
        )
    assert list(refusal.value.fields) == ["name", "homes", "valid_from", "reason"]
    assert (await inspectors(GUANGZHOU)).inspectors == ()


async def test_bureaus_do_not_see_each_others_inspectors(books: None) -> None:
    await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())
    own = make_inspector(homes=("440305",), certificates=(make_certificate(area=SHENZHEN),))
    await do(enter_inspector, bureau=SHENZHEN, inspector=own)
    assert (await inspectors(SHENZHEN)).inspectors == (own,)
    assert (await pool(SHENZHEN, *NOVEMBER)).may_go == (own,)
    with pytest.raises(Conflict, match="已经登记"):
        await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())


async def test_the_list_goes_on_behind_the_last_number_of_a_page(books: None) -> None:
    for number in range(5):
        await do(
            enter_inspector,
            bureau=GUANGZHOU,
            inspector=make_inspector(
                inspector=f"TH-{number:03d}",
                state="retired" if number == 2 else "on-duty",
                may_lead=False,
            ),
        )
    page = await inspectors(GUANGZHOU, length=2)
    assert [one.inspector for one in page.inspectors] == ["TH-000", "TH-001"]
    rest = await inspectors(GUANGZHOU, after=page.after or "", length=3)
    assert [one.inspector for one in rest.inspectors] == ["TH-002", "TH-003", "TH-004"]
    assert rest.after is None
    retired = await inspectors(GUANGZHOU, state="retired")
    assert [one.inspector for one in retired.inspectors] == ["TH-002"]


async def test_the_pool_names_who_stays_and_why_until_an_absence_is_taken_back(books: None) -> None:
    await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())
    helper = make_inspector(inspector="TH-900", state="auxiliary", may_lead=False, certificates=())
    await do(enter_inspector, bureau=GUANGZHOU, inspector=helper)
    away = await do(
        enter_absence,
        bureau=GUANGZHOU,
        inspector="TH-001",
        first=NOVEMBER[0],
        last=NOVEMBER[0],
        reason="培训",
    )
    found = await pool(GUANGZHOU, *NOVEMBER)
    assert found.may_go == ()
    assert [(one.inspector, why) for one, why in found.left_out] == [
        ("TH-001", "unavailable"),
        ("TH-900", "auxiliary"),
    ]
    await do(withdraw_absence, bureau=GUANGZHOU, number=away.number, reason="培训取消")
    assert await absences(GUANGZHOU) == []
    found = await pool(GUANGZHOU, *NOVEMBER)
    assert [one.inspector for one in found.may_go] == ["TH-001"]
    with pytest.raises(Refused, match="已经撤销"):
        await do(withdraw_absence, bureau=GUANGZHOU, number=away.number, reason="再撤")


async def test_an_absence_of_nobody_or_without_reason_is_refused(books: None) -> None:
    with pytest.raises(Invalid) as refusal:
        await do(
            enter_absence,
            bureau=GUANGZHOU,
            inspector="TH-001",
            first=NOVEMBER[1],
            last=NOVEMBER[0],
            reason=" ",
        )
    assert list(refusal.value.fields) == ["last", "reason"]
    with pytest.raises(NotFound, match="TH-001"):
        await do(
            enter_absence,
            bureau=GUANGZHOU,
            inspector="TH-001",
            first=NOVEMBER[0],
            last=NOVEMBER[1],
            reason="培训",
        )


async def test_the_log_keeps_names_homes_and_certificates_as_digests_only(books: None) -> None:
    await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())
    row = await database.fetch_one("SELECT canonical FROM audit_entry ORDER BY number DESC LIMIT 1")
    assert row is not None
    assert "inspector:enter" in row["canonical"]
    for secret in ("测试甲", "粤A-0001", "440106"):
        assert secret not in row["canonical"]
    assert await audit_log.size() > 0


@pytest.mark.parametrize("table", ["inspector_version", "inspector", "inspector_absence"])
async def test_no_row_of_the_register_can_be_deleted(books: None, table: str) -> None:
    await do(enter_inspector, bureau=GUANGZHOU, inspector=make_inspector())
    await do(
        enter_absence,
        bureau=GUANGZHOU,
        inspector="TH-001",
        first=TODAY,
        last=TODAY,
        reason="培训",
    )
    with pytest.raises(Exception, match=f"rows of {table} are kept"):
        await database.execute(f"DELETE FROM {table}")
