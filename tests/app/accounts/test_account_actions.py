"""Who makes accounts, who gives roles, and that nobody does it alone."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.accounts import (
    account_actions,
    account_key,
    account_reads,
    passwords,
    role_actions,
    second_factor_actions,
    session_reads,
)
from app.accounts.tables import AccountTable, RoleGrantTable
from registries import audit_log
from registries.errors import Conflict, Invalid, NotFound, Refused
from tests.app.accounts.staff import (
    ONE_TIME,
    enrol,
    enter,
    grant,
    make_account,
    make_administrators,
    principal,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, SHENZHEN, do, make_bureau

DRIVERS_REFUSAL = (sqlite3.DatabaseError, asyncpg.PostgresError)
NEW: dict[str, Any] = {"staff_number": "2001", "name": "王五", "one_time_hash": "-"}


@pytest.mark.postgres
async def test_the_first_administrators_are_made_once(database: TestDatabase) -> None:
    await make_administrators()
    for role, number in (("system-administrator", "3"), ("security-administrator", "4")):
        with pytest.raises(Refused, match="本单位已有"):
            await do(
                account_actions.create_first,
                bureau=GUANGZHOU,
                staff_number=f"100{number}",
                name="王五",
                role=role,
                one_time_hash="-",
            )
    found = await account_reads.accounts(GUANGZHOU)
    assert [one.roles for one in found] == [
        ("system-administrator",),
        ("security-administrator",),
    ]
    assert all(one.one_time_password for one in found)


async def test_the_first_account_is_an_administrator(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(Refused, match="只能是系统管理员或安全管理员"):
        await do(
            account_actions.create_first,
            bureau=GUANGZHOU,
            staff_number="1001",
            name="张三",
            role="approver",
            one_time_hash="-",
        )


async def test_each_bureau_has_its_own_people(database: TestDatabase) -> None:
    administrators = await make_administrators()
    others = await make_administrators(SHENZHEN)
    await make_account(administrators, own_password=False)
    await make_account(others, own_password=False, bureau=SHENZHEN)
    assert len(await account_reads.accounts(GUANGZHOU)) == 3
    for bureau, by in ((SHENZHEN, administrators), (GUANGZHOU, others)):
        with pytest.raises(NotFound):
            await do(
                account_actions.lock,
                by=by.security,
                bureau=bureau,
                staff_number="2001",
                reason="越权",
            )


async def test_only_the_system_administrator_makes_accounts_and_only_the_security_one_grants(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    with pytest.raises(Refused, match="请由系统管理员办理"):
        await do(account_actions.create, by=administrators.security, bureau=GUANGZHOU, **NEW)
    await do(account_actions.create, by=administrators.system, bureau=GUANGZHOU, **NEW)
    with pytest.raises(Refused, match="请由安全管理员办理"):
        await do(
            role_actions.grant,
            by=administrators.system,
            bureau=GUANGZHOU,
            staff_number="2001",
            role="inspector",
            reason="任命",
        )


async def test_a_new_account_has_no_role_and_a_number_of_its_own(database: TestDatabase) -> None:
    administrators = await make_administrators()
    made = await do(account_actions.create, by=administrators.system, bureau=GUANGZHOU, **NEW)
    assert made.roles == ()
    for number in ("2001", "1001"):
        with pytest.raises(Conflict, match="已有账号"):
            await do(
                account_actions.create,
                by=administrators.system,
                bureau=GUANGZHOU,
                **NEW | {"staff_number": number},
            )


async def test_a_number_differs_by_more_than_the_case_of_its_letters(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    await make_account(administrators, number="ab-1", own_password=False)
    with pytest.raises(Conflict):
        await make_account(administrators, number="AB-1", own_password=False)
    assert (await account_reads.account(GUANGZHOU, "Ab-1")).staff_number == "ab-1"


async def test_every_fault_of_a_new_account_is_told_at_once(database: TestDatabase) -> None:
    administrators = await make_administrators()
    with pytest.raises(Invalid) as refusal:
        await do(
            account_actions.create,
            by=administrators.system,
            bureau=GUANGZHOU,
            staff_number="J-1",
            name=" ",
            one_time_hash="-",
            districts=("天河",),
        )
    assert set(refusal.value.fields) == {"staff_number", "name", "districts"}


async def test_system_and_security_administrator_are_never_one_person(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    with pytest.raises(Refused, match="须由不同的人担任"):
        await grant(administrators, "1001", "security-administrator")
    await make_account(administrators, "auditor", own_password=False)
    with pytest.raises(Refused, match="审计员不能同时"):
        await grant(administrators, "2001", "system-administrator")


async def test_nobody_changes_their_own_roles_or_opens_their_own_account(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    own = {"by": administrators.security, "bureau": GUANGZHOU, "staff_number": "1002"}
    with pytest.raises(Refused, match="不能给自己授予角色"):
        await do(role_actions.grant, **own, role="approver", reason="自荐")
    with pytest.raises(Refused, match="不能更改自己的账号"):
        await do(role_actions.withdraw, **own, role="security-administrator", reason="卸任")
    for action in (account_actions.lock, account_actions.unlock, second_factor_actions.reset):
        with pytest.raises(Refused, match="自己的账号"):
            await do(action, **own, reason="自办")


async def test_granting_and_withdrawing_stay_on_record_with_who_and_why(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "draw-operator", own_password=False)
    after = await do(
        role_actions.withdraw,
        by=administrators.security,
        bureau=GUANGZHOU,
        staff_number="2001",
        role="draw-operator",
        reason="轮岗",
        now=NOON + timedelta(days=30),
    )
    assert after.roles == ()
    history = await account_reads.role_history(after)
    assert [(one.role, one.deed, one.granter, one.reason) for one in history] == [
        ("draw-operator", "granted", "李四", "任命"),
        ("draw-operator", "withdrawn", "李四", "轮岗"),
    ]
    logged = (await audit_log.entries(event="role:withdraw"))[0].entry()
    assert logged.new == {"role": "draw-operator", "roles": []}
    assert logged.reason == "轮岗"
    with pytest.raises(Refused, match="无须收回"):
        await do(
            role_actions.withdraw,
            by=administrators.security,
            bureau=GUANGZHOU,
            staff_number="2001",
            role="draw-operator",
            reason="再收",
        )


@pytest.mark.postgres
async def test_the_history_of_roles_and_the_accounts_cannot_be_rewritten(
    database: TestDatabase,
) -> None:
    await make_administrators()
    with pytest.raises(DRIVERS_REFUSAL, match="only grows"):
        await RoleGrantTable.update({RoleGrantTable.role: "approver"}, force=True)
    with pytest.raises(DRIVERS_REFUSAL, match="only grows"):
        await RoleGrantTable.delete(force=True)
    with pytest.raises(DRIVERS_REFUSAL, match=r"never deleted|only grows"):
        await AccountTable.delete(force=True)


async def test_an_administrator_whose_role_was_withdrawn_acts_no_more(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    second = await make_account(administrators, "security-administrator", own_password=False)
    await do(
        role_actions.withdraw,
        by=second.id,
        bureau=GUANGZHOU,
        staff_number="1002",
        role="security-administrator",
        reason="换人",
    )
    with pytest.raises(Refused, match="无权办理"):
        await grant(administrators, "2001", "approver")


async def test_a_reason_is_asked_for(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, own_password=False)
    who = {"by": administrators.security, "bureau": GUANGZHOU, "staff_number": "2001"}
    for action, more in ((account_actions.lock, {}), (role_actions.grant, {"role": "inspector"})):
        with pytest.raises(Invalid, match="理由"):
            await do(action, **who, **more, reason=" ")


async def test_a_reset_password_ends_the_sessions_and_keeps_the_second_factor(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "draw-operator")
    _, enrolled = await enrol(await enter())
    await do(
        account_actions.reset_password,
        by=administrators.system,
        bureau=GUANGZHOU,
        staff_number="2001",
        one_time_hash=await passwords.hashed(ONE_TIME),
        reason="忘记密码",
    )
    assert await session_reads.principal_of(enrolled.token, NOON) is None
    assert (await principal(await enter(password=ONE_TIME))).outstanding == "second-factor"


async def test_the_way_back_for_a_locked_out_administrator_is_on_the_server(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    await enrol(await enter("1002", ONE_TIME))
    details = {"bureau": GUANGZHOU, "one_time_hash": await passwords.hashed("rescue-code")}
    await make_account(administrators, own_password=False)
    with pytest.raises(Refused, match="不是管理员"):
        await do(account_actions.rescue, **details, staff_number="2001", reason="x")
    await do(account_actions.rescue, **details, staff_number="1002", reason="手机遗失")
    assert (await principal(await enter("1002", "rescue-code"))).outstanding == "password"
    assert (await audit_log.entries(event="account:rescue"))[0].entry().reason == "手机遗失"


async def test_districts_are_set_and_logged(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, own_password=False)
    after = await do(
        account_actions.set_districts,
        by=administrators.system,
        bureau=GUANGZHOU,
        staff_number="2001",
        districts=("440113", "440106", "440106"),
    )
    assert after.districts == ("440106", "440113")
    logged = (await audit_log.entries(event="account:set-districts"))[0].entry()
    assert logged.new == {"districts": ["440106", "440113"]}


async def test_a_name_enters_the_log_as_a_digest_only(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, own_password=False)
    entry = (await audit_log.entries(event="account:create"))[0].entry()
    assert "王五" not in entry.canonical()
    assert audit_log.has_personal(entry, "name", "王五")


async def test_a_lost_key_is_not_replaced_silently(database: TestDatabase) -> None:
    await make_administrators()
    account_key.path().unlink()
    with pytest.raises(Refused, match="不要重建"):
        account_key.create(accounts_exist=await account_reads.any_account())
    with pytest.raises(Refused, match="请从备份恢复"):
        await enter("1001", ONE_TIME)
