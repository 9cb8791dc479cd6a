"""The papers of a draw: which there are when, that they are always the same, and whose names they hold."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from docx import Document
from openpyxl import load_workbook

from app.draws import bundle_actions, document_actions, seal_actions, signing_actions
from app.draws.document_rules import EXCLUSIONS, ODDS, RECORD, TASKS, papers
from app.draws.draw_reads import Draw, draw_of
from app.draws.draw_record_rules import record
from app.draws.material_rules import Particulars
from app.draws.tables import SealReadingTable
from app.draws.visit_rules import NOTICES
from registries import audit_log, entities, item_lists
from registries.errors import Invalid
from tests.app.draws import city
from tests.app.draws.makers import (
    HEAD,
    OPERATOR,
    UNSEAL_BY,
    WITNESS,
    hold_ceremony,
    make_frozen_draw,
    mark_rehearsal,
    terms,
)
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, do, make_bureau
from tests.sampling.makers import entity_rows, frame_files

SAID = Particulars(
    place="局三楼会议室",
    check_at="https://example.invalid/draws",
    number="穗人社监抽〔2026〕",
    contact="李四",
    phone="020-00000000",
    complaint_phone="020-00000001",
)


async def draw_with_books(**changes: object) -> Draw:
    """Return a frozen draw of a bureau that has its item list."""
    await make_bureau()
    await do(item_lists.propose_seeded_list, bureau=GUANGZHOU)
    return await make_frozen_draw(**changes)  # type: ignore[arg-type]


async def papers_of(
    draw: Draw, said: Particulars = SAID, *, now: datetime = NOON
) -> dict[str, bytes]:
    """Return every paper of the draw as it stands now."""
    current = await draw_of(draw.bureau, draw.number)
    opened = await do(document_actions.open_papers, now=now, draw=current, purpose="制作抽查文书")
    return dict(papers(await document_actions.gather(current, opened), said))


def texts(content: bytes) -> str:
    """Return every word of a docx or xlsx, headers included."""
    return "\n".join(_texts(content))


def _texts(content: bytes) -> Iterator[str]:
    if b"xl/workbook.xml" in content:
        for sheet in load_workbook(io.BytesIO(content)):
            yield sheet.title
            yield from (str(cell.value) for row in sheet.iter_rows() for cell in row)
        return
    document = Document(io.BytesIO(content))
    yield from (paragraph.text for paragraph in document.paragraphs)
    yield from (c.text for table in document.tables for row in table.rows for c in row.cells)
    yield from (p.text for one in document.sections for p in one.header.paragraphs)


async def test_a_frozen_draw_has_its_chances_and_who_was_left_out_and_nothing_sealed(
    database: TestDatabase,
) -> None:
    left_out = [("91440103999999999X", "open-case")]
    listed = {"exclusions": [{"code": "open-case", "meaning": "有在办案件", "parameters": {}}]}
    files = frame_files(excluded=left_out, terms=terms(**listed))
    made = await papers_of(await draw_with_books(files=files))
    assert set(made) == {ODDS, EXCLUSIONS}
    assert "有在办案件" in texts(made[EXCLUSIONS])
    assert "越秀区" in texts(made[ODDS])
    assert await SealReadingTable.count() == 0


async def test_a_sealed_draw_has_all_papers_one_notice_for_each_entity(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books())
    made = await papers_of(draw)
    notices = [name for name in made if name.startswith(NOTICES)]
    assert set(made) == {ODDS, RECORD, TASKS, *notices}
    assert len(notices) == draw.total
    readings = await SealReadingTable.select()
    assert {row["file"] for row in readings} == {"people.csv", "result.json"}
    assert {row["purpose"] for row in readings} == {"制作抽查文书"}
    numbers = {line for name in notices for line in texts(made[name]).split() if "〔2026〕" in line}
    assert numbers == {f"穗人社监抽〔2026〕{number}号" for number in range(1, draw.total + 1)}


async def test_the_same_draw_gives_the_same_papers_whenever_they_are_made(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books())
    first = await papers_of(draw)
    await do(audit_log.issue_checkpoint)
    assert await papers_of(draw, now=NOON + timedelta(days=9)) == first


async def test_every_paper_of_a_rehearsal_says_so(database: TestDatabase) -> None:
    await mark_rehearsal()
    draw = await hold_ceremony(await draw_with_books(series="rehearsal"))
    made = await papers_of(draw)
    assert len(made) == 3 + draw.total
    assert [name for name, content in made.items() if "演练" not in texts(content)] == []


async def test_a_record_names_no_inspector_and_no_entity_while_the_draw_is_sealed(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books())
    made = await papers_of(draw)
    for name in (RECORD, ODDS):
        assert "王某" not in texts(made[name])
        assert "914401" not in texts(made[name])
    assert "王某" in texts(made[TASKS])
    assert any("王某" in texts(made[name]) for name in made if name.startswith(NOTICES))


async def test_an_opened_record_names_the_entities_and_the_teams_by_pseudonym(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books())
    await do(seal_actions.unseal, draw=draw, today=UNSEAL_BY, finished=True, reason="结束")
    words = texts((await papers_of(draw))[RECORD])
    assert "914401" in words
    assert "P0" in words
    assert "王某" not in words


async def test_no_paper_is_named_after_an_entity_or_a_person(database: TestDatabase) -> None:
    made = await papers_of(await hold_ceremony(await draw_with_books()))
    ids = {row[0] for row in entity_rows()}
    assert not any(one in name for name in made for one in (*ids, "王某", "P00"))


async def test_all_that_is_missing_is_named_at_once(database: TestDatabase) -> None:
    draw = await hold_ceremony(await draw_with_books())
    with pytest.raises(Invalid) as refusal:
        await papers_of(draw, Particulars())
    assert refusal.value.fields == {
        "双随机抽查通知书": ["发文字号", "联系人", "联系电话", "监督投诉电话"],
        "双随机抽取记录表": ["抽取地点", "核验网址"],
    }


async def test_a_draw_void_before_the_reveals_has_a_record_with_the_reason_alone(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books(), "listed")
    details = {"witness": WITNESS, "second": OPERATOR, "reason": "会场停电"}
    await do(signing_actions.void, draw=draw, **details)
    made = await papers_of(draw)
    assert set(made) == {ODDS, RECORD}
    assert "会场停电" in texts(made[RECORD])
    assert "共同产生随机数" not in texts(made[RECORD])


async def test_a_draw_void_after_its_result_has_no_tasks_and_no_notices(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books(), "drawn")
    details = {"witness": WITNESS, "second": HEAD, "reason": "名单整体错误"}
    await do(signing_actions.void, draw=draw, ground="frame-wrong", **details)
    made = await papers_of(draw)
    assert set(made) == {ODDS, RECORD}
    assert "本次抽取已作废" in texts(made[RECORD])


async def test_an_objection_stands_on_the_record(database: TestDatabase) -> None:
    draw = await hold_ceremony(await draw_with_books(), objection="第三枚骰子滚到桌下")
    assert "第三枚骰子滚到桌下" in texts((await papers_of(draw))[RECORD])


async def test_the_record_quotes_the_checkpoint_that_covers_the_signatures(
    database: TestDatabase,
) -> None:
    draw = await hold_ceremony(await draw_with_books())
    current = await draw_of(draw.bureau, draw.number)
    opened = await do(document_actions.open_papers, draw=current, purpose="制作抽查文书")
    made = record(await document_actions.gather(current, opened), SAID)
    signed = (await audit_log.entries(event="draw:sign"))[0]
    assert await audit_log.checkpoint_over(signed.number) == made.checkpoint


async def move_all(address: str, version: int, now: datetime) -> None:
    """Give every entity of the city an address."""
    for number in range(40):
        changes = {"work_address": address}
        await do(
            entities.change, now=now, bureau=GUANGZHOU, id_=city.entity_id(number),
            changes=changes, version=version, reason="核实",
        )  # fmt: skip


@pytest.mark.postgres
async def test_the_papers_of_a_draw_frozen_from_the_books_say_what_was_so_at_the_freeze(
    database: TestDatabase,
) -> None:
    await city.make_city(entities=40)
    await city.publish_plan()
    await move_all("天河路 1 号", 1, NOON)
    draw = await hold_ceremony(await city.freeze())
    await move_all("后来的地址", 2, NOON + timedelta(hours=1))
    made = await papers_of(draw)
    notices = [texts(content) for name, content in made.items() if name.startswith(NOTICES)]
    assert len(notices) == draw.total
    for words in (texts(made[TASKS]), *notices):
        assert "天河路 1 号" in words
        assert "后来的地址" not in words
        assert "检查员0" in words
        assert "440100 第 " in words
    assert all("劳动保障监察条例第11条第1项" in words for words in notices)
    assert [one.word for one in await bundle_actions.verify(draw)] == ["", ""]
