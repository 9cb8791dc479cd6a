"""The settings: what starts, what does not, and that every one is explained to whoever runs the system."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.security import cookie_name
from app.settings import FACES, SETTINGS, Settings, load_settings
from registries.errors import Invalid

ROOT = Path(__file__).parent.parent.parent


def test_nothing_set_is_a_laptop_serving_itself() -> None:
    settings = load_settings({})
    assert settings.origin == "http://127.0.0.1:8000"
    assert settings.loopback
    assert not settings.secure
    assert settings.faces == tuple(FACES)
    assert settings.worker


@pytest.mark.parametrize("faces", ["staff", "field", "staff,public", ""])
def test_staff_and_field_start_only_with_https(faces: str) -> None:
    given = {"YAOHAO_ORIGIN": "http://10.0.0.5:8000", "YAOHAO_FACES": faces}
    with pytest.raises(Invalid) as refusal:
        load_settings(given)
    assert "https" in refusal.value.fields["YAOHAO_ORIGIN"][0]


@pytest.mark.parametrize(
    "given",
    [
        {"YAOHAO_ORIGIN": "http://10.0.0.5:8000", "YAOHAO_FACES": "public"},
        {"YAOHAO_ORIGIN": "https://zhouyao.example.gov.cn"},
        {"YAOHAO_ORIGIN": "http://localhost:8123"},
        {"YAOHAO_ORIGIN": "http://[::1]:8123"},
    ],
)
def test_the_public_face_the_loopback_and_https_start(given: dict[str, str]) -> None:
    assert load_settings(given).origin == given["YAOHAO_ORIGIN"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("YAOHAO_ORIGIN", "example.gov.cn"),
        ("YAOHAO_ORIGIN", "https://example.gov.cn/path"),
        ("YAOHAO_ORIGIN", "ftp://example.gov.cn"),
        ("YAOHAO_FACES", "staff,everything"),
        ("YAOHAO_FACES", ","),
        ("YAOHAO_WORKER", "yes"),
        ("YAOHAO_DEVELOPMENT", "on"),
    ],
)
def test_a_wrong_setting_is_named_by_its_variable(variable: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        load_settings({variable: value})
    assert list(refusal.value.fields) == [variable]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        load_settings({"YAOHAO_ORIGIN": "x", "YAOHAO_FACES": "y", "YAOHAO_WORKER": "z"})
    assert set(refusal.value.fields) == {"YAOHAO_ORIGIN", "YAOHAO_FACES", "YAOHAO_WORKER"}


def test_cookies_are_bound_to_the_host_wherever_there_is_https() -> None:
    assert cookie_name("session", Settings(origin="https://a.example")) == "__Host-session"
    assert cookie_name("session", Settings()) == "session"


def test_every_setting_is_explained_in_the_operations_guide() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    missing = [variable for variable, _ in SETTINGS.values() if f"`{variable}`" not in guide]
    assert missing == []
