"""The programming interface: tokens of people, the same rules as on the pages, a write that is done once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar import Litestar

from app import access, api
from app.access import API_PREFIX
from app.accounts import session_reads, token_actions
from app.accounts.role_rules import MAY, Role
from app.accounts.tables import AccountTable
from registries import audit_log, entity_reads
from tests.app.accounts.staff import make_administrators
from tests.app.web.site import ORIGIN, browser, make_site, make_staff, words
from tests.conftest import TestDatabase
from tests.makers import FACTORY, GUANGZHOU, SHOP, do, make_entity

KEY = {"Idempotency-Key": "first-key"}
ENTER = {
    "id": SHOP,
    "details": {"name": "越秀小店", "kind": "employer", "district": "440104"},
    "reason": "数据交换",
}


@asynccontextmanager
async def program(app: Litestar, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a program with a token."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


async def make_token(session: str, *scopes: str) -> str:
    """Make a token of the person whose session it is."""
    now = datetime.now(UTC)
    who = await session_reads.principal_of(session, now)
    assert who is not None
    return await do(
        token_actions.make_token,
        now=now,
        principal=who,
        purpose="数据交换",
        scopes=scopes,
        valid_to=now.date() + timedelta(days=30),
    )


async def set_up(
    database: TestDatabase, folder: Path, *scopes: str, role: Role = "draw-operator", **more: Any
) -> tuple[Litestar, str, str]:
    """Make a site with a factory, a person's session and a token of theirs."""
    app = make_site(database, folder)
    session = await make_staff(role, **more)
    await make_entity()
    return app, session, await make_token(session, *scopes)


