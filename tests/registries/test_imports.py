"""A file on its way into the books: previewed, imported once, corrected row by row, never half."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from registries import database as books
from registries.entity_tables import Permit, Project, permits_of, project_of
from registries.errors import Refused
from registries.imports import EntityImport, import_entities, preview_entities
from tests.conftest import TestDatabase, absent
from tests.makers import CLERK, GUANGZHOU, NOON, SHENZHEN, make_bureau
from tests.registries.sheet_makers import CODES, DISTRICTS, GOOD, HEADER, Rows, csv_file
from tests.registries.test_sheet_reading import GUANGZHOU_FILE

WRONG = "91440103MA5D00016A"


async def imported(
    path: Path, *, later: int = 0, bureau: str = GUANGZHOU, **more: Any
) -> EntityImport:
    details: dict[str, Any] = {
        "actor": CLERK,
        "reason": "年度更新",
        "now": NOON + timedelta(days=later),
    }
    return await import_entities(path, bureau, DISTRICTS.get, **details | more)


async def entity(id_: str) -> dict[str, Any]:
    (row,) = await books.fetch("SELECT * FROM entity WHERE bureau = {} AND id = {}", GUANGZHOU, id_)
    return row


async def count(table: str) -> int:
    return int((await books.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"])


def counts(done: EntityImport) -> tuple[int, int, int, int]:
    return done.new, done.changed, done.unchanged, done.retired


def file(folder: Path, *rows: Sequence[object], header: Sequence[str] = HEADER) -> Path:
    content: Rows = [header, *rows]
    return csv_file(folder / "名录.csv", content)


async def test_a_preview_counts_and_writes_nothing(database: TestDatabase, tmp_path: Path) -> None:
    await make_bureau()
    logged = await count("audit_entry")
    seen = await preview_entities(file(tmp_path, *GOOD), GUANGZHOU, DISTRICTS.get)
    assert (counts(seen), seen.entry) == ((len(GOOD), 0, 0, 0), None)
    assert (await count("entity"), await count("audit_entry")) == (0, logged)


async def test_an_import_writes_rows_and_one_log_entry_that_names_the_file(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    logged = await count("audit_entry")
    done = await imported(file(tmp_path, *GOOD, ("待核厂", WRONG, "火星区")))
    assert counts(done) == (len(GOOD) + 1, 0, 0, 0)
    assert await count("audit_entry") == logged + 1
    (entry,) = await books.fetch("SELECT * FROM audit_entry WHERE number = {}", done.entry)
    assert (entry["event"], entry["subject"]) == (
        "entities:imported",
        f"file:{done.report.sha256}",
    )
    assert '"set_aside":{"code-check":1,"district-unknown":1}' in entry["canonical"]
    assert '"extension":".csv"' in entry["canonical"]
    assert "名录" not in entry["canonical"]
    kept = await entity(WRONG)
    assert (kept["state"], kept["state_reason"], kept["district"]) == (
        "set-aside",
        "code-check+district-unknown",
        "",
    )
    assert (await entity(CODES[0]))["state"] == "active"


async def test_the_log_entry_of_an_import_holds_a_digest_of_the_rows_that_anyone_can_recompute(
    sqlite_database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    header = ("单位名称", "统一社会信用代码", "用工所在区县", "人数", "成立日期")
    row = ('广州"一"厂', CODES[0], "越秀区", "12", "2019-03-01")
    done = await imported(file(tmp_path, row, header=header))
    lines = (
        '["id","set_aside","name","kind","district","headcount","established"]\n'
        '["91440103MA5D00016N","","广州\\"一\\"厂","","440104",12,"2019-03-01"]\n'
    )
    expected = sha256(lines.encode()).hexdigest()
    (entry,) = await books.fetch("SELECT canonical FROM audit_entry WHERE number = {}", done.entry)
    assert f'"rows_sha256":"{expected}"' in entry["canonical"]


async def test_the_same_file_again_changes_nothing_and_a_corrected_one_only_its_rows(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await imported(file(tmp_path, *GOOD))
    logged = await count("audit_entry")
    again = await imported(file(tmp_path, *GOOD), later=1)
    assert (counts(again), again.entry) == ((0, 0, len(GOOD), 0), None)
    assert (await count("entity_version"), await count("audit_entry")) == (0, logged)
    corrected = ("广州新一工厂", *GOOD[0][1:])
    done = await imported(file(tmp_path, corrected, *GOOD[1:]), later=2)
    assert counts(done) == (0, 1, len(GOOD) - 1, 0)
    assert ((await entity(CODES[0]))["version"], (await entity(CODES[1]))["version"]) == (2, 1)
    assert await count("entity_version") == 1


async def test_a_correction_brings_a_row_out_of_the_set_aside(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await imported(file(tmp_path, (*GOOD[0][:2], "")))
    assert (await entity(CODES[0]))["state"] == "set-aside"
    done = await imported(file(tmp_path, GOOD[0]), later=1)
    assert (counts(done), (await entity(CODES[0]))["state"]) == ((0, 1, 0, 0), "active")


async def test_a_refused_file_writes_nothing_and_lists_every_fault(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    logged = await count("audit_entry")
    done = await imported(file(tmp_path, *GOOD, ("", CODES[0], "天河区"), ("甲", "", "天河区")))
    assert (done.refused, done.report.refused, done.entry) == (True, {"missing": 2}, None)
    assert (await count("entity"), await count("audit_entry")) == (0, logged)


async def test_a_file_without_a_header_is_refused_and_not_an_error(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    done = await imported(csv_file(tmp_path / "a.csv", [("甲", "乙"), ("1", "2")]))
    assert done.report.refused == {"header-missing": 1}


async def test_who_is_missing_is_retired_only_when_the_file_is_declared_complete(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await imported(file(tmp_path, *GOOD))
    fewer = file(tmp_path, *GOOD[:-1])
    assert counts(await imported(fewer, later=1)) == (0, 0, len(GOOD) - 1, 0)
    assert counts(await imported(fewer, later=2, complete=True)) == (0, 0, len(GOOD) - 1, 1)
    assert (await entity(CODES[-1]))["state"] == "retired"


async def test_a_reason_is_asked_for(database: TestDatabase, tmp_path: Path) -> None:
    await make_bureau()
    with pytest.raises(Refused, match="理由"):
        await imported(file(tmp_path, *GOOD), reason=" ")


async def test_one_bureau_s_import_does_not_touch_another_s_rows(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    await make_bureau(SHENZHEN)
    await imported(file(tmp_path, *GOOD))
    done = await imported(file(tmp_path, GOOD[0]), bureau=SHENZHEN, complete=True)
    assert counts(done) == (1, 0, 0, 0)


async def test_every_field_of_the_sheet_reaches_the_books(
    database: TestDatabase, tmp_path: Path
) -> None:
    await make_bureau()
    given = {
        "对象类别": "用人单位、工地",
        "行业": "建筑业",
        "规模": "中型",
        "从业人数": "1,200",
        "成立日期": "2020年1月2日",
        "诚信等级": "B级",
        "标签": "priority、site",
        "法定代表人": "张三",
        "劳资负责人": "李四",
        "联系电话": "020-12345678",
        "许可证编号": "44A001",
        "有效期至": "2027-12-31",
        "建设单位": "甲方",
        "总包": "总包公司",
        "分包": "乙、丙",
        "专户": "6222 0001",
    }
    path = file(tmp_path, (*GOOD[0], *given.values()), header=(*HEADER, *given))
    done = await imported(path)
    assert done.report.refused == {}
    row = await entity(CODES[0])
    assert (row["kind"], row["industry"], row["size"]) == ("employer+project", "E", "medium")
    assert (row["headcount"], row["grade"], row["tags"]) == (1200, "B", "priority+site")
    assert (row["legal_representative"], row["contact"]) == ("张三", "李四")
    (permit,) = permits_of(row["permits"])
    assert (permit.name, permit.number, str(permit.expires)) == ("许可证", "44A001", "2027-12-31")
    assert isinstance(permit, Permit)
    assert project_of(row["project"]) == Project("甲方", "总包公司", ("丙", "乙"), "62220001")


@pytest.mark.postgres
async def test_guangzhou_imports_with_its_counts_and_again_without_a_change(
    database: TestDatabase,
) -> None:
    if not GUANGZHOU_FILE.exists():
        absent("../shared/data/guangzhou-employers.csv is not beside the checkout")
    await make_bureau()
    done = await imported(GUANGZHOU_FILE)
    assert (counts(done), done.report.folds) == ((23_705, 0, 0, 0), {"upper-case": 10})
    assert done.report.set_aside == {"code-check": 2, "district-unknown": 1_013}
    states = await books.fetch(
        "SELECT state, count(*) AS n FROM entity GROUP BY state ORDER BY state"
    )
    assert [(row["state"], row["n"]) for row in states] == [
        ("active", 22_690),
        ("set-aside", 1_015),
    ]
    assert counts(await imported(GUANGZHOU_FILE, later=1)) == (0, 0, 23_705, 0)
    assert await count("entity_version") == 0
