"""A witness comes for one draw: invited by name, with a printed slip that is used once to choose a PIN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from app.accounts import (
    account_key,
    account_reads,
    account_rules,
    attempt_actions,
    codes,
    session_actions,
    session_reads,
)
from app.accounts.session_actions import Where
from app.accounts.tables import AccountTable, InvitationTable, RoleGrantTable
from registries import audit_log, database
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import NotFound, Refused

EVENTS: Final[dict[str, str]] = {
    "witness:invite": "邀请见证人",
    "witness:redeem": "见证人凭邀请单设定口令",
    "witness:withdraw": "撤回见证人邀请",
}


@dataclass(frozen=True)
class Invitation:
    """An invitation as read: `number` is what the witness signs in with, besides the PIN."""

    id: int
    bureau: str
    draw: str
    number: str
    name: str
    office: str
    first_day: date
    last_day: date
    invited_at: datetime
    redeemed_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, repr=False)
class Slip:
    """What is printed for the witness, once: the invitation and the one-time code."""

    invitation: Invitation
    code: str


async def invite(
    deed: Deed,
    *,
    by: int,
    bureau: str,
    draw: str,
    name: str,
    office: str,
    first_day: date,
    last_day: date,
) -> Slip:
    """Invite a witness by name to one draw and return the slip, whose code is stored nowhere.

    `first_day`, `last_day`: the days in China on which the slip and the PIN are good. Raises
    Refused when `by` may not, Invalid with every fault.
    """
    await account_reads.acting(bureau, by, "witnesses:invite")
    account_rules.check_invitation(draw, name, office, first_day, last_day, day_in_china(deed.now))
    account = await _enter(deed, by, bureau, draw, name, first_day, last_day)
    code = codes.new_code()
    row = InvitationTable(
        bureau=bureau,
        account=account.id,
        draw=draw,
        office=office.strip(),
        slip_digest=_digest(bureau, code),
        inviter=by,
        invited_at=deed.now,
    )
    await InvitationTable.insert(row)
    await audit_log.append(
        deed,
        "witness:invite",
        bureau=bureau,
        subject=f"account:{account.staff_number}",
        new={
            "draw": draw,
            "office": office.strip(),
            "first_day": first_day.isoformat(),
            "last_day": last_day.isoformat(),
        },
        personal={"name": account.name},
    )
    return Slip(await _invitation(bureau, account.staff_number), code)


async def redeem(deed: Deed, *, bureau: str, code: str, pin_hash: str, where: Where) -> str | None:
    """Use a slip: store the PIN's hash, begin a session, and return its token; None for a wrong slip.

    A used, withdrawn or expired slip is as wrong as one that never was. Raises Refused while the
    address has to wait.
    """
    attempt = await attempt_actions.begin(
        deed,
        # A wrong slip names nobody: the same one tried again waits, and so does its address.
        subject=_digest(bureau, code),
        stage="slip",
        address=where.address[: session_actions.ADDRESS_LENGTH],
    )
    row = await (
        InvitationTable.select()
        .where(
            InvitationTable.bureau == bureau,
            InvitationTable.slip_digest == _digest(bureau, code),
            InvitationTable.redeemed_at.is_null(),
            InvitationTable.withdrawn_at.is_null(),
        )
        .first()
    )
    account = await _usable(row, deed) if row else None
    await attempt_actions.end(deed, attempt=attempt, succeeded=account is not None)
    if row is None or account is None:
        return None
    await InvitationTable.update({InvitationTable.redeemed_at: deed.now}).where(
        InvitationTable.id == row["id"]
    )
    await AccountTable.update(
        {
            AccountTable.password: pin_hash,
            AccountTable.password_set_at: deed.now,
            AccountTable.one_time_password: False,
        }
    ).where(AccountTable.id == account["id"])
    await audit_log.append(
        deed,
        "witness:redeem",
        bureau=bureau,
        subject=f"account:{account['staff_number']}",
        new={"draw": row["draw"]},
    )
    return await session_actions.begin_session(deed, account=account, where=where)


async def withdraw(deed: Deed, *, by: int, bureau: str, number: str, reason: str) -> Invitation:
    """Withdraw an invitation: slip, PIN and sessions end at once. Raises Refused, NotFound."""
    await account_reads.acting(bureau, by, "witnesses:invite")
    account_rules.check_reason(reason)
    found = await _invitation(bureau, number)
    if found.withdrawn_at is not None:
        raise Refused("这份邀请已经撤回。")
    account = await account_reads.account(bureau, number)
    await InvitationTable.update(
        {InvitationTable.withdrawn_at: deed.now, InvitationTable.reason: reason.strip()}
    ).where(InvitationTable.id == found.id)
    # Without a hash nothing matches any more, even if the account were unlocked by mistake.
    await AccountTable.update({AccountTable.locked_at: deed.now, AccountTable.password: ""}).where(
        AccountTable.id == account.id
    )
    await session_actions.end_sessions(deed, account=account.id, why="lock")
    await audit_log.append(
        deed, "witness:withdraw", bureau=bureau, subject=f"account:{found.number}", reason=reason
    )
    return await _invitation(bureau, number)


async def invitations(bureau: str, draw: str | None = None) -> list[Invitation]:
    """Return a bureau's invitations, oldest first, or those of one draw."""
    rows = InvitationTable.select().where(InvitationTable.bureau == bureau)
    if draw is not None:
        rows = rows.where(InvitationTable.draw == draw)
    return [await _of(row) for row in await rows.order_by(InvitationTable.id)]


