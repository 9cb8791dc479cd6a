"""The deeds of the second factor: begun, confirmed, entered at each sign-in, replaced by a recovery code, reset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyotp

from app.accounts import (
    account_key,
    account_reads,
    account_rules,
    attempt_actions,
    codes,
    second_factor_rules,
    session_actions,
)
from app.accounts.account_reads import Account
from app.accounts.session_reads import Principal
from app.accounts.tables import RecoveryCodeTable, SecondFactorTable
from registries import audit_log
from registries.database import Deed
from registries.errors import Refused

EVENTS: Final[dict[str, str]] = {
    "second-factor:enrol": "启用动态口令",
    "second-factor:use-recovery-code": "使用恢复码登录",
    "second-factor:renew-recovery-codes": "重新生成恢复码",
    "second-factor:reset": "重置动态口令",
}


@dataclass(frozen=True, repr=False)
class Enrolment:
    """What goes into a code generator, shown once: the base32 secret and its otpauth address."""

    secret: str
    address: str


@dataclass(frozen=True, repr=False)
class Enrolled:
    """A confirmed second factor: the session's new token, and ten recovery codes, shown once."""

    token: str
    recovery_codes: tuple[str, ...]


async def begin_enrolment(deed: Deed, *, principal: Principal) -> Enrolment:
    """Make a new secret and keep it, encrypted, until a code of it confirms it.

    Beginning again replaces what was not confirmed. Raises Refused when a second factor is in use
    and the session has not passed it.
    """
    if principal.outstanding == "second-factor":
        raise Refused("已启用动态口令，请先输入动态口令再更换。")
    secret = pyotp.random_base32()
    await _remove_begun(deed, principal.account)
    row = SecondFactorTable(
        bureau=principal.bureau,
        account=principal.account,
        secret=account_key.sealed(secret, principal.account),
        enrolled_at=deed.now,
        last_counter=second_factor_rules.NEVER_USED,
    )
    await SecondFactorTable.insert(row)
    address = second_factor_rules.enrolment_address(
        secret, principal.staff_number, principal.bureau
    )
    return Enrolment(secret, address)


async def confirm_enrolment(deed: Deed, *, principal: Principal, code: str) -> Enrolled | None:
    """Put the second factor in use that was begun; None when the code is not of it.

    The one used before, if any, ends with its recovery codes.
    """
    begun = await _row(principal.account, confirmed=False)
    if begun is None or principal.outstanding == "second-factor":
        raise Refused("还没有开始启用动态口令，请从“启用动态口令”重新开始。")
    counter = _counter(begun, code, deed)
    if counter is None:
        return None
    await _remove_used(deed, principal.account)
    await SecondFactorTable.update(
        {SecondFactorTable.confirmed_at: deed.now, SecondFactorTable.last_counter: counter}
    ).where(SecondFactorTable.id == begun["id"])
    fresh = await _make_recovery_codes(deed, principal)
    token = await session_actions.renew_session(deed, session=principal.session, second_factor=True)
    await session_actions.end_other_sessions(deed, account=principal.account, token=token)
    await _log(deed, "second-factor:enrol", principal)
    return Enrolled(token, fresh)


async def enter_code(deed: Deed, *, principal: Principal, code: str, address: str) -> str | None:
    """Finish signing in with a code and return the session's new token; None when it is wrong.

    Raises Refused while the next attempt has to wait, or when no code is asked for.
    """
    attempt = await _begin(deed, principal, address)
    factor = await _row(principal.account, confirmed=True)
    counter = _counter(factor, code, deed) if factor else None
    await attempt_actions.end(deed, attempt=attempt, succeeded=counter is not None)
    if factor is None or counter is None:
        return None
    await SecondFactorTable.update({SecondFactorTable.last_counter: counter}).where(
        SecondFactorTable.id == factor["id"]
    )
    return await session_actions.renew_session(deed, session=principal.session, second_factor=True)


async def use_recovery_code(
    deed: Deed, *, principal: Principal, code: str, address: str
) -> str | None:
    """Finish signing in with a recovery code, once; return the new token, None when it is wrong.

    Wrong ones count together with wrong codes of the generator.
    """
    attempt = await _begin(deed, principal, address)
    row = await (
        RecoveryCodeTable.select()
        .where(
            RecoveryCodeTable.account == principal.account,
            RecoveryCodeTable.digest == _digest(principal.account, code),
            RecoveryCodeTable.used_at.is_null(),
            RecoveryCodeTable.void_at.is_null(),
        )
        .first()
    )
    await attempt_actions.end(deed, attempt=attempt, succeeded=row is not None)
    if row is None:
        return None
    await RecoveryCodeTable.update({RecoveryCodeTable.used_at: deed.now}).where(
        RecoveryCodeTable.id == row["id"]
    )
    left = await recovery_codes_left(principal.account)
    await _log(deed, "second-factor:use-recovery-code", principal, new={"left": left})
    return await session_actions.renew_session(deed, session=principal.session, second_factor=True)


