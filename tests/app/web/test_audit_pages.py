"""The operation log on the web: found, proved, checked against a checkpoint kept elsewhere; draws to be read."""

from __future__ import annotations

from pathlib import Path

from litestar import Litestar

from app.jobs import Worker
from app.main import kinds
from registries import audit_proofs, log_keys
from registries import database as books
from tests.app.accounts.staff import make_administrators
from tests.app.draws.makers import hold_ceremony, make_frozen_draw
from tests.app.web.site import browser, make_site, make_staff, words
from tests.conftest import TestDatabase
from tests.makers import FACTORY, SHENZHEN, make_entity


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
    assert "发现" in told
    assert "2" in told
    assert "请立即保留现场" in told


async def test_a_file_that_is_no_checkpoint_is_refused_in_words(
    database: TestDatabase, tmp_path: Path
) -> None:
    app, token = await set_up(database, tmp_path)
    async with browser(app, token) as auditor:
        for content in ("不是检查点".encode(), b"x" * 20_000, b"\xff\x00"):
            wrong = await auditor.post("/log/check", files={"note": ("检查点.txt", content)})
            assert wrong.status_code == 422
            assert "这不是本机构的检查点文件" in words(wrong)


async def test_another_bureau_reads_nothing_of_it(database: TestDatabase, tmp_path: Path) -> None:
    app, _ = await set_up(database, tmp_path)
    stranger_token = await make_staff(
        "auditor", bureau=SHENZHEN, administrators=await make_administrators(SHENZHEN)
    )
    async with browser(app, stranger_token) as stranger:
        assert FACTORY not in words(await stranger.get("/log"))
        assert (await stranger.get("/log/3")).status_code == 404
        assert (await stranger.post("/log/3/proof")).status_code == 404


async def test_a_sealed_draw_shows_counts_and_digests_and_no_name(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("auditor")
    draw = await hold_ceremony(await make_frozen_draw())
    drawn = await books.fetch("SELECT entity FROM draw_selection")
    assert drawn
    async with browser(app, token) as auditor:
        listed = words(await auditor.get("/draws"))
        assert draw.number in listed
        page = await auditor.get(f"/draws/{draw.number}")
        told = words(page)
        assert draw.commitment[:4] in told
        assert "已封存" in told
        assert "各区抽中家数" in told
        for row in drawn:
            assert row["entity"] not in page.text
        salt = await books.fetch("SELECT digest FROM draw_file WHERE name = 'salt.txt'")
        assert salt[0]["digest"] not in page.text
        assert draw.commitment in (await auditor.get("/draws.csv")).text


async def _tamper() -> None:
    """Change an entry as somebody with the database file and without triggers would."""
    if books.on_postgres():
        await books.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
    else:
        rows = await books.fetch(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        )
        for row in rows:
            await books.execute(f"DROP TRIGGER {row['name']}")
    await books.execute(
        "UPDATE audit_entry SET canonical = replace(canonical, '2026', '2025') WHERE number = 2"
    )
