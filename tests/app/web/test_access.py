"""Who may open what: every route says it, every route keeps to it, for every role, in two bureaus."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, get

from app import access
from app.access import API_PREFIX, Access, anyone, check_routes, marks, may, own_path
from app.accounts.role_rules import MAY, ROLES, Role
from tests.app.accounts.staff import ONE_TIME, enter, make_account, make_administrators
from tests.app.web.site import (
    browser,
    make_everybody,
    make_site,
    make_staff,
    print_password_today,
    words,
)
from tests.conftest import TestDatabase

WANDERING = re.compile(r"\{(\w+):(\w+)\}")
# Ends the session, so it comes last.
EVERYWHERE = "/account/sign-out-everywhere"
SAMPLES = {"int": "999999", "str": "x", "date": "2026-01-01", "path": "x", "uuid": "0" * 32}


def test_a_route_that_names_no_access_stops_the_start() -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return ""

    with pytest.raises(RuntimeError, match="GET /forgotten"):
        check_routes(Litestar([forgotten], openapi_config=None))


def test_a_mark_without_a_capability_is_refused() -> None:
    with pytest.raises(ValueError, match="name a capability"):
        may()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/entities?district=440106", "/entities?district=440106"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_the_way_on_after_signing_in_never_leads_elsewhere(text: str | None, path: str) -> None:
    assert own_path(text) == path


async def test_every_route_lets_in_exactly_the_roles_of_its_mark(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    tokens = await make_everybody()
    wrong = []
    for role in [None, *ROLES]:
        async with browser(app, tokens[role] if role else "") as visitor:
            for path, method, mark in sorted(marks(app), key=lambda one: one[0] == EVERYWHERE):
                assert mark is not None
                if mark.who == "begun" and role:
                    continue  # Signing out would end the session that the other routes need.
                got = await _try(visitor, path, method)
                programs = path.startswith(API_PREFIX) and mark.who != "anyone"
                # A session opens nothing of the programming interface (tests/app/web/test_api.py has its table).
                if (got not in _REFUSALS) != (_expected(mark, role) and not programs):
                    wrong.append((role, method, path, got))
    assert wrong == []


async def test_rows_of_another_bureau_are_not_found(database: TestDatabase, tmp_path: Path) -> None:
    app = make_site(database, tmp_path)
    await make_everybody()
    other = await make_staff("draw-operator", "auditor", bureau="440300", number="9001")
    async with browser(app, other) as visitor:
        page = await visitor.get("/")
        assert page.status_code == 200
        assert not re.search(r"人员\d", words(page))


async def test_whoever_has_not_finished_signing_in_gets_no_further(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    await make_account(await make_administrators(), "draw-operator", own_password=False)
    await print_password_today()
    token = await enter(password=ONE_TIME, now=datetime.now(UTC))
    async with browser(app, token) as visitor:
        for path, method, mark in marks(app):
            if mark is not None and mark.who == "staff":
                assert await _try(visitor, path, method) in _REFUSALS, path


WILD = {"int": "9" * 25, "str": "x%00y", "path": "a%00b"}
QUERIES = (
    "after=%00",
    "after=" + "9" * 25,
    "name=%00&entity=%00&inspector=%00",
    "known=0000-00-00",
    "tag=%F0%9F",
)


async def test_no_wild_address_is_a_fault_of_ours(database: TestDatabase, tmp_path: Path) -> None:
    app = make_site(database, tmp_path)
    admins = await make_administrators()
    token = await make_staff("draw-operator", "approver", administrators=admins)
    auditor = await make_staff("auditor", number="2002", administrators=admins)
    faults = []
    for session in (token, auditor):
        async with browser(app, session) as visitor:
            for path, method, _ in marks(app):
                if method != "GET":
                    continue
                for samples, queries in ((WILD, ("",)), (SAMPLES, QUERIES)):
                    concrete = WANDERING.sub(lambda found, s=samples: s.get(found[2], "x"), path)  # type: ignore[misc]
                    for query in queries:
                        answer = await visitor.get(f"{concrete}?{query}" if query else concrete)
                        if answer.status_code >= 500:
                            faults.append(f"{concrete}?{query}")
    assert faults == []


_REFUSALS = frozenset({"to sign in", 401, 403})


async def _try(visitor: Any, path: str, method: str) -> Any:
    """Return the status of a request, or that it leads to the sign-in."""
    concrete = WANDERING.sub(lambda found: SAMPLES[found[2]], path)
    if method == "GET":
        answer = await visitor.get(concrete)
    else:
        answer = await visitor.post(concrete)
    way = answer.headers.get("location", "")
    if (
        answer.status_code == 303
        and "done=" not in way
        and way.startswith((access.SIGN_IN, "/account/"))
    ):
        return "to sign in"
    return answer.status_code


def _expected(mark: Access, role: Role | None) -> bool:
    if mark.who == "anyone":
        return True
    if role is None:
        return False
    return not mark.capabilities or bool(MAY[role] & set(mark.capabilities))


def test_the_mark_of_a_public_route_lets_anybody_in() -> None:
    assert anyone("public")[access.MARK].allows(None)
