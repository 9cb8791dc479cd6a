"""The public page about preparing a draw names every reason and every command."""

from pathlib import Path

import pytest

from app.draws.commands import draw_group
from app.draws.pool_rules import HOME_UNCLEAR
from app.draws.scope_rules import EXCLUSIONS
from app.plans.commands import plan_group
from app.plans.rules import STATES, Policy, Round

DOCS = Path(__file__).parents[3] / "docs"
DRAWS = (DOCS / "draws.md").read_text(encoding="utf-8")
PLANS = (DOCS / "plans.md").read_text(encoding="utf-8")
BEFORE_THE_CEREMONY = (
    "prepare",
    "change",
    "abandon",
    "preview",
    "freeze",
    "list",
    "show",
    "gauges",
    "export-folder",
)


@pytest.mark.parametrize("code", [*EXCLUSIONS, HOME_UNCLEAR])
def test_every_reason_of_a_freeze_is_explained(code: str) -> None:
    assert f"`{code}`" in DRAWS


@pytest.mark.parametrize("name", BEFORE_THE_CEREMONY)
def test_every_command_before_the_ceremony_exists_and_is_explained(name: str) -> None:
    assert name in draw_group.commands
    assert f"yaohao draw {name}" in DRAWS


@pytest.mark.parametrize("name", sorted(plan_group.commands))
def test_every_command_of_the_plan_is_explained(name: str) -> None:
    assert f"plan {name}" in PLANS


@pytest.mark.parametrize(
    "field", [*Policy.__struct_fields__, *Round.__struct_fields__, *STATES.values()]
)
def test_every_field_and_state_of_a_plan_is_explained(field: str) -> None:
    assert field in PLANS
