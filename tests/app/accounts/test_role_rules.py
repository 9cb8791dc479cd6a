"""What each role may do, who must be apart, and that docs/roles.md says so."""

from pathlib import Path
from typing import get_args

import pytest

from app.accounts import role_rules
from app.accounts.role_rules import CAPABILITIES, MAY, ROLES, SEPARATED, Capability, Role
from registries.errors import Refused

PAGE = Path(__file__).parents[3] / "docs" / "roles.md"


def test_every_role_and_capability_has_its_name_and_its_row() -> None:
    assert tuple(ROLES) == tuple(MAY) == get_args(Role)
    assert tuple(CAPABILITIES) == get_args(Capability)
    assert not [one for one in CAPABILITIES if not role_rules.holders(one)]


def test_the_auditor_reads_everything_and_changes_nothing() -> None:
    assert MAY["auditor"] == {one for one in CAPABILITIES if one.endswith(":read")}


def test_no_capability_to_change_accounts_is_held_by_two_administrators() -> None:
    both = MAY["system-administrator"] & MAY["security-administrator"]
    assert both == {"accounts:read"}


@pytest.mark.parametrize("pair", SEPARATED, ids=lambda pair: "+".join(sorted(pair)))
def test_separated_roles_are_refused_in_either_order(pair: frozenset[Role]) -> None:
    first, second = sorted(pair)
    for held, wanted in ((first, second), (second, first)):
        with pytest.raises(Refused, match="须由不同的人担任"):
            role_rules.check_grant({held, "inspector"}, wanted, to_oneself=False)


def test_one_person_may_hold_several_roles() -> None:
    held: list[Role] = ["inspector", "team-lead", "case-handler"]
    role_rules.check_grant(held, "draw-operator", to_oneself=False)


def test_a_role_is_not_given_twice_nor_to_oneself() -> None:
    with pytest.raises(Refused, match="不必重复授予"):
        role_rules.check_grant({"inspector"}, "inspector", to_oneself=False)
    with pytest.raises(Refused, match="不能给自己授予"):
        role_rules.check_grant((), "inspector", to_oneself=True)


def test_operator_and_witness_of_a_draw_are_two_people() -> None:
    with pytest.raises(Refused, match="两个人"):
        role_rules.check_operator_is_not_witness(7, 7)
    role_rules.check_operator_is_not_witness(7, 8)


def test_nobody_approves_what_they_wrote() -> None:
    with pytest.raises(Refused, match="另一人审批"):
        role_rules.check_author_is_not_approver(7, 7)
    role_rules.check_author_is_not_approver(7, 8)


@pytest.mark.parametrize(
    ("role", "needed"),
    [
        ("system-administrator", True),
        ("security-administrator", True),
        ("draw-operator", True),
        ("approver", True),
        ("auditor", False),
        ("witness", False),
        ("inspector", False),
        ("intake-clerk", False),
    ],
)
def test_operators_approvers_and_administrators_need_a_second_factor(
    role: Role, needed: bool
) -> None:
    assert role_rules.needs_second_factor([role, "inspector"]) is needed


def test_a_role_is_named_by_its_code_or_in_chinese() -> None:
    assert role_rules.role_named("抽查管理员") == "draw-operator"
    assert role_rules.role_named("draw-operator") == "draw-operator"
    with pytest.raises(Refused, match=r"没有这个角色：局长。.*审计员（auditor）"):
        role_rules.role_named("局长")


def test_the_page_of_roles_is_fresh() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == role_rules.page(), "run: yaohao staff roles --page docs/roles.md"
