"""python -m sampling: exit codes, sentences, JSON; the same bytes in every environment."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sampling.__main__ import main
from sampling.bundle import write_bundle
from sampling.encoding import jcs
from sampling.seed import commit_of
from sampling.writing import write_new
from tests.sampling.makers import (
    BAD_VECTORS,
    VECTORS,
    VERIFIER,
    digest,
    drawn_files,
    frame_files,
    fresh_draw,
    read_vector,
)

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
    assert (code, answer["word"]) == (1, "exists")
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
    code, answer = run(capsys, "verify", folder, anchor, "0" * (10 if anchor == "--dice" else 64))
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
        assert main(arguments) == 2


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
    assert run(capsys, *said, *other)[1]["word"] == "exists"


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


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Run one command for people; return its exit code and all that it said."""
    code = main([*map(str, arguments)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def started(*arguments: object, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """Run one command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sampling", *map(str, arguments)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        **streams,
    )


def test_a_file_cannot_write_to_the_terminal_nor_fill_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for keys in ({"\r\x1b[2K" + "x" * 9: 1}, {f"k{number}": 1 for number in range(3000)}):
        folder = write(tmp_path / "bad", drawn_files() | {"plan.json": jcs(keys)})
        code, said = told(capsys, "verify", folder)
        assert (code, said.rstrip().isprintable(), len(said) < 400) == (1, True, True)
    files = drawn_files()
    spoilt = files["people.csv"].replace(b"P0000", b"\x1b[2K", 1)
    code, said = told(capsys, "verify", write(tmp_path / "person", files | {"people.csv": spoilt}))
    assert (code, said.rstrip().isprintable()) == (1, True)


def test_published_values_may_be_grouped_and_capital_and_slips_are_no_findings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(capsys, "verify", folder)[1]
    root = " ".join(found["root"].upper()[at : at + 4] for at in range(0, 64, 4))
    assert run(capsys, "verify", folder, "--root", root, "--dice", " ".join(found["dice"]))[0] == 0
    for given in (["--root", "4130"], ["--dice", ""], ["--commitment", "g" * 64]):
        code, answer = run(capsys, "verify", folder, *given)
        assert (code, answer["word"]) == (2, "usage")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_an_answer_that_cannot_be_written_is_no_success_and_no_traceback(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = started("verify", folder, stdout=full)
    assert (done.returncode, done.stderr.decode()) == (2, "无法写出结果：磁盘已满。\n")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = started("verify", folder, stdout=gone)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_contribution_is_typed_kept_secret_and_shown_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    given = ["commit", digest("plan"), "bureau", "--keep", path]
    assert started(*given, input=b"", stdout=subprocess.PIPE).returncode == 2
    assert not path.exists()
    assert started(*given, input=b"\xff\xfe\n", stdout=subprocess.PIPE).returncode == 2
    done = started(*given, input=" 公平 \n".encode(), stdout=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "你的文字（4 个字，空格也算）：“ 公平 ”" in done.stdout.decode()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("value", "sentence"), [("好😀", "“😀”（U+1F600）"), ("好" * 201, "现有 201 个")]
)
def test_a_value_that_may_not_be_is_told_apart(
    value: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["commit", digest("plan"), "bureau", "--keep", tmp_path / "x", "--value", value]
    code, answer = run(capsys, *given)
    assert (code, sentence in answer["sentence"]) == (1, True)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OSError, match="too large"):
            write_new(tmp_path / "result.json", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "link", b"x")
    assert not (tmp_path / "elsewhere").exists()


def test_who_was_not_drawn_is_no_fault_of_the_draw(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = told(capsys, "prove", folder, "x1")
    assert (code, "核验通过" in said, "不通过" in said) == (1, True, False)
    (folder / "result.json").write_bytes(b"{}")
    assert "不通过" not in told(capsys, "draw", folder)[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_proof_is_read_as_any_console_wrote_it(
    encoding: str, more: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = json.loads((folder / "result.json").read_bytes())
    out, proof = tmp_path / "out.json", tmp_path / "proof.json"
    _, text = told(capsys, "prove", folder, result["drawn"][0]["id"].lower(), *more)
    proof.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    given = ["--root", result["root"], "--leaves"]
    assert run(capsys, "check-proof", proof, *given, result["leaves"])[1]["leaves_compared"]
    assert run(capsys, "check-proof", proof, *given, 3)[1]["word"] == "anchors"
    assert "不能证明一共抽了多少户" in told(capsys, "check-proof", proof, *given[:2])[1]
    assert told(capsys, "prove", folder, result["drawn"][0]["id"], "--out", out)[0] == 0
    assert run(capsys, "check-proof", out, *given[:2])[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify"], "缺少参数：DIR|ZIP"),
        (["shuffle"], "没有这个命令：'shuffle'"),
        (["verify", "x", "--bad"], "没有这样的参数：--bad"),
        (["verify", "x", "--comm", "y"], "没有这样的参数：--comm"),
        (["verify", "x", "--dice"], "--dice 后面要给出一个值"),
        (["odds", ".", "--runs", "many"], "--runs 后面必须是整数"),
        (["odds", ".", "--runs", "100001"], "1 至 100000"),
        (["draw", str(ROOT / "README.md")], "是文件，这里要给文件夹"),
        (["verify", "nowhere"], "找不到文件 nowhere"),
    ],
)
def test_wrong_usage_is_explained_in_chinese_and_in_json(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = run(capsys, *arguments)
    assert (code, answer["word"]) == (2, "usage")
    assert sentence in answer["sentence"]


def test_the_list_of_persons_may_be_given_beside_a_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, bundle, people = drawn_files(), tmp_path / "draw.zip", tmp_path / "people.csv"
    bundle.write_bytes(write_bundle(files))
    people.write_bytes(files["people.csv"])
    assert "roots" in run(capsys, "verify", bundle, "--people", people)[1]["checked"]
    people.write_bytes(files["people.csv"] + b"x")
    assert run(capsys, "verify", bundle, "--people", people)[1]["word"] == "roots"


@pytest.mark.parametrize(("field", "noted"), [("verifier", False), ("note", True)])
def test_only_the_field_verifier_names_the_program(
    field: str, noted: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    named = {field: hashlib.sha256(VERIFIER).hexdigest()}
    bundle = tmp_path / "draw.zip"
    bundle.write_bytes(write_bundle(drawn_files(frame_files(terms=named))))
    assert ("不是 terms.json 中写明的" in told(capsys, "verify", bundle)[1]) == noted
