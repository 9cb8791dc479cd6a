"""Signing in, one's own account, and accounts and roles, through the pages as a browser without script sees them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.accounts import account_reads, second_factor_rules
from app.accounts.authentication import device_words
from tests.app.accounts.staff import (
    CHOSEN,
    ONE_TIME,
    make_account,
    make_administrators,
)
from tests.app.web.site import (
    browser,
    make_everybody,
    make_site,
    make_staff,
    print_password_today,
    session_of,
    words,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU


async def test_a_clerk_signs_in_and_is_led_back_to_the_page_wanted(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    await make_account(await make_administrators(), "intake-clerk")
    async with browser(app) as visitor:
        sent_away = await visitor.get("/account")
        assert sent_away.headers["location"] == "/sign-in?next=%2Faccount"
        entered = await visitor.post(
            sent_away.headers["location"], {"number": "2001", "password": CHOSEN}
        )
        assert entered.headers["location"] == "/account"
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "王五" in words(await visitor.follow(entered))


async def test_a_wrong_password_says_nothing_about_which_part_was_wrong(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    await make_account(await make_administrators(), "intake-clerk")
    async with browser(app) as visitor:
        known = await visitor.post("/sign-in", {"number": "2001", "password": "x" * 12})
        unknown = await visitor.post("/sign-in", {"number": "9999", "password": "x" * 12})
    assert known.status_code == unknown.status_code == 422
    assert "工号或密码不对" in words(known)
    assert words(known) == words(unknown)
    assert 'value="2001"' in known.text  # What was typed is kept,
    assert "x" * 12 not in known.text  # but never a password.


async def test_an_operator_enrols_a_second_factor_before_anything_else(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    await make_account(await make_administrators(), "draw-operator")
    async with browser(app) as visitor:
        entered = await visitor.post("/sign-in", {"number": "2001", "password": CHOSEN})
        stopped = await visitor.follow(entered)
        assert stopped.headers["location"] == "/account/second-factor"
        shown = await visitor.post("/account/second-factor")
        found = re.search(r'name="secret" value="(\w+)"', shown.text)
        assert found is not None
        counter = second_factor_rules.counter_at(datetime.now(UTC))
        code = second_factor_rules.code_at(found[1], counter)
        wrong = await visitor.post(
            "/account/second-factor/confirm", {"code": "000000", "secret": found[1]}
        )
        assert "动态口令不对" in words(wrong)
        codes = await visitor.post(
            "/account/second-factor/confirm", {"code": code, "secret": found[1]}
        )
        assert len(re.findall(r'<li class="code">', codes.text)) == 10
        assert (await visitor.get("/")).status_code == 200


async def test_a_printed_password_must_be_replaced_first(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    await make_account(await make_administrators(), "intake-clerk", own_password=False)
    await print_password_today()
    async with browser(app) as visitor:
        entered = await visitor.post("/sign-in", {"number": "2001", "password": ONE_TIME})
        stopped = await visitor.follow(entered)
        assert stopped.headers["location"] == "/account/password"


async def test_a_session_ends_by_a_post_and_not_by_a_link(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("intake-clerk")
    async with browser(app, token) as visitor:
        assert (await visitor.get("/sign-out")).status_code == 405
        assert (await visitor.get("/account")).status_code == 200
        await visitor.post("/sign-out")
        visitor.sign_in_as(token)  # The old token is worth nothing any more.
        assert (await visitor.get("/account")).status_code == 303


async def test_a_post_without_the_token_or_from_another_site_is_refused(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("intake-clerk")
    async with browser(app, token) as visitor:
        client = visitor._client
        bare = await client.post("/account/sign-out-everywhere")
        assert bare.status_code == 403
        await visitor.get("/account")
        stolen = await client.post(
            "/account/sign-out-everywhere",
            data={"_csrf_token": client.cookies["csrf"]},
            headers={"origin": "https://evil.example"},
        )
        assert stolen.status_code == 403
        assert (await visitor.get("/account")).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/account"])
async def test_every_answer_carries_the_security_headers(
    database: TestDatabase, tmp_path: Path, path: str
) -> None:
    app = make_site(database, tmp_path)
    async with browser(app) as visitor:
        answer = await visitor.get(path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_fault_of_ours_shows_a_number_and_no_text_of_the_exception(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("intake-clerk")

    async def broken(*_: object) -> None:
        raise RuntimeError("秘密的细节")

    monkeypatch.setattr(account_reads, "account_by_id", broken)
    async with browser(app, token) as visitor:
        answer = await visitor.get("/account")
    assert answer.status_code == 500
    assert "秘密" not in answer.text
    assert re.search(r"\d{8}-[0-9a-f]{8}", words(answer))
    assert "content-security-policy" in answer.headers


async def test_the_system_is_not_found_under_another_name(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    async with browser(app) as visitor:
        answer = await visitor._client.get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert "网址不对" in words(answer)


async def test_one_administrator_makes_an_account_and_another_gives_it_a_role(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    tokens = await make_everybody()
    async with browser(app, tokens["system-administrator"]) as system:
        shown = await system.post("/staff/new", {"staff_number": "4001", "name": "新人"})
        assert "一次性密码" in words(shown)
        made = await account_reads.account(GUANGZHOU, "4001")
        refused = await system.post(
            f"/staff/{made.id}/grant", {"role": "inspector", "reason": "任命"}
        )
        assert refused.status_code == 403
    async with browser(app, tokens["security-administrator"]) as security:
        granted = await security.post(
            f"/staff/{made.id}/grant", {"role": "inspector", "reason": "任命"}
        )
        assert "已办理：授予角色" in words(await security.follow(granted))
    assert (await account_reads.account(GUANGZHOU, "4001")).roles == ("inspector",)


async def test_every_mistake_of_a_new_account_is_told_at_once_and_what_was_typed_is_kept(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    tokens = await make_everybody()
    async with browser(app, tokens["system-administrator"]) as system:
        answer = await system.post("/staff/new", {"staff_number": "有 空格", "name": ""})
    assert answer.status_code == 422
    assert "请填写姓名" in words(answer)
    assert 'value="有 空格"' in answer.text


async def test_an_account_of_another_bureau_is_not_found(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    tokens = await make_everybody()
    await make_administrators("440300")
    other = await account_reads.account("440300", "1001")
    async with browser(app, tokens["security-administrator"]) as security:
        assert (await security.get(f"/staff/{other.id}")).status_code == 404
        shut = await security.post(f"/staff/{other.id}/do/lock", {"reason": "试试"})
        assert shut.status_code == 404
    assert (await account_reads.account("440300", "1001")).locked_at is None


async def test_a_locked_account_is_out_at_once(database: TestDatabase, tmp_path: Path) -> None:
    app = make_site(database, tmp_path)
    tokens = await make_everybody()
    auditor = await session_of("3002")
    row = await account_reads.row_of(GUANGZHOU, "3002")
    assert row is not None
    async with browser(app, tokens["security-administrator"]) as security:
        done = await security.post(f"/staff/{row['id']}/do/lock", {"reason": "离职"})
        assert done.status_code == 303
    async with browser(app, auditor) as visitor:
        assert (await visitor.get("/account")).status_code == 303


async def test_a_witness_is_invited_and_sets_a_pin_of_their_own(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    tokens = await make_everybody()
    today = datetime.now(UTC).date().isoformat()
    sent = {
        "draw": "2026-03",
        "name": "方见证",
        "office": "派驻纪检监察组",
        "first_day": today,
        "last_day": today,
    }
    async with browser(app, tokens["security-administrator"]) as security:
        slip = await security.post("/witnesses/new", sent)
        found = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", slip.text)
        assert found is not None
    async with browser(app) as visitor:
        weak = {"code": found[0], "pin": "123456", "again": "123456"}
        assert "太常见" in words(await visitor.post("/witness", weak))
        entered = await visitor.post(
            "/witness", {"code": found[0], "pin": "730519", "again": "730519"}
        )
        assert "您受邀见证抽查 2026-03" in words(await visitor.follow(entered))
    async with browser(app) as second:
        again = await second.post(
            "/witness", {"code": found[0], "pin": "730519", "again": "730519"}
        )
        assert "已经用过" in words(again)


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156", "Edge / Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120 Safari MicroMessenger/8.0", "微信 / 安卓"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19) Safari/604.1", "Safari / iPhone"),
        ("curl/8", "curl/8"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_short(agent: str, short: str) -> None:
    assert device_words(agent) == short
