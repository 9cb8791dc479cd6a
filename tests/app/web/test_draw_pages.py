"""Draws on the web, to be read: what each state lets people see, and never a name before unsealing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.accounts.tables import AccountTable
from app.draws import seal_actions
from app.draws.draw_reads import Draw, draw_of, files_of
from app.draws.state_rules import State
from registries import database as books
from registries.calendar import day_in_china
from tests.app.accounts.staff import make_administrators
from tests.app.draws.makers import UNSEAL_BY, hold_ceremony, make_frozen_draw
from tests.app.web.site import browser, make_site, make_staff, words
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, SHENZHEN, do

# The digest of result.json is published with the dice.
NEVER_PLAIN = {"salt.txt", "people.csv", "seed.json"}
BY_ROLE = {"entities.csv", "excluded.csv", "inspectors.csv", "left_out.csv", "recusals.csv"}


async def secrets_of(draw: Draw) -> list[str]:
    """Return what nobody may read off a page yet: who was drawn, who goes, and what would betray either."""
    drawn = await books.fetch("SELECT entity FROM draw_selection WHERE draw = {}", draw.id)
    seats = await books.fetch("SELECT pseudonym FROM draw_seat WHERE draw = {}", draw.id)
    people = await books.fetch("SELECT inspector FROM draw_person WHERE draw = {}", draw.id)
    values = await books.fetch("SELECT nonce, value FROM draw_reveal WHERE draw = {}", draw.id)
    digests = [
        file.digest
        for file in (await files_of(draw)).values()
        if file.name in NEVER_PLAIN | BY_ROLE
    ]
    found = [str(text) for row in (*drawn, *seats, *people, *values) for text in row.values()]
    return found + digests


@pytest.mark.parametrize("state", ["frozen", "listed", "parts-fixed", "dice-fixed", "drawn"])
async def test_no_state_before_unsealing_names_anybody(
    database: TestDatabase, tmp_path: Path, state: State
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("auditor")
    draw = await hold_ceremony(await make_frozen_draw(), state)
    async with browser(app, token) as auditor:
        page = await auditor.get(f"/draws/{draw.number}")
        assert page.status_code == 200
        hidden = await secrets_of(draw)
        assert hidden
        for text in hidden:
            assert text not in page.text
        assert draw.commitment[:4] in words(page)


async def test_a_sealed_draw_shows_counts_and_digests_and_no_name(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("auditor")
    draw = await hold_ceremony(await make_frozen_draw())
    async with browser(app, token) as auditor:
        assert draw.number in words(await auditor.get("/draws"))
        page = await auditor.get(f"/draws/{draw.number}")
        told = words(page)
        for shown in ("已封存", "各区抽中家数", "总根", "各方承诺", "名单封存中"):
            assert shown in told
        for text in await secrets_of(draw):
            assert text not in page.text
        assert draw.commitment in (await auditor.get("/draws.csv")).text


async def test_why_somebody_was_replaced_is_not_told_while_the_draw_is_sealed(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("auditor")
    draw = await hold_ceremony(await make_frozen_draw())
    seat = await books.fetch("SELECT district, team, place, pseudonym FROM draw_seat LIMIT 1")
    await books.execute(
        "INSERT INTO draw_replacement"
        " (draw, district, team, place, replaced, pseudonym, passed_over, reason, at)"
        " VALUES ({}, {}, {}, {}, {}, {}, '[]', {}, {})",
        *(draw.id, seat[0]["district"], seat[0]["team"], seat[0]["place"]),
        *(seat[0]["pseudonym"], "I999", "检查员甲突发疾病", draw.frozen_at),
    )
    async with browser(app, token) as auditor:
        told = words(await auditor.get(f"/draws/{draw.number}"))
        assert "更换检查人员" in told
        assert "突发疾病" not in told
        await _unseal(draw)
        assert "突发疾病" in words(await auditor.get(f"/draws/{draw.number}"))


async def test_after_unsealing_every_digest_but_that_of_the_people_is_public(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("inspector")
    draw = await hold_ceremony(await make_frozen_draw())
    await _unseal(draw)
    files = await files_of(draw)
    async with browser(app, token) as visitor:
        page = await visitor.get(f"/draws/{draw.number}")
    assert "已启封" in words(page)
    assert files["result.json"].digest in page.text
    assert files["people.csv"].digest not in page.text


async def test_a_witness_sees_the_draw_invited_to_and_no_other(
    database: TestDatabase, tmp_path: Path
) -> None:
    app = make_site(database, tmp_path)
    token = await make_staff("witness")
    first, second = await make_frozen_draw(), await make_frozen_draw()
    today = day_in_china(datetime.now(UTC))
    await AccountTable.update(
        {
            AccountTable.draw: first.number,
            AccountTable.valid_from: today,
            AccountTable.valid_to: today,
        }
    ).where(AccountTable.bureau == GUANGZHOU, AccountTable.staff_number == "2001")
    async with browser(app, token) as witness:
        assert second.number not in (await witness.get("/draws")).text
        assert (await witness.get(f"/draws/{first.number}")).status_code == 200
        assert (await witness.get(f"/draws/{second.number}")).status_code == 404
        assert second.commitment not in (await witness.get("/draws.csv")).text


async def test_another_bureau_finds_no_draw(database: TestDatabase, tmp_path: Path) -> None:
    app = make_site(database, tmp_path)
    await make_administrators()
    draw = await make_frozen_draw()
    token = await make_staff(
        "auditor", bureau=SHENZHEN, administrators=await make_administrators(SHENZHEN)
    )
    async with browser(app, token) as stranger:
        assert (await stranger.get(f"/draws/{draw.number}")).status_code == 404
        assert draw.number not in words(await stranger.get("/draws"))


async def _unseal(draw: Draw) -> None:
    current = await draw_of(draw.bureau, draw.number)
    await do(seal_actions.unseal, draw=current, today=UNSEAL_BY, finished=True, reason="已办结")
