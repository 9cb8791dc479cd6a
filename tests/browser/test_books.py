"""Clerk, approver and auditor in a real browser: sheets bad and good, a set-aside entity, a plan; script or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import City, sign_in
from tests.browser.test_sign_in import serious_faults

CLERK, HEAD, AUDITOR = "2001", "2004", "1003"
HEADER = "统一社会信用代码,单位名称,用工所在地,从业人数\n"
# Made up, with right check characters; not in the demo's city.
FIRST, SECOND = "91440106MA5D00024W", "92440113MA5D00032Q"
_STATES: dict[str, Any] = {}


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def desk(request: pytest.FixtureRequest, chromium: Browser, city: City) -> Iterator[Any]:
    """Give a way to sit down as somebody; a code of the generator is good once, so sessions are kept."""
    contexts = []

    def sit_down(number: str, width: int = 1440) -> Page:
        options: dict[str, Any] = {
            "base_url": city.address,
            "viewport": {"width": width, "height": 900},
            "java_script_enabled": request.param,
        }
        context = chromium.new_context(**options, storage_state=_STATES.get(number))
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        if "/sign-in" in page.url:
            sign_in(page, city, number)
            _STATES[number] = context.storage_state()
        return page

    yield sit_down
    for context in contexts:
        context.close()


def upload(page: Page, folder: Path, text: str) -> None:
    """Upload a register and wait for its preview."""
    path = folder / "名录.csv"
    path.write_text(text, encoding="utf-8")
    page.goto("/entities/import")
    page.set_input_files("#file", path)
    page.click("main button.main")
    until(page, "查看预览")
    page.click("text=查看预览")


def until(page: Page, words: str) -> None:
    """Wait for words on the page; without script the browser looks again by itself."""
    expect(page.locator("main")).to_contain_text(words, timeout=30_000)


def test_a_bad_file_changes_nothing_and_a_good_one_is_brought_in(
    desk: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page = desk(CLERK)
    upload(page, tmp_path, HEADER + f"{FIRST},,东湖区,\n{SECOND},小店,东湖区,许多\n")
    assert "没有写入任何内容" in page.inner_text("main")
    assert "第 2 行 B 单位名称" in page.inner_text("main")
    assert page.locator("text=确认导入").count() == 0
    mark = "有" if "no-script" not in request.node.name else "无"
    upload(
        page,
        tmp_path,
        HEADER + f"{FIRST},测试{mark}脚本一厂,东湖区,12\n{SECOND},测试{mark}脚本小店,,\n",
    )
    assert "待核" in page.inner_text("main")
    page.fill("#reason", "季度更新")
    page.click("main button.main")
    until(page, "已记入操作日志")
    page.goto(f"/entities/{FIRST}")
    assert f"测试{mark}脚本一厂" in page.inner_text("h1")


def test_a_set_aside_entity_is_found_from_the_first_page_and_completed(desk: Any) -> None:
    page = desk(CLERK)
    page.click("text=补正待核的监管对象")
    page.locator("tbody a").last.click()
    name = page.inner_text("h1")
    page.click("main >> text=补正")
    page.click("main button.main")
    assert "请填写事由" in page.inner_text("#faults")
    page.select_option("#district", index=1)
    page.fill("#reason", "电话核实用工地址")
    if page.input_value("#code") == "" and "代码" in page.inner_text("main p .quiet"):
        page.fill("#code", re.sub(r"\s", "", page.inner_text("main p .code")))
    page.click("main button.main")
    assert "已办理：补正待核的监管对象" in page.inner_text("main")
    assert page.inner_text("h1") == name


def test_a_plan_is_drafted_by_one_and_approved_by_another(
    desk: Any, request: pytest.FixtureRequest
) -> None:
    year = 2027 if "no-script" not in request.node.name else 2028
    clerk, head = desk(CLERK), desk(HEAD)
    clerk.goto(f"/plans/new?year={year}")
    clerk.fill("#total", "30")
    clerk.click("main button.main")
    assert "请选择抽查事项" in clerk.inner_text("#faults")
    clerk.locator("#items input").nth(0).check()
    clerk.locator("#items input").nth(8).check()
    clerk.click("main button.main")
    assert "第 3 次" in clerk.inner_text("main")
    clerk.goto(f"/plans/{year}/rounds/2")
    clerk.fill("#total", "45")
    clerk.click("main button.main")
    assert "45 家" in clerk.inner_text("main")
    clerk.click("main >> text=提交审批")
    clerk.click("main button.main")
    assert "须由另一人审批" in clerk.inner_text("main")
    head.goto("/")
    head.click(f"text=审批 {year} 年度抽查计划")
    head.click("main >> text=审批通过")
    head.click("main button.main")
    assert "已审批" in head.inner_text("h1")


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_of_the_books_overflows_or_troubles_axe(
    chromium: Browser, city: City, width: int
) -> None:
    context = chromium.new_context(
        base_url=city.address,
        viewport={"width": width, "height": 844},
        storage_state=_STATES.get(CLERK),
    )
    page = context.new_page()
    page.goto("/")
    if "/sign-in" in page.url:
        sign_in(page, city, CLERK)
    page.goto("/entities")
    entity = page.locator("tbody a").first.get_attribute("href")
    page.goto("/inspectors")
    inspector = page.locator("tbody a").first.get_attribute("href")
    for path in (
        entity,
        f"{entity}/edit",
        f"{entity}/retire",
        inspector,
        f"{inspector}/edit",
        "/plans/2026/1",
        "/plans/2026/rounds/1",
        "/items/1/01",
        "/calendar?year=2027",
    ):
        page.goto(str(path))
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{path} is {over} px wider than {width}"
        assert serious_faults(page) == [], path
    context.close()


def test_the_filter_of_a_list_is_worked_by_keyboard_alone(chromium: Browser, city: City) -> None:
    context = chromium.new_context(base_url=city.address, storage_state=_STATES.get(CLERK))
    page = context.new_page()
    page.goto("/entities")
    if "/sign-in" in page.url:
        sign_in(page, city, CLERK)
        page.goto("/entities")
    page.focus("#name")
    page.keyboard.type("有限公司")
    page.keyboard.press("Enter")
    page.wait_for_url("**name=**")
    assert "有限公司" in page.inner_text("tbody")
    context.close()


def test_the_log_is_checked_by_the_auditor_and_its_proof_taken_along(
    chromium: Browser, city: City
) -> None:
    context = chromium.new_context(base_url=city.address, accept_downloads=True)
    page = context.new_page()
    sign_in(page, city, AUDITOR)
    page.goto("/log")
    page.locator("tbody a").first.click()
    with page.expect_download() as taken:
        page.click("main >> text=下载证明")
    assert taken.value.suggested_filename.endswith(".json")
    page.goto("/log/check")
    page.click("main button.main")
    until(page, "没有发现任何改动")
    context.close()
