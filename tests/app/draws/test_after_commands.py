"""The commands after a ceremony, as a clerk calls them: what they write, say, record and refuse."""

import json
from datetime import date
from pathlib import Path

import pytest

from app import cli
from app.draws import aftermath_actions, seal_actions
from app.draws.document_rules import RECORD, TASKS
from app.draws.draw_reads import draw_of
from app.draws.state_rules import State
from registries import database as books
from registries import inspector_absences, inspector_register, item_lists
from sampling.bundle import read_bundle
from sampling.encoding import parse_jcs
from sampling.result import read_proof
from sampling.verifying import verify
from tests.app.draws.makers import OPERATOR, WITNESS, hold_ceremony, make_frozen_draw
from tests.app.draws.test_adopt import finished_elsewhere
from tests.conftest import TestDatabase
from tests.makers import GUANGZHOU, do, make_bureau
from tests.registries.reference_makers import make_certificate, make_inspector

BY = ("--by", "张三")
NUMBER = "2026-01"
SAID = (
    *("--place", "局三楼会议室", "--check-at", "https://example.invalid/draws"),
    *("--notice-number", "穗人社监抽〔2026〕", "--contact", "李四"),
    *("--phone", "020-00000000", "--complaint-phone", "020-00000001"),
)


def yaohao(*arguments: str | Path) -> int:
    return cli.run(["draw", *map(str, arguments)])


def held(until: State = "sealed", draws: int = 1) -> None:
    async def whole() -> None:
        await make_bureau()
        await do(item_lists.propose_seeded_list, bureau=GUANGZHOU)
        for _ in range(draws):
            await hold_ceremony(await make_frozen_draw(), until)

    books.run(whole)


def result_of(number: str = NUMBER) -> dict[str, list[dict[str, str]]]:
    async def whole() -> bytes:
        draw = await draw_of(GUANGZHOU, number)
        return (await seal_actions.machine_read(draw, ["result.json"]))["result.json"]

    result = parse_jcs(books.run(whole))
    assert isinstance(result, dict)
    return result  # type: ignore[return-value]


