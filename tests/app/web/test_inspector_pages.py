"""Inspectors on the web in their rarer turns: certificates that run out, stale changes, sheets that leave no trace."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app import uploads
from app.sheet_pages import FOLDER, KEPT_FOR
from registries import audit_log, inspector_register
from tests.app.accounts.staff import make_administrators
from tests.app.web.site import Browser, browser, make_site, make_staff, words
from tests.app.web.test_reference_pages import PEOPLE, bring_in, set_up
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU

EDITED = {
    "version": "1",
    "name": "测试甲",
    "unit": "天河区劳动保障监察大队",
    "level": "county",
    "state": "on-duty",
    "may_lead": "y",
    "homes": ["440106"],
    "certificates": "行政执法证；粤A-1；440100；2024-01-01 至 2028-12-31",
    "reason": "调动",
}


async def enter_people(clerk: Browser, text: str = PEOPLE) -> None:
    """Bring in the two people of the sheet."""
    _, sent = await bring_in(clerk, "/inspectors/import", text, reason="建库")
    assert (await clerk.post("/inspectors/import", sent)).status_code == 303


def kept_files(folder: Path) -> list[Path]:
    """Return the sheets that the system keeps."""
    place = folder / "files" / FOLDER
    return sorted(place.iterdir()) if place.is_dir() else []


async def test_who_cannot_be_sent_for_want_of_a_certificate_is_a_task_and_a_filter(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    without = "YX-003,测试丙,越秀区劳动保障监察大队,县级,在岗,否,越秀区,,,,,\n"
    async with browser(app, clerk_token) as clerk:
        await enter_people(clerk, PEOPLE + without)
        assert "1 名在岗人员" in words(await clerk.get("/"))
        wanting = await clerk.get("/inspectors", certificate="wanting")
        assert "YX-003" in wanting.text
        assert "TH-001" not in wanting.text
        assert "TH-002" not in wanting.text  # Auxiliary staff need none.
        exported = (await clerk.get("/inspectors.csv", certificate="good")).text
        assert "TH-001" in exported
        assert "YX-003" not in exported


async def test_a_certificate_is_judged_by_the_day_that_is_asked_for(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        await enter_people(clerk, PEOPLE.replace("2028-12-31", "2024-12-31"))
        right = EDITED | {"valid_from": "2024-02-01", "unit": "旧单位"}
        right["certificates"] = right["certificates"].replace("2028", "2024")
        assert (await clerk.post("/inspectors/TH-001/edit", right)).status_code == 303
        assert "已过期" in words(await clerk.get("/inspectors/TH-001"))
        then = words(await clerk.get("/inspectors/TH-001", on="2024-03-01"))
        assert "已过期" not in then
        assert "有效" in then
        assert "已过期" not in words(await clerk.get("/inspectors", on="2024-03-01"))


async def test_a_change_overtaken_by_another_is_set_against_it_and_may_follow_knowingly(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        await enter_people(clerk)
        first = EDITED | {"department": "一中队", "reason": "分队"}
        assert (await clerk.post("/inspectors/TH-001/edit", first)).status_code == 303
        stale = await clerk.post("/inspectors/TH-001/edit", EDITED | {"unit": "越秀区大队"})
        assert stale.status_code == 422
        said = words(stale)
        assert "刚刚被别人改过" in said
        assert "事由：分队" in said
        assert "与它不同的有：工作单位、部门" in said
        assert 'value="越秀区大队"' in stale.text
        assert 'name="version" type="hidden" value="2"' in stale.text
        again = EDITED | {"unit": "越秀区大队", "version": "2"}
        page = words(await clerk.follow(await clerk.post("/inspectors/TH-001/edit", again)))
        assert "第 3 版" in page
        assert "变更：工作单位、部门" in page


async def test_the_auditor_sees_certificates_on_the_page_and_takes_none_along(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    admins = await make_administrators()
    clerk_token = await make_staff("draw-operator", administrators=admins)
    auditor = await make_staff("auditor", number="2009", name="沈审计", administrators=admins)
    async with browser(app, clerk_token) as clerk, browser(app, auditor) as reader:
        await enter_people(clerk)
        assert "粤A-1" in (await reader.get("/inspectors/TH-001")).text
        exported = (await reader.get("/inspectors.csv", full="1")).text
        assert "测试甲" in exported
        assert "粤A-1" not in exported
        assert "440106" not in exported


async def test_a_number_that_is_taken_is_told_in_words_of_the_web(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        await enter_people(clerk)
        taken = await clerk.post("/inspectors/new", EDITED | {"number": "TH-001"})
        assert taken.status_code == 422
        assert "已经登记" in words(taken)
        assert "inspectors change" not in taken.text


async def test_a_preview_finds_what_the_rules_find_and_leaves_no_trace(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        size = await audit_log.size()
        homeless = PEOPLE.replace("是,天河区", "是,")
        refused = await clerk.post(
            "/inspectors/import",
            {"reason": "建库"},
            files={"file": ("表.csv", homeless.encode())},
        )
        assert refused.status_code == 422
        assert "第 2 行 G 回避区划" in words(refused)
        assert "县级人员须填写所在区划" in words(refused)
        assert kept_files(tmp_path) == []
        await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        assert (await inspector_register.inspectors(GUANGZHOU)).inspectors == ()
        assert await audit_log.size() == size


async def test_a_sheet_is_kept_for_the_confirmation_alone(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        assert len(kept_files(tmp_path)) == 1
        assert (await clerk.post("/inspectors/import", sent)).status_code == 303
        assert kept_files(tmp_path) == []
        again = await clerk.post("/inspectors/import", sent)
        assert again.status_code == 422
        assert "已经导入" in words(again)
        assert 'name="kept" type="hidden" value=""' in again.text
        changed = PEOPLE.replace("测试乙,天河区劳动保障监察大队", "测试乙,越秀区劳动保障监察大队")
        told, _ = await bring_in(clerk, "/inspectors/import", changed, reason="调动")
        assert "变更 TH-002 测试乙 越秀区劳动保障监察大队 工作单位" in told


async def test_sheets_left_behind_go_after_a_day(database: TestDatabase, tmp_path: Path) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        (left,) = kept_files(tmp_path)
        long_ago = time.time() - KEPT_FOR.total_seconds() - 60
        os.utime(left, (long_ago, long_ago))
        other = left.with_name("说明.txt")
        other.write_text("不是上传的文件")
        os.utime(other, (long_ago, long_ago))
        await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
    assert left not in kept_files(tmp_path)
    assert other in kept_files(tmp_path)


def test_nothing_is_swept_where_nothing_was_kept(tmp_path: Path) -> None:
    uploads.sweep(tmp_path / "nowhere", KEPT_FOR)
