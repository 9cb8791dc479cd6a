"""The web system in a test: an application on the test's books, people of every role, a browser without script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from app.accounts import account_reads, session_actions
from app.accounts.role_rules import ROLES, Role
from app.accounts.session_actions import Where
from app.accounts.tables import AccountTable
from app.main import create
from app.settings import Settings
from tests.app.accounts.staff import Administrators, make_account, make_administrators
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, do

ORIGIN = "http://127.0.0.1:8000"


def make_site(database: TestDatabase, folder: Path, **changes: Any) -> Litestar:
    """Return the application on the test's database; its worker stands still unless asked for."""
    settings = Settings(
        **{
            "database_url": database.address,
            "files_folder": folder / "files",
            "log_folder": folder / "log",
            "worker": False,
        }
        | changes
    )
    return create(settings)


class Browser:
    """A browser without script: it keeps cookies, follows no redirect by itself, and fills in the form's token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Open a page."""
        return await self._client.get(path, params=query or None)

    async def post(
        self, path: str, data: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """Send a form as a page of ours would, with its token."""
        if "csrf" not in self._client.cookies:
            await self._client.get("/sign-in")
        token = self._client.cookies.get("csrf", "")
        sent = {"_csrf_token": token, **(data or {})}
        return await self._client.post(path, data=sent, headers={"origin": ORIGIN}, **more)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """Open the page that a post leads to."""
        assert answer.status_code == 303, (answer.status_code, words(answer))
        return await self.get(answer.headers["location"])

    def sign_in_as(self, token: str) -> None:
        """Carry a session's cookie from now on."""
        self._client.cookies.set("session", token)


@asynccontextmanager
async def browser(app: Litestar, token: str = "") -> AsyncIterator[Browser]:
    """Give a browser of the application, with the session of `token` if one is given."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        made = Browser(client)
        if token:
            made.sign_in_as(token)
        yield made


async def make_staff(
    *roles: Role,
    number: str = "2001",
    name: str = "王五",
    bureau: str = GUANGZHOU,
    administrators: Administrators | None = None,
    districts: tuple[str, ...] = (),
) -> str:
    """Make an account with these roles, fully signed in, and return its session's token.

    The bureau and its two administrators are made as well, unless they are given.
    """
    admins = administrators or await make_administrators(bureau)
    await make_account(
        admins,
        *roles,
        number=number,
        name=name,
        bureau=bureau,
        districts=districts,
        own_password=False,
    )
    # Choosing a password and enrolling have tests of their own; here the person is past both.
    await AccountTable.update({AccountTable.one_time_password: False}).where(
        AccountTable.bureau == bureau, AccountTable.staff_number == number
    )
    return await session_of(number, bureau)


async def print_password_today(number: str = "2001", bureau: str = GUANGZHOU) -> None:
    """Let an account's printed password date from now: the makers' dates from their own noon, and runs out."""
    await AccountTable.update({AccountTable.password_set_at: datetime.now(UTC)}).where(
        AccountTable.bureau == bureau, AccountTable.staff_number == number
    )


async def session_of(number: str, bureau: str = GUANGZHOU) -> str:
    """Begin a session of an account that has passed its second factor; return its token."""
    row = await account_reads.row_of(bureau, number)
    assert row is not None
    now = datetime.now(UTC)
    return await do(
        session_actions.begin_session,
        now=now,
        account=row,
        where=Where("10.0.0.8", "test"),
        second_factor_at=now,
    )


async def make_everybody(bureau: str = GUANGZHOU) -> dict[Role, str]:
    """Make one account per role and return their sessions' tokens."""
    admins = await make_administrators(bureau)
    await AccountTable.update({AccountTable.one_time_password: False}).where(
        AccountTable.bureau == bureau
    )
    tokens: dict[Role, str] = {
        "system-administrator": await session_of("1001", bureau),
        "security-administrator": await session_of("1002", bureau),
    }
    for place, role in enumerate(ROLES):
        if role not in tokens:
            tokens[role] = await make_staff(
                role,
                number=f"3{place:03}",
                name=f"人员{place}",
                bureau=bureau,
                administrators=admins,
            )
    return tokens


def words(answer: httpx.Response) -> str:
    """Return what a page says, without its marks, blanks run together."""
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()
