"""How long somebody waits after wrong passwords or codes: per account and per address, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from registries.errors import Refused

Stage = Literal["password", "second-factor", "slip"]

FREE_FAILURES: Final = 5
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
# After so many in a row nobody is guessing by mistake: an administrator has to look (NIST SP 800-63B: at most 100).
FAILURES_UNTIL_CLOSED: Final = 50
# An office shares one address, so that one is slower to anger; and only its last hour counts.
ADDRESS_FREE_FAILURES: Final = 30
ADDRESS_WINDOW: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Failures:
    """How many failures there were since the last success or unlocking, and when the last one was."""

    count: int
    last: datetime | None


NONE: Final = Failures(0, None)


def wait_after(failures: int, free: int = FREE_FAILURES) -> timedelta:
    """Return how long to wait after so many failures: nothing at first, then doubling up to an hour."""
    if failures < free:
        return timedelta(0)
    # 2⁶ minutes are already over an hour; a greater power would overflow a timedelta in the end.
    doublings = min(failures - free, 6)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_closed(account: Failures) -> bool:
    """Say whether the account stays closed until an administrator unlocks it."""
    return account.count >= FAILURES_UNTIL_CLOSED


def open_again_at(account: Failures, address: Failures) -> datetime | None:
    """Return from when on another attempt is let in; None when it already was."""
    ends = []
    if account.last is not None:
        ends.append(account.last + wait_after(account.count))
    if address.last is not None:
        ends.append(address.last + wait_after(address.count, ADDRESS_FREE_FAILURES))
    return max(ends, default=None)


def check_attempt(account: Failures, address: Failures, now: datetime) -> None:
    """Raise Refused while the next attempt has to wait; the sentence is the same for unknown accounts."""
    if is_closed(account):
        raise Refused("错误次数过多，登录已关闭。请联系安全管理员解锁。")
    opens = open_again_at(account, address)
    if opens is not None and now < opens:
        minutes = -((now - opens) // timedelta(minutes=1))
        raise Refused(f"错误次数较多，请约 {minutes} 分钟后再试；急用请联系安全管理员解锁。")
