"""Supervised entities on the web: found, read as of a day, changed with a reason, brought in from a sheet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from openpyxl import load_workbook

from app.jobs import Worker
from app.main import kinds
from registries import entity_reads
from tests.app.accounts.staff import make_administrators
from tests.app.web.site import Browser, browser, make_site, make_staff, words
from tests.conftest import TestDatabase
from tests.makers import FACTORY, GUANGZHOU, SHENZHEN, SHOP, make_entity

GOOD = (
    "统一社会信用代码,单位名称,用工所在地\n{},广州市天河机械厂（新）,天河区\n{},越秀小店,越秀区\n"
)


async def set_up(database: TestDatabase, folder: Path, **changes: Any) -> tuple[Litestar, str]:
    """Make a site with a clerk, a factory in 天河 and a shop in 越秀."""
    app = make_site(database, folder)
    token = await make_staff("draw-operator", **changes)
    await make_entity()
    await make_entity(SHOP, name="越秀小店", district="440104", tags="抽样")
    return app, token


async def work_off(app: Litestar, folder: Path) -> None:
    """Let the background work be done."""
    worker = Worker(kinds(), folder / "files")
    while await worker.work_once():
        pass


async def test_a_list_is_filtered_paged_and_exported_as_it_is_filtered(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as clerk:
        everybody = words(await clerk.get("/entities"))
        assert "广州市天河机械厂" in everybody
        assert "越秀小店" in everybody
        one = words(await clerk.get("/entities", district="440104"))
        assert "广州市天河机械厂" not in one
        assert "越秀小店" in one
        found = words(await clerk.get("/entities", name="天河机"))
        assert "广州市天河机械厂" in found
        assert "越秀小店" not in found
        csv = await clerk.get("/entities.csv", district="440104")
        assert csv.text.startswith("\ufeff统一社会信用代码,单位名称")
        assert len(csv.text.strip().splitlines()) == 2
        led = await clerk.get("/entities", name=FACTORY.lower())
        assert led.headers["location"] == f"/entities/{FACTORY}"
        page = await clerk.follow(await clerk.post("/entities/export?district=440104"))
        assert "导出 Excel" in words(page)
        await work_off(app, tmp_path)
        book = await clerk.get(f"{page.url.path}/file")
        sheet = load_workbook(io.BytesIO(book.content)).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
        assert SHOP in cells
        assert FACTORY not in cells
        assert "条件：用工区划 越秀区" in cells


async def test_a_search_that_is_too_short_says_so_at_the_field(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as clerk:
        short = await clerk.get("/entities", name="天河")
        assert short.status_code == 200
        assert "至少三个连续的字" in words(short)
        assert 'value="天河"' in short.text
        assert "请先" not in words(await clerk.get("/entities", name="天河", district="440106"))
        wrong = await clerk.get("/entities", known="gestern")
        assert wrong.status_code == 200


async def test_a_page_goes_on_where_the_last_one_ended(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    for number in range(60):
        await make_entity(f"XGZ{number:03}", name=f"第{number:03}号工地", kind="project")
    async with browser(app, token) as clerk:
        first = await clerk.get("/entities", kind="project")
        assert "第049号工地" in words(first)
        assert "第050号工地" not in words(first)
        second = await clerk.get("/entities", kind="project", after="XGZ049")
        assert "第050号工地" in words(second)
        assert "已到末页" in words(second)
        assert "kind=project&amp;after=XGZ049" in first.text


async def test_a_change_needs_a_reason_and_is_kept_with_what_was_before(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    path = f"/entities/{FACTORY}/edit"
    async with browser(app, token) as clerk:
        form = await clerk.get(path)
        assert 'value="广州市天河机械厂"' in form.text
        sent = {
            "version": "1",
            "name": "广州市天河机械厂二分厂",
            "kind": "employer",
            "district": "440106",
            "headcount": "86",
            "permits": "劳务派遣许可证；粤A1；天河区人社局；2025-01-01 至 2028-01-01",
        }
        wrong = await clerk.post(path, sent | {"headcount": "很多", "permits": "一张"})
        assert wrong.status_code == 422
        assert "请填写事由" in words(wrong)
        assert "一张" in wrong.text
        assert "很多" in wrong.text
        kept = await clerk.follow(await clerk.post(path, sent | {"reason": "企业更名"}))
        assert "已办理：变更监管对象" in words(kept)
        assert "单位名称： 广州市天河机械厂 → 广州市天河机械厂二分厂" in words(kept)
        assert "劳务派遣许可证；粤A1；天河区人社局；2025-01-01 至 2028-01-01" in words(kept)
        stale = await clerk.post(path, sent | {"name": "别的名称", "reason": "更正"})
        assert stale.status_code == 422
        assert "已被他人改过" in words(stale)
        assert 'value="别的名称"' in stale.text


async def test_a_set_aside_entity_is_completed_and_the_clerk_is_told_it_waits(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    await _import(
        database,
        tmp_path,
        app,
        token,
        "统一社会信用代码,单位名称,用工所在地\n91440101MA5DAAAA1A,待核厂,\n",
    )
    async with browser(app, token) as clerk:
        assert "补正待核的监管对象" in words(await clerk.get("/"))
        listed = words(await clerk.get("/entities", state="set-aside"))
        assert "待核厂" in listed
        path = "/entities/91440101MA5DAAAA1A/complete"
        sent = {
            "version": "1",
            "name": "待核厂",
            "kind": "employer",
            "district": "440106",
            "reason": "核对证照",
        }
        unsure = await clerk.post(path, sent)
        assert "请填写证照上的代码" in words(unsure)
        done = await clerk.follow(await clerk.post(path, sent | {"code": "91440101MA5DAAAA1A"}))
        assert "在册" in words(done)


async def test_an_entity_leaves_and_comes_back_and_yesterday_is_still_to_be_seen(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as clerk:
        gone = await clerk.post(f"/entities/{FACTORY}/retire", {"version": "1", "reason": "已注销"})
        assert "退出" in words(await clerk.follow(gone))
        back = await clerk.post(f"/entities/{FACTORY}/restore", {"version": "2", "reason": "误报"})
        page = words(await clerk.follow(back))
        assert "第 3 版" in page
        assert "已注销" in page
        before = await clerk.get(f"/entities/{FACTORY}", known="2000-01-01")
        assert before.status_code == 404


async def test_people_of_a_district_see_and_change_only_its_entities(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path, districts=("440106",))
    async with browser(app, token) as clerk:
        listed = words(await clerk.get("/entities"))
        assert "广州市天河机械厂" in listed
        assert "越秀小店" not in listed
        assert SHOP not in (await clerk.get("/entities.csv")).text
        for path in ("", "/edit", "/retire"):
            assert (await clerk.get(f"/entities/{SHOP}{path}")).status_code == 404
        moved = await clerk.post(
            f"/entities/{FACTORY}/edit",
            {
                "version": "1",
                "name": "厂",
                "kind": "employer",
                "district": "440104",
                "reason": "迁",
            },
        )
        assert "只能登记本辖区的单位" in words(moved)
        assert (await clerk.get("/entities/import")).status_code == 409
    assert (await entity_reads.entity(GUANGZHOU, FACTORY)).version == 1


async def test_another_bureau_sees_nothing_of_it(database: TestDatabase, tmp_path: Path) -> None:
    app, _ = await set_up(database, tmp_path)
    token = await make_staff(
        "draw-operator", bureau=SHENZHEN, administrators=await make_administrators(SHENZHEN)
    )
    async with browser(app, token) as stranger:
        assert "天河机械厂" not in words(await stranger.get("/entities"))
        assert (await stranger.get(f"/entities/{FACTORY}")).status_code == 404


async def test_a_bad_file_changes_nothing_and_every_fault_is_listed(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    bad = f"统一社会信用代码,单位名称,用工所在地,从业人数\n{FACTORY},,天河区,\n{SHOP},小店,越秀区,许多\n"
    async with browser(app, token) as clerk:
        page = await _upload(clerk, app, tmp_path, bad)
        told = words(page)
        assert "没有写入任何内容" in told
        assert "第 2 行 B 单位名称" in told
        assert "第 3 行 D 从业人数" in told
        assert "确认导入" not in told
        number = page.url.path.rsplit("/", 1)[1]
        book = load_workbook(io.BytesIO((await clerk.get(f"/jobs/{number}/file")).content))
        assert book.active is not None
        refused = await clerk.post(page.url.path, {"reason": "导入"})
        assert refused.status_code == 422
    assert (await entity_reads.entity(GUANGZHOU, SHOP)).name == "越秀小店"


async def test_a_good_file_is_previewed_and_then_brought_in_once(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as clerk:
        page = await _upload(clerk, app, tmp_path, GOOD.format(FACTORY, SHOP))
        assert "将变更 1 家" in words(page)
        assert "不变 1 家" in words(page)
        assert (await entity_reads.entity(GUANGZHOU, FACTORY)).name == "广州市天河机械厂"
        unsaid = await clerk.post(page.url.path)
        assert "请填写导入的理由" in words(unsaid)
        running = await clerk.follow(await clerk.post(page.url.path, {"reason": "季度更新"}))
        await work_off(app, tmp_path)
        assert "变更 1 家" in words(await clerk.get(running.url.path))
        again = await clerk.post(page.url.path, {"reason": "再来一次"})
        assert "已经办理过导入" in words(again)
    changed = await entity_reads.entity(GUANGZHOU, FACTORY)
    assert (changed.name, changed.version) == ("广州市天河机械厂（新）", 2)
    assert changed.recorded_by == "staff:王五（2001）"


async def test_a_file_that_was_exchanged_after_the_preview_is_not_brought_in(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as clerk:
        page = await _upload(clerk, app, tmp_path, GOOD.format(FACTORY, SHOP))
        (kept,) = (tmp_path / "files").glob("*.csv")
        kept.write_text(GOOD.format(FACTORY, SHOP).replace("（新）", "（假）"), encoding="utf-8")
        running = await clerk.follow(await clerk.post(page.url.path, {"reason": "季度更新"}))
        await work_off(app, tmp_path)
        assert "文件与预览时不同" in words(await clerk.get(running.url.path))
    assert (await entity_reads.entity(GUANGZHOU, FACTORY)).version == 1


async def _upload(clerk: Browser, app: Litestar, folder: Path, text: str) -> httpx.Response:
    sent = await clerk.post("/entities/import", files={"file": ("名录.csv", text.encode())})
    assert sent.status_code == 303, words(sent)
    await work_off(app, folder)
    return await clerk.follow(sent)


async def _import(
    database: TestDatabase, folder: Path, app: Litestar, token: str, text: str
) -> None:
    async with browser(app, token) as clerk:
        page = await _upload(clerk, app, folder, text)
        await clerk.post(page.url.path, {"reason": "建库"})
        await work_off(app, folder)
