"""The public site: what is public since when, the same from a server and from a disk, and nothing before its time."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from app.draws import seal_actions
from app.draws.draw_reads import Draw, draw_of
from app.publication.public_site import publish, site_of, type_of
from registries import audit_log, audit_proofs, log_keys
from registries import database as books
from registries.errors import NotFound
from sampling import verifier
from sampling.bundle import read_bundle
from sampling.encoding import sha256_hex
from tests.app.draws.city import freeze, make_city, publish_plan
from tests.app.draws.makers import hold_ceremony
from tests.app.web.site import browser, make_site
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, do


async def sealed_draw() -> Draw:
    """Return a signed and sealed draw."""
    await make_city()
    await publish_plan()
    return await hold_ceremony(await freeze())


async def unseal(draw: Draw) -> None:
    await do(
        seal_actions.unseal,
        draw=draw,
        today=NOON.date(),
        finished=True,
        reason="检查结束",
    )


async def drawn_ids() -> list[str]:
    return [row["entity"] for row in await books.fetch("SELECT entity FROM draw_selection")]


async def everything(code: str = GUANGZHOU) -> dict[str, bytes]:
    """Return every file of the site that there is."""
    made = {}
    for path, make in (await site_of(code)).files.items():
        try:
            made[path] = await make()
        except NotFound:
            assert path.endswith("proof.json")  # There may be no checkpoint yet.
    return made


async def test_nothing_of_a_sealed_draw_is_on_the_site(database: TestDatabase) -> None:
    draw = await sealed_draw()
    files = await everything()
    folder = f"draws/{draw.number}"
    assert f"{folder}/bundle.zip" not in files
    whole = b"".join(files.values())
    for one in await drawn_ids():
        assert one.encode() not in whole
    assert draw.commitment in files[f"{folder}/index.html"].decode().replace(" ", "")
    assert "尚未启封" in files[f"{folder}/index.html"].decode()
    assert sha256_hex(files[f"{folder}/plan.json"]) == draw.commitment


async def test_an_unsealed_draw_is_published_whole_and_verifies(database: TestDatabase) -> None:
    draw = await sealed_draw()
    await unseal(draw)
    files = await everything()
    inside = read_bundle(files[f"draws/{draw.number}/bundle.zip"])
    row = next(csv.DictReader(io.StringIO(files["data/draws.csv"].decode("utf-8-sig"))))
    anchors = verifier.Anchors(row["承诺"], row["各方输入摘要"], row["骰子"], row["总根"])
    assert verifier.verify(inside, anchors).verified
    results = json.loads(files["data/results.json"])["rows"]
    assert {one["id"] for one in results} == set(await drawn_ids())
    assert {one["number"] for one in results} == {draw.number}


async def test_every_link_of_every_page_leads_to_a_file_of_the_site(database: TestDatabase) -> None:
    await unseal(await sealed_draw())
    await do(audit_log.issue_checkpoint)
    files = await everything()
    for path, content in files.items():
        if type_of(path).startswith("text/html") and path != "verify.html":
            text = content.decode()
            assert not re.search(r'(src|href)="(https?:)?//', text), path
            for link in re.findall(r'(?:src|href)="([^"#]+)"', text):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
                assert target in files, f"{path} leads to {link}"


async def test_the_served_pages_are_the_files_of_the_stick(
    database: TestDatabase, tmp_path: Path
) -> None:
    await unseal(await sealed_draw())
    app = make_site(database, tmp_path)
    files = await everything()
    async with browser(app) as citizen:
        first = await citizen.get("/public")
        assert first.headers["location"] == f"/public/{GUANGZHOU}/index.html"
        for path, content in files.items():
            answer = await citizen.get(f"/public/{GUANGZHOU}/{path}")
            assert answer.status_code == 200, path
            assert answer.content == content, path
            assert answer.headers["content-type"].startswith(type_of(path)), path
        for wrong in (
            "nothing.html",
            "../app.py",
            "draws/2026-01/salt.txt",
            "draws/2026-01/people.csv",
        ):
            assert (await citizen.get(f"/public/{GUANGZHOU}/{wrong}")).status_code == 404
        assert (await citizen.get("/public/440399/index.html")).status_code == 404


async def test_publishing_again_writes_only_what_changed(
    database: TestDatabase, tmp_path: Path
) -> None:
    draw = await sealed_draw()
    folder = tmp_path / "site"
    written, kept, _ = await publish(GUANGZHOU, folder)
    assert (kept, written > 15) == (0, True)
    own = folder / "门户自己的文件.html"
    own.write_text("不动", encoding="utf-8")
    assert (await publish(GUANGZHOU, folder))[0] == 0
    await unseal(draw)
    written, _, removed = await publish(GUANGZHOU, folder)
    assert (folder / "draws" / draw.number / "bundle.zip").is_file()
    assert 0 < written < 12
    assert removed == 0
    assert own.read_text(encoding="utf-8") == "不动"
    assert not list(folder.rglob("*.new"))


async def test_the_freeze_is_proved_under_a_checkpoint_and_the_proof_stays(
    database: TestDatabase,
) -> None:
    draw = await sealed_draw()
    path = f"draws/{draw.number}/proof.json"
    assert path not in await everything()
    await do(audit_log.issue_checkpoint)
    first = (await everything())[path]
    proof: Any = audit_proofs.read_proof(first)
    entry, _ = audit_proofs.check_inclusion(proof, log_keys.verifier())
    assert (entry.event, entry.new["commitment"]) == ("draw:freeze", draw.commitment)
    await unseal(await draw_of(GUANGZHOU, draw.number))
    await do(audit_log.issue_checkpoint)
    assert (await everything())[path] == first


async def test_the_feed_tells_every_step_with_ids_that_stay(database: TestDatabase) -> None:
    draw = await sealed_draw()
    feed = ElementTree.fromstring((await everything())["feed.xml"])
    ids = [one.text for one in feed.iter("{http://www.w3.org/2005/Atom}id")]
    assert ids[0] == f"urn:yaohao:{GUANGZHOU}"
    assert f"urn:yaohao:{GUANGZHOU}:{draw.number}:1" in ids
    assert len(ids) == len(set(ids)) > 8


async def test_a_process_for_the_public_alone_has_no_other_door(
    database: TestDatabase, tmp_path: Path
) -> None:
    await sealed_draw()
    app = make_site(database, tmp_path, faces=("public",))
    async with browser(app) as citizen:
        assert (await citizen.get("/")).headers["location"] == "/public"
        for path in ("/sign-in", "/entities", "/log", "/api/v1/entities", "/draws"):
            assert (await citizen.get(path)).status_code == 404, path
        assert (await citizen.get("/verify")).status_code == 200
