"""The public site walked from a disk, without a server and without script, and looked over by axe when served."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, City
from tests.browser.test_sign_in import serious_faults


@pytest.fixture(scope="module")
def stick(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the city's public site as `yaohao publish` writes it."""
    folder = tmp_path_factory.mktemp("stick")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "YAOHAO_DATABASE_URL": f"sqlite:///{city.folder / 'city.sqlite'}",
        "YAOHAO_LOG_KEY": str(city.folder / "keys" / "log.key"),
        "YAOHAO_LOG_FOLDER": str(city.folder / "log"),
    }
    command = [sys.executable, "-m", "app.cli", "publish", str(folder)]
    subprocess.run(command, check=True, env=environment, cwd=ROOT)
    return folder


def test_the_site_is_walked_from_a_disk_without_script(chromium: Browser, stick: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((stick / "index.html").as_uri())
    seen: set[str] = set()
    waiting = [page.url]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        links = page.locator("a[href$='.html']")
        waiting += [str(links.nth(n).evaluate("node => node.href")) for n in range(links.count())]
    assert len(seen) == len(list(stick.rglob("*.html")))
    page.goto((stick / "draws" / "2026-01" / "index.html").as_uri())
    assert "已启封" in page.inner_text("main")
    assert page.locator("a[href='bundle.zip']").count() == 1
    page.goto((stick / "draws" / "2026-03" / "index.html").as_uri())
    assert "尚未启封" in page.inner_text("main")
    assert page.locator("a[href='bundle.zip']").count() == 0
    context.close()


def test_a_draw_is_checked_from_the_stick_alone(chromium: Browser, stick: Path) -> None:
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto((stick / "verify.html").as_uri())
    page.set_input_files("#bundle", stick / "draws" / "2026-01" / "bundle.zip")
    page.wait_for_selector("#verdict.good")
    company = page.inner_text("#drawn-rows tr td")
    page.fill("#company", company)
    page.click("#look-up button")
    assert "到达公布的总根，成立" in page.inner_text("#company-answer")
    context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_no_public_page_overflows_or_troubles_axe(
    chromium: Browser, city: City, stick: Path, width: int
) -> None:
    context = chromium.new_context(base_url=city.address, viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto("/public")
    folder = page.url.removesuffix("index.html")
    for path in sorted(stick.rglob("*.html")):
        page.goto(folder + path.relative_to(stick).as_posix())
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{path} is {over} px wider than {width}"
        assert serious_faults(page) == [], path
    context.close()
