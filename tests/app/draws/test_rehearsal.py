"""A rehearsal is practised on a copy and can never happen on the bureau's own books."""

from pathlib import Path

import pytest

from app.draws import rehearsal_actions
from app.draws.tables import RehearsalTable
from registries import database
from registries.engines import engine_for
from registries.errors import Refused
from registries.migrate import migrate
from tests.app.draws.makers import hold_ceremony, make_frozen_draw
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, NOON, make_bureau

pytestmark = pytest.mark.anyio


async def test_the_books_of_a_bureau_never_become_a_rehearsal(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(Exception, match="cannot become a rehearsal"):
        await RehearsalTable.insert(RehearsalTable(id=1, made_at=NOON, made_by="甲"))
    assert not await RehearsalTable.exists()


async def test_no_rehearsal_is_drawn_on_the_books_of_a_bureau(database: TestDatabase) -> None:
    await make_bureau()
    with pytest.raises(Exception, match="formal draw is not"):
        await make_frozen_draw(series="rehearsal")


async def test_the_copy_has_the_books_and_none_of_the_draws(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await hold_ceremony(await make_frozen_draw(dice=6))
    made = await rehearsal_actions.make(tmp_path / "演练", by="甲")
    assert made.entities == 47
    assert made.key.exists()
    assert rehearsal_actions.is_rehearsal(made.address)
    assert not rehearsal_actions.is_rehearsal(database.address)
    await _in_copy(made.address)


async def _in_copy(address: str) -> None:
    books = database.engine()
    database.use(engine_for(address))
    try:
        for table, expected in (("bureau", 1), ("draw", 0), ("audit_entry", 0), ("entity", 47)):
            found = await database.fetch_one(f"SELECT count(*) AS n FROM {table}")
            assert found == {"n": expected}, table
        facts = await database.fetch("SELECT happened_on FROM fact WHERE kind = 'drawn'")
        assert facts
        with pytest.raises(Exception, match="formal draw is not"):
            await make_frozen_draw(GUANGZHOU)
        rehearsed = await hold_ceremony(await make_frozen_draw(series="rehearsal", dice=6))
        assert rehearsed.rehearsal
        assert rehearsed.number.startswith("YL-")
        with pytest.raises(Refused, match="演练库"):
            await rehearsal_actions.make(Path("elsewhere"), by="甲")
    finally:
        database.use(books)


async def test_a_folder_with_files_is_left_alone(database: TestDatabase, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(Refused, match="空文件夹"):
        await rehearsal_actions.make(folder, by="甲")
    assert _names(folder) == ["mine.txt"]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_copying_the_books_is_in_the_bureaus_log(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await rehearsal_actions.make(tmp_path / "copy", by="甲")
    rows = await database_events()
    assert rows[-1] == ("rehearsal:make", "甲")


async def database_events() -> list[tuple[str, str]]:
    rows = await database.fetch("SELECT event, actor_name FROM audit_entry ORDER BY number")
    return [(row["event"], row["actor_name"]) for row in rows]


async def test_a_database_that_is_no_rehearsal_is_not_taken_for_one(tmp_path: Path) -> None:
    assert not rehearsal_actions.is_rehearsal("postgresql://x/y")
    assert not rehearsal_actions.is_rehearsal(f"sqlite:///{tmp_path / 'absent.sqlite'}")
    (tmp_path / "text.sqlite").write_text("no database", encoding="utf-8")
    assert not rehearsal_actions.is_rehearsal(f"sqlite:///{tmp_path / 'text.sqlite'}")
    database.use(engine_for(f"sqlite:///{tmp_path / 'books.sqlite'}"))
    try:
        await migrate()
    finally:
        database.use(None)
    assert not rehearsal_actions.is_rehearsal(f"sqlite:///{tmp_path / 'books.sqlite'}")
