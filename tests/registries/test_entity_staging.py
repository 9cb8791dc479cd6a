"""A file's rows on their way into the books: compared set-wise, merged in one deed."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from registries import database as books
from registries.database import Deed
from registries.engines import GuardedSQLiteEngine
from registries.entity_staging import Merged, Preview, Staging, staging
from registries.errors import Conflict, Refused
from tests.conftest import TestDatabase
from tests.makers import CLERK, GUANGZHOU, NOON, SHENZHEN, make_bureau

pytestmark = pytest.mark.postgres

COLUMNS = ("name", "kind", "district", "headcount", "established")
TEN = [
    (f"X{number:02d}", "", f"第{number}工厂", "employer", "440106", number, date(2001, 1, number))
    for number in range(1, 11)
]


async def merged(
    rows: Iterable[Sequence[Any]],
    *,
    bureau: str = GUANGZHOU,
    columns: tuple[str, ...] = COLUMNS,
    later: int = 0,
    retire_missing: bool = False,
    of_kind: str | None = None,
) -> tuple[Preview, Merged]:
    """Stage, compare and merge rows, `later` days after noon."""
    async with staging(bureau, columns) as staged:
        await staged.add(rows)
        preview = await staged.compare(retire_missing=retire_missing, of_kind=of_kind)
        return preview, await merge(staged, later=later)


async def merge(staged: Staging, *, later: int = 0, valid_from: date | None = None) -> Merged:
    async def work(deed: Deed) -> Merged:
        return await staged.merge(deed, reason="年度更新", source="test.csv", valid_from=valid_from)

    return await books.deed(work, actor=CLERK, now=NOON + timedelta(days=later))


async def row(id_: str, bureau: str = GUANGZHOU) -> dict[str, Any]:
    rows = await books.fetch("SELECT * FROM entity WHERE bureau = {} AND id = {}", bureau, id_)
    return rows[0]


async def versions() -> int:
    return int((await books.fetch("SELECT count(*) AS n FROM entity_version"))[0]["n"])


async def test_a_first_file_is_all_new_and_the_same_file_again_changes_nothing(
    database: TestDatabase,
) -> None:
    await make_bureau()
    preview, done = await merged(TEN)
    assert (preview.staged, preview.new, done) == (10, 10, Merged(10, 0, 0, 0))
    third = await row("X03")
    assert (third["name"], third["headcount"], third["established"]) == (
        "第3工厂", 3, date(2001, 1, 3),
    )  # fmt: skip
    assert (third["state"], third["grade"], third["version"]) == ("active", "-", 1)
    assert (third["recorded_by"], third["source"]) == ("staff:测试经办人", "test.csv")
    again, done = await merged(TEN, later=1)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 10)
    assert done == Merged(0, 0, 10, 0)
    assert await versions() == 0


async def test_a_corrected_file_changes_only_its_rows_and_keeps_what_they_were(
    database: TestDatabase,
) -> None:
    await make_bureau()
    await merged(TEN)
    corrected = [
        *TEN[:4],
        ("X05", "", "第五工厂", "employer", "440105", 5, date(2001, 1, 5)),
        *TEN[5:],
    ]
    preview, done = await merged(corrected, later=1)
    assert (preview.changed, preview.unchanged) == (1, 9)
    assert [(d.id, d.field, d.old, d.new) for d in preview.differences] == [
        ("X05", "name", "第5工厂", "第五工厂"),
        ("X05", "district", "440106", "440105"),
    ]
    assert done == Merged(0, 1, 9, 0)
    assert (await row("X05"))["version"] == 2
    old = (await books.fetch("SELECT * FROM entity_version"))[0]
    assert (old["id"], old["name"], old["version"]) == ("X05", "第5工厂", 1)
    assert old["superseded_at"] == (await row("X05"))["recorded_at"]


async def test_a_blank_says_nothing_and_erases_nothing(database: TestDatabase) -> None:
    await make_bureau()
    await merged(TEN)
    preview, _ = await merged([("X01", "district-unknown", "第1工厂", "", "", None, None)], later=1)
    assert (preview.changed, preview.unchanged) == (0, 1)
    assert (await row("X01"))["state"] == "active"


async def test_a_row_set_aside_is_stored_with_its_reason_until_a_file_completes_it(
    database: TestDatabase,
) -> None:
    await make_bureau()
    aside = ("X11", "code-check+district-unknown", "第11工厂", "employer", "", 1, None)
    preview, _ = await merged([*TEN, aside])
    assert preview.set_aside == {"code-check+district-unknown": 1}
    assert (await row("X11"))["state"] == "set-aside"
    located = ("X11", "code-check", "第11工厂", "employer", "440106", 1, None)
    preview, _ = await merged([located], later=1)
    assert [(d.field, d.old, d.new) for d in preview.differences] == [
        ("district", "", "440106"),
        ("state_reason", "code-check+district-unknown", "code-check"),
    ]
    assert (await row("X11"))["state_reason"] == "code-check"
    # The old file again: its blank district does not undo what the books know now.
    preview, _ = await merged([*TEN, aside], later=2)
    assert preview.changed == 0
    preview, _ = await merged([("X11", "", "第11工厂", "employer", "440106", 1, None)], later=3)
    assert ((await row("X11"))["state"], (await row("X11"))["version"]) == ("active", 3)


async def test_a_file_of_one_kind_adds_that_kind(database: TestDatabase) -> None:
    await make_bureau()
    await merged(TEN)
    agencies = [
        ("X02", "", "第2工厂", "hr-agency", "440106"),
        ("Y1", "", "甲人才", "hr-agency", "440106"),
    ]
    preview, _ = await merged(agencies, columns=COLUMNS[:3], later=1)
    assert (preview.new, preview.changed) == (1, 1)
    assert (await row("X02"))["kind"] == "employer+hr-agency"
    preview, _ = await merged(TEN, later=2)
    assert preview.changed == 0


async def test_whoever_is_missing_is_retired_only_when_asked_and_then_stays_retired(
    database: TestDatabase,
) -> None:
    await make_bureau()
    await merged(TEN)
    preview, _ = await merged(TEN[:8], later=1)
    assert preview.to_retire == 0
    preview, done = await merged(TEN[:8], later=2, retire_missing=True)
    assert (preview.to_retire, done.retired) == (2, 2)
    assert ((await row("X09"))["state"], (await row("X09"))["version"]) == ("retired", 2)
    preview, done = await merged(TEN, later=3)
    assert (preview.still_retired, preview.unchanged, preview.changed) == (2, 8, 0)


async def test_a_file_of_one_kind_retires_only_that_kind(database: TestDatabase) -> None:
    await make_bureau()
    await merged([*TEN, ("Y1", "", "甲人才", "hr-agency", "440106", None, None)])
    rows = [("Y2", "", "乙人才", "hr-agency", "440106", None, None)]
    preview, _ = await merged(rows, later=1, retire_missing=True, of_kind="hr-agency")
    assert (preview.new, preview.to_retire) == (1, 1)
    assert (await row("Y1"))["state"] == "retired"
    assert (await row("X01"))["state"] == "active"


async def test_another_bureaus_rows_are_neither_seen_nor_touched(database: TestDatabase) -> None:
    await make_bureau(GUANGZHOU)
    await make_bureau(SHENZHEN)
    await merged(TEN)
    preview, _ = await merged(TEN[:1], bureau=SHENZHEN, later=1, retire_missing=True)
    assert (preview.new, preview.to_retire) == (1, 0)
    assert (await row("X02"))["state"] == "active"


async def test_books_that_changed_since_the_preview_are_a_conflict(database: TestDatabase) -> None:
    await make_bureau()
    await merged(TEN)
    async with staging(GUANGZHOU, COLUMNS) as staged:
        await staged.add([("X01", "", "新名", "employer", "440106", 1, None)])
        await staged.compare()
        await merged([("X01", "", "别名", "employer", "440106", 1, None)], later=1)
        with pytest.raises(Conflict, match="重新预览"):
            await merge(staged, later=2)
        assert (await staged.compare()).changed == 1
        assert (await merge(staged, later=2)).changed == 1
    assert (await row("X01"))["name"] == "新名"


async def test_a_merge_that_fails_leaves_nothing(database: TestDatabase) -> None:
    await make_bureau()

    async def fail(deed: Deed) -> None:
        await staged.merge(deed, reason="r", source="s")
        raise ValueError("after the merge")

    async with staging(GUANGZHOU, COLUMNS) as staged:
        await staged.add(TEN)
        await staged.compare()
        with pytest.raises(ValueError, match="after the merge"):
            await books.deed(fail, actor=CLERK)
        assert await books.fetch("SELECT * FROM entity") == []
        assert (await merge(staged)).new == 10


async def test_a_code_that_comes_twice_is_refused(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(Refused, match="多次"):
        await merged([TEN[0], TEN[1], TEN[0]])


@pytest.mark.parametrize(("days", "sentence"), [(1, "不能晚于今天"), (-9, "早于")])
async def test_a_file_cannot_hold_from_tomorrow_or_from_before_what_it_changes(
    database: TestDatabase, days: int, sentence: str
) -> None:
    await make_bureau()
    await merged(TEN)
    async with staging(GUANGZHOU, COLUMNS) as staged:
        await staged.add([("X01", "", "新名", "employer", "440106", 1, None)])
        await staged.compare()
        with pytest.raises(Refused, match=sentence):
            await merge(staged, valid_from=NOON.date() + timedelta(days=days))


async def test_nobody_is_retired_from_before_the_last_change(database: TestDatabase) -> None:
    await make_bureau()
    await merged(TEN)
    async with staging(GUANGZHOU, COLUMNS) as staged:
        await staged.add(TEN[:9])
        await staged.compare(retire_missing=True)
        with pytest.raises(Refused, match="早于"):
            await merge(staged, valid_from=NOON.date() - timedelta(days=1))
    assert (await row("X10"))["state"] == "active"


async def test_nothing_staged_stays_behind(database: TestDatabase) -> None:
    await make_bureau()
    await merged(TEN)
    engine = books.engine()
    if isinstance(engine, GuardedSQLiteEngine):
        assert [path for path in Path(engine.path).parent.iterdir() if "staging" in path.name] == []
    else:
        assert await books.fetch("SELECT 1 FROM entity_staged") == []


async def test_staging_while_a_deed_is_open_does_not_wait_for_it(database: TestDatabase) -> None:
    await make_bureau()
    async with staging(GUANGZHOU, COLUMNS) as staged:

        async def elsewhere() -> Preview:
            await staged.add(TEN)
            return await staged.compare()

        async def meanwhile(_: Deed) -> int:
            # A context of its own, as another request has one.
            return (await contextvars.Context().run(asyncio.ensure_future, elsewhere())).new

        assert await books.deed(meanwhile, actor=CLERK) == 10
