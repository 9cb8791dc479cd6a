"""The deeds of signing in and out. Passwords are checked between two deeds, never inside one (sign_in.py)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from app.accounts import account_reads, attempt_actions, password_rules, session_reads
from app.accounts.session_reads import Principal, actor_named
from app.accounts.session_rules import SEEN_EVERY
from app.accounts.tables import AccountTable, SessionTable
from registries import audit_log
from registries.database import Actor, Deed
from registries.errors import NotFound

EVENTS: Final[dict[str, str]] = {
    "session:sign-in": "登录",
    "session:sign-out": "退出登录",
    "session:sign-out-everywhere": "在全部设备上退出登录",
}
TOKEN_BYTES = 32
ADDRESS_LENGTH = 45  # The longest way to write an IPv6 address.
DEVICE_LENGTH = 100

EndedWhy = Literal["sign-out", "everywhere", "renewed", "role", "password", "lock", "reset"]


@dataclass(frozen=True)
class Where:
    """From where a request comes: the address, and the browser as it names itself."""

    address: str
    device: str = ""


@dataclass(frozen=True, repr=False)
class Attempt:
    """A counted attempt and the hash to check it against; the hash is "" when nothing can match.

    It has no `repr`, so that no log ever shows the hash.
    """

    number: int
    account: int
    stored: str
    actor: Actor


async def begin_sign_in(deed: Deed, *, bureau: str, staff_number: str, where: Where) -> Attempt:
    """Count an attempt and return what its password is checked against.

    An unknown number, a locked account and an expired slip of paper take the same path with an
    empty hash. Raises Refused while the next attempt has to wait.
    """
    number = await attempt_actions.begin(
        deed,
        subject=attempt_actions.subject_of(bureau, staff_number),
        stage="password",
        address=where.address[:ADDRESS_LENGTH],
    )
    row = await account_reads.row_of(bureau, staff_number.strip())
    if row is None or not _may_try(row, deed.now):
        return Attempt(number, 0, "", Actor("public", ""))
    return Attempt(
        number, row["id"], row["password"], actor_named(row["name"], row["staff_number"])
    )


async def finish_sign_in(
    deed: Deed, *, attempt: Attempt, where: Where, renewed: str = ""
) -> str | None:
    """Begin a session after the right password and return its token, which is stored nowhere.

    `renewed`: the hash made anew with today's parameters, where the old one is outdated. None when
    the account was closed or got another password since `begin_sign_in`.
    """
    row = await AccountTable.select().where(AccountTable.id == attempt.account).first()
    if row is None or row["password"] != attempt.stored or not _may_try(row, deed.now):
        return None
    await attempt_actions.end(deed, attempt=attempt.number, succeeded=True)
    if renewed:
        await AccountTable.update({AccountTable.password: renewed}).where(
            AccountTable.id == row["id"]
        )
    token = await begin_session(deed, account=row, where=where)
    await audit_log.append(
        deed,
        "session:sign-in",
        bureau=row["bureau"],
        subject=f"account:{row['staff_number']}",
    )
    return token


async def begin_session(
    deed: Deed, *, account: Any, where: Where, second_factor_at: datetime | None = None
) -> str:
    """Store a new session of an account (its row) and return its token of 256 random bits."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = SessionTable(
        bureau=account["bureau"],
        account=account["id"],
        token_digest=session_reads.token_digest(token),
        created_at=deed.now,
        seen_at=deed.now,
        second_factor_at=second_factor_at,
        address=where.address[:ADDRESS_LENGTH],
        device=where.device[:DEVICE_LENGTH],
    )
    await SessionTable.insert(row)
    return token


async def renew_session(deed: Deed, *, session: int, second_factor: bool = False) -> str:
    """End a session and begin another on the same device; return the new token.

    Done at every gain of rights, so that a token seen before it is worth nothing after it.
    """
    old = await SessionTable.select().where(SessionTable.id == session).first()
    if old is None or old["ended_at"] is not None:
        raise NotFound("登录已失效，请重新登录。")
    await _end(deed, SessionTable.id == session, "renewed")
    account = await AccountTable.select().where(AccountTable.id == old["account"]).first()
    return await begin_session(
        deed,
        account=account,
        where=Where(old["address"], old["device"]),
        second_factor_at=deed.now if second_factor else old["second_factor_at"],
    )


async def sign_out(deed: Deed, *, principal: Principal, session: int | None = None) -> None:
    """End the session of the request, or another one of the same account. Raises NotFound."""
    wanted = principal.session if session is None else session
    own = await SessionTable.exists().where(
        SessionTable.id == wanted,
        SessionTable.account == principal.account,
        SessionTable.ended_at.is_null(),
    )
    if not own:
        raise NotFound("没有这台设备的登录，或已经退出。")
    await _end(deed, SessionTable.id == wanted, "sign-out")
    await _log(deed, "session:sign-out", principal)


async def sign_out_everywhere(deed: Deed, *, principal: Principal) -> None:
    """End every session of the account, that of the request as well."""
    await end_sessions(deed, account=principal.account, why="everywhere")
    await _log(deed, "session:sign-out-everywhere", principal)


async def end_sessions(deed: Deed, *, account: int, why: EndedWhy) -> None:
    """End every living session of an account."""
    await _end(deed, SessionTable.account == account, why)


async def end_other_sessions(deed: Deed, *, account: int, token: str) -> None:
    """End every living session of an account but the one of `token`."""
    kept = SessionTable.token_digest != session_reads.token_digest(token)
    await _end(deed, (SessionTable.account == account) & kept, "password")


async def seen(deed: Deed, *, principal: Principal) -> None:
    """Note that a session is in use; at most once a minute, and without an entry in the log."""
    if deed.now - principal.seen_at >= SEEN_EVERY:
        await SessionTable.update({SessionTable.seen_at: deed.now}).where(
            SessionTable.id == principal.session, SessionTable.ended_at.is_null()
        )


def _may_try(row: Any, now: datetime) -> bool:
    printed = row["one_time_password"]
    usable = not printed or password_rules.one_time_password_usable(row["password_set_at"], now)
    return usable and session_reads.is_open(row, now)


async def _end(deed: Deed, which: Any, why: EndedWhy) -> None:
    await SessionTable.update({SessionTable.ended_at: deed.now, SessionTable.ended_why: why}).where(
        which, SessionTable.ended_at.is_null()
    )


async def _log(deed: Deed, event: str, principal: Principal) -> None:
    await audit_log.append(
        deed, event, bureau=principal.bureau, subject=f"account:{principal.staff_number}"
    )
