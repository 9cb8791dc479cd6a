"""The deeds of accounts: made, given districts, locked and unlocked, given a password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from app.accounts import (
    account_reads,
    account_rules,
    attempt_actions,
    role_rules,
    second_factor_actions,
    session_actions,
)
from app.accounts.account_reads import Account
from app.accounts.role_rules import Role
from app.accounts.tables import AccountTable, RoleGrantTable
from registries import audit_log, bureaus
from registries.database import Deed
from registries.errors import Conflict, Invalid, Refused

EVENTS: Final[dict[str, str]] = {
    "account:create": "建立账号",
    "account:create-first": "建立本单位第一名管理员",
    "account:set-districts": "设定账号的辖区",
    "account:lock": "锁定账号",
    "account:unlock": "解锁账号",
    "account:reset-password": "重置密码",
    "account:change-password": "本人修改密码",
    "account:rescue": "在服务器上恢复管理员账号",
}


async def create(
    deed: Deed,
    *,
    by: int,
    bureau: str,
    staff_number: str,
    name: str,
    one_time_hash: str,
    districts: Sequence[str] = (),
) -> Account:
    """Make an account without any role and return it.

    `one_time_hash`: the hash of a printed password, which its owner changes at the first sign-in.
    Raises Refused when `by` may not, Invalid with every fault, Conflict when the number is taken.
    """
    await account_reads.acting(bureau, by, "accounts:create")
    made = await _enter(deed, bureau, staff_number, name, one_time_hash, districts)
    await _log(
        deed,
        "account:create",
        made,
        new={"staff_number": made.staff_number, "districts": list(made.districts)},
        personal={"name": made.name},
    )
    return made


async def create_first(
    deed: Deed, *, bureau: str, staff_number: str, name: str, role: Role, one_time_hash: str
) -> Account:
    """Make a bureau's first system or security administrator and return it.

    Raises Refused when the role is not one of these two, or when somebody holds it: from then on
    accounts and roles come from administrators.
    """
    if role not in role_rules.ADMINISTRATORS:
        raise Refused("首名管理员只能是系统管理员或安全管理员。其他角色请用 yaohao staff grant。")
    await bureaus.bureau(bureau)
    if any(role in one.roles for one in await account_reads.accounts(bureau)):
        raise Refused(
            f"本单位已有{role_rules.ROLES[role]}。增加人员请用 yaohao staff add 和 staff grant；"
            "忘记密码或丢失动态口令时请用 yaohao staff rescue。"
        )
    made = await _enter(deed, bureau, staff_number, name, one_time_hash, ())
    reason = "本单位首名管理员"
    row = RoleGrantTable(
        bureau=bureau, account=made.id, role=role, deed="granted", at=deed.now, reason=reason
    )
    await RoleGrantTable.insert(row)
    await _log(
        deed,
        "account:create-first",
        made,
        new={"staff_number": made.staff_number, "role": role},
        personal={"name": made.name},
    )
    return await account_reads.account_by_id(bureau, made.id)


async def set_districts(
    deed: Deed, *, by: int, bureau: str, staff_number: str, districts: Sequence[str]
) -> Account:
    """Let an account see these districts only, or the whole bureau when there is none."""
    await account_reads.acting(bureau, by, "accounts:create")
    before = await account_reads.account(bureau, staff_number)
    faults = account_rules.district_faults(districts)
    if faults:
        raise Invalid("辖区有误，请改正后再试。", faults)
    text = " ".join(sorted(set(districts)))
    await AccountTable.update({AccountTable.districts: text}).where(AccountTable.id == before.id)
    await _log(
        deed,
        "account:set-districts",
        before,
        previous={"districts": list(before.districts)},
        new={"districts": text.split()},
    )
    return await account_reads.account_by_id(bureau, before.id)


async def lock(deed: Deed, *, by: int, bureau: str, staff_number: str, reason: str) -> Account:
    """Close an account and end its sessions. Nobody closes their own."""
    found = await _other(bureau, by, staff_number, "锁定")
    account_rules.check_reason(reason)
    if found.locked_at is not None:
        raise Refused("此账号已经锁定。")
    await AccountTable.update({AccountTable.locked_at: deed.now}).where(AccountTable.id == found.id)
    await session_actions.end_sessions(deed, account=found.id, why="lock")
    await _log(deed, "account:lock", found, new={"locked": True}, reason=reason)
    return await account_reads.account_by_id(bureau, found.id)


async def unlock(deed: Deed, *, by: int, bureau: str, staff_number: str, reason: str) -> Account:
    """Open a closed account, and let one that guessed wrongly too often try again at once."""
    found = await _other(bureau, by, staff_number, "解锁")
    account_rules.check_reason(reason)
    await _open(deed, found)
    await _log(deed, "account:unlock", found, new={"locked": False}, reason=reason)
    return await account_reads.account_by_id(bureau, found.id)


async def reset_password(
    deed: Deed, *, by: int, bureau: str, staff_number: str, one_time_hash: str, reason: str
) -> Account:
    """Replace a password by a printed one-time password; its second factor stays as it is.

    Whoever resets passwords cannot reset second factors, so neither administrator alone can take
    over an account that has one.
    """
    await account_reads.acting(bureau, by, "accounts:create")
    found = await account_reads.account(bureau, staff_number)
    account_rules.check_another(by, found.id, "重置")
    account_rules.check_reason(reason)
    if found.draw:
        raise Refused("受邀见证人没有密码。请撤回邀请后重新邀请：yaohao witness invite。")
    await _set_password(deed, found.id, one_time_hash, one_time=True)
    await session_actions.end_sessions(deed, account=found.id, why="password")
    await _log(deed, "account:reset-password", found, reason=reason)
    return found


async def change_password(
    deed: Deed, *, bureau: str, account: int, session: int, old_hash: str, new_hash: str
) -> str:
    """Store the password that somebody chose, end their other sessions, and return a new token.

    `old_hash` is the hash that the old password was checked against. Raises Conflict when it is no
    longer the stored one.
    """
    found = await account_reads.account_by_id(bureau, account)
    row = await AccountTable.select().where(AccountTable.id == account).first()
    if row is None or row["password"] != old_hash:
        raise Conflict("密码刚刚被改过，请用新密码重新登录。")
    await _set_password(deed, account, new_hash, one_time=False)
    token = await session_actions.renew_session(deed, session=session)
    await session_actions.end_other_sessions(deed, account=account, token=token)
    await _log(deed, "account:change-password", found)
    return token


async def rescue(
    deed: Deed, *, bureau: str, staff_number: str, one_time_hash: str, reason: str
) -> Account:
    """Give an administrator who is locked out a one-time password and no second factor.

    The way back when nobody else can help: it has no `by`, because only a command on the server
    calls it, where whoever runs it holds the database and the keys anyway. It stays in the log.
    """
    found = await account_reads.account(bureau, staff_number)
    account_rules.check_reason(reason)
    if role_rules.ADMINISTRATORS.isdisjoint(found.roles):
        raise Refused("此人不是管理员。请由管理员用 yaohao staff reset-password 或 unlock 办理。")
    await _set_password(deed, found.id, one_time_hash, one_time=True)
    await second_factor_actions.remove(deed, account=found.id)
    await _open(deed, found)
    await session_actions.end_sessions(deed, account=found.id, why="reset")
    await _log(deed, "account:rescue", found, reason=reason)
    return found


async def _enter(
    deed: Deed,
    bureau: str,
    staff_number: str,
    name: str,
    one_time_hash: str,
    districts: Sequence[str],
) -> Account:
    account_rules.check_entries(staff_number, name, districts)
    if await account_reads.row_of(bureau, staff_number) is not None:
        raise Conflict(f"工号 {staff_number} 已有账号，不能重复建立。")
    row = AccountTable(
        bureau=bureau,
        staff_number=staff_number,
        name=name.strip(),
        districts=" ".join(sorted(set(districts))),
        password=one_time_hash,
        password_set_at=deed.now,
        created_at=deed.now,
    )
    await AccountTable.insert(row)
    return await account_reads.account(bureau, staff_number)


async def _other(bureau: str, by: int, staff_number: str, what: str) -> Account:
    await account_reads.acting(bureau, by, "accounts:unlock")
    found = await account_reads.account(bureau, staff_number)
    account_rules.check_another(by, found.id, what)
    return found


async def _open(deed: Deed, found: Account) -> None:
    await AccountTable.update({AccountTable.locked_at: None}).where(AccountTable.id == found.id)
    subject = attempt_actions.subject_of(found.bureau, found.staff_number)
    await attempt_actions.clear(deed, subject=subject)


async def _set_password(deed: Deed, account: int, hash_: str, *, one_time: bool) -> None:
    await AccountTable.update(
        {
            AccountTable.password: hash_,
            AccountTable.password_set_at: deed.now,
            AccountTable.one_time_password: one_time,
        }
    ).where(AccountTable.id == account)


async def _log(deed: Deed, event: str, account: Account, **details: Any) -> None:
    await audit_log.append(
        deed,
        event,
        bureau=account.bureau,
        subject=f"account:{account.staff_number}",
        **details,
    )
