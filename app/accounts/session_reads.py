"""Who a token belongs to, and on which devices somebody is signed in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.accounts import account_reads, account_rules, role_rules, session_rules
from app.accounts.role_rules import Capability, Role
from app.accounts.session_rules import Outstanding
from app.accounts.tables import AccountTable, SessionTable
from registries.calendar import day_in_china
from registries.database import Actor


@dataclass(frozen=True)
class Principal:
    """Who makes a request: the account of a living session, and what it may do right now.

    `districts` is empty for the whole bureau; `draw` is the one draw that an invited witness may
    see, "" for staff. `outstanding` says what has to be done before anything else may be. `scopes`
    narrow what a program with the person's token may do (None: the person itself; then `session` is
    the session, otherwise 0).
    """

    account: int
    session: int
    bureau: str
    staff_number: str
    name: str
    roles: frozenset[Role]
    districts: frozenset[str]
    draw: str
    second_factor_done: bool
    outstanding: Outstanding
    seen_at: datetime
    scopes: frozenset[str] | None = None

    def may(self, capability: Capability) -> bool:
        """Say whether the capability is there, within the scopes, and nothing is outstanding."""
        if self.outstanding or (self.scopes is not None and capability not in self.scopes):
            return False
        return capability in role_rules.capabilities(self.roles)

    def covers(self, district: str) -> bool:
        """Say whether rows of a district are this person's to see."""
        return not self.districts or district in self.districts

    def actor(self) -> Actor:
        """Return how this person stands in the log."""
        return actor_named(self.name, self.staff_number)


@dataclass(frozen=True)
class Device:
    """One living session as its owner sees it; `current`: the one that asks."""

    session: int
    device: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    current: bool


def actor_named(name: str, staff_number: str) -> Actor:
    """Return the actor of a person: the number tells two people of one name apart."""
    return Actor("staff", f"{name}（{staff_number}）")


def token_digest(token: str) -> str:
    """Return what is stored of a token. 256 random bits need no key and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


async def principal_of(token: str, now: datetime) -> Principal | None:
    """Return who a token belongs to, or None: unknown, ended, expired, or the account is closed."""
    row = await (
        SessionTable.select()
        .where(SessionTable.token_digest == token_digest(token), SessionTable.ended_at.is_null())
        .first()
    )
    if row is None:
        return None
    return await _principal(row, now)


async def devices(account: int, now: datetime, current: int = 0) -> list[Device]:
    """Return the living sessions of an account, the newest first; `current` is the asking session."""
    rows = await (
        SessionTable.select()
        .where(SessionTable.account == account, SessionTable.ended_at.is_null())
        .order_by(SessionTable.id, ascending=False)
    )
    return [
        Device(
            row["id"],
            row["device"],
            row["address"],
            row["created_at"],
            row["seen_at"],
            row["id"] == current,
        )
        for row in rows
        if await _principal(row, now) is not None
    ]


async def _principal(session: Mapping[str, Any], now: datetime) -> Principal | None:
    id_ = session["account"]
    row = await AccountTable.select().where(AccountTable.id == id_).first()
    if row is None or not is_open(row, now):
        return None
    found = await principal_for(
        row,
        session=session["id"],
        second_factor_done=session["second_factor_at"] is not None,
        seen_at=session["seen_at"],
    )
    alive = session_rules.is_alive(
        session["created_at"], session["seen_at"], now, finished=not found.outstanding
    )
    return found if alive else None


async def principal_for(
    account: Mapping[str, Any],
    *,
    session: int,
    second_factor_done: bool,
    seen_at: datetime,
    scopes: frozenset[str] | None = None,
) -> Principal:
    """Return who an account (its row) is, with the roles it has now and what is outstanding."""
    id_ = account["id"]
    roles = (await account_reads.roles_of([id_]))[id_]
    outstanding = session_rules.outstanding(
        roles,
        enrolled=id_ in await account_reads.enrolled_among([id_]),
        second_factor_done=second_factor_done,
        one_time_password=account["one_time_password"],
    )
    return Principal(
        account=id_,
        session=session,
        bureau=account["bureau"],
        staff_number=account["staff_number"],
        name=account["name"],
        roles=frozenset(roles),
        districts=frozenset(account["districts"].split()),
        draw=account["draw"],
        second_factor_done=second_factor_done,
        outstanding=outstanding,
        seen_at=seen_at,
        scopes=scopes,
    )


def is_open(account: Mapping[str, Any], now: datetime) -> bool:
    """Say whether an account (its row) may be used now: not locked, and on its days."""
    day = day_in_china(now)
    return account["locked_at"] is None and account_rules.usable_on(
        day, account["valid_from"], account["valid_to"]
    )
