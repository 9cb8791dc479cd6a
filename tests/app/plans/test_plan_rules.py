"""The year's plan: what it may say, who may approve it, and the gauges of the year."""

from datetime import date
from typing import Any

import msgspec
import pytest

from app.plans import rules
from app.plans.rules import (
    STATES,
    STEPS,
    PlanContent,
    Policy,
    Round,
    after,
    check_approver,
    faults,
    gauges,
    lateness,
)
from registries.errors import Refused

NOVEMBER = date(2026, 11, 21)


def a_round(number: int = 1, **changes: Any) -> Round:
    fields: dict[str, Any] = {
        "name": f"第 {number} 次抽查",
        "items": ("1",),
        "total": 27,
        "starts": date(2026, 3 * number, 1),
        "ends": date(2026, 3 * number + 1, 30),
    }
    return Round(**fields | changes)


def a_plan(*rounds: Round, **changes: Any) -> PlanContent:
    fields: dict[str, Any] = {
        "issuing_authority": "广州市人力资源和社会保障局",
        "item_list": 1,
        "policy": Policy(),
        "rounds": rounds or (a_round(1), a_round(2), a_round(3)),
    }
    return PlanContent(**fields | changes)


def test_the_default_policy_is_eight_percent_or_eighty() -> None:
    assert (Policy().ratio_permille, Policy().floor, Policy().mode) == (80, 80, "either")


def test_a_sensible_plan_has_no_fault() -> None:
    assert faults(a_plan(), 2026, amends=False) == {}


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (a_plan(a_round(1), a_round(2)), "rounds"),
        (a_plan(item_list=0), "item_list"),
        (a_plan(issuing_authority=""), "issuing_authority"),
        (a_plan(policy=Policy(ratio_permille=1001)), "policy.ratio_permille"),
        (a_plan(policy=Policy(frequency_cap=-1)), "policy.frequency_cap"),
        (a_plan(a_round(1), a_round(2), a_round(3, team_size=1)), "rounds[3].team_size"),
        (a_plan(a_round(1), a_round(2), a_round(3, total=0)), "rounds[3].total"),
        (a_plan(a_round(1), a_round(2), a_round(3, items=())), "rounds[3].items"),
        (a_plan(a_round(1), a_round(2), a_round(3, name="")), "rounds[3].name"),
        (a_plan(a_round(1), a_round(3), a_round(2)), "rounds[3].starts"),
        (a_plan(a_round(1, ends=date(2026, 2, 1)), a_round(2), a_round(3)), "rounds[1].starts"),
        (
            a_plan(a_round(1, starts=date(2025, 3, 1)), a_round(2), a_round(3)),
            "rounds[1].starts",
        ),
        (a_plan(a_round(1, aim="directed"), a_round(2), a_round(3)), "rounds[1].aim"),
        (a_plan(a_round(1, tags=("派遣",)), a_round(2), a_round(3)), "rounds[1].tags"),
        (a_plan(a_round(1, kinds=("factory",)), a_round(2), a_round(3)), "rounds[1].kinds"),
        (a_plan(a_round(1, methods=("by-phone",)), a_round(2), a_round(3)), "rounds[1].methods"),
        (a_plan(a_round(1, rates={"A": 1}), a_round(2), a_round(3)), "rounds[1].rates"),
        (a_plan(a_round(1, rates={"*": 101}), a_round(2), a_round(3)), "rounds[1].rates"),
        (a_plan(a_round(1, rates={"*": 0}), a_round(2), a_round(3)), "rounds[1].rates"),
        (a_plan(a_round(1, districts=("天河",)), a_round(2), a_round(3)), "rounds[1].districts"),
        (
            a_plan(a_round(1, occasion="temporary"), a_round(2), a_round(3)),
            "rounds[1].occasion",
        ),
    ],
)
def test_a_fault_of_a_plan_is_named_under_its_field(plan: PlanContent, field: str) -> None:
    assert list(faults(plan, 2026, amends=False)) == [field]


def test_every_fault_is_reported_at_once() -> None:
    plan = a_plan(a_round(1, total=0, team_size=1), item_list=0)
    assert set(faults(plan, 2026, amends=False)) == {
        "item_list",
        "rounds",
        "rounds[1].total",
        "rounds[1].team_size",
    }


def test_a_temporary_round_comes_in_by_amending_the_plan() -> None:
    plan = a_plan(a_round(1), a_round(2), a_round(3, occasion="temporary"))
    assert faults(plan, 2026, amends=True) == {}


