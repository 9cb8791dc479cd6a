"""Each role signs in, sees what is theirs, by keyboard, on a phone and without script; axe finds nothing serious."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.main import handlers
from app.settings import Settings
from tests.browser.conftest import City, sign_in

SERIOUS = {"serious", "critical"}
# A person of each role in the demo's city (app/demo/accounts.py).
ROLES = {
    "1001": "系统管理员",
    "1002": "安全管理员",
    "1003": "审计员",
    "2001": "抽查管理员",
    "2003": "纪检监察见证人",
    "2004": "审批",
    "3001": "监察员",
    "3002": "组长",
    "3003": "受理员",
    "3004": "案件承办",
    "3005": "法制审核",
}


def serious_faults(page: Page) -> list[Any]:
    """Return what axe calls serious or critical on a page."""
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("number", ROLES)
def test_every_role_signs_in_and_is_told_what_it_may(
    visitor: Page, city: City, number: str
) -> None:
    sign_in(visitor, city, number)
    assert visitor.inner_text("h1") == "待办"
    visitor.goto("/account")
    assert ROLES[number] in visitor.inner_text("main")


def test_without_script_everything_of_the_way_in_works(plain_visitor: Page, city: City) -> None:
    sign_in(plain_visitor, city, "3003")
    plain_visitor.goto("/account/password")
    plain_visitor.fill("#old", "x")
    plain_visitor.click("main button.main")
    assert "请填写新密码" in plain_visitor.inner_text("#faults")


def test_the_way_in_needs_no_mouse(visitor: Page, city: City) -> None:
    visitor.goto("/sign-in")
    visitor.keyboard.type("3003")
    visitor.keyboard.press("Tab")
    visitor.keyboard.type(city.people["3003"]["password"])
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector("text=待办")
    visitor.keyboard.press("Tab")
    assert visitor.evaluate("document.activeElement.className") == "skip"


def test_no_page_of_a_person_overflows_a_phone_or_troubles_axe(phone: Page, city: City) -> None:
    sign_in(phone, city, "2001")
    for path in _plain_pages():
        answer = phone.goto(path)
        if answer is None or answer.status != 200:
            continue
        over = phone.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{path} is {over} px wider than the phone"
        assert serious_faults(phone) == [], path


def test_no_page_of_an_administrator_troubles_axe(visitor: Page, city: City) -> None:
    sign_in(visitor, city, "1002")
    for path in _plain_pages():
        answer = visitor.goto(path)
        if answer is not None and answer.status == 200:
            assert serious_faults(visitor) == [], path


def _plain_pages() -> list[str]:
    """Return the path of every page that takes no parameter; lists as CSV are files, no pages."""
    paths = {
        path
        for handler in handlers(Settings())
        if "GET" in handler.http_methods
        for path in handler.paths
        if "{" not in path and not path.endswith((".csv", ".ico", ".json"))
    }
    return sorted(paths - {"/large-text"})
