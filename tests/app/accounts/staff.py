"""The people of the tests of accounts: two administrators, and whoever else a test wants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.accounts import (
    account_actions,
    passwords,
    role_actions,
    second_factor_actions,
    second_factor_rules,
    session_reads,
    sign_in,
)
from app.accounts.account_reads import Account
from app.accounts.role_rules import Role
from app.accounts.session_actions import Where
from app.accounts.session_reads import Principal
from tests.makers import GUANGZHOU, NOON, do, make_bureau

DESK = Where("10.0.0.8", "Firefox / Windows")
ONE_TIME = "7KQ2-M4XN-90AB-CDEF"
CHOSEN = "四月的风吹过珠江两岸的榕树"


@dataclass(frozen=True)
class Administrators:
    """The account numbers of a bureau's system and security administrators."""

    system: int
    security: int


async def make_administrators(bureau: str = GUANGZHOU) -> Administrators:
    """Make a bureau with its first two administrators, 1001 and 1002."""
    await make_bureau(bureau)
    hash_ = await passwords.hashed(ONE_TIME)
    made = []
    roles: tuple[Role, ...] = ("system-administrator", "security-administrator")
    for number, name, role in zip(("1001", "1002"), ("张三", "李四"), roles, strict=True):
        account = await do(
            account_actions.create_first,
            bureau=bureau,
            staff_number=number,
            name=name,
            role=role,
            one_time_hash=hash_,
        )
        made.append(account.id)
    return Administrators(*made)


async def make_account(
    administrators: Administrators,
    *roles: Role,
    number: str = "2001",
    own_password: bool = True,
    bureau: str = GUANGZHOU,
    **changes: Any,
) -> Account:
    """Make an account with roles; it has chosen the password `CHOSEN` unless said otherwise."""
    details = {"name": "王五", "one_time_hash": await passwords.hashed(ONE_TIME)} | changes
    made = await do(
        account_actions.create,
        by=administrators.system,
        bureau=bureau,
        staff_number=number,
        **details,
    )
    for role in roles:
        made = await grant(administrators, number, role, bureau=bureau)
    if own_password:
        token = await enter(number, ONE_TIME, bureau=bureau)
        who = await principal(token)
        await sign_in.change_password(principal=who, old=ONE_TIME, new=CHOSEN, where=DESK, now=NOON)
    return made


async def grant(
    administrators: Administrators, number: str, role: Role, bureau: str = GUANGZHOU
) -> Account:
    return await do(
        role_actions.grant,
        by=administrators.security,
        bureau=bureau,
        staff_number=number,
        role=role,
        reason="任命",
    )


async def enter(
    number: str = "2001",
    password: str = CHOSEN,
    *,
    bureau: str = GUANGZHOU,
    where: Where = DESK,
    now: datetime = NOON,
) -> str:
    """Sign in and return the token."""
    return await sign_in.sign_in(
        bureau=bureau, staff_number=number, password=password, where=where, now=now
    )


async def principal(token: str, now: datetime = NOON) -> Principal:
    """Return who a token belongs to; the test fails when nobody."""
    found = await session_reads.principal_of(token, now)
    assert found is not None
    return found


async def enrol(token: str, now: datetime = NOON) -> tuple[str, second_factor_actions.Enrolled]:
    """Put a second factor in use; return its secret and what was shown."""
    who = await principal(token, now)
    begun = await do(second_factor_actions.begin_enrolment, now=now, principal=who)
    code = code_of(begun.secret, now)
    return begun.secret, await sign_in.confirm_enrolment(principal=who, code=code, now=now)


def code_of(secret: str, now: datetime) -> str:
    return second_factor_rules.code_at(secret, second_factor_rules.counter_at(now))
