"""Granting and withdrawing roles: by another person, apart where they must be, with a reason, for ever on record."""

from __future__ import annotations

from typing import Final, Literal

from app.accounts import account_reads, account_rules, role_rules, session_actions
from app.accounts.account_reads import Account
from app.accounts.role_rules import Role
from app.accounts.tables import RoleGrantTable
from registries import audit_log
from registries.database import Deed
from registries.errors import Refused

EVENTS: Final[dict[str, str]] = {
    "role:grant": "授予角色",
    "role:withdraw": "收回角色",
}


async def grant(
    deed: Deed, *, by: int, bureau: str, staff_number: str, role: Role, reason: str
) -> Account:
    """Give an account a role and return it; its sessions end, so that rights begin with a new token.

    Raises Refused when `by` may not, when the role is held, must stay apart from another, or would
    be given to oneself.
    """
    await account_reads.acting(bureau, by, "accounts:grant")
    found = await account_reads.account(bureau, staff_number)
    account_rules.check_reason(reason)
    if found.draw:
        raise Refused("受邀见证人只有本场抽查的见证权，不能授予其他角色。请为其另建账号。")
    role_rules.check_grant(found.roles, role, to_oneself=by == found.id)
    return await _record(deed, by, found, role, "granted", reason)


async def withdraw(
    deed: Deed, *, by: int, bureau: str, staff_number: str, role: Role, reason: str
) -> Account:
    """Take a role back and return the account; its sessions end.

    Raises Refused when `by` may not, when the role is not held, or when it is one's own: a bureau
    can therefore never be left without anybody who grants roles.
    """
    await account_reads.acting(bureau, by, "accounts:grant")
    found = await account_reads.account(bureau, staff_number)
    account_rules.check_reason(reason)
    if role not in found.roles:
        raise Refused(f"此人没有“{role_rules.ROLES[role]}”角色，无须收回。")
    account_rules.check_another(by, found.id, "更改")
    return await _record(deed, by, found, role, "withdrawn", reason)


async def _record(
    deed: Deed,
    by: int,
    found: Account,
    role: Role,
    what: Literal["granted", "withdrawn"],
    reason: str,
) -> Account:
    row = RoleGrantTable(
        bureau=found.bureau,
        account=found.id,
        role=role,
        deed=what,
        granter=by,
        at=deed.now,
        reason=reason.strip(),
    )
    await RoleGrantTable.insert(row)
    await session_actions.end_sessions(deed, account=found.id, why="role")
    after = await account_reads.account_by_id(found.bureau, found.id)
    await audit_log.append(
        deed,
        "role:grant" if what == "granted" else "role:withdraw",
        bureau=found.bureau,
        subject=f"account:{found.staff_number}",
        previous={"roles": list(found.roles)},
        new={"roles": list(after.roles), "role": role},
        reason=reason,
    )
    return after
