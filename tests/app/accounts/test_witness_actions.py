"""A witness comes for one draw, with a slip that is used once and a PIN of their own, on the draw's days only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app.accounts import account_actions, role_actions, session_reads, sign_in, witness_actions
from app.accounts.lockout_rules import FREE_FAILURES
from app.accounts.tables import InvitationTable
from app.accounts.witness_actions import Slip
from registries import audit_log
from registries.errors import Invalid, NotFound, Refused
from tests.app.accounts.staff import (
    DESK,
    Administrators,
    enter,
    make_account,
    make_administrators,
    principal,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, SHENZHEN, do

TODAY = date(2026, 11, 21)
PIN = "240817"


async def invited(administrators: Administrators, **changes: Any) -> Slip:
    details: dict[str, Any] = {
        "by": administrators.security,
        "bureau": GUANGZHOU,
        "draw": "2026-1",
        "name": "赵七",
        "office": "驻局纪检监察组",
        "first_day": TODAY,
        "last_day": TODAY,
    }
    slip: Slip = await do(witness_actions.invite, **details | changes)
    return slip


async def redeem(slip: Slip, pin: str = PIN, **changes: Any) -> str:
    details: dict[str, Any] = {"bureau": GUANGZHOU, "code": slip.code, "where": DESK, "now": NOON}
    return await sign_in.redeem_slip(pin=pin, **details | changes)


@pytest.mark.postgres
async def test_a_witness_comes_in_with_the_slip_and_again_with_the_pin(
    database: TestDatabase,
) -> None:
    slip = await invited(await make_administrators())
    who = await principal(await redeem(slip))
    assert (who.name, who.roles, who.draw, who.outstanding) == ("赵七", {"witness"}, "2026-1", "")
    assert who.may("draws:witness")
    assert not who.may("draws:operate")
    again = await principal(await enter(slip.invitation.number, PIN))
    assert again.account == who.account


async def test_a_slip_is_used_once(database: TestDatabase) -> None:
    slip = await invited(await make_administrators())
    await redeem(slip)
    with pytest.raises(Refused, match="已经用过"):
        await redeem(slip, "905132")
    await enter(slip.invitation.number, PIN)


async def test_slip_and_pin_are_good_on_the_days_of_the_draw_only(database: TestDatabase) -> None:
    administrators = await make_administrators()
    tomorrow = TODAY + timedelta(days=1)
    slip = await invited(administrators, first_day=tomorrow, last_day=tomorrow)
    with pytest.raises(Refused, match="不在抽查当日"):
        await redeem(slip)
    # China's midnight, not that of UTC, begins the day.
    begins = NOON.replace(hour=16)
    token = await redeem(slip, now=begins)
    day_after = begins + timedelta(days=1)
    assert await session_reads.principal_of(token, begins) is not None
    assert await session_reads.principal_of(token, day_after) is None
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter(slip.invitation.number, PIN, now=day_after)


async def test_a_withdrawn_invitation_opens_nothing_any_more(database: TestDatabase) -> None:
    administrators = await make_administrators()
    used, unused = await invited(administrators), await invited(administrators)
    token = await redeem(used)
    for slip in (used, unused):
        await do(
            witness_actions.withdraw,
            by=administrators.security,
            bureau=GUANGZHOU,
            number=slip.invitation.number.lower(),
            reason="换人",
        )
    assert await session_reads.principal_of(token, NOON) is None
    with pytest.raises(Refused, match="邀请码不对"):
        await redeem(unused)
    await do(
        account_actions.unlock,
        by=administrators.security,
        bureau=GUANGZHOU,
        staff_number=used.invitation.number,
        reason="误操作",
    )
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter(used.invitation.number, PIN)


async def test_a_guessable_pin_is_refused_before_the_slip_is_used(database: TestDatabase) -> None:
    slip = await invited(await make_administrators())
    with pytest.raises(Invalid, match="口令不能用"):
        await redeem(slip, "123456")
    await redeem(slip)


async def test_a_slip_is_of_its_bureau(database: TestDatabase) -> None:
    slip = await invited(await make_administrators())
    await make_administrators(SHENZHEN)
    with pytest.raises(Refused, match="邀请码不对"):
        await redeem(slip, bureau=SHENZHEN)


async def test_guessing_one_slip_makes_wait_and_no_other_slip(database: TestDatabase) -> None:
    slip = await invited(await make_administrators())
    for _ in range(FREE_FAILURES):
        with pytest.raises(Refused, match="邀请码不对"):
            await redeem(slip, code="0000")
    with pytest.raises(Refused, match="分钟后再试"):
        await redeem(slip, code="0000")
    await redeem(slip)


async def test_only_the_security_administrator_invites(database: TestDatabase) -> None:
    administrators = await make_administrators()
    operator = await make_account(administrators, "draw-operator", own_password=False)
    for by in (administrators.system, operator.id):
        with pytest.raises(Refused, match="请由安全管理员办理"):
            await invited(administrators, by=by)


async def test_an_invited_witness_gets_no_other_role_and_no_password(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    number = (await invited(administrators)).invitation.number
    who = {"bureau": GUANGZHOU, "staff_number": number, "reason": "顺便"}
    with pytest.raises(Refused, match="只有本场抽查的见证权"):
        await do(role_actions.grant, by=administrators.security, role="approver", **who)
    with pytest.raises(Refused, match="没有密码"):
        await do(account_actions.reset_password, by=administrators.system, one_time_hash="-", **who)


async def test_every_fault_of_an_invitation_is_told_at_once(database: TestDatabase) -> None:
    administrators = await make_administrators()
    with pytest.raises(Invalid) as refusal:
        await invited(
            administrators, draw="第一场", name="", office=" ", last_day=TODAY + timedelta(days=7)
        )
    assert set(refusal.value.fields) == {"draw", "name", "office", "last_day"}
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(Invalid, match="邀请信息有误"):
        await invited(administrators, first_day=yesterday, last_day=yesterday)


async def test_invitations_are_listed_by_draw_and_bureau(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await invited(administrators)
    await invited(administrators, draw="2026-2")
    found = await witness_actions.invitations(GUANGZHOU, "2026-2")
    assert [(one.number, one.draw) for one in found] == [("J-0002", "2026-2")]
    assert await witness_actions.invitations(SHENZHEN) == []
    with pytest.raises(NotFound):
        await do(
            witness_actions.withdraw,
            by=administrators.security,
            bureau=GUANGZHOU,
            number="J-0009",
            reason="换人",
        )


async def test_neither_slip_nor_pin_is_stored_or_logged(database: TestDatabase) -> None:
    slip = await invited(await make_administrators())
    await redeem(slip)
    logged = "".join(one.canonical for one in await audit_log.entries(limit=500))
    stored = str(await InvitationTable.select())
    for text in (logged, stored, repr(slip)):
        assert slip.code not in text
        assert slip.code.replace("-", "") not in text
    assert "赵七" not in logged
