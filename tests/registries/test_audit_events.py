"""Every event is declared once, beside the actions that cause it, and stands on the docs page."""

from __future__ import annotations

from pathlib import Path

import pytest

from registries import audit_events

ROOT = Path(__file__).parent.parent.parent


def test_the_page_of_events_is_up_to_date() -> None:
    page = (ROOT / "docs" / "audit-events.md").read_text(encoding="utf-8")
    assert page == audit_events.page(), "run: yaohao audit events --page docs/audit-events.md"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package of its own the only one that declares events."""
    (tmp_path / "made_up_rooms").mkdir()
    (tmp_path / "made_up_rooms" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(audit_events, "PACKAGES", ("made_up_rooms",))
    return tmp_path / "made_up_rooms"


def test_events_are_read_from_the_source_without_running_it(package: Path) -> None:
    (package / "actions.py").write_text(
        'EVENTS: dict[str, str] = {\n    "plan:approved": "批准",\n}\nraise SystemExit\n'
    )
    (package / "other.py").write_text('x = 1\nEVENTS = {"plan:filed": "备案"}\n')
    assert [(event.event, event.module) for event in audit_events.declared()] == [
        ("plan:approved", "made_up_rooms.actions"),
        ("plan:filed", "made_up_rooms.other"),
    ]
    assert "| `plan:filed` | 备案 | `made_up_rooms.other` |\n" in audit_events.page()


@pytest.mark.parametrize("name", ["plan", "plan:", "Plan:approved", "plan:ap_proved", "plan:a:b"])
def test_an_event_has_a_subject_and_an_action(package: Path, name: str) -> None:
    (package / "actions.py").write_text(f'x = 1\nEVENTS = {{"{name}": "批准"}}\n')
    with pytest.raises(ValueError, match="malformed or taken"):
        audit_events.declared()


def test_an_event_is_declared_once(package: Path) -> None:
    for module in ("one", "two"):
        (package / f"{module}.py").write_text('x = 1\nEVENTS = {"plan:filed": "备案"}\n')
    with pytest.raises(ValueError, match="malformed or taken"):
        audit_events.declared()
