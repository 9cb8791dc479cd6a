"""A whole year on the real register of Guangzhou: three rounds, two voids, and everything checked by others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from app.demo import ceremony, checking, opening, people, sheets
from app.demo.names import Place
from app.demo.office import CLERK, HEAD, OPERATOR, WITNESS, Office
from app.draws import bundle_actions, gauges_reads, result_actions, signing_actions
from app.draws.draw_reads import draws_of
from app.draws.seal_actions import read_public_file
from app.plans import actions as plan_actions
from registries import record_reads
from registries.districts import guangdong
from registries.errors import NotFound, Refused
from registries.record_rules import DRAWN
from tests.conftest import TestDatabase, absent

REGISTER = Path(__file__).parents[3] / "shared" / "data" / "guangzhou-employers.csv"
GUANGZHOU = Place("440100", "广州市", 1000)
AUTHORITY = "广州市人力资源和社会保障局"
YEAR = opening.YEAR


@pytest.fixture
def register() -> Path:
    """Give the file of Guangzhou's employers, which lies beside the checkout and is no part of it."""
    if not REGISTER.exists():
        absent("shared/data/guangzhou-employers.csv is not beside this checkout")
    return REGISTER


@dataclass
class Year:
    """The bureau in its year, the folder for bundles, and the draws that others have checked."""

    office: Office
    folder: Path

    async def prepared(self, number: int, month: int) -> int:
        """Return a preparation of a round for tasks in the two months that follow."""
        self.office.clock.set(YEAR, month, 10)
        tasks = date(YEAR, month, 12), date(YEAR, month + 1, 28)
        chosen = ceremony.settings(opening.title(number), tasks, date(YEAR, 12, 31))
        return await ceremony.prepare(self.office, YEAR, number, chosen)

    async def drawn(self, number: int, month: int) -> str:
        """Hold a round up to its result, and return the draw's number."""
        draw = await ceremony.freeze(self.office, await self.prepared(number, month))
        kept = await ceremony.take_commits(self.office, draw.number)
        await ceremony.take_reveals(self.office, draw.number, kept)
        await ceremony.fix_parts(self.office, draw.number)
        await ceremony.type_dice(self.office, draw.number, ceremony.throw_dice(), {})
        await ceremony.run(self.office, draw.number)
        return draw.number

    async def held(self, number: int, month: int) -> str:
        """Hold a round up to the signatures."""
        draw = await self.drawn(number, month)
        await ceremony.sign(self.office, draw)
        return draw

    async def void(self, number: str, second: str, ground: str = "") -> str:
        """Make a draw void and return the state that follows."""
        return await self.office.on_draw(
            WITNESS,
            number,
            signing_actions.void,
            witness=WITNESS,
            second=second,
            reason="名单误用了去年的版本",
            ground=ground,
        )

    async def drawn_this_year(self) -> int:
        """Return how many different entities count as drawn."""
        found = await gauges_reads.gauges(self.office.bureau, YEAR, self.office.clock.now)
        return found.drawn

    async def check(self, number: str, bundle: bytes) -> None:
        """Let both programs verify a bundle against the published values, outside this process."""
        draw = await self.office.draw(number)
        found = await result_actions.published(draw)
        assert found is not None
        path = self.folder / f"{number}.zip"
        path.write_bytes(bundle)
        published = checking.anchors(draw, found)
        verifier = checking.unpacked_verifier(path, self.folder / "verify.py")
        for answer in (
            checking.by_verifier(verifier, path, published),
            checking.by_sampling(path, published),
        ):
            assert answer.agreed, answer.lines


