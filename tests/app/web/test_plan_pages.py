"""The year's plan on the web: drafted by one, approved by another, filed and published, and held to its gauges."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path
from typing import Any

from litestar import Litestar

from app.accounts import account_reads
from app.plans import tables
from registries import item_lists
from tests.app.accounts.staff import Administrators, make_administrators
from tests.app.web.site import Browser, browser, make_site, make_staff, words
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do

POLICY = {
    "issuing_authority": "广州市人力资源和社会保障局",
    "item_list": "1",
    "ratio_permille": "80",
    "floor": "80",
    "mode": "either",
    "frequency_cap": "1",
    "pause_months": "6",
}
DRAFT = POLICY | {"year": "2026", "rounds": "3", "total": "27", "items": ["01", "02"]}


async def set_up(database: TestDatabase, folder: Path) -> tuple[Litestar, str, str]:
    """Make a site with an item list in effect, a clerk and an approver."""
    app = make_site(database, folder)
    admins = await make_administrators()
    clerk = await make_staff("draw-operator", administrators=admins)
    head = await make_staff("approver", number="2002", name="赵六", administrators=admins)
    await do(item_lists.propose_seeded_list, bureau=GUANGZHOU)
    await do(item_lists.put_into_effect, bureau=GUANGZHOU, version=1, effective=date(2026, 1, 1))
    return app, clerk, head


async def drafted(clerk: Browser) -> str:
    """Draft the year's plan and return its path."""
    answer = await clerk.post("/plans/new", DRAFT)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["location"]).partition("?")[0]


