"""Accounts and the roles they hold, as read by deeds, commands and pages; each stays within its bureau."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from piccolo.columns.combination import WhereRaw

from app.accounts import role_rules
from app.accounts.role_rules import Capability, Role
from app.accounts.tables import AccountTable, RoleGrantTable, SecondFactorTable
from registries.errors import NotFound, Refused


@dataclass(frozen=True)
class Account:
    """A person (or, with `draw`, a witness of one draw) with the roles held now; times are UTC.

    `districts` is empty for the whole bureau. `second_factor`: a confirmed code generator is in use.
    """

    id: int
    bureau: str
    staff_number: str
    name: str
    roles: tuple[Role, ...]
    districts: tuple[str, ...]
    draw: str
    second_factor: bool
    one_time_password: bool
    valid_from: date | None
    valid_to: date | None
    locked_at: datetime | None
    created_at: datetime

    def may(self, capability: Capability) -> bool:
        """Say whether the roles bring a capability."""
        return capability in role_rules.capabilities(self.roles)


@dataclass(frozen=True)
class RoleEvent:
    """One granting or withdrawing of a role, by whom (None: the first administrator), when and why."""

    role: Role
    deed: str
    granter: str | None
    at: datetime
    reason: str


async def account(bureau: str, staff_number: str) -> Account:
    """Return the account of a staff number, in any case of its letters. Raises NotFound."""
    row = await row_of(bureau, staff_number)
    if row is None:
        raise NotFound(f"本单位没有工号为 {staff_number} 的账号。可用 yaohao staff list 查看。")
    return (await _accounts([row]))[0]


async def account_by_id(bureau: str, id_: int) -> Account:
    """Return an account of this bureau. Raises NotFound, also for another bureau's."""
    row = await (
        AccountTable.select().where(AccountTable.id == id_, AccountTable.bureau == bureau).first()
    )
    if row is None:
        raise NotFound("本单位没有这个账号。")
    return (await _accounts([row]))[0]


async def accounts(bureau: str) -> list[Account]:
    """Return every account of a bureau, by staff number."""
    rows = await (
        AccountTable.select()
        .where(AccountTable.bureau == bureau)
        .order_by(AccountTable.staff_number, AccountTable.id)
    )
    return await _accounts(rows)


async def any_account() -> bool:
    """Say whether the installation has an account of any bureau."""
    exists: bool = await AccountTable.exists()
    return exists


async def acting(bureau: str, id_: int, capability: Capability) -> Account:
    """Return the account that acts, once it may. Raises Refused; read inside the deed it decides.

    A role withdrawn a moment ago no longer counts, whatever the page or the command had checked.
    """
    found = await account_by_id(bureau, id_)
    if found.locked_at is not None or not found.may(capability):
        who = "、".join(role_rules.ROLES[role] for role in role_rules.holders(capability))
        what = role_rules.CAPABILITIES[capability]
        raise Refused(f"{found.name}（{found.staff_number}）无权办理：{what}。请由{who}办理。")
    return found


async def roles_of(ids: Iterable[int]) -> dict[int, tuple[Role, ...]]:
    """Return the roles that accounts hold now, in the order of the table of roles."""
    wanted = list(ids)
    held: dict[int, set[str]] = defaultdict(set)
    if wanted:
        rows = await (
            RoleGrantTable.select(RoleGrantTable.account, RoleGrantTable.role, RoleGrantTable.deed)
            .where(RoleGrantTable.account.is_in(wanted))
            .order_by(RoleGrantTable.id)
        )
        for row in rows:
            if row["deed"] == "granted":
                held[row["account"]].add(row["role"])
            else:
                held[row["account"]].discard(row["role"])
    return {id_: tuple(role for role in role_rules.ROLES if role in held[id_]) for id_ in wanted}


async def role_history(account: Account) -> list[RoleEvent]:
    """Return every granting and withdrawing of an account's roles, oldest first."""
    rows = await (
        RoleGrantTable.select()
        .where(RoleGrantTable.account == account.id)
        .order_by(RoleGrantTable.id)
    )
    granters = [row["granter"] for row in rows if row["granter"] is not None]
    names = await _names(granters)
    return [
        RoleEvent(
            cast("Role", row["role"]),
            row["deed"],
            names.get(row["granter"]),
            row["at"],
            row["reason"],
        )
        for row in rows
    ]


async def row_of(bureau: str, staff_number: str) -> Mapping[str, Any] | None:
    """Return the stored row of a staff number with its password hash, or None; for signing in."""
    row: Mapping[str, Any] | None = await (
        AccountTable.select()
        .where(
            AccountTable.bureau == bureau,
            WhereRaw("lower(staff_number) = {}", staff_number.lower()),
        )
        .first()
    )
    return row


async def _names(ids: Iterable[int]) -> dict[int, str]:
    wanted = list(ids)
    if not wanted:
        return {}
    rows = await AccountTable.select(AccountTable.id, AccountTable.name).where(
        AccountTable.id.is_in(wanted)
    )
    return {row["id"]: row["name"] for row in rows}


async def _accounts(rows: Iterable[Mapping[str, Any]]) -> list[Account]:
    given = list(rows)
    ids = [row["id"] for row in given]
    roles = await roles_of(ids)
    enrolled = await enrolled_among(ids)
    return [
        Account(
            id=row["id"],
            bureau=row["bureau"],
            staff_number=row["staff_number"],
            name=row["name"],
            roles=roles[row["id"]],
            districts=tuple(row["districts"].split()),
            draw=row["draw"],
            second_factor=row["id"] in enrolled,
            one_time_password=row["one_time_password"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            locked_at=row["locked_at"],
            created_at=row["created_at"],
        )
        for row in given
    ]


async def enrolled_among(ids: Iterable[int]) -> frozenset[int]:
    """Return which of these accounts have a confirmed second factor in use."""
    wanted = list(ids)
    if not wanted:
        return frozenset()
    rows = await SecondFactorTable.select(SecondFactorTable.account).where(
        SecondFactorTable.account.is_in(wanted),
        SecondFactorTable.confirmed_at.is_not_null(),
        SecondFactorTable.removed_at.is_null(),
    )
    return frozenset(row["account"] for row in rows)
