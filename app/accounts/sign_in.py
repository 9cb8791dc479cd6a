"""The ways in, from end to end, for pages and commands: count, check outside any deed, finish in a second deed.

This module opens deeds itself, as otherwise only pages and commands do, because hashing must happen between two of
them and a wrong password must stay counted although the person is refused (docs/adr/0101).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from app.accounts import (
    account_actions,
    attempt_actions,
    password_rules,
    passwords,
    second_factor_actions,
    session_actions,
    witness_actions,
)
from app.accounts.second_factor_actions import Enrolled
from app.accounts.session_actions import Attempt, Where
from app.accounts.session_reads import Principal
from registries import database
from registries.database import Actor, Deed
from registries.errors import Invalid, Refused

NOT_SIGNED_IN: Final = Actor("public", "登录页")
# One sentence for every reason, so that nobody learns which numbers exist or are locked.
WRONG: Final = "工号或密码不对，或账号不可用。请核对后再试；多次不对请联系安全管理员。"
WRONG_CODE: Final = "动态口令不对或已经用过。请核对手机时间，等下一个口令再输入。"
WRONG_RECOVERY_CODE: Final = "恢复码不对或已经用过。请换一个，或联系安全管理员重置动态口令。"
WRONG_SLIP: Final = "邀请码不对、已经用过或不在抽查当日。请核对邀请单，或联系邀请您的人。"


async def sign_in(
    *, bureau: str, staff_number: str, password: str, where: Where, now: datetime | None = None
) -> str:
    """Check a password and return the token of a new session.

    What is still outstanding (second factor, own password) stands in the token's Principal. Raises
    Refused with one sentence for every wrong entry, after the same work whether or not the account
    exists; another one while the next attempt has to wait. `now` is for tests.
    """

    async def begin(deed: Deed) -> Attempt:
        return await session_actions.begin_sign_in(
            deed, bureau=bureau, staff_number=staff_number, where=where
        )

    attempt = await database.deed(begin, actor=NOT_SIGNED_IN, now=now)
    right = await passwords.matches(attempt.stored, password)
    outdated = right and passwords.is_outdated(attempt.stored)
    renewed = await passwords.hashed(password) if outdated else ""

    async def finish(deed: Deed) -> str | None:
        if right:
            token = await session_actions.finish_sign_in(
                deed, attempt=attempt, where=where, renewed=renewed
            )
            if token is not None:
                return token
        await attempt_actions.end(deed, attempt=attempt.number, succeeded=False)
        return None

    return _or_refused(await database.deed(finish, actor=attempt.actor, now=now), WRONG)


async def enter_code(
    *, principal: Principal, code: str, where: Where, now: datetime | None = None
) -> str:
    """Finish signing in with a code of the generator; return the new token. Raises Refused."""
    action = second_factor_actions.enter_code
    return _or_refused(await _try_code(action, principal, code, where, now), WRONG_CODE)


async def enter_recovery_code(
    *, principal: Principal, code: str, where: Where, now: datetime | None = None
) -> str:
    """Finish signing in with a recovery code; return the new token. Raises Refused."""
    action = second_factor_actions.use_recovery_code
    return _or_refused(await _try_code(action, principal, code, where, now), WRONG_RECOVERY_CODE)


async def confirm_enrolment(
    *, principal: Principal, code: str, now: datetime | None = None
) -> Enrolled:
    """Put the second factor in use that was begun; return the new token and the recovery codes."""

    async def work(deed: Deed) -> Enrolled | None:
        return await second_factor_actions.confirm_enrolment(deed, principal=principal, code=code)

    done = await database.deed(work, actor=principal.actor(), now=now)
    if done is None:
        raise Refused(WRONG_CODE)
    return done


async def change_password(
    *, principal: Principal, old: str, new: str, where: Where, now: datetime | None = None
) -> str:
    """Replace one's own password and return the session's new token; other sessions end.

    Raises Invalid with every fault of the new one, Refused when the old one is wrong: such tries
    count like those at the sign-in.
    """
    if principal.outstanding == "second-factor":
        raise Refused("请先输入动态口令，再修改密码。")
    faults = password_rules.password_faults(new, principal.staff_number, principal.name)
    if password_rules.normal(new) == password_rules.normal(old):
        faults.append("新密码不能与原密码相同。")
    if principal.draw:
        faults = password_rules.pin_faults(new)
    if faults:
        raise Invalid("新密码不能用，请另选。", {"new": faults})

    async def begin(deed: Deed) -> Attempt:
        return await session_actions.begin_sign_in(
            deed, bureau=principal.bureau, staff_number=principal.staff_number, where=where
        )

    attempt = await database.deed(begin, actor=principal.actor(), now=now)
    right = await passwords.matches(attempt.stored, old)
    new_hash = await passwords.hashed(new)

    async def finish(deed: Deed) -> str | None:
        await attempt_actions.end(deed, attempt=attempt.number, succeeded=right)
        if not right:
            return None
        return await account_actions.change_password(
            deed,
            bureau=principal.bureau,
            account=principal.account,
            session=principal.session,
            old_hash=attempt.stored,
            new_hash=new_hash,
        )

    token = await database.deed(finish, actor=principal.actor(), now=now)
    return _or_refused(token, "原密码不对，请核对后再试。")


async def redeem_slip(
    *, bureau: str, code: str, pin: str, where: Where, now: datetime | None = None
) -> str:
    """Use a witness's slip with a PIN of their own choice; return the token of a new session.

    Raises Invalid for the PIN, Refused for the slip.
    """
    faults = password_rules.pin_faults(pin)
    if faults:
        raise Invalid("口令不能用，请另选。", {"pin": faults})
    pin_hash = await passwords.hashed(pin)

    async def work(deed: Deed) -> str | None:
        return await witness_actions.redeem(
            deed, bureau=bureau, code=code, pin_hash=pin_hash, where=where
        )

    token = await database.deed(work, actor=NOT_SIGNED_IN, now=now)
    return _or_refused(token, WRONG_SLIP)


async def _try_code(
    action: Callable[..., Awaitable[str | None]],
    principal: Principal,
    code: str,
    where: Where,
    now: datetime | None,
) -> str | None:
    async def work(deed: Deed) -> str | None:
        return await action(deed, principal=principal, code=code, address=where.address)

    return await database.deed(work, actor=principal.actor(), now=now)


def _or_refused(token: str | None, sentence: str) -> str:
    if token is None:
        raise Refused(sentence)
    return token