def filled(page: Any) -> dict[str, Any]:
    """Return what a browser would send of the form as it stands."""
    form = page.text.split("<main", 1)[1]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        said = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if said.get("type") in {"checkbox", "radio"} and " checked" not in tag:
            continue
        if name := said.get("name"):
            sent.setdefault(name, []).append(said.get("value", "y"))
    for name, options in re.findall(
        r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        sent[name] = [chosen[1] if chosen else ""]
    sent.pop("_csrf_token", None)
    return sent


async def step(visitor: Browser, name: str, **said: str) -> Any:
    """Open a step's page and send its form."""
    path = f"/plans/2026/steps/{name}"
    form = await visitor.get(path)
    return await visitor.post(path, filled(form) | said if form.status_code == 200 else said)


async def test_a_plan_goes_from_draft_to_publication_by_two_people(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, head_token = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk, browser(app, head_token) as head:
        assert "起草" in words(await clerk.get("/"))
        path = await drafted(clerk)
        assert "第 3 次" in words(await clerk.get(path))
        await step(clerk, "submit")
        assert "须由另一人审批" in words(await clerk.get(path))
        assert (await step(clerk, "approve")).status_code == 403
        assert "审批 2026 年度抽查计划" in words(await head.get("/"))
        approved = await head.follow(await step(head, "approve"))
        assert "赵六（2002）" in words(approved)
        assert (await step(head, "file")).status_code == 403
        unsaid = await step(clerk, "file", filed_with="省人社厅")
        assert "请填写备案文号" in words(unsaid)
        assert 'value="省人社厅"' in unsaid.text
        await step(clerk, "file", filed_with="省厅", reference="备〔2026〕1号")
        public = await clerk.follow(await step(clerk, "publish"))
        assert "已公布" in words(public)
        assert "按比例应抽" in words(public)
        assert "按家数应抽 0 / 80 家" in words(public)
        assert (await step(clerk, "publish")).status_code == 409


async def test_every_fault_of_a_draft_is_at_its_field_and_nothing_typed_is_lost(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        wrong = await clerk.post(
            "/plans/new",
            DRAFT | {"rounds": "2", "total": "无", "issuing_authority": "", "items": []},
        )
        assert wrong.status_code == 422
        told = words(wrong)
        for sentence in ("请填写 3 到 12 之间的整数", "请填写制定机关", "请选择抽查事项"):
            assert sentence in told
        assert 'value="无"' in wrong.text
    assert await tables.plans(GUANGZHOU) == []


async def test_a_round_is_changed_added_and_taken_out_while_the_plan_is_drafted(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        await drafted(clerk)
        form = await clerk.get("/plans/2026/rounds/2")
        sent = filled(form)
        assert sent["items"] == ["01", "02"]
        done = await clerk.post("/plans/2026/rounds/2", sent | {"total": "40", "rate_c": "全部"})
        assert done.status_code == 303, words(done)
        round_ = (await tables.plan(GUANGZHOU, 2026)).content.rounds[1]
        assert (round_.total, round_.rates["C"], round_.items) == (40, "all", ("01", "02"))
        stale = await clerk.post("/plans/2026/rounds/2", sent | {"total": "41"})
        assert "刚被他人改过" in words(stale)
        odd = await clerk.post(
            "/plans/2026/rounds/2",
            filled(await clerk.get("/plans/2026/rounds/2")) | {"aim": "directed", "rate_a": "很多"},
        )
        assert "请填写 0 到 100 的整数" in words(odd)
        assert "remove" not in (await clerk.get("/plans/2026/rounds/1")).text
        another = filled(await clerk.get("/plans/2026/rounds/new")) | {"name": "第四次抽查"}
        assert (await clerk.post("/plans/2026/rounds/new", another)).status_code == 303
        seen = filled(await clerk.get("/plans/2026/rounds/4"))["seen"][0]
        await clerk.post("/plans/2026/rounds/4/remove", {"seen": seen})
        assert len((await tables.plan(GUANGZHOU, 2026)).content.rounds) == 3


async def test_a_published_plan_is_amended_as_a_new_version(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, head_token = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk, browser(app, head_token) as head:
        await drafted(clerk)
        await step(clerk, "submit")
        await step(head, "approve")
        await step(clerk, "file", filed_with="省厅", reference="1号")
        await step(clerk, "publish")
        assert (await clerk.get("/plans/2026/edit")).status_code == 200
        refused = await clerk.post("/plans/2026/edit", filled(await clerk.get("/plans/2026/edit")))
        assert "只有起草中的计划可以修改" in words(refused)
        amended = await step(clerk, "amend", reason="增加专项")
        assert amended.headers["location"].startswith("/plans/2026/2")
        assert "修订理由：增加专项" in words(await clerk.follow(amended))
        shown = words(await clerk.get("/plans/2026/2"))
        assert "这一版尚未公布" in shown
        assert "逾期" not in shown  # 31 March is the year's day, not the amendment's.
        assert "已过期" not in words(await clerk.get("/"))


async def test_whoever_changed_a_draft_cannot_approve_it(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    both = await make_staff(
        "draw-operator",
        "approver",
        number="2003",
        name="孙七",
        administrators=await _again(),
    )
    async with browser(app, clerk_token) as clerk, browser(app, both) as two:
        await drafted(clerk)
        sent = filled(await two.get("/plans/2026/rounds/1")) | {"total": "99"}
        assert (await two.post("/plans/2026/rounds/1", sent)).status_code == 303
        await step(clerk, "submit")
        refused = await step(two, "approve")
        assert "起草人不能审批自己的计划" in words(refused)


async def test_a_decision_is_on_what_was_read_and_not_on_what_took_its_place(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, head_token = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk, browser(app, head_token) as head:
        path = await drafted(clerk)
        await step(clerk, "submit")
        read = await head.get(path)
        way = re.search(r'href="(/plans/2026/steps/approve[^"]*)"', read.text)
        assert way is not None
        await step(head, "return", reason="第一次的家数太少")
        assert "第一次的家数太少" in words(await clerk.get(path))
        sent = filled(await clerk.get("/plans/2026/rounds/1")) | {"total": "9"}
        assert (await clerk.post("/plans/2026/rounds/1", sent)).status_code == 303
        await step(clerk, "submit")
        stale = await head.post(way[1].partition("?")[0], filled(await head.get(way[1])))
        assert stale.status_code == 422
        assert "计划在您打开之后改过" in words(stale)
        assert (await tables.plan(GUANGZHOU, 2026)).state == "submitted"
        assert (await step(head, "approve")).status_code == 303


async def test_a_list_that_is_not_there_is_a_fault_at_its_field(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        for odd in ("abc", "9", "9" * 30):
            wrong = await clerk.post("/plans/new", DRAFT | {"item_list": odd})
            assert wrong.status_code == 422
            assert "没有这一版事项清单" in words(wrong)


async def test_a_clerk_of_one_district_takes_no_other_out_of_a_round(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    local = await make_staff(
        "draw-operator",
        number="2003",
        name="孙七",
        districts=("440106",),
        administrators=await _again(),
    )
    async with browser(app, clerk_token) as clerk, browser(app, local) as one:
        await drafted(clerk)
        path = "/plans/2026/rounds/1"
        both = filled(await clerk.get(path)) | {"districts": ["440106", "440103"]}
        assert (await clerk.post(path, both)).status_code == 303
        assert (await one.post(path, filled(await one.get(path)))).status_code == 303
        kept = (await tables.plan(GUANGZHOU, 2026)).content.rounds[0].districts
        assert set(kept) == {"440103", "440106"}
        told = words(await one.get("/plans/2026/1"))
        assert "天河区" in told
        assert "440103" not in told


async def test_the_draft_shows_whether_its_rounds_would_reach_the_year(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, head_token = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk, browser(app, head_token) as head:
        path = await drafted(clerk)
        for visitor in (clerk, head):
            told = words(await visitor.get(path))
            assert "以下按这一版的要求和家数推算" in told
            assert "按家数应抽 0 / 80 家" in told
            assert "下一步：提交审批，由抽查管理员办理" in told


async def test_another_bureau_finds_no_plan(database: TestDatabase, tmp_path: Path) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    stranger_token = await make_staff(
        "draw-operator", bureau=SHENZHEN, administrators=await make_administrators(SHENZHEN)
    )
    async with browser(app, clerk_token) as clerk, browser(app, stranger_token) as stranger:
        path = await drafted(clerk)
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post("/plans/2026/steps/submit")).status_code == 404
        assert "2026 年度 第" not in words(await stranger.get("/plans"))
        csv = await clerk.get("/plans.csv")
        assert csv.text.count("2026 年第") == 3


async def _again() -> Administrators:
    """Return the administrators that the set-up has made."""
    system = await account_reads.row_of(GUANGZHOU, "1001")
    security = await account_reads.row_of(GUANGZHOU, "1002")
    assert system is not None
    assert security is not None
    return Administrators(system["id"], security["id"])
