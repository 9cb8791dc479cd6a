"""Tokens for programs: made by the person they act for, with fewer rights, up to a day, and ended at any time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.accounts.role_rules import CAPABILITIES, Capability
from app.accounts.session_reads import Principal, is_open, principal_for, token_digest
from app.accounts.tables import AccountTable, ApiTokenTable
from registries import audit_log
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Invalid, NotFound

EVENTS: Final[dict[str, str]] = {
    "token:make": "生成接口令牌",
    "token:end": "停用接口令牌",
}
# What a program may be given. Approving, signing, drawing and rights stay with a person who has just signed in.
SCOPES: Final[tuple[Capability, ...]] = (
    "books:read",
    "books:change",
    "plans:read",
    "plans:draft",
    "draws:read",
    "log:read",
)
LONGEST: Final = timedelta(days=366)
MOST_LIVING: Final = 20
PREFIX: Final = "yaohao_"  # So that a token lying about is recognised for what it is.
USED_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True)
class ApiToken:
    """A token as its owner sees it; the token itself is stored nowhere."""

    id: int
    purpose: str
    scopes: tuple[str, ...]
    made_at: datetime
    valid_to: date
    used_at: datetime | None
    ended_at: datetime | None

    def living(self, today: date) -> bool:
        """Say whether it still opens anything."""
        return self.ended_at is None and today <= self.valid_to


async def make_token(
    deed: Deed, *, principal: Principal, purpose: str, scopes: Iterable[str], valid_to: date | None
) -> str:
    """Make a token of the person's own and return it, the only time it is seen. Raises Invalid."""
    wanted = [one for one in SCOPES if one in set(scopes)]
    faults: dict[str, list[str]] = {}
    if not purpose.strip():
        faults["purpose"] = ["请填写用途，例如 与市场监管部门交换名录。"]
    if not wanted or any(not principal.may(one) for one in wanted):
        faults["scopes"] = ["请选择令牌可以办理的事项，不能超出您本人的权限。"]
    if valid_to is None or not deed.today <= valid_to <= deed.today + LONGEST:
        faults["valid_to"] = ["请填写今天起一年以内的日期。"]
    living = [one for one in await tokens_of(principal.account) if one.living(deed.today)]
    if len(living) >= MOST_LIVING:
        faults.setdefault("purpose", []).append(
            f"您已有 {MOST_LIVING} 个有效的令牌，请先停用不再使用的。"
        )
    if faults:
        raise Invalid("填写有误，没有生成令牌。", faults)
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiTokenTable(
        bureau=principal.bureau,
        account=principal.account,
        purpose=purpose.strip()[:100],
        scopes=" ".join(wanted),
        token_digest=token_digest(token),
        made_at=deed.now,
        valid_to=valid_to,
    )
    await ApiTokenTable.insert(row)
    told = {"purpose": purpose.strip()[:100], "scopes": wanted, "valid_to": str(valid_to)}
    await _log(deed, "token:make", principal, told)
    return token


async def end_token(deed: Deed, *, principal: Principal, token: int) -> None:
    """End one of the person's own tokens; it opens nothing from now on. Raises NotFound."""
    own = (
        (ApiTokenTable.id == token)
        & (ApiTokenTable.account == principal.account)
        & ApiTokenTable.ended_at.is_null()
    )
    row = await ApiTokenTable.select().where(own).first()
    if row is None:
        raise NotFound("没有这个令牌，或已经停用。")
    await ApiTokenTable.update({ApiTokenTable.ended_at: deed.now}).where(own)
    await _log(deed, "token:end", principal, {"purpose": row["purpose"]})


async def tokens_of(account: int) -> list[ApiToken]:
    """Return the tokens of an account, the newest first, ended ones too."""
    rows = await (
        ApiTokenTable.select()
        .where(ApiTokenTable.account == account)
        .order_by(ApiTokenTable.id, ascending=False)
    )
    return [
        ApiToken(
            row["id"],
            row["purpose"],
            tuple(row["scopes"].split()),
            row["made_at"],
            row["valid_to"],
            row["used_at"],
            row["ended_at"],
        )
        for row in rows
    ]


async def holder_of(token: str, now: datetime) -> tuple[int, Principal] | None:
    """Return a living token's number and whom it acts for; None when it opens nothing.

    It opens nothing either while the person has something outstanding (a printed password, a second
    factor that the roles ask for), or is locked.
    """
    row = await (
        ApiTokenTable.select()
        .where(ApiTokenTable.token_digest == token_digest(token), ApiTokenTable.ended_at.is_null())
        .first()
    )
    if row is None or day_in_china(now) > row["valid_to"]:
        return None
    account = await AccountTable.select().where(AccountTable.id == row["account"]).first()
    if account is None or not is_open(account, now):
        return None
    found = await principal_for(
        account,
        session=0,
        # The owner had passed it when the token was made; a token is no session that could do it again.
        second_factor_done=True,
        seen_at=row["used_at"] or row["made_at"],
        scopes=frozenset(row["scopes"].split()),
    )
    return None if found.outstanding else (row["id"], found)


async def note_use(deed: Deed, *, token: int) -> None:
    """Note that a token was used; at most once an hour, and without an entry in the log."""
    stale = ApiTokenTable.used_at.is_null() | (ApiTokenTable.used_at <= deed.now - USED_EVERY)
    await ApiTokenTable.update({ApiTokenTable.used_at: deed.now}).where(
        ApiTokenTable.id == token, stale
    )


async def _log(deed: Deed, event: str, principal: Principal, told: Mapping[str, Any]) -> None:
    await audit_log.append(
        deed,
        event,
        bureau=principal.bureau,
        subject=f"account:{principal.staff_number}",
        new=dict(told),
    )


def scopes_open_to(principal: Principal) -> dict[str, str]:
    """Return the scopes that a person may give to a token: code → words."""
    return {one: CAPABILITIES[one] for one in SCOPES if principal.may(one)}
