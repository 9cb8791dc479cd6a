"""Wrong guesses cost more and more time, from one account and from one address; there is always a way back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import lockout_rules
from app.accounts.lockout_rules import (
    ADDRESS_FREE_FAILURES,
    FAILURES_UNTIL_CLOSED,
    FREE_FAILURES,
    LONGEST_WAIT,
    NONE,
    Failures,
    check_attempt,
    open_again_at,
    wait_after,
)
from registries.errors import Refused
from tests.makers import NOON

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (49, 60), (10**9, 60)],
)
def test_the_wait_doubles_up_to_an_hour(failures: int, minutes: int) -> None:
    assert wait_after(failures) == minutes * MINUTE


@given(st.integers(0, 10**6), st.integers(0, 100))
def test_another_failure_never_shortens_the_wait(failures: int, free: int) -> None:
    assert timedelta(0) <= wait_after(failures, free) <= wait_after(failures + 1, free)
    assert wait_after(failures, free) <= LONGEST_WAIT


@given(
    st.integers(0, FAILURES_UNTIL_CLOSED - 1),
    st.integers(0, 200),
    st.timedeltas(timedelta(0), timedelta(hours=3)),
    st.timedeltas(timedelta(0), timedelta(hours=3)),
)
def test_an_attempt_is_let_in_exactly_when_both_waits_are_over(
    account: int, address: int, since_account: timedelta, since_address: timedelta
) -> None:
    by_account = Failures(account, NOON - since_account)
    by_address = Failures(address, NOON - since_address)
    over = since_account >= wait_after(account) and since_address >= wait_after(
        address, ADDRESS_FREE_FAILURES
    )
    if over:
        check_attempt(by_account, by_address, NOON)
    else:
        with pytest.raises(Refused, match="分钟后再试"):
            check_attempt(by_account, by_address, NOON)


@given(st.integers(FREE_FAILURES, FAILURES_UNTIL_CLOSED - 1))
def test_whoever_waits_as_long_as_told_is_let_in(failures: int) -> None:
    opens = open_again_at(Failures(failures, NOON), NONE)
    assert opens is not None
    check_attempt(Failures(failures, NOON), NONE, opens)


def test_an_account_without_failures_opens_at_once() -> None:
    assert open_again_at(NONE, NONE) is None
    check_attempt(NONE, NONE, NOON)


def test_after_fifty_failures_only_an_administrator_opens_the_account() -> None:
    long_ago = Failures(FAILURES_UNTIL_CLOSED, NOON - timedelta(days=9))
    with pytest.raises(Refused, match="请联系安全管理员解锁"):
        check_attempt(long_ago, NONE, NOON)


def test_an_office_behind_one_address_is_slower_to_anger() -> None:
    check_attempt(NONE, Failures(ADDRESS_FREE_FAILURES - 1, NOON), NOON)
    with pytest.raises(Refused, match="约 1 分钟"):
        check_attempt(NONE, Failures(ADDRESS_FREE_FAILURES, NOON), NOON)


def test_fifty_guesses_take_more_than_a_day() -> None:
    whole = sum((wait_after(n) for n in range(FAILURES_UNTIL_CLOSED)), timedelta(0))
    assert whole > timedelta(days=1)
    assert lockout_rules.ADDRESS_FREE_FAILURES > lockout_rules.FREE_FAILURES
