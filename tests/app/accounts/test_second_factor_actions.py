"""The second factor: asked of those whose roles need it, good once, with a way back for a lost phone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts import (
    account_key,
    second_factor_actions,
    second_factor_rules,
    session_reads,
    sign_in,
)
from app.accounts.lockout_rules import FREE_FAILURES
from app.accounts.tables import RecoveryCodeTable, SecondFactorTable
from registries import audit_log
from registries.errors import Refused
from tests.app.accounts.staff import (
    DESK,
    Administrators,
    code_of,
    enrol,
    enter,
    make_account,
    make_administrators,
    principal,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, do

# The next step after enrolment: its code was used at NOON.
NEXT = NOON + timedelta(seconds=second_factor_rules.STEP_SECONDS)


async def an_operator() -> tuple[Administrators, str, second_factor_actions.Enrolled]:
    administrators = await make_administrators()
    await make_account(administrators, "draw-operator")
    secret, enrolled = await enrol(await enter())
    return administrators, secret, enrolled


@pytest.mark.postgres
async def test_an_operator_can_do_nothing_before_enrolling(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "draw-operator")
    token = await enter()
    assert (await principal(token)).outstanding == "enrol"
    assert not (await principal(token)).may("draws:operate")
    secret, enrolled = await enrol(token)
    assert await session_reads.principal_of(token, NOON) is None
    assert (await principal(enrolled.token)).may("draws:operate")
    at_sign_in = await principal(await enter(now=NEXT), NEXT)
    assert at_sign_in.outstanding == "second-factor"
    renewed = await sign_in.enter_code(
        principal=at_sign_in, code=code_of(secret, NEXT), where=DESK, now=NEXT
    )
    who = await principal(renewed, NEXT)
    assert who.second_factor_done
    assert who.may("draws:operate")


async def test_a_code_is_good_once(database: TestDatabase) -> None:
    _, secret, _ = await an_operator()
    code = code_of(secret, NOON)
    who = await principal(await enter())
    with pytest.raises(Refused, match="已经用过"):
        await sign_in.enter_code(principal=who, code=code, where=DESK, now=NOON)
    await sign_in.enter_code(principal=who, code=code_of(secret, NEXT), where=DESK, now=NEXT)
    again = await principal(await enter(now=NEXT), NEXT)
    with pytest.raises(Refused, match="已经用过"):
        await sign_in.enter_code(principal=again, code=code_of(secret, NEXT), where=DESK, now=NEXT)


async def test_wrong_codes_make_wait_though_the_password_is_right_each_time(
    database: TestDatabase,
) -> None:
    _, secret, _ = await an_operator()
    for _ in range(FREE_FAILURES):
        who = await principal(await enter())
        with pytest.raises(Refused, match="动态口令不对"):
            await sign_in.enter_code(principal=who, code="0", where=DESK, now=NOON)
    who = await principal(await enter())
    with pytest.raises(Refused, match="分钟后再试"):
        await sign_in.enter_recovery_code(principal=who, code="0", where=DESK, now=NOON)
    later = NOON + timedelta(minutes=1)
    code = code_of(secret, later)
    await sign_in.enter_code(principal=who, code=code, where=DESK, now=later)


async def test_a_wrong_code_does_not_confirm_an_enrolment(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "draw-operator")
    who = await principal(await enter())
    with pytest.raises(Refused, match="还没有开始"):
        await sign_in.confirm_enrolment(principal=who, code="0", now=NOON)
    await do(second_factor_actions.begin_enrolment, principal=who)
    with pytest.raises(Refused, match="动态口令不对"):
        await sign_in.confirm_enrolment(principal=who, code="0", now=NOON)
    assert (await principal(await enter())).outstanding == "enrol"


async def test_a_password_alone_does_not_replace_the_second_factor(database: TestDatabase) -> None:
    _, _, enrolled = await an_operator()
    who = await principal(await enter())
    with pytest.raises(Refused, match="请先输入动态口令"):
        await do(second_factor_actions.begin_enrolment, principal=who)
    owner = await principal(enrolled.token)
    begun = await do(second_factor_actions.begin_enrolment, now=NEXT, principal=owner)
    replaced = await sign_in.confirm_enrolment(
        principal=owner, code=code_of(begun.secret, NEXT), now=NEXT
    )
    assert replaced.recovery_codes != enrolled.recovery_codes
    assert await SecondFactorTable.count().where(SecondFactorTable.removed_at.is_null()) == 1


async def test_ten_recovery_codes_open_once_each(database: TestDatabase) -> None:
    _, _, enrolled = await an_operator()
    assert len(set(enrolled.recovery_codes)) == 10
    first = enrolled.recovery_codes[0]
    who = await principal(await enter())
    mistyped = first.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    token = await sign_in.enter_recovery_code(principal=who, code=mistyped, where=DESK, now=NOON)
    assert (await principal(token)).may("draws:operate")
    assert await second_factor_actions.recovery_codes_left(who.account) == 9
    again = await principal(await enter())
    with pytest.raises(Refused, match="恢复码不对或已经用过"):
        await sign_in.enter_recovery_code(principal=again, code=first, where=DESK, now=NOON)


async def test_new_recovery_codes_end_the_old_ones(database: TestDatabase) -> None:
    _, _, enrolled = await an_operator()
    who = await principal(enrolled.token)
    fresh = await do(second_factor_actions.renew_recovery_codes, principal=who)
    half_way = await principal(await enter())
    with pytest.raises(Refused, match="请先用动态口令登录"):
        await do(second_factor_actions.renew_recovery_codes, principal=half_way)
    old = enrolled.recovery_codes[1]
    with pytest.raises(Refused, match="恢复码不对"):
        await sign_in.enter_recovery_code(principal=half_way, code=old, where=DESK, now=NOON)
    await sign_in.enter_recovery_code(principal=half_way, code=fresh[0], where=DESK, now=NOON)


async def test_a_recovery_code_opens_its_own_account_only(database: TestDatabase) -> None:
    administrators, _, enrolled = await an_operator()
    await make_account(administrators, "approver", number="2002")
    await enrol(await enter("2002"))
    other = await principal(await enter("2002"))
    code = enrolled.recovery_codes[0]
    with pytest.raises(Refused, match="恢复码不对"):
        await sign_in.enter_recovery_code(principal=other, code=code, where=DESK, now=NOON)


async def test_the_security_administrator_resets_a_lost_second_factor(
    database: TestDatabase,
) -> None:
    administrators, _, enrolled = await an_operator()
    lost = {"bureau": GUANGZHOU, "staff_number": "2001", "reason": "手机遗失"}
    with pytest.raises(Refused, match="无权办理"):
        await do(second_factor_actions.reset, by=administrators.system, **lost)
    await do(second_factor_actions.reset, by=administrators.security, **lost)
    assert await session_reads.principal_of(enrolled.token, NOON) is None
    who = await principal(await enter())
    assert who.outstanding == "enrol"
    assert await second_factor_actions.recovery_codes_left(who.account) == 0


async def test_secrets_and_codes_are_in_no_row_and_no_log(database: TestDatabase) -> None:
    _, secret, enrolled = await an_operator()
    stored = str(await SecondFactorTable.select()) + str(await RecoveryCodeTable.select())
    logged = "".join(one.canonical for one in await audit_log.entries(limit=500))
    assert "second-factor:enrol" in logged
    for text in (stored, logged, repr(enrolled)):
        assert secret not in text
        assert not [code for code in enrolled.recovery_codes if code.replace("-", "") in text]
        assert not [code for code in enrolled.recovery_codes if code in text]


async def test_a_secret_opens_for_its_own_account_and_key_only(database: TestDatabase) -> None:
    sealed = account_key.sealed("GEZDGNBV", 7)
    assert account_key.opened(sealed, 7) == "GEZDGNBV"
    assert account_key.sealed("GEZDGNBV", 7) != sealed
    with pytest.raises(Refused, match="与数据库不符"):
        account_key.opened(sealed, 8)
    account_key.path().write_text("00" * 32, encoding="ascii")
    with pytest.raises(Refused, match="与数据库不符"):
        account_key.opened(sealed, 7)
    account_key.path().write_text("torn", encoding="ascii")
    with pytest.raises(Refused, match="已损坏"):
        account_key.opened(sealed, 7)