def test_an_amendment_keeps_the_place_of_every_round_that_has_begun() -> None:
    new = a_round(1, name="专项抽查", starts=date(2026, 2, 1), ends=date(2026, 2, 20))
    base = a_plan()
    august = date(2026, 8, 1)
    assert rules.displaced(base, a_plan(*base.rounds, new), august) == []
    moved = rules.displaced(base, a_plan(new, *base.rounds), august)
    assert [sentence[:4] for sentence in moved] == ["第 1 ", "第 2 "]
    assert len(rules.displaced(base, a_plan(*base.rounds[1:]), august)) == 2
    more = a_round(1, total=99), *base.rounds[1:]
    assert rules.displaced(base, a_plan(*more), august) == []
    assert rules.displaced(base, a_plan(new, *base.rounds), date(2026, 1, 1)) == []


def test_a_directed_round_names_its_scope() -> None:
    directed = a_round(1, aim="directed", kinds=("hr-agency",), tags=("派遣",))
    assert faults(a_plan(directed, a_round(2), a_round(3)), 2026, amends=False) == {}


def test_an_unknown_key_in_a_plan_file_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="teams"):
        msgspec.convert({"teams": 3}, Policy)


def test_a_plan_is_approved_filed_and_then_published() -> None:
    state = "drafting"
    for step in ("submit", "approve", "file", "publish"):
        state = after(state, step)  # type: ignore[arg-type]
    assert state == "published"


@pytest.mark.parametrize(
    ("state", "step"),
    [("drafting", "approve"), ("approved", "publish"), ("submitted", "file"), ("filed", "return")],
)
def test_no_step_of_a_plan_is_skipped(state: Any, step: str) -> None:
    with pytest.raises(Refused, match="现在可以做的是"):
        after(state, step)


def test_a_published_plan_only_changes_by_a_new_version() -> None:
    assert not [step for step in STEPS.values() if "published" in step.sources]
    with pytest.raises(Refused, match="修订（另立新版本）"):
        after("published", "withdraw")
    assert set(STATES) - {step.target for step in STEPS.values()} == set()


def test_the_author_never_approves() -> None:
    with pytest.raises(Refused, match="起草人不能审批"):
        check_approver("张三", "张三")
    check_approver("张三", "李四")


@pytest.mark.parametrize(
    ("published", "today", "sentence"),
    [
        (None, date(2026, 3, 31), "还有 0 天"),
        (None, date(2026, 4, 2), "已逾期 2 天"),
        (date(2026, 3, 31), NOVEMBER, "已于 2026-03-31 公布。"),
        (date(2026, 4, 3), NOVEMBER, "晚 3 天"),
    ],
)
def test_the_plan_is_due_on_31_march(published: date | None, today: date, sentence: str) -> None:
    assert sentence in lateness(2026, published, today)


@pytest.mark.parametrize(
    ("mode", "population", "required"),
    [("either", 23_705, 80), ("both", 23_705, 1897), ("either", 500, 40), ("both", 60, 60)],
)
def test_the_year_is_held_to_eight_percent_and_eighty(
    mode: Any, population: int, required: int
) -> None:
    plan = a_plan(policy=Policy(mode=mode))
    found = gauges(plan, population=population, drawn=0, done=(), today=date(2026, 1, 1))
    assert found.required == found.missing == required


def test_both_gauges_are_shown_whichever_binds() -> None:
    found = gauges(a_plan(), population=23_705, drawn=81, done=(1, 2, 3), today=NOVEMBER)
    assert (found.by_ratio, found.floor) == (1897, 80)
    assert (found.ratio_reached, found.floor_reached) == (False, True)
    assert (found.satisfied, found.missing, found.warnings) == (True, 0, ())


def test_enough_entities_in_too_few_rounds_do_not_satisfy_the_year() -> None:
    found = gauges(a_plan(), population=23_705, drawn=100, done=(1, 2), today=date(2026, 6, 1))
    assert (found.satisfied, found.rounds_done, found.rounds_planned) == (False, 2, 3)


def test_a_plan_that_cannot_reach_the_quota_warns_early() -> None:
    found = gauges(a_plan(), population=23_705, drawn=20, done=(1,), today=date(2026, 5, 1))
    assert found.planned_ahead == 54
    assert "比应抽的 80 家少 6 家" in found.warnings[0]


def test_a_round_past_its_last_day_is_named() -> None:
    found = gauges(a_plan(), population=100, drawn=27, done=(1,), today=date(2026, 8, 1))
    assert found.warnings == (
        "第 2 次抽查（第 2 次抽查）应在 2026-07-30 前完成，至今没有签字的抽查。",
    )


@pytest.mark.parametrize(
    ("author", "approver", "same"),
    [
        ("王五（2001）", "王五（2001）", True),
        ("王五（2001）", "王五（2002）", False),
        ("王五", "王五（2001）", True),  # A name typed at the command line has no number.
        ("王五（2001）", "王五", True),
        ("王五", "赵六（2002）", False),
    ],
)
def test_an_account_is_known_by_its_number_and_a_typed_name_by_itself(
    author: str, approver: str, same: bool
) -> None:
    if same:
        with pytest.raises(Refused):
            check_approver(author, approver)
    else:
        check_approver(author, approver)