async def _enter(
    deed: Deed, by: int, bureau: str, draw: str, name: str, first_day: date, last_day: date
) -> account_reads.Account:
    """Make the account of one witness of one draw, without a password, with the witness's role."""
    count = await InvitationTable.count().where(InvitationTable.bureau == bureau)
    number = f"{account_rules.WITNESS_PREFIX}{count + 1:04d}"
    row = AccountTable(
        bureau=bureau,
        staff_number=number,
        name=name.strip(),
        draw=draw,
        password="",  # Nothing matches it until the slip is used.
        password_set_at=deed.now,
        one_time_password=False,
        valid_from=first_day,
        valid_to=last_day,
        created_at=deed.now,
    )
    await AccountTable.insert(row)
    entered = await account_reads.account(bureau, number)
    role = RoleGrantTable(
        bureau=bureau,
        account=entered.id,
        role="witness",
        deed="granted",
        granter=by,
        at=deed.now,
        reason=f"受邀见证抽查 {draw}",
    )
    await RoleGrantTable.insert(role)
    return entered


async def _usable(row: Mapping[str, Any], deed: Deed) -> Mapping[str, Any] | None:
    account = await AccountTable.select().where(AccountTable.id == row["account"]).first()
    return account if account and session_reads.is_open(account, deed.now) else None


async def _invitation(bureau: str, number: str) -> Invitation:
    found = await database.fetch_one(
        "SELECT i.id FROM witness_invitation i JOIN account a ON a.id = i.account"
        " WHERE a.bureau = {} AND a.staff_number = {}",
        bureau,
        number.upper(),
    )
    if found is None:
        raise NotFound(f"没有编号 {number} 的见证人邀请。可用 yaohao witness list 查看。")
    row = await InvitationTable.select().where(InvitationTable.id == found["id"]).first()
    return await _of(row or {})


async def _of(row: Mapping[str, Any]) -> Invitation:
    account = await account_reads.account_by_id(row["bureau"], row["account"])
    return Invitation(
        id=row["id"],
        bureau=row["bureau"],
        draw=row["draw"],
        number=account.staff_number,
        name=account.name,
        office=row["office"],
        first_day=account.valid_from or date.min,
        last_day=account.valid_to or date.max,
        invited_at=row["invited_at"],
        redeemed_at=row["redeemed_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def _digest(bureau: str, code: str) -> str:
    return account_key.digest("slip", bureau, codes.typed(code))
