"""python -m sampling: exit codes, sentences, JSON; the same bytes in every environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sampling.__main__ import main
from sampling.bundle import write_bundle
from sampling.seed import commit_of
from tests.sampling.makers import BAD_VECTORS, VECTORS, digest, drawn_files, fresh_draw, read_vector

ROOT = Path(__file__).parent.parent.parent


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "draw", drawn_files())


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Run one command with --json; return its exit code and what it answered."""
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_draw_writes_the_result_and_never_over_another(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = (folder / "result.json").read_bytes()
    (folder / "result.json").unlink()
    code, answer = run(capsys, "draw", folder)
    assert (code, answer["drawn"]) == (0, 8)
    assert (folder / "result.json").read_bytes() == expected
    assert run(capsys, "draw", folder)[0] == 0
    (folder / "result.json").write_bytes(b"{}")
    code, answer = run(capsys, "draw", folder)
    assert (code, answer["word"]) == (1, "result")
    assert (folder / "result.json").read_bytes() == b"{}"


def test_verify_takes_a_folder_and_a_bundle_and_says_what_it_was_not_given(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "draw.zip"
    bundle.write_bytes(write_bundle(drawn_files()))
    code, answer = run(capsys, "verify", folder)
    assert (code, "roots" in answer["checked"]) == (0, True)
    assert answer["not_given"] == ["commitment", "parts_digest", "dice", "root"]
    given = ["--commitment", answer["commitment"], "--root", answer["root"]]
    code, answer = run(capsys, "verify", bundle, *given, "--dice", answer["dice"])
    assert (code, answer["not_given"]) == (0, ["parts_digest"])
    assert "roots" not in answer["checked"]


@pytest.mark.parametrize("anchor", ["--commitment", "--parts-digest", "--dice", "--root"])
def test_a_published_value_that_differs_is_refused(
    anchor: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = run(capsys, "verify", folder, anchor, "0" * 10)
    assert (code, answer["word"]) == (1, "anchors")


def test_a_bad_bundle_ends_with_1_and_its_word(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys, "verify", BAD_VECTORS / "share-shifted")
    assert (code, answer["ok"], answer["word"]) == (1, False, "shares")
    assert main(["verify", str(BAD_VECTORS / "share-shifted")]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.startswith("核验不通过（shares")) == ("", True)


def test_a_proof_is_checked_against_the_published_root(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = json.loads((folder / "result.json").read_bytes())
    entity, proof = result["drawn"][0]["id"], tmp_path / "proof.json"
    assert main(["prove", str(folder), entity]) == 0
    proof.write_text(capsys.readouterr().out, encoding="utf-8")
    code, answer = run(capsys, "check-proof", proof, "--root", result["root"])
    assert (code, answer["id"]) == (0, entity)
    code, answer = run(capsys, "check-proof", proof, "--root", "0" * 64)
    assert (code, answer["word"]) == (1, "anchors")
    assert run(capsys, "prove", folder, "X")[0] == 1
    proof.write_bytes(b"{}")
    assert run(capsys, "check-proof", proof, "--root", result["root"])[0] == 1
    assert run(capsys, "check-proof", proof, "--root", "short")[0] == 2


def test_odds_need_no_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frozen = write(tmp_path / "frozen", fresh_draw()[1])
    code, answer = run(capsys, "odds", frozen, "--runs", 10)
    assert (code, answer["runs"]) == (0, 10)
    assert sum(one["sent"] for one in answer["inspectors"]) % 2 == 0
    assert answer["strata"][0]["chance"] == "8/47"
    assert run(capsys, "odds", frozen, "--runs", 0)[0] == 2
    assert main(["odds", str(frozen), "--runs", "3"]) == 0
    assert "8/47（约 17.021%）" in capsys.readouterr().out


def test_an_offline_contribution_is_kept_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commitment, kept = digest("plan"), tmp_path / "kept.json"
    given = ["commit", commitment, "guest-01", "--value", "公平", "--keep", kept]
    code, answer = run(capsys, *given)
    saved = json.loads(kept.read_bytes())
    assert code == 0
    assert answer["commit"] == commit_of(commitment, "guest-01", saved["nonce"], "公平")
    code, answer = run(capsys, *given)
    assert (code, answer["word"]) == (2, "usage")
    assert json.loads(kept.read_bytes()) == saved
    other = tmp_path / "other.json"
    assert run(capsys, "commit", commitment, "guest-61", "--value", "", "--keep", other)[0] == 2
    assert run(capsys, "commit", "x", "bureau", "--value", "", "--keep", other)[0] == 2
    assert run(capsys, "commit", commitment, "bureau", "--value", "\n", "--keep", other)[0] == 1
    assert not other.exists()


@pytest.mark.parametrize(
    "arguments",
    [["verify", "nowhere"], ["draw", "nowhere"], ["odds", "nowhere"], ["prove", "nowhere", "X"]],
)
def test_what_is_not_there_ends_with_2_and_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = run(capsys, *arguments)
    assert (code, answer["word"]) == (2, "usage")


@pytest.mark.parametrize(
    "command", ["", "commit", "draw", "verify", "prove", "check-proof", "odds"]
)
def test_every_command_explains_itself_in_chinese(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*filter(None, [command]), "--help"])
    assert ended.value.code == 0
    assert any("\u4e00" <= character <= "\u9fff" for character in capsys.readouterr().out)


def test_wrong_usage_ends_with_2() -> None:
    for arguments in ([], ["verify"], ["shuffle"], ["odds", ".", "--runs", "many"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b"[" * 5000, b"a,b\n"])
@pytest.mark.parametrize("name", sorted(read_vector(VECTORS / "small")))
def test_no_damaged_file_ends_in_a_traceback(
    name: str, damage: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = write(tmp_path / "bad", read_vector(VECTORS / "small") | {name: damage})
    code, answer = run(capsys, "verify", damaged)
    assert (code, answer["ok"]) == (1, False)


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ([], {"PYTHONHASHSEED": "0"}),
        (["-O"], {"PYTHONHASHSEED": "1", "LANG": "C", "LC_ALL": "C"}),
        (["-OO"], {"PYTHONHASHSEED": "2", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ([], {"PYTHONHASHSEED": "3", "PYTHONIOENCODING": "ascii"}),
    ],
)
def test_every_environment_draws_the_same_bytes(
    options: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    files = read_vector(VECTORS / "towns")
    expected = files.pop("result.json")
    copy = write(tmp_path / "towns", files)
    done = subprocess.run(
        [sys.executable, *options, "-m", "sampling", "draw", str(copy)],
        capture_output=True,
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"} | environment,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "结果根".encode() in done.stdout
    assert (copy / "result.json").read_bytes() == expected


def kept(folder: Path, commitment: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, Path]:
    """Let the bureau commit; return its commit and the file that it keeps."""
    path = folder / "bureau.json"
    _, answer = run(capsys, "commit", commitment, "bureau", "--value", "愿此次公正", "--keep", path)
    return answer["commit"], path


def test_the_seed_is_settled_in_two_steps_and_the_draw_goes_on_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, files = fresh_draw()
    folder = write(tmp_path / "stick", files)
    commit, path = kept(tmp_path, fresh.plan.commitment, capsys)
    said = ["seed", folder, "--commit", f"bureau={commit}", "--reveal", path]
    code, first = run(capsys, *said)
    assert (code, first["absent"], first["written"]) == (0, ["discipline-inspection"], False)
    assert not (folder / "seed.json").exists()
    code, second = run(
        capsys, *said, "--dice", "0123456789", "--parts-digest", first["parts_digest"]
    )
    assert (code, second["written"]) == (0, True)
    assert run(capsys, "draw", folder)[0] == 0
    given = ["--parts-digest", first["parts_digest"], "--dice", "0123456789"]
    assert run(capsys, "verify", folder, *given)[0] == 0
    other = ["--dice", "9876543210", "--parts-digest", first["parts_digest"]]
    assert run(capsys, *said, *other)[1]["word"] == "seed"


def test_a_reveal_that_does_not_match_counts_as_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, files = fresh_draw()
    folder = write(tmp_path / "stick", files)
    _, path = kept(tmp_path, fresh.plan.commitment, capsys)
    said = ["seed", folder, "--commit", f"bureau={'a' * 64}", "--reveal", path]
    assert run(capsys, *said)[1]["absent"] == ["bureau", "discipline-inspection"]


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        (["--dice", "0123456789"], 2, "usage"),
        (["--dice", "0123456789", "--parts-digest", "0" * 64], 1, "anchors"),
        (["--commit", "guest-09=" + "a" * 64], 2, "usage"),
        (["--commit", "bureau=abc"], 2, "usage"),
        (["--reveal", "{plan}"], 1, "form"),
        (["--reveal", "{kept}"], 2, "usage"),
    ],
)
def test_what_cannot_be_settled_is_refused(
    more: list[str], code: int, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, files = fresh_draw()
    folder = write(tmp_path / "stick", files)
    _, path = kept(tmp_path, fresh.plan.commitment, capsys)
    given = [one.format(plan=folder / "plan.json", kept=path) for one in more]
    found, answer = run(capsys, "seed", folder, *given)
    assert (found, answer["word"]) == (code, word)
    assert not (folder / "seed.json").exists()
