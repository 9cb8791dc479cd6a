"""How long a session lives and what still stands between signing in and working."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from app.accounts import role_rules
from app.accounts.role_rules import Role

Outstanding = Literal["", "second-factor", "enrol", "password"]

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
# Between the password and the second factor nobody needs longer.
UNFINISHED: Final = timedelta(minutes=10)
# The time of the last request is written at most this often: a page view shall not wait for the writer.
SEEN_EVERY: Final = timedelta(minutes=1)
OUTSTANDING: Final[dict[Outstanding, str]] = {
    "": "已登录。",
    "second-factor": "请输入动态口令。",
    "enrol": "您的角色须启用动态口令，请先启用。",
    "password": "请先把一次性密码改成您自己的密码。",
}


def is_alive(created: datetime, seen: datetime, now: datetime, *, finished: bool) -> bool:
    """Say whether a session may still be used; `finished`: nothing was outstanding after sign-in."""
    longest = ABSOLUTE if finished else UNFINISHED
    return created <= now < created + longest and now < seen + IDLE


def outstanding(
    roles: Iterable[Role], *, enrolled: bool, second_factor_done: bool, one_time_password: bool
) -> Outstanding:
    """Return what the person has to do next before anything else, "" when nothing.

    The second factor comes before the new password, so that a stolen slip of paper alone does not
    let anybody choose one.
    """
    if enrolled and not second_factor_done:
        return "second-factor"
    if one_time_password:
        return "password"
    if role_rules.needs_second_factor(roles) and not second_factor_done:
        return "enrol"
    return ""
