"""Inspectors, recusals, the list of matters and the calendar on the web: kept by clerks, brought in from sheets."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from openpyxl import load_workbook

from app import calendar_pages
from app.accounts import session_reads
from app.inspector_edit_pages import certificates_of
from app.inspector_pages import standing
from app.jobs import Worker
from app.main import kinds
from registries import calendar_notices, inspector_register, item_lists, recusals
from registries.inspectors import Certificate, Inspector
from tests.app.accounts.staff import make_administrators
from tests.app.web.site import Browser, browser, make_site, make_staff, session_of, words
from tests.conftest import TestDatabase
from tests.makers import FACTORY, GUANGZHOU, SHOP, make_entity

PEOPLE = """工号,姓名,工作单位,层级,状态,可任组长,回避区划,证件种类,证件编号,适用地区,发证日期,有效期至
TH-001,测试甲,天河区劳动保障监察大队,县级,在岗,是,天河区,行政执法证,粤A-1,440100,2024-01-01,2028-12-31
TH-002,测试乙,天河区劳动保障监察大队,县级,辅助,否,天河区,,,,,
"""


async def set_up(database: TestDatabase, folder: Path) -> tuple[Litestar, str, str]:
    """Make a site with a clerk, and a case handler who may only read."""
    app = make_site(database, folder)
    admins = await make_administrators()
    clerk = await make_staff("draw-operator", administrators=admins)
    reader = await make_staff("case-handler", number="2002", name="赵六", administrators=admins)
    return app, clerk, reader


async def bring_in(
    clerk: Browser, path: str, text: str, **fields: Any
) -> tuple[str, dict[str, Any]]:
    """Upload a sheet and return what the preview says and what its button would send."""
    page = await clerk.post(path, fields, files={"file": ("表.csv", text.encode())})
    assert page.status_code == 200, words(page)
    hidden = {
        name: html.unescape(value)
        for name, value in re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text.split("<main")[1]
        )
    }
    hidden.pop("_csrf_token", None)
    return words(page), hidden


def test_a_certificate_that_runs_out_is_seen_in_time() -> None:
    one = Inspector("1", "甲", "队", "", "city", "on-duty", may_lead=False)
    today = date(2026, 11, 27)
    assert standing(one, today) == ("没有执法证件", "danger")
    held = Certificate("证", "1", "", date(2024, 1, 1), date(2026, 12, 1))
    with_one = Inspector(
        "1", "甲", "队", "", "city", "on-duty", may_lead=False, certificates=(held,)
    )
    assert standing(with_one, today) == ("2026-12-01 到期", "soon")
    assert standing(with_one, date(2026, 12, 2)) == ("已过期", "danger")


def test_the_line_of_a_certificate_is_read_as_it_is_written() -> None:
    (held,) = certificates_of("行政执法证；粤A-1；440100；2024-01-01 至 2028-12-31\n")
    assert held == Certificate(
        "行政执法证", "粤A-1", "440100", date(2024, 1, 1), date(2028, 12, 31)
    )


async def test_inspectors_come_in_by_a_sheet_that_is_seen_first(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        wrong = await clerk.post(
            "/inspectors/import",
            {"reason": "建库"},
            files={
                "file": (
                    "表.csv",
                    PEOPLE.replace("2028-12-31", "明年底").replace("测试乙", "").encode(),
                )
            },
        )
        assert wrong.status_code == 422
        assert "第 2 行 L 有效期至" in words(wrong)
        assert "第 3 行 B 姓名" in words(wrong)
        assert "建库" in wrong.text
        told, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        assert "新登记 2 人" in told
        assert (await inspector_register.inspectors(GUANGZHOU)).inspectors == ()
        exchanged = await clerk.post("/inspectors/import", sent | {"digest": "0" * 64})
        assert "文件与预览时不同" in words(exchanged)
        listed = await clerk.follow(await clerk.post("/inspectors/import", sent))
        assert "测试甲" in words(listed)
        told, _ = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="再来")
        assert "不变 2 人" in told


async def test_an_inspector_is_changed_and_missed_with_reasons(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, reader_token = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk, browser(app, reader_token) as reader:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        await clerk.post("/inspectors/import", sent)
        form = {
            "version": "1",
            "name": "测试甲",
            "unit": "越秀区劳动保障监察大队",
            "level": "county",
            "state": "on-duty",
            "homes": ["440106"],
            "certificates": "行政执法证；粤A-1",
        }
        wrong = await clerk.post("/inspectors/TH-001/edit", form | {"reason": "调动"})
        assert "第 1 行认不出" in words(wrong)
        assert "行政执法证；粤A-1" in wrong.text
        right = form | {
            "certificates": "行政执法证；粤A-1；440100；2024-01-01 至 2028-12-31",
            "reason": "调动",
        }
        page = words(await clerk.follow(await clerk.post("/inspectors/TH-001/edit", right)))
        assert "越秀区劳动保障监察大队" in page
        assert "第 2 版" in page
        stale = await clerk.post("/inspectors/TH-001/edit", right | {"unit": "别处"})
        assert stale.status_code == 422
        away = {"first": "2026-12-10", "last": "2026-12-01", "reason": "培训"}
        assert "结束日期早于开始日期" in words(
            await clerk.post("/inspectors/TH-001/absences/new", away)
        )
        await clerk.post("/inspectors/TH-001/absences/new", away | {"last": "2026-12-20"})
        assert "2026-12-10 至 2026-12-20：培训" in words(await clerk.get("/inspectors/TH-001"))
        await clerk.post("/inspectors/TH-001/absences/1/withdraw", {"reason": "取消"})
        assert "培训" not in words(await clerk.get("/inspectors/TH-001"))
        assert "粤A-1" in (await clerk.get("/inspectors/TH-001")).text
        seen = await reader.get("/inspectors/TH-001")
        assert "粤A-1" not in seen.text
        assert "回避区划" not in seen.text
        assert "粤A-1" not in (await reader.get("/inspectors.csv")).text
        assert "粤A-1" in (await clerk.get("/inspectors.csv")).text


async def test_a_workbook_keeps_to_what_its_asker_may_see(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, reader_token = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk, browser(app, reader_token) as reader:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        await clerk.post("/inspectors/import", sent)
        job = await reader.follow(await reader.post("/inspectors/export?name=测试甲"))
        await Worker(kinds(), tmp_path / "files").work_once()
        book = await reader.get(f"{job.url.path}/file")
        sheet = load_workbook(io.BytesIO(book.content)).active
        assert sheet is not None
        cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row]
        assert "测试甲" in cells
        assert "测试乙" not in cells
        assert not any("粤A-1" in cell for cell in cells)


async def test_a_recusal_is_entered_and_ended_and_stays_in_the_register(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, reader_token = await set_up(database, tmp_path)
    await make_entity()
    async with browser(app, clerk_token) as clerk, browser(app, reader_token) as reader:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        await clerk.post("/inspectors/import", sent)
        said = {
            "inspector": "TH-404",
            "entity": FACTORY,
            "reason_code": "relative-interest",
            "declared_by": "本人",
            "first": "2026-11-27",
        }
        unknown = await clerk.post("/recusals/new", said)
        assert unknown.status_code == 422
        assert "TH-404" in words(unknown)
        page = await clerk.follow(await clerk.post("/recusals/new", said | {"inspector": "TH-001"}))
        assert "近亲属与被检查单位有直接利害关系" in words(page)
        assert (await reader.get("/recusals/1/end")).status_code == 403
        assert "请填写终止的事由" in words(await clerk.post("/recusals/1/end"))
        await clerk.post("/recusals/1/end", {"reason": "亲属已离职"})
        (kept,) = await recusals.recusals(GUANGZHOU)
        assert kept.end_reason == "亲属已离职"
        sheet = f"工号,统一社会信用代码,回避事由,提出人,开始日期\nTH-404,{FACTORY},近亲属,本人,2026-12-01\n"
        refused = await clerk.post(
            "/recusals/import", {}, files={"file": ("表.csv", sheet.encode())}
        )
        assert refused.status_code == 422
        assert "第 2 行 A 工号" in words(refused)
        good = sheet.replace("TH-404", "TH-002")
        told, sent = await bring_in(clerk, "/recusals/import", good)
        assert "新登记 1 项" in told
        assert len(await recusals.recusals(GUANGZHOU)) == 1
        await clerk.post("/recusals/import", sent)
        assert len(await recusals.recusals(GUANGZHOU)) == 2


async def test_the_register_of_recusals_names_both_and_asks_for_a_day(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, reader_token = await set_up(database, tmp_path)
    await make_entity()
    async with browser(app, clerk_token) as clerk, browser(app, reader_token) as reader:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        await clerk.post("/inspectors/import", sent)
        sheet = (
            "工号,统一社会信用代码,回避事由,提出人,开始日期,结束日期\n"
            f"TH-001,{FACTORY},近亲属,本人,2026-01-01,2026-06-30\n"
            f"TH-002,{SHOP},曾任职,本人,2026-01-01,\n"
        )
        _, sent = await bring_in(clerk, "/recusals/import", sheet)
        await clerk.post("/recusals/import", sent)
        listed = words(await reader.get("/recusals"))
        assert "测试甲 TH-001 广州市天河机械厂" in listed
        assert "已终止" in listed
        in_july = await reader.get("/recusals", on="2026-07-01")
        assert "TH-002" in in_july.text
        assert "TH-001" not in in_july.text
        exported = (await reader.get("/recusals.csv", on="2026-06-30")).text
        assert "测试甲" in exported
        assert "广州市天河机械厂" in exported
        assert "TH-001" not in (await reader.get("/recusals.csv", on="2026-07-01")).text
        assert (await reader.get("/recusals.csv", on="七月")).status_code == 409
        assert "2026-01-01 至 2026-06-30" not in words(await reader.get("/recusals", on="七月"))


async def test_entities_of_other_districts_stay_unnamed_in_the_register(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    admins = await make_administrators()
    token = await make_staff("draw-operator", administrators=admins, districts=("440103",))
    await make_entity()
    async with browser(app, token) as clerk:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        await clerk.post("/inspectors/import", sent)
        sheet = f"工号,统一社会信用代码,回避事由,提出人,开始日期\nTH-001,{FACTORY},近亲属,本人,2026-01-01\n"
        _, sent = await bring_in(clerk, "/recusals/import", sheet)
        await clerk.post("/recusals/import", sent)
        for path in ("/recusals", "/recusals.csv", "/inspectors/TH-001"):
            page = await clerk.get(path)
            assert FACTORY in page.text
            assert "天河机械厂" not in page.text


async def test_the_last_full_page_of_recusals_leads_nowhere(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        _, sent = await bring_in(clerk, "/inspectors/import", PEOPLE, reason="建库")
        await clerk.post("/inspectors/import", sent)
        rows = [f"TH-001,X{number},近亲属,本人,2026-01-01" for number in range(50)]
        sheet = "\n".join(["工号,统一社会信用代码,回避事由,提出人,开始日期", *rows])
        _, sent = await bring_in(clerk, "/recusals/import", sheet)
        await clerk.post("/recusals/import", sent)
        assert "本页 50 项 已到末页" in words(await clerk.get("/recusals"))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/recusals/99999999999999999999/end", 400),
        ("/recusals?after=99999999999999999999", 200),
        ("/items.csv?version=99999999999999999999", 404),
        ("/items/99999999999999999999", 400),
        ("/calendar/import?year=99999999999999999999", 200),
    ],
)
async def test_a_number_that_no_row_could_have_is_no_fault_of_ours(
    database: TestDatabase, tmp_path: Path, path: str, status: int
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        assert (await clerk.get(path)).status_code == status


async def test_the_list_of_matters_starts_from_the_reference_and_takes_effect(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    async with browser(app, clerk_token) as clerk:
        assert "建立随机抽查事项清单" in words(await clerk.get("/"))
        proposed = await clerk.follow(await clerk.post("/items/reference"))
        assert "拟定中" in words(proposed)
        assert "检查要点" in words(await clerk.get("/items/1/09"))
        assert (await clerk.get("/items/1/99")).status_code == 404
        assert "请填写施行日期" in words(await clerk.post("/items/1/effect"))
        await clerk.post("/items/1/effect", {"effective": "2026-01-01"})
        assert "共 48 项" in words(await clerk.get("/items"))
        exported = (await clerk.get("/items.csv")).text
        told, sent = await bring_in(
            clerk,
            "/items/import",
            exported.replace("按月足额支付工资", "按月足额支付劳动报酬"),
            name="随机抽查事项清单",
            source="穗人社规〔2026〕1号",
            reason="修订",
        )
        assert "与施行的第 1 版相比 1 处不同" in told
        assert "变更 09 按月足额支付劳动报酬 事项名称" in told
        assert (await clerk.post("/items/import", sent)).status_code == 303
        assert len((await item_lists.item_list(GUANGZHOU, 2)).items) == 48
        assert "变更：09 按月足额支付劳动报酬（事项名称）" in words(await clerk.get("/items/2"))


async def test_next_years_notice_is_previewed_day_by_day_and_entered_once(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, clerk_token, _ = await set_up(database, tmp_path)
    sheet = "开始日期,结束日期,类型,节日\n2027-01-01,2027-01-03,放假,元旦\n2027-01-09,,上班,元旦\n"
    async with browser(app, clerk_token) as clerk:
        assert "2027 年工作日历" in words(await clerk.get("/calendar", year="2027"))
        assert "安排还没有录入" in words(await clerk.get("/calendar", year="2027"))
        told, sent = await bring_in(
            clerk, "/calendar/import", sheet, year="2027", number="国办发明电〔2026〕9号"
        )
        assert "2027-01-09 休息 上班" in told
        assert (await clerk.post("/calendar/import", sent)).status_code == 303
        assert 2027 in (await calendar_notices.calendar()).years
        again = await clerk.post("/calendar/import", sent)
        assert again.status_code == 422
        page = words(await clerk.get("/calendar", year="2027"))
        assert "国办发明电〔2026〕9号" in page
        assert "录入" in page


@pytest.mark.parametrize(
    ("day", "years"),
    [((2026, 10, 31), []), ((2026, 11, 1), ["2027"]), ((2027, 1, 15), ["2027"])],
)
async def test_the_notice_is_asked_for_until_it_is_entered(
    database: TestDatabase, tmp_path: Path, day: tuple[int, int, int], years: list[str]
) -> None:
    await set_up(database, tmp_path)
    token = await session_of("2001")
    who = await session_reads.principal_of(token, datetime.now(UTC))
    assert who is not None
    found = await calendar_pages.tasks(who, datetime(*day, 4, tzinfo=UTC))
    assert [task.path.rpartition("=")[2] for task in found] == years
