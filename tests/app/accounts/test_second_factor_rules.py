"""Codes are those of RFC 6238, good for one step of clock error, and good once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.accounts.second_factor_rules import (
    NEVER_USED,
    STEP_SECONDS,
    code_at,
    counter_at,
    enrolment_address,
    matching_counter,
)

# RFC 6238, appendix B: the secret "12345678901234567890" in base32.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
    ],
)
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    # The appendix prints eight digits; six are its last six.
    assert code_at(SECRET, counter_at(moment)) == code[-6:]


@given(MOMENTS, st.integers(-5, 5))
def test_a_code_is_taken_one_step_early_or_late_and_no_further(now: datetime, off: int) -> None:
    here = counter_at(now)
    near = {code_at(SECRET, here + step) for step in (-1, 0, 1)}
    code = code_at(SECRET, here + off)
    assume(abs(off) <= 1 or code not in near)
    taken = matching_counter(SECRET, code, now, NEVER_USED)
    assert (taken is not None) == (abs(off) <= 1)
    assert taken is None or code_at(SECRET, taken) == code


@given(MOMENTS, st.integers(-1, 1), st.integers(0, 120))
def test_a_code_is_never_taken_twice(now: datetime, off: int, later: int) -> None:
    code = code_at(SECRET, counter_at(now) + off)
    used = matching_counter(SECRET, code, now, NEVER_USED)
    assert used is not None
    again = matching_counter(SECRET, code, now + timedelta(seconds=later), used)
    # Another step may by chance have the same digits (1 in a million); the same step never counts.
    assert again is None or again > used


@given(MOMENTS)
def test_after_a_code_the_next_one_is_taken(now: datetime) -> None:
    used = counter_at(now)
    after = now + timedelta(seconds=STEP_SECONDS)
    assume(code_at(SECRET, used + 1) != code_at(SECRET, used + 2))
    assert matching_counter(SECRET, code_at(SECRET, used + 1), after, used) == used + 1


@pytest.mark.parametrize("typed", ["", "abc", "12345", "1234567", "口令"])
def test_what_is_no_code_is_wrong_and_nothing_worse(typed: str) -> None:
    assert matching_counter(SECRET, typed, datetime(2026, 11, 21, tzinfo=UTC), NEVER_USED) is None


def test_blanks_and_full_width_digits_are_read() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    code = code_at(SECRET, counter_at(now))
    wide = code.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    for typed in (f"{code[:3]} {code[3:]}", wide):
        assert matching_counter(SECRET, typed, now, NEVER_USED) == counter_at(now)


def test_the_enrolment_address_names_no_person() -> None:
    address = enrolment_address(SECRET, "2001", "440100")
    assert address.startswith("otpauth://totp/")
    assert "440100-2001" in address
    assert f"secret={SECRET}" in address
