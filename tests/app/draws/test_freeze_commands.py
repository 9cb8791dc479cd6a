"""`yaohao plan` and `yaohao draw` as a clerk types them, from the plan to the folder on a stick."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app import cli
from registries import database as books
from registries import log_keys
from sampling.verifying import read_frozen
from tests.app.draws import city
from tests.conftest import TestDatabase
from tests.makers import do

Run = Callable[..., tuple[int, str]]
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(city.preparation_actions.SHANGHAI).date()
YEAR = ("--year", str(TODAY.year))
SETTINGS = (
    *("--title", "第一次抽查", "--from", f"{TODAY}", "--to", f"{TODAY + timedelta(20)}"),
    *("--unseal-by", f"{TODAY + timedelta(60)}", "--standby-witness", "候补"),
)


@pytest.fixture
def run(database: TestDatabase, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a way to run `yaohao` on a small city as a new process would; it returns (status, output)."""
    keys = log_keys.SETTING
    environment = {"YAOHAO_DATABASE_URL": database.address, keys: str(log_keys.path())}

    def call(*arguments: str) -> tuple[int, str]:
        status = cli.run(arguments, environment)
        said = capsys.readouterr()
        return status, said.out + said.err

    return call


def test_a_clerk_takes_a_year_from_the_plan_to_a_frozen_draw(run: Run, tmp_path: Path) -> None:
    books.run(lambda: city.make_city(now=NOW))
    status, example = run("plan", "example", *YEAR, "--authority", "广州市人力资源和社会保障局")
    assert status == 0
    content = json.loads(example)
    for one in content["rounds"]:
        one |= {"total": 8, "entities_per_team": 4, "starts": f"{TODAY.year}-01-01"}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    for step in (
        ("create", str(file), "--by", "张三"),
        ("submit", "--by", "张三"),
        ("approve", "--by", "李四"),
        ("file", "--by", "张三", "--with", "省人社厅", "--reference", "粤人社备1号"),
        ("publish", "--by", "张三"),
    ):
        status, said = run("plan", *step, *YEAR)
        assert (status, "下一步" in said) == (0, True), said
    assert "已公布" in run("plan", "show", *YEAR)[1]
    status, said = run("draw", "prepare", *YEAR, "--round", "1", *SETTINGS, "--by", "张三")
    assert (status, "准备编号 1" in said) == (0, True), said
    status, said = run("draw", "preview", "1")
    assert (status, "可以冻结。" in said) == (0, True), said
    status, said = run("draw", "freeze", "1", "--by", "张三")
    assert (status, "任何命令都不能再改" in said) == (0, True), said
    number = f"{TODAY.year}-01"
    shown = json.loads(run("draw", "show", number, "--json")[1])
    assert shown["draw"]["state"] == "frozen"
    folder = tmp_path / "stick"
    status, said = run(
        "draw", "export-folder", number, str(folder), "--purpose", "备用", "--by", "王五"
    )
    assert status == 0, said
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert read_frozen(files).plan.commitment == shown["draw"]["commitment"]
    status, said = run(
        "draw", "export-folder", number, str(folder), "--purpose", "再", "--by", "王五"
    )
    assert (status, "不是空文件夹" in said) == (1, True)
    assert "还差 7 家" in run("draw", "gauges", *YEAR)[1]


def test_a_plan_file_with_an_unknown_key_is_refused_with_its_place(
    run: Run, tmp_path: Path
) -> None:
    books.run(lambda: city.make_city(entities=0, inspectors=0, now=NOW))
    file = tmp_path / "plan.json"
    file.write_text('{"policy": {"ratio": 8}}', encoding="utf-8")
    status, said = run("plan", "create", str(file), *YEAR, "--by", "张三")
    assert status == 1
    assert "plan example" in said
    assert "Traceback" not in said


def test_the_author_is_told_that_another_person_approves(run: Run) -> None:
    async def draft() -> None:
        await city.make_city(entities=0, inspectors=0, now=NOW)
        year = TODAY.year
        rounds = [
            city.a_round(n, starts=date(year, 1, 1), ends=date(year, 12, 31)) for n in (1, 2, 3)
        ]
        await do(
            city.plan_actions.draft, bureau="440100", year=year, content=city.plan_content(rounds)
        )

    books.run(draft)
    assert run("plan", "submit", *YEAR, "--by", "测试经办人")[0] == 0
    status, said = run("plan", "approve", *YEAR, "--by", "测试经办人")
    assert (status, said) == (1, "起草人不能审批自己的计划，请由另一人审批。\n")
