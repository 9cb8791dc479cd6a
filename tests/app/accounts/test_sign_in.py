"""Signing in: who gets in, who waits, what is stored of it, and what nobody can read out of it."""

from __future__ import annotations

import asyncio
import logging
from datetime import date, timedelta

import pytest
from argon2 import PasswordHasher

from app.accounts import (
    account_actions,
    account_reads,
    attempt_actions,
    passwords,
    session_actions,
    session_reads,
    sign_in,
)
from app.accounts.lockout_rules import ADDRESS_FREE_FAILURES, FAILURES_UNTIL_CLOSED, FREE_FAILURES
from app.accounts.session_actions import Where
from app.accounts.session_rules import ABSOLUTE, IDLE
from app.accounts.tables import AccountTable, AttemptTable, SessionTable
from registries import audit_log
from registries import database as books
from registries.errors import Conflict, Invalid, NotFound, Refused
from tests.app.accounts.conftest import EVERYDAY
from tests.app.accounts.staff import (
    CHOSEN,
    DESK,
    ONE_TIME,
    enter,
    grant,
    make_account,
    make_administrators,
    principal,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, SHENZHEN, do

MINUTE = timedelta(minutes=1)


@pytest.mark.postgres
async def test_a_clerk_signs_in_and_is_known_by_the_token(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "intake-clerk", districts=("440106",))
    who = await principal(await enter())
    assert (who.bureau, who.staff_number, who.name) == (GUANGZHOU, "2001", "王五")
    assert (who.roles, who.districts, who.outstanding) == ({"intake-clerk"}, {"440106"}, "")
    assert who.may("complaints:receive")
    assert not who.may("draws:operate")
    assert who.covers("440106")
    assert not who.covers("440103")
    assert who.actor().name == "王五（2001）"


async def test_a_printed_password_only_opens_the_page_to_choose_another(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "intake-clerk", own_password=False)
    token = await enter(password=ONE_TIME)
    who = await principal(token)
    assert who.outstanding == "password"
    assert not who.may("complaints:receive")
    renewed = await sign_in.change_password(
        principal=who, old=ONE_TIME, new=CHOSEN, where=DESK, now=NOON
    )
    assert (await principal(renewed)).may("complaints:receive")
    assert await session_reads.principal_of(token, NOON) is None
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter(password=ONE_TIME)


async def test_a_printed_password_expires_after_a_week(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, own_password=False)
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter(password=ONE_TIME, now=NOON + timedelta(days=7))


async def test_a_new_password_must_keep_the_rules_and_needs_the_old_one(
    database: TestDatabase,
) -> None:
    await make_account(await make_administrators())
    who = await principal(await enter())
    with pytest.raises(Invalid) as fault:
        await sign_in.change_password(principal=who, old=CHOSEN, new=CHOSEN, where=DESK, now=NOON)
    assert fault.value.fields == {"new": ["新密码不能与原密码相同。"]}
    other = "另外一句很长也没有人会猜到的话"
    with pytest.raises(Refused, match="原密码不对"):
        await sign_in.change_password(principal=who, old="x", new=other, where=DESK, now=NOON)
    await sign_in.change_password(principal=who, old=CHOSEN, new=other, where=DESK, now=NOON)
    await enter(password=other)


async def test_a_password_changed_meanwhile_is_not_overwritten(database: TestDatabase) -> None:
    await make_account(await make_administrators())
    who = await principal(await enter())
    with pytest.raises(Conflict, match="刚刚被改过"):
        await do(
            account_actions.change_password,
            bureau=GUANGZHOU,
            account=who.account,
            session=who.session,
            old_hash="an older hash",
            new_hash=await passwords.hashed("x"),
        )


@pytest.mark.parametrize("number", ["2001", "9999"], ids=["known", "unknown"])
async def test_wrong_passwords_are_answered_alike_and_make_everybody_wait(
    database: TestDatabase, number: str
) -> None:
    await make_account(await make_administrators())
    answers = []
    for _ in range(FREE_FAILURES + 1):
        with pytest.raises(Refused) as refusal:
            await enter(number, "wrong")
        answers.append(refusal.value.sentence)
    assert answers == [sign_in.WRONG] * FREE_FAILURES + [
        "错误次数较多，请约 1 分钟后再试；急用请联系安全管理员解锁。"
    ]


async def test_known_and_unknown_accounts_take_the_same_path(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrators = await make_administrators()
    await make_account(administrators)
    await make_account(administrators, number="2002", own_password=False)
    await do(
        account_actions.lock,
        by=administrators.security,
        bureau=GUANGZHOU,
        staff_number="2002",
        reason="休假",
    )
    engine = type(books.engine())
    original, statements, checks = engine.run_querystring, [], []

    async def counted(self: object, querystring: object, *rest: object, **more: object) -> object:
        statements.append(str(querystring).split(" WHERE")[0].split(" VALUES")[0])
        return await original(self, querystring, *rest, **more)  # type: ignore[arg-type]

    verify = passwords._matches

    def checked(stored: str, password: str) -> bool:
        checks.append(len(stored) > 0)
        return verify(stored, password)

    monkeypatch.setattr(engine, "run_querystring", counted)
    monkeypatch.setattr(passwords, "_matches", checked)
    paths = []
    for number in ("2001", "9999", "2002"):
        statements.clear()
        with pytest.raises(Refused, match="工号或密码不对"):
            await enter(number, "wrong")
        paths.append(list(statements))
    assert paths[0]
    assert paths[0] == paths[1] == paths[2]
    assert checks == [True, True, True]


def test_checking_a_password_for_nobody_costs_what_any_other_costs() -> None:
    assert not EVERYDAY.check_needs_rehash(passwords.NOBODY)
    assert not passwords._matches(passwords.NOBODY, "")


async def test_whoever_waits_gets_in_and_the_count_begins_again(database: TestDatabase) -> None:
    await make_account(await make_administrators())
    for _ in range(FREE_FAILURES):
        with pytest.raises(Refused):
            await enter(password="wrong")
    with pytest.raises(Refused, match="分钟后再试"):
        await enter()
    await enter(now=NOON + MINUTE)
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter(password="wrong", now=NOON + MINUTE)
    await enter(now=NOON + MINUTE)


@pytest.mark.postgres
async def test_guesses_at_the_same_moment_are_counted_one_by_one(database: TestDatabase) -> None:
    await make_account(await make_administrators())

    async def guess() -> str:
        with pytest.raises(Refused) as refusal:
            await enter(password="wrong")
        return refusal.value.sentence

    async with books.connected():
        answers = await asyncio.gather(*(guess() for _ in range(FREE_FAILURES * 3)))
    assert answers.count(sign_in.WRONG) == FREE_FAILURES


async def test_one_address_waits_after_guessing_at_many_accounts(database: TestDatabase) -> None:
    await make_account(await make_administrators())
    elsewhere = Where("203.0.113.9")
    rows = [
        AttemptTable(
            subject=attempt_actions.subject_of(GUANGZHOU, f"8{number:03d}"),
            stage="password",
            address=elsewhere.address,
            at=NOON,
            outcome="failed",
        )
        for number in range(ADDRESS_FREE_FAILURES - 1)
    ]
    await AttemptTable.insert(*rows)
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter("9000", "wrong", where=elsewhere)
    with pytest.raises(Refused, match="分钟后再试"):
        await enter(where=elsewhere)
    await enter(where=DESK)
    await enter(where=elsewhere, now=NOON + timedelta(minutes=61))


async def test_the_security_administrator_lets_a_closed_account_in_again(
    database: TestDatabase,
) -> None:
    administrators = await make_administrators()
    await make_account(administrators)
    subject = attempt_actions.subject_of(GUANGZHOU, "2001")
    rows = [
        AttemptTable(subject=subject, stage="password", address="", at=NOON, outcome="failed")
        for _ in range(FAILURES_UNTIL_CLOSED)
    ]
    await AttemptTable.insert(*rows)
    later = NOON + timedelta(days=3)
    with pytest.raises(Refused, match="登录已关闭"):
        await enter(now=later)
    await do(
        account_actions.unlock,
        by=administrators.security,
        bureau=GUANGZHOU,
        staff_number="2001",
        reason="本人来电核实",
        now=later,
    )
    await enter(now=later)


async def test_old_attempts_are_forgotten(database: TestDatabase) -> None:
    await make_account(await make_administrators())
    await enter(now=NOON + attempt_actions.KEPT + MINUTE)
    assert await AttemptTable.count() == 1


async def test_an_account_of_another_bureau_is_not_found(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators)
    await make_administrators(SHENZHEN)
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter("2001", CHOSEN, bureau=SHENZHEN)


async def test_a_locked_account_is_out_at_once_and_cannot_come_in(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "inspector")
    token = await enter()
    await do(
        account_actions.lock,
        by=administrators.security,
        bureau=GUANGZHOU,
        staff_number="2001",
        reason="离职",
    )
    assert await session_reads.principal_of(token, NOON) is None
    with pytest.raises(Refused, match="工号或密码不对"):
        await enter()


async def test_a_change_of_roles_ends_the_sessions(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "inspector")
    token = await enter()
    await grant(administrators, "2001", "team-lead")
    assert await session_reads.principal_of(token, NOON) is None


async def test_a_session_is_kept_alive_by_use_and_ends_without_it(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "inspector")
    token = await enter()
    half = NOON + IDLE - MINUTE
    await do(session_actions.seen, now=half, principal=await principal(token, half))
    assert await session_reads.principal_of(token, NOON + IDLE + MINUTE) is not None
    assert await session_reads.principal_of(token, half + IDLE) is None
    assert await session_reads.principal_of(token, NOON + ABSOLUTE) is None


async def test_use_is_written_once_a_minute_at_most(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "inspector")
    token = await enter()
    soon = NOON + timedelta(seconds=59)
    await do(session_actions.seen, now=soon, principal=await principal(token, soon))
    assert (await principal(token, soon)).seen_at == NOON


async def test_devices_are_listed_and_signed_out_one_by_one_or_all(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "inspector")
    phone = await enter(where=Where("10.0.0.9", "Chrome / Android"))
    desk = await enter()
    who = await principal(desk)
    found = await session_reads.devices(who.account, NOON, current=who.session)
    seen = [(one.device, one.current) for one in found if one.device.startswith(("Chrome", "Fire"))]
    assert seen[:2] == [("Firefox / Windows", True), ("Chrome / Android", False)]
    on_phone = await principal(phone)
    await do(session_actions.sign_out, principal=who, session=on_phone.session)
    assert await session_reads.principal_of(phone, NOON) is None
    await do(session_actions.sign_out_everywhere, principal=who)
    assert await session_reads.principal_of(desk, NOON) is None
    assert await session_reads.devices(who.account, NOON) == []


async def test_nobody_signs_out_somebody_else(database: TestDatabase) -> None:
    administrators = await make_administrators()
    await make_account(administrators, "inspector")
    await make_account(administrators, "inspector", number="2002")
    mine, theirs = await principal(await enter("2001")), await principal(await enter("2002"))
    with pytest.raises(NotFound):
        await do(session_actions.sign_out, principal=mine, session=theirs.session)


async def test_a_token_is_256_random_bits_and_is_stored_nowhere(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "inspector")
    token, other = await enter(), await enter()
    assert len(token) == len(other) == 43
    assert token != other
    rows = str(await SessionTable.select())
    assert token not in rows
    assert session_reads.token_digest(token) in rows
    assert await session_reads.principal_of(session_reads.token_digest(token), NOON) is None


async def test_an_outdated_hash_is_renewed_at_the_sign_in(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_account(await make_administrators())
    before = (await account_reads.row_of(GUANGZHOU, "2001") or {})["password"]
    today = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", today)
    await enter()
    after = (await account_reads.row_of(GUANGZHOU, "2001") or {})["password"]
    assert after != before
    assert not passwords.is_outdated(after)
    await enter()


async def test_no_password_and_no_token_reaches_a_log(
    database: TestDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await make_account(await make_administrators(), "inspector")
    token = await enter()
    with pytest.raises(Refused):
        await enter(password="ein-falsches-geheimnis")
    entries = "".join(one.canonical for one in await audit_log.entries(limit=500))
    attempts = str(await AttemptTable.select())
    assert "session:sign-in" in entries
    for text in (entries, attempts, caplog.text):
        for secret in (token, ONE_TIME, "ein-falsches-geheimnis", "argon2id"):
            assert secret not in text
    assert CHOSEN not in entries + attempts


async def test_an_account_is_usable_on_its_days_only(database: TestDatabase) -> None:
    await make_account(await make_administrators(), "inspector")
    token = await enter()
    await AccountTable.update({AccountTable.valid_to: date(2026, 11, 20)}).where(
        AccountTable.staff_number == "2001"
    )
    assert await session_reads.principal_of(token, NOON) is None
