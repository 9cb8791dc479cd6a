"""Passwords are long and not guessable; nothing is said about capitals and symbols."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.password_rules import (
    ONE_TIME_PASSWORD_LASTS,
    is_banned,
    one_time_password_usable,
    password_faults,
    pin_faults,
)
from tests.makers import NOON


@pytest.mark.parametrize(
    "password",
    [
        "四月的风吹过珠江两岸的榕树",
        "correct horse battery staple",
        "kapok-ferry-lantern-rain",
        "zmxkqpwotyrb",
    ],
)
def test_a_long_sentence_is_taken_without_digits_or_symbols(password: str) -> None:
    assert password_faults(password, "2001", "王五") == []


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("短短的", "12 至 128"),
        ("x" * 129, "12 至 128"),
        ("password1234", "太常见"),
        ("Passw0rdPassw0rd", "太常见"),
        ("123456789012", "太常见"),
        ("qwertyuiop123", "太常见"),
        ("1qaz2wsx3edc", "太常见"),
        ("abcdefghijkl", "太常见"),
        ("aaaaaaaaaaaa", "太常见"),
        ("yaohao20262026", "太常见"),
        ("admin@2026!!!", "太常见"),
        ("woaini1314520", "太常见"),
        ("gd-440100-2001", "工号或姓名"),
        ("wangwu-2001ab", "工号或姓名"),
    ],
)
def test_a_guessable_password_is_refused(password: str, fault: str) -> None:
    number = "gd-440100-2001" if password.startswith("gd") else "wangwu"
    assert fault in "".join(password_faults(password, number, "王五"))


def test_every_fault_of_a_password_is_told_at_once() -> None:
    assert len(password_faults("2001", "2001", "王五")) == 3


@given(st.text(min_size=1, max_size=6), st.integers(2, 12))
def test_a_repeated_piece_is_banned(piece: str, times: int) -> None:
    assert is_banned(piece * times)


def test_full_width_typing_is_the_same_password() -> None:
    assert password_faults("１２３４５６７８９０１２", "2001", "王五") != []


@pytest.mark.parametrize("pin", ["240817", "905132", "31415926"])
def test_a_pin_of_six_digits_is_taken(pin: str) -> None:
    assert pin_faults(pin) == []


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "1234567890123", "12a456", "111111", "123456", "987654", "890123", "121212"],
)
def test_a_guessable_pin_is_refused(pin: str) -> None:
    assert len(pin_faults(pin)) == 1


def test_a_printed_password_lasts_a_week() -> None:
    assert one_time_password_usable(NOON, NOON + ONE_TIME_PASSWORD_LASTS - timedelta(seconds=1))
    assert not one_time_password_usable(NOON, NOON + ONE_TIME_PASSWORD_LASTS)