async def renew_recovery_codes(deed: Deed, *, principal: Principal) -> tuple[str, ...]:
    """Return ten new recovery codes, shown once; the earlier ones end."""
    if principal.outstanding or not principal.second_factor_done:
        raise Refused("请先用动态口令登录，再重新生成恢复码。")
    fresh = await _make_recovery_codes(deed, principal)
    await _log(deed, "second-factor:renew-recovery-codes", principal)
    return fresh


async def recovery_codes_left(account: int) -> int:
    """Return how many recovery codes an account still has."""
    left: int = await RecoveryCodeTable.count().where(
        RecoveryCodeTable.account == account,
        RecoveryCodeTable.used_at.is_null(),
        RecoveryCodeTable.void_at.is_null(),
    )
    return left


async def reset(deed: Deed, *, by: int, bureau: str, staff_number: str, reason: str) -> Account:
    """Remove the second factor of somebody who lost it; their sessions end, and their password stays.

    Raises Refused when `by` may not, or for one's own.
    """
    await account_reads.acting(bureau, by, "accounts:unlock")
    found = await account_reads.account(bureau, staff_number)
    account_rules.check_another(by, found.id, "重置")
    account_rules.check_reason(reason)
    if not found.second_factor:
        raise Refused("此人没有启用动态口令，无须重置。")
    await remove(deed, account=found.id)
    await session_actions.end_sessions(deed, account=found.id, why="reset")
    await audit_log.append(
        deed,
        "second-factor:reset",
        bureau=bureau,
        subject=f"account:{found.staff_number}",
        reason=reason,
    )
    return found


async def remove(deed: Deed, *, account: int) -> None:
    """Take an account's second factor and its recovery codes out of use; part of other deeds."""
    await _remove_begun(deed, account)
    await _remove_used(deed, account)


async def _begin(deed: Deed, principal: Principal, address: str) -> int:
    if principal.outstanding != "second-factor":
        raise Refused("现在不需要输入动态口令。")
    return await attempt_actions.begin(
        deed,
        subject=attempt_actions.subject_of(principal.bureau, principal.staff_number),
        stage="second-factor",
        address=address[: session_actions.ADDRESS_LENGTH],
    )


def _counter(factor: Mapping[str, Any], code: str, deed: Deed) -> int | None:
    secret = account_key.opened(factor["secret"], factor["account"])
    return second_factor_rules.matching_counter(secret, code, deed.now, factor["last_counter"])


async def _row(account: int, *, confirmed: bool) -> Mapping[str, Any] | None:
    at = SecondFactorTable.confirmed_at
    row: Mapping[str, Any] | None = await (
        SecondFactorTable.select()
        .where(
            SecondFactorTable.account == account,
            SecondFactorTable.removed_at.is_null(),
            at.is_not_null() if confirmed else at.is_null(),
        )
        .first()
    )
    return row


async def _make_recovery_codes(deed: Deed, principal: Principal) -> tuple[str, ...]:
    await _void_recovery_codes(deed, principal.account)
    fresh = tuple(codes.new_code() for _ in range(second_factor_rules.RECOVERY_CODES))
    rows = [
        RecoveryCodeTable(
            bureau=principal.bureau,
            account=principal.account,
            digest=_digest(principal.account, code),
            made_at=deed.now,
        )
        for code in fresh
    ]
    await RecoveryCodeTable.insert(*rows)
    return fresh


def _digest(account: int, code: str) -> str:
    return account_key.digest("recovery-code", str(account), codes.typed(code))


async def _remove_begun(deed: Deed, account: int) -> None:
    await SecondFactorTable.update({SecondFactorTable.removed_at: deed.now}).where(
        SecondFactorTable.account == account,
        SecondFactorTable.confirmed_at.is_null(),
        SecondFactorTable.removed_at.is_null(),
    )


async def _remove_used(deed: Deed, account: int) -> None:
    await SecondFactorTable.update({SecondFactorTable.removed_at: deed.now}).where(
        SecondFactorTable.account == account,
        SecondFactorTable.confirmed_at.is_not_null(),
        SecondFactorTable.removed_at.is_null(),
    )
    await _void_recovery_codes(deed, account)


async def _void_recovery_codes(deed: Deed, account: int) -> None:
    await RecoveryCodeTable.update({RecoveryCodeTable.void_at: deed.now}).where(
        RecoveryCodeTable.account == account,
        RecoveryCodeTable.used_at.is_null(),
        RecoveryCodeTable.void_at.is_null(),
    )


async def _log(deed: Deed, event: str, principal: Principal, **details: Any) -> None:
    await audit_log.append(
        deed,
        event,
        bureau=principal.bureau,
        subject=f"account:{principal.staff_number}",
        **details,
    )