async def open_the_books(folder: Path, register: Path, totals: Sequence[int]) -> Office:
    """Enter the bureau, import the register and made-up inspectors, and publish the year's plan."""
    office = Office(GUANGZHOU.code)
    await opening.enter(office, AUTHORITY)
    done = await opening.bring_entities(office, register)
    assert (done.report.read, done.new, done.report.refused) == (23_705, 23_705, {})
    assert done.report.set_aside["district-unknown"] == 1013
    known = guangdong().under(GUANGZHOU.code, date(YEAR, 1, 1))
    places = [Place(one.code, one.name, 1) for one in known]
    rows = people.inspectors(120, places, GUANGZHOU)
    sheets.write_workbook_of(folder / "执法人员.xlsx", people.INSPECTOR_HEADINGS, rows)
    await opening.bring_inspectors(office, folder / "执法人员.xlsx")
    await opening.put_items_into_effect(office)
    await opening.publish_plan(office, opening.plan_of_rounds(AUTHORITY, totals))
    return office


async def test_a_year_with_three_rounds_on_the_register_of_guangzhou(
    database: TestDatabase, tmp_path: Path, register: Path
) -> None:
    year = Year(await open_the_books(tmp_path, register, [27, 27, 25]), tmp_path)
    await a_draw_voided_before_the_reveals_leaves_nothing_but_its_number(year)
    first = await year.held(1, 4)
    await a_draw_voided_after_the_dice_is_public_at_once_and_counts_for_nobody(year)
    second = await year.held(2, 7)
    await the_third_round_is_refused_while_it_would_leave_the_year_short(year)
    third = await year.held(3, 10)
    assert await year.drawn_this_year() == 80
    assert (first, second, third) == ("2026-02", "2026-04", "2026-05")
    for number in (first, second, third):
        await year.check(number, await ceremony.bundle(year.office, number))
    draws = await draws_of(GUANGZHOU.code)
    commitments = [one.commitment for one in draws]
    assert [one.previous for one in draws] == ["", *commitments[:-1]]
    assert [one.state for one in draws] == ["void", "sealed", "void-public", "sealed", "sealed"]


async def a_draw_voided_before_the_reveals_leaves_nothing_but_its_number(year: Year) -> None:
    """Check §8: operator and witness may void with a reason; nothing that was sealed becomes public."""
    draw = await ceremony.freeze(year.office, await year.prepared(1, 3))
    await ceremony.take_commits(year.office, draw.number)
    assert await year.void(draw.number, OPERATOR) == "void"
    voided = await year.office.draw(draw.number)
    with pytest.raises(NotFound):
        await read_public_file(voided, "salt.txt")
    assert await bundle_actions.void_material(voided)
    assert await year.drawn_this_year() == 0


async def a_draw_voided_after_the_dice_is_public_at_once_and_counts_for_nobody(year: Year) -> None:
    """Check §8: only on a named ground, by witness and head; the whole bundle is public at once."""
    number = await year.drawn(2, 6)
    with pytest.raises(Refused, match="只能依据"):
        await year.void(number, HEAD)
    with pytest.raises(NotFound):
        await bundle_actions.public_bundle(await year.office.draw(number))
    assert await year.void(number, HEAD, "frame-wrong") == "void-public"
    await year.check(number, await bundle_actions.public_bundle(await year.office.draw(number)))
    since = date(YEAR, 1, 1)
    assert len(await record_reads.with_fact(GUANGZHOU.code, (DRAWN,), since=since)) == 27


async def the_third_round_is_refused_while_it_would_leave_the_year_short(year: Year) -> None:
    """Check §3: 27 + 27 + 25 entities are fewer than 80; after an amended plan the round may be frozen."""
    short = await year.prepared(3, 9)
    with pytest.raises(Refused, match="80"):
        await ceremony.freeze(year.office, short)
    content = opening.plan_of_rounds(AUTHORITY, [27, 27, 26])
    await year.office.do(
        CLERK, plan_actions.amend, year=YEAR, content=content, reason="全年须抽满 80 家"
    )
    await opening.carry_through(year.office)
    with pytest.raises(Refused, match="重新准备"):
        await ceremony.freeze(year.office, short)