def test_the_bundle_is_written_and_verifies_and_never_replaces_another_file(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    out = tmp_path / "bundle.zip"
    assert yaohao("bundle", NUMBER, "--out", out, *BY) == 1
    assert "查阅目的" in capsys.readouterr().err
    assert yaohao("bundle", NUMBER, "--out", out, "--purpose", "核验", *BY) == 0
    assert verify(read_bundle(out.read_bytes()))
    assert yaohao("bundle", NUMBER, "--out", out, "--purpose", "核验", *BY) == 0
    assert "内容相同" in capsys.readouterr().out
    out.write_bytes(b"another")
    assert yaohao("bundle", NUMBER, "--out", out, "--purpose", "核验", *BY) == 1
    assert out.read_bytes() == b"another"


def test_the_documents_are_written_once_and_what_is_missing_is_named(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    out = tmp_path / "papers"
    assert yaohao("documents", NUMBER, "--out", out, *BY) == 1
    assert "监督投诉电话" in capsys.readouterr().err
    assert not out.exists()
    assert yaohao("documents", NUMBER, "--out", out, *SAID, *BY) == 0
    written = {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert {RECORD, TASKS} < written
    assert yaohao("documents", NUMBER, "--out", out, *SAID, *BY) == 0
    assert "新写入 0 份" in capsys.readouterr().out


def test_verify_asks_both_verifiers(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    assert yaohao("verify", NUMBER) == 0
    assert capsys.readouterr().out.count("全部重算一致") == 2


def test_a_proof_and_a_sealed_file_are_written(database: TestDatabase, tmp_path: Path) -> None:
    held()
    drawn = result_of()["drawn"][0]["id"]
    assert yaohao("proof", NUMBER, drawn, "--out", tmp_path / "proof.json", *BY) == 0
    proof = read_proof((tmp_path / "proof.json").read_bytes())
    assert proof.root() == result_of()["root"]
    out = ("--out", tmp_path / "salt.txt")
    assert yaohao("read-sealed", NUMBER, "salt.txt", *out, "--purpose", "核对", *BY) == 0
    assert len((tmp_path / "salt.txt").read_bytes()) == 64


def test_a_draw_is_unsealed_when_its_inspections_are_finished(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    assert yaohao("unseal", NUMBER, "--reason", "公开", *BY) == 1
    assert "尚未全部结束" in capsys.readouterr().err
    assert yaohao("unseal", NUMBER, "--finished", "--reason", "检查全部结束", *BY) == 0
    assert "已启封" in capsys.readouterr().out


def test_history_tells_every_step_and_reading(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    out = ("--out", tmp_path / "b.zip")
    yaohao("bundle", NUMBER, *out, "--purpose", "见证人核验", *BY)
    capsys.readouterr()
    assert yaohao("history", NUMBER) == 0
    told = capsys.readouterr().out
    for words in ("冻结并公布承诺", "双方签字", WITNESS, "查阅 salt.txt（张三）：见证人核验"):
        assert words in told
    assert yaohao("history", NUMBER, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in found["readings"]] == ["salt.txt", "seed.json", "result.json"]


async def enter_absent(inspector: str, day: date) -> None:
    await do(
        inspector_register.enter_inspector,
        bureau=GUANGZHOU,
        inspector=make_inspector(inspector=inspector, certificates=(make_certificate(),)),
        valid_from=date(2026, 1, 1),
    )
    details = {"first": day, "last": day, "reason": "家中有事"}
    await do(inspector_absences.enter_absence, bureau=GUANGZHOU, inspector=inspector, **details)


def test_nobody_who_was_replaced_comes_back(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    team = result_of()["teams"][0]
    seat = ("--district", team["district"], "--team", team["team"], "--place", 1)
    holders = [team["members"][0]]
    for _ in range(2):
        assert yaohao("replace", NUMBER, *seat, "--reason", "病假", *BY) == 0
        holders.append(capsys.readouterr().out.split("由 ")[1].split(" 接替")[0])
    assert len(set(holders)) == 3
    assert yaohao("replace", NUMBER, *seat, "--reason", "病假", "--unavailable", "P1", *BY) == 1
    assert "代号=内容" in capsys.readouterr().err


def test_somebody_away_that_day_is_passed_over_with_the_rules_reason(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    team = result_of()["teams"][0]
    seat = ("--district", team["district"], "--team", team["team"], "--place", 1)
    seated = {one for made in result_of()["teams"] for one in (made["lead"], *made["members"])}
    for number in range(12):
        if f"P{number:04d}" not in seated:
            away = f"inspector-P{number:04d}"
            books.run(lambda away=away: enter_absent(away, date(2026, 12, 1)))
    assert yaohao("replace", NUMBER, *seat, "--day", "2026-12-01", "--reason", "病假", *BY) == 1
    assert "不能出勤" in capsys.readouterr().err


def test_a_reserve_is_called_up_beside_the_drawn_entity(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    strata = {(one["district"], one["grade"]) for one in result_of()["reserve"]}
    drawn = next(
        one["id"] for one in result_of()["drawn"] if (one["district"], one["grade"]) in strata
    )
    why = ("--reason", "无法联系", "--evidence", "12 月 1 日、3 日两次上门，均无人")
    assert yaohao("call-up", NUMBER, drawn, *why, *BY) == 0
    assert "递补" in capsys.readouterr().out

    async def called() -> list[str]:
        draw = await draw_of(GUANGZHOU, NUMBER)
        return [one.beside for one in await aftermath_actions.called_up(draw)]

    assert books.run(called) == [drawn]
    assert yaohao("call-up", NUMBER, drawn, *why, *BY) == 1
    # The log has it, and shows it when the draw is open.
    capsys.readouterr()
    assert cli.run(["audit", "list", "--event", "draw-reserve:call-up", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert drawn not in entry["canonical"]
    number = str(entry["number"])
    assert cli.run(["audit", "show", number]) == 1
    assert cli.run(["audit", "prove", number]) == 1
    assert "抽查启封前不显示" in capsys.readouterr().err
    assert yaohao("unseal", NUMBER, "--finished", "--reason", "检查结束", *BY) == 0
    assert cli.run(["audit", "show", number]) == 0
    assert drawn in capsys.readouterr().out


def test_audit_explains_every_figure(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held(draws=2)
    assert yaohao("audit", "--runs", 5) == 0
    told = capsys.readouterr().out
    for words in ("已签字的抽查 2 次", "按等级：", "再次抽中：", "检查人员重逢 2026-02"):
        assert words in told
    assert yaohao("audit", "--runs", 5, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(one["actual"] for one in found["strata"]) == 16
    assert all(one["explanation"] for one in (*found["grades"], *found["pairs"]))
    assert "914401" not in json.dumps(found)


def test_a_bureau_without_signed_draws_has_nothing_to_compare(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held("drawn")
    assert yaohao("audit") == 0
    assert "还没有签字的抽查" in capsys.readouterr().out


def test_a_ceremony_finished_elsewhere_is_adopted_from_a_folder(
    database: TestDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held("frozen")
    folder = tmp_path / "stick"
    folder.mkdir()
    people = ("--operator", OPERATOR, "--witness", WITNESS, "--statement", "电脑死机")
    assert yaohao("adopt", NUMBER, folder, *people, *BY) == 1
    assert "seed.json" in capsys.readouterr().err

    async def elsewhere() -> tuple[bytes, bytes]:
        return await finished_elsewhere(await draw_of(GUANGZHOU, NUMBER))

    for name, content in zip(("seed.json", "result.json"), books.run(elsewhere), strict=True):
        (folder / name).write_bytes(content)
    seats = [
        part
        for label in ("bureau", "discipline-inspection", "guest-01", "guest-02")
        for part in ("--seat", f"{label}=王五/企业代表")
    ]
    assert yaohao("adopt", NUMBER, folder, *people, *BY) == 1
    assert "guest-02" in capsys.readouterr().err
    assert yaohao("adopt", NUMBER, folder, *people, *seats, *BY) == 0
    assert "已抽取" in capsys.readouterr().out


def test_who_reads_is_named_in_the_record(database: TestDatabase, tmp_path: Path) -> None:
    held()
    yaohao("read-sealed", NUMBER, "salt.txt", "--out", tmp_path / "s", "--purpose", "核对", *BY)
    row = books.run(lambda: books.fetch_one("SELECT reader, file FROM draw_seal_reading"))
    assert row == {"reader": "张三", "file": "salt.txt"}


def test_the_record_names_nobody_of_a_draw_that_is_sealed(
    database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held()
    drawn = [one["id"] for one in result_of()["drawn"]]
    assert cli.run(["record", "list", "--kind", "drawn", "--json"]) == 0
    said = capsys.readouterr()
    assert not any(one in said.out for one in drawn)
    assert f"未启封的抽查（{NUMBER}）" in said.err
    assert cli.run(["record", "list", "--entity", drawn[0], "--json"]) == 0
    assert drawn[0] not in capsys.readouterr().out
    assert yaohao("unseal", NUMBER, "--finished", "--reason", "检查结束", *BY) == 0
    capsys.readouterr()
    assert cli.run(["record", "list", "--kind", "drawn", "--json"]) == 0
    assert drawn[0] in capsys.readouterr().out


def test_a_frozen_file_that_was_altered_in_the_database_stops_the_draw_in_words(
    sqlite_database: TestDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    held("dice-fixed")

    async def alter() -> None:
        rows = await books.fetch(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'draw%'"
        )
        for row in rows:
            await books.execute(f"DROP TRIGGER {row['name']}")
        await books.execute(
            "UPDATE draw_file_part SET content = CAST(replace(CAST(content AS TEXT), ',A,', ',C,') AS BLOB)"
            " WHERE file = (SELECT id FROM draw_file WHERE name = 'entities.csv')"
        )

    books.run(alter)
    assert yaohao("run", NUMBER, *BY) == 1
    said = capsys.readouterr().err
    assert "entities.csv 与冻结时的摘要不符" in said
    assert "错误编号" not in said