async def test_a_token_is_made_on_the_pages_seen_once_and_ended_at_any_time(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    session = await make_staff("draw-operator")
    await make_entity()
    async with browser(app, session) as person:
        wrong = await person.post("/account/tokens/new", {"valid_to": "2001-01-01", "purpose": "x"})
        assert "请选择可以办理" in words(wrong)
        day = datetime.now(UTC).date() + timedelta(days=30)
        sent = {"purpose": "数据交换", "scopes": ["books:read"], "valid_to": day.isoformat()}
        too_long = await person.post("/account/tokens/new", sent | {"valid_to": "2999-01-01"})
        assert "一年以内" in words(too_long)
        beyond = await person.post("/account/tokens/new", sent | {"scopes": ["log:read"]})
        assert beyond.status_code == 422
        made = words(await person.post("/account/tokens/new", sent))
        found = re.search(r"yaohao_[\w-]+", made)
        assert found is not None
        token = found[0]
        assert token not in (await person.get("/account/tokens")).text
        async with program(app, token) as client:
            assert (await client.get(f"/api/v1/entities/{FACTORY}")).status_code == 200
            await person.post("/account/tokens/1/end")
            ended = await client.get(f"/api/v1/entities/{FACTORY}")
            assert ended.status_code == 401
            assert ended.headers["www-authenticate"] == "Bearer"
    logged = await audit_log.entries(event="token:make")
    assert token not in logged[0].canonical


async def test_a_token_may_what_its_scopes_and_its_owners_roles_both_allow(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, _, token = await set_up(database, tmp_path, "books:read")
    async with program(app, token) as client:
        assert (await client.get("/api/v1/entities")).status_code == 200
        for path in ("/api/v1/plans", "/api/v1/log"):
            refused = await client.get(path)
            assert refused.status_code == 403
            assert refused.headers["content-type"] == "application/problem+json"
        assert (await client.post("/api/v1/entities", json=ENTER, headers=KEY)).status_code == 403
        # A session's cookie opens nothing here, and a token nothing on the pages.
        assert (await client.get("/entities")).status_code == 303
    async with browser(app, "") as nobody:
        assert (await nobody.get("/api/v1/entities")).status_code == 401


async def test_every_route_of_the_interface_keeps_to_its_mark_for_every_scope(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    admins = await make_administrators()
    clerk = await make_staff("draw-operator", administrators=admins)
    auditor = await make_staff("auditor", number="2002", administrators=admins)
    for scope in token_actions.SCOPES:
        token = await make_token(auditor if scope == "log:read" else clerk, scope)
        async with program(app, token) as client:
            for path, method, mark in access.marks(app):
                if not path.startswith(API_PREFIX) or mark is None or mark.who == "anyone":
                    continue
                concrete = re.sub(r"\{\w+:int\}", "2001", re.sub(r"\{\w+:str\}", "x", path))
                answer = await client.request(method, concrete, headers=KEY, json={})
                allowed = scope in mark.capabilities
                assert (answer.status_code != 403) == allowed, (scope, method, path)
                assert answer.status_code < 500


async def test_a_write_that_comes_twice_is_done_once(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, _, token = await set_up(database, tmp_path, "books:read", "books:change")
    async with program(app, token) as client:
        first = await client.post("/api/v1/entities", json=ENTER, headers=KEY)
        assert first.status_code == 200, first.text
        again = await client.post("/api/v1/entities", json=ENTER, headers=KEY)
        assert again.json() == first.json()
        other = await client.post("/api/v1/entities", json=ENTER | {"reason": "别的"}, headers=KEY)
        assert other.status_code == 409
        assert "已用于另一个请求" in other.json()["detail"]
        missing = await client.post("/api/v1/entities", json=ENTER)
        assert missing.status_code == 400
        assert "Idempotency-Key" in missing.text
    assert len(await audit_log.entries(subject=f"entity:{SHOP}")) == 1
    made = await entity_reads.entity(GUANGZHOU, SHOP)
    assert made.recorded_by == "staff:王五（2001）"


async def test_a_refusal_names_every_field_and_nothing_is_kept_of_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, _, token = await set_up(database, tmp_path, "books:read", "books:change")
    async with program(app, token) as client:
        wrong = ENTER | {"details": {"name": "", "kind": "shop", "district": "440104"}}
        refused = await client.post("/api/v1/entities", json=wrong, headers=KEY)
        assert refused.status_code == 422
        problem = refused.json()
        assert set(problem["errors"]) == {"name", "kind"}
        assert (await client.post("/api/v1/entities", json=ENTER, headers=KEY)).status_code == 200
        odd = await client.post(
            "/api/v1/entities", json={"id": 7, "wages": 1}, headers={"Idempotency-Key": "another-1"}
        )
        assert odd.status_code == 400
        assert "msgspec" not in odd.text
        assert "Expected" not in odd.text
        stale = await client.post(
            f"/api/v1/entities/{SHOP}/changes",
            json={"version": 9, "changes": {"name": "新名"}, "reason": "更名"},
            headers={"Idempotency-Key": "another-2"},
        )
        assert stale.status_code == 409
        right = await client.post(
            f"/api/v1/entities/{SHOP}/changes",
            json={"version": 1, "changes": {"name": "新名"}, "reason": "更名"},
            headers={"Idempotency-Key": "another-3"},
        )
        assert (right.json()["name"], right.json()["district"]) == ("新名", "440104")


async def test_a_token_keeps_to_its_owners_districts(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, _, token = await set_up(
        database, tmp_path, "books:read", "books:change", districts=("440104",)
    )
    async with program(app, token) as client:
        assert (await client.get("/api/v1/entities")).json()["entities"] == []
        assert (await client.get(f"/api/v1/entities/{FACTORY}")).status_code == 404
        away = ENTER | {"details": ENTER["details"] | {"district": "440106"}}  # type: ignore[operator]
        assert (await client.post("/api/v1/entities", json=away, headers=KEY)).status_code == 422


async def test_a_locked_owner_has_no_program(database: TestDatabase, tmp_path: Path) -> None:
    app, _, token = await set_up(database, tmp_path, "books:read")
    await AccountTable.update({AccountTable.locked_at: datetime.now(UTC)}).where(
        AccountTable.staff_number == "2001"
    )
    async with program(app, token) as client:
        assert (await client.get("/api/v1/entities")).status_code == 401


async def test_pages_of_a_list_lead_on(database: TestDatabase, tmp_path: Path) -> None:
    app, _, token = await set_up(database, tmp_path, "books:read")
    for number in range(5):
        await make_entity(f"XGZ{number}", name=f"第{number}号工地", kind="project")
    async with program(app, token) as client:
        first = (await client.get("/api/v1/entities", params={"limit": 4})).json()
        rest = (
            await client.get("/api/v1/entities", params={"limit": 4, "after": first["after"]})
        ).json()
        ids = [one["id"] for one in first["entities"] + rest["entities"]]
        assert ids == sorted({FACTORY, *(f"XGZ{n}" for n in range(5))})
        assert rest["after"] is None
        assert (await client.get("/api/v1/entities", params={"limit": 5000})).status_code == 400


async def test_the_interface_explains_itself_without_a_foreign_host(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, session, token = await set_up(database, tmp_path, "books:read")
    async with program(app, token) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
        due = await client.get(
            "/api/v1/calendar/due", params={"start": date(2026, 9, 30).isoformat(), "days": 1}
        )
        assert due.json() == {"day": "2026-10-08", "provisional": False}
    assert described["openapi"].startswith("3.1")
    async with browser(app, session) as person:
        page = await person.get("/api")
        assert "Idempotency-Key" in words(page)
        assert "/api/v1/entities/{number}/completion" in words(page)
        assert not re.search(r'(src|href)="https?://', page.text)


def test_no_scope_lets_a_program_decide_or_draw() -> None:
    barred = {"plans:approve", "draws:operate", "draws:witness", "draws:sign-off", "accounts:grant"}
    assert barred.isdisjoint(token_actions.SCOPES)
    assert set(token_actions.SCOPES) <= set().union(*MAY.values())


@pytest.mark.full
async def test_no_request_that_fits_the_description_is_a_fault_of_ours(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, _, token = await set_up(
        database, tmp_path, "books:read", "books:change", "plans:read", "plans:draft", "draws:read"
    )
    schema = schemathesis.openapi.from_dict(api.description())
    seen: list[tuple[str, str, Any]] = []

    def collect(operation: Any) -> None:
        @given(case=operation.as_strategy())
        @settings(
            max_examples=15,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def each(case: Any) -> None:
            seen.append((operation.method, operation.path, case))

        each()

    for found in schema.get_all_operations():
        collect(found.ok())
    faults = []
    async with program(app, token) as client:
        for method, path, case in seen:
            sent = case.as_transport_kwargs(base_url=ORIGIN)
            sent.pop("cookies", None)
            headers = {
                name: value
                for name, value in dict(sent.pop("headers", {})).items()
                if name.lower() in {"content-type", "idempotency-key"}
                and str(value).isascii()
                and str(value).isprintable()
            }
            try:
                answer = await client.request(headers=headers, **sent)
            except (UnicodeEncodeError, httpx.InvalidURL):
                continue  # What cannot be sent cannot be answered.
            if answer.status_code >= 500:
                faults.append((method, path, answer.status_code, sent))
    assert faults == []
    assert len(seen) > 200
