"""A real browser on a real server: Debian's Chromium driven by Playwright, on a small fictional city.

Every test here is marked `full` and `browser`. Without Chromium it says so and is skipped; in CI it fails.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.accounts import second_factor_rules
from app.demo.accounts import FILE
from tests.conftest import absent

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
START_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that none is forgotten."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.full)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a mixed run: Playwright keeps an event loop in the process, and other tests run their own."""
    here = [item.path.is_relative_to(HERE) for item in session.items]
    if any(here) and not all(here):
        raise pytest.UsageError(
            'browser tests need a run of their own: -m "not browser", then -m browser'
        )


@dataclass(frozen=True)
class City:
    """A served city: where, and how to sign in as whom (staff number → password and secret)."""

    address: str
    people: dict[str, dict[str, str]]
    folder: Path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give the browser; one per worker process."""
    program = shutil.which("chromium")
    if program is None:
        absent("Chromium (Debian's package chromium) is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Make a small city by the demo's own story and serve it; one per worker process."""
    folder = tmp_path_factory.mktemp("city")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "server.txt").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.small_city", str(folder), str(port)],
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, folder)
        people = json.loads((folder / FILE).read_text(encoding="utf-8"))
        yield City(address, {one["number"]: one for one in people}, folder)
    finally:
        process.terminate()
        process.wait(20)
        log.close()


@pytest.fixture
def visitor(chromium: Browser, city: City) -> Iterator[Page]:
    """Give a page at a desk, with script."""
    yield from _page(chromium, city)


@pytest.fixture
def plain_visitor(chromium: Browser, city: City) -> Iterator[Page]:
    """Give a page at a desk, with script switched off."""
    yield from _page(chromium, city, java_script_enabled=False)


@pytest.fixture
def phone(chromium: Browser, city: City) -> Iterator[Page]:
    """Give a page on a narrow screen."""
    yield from _page(chromium, city, viewport={"width": 390, "height": 844})


def sign_in(page: Page, city: City, number: str) -> None:
    """Sign in through the pages, with a code of the generator where one is asked for."""
    person = city.people[number]
    page.goto("/sign-in")
    page.fill("#number", number)
    page.fill("#password", person["password"])
    page.click("button.main")
    if "/sign-in/code" in page.url:
        _enter_code(page, person["secret"])
    assert "/sign-in" not in page.url, page.inner_text("main")


def _enter_code(page: Page, secret: str) -> None:
    """Enter the present code; a code is good once, so a second sign-in in its half minute takes the next."""
    for ahead in (0, 1):
        counter = second_factor_rules.counter_at(datetime.now(UTC)) + ahead
        page.fill("#code", second_factor_rules.code_at(secret, counter))
        page.click("button.main")
        if "/sign-in/code" not in page.url:
            return
    deadline = time.monotonic() + 70
    while "/sign-in/code" in page.url and time.monotonic() < deadline:
        time.sleep(10)
        counter = second_factor_rules.counter_at(datetime.now(UTC))
        page.fill("#code", second_factor_rules.code_at(secret, counter))
        page.click("button.main")


def _page(chromium: Browser, city: City, **options: Any) -> Iterator[Page]:
    chosen = {"viewport": {"width": 1440, "height": 900}, "base_url": city.address} | options
    context: BrowserContext = chromium.new_context(**chosen)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: _keep(faults, said))
    yield page
    context.close()
    assert faults == [], "the pages' own script or policy complained"


def _keep(faults: list[str], said: Any) -> None:
    # A refused form answers 422, which Chromium calls a failed resource; that is no fault of a page.
    if said.type == "error" and "Failed to load resource" not in said.text:
        faults.append(said.text)


def _wait_for(address: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/sign-in", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    text = (folder / "server.txt").read_text(encoding="utf-8", errors="replace")
    pytest.fail(f"the server did not start:\n{text[-3000:]}")
