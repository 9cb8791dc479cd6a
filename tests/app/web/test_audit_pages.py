"""The operation log on the web: found, proved, and checked against a checkpoint that was kept elsewhere."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from litestar import Litestar

from app.draws import aftermath_actions, seal_actions
from app.draws.draw_reads import Draw
from app.jobs import Worker
from app.main import kinds
from registries import audit_log, audit_proofs, log_keys
from registries import database as books
from tests.app.accounts.staff import make_administrators
from tests.app.draws.makers import UNSEAL_BY, hold_ceremony, make_frozen_draw
from tests.app.web.site import browser, make_site, make_staff, words
from tests.app.web.test_api import make_token, program
from tests.conftest import TestDatabase
from tests.log_keys import declare, write
from tests.makers import FACTORY, SHENZHEN, do, make_entity


async def set_up(database: TestDatabase, folder: Path) -> tuple[Litestar, str]:
    """Make a site with an auditor and an entry about a factory."""
    app = make_site(database, folder)
    token = await make_staff("auditor")
    await make_entity()
    return app, token


async def check(app: Litestar, token: str, folder: Path, note: bytes) -> str:
    """Have the log checked and return what the auditor is told."""
    async with browser(app, token) as auditor:
        asked = await auditor.post("/log/check", files={"note": ("检查点.txt", note)})
        await Worker(kinds(), folder / "files").work_once()
        return words(await auditor.follow(asked))


async def test_entries_are_found_by_event_subject_and_day(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        found = words(await auditor.get("/log", event="entity:entered"))
        assert f"entity:{FACTORY}" in found
        assert "account:" not in found.split("查询")[1]
        assert f"entity:{FACTORY}" in words(await auditor.get("/log", subject=f"entity:{FACTORY}"))
        assert "没有符合条件的条目" in words(await auditor.get("/log", last="2001-01-01"))
        csv = await auditor.get("/log.csv", event="entity:entered")
        assert len(csv.text.strip().splitlines()) == 2
        assert (await auditor.get("/log", first="never")).status_code == 200


async def test_the_proof_of_an_entry_holds_under_the_published_key(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        page = await auditor.get("/log/3")
        assert "下载证明" in words(page)
        answer = await auditor.post("/log/3/proof")
        proof = audit_proofs.read_proof(answer.content)
        assert isinstance(proof, audit_proofs.InclusionProof)
        entry, _ = audit_proofs.check_inclusion(proof, log_keys.verifier())
        assert entry.number == 3
        assert (await auditor.get("/log/100000")).status_code == 404


async def test_a_change_since_the_checkpoint_is_named(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        note = (await auditor.post("/log/checkpoint")).content
    assert "没有发现任何改动" in await check(app, token, tmp_path, note)
    await _tamper()
    told = await check(app, token, tmp_path, note)
    assert "处问题" in told
    assert "编号 2：改动：内容与当时记下的散列值不符" in told
    assert "请立即保留现场" in told


async def test_entries_taken_out_and_a_head_that_is_gone_are_named(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        note = (await auditor.post("/log/checkpoint")).content
        assert log_keys.newest_checkpoint_path().read_bytes() == note
        await _without_triggers()
        await books.execute("DELETE FROM audit_entry WHERE number = 1")
        assert "编号 1：缺失：条目被删除" in await check(app, token, tmp_path, note)
        await books.execute("DELETE FROM audit_head")
        assert "首行被删除" in await check(app, token, tmp_path, note)
        assert "日志的首行不见了" in words(await auditor.get("/log"))


async def test_an_altered_entry_is_shown_as_such_and_not_proved(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        leaf = (await audit_log.entry(2)).leaf
        assert leaf[:4] in words(await auditor.get("/log/2"))
        await _tamper()
        assert "已被改动，不能出具证明" in words(await auditor.get("/log/2"))
        await books.execute("UPDATE audit_entry SET canonical = 'x' WHERE number = 2")
        assert "已被改动，不能出具证明" in words(await auditor.get("/log/2"))
        size = await audit_log.size()
        csv = (await auditor.get("/log.csv")).text
        assert len(csv.strip().splitlines()) == 1 + size
        assert "（正文已被改动，无法辨认）" in csv


async def test_a_checkpoint_may_be_pasted_as_text(database: TestDatabase, tmp_path: Path) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        note = (await auditor.post("/log/checkpoint")).text
        sent = {"pasted": note.replace("\n", "\r\n")}
        asked = await auditor.post("/log/check", sent)
        await Worker(kinds(), tmp_path / "files").work_once()
        told = words(await auditor.follow(asked))
        assert "没有发现任何改动" in told
        assert "您提供的检查点" in told
        wrong = await auditor.post("/log/check", {"pasted": "改" + note})
        assert "这不是本机构的检查点" in words(wrong)
        assert "改yaohao/" in wrong.text
        both = await auditor.post("/log/check", sent, files={"note": ("检查点.txt", note.encode())})
        assert "请只给一种" in words(both)


async def test_the_list_goes_on_by_number_and_odd_addresses_do_no_harm(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, token = await set_up(database, tmp_path)
    declare(monkeypatch)
    await write(60)
    async with browser(app, token) as auditor:
        first = await auditor.get("/log", event="sample:entered")
        assert "本页 50 条" in words(first)
        way = re.search(r'href="([^"]*after=\d+)" rel="next"', first.text)
        assert way is not None
        assert "本页 10 条" in words(await auditor.get(html.unescape(way[1])))
        for after in ("9" * 30, "-3", "x"):
            assert (await auditor.get("/log", after=after)).status_code == 200
        assert (await auditor.get("/log/" + "9" * 30)).status_code == 400
        day = "2026-11-21"
        assert "本页 50 条" in words(await auditor.get("/log", first=day, last=day))
        assert "没有符合条件的条目" in words(await auditor.get("/log", first="2027-01-01"))


async def test_whoever_may_not_read_the_log_gets_no_proof_and_no_checkpoint(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("draw-operator")
    async with browser(app, token) as clerk:
        assert (await clerk.get("/log")).status_code == 403
        assert (await clerk.post("/log/1/proof")).status_code == 403
        assert (await clerk.post("/log/checkpoint")).status_code == 403
        assert (await clerk.get("/log.csv")).status_code == 403


async def test_a_file_that_is_no_checkpoint_is_refused_in_words(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        for content in ("不是检查点".encode(), b"x" * 20_000, b"\xff\x00"):
            wrong = await auditor.post("/log/check", files={"note": ("检查点.txt", content)})
            assert wrong.status_code == 422
            assert "这不是本机构的检查点" in words(wrong)


async def test_another_bureau_reads_nothing_of_it(database: TestDatabase, tmp_path: Path) -> None:
    app, _ = await set_up(database, tmp_path)
    stranger_token = await make_staff(
        "auditor", bureau=SHENZHEN, administrators=await make_administrators(SHENZHEN)
    )
    async with browser(app, stranger_token) as stranger:
        assert FACTORY not in words(await stranger.get("/log"))
        assert (await stranger.get("/log/3")).status_code == 404
        assert (await stranger.post("/log/3/proof")).status_code == 404


async def test_an_entry_that_names_who_was_drawn_waits_for_the_unsealing(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    session = await make_staff("auditor")
    draw, entity, number = await _called_up()
    token = await make_token(session, "log:read")
    asked = {"event": "draw-reserve:call-up"}
    async with browser(app, session) as auditor, program(app, token) as reader:
        page = await auditor.get(f"/log/{number}")
        assert "抽查启封后才能查阅正文" in words(page)
        proof = await auditor.post(f"/log/{number}/proof")
        read = await reader.get("/api/v1/log", params=asked)
        proved = await reader.get(f"/api/v1/log/{number}/proof")
        assert proof.status_code == proved.status_code == 409
        assert read.json()["entries"][0]["number"] == number
        csv = await auditor.get("/log.csv", **asked)
        for answer in (page, proof, csv, read, proved):
            assert entity not in answer.text
            assert "两次" not in answer.text
        await do(seal_actions.unseal, draw=draw, today=UNSEAL_BY, finished=True, reason="已办结")
        assert entity in (await auditor.get(f"/log/{number}")).text
        assert entity in (await reader.get("/api/v1/log", params=asked)).text
        assert (await auditor.post(f"/log/{number}/proof")).status_code == 200


async def _called_up() -> tuple[Draw, str, int]:
    """Call a reserve up in a sealed draw; return the draw, the entity, and the number of the entry."""
    draw = await hold_ceremony(await make_frozen_draw(dice=6, reserve=3))
    verified = await aftermath_actions.recompute(draw)
    entity = verified.result.drawn[0].id
    said = {"entity": entity, "reason": "两次未果", "evidence": "12月3日、12月5日两次上门"}
    await do(aftermath_actions.call_up_reserve, draw=draw, verified=verified, **said)
    return draw, entity, (await audit_log.entries(event="draw-reserve:call-up"))[0].number


async def _without_triggers() -> None:
    """Take the triggers away, as somebody with the database file or its owner's rights could."""
    if books.on_postgres():
        for table in ("audit_entry", "audit_head"):
            await books.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        return
    rows = await books.fetch(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        " AND tbl_name IN ('audit_entry', 'audit_head')"
    )
    for row in rows:
        await books.execute(f"DROP TRIGGER {row['name']}")


async def _tamper() -> None:
    """Change an entry and nothing that was derived from it."""
    await _without_triggers()
    await books.execute(
        "UPDATE audit_entry SET canonical = replace(canonical, '2026', '2025') WHERE number = 2"
    )
