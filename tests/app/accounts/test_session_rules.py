"""How long a session lives, and what stands between signing in and working."""

from datetime import timedelta

import pytest

from app.accounts.role_rules import Role
from app.accounts.session_rules import (
    ABSOLUTE,
    IDLE,
    UNFINISHED,
    Outstanding,
    is_alive,
    outstanding,
)
from tests.makers import NOON

SECOND = timedelta(seconds=1)


def test_a_session_ends_after_half_an_hour_without_use() -> None:
    created = NOON - timedelta(hours=2)
    assert is_alive(created, NOON - IDLE + SECOND, NOON, finished=True)
    assert not is_alive(created, NOON - IDLE, NOON, finished=True)


def test_a_session_ends_after_a_working_day_however_busy() -> None:
    assert is_alive(NOON - ABSOLUTE + SECOND, NOON, NOON, finished=True)
    assert not is_alive(NOON - ABSOLUTE, NOON, NOON, finished=True)


def test_an_unfinished_sign_in_lasts_ten_minutes() -> None:
    assert is_alive(NOON - UNFINISHED + SECOND, NOON, NOON, finished=False)
    assert not is_alive(NOON - UNFINISHED, NOON, NOON, finished=False)


def test_a_session_from_the_future_is_none() -> None:
    assert not is_alive(NOON + SECOND, NOON, NOON, finished=True)


@pytest.mark.parametrize(
    ("role", "enrolled", "done", "one_time", "next_"),
    [
        ("inspector", False, False, False, ""),
        ("inspector", True, False, False, "second-factor"),
        ("inspector", True, True, False, ""),
        ("inspector", False, False, True, "password"),
        ("inspector", True, False, True, "second-factor"),
        ("draw-operator", False, False, False, "enrol"),
        ("draw-operator", False, False, True, "password"),
        ("draw-operator", True, False, False, "second-factor"),
        ("draw-operator", True, True, True, "password"),
        ("draw-operator", True, True, False, ""),
    ],
)
def test_what_has_to_be_done_next(
    role: Role, enrolled: bool, done: bool, one_time: bool, next_: Outstanding
) -> None:
    found = outstanding(
        [role], enrolled=enrolled, second_factor_done=done, one_time_password=one_time
    )
    assert found == next_
