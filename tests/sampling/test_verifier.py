"""§9 and §10 in the second implementation, and its agreement with the first."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sampling import verifier
from tests.sampling.derived import accumulated
from tests.sampling.makers import BAD_VECTORS, VECTORS, drawn_files, read_vector

PROGRAM = Path(verifier.__file__)


def names(folder: Path) -> str:
    return folder.name


@pytest.mark.parametrize("folder", sorted(VECTORS.iterdir()), ids=names)
def test_a_vector_verifies(folder: Path) -> None:
    report = verifier.verify(read_vector(folder))
    assert report.verified, report.english
    assert report.not_given == ("commitment", "parts_digest", "dice", "root")


@pytest.mark.parametrize("folder", sorted(BAD_VECTORS.iterdir()), ids=names)
def test_a_bad_vector_is_refused_with_its_word(folder: Path) -> None:
    files = read_vector(folder)
    report = verifier.verify(files)
    assert report.word == files["expect"].decode().strip()
    assert report.chinese.endswith("。")


@pytest.mark.parametrize("name", [*verifier.CHECKED_FILES, "people.csv"])
def test_any_one_changed_byte_is_refused(name: str) -> None:
    files = drawn_files()
    values = verifier.verify(files, people=files["people.csv"]).values
    anchors = verifier.Anchors(*(values[key] for key in verifier.Anchors._fields))
    assert verifier.verify(files, anchors, files["people.csv"]).verified
    for at in range(0, len(files[name]), max(1, len(files[name]) // 40)):
        changed = bytearray(files[name])
        changed[at] ^= 1
        found = files | {name: bytes(changed)}
        assert not verifier.verify(found, anchors, found["people.csv"]).verified


@pytest.mark.parametrize("name", verifier.Anchors._fields)
def test_another_published_value_is_refused_under_anchors(name: str) -> None:
    report = verifier.verify(
        read_vector(VECTORS / "small"), verifier.Anchors()._replace(**{name: "0" * 64})
    )
    assert report.word == "anchors"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"null",
        b"[]",
        b"{}",
        b"[" * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b"1" * 1_000_000,
        b"1e999999999",
        b"NaN",
        b"-1",
        b"-0",
        b"1.0",
        b"9007199254740992",
        b'{"a":1,"a":1}',
        b'"\\ud800"',
        b'{"contributions":null,"dice":1,"parts_digest":2,"seed":3}',
        b'{"contributions":[[],[]],"dice":"","parts_digest":"","seed":""}',
    ],
    ids=range(19),
)
@pytest.mark.parametrize(
    ("name", "word"),
    [("plan.json", "keys"), ("seed.json", "contributions"), ("result.json", "result")],
)
def test_hostile_json_is_refused_with_a_sentence(name: str, word: str, data: bytes) -> None:
    files = read_vector(VECTORS / "small") | {name: data}
    report = verifier.verify(files)
    assert report.word == word
    assert report.chinese.endswith("。")


def run(python: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [python, "-I", *arguments], capture_output=True, env=os.environ | environment, timeout=60
    )


def pythons() -> dict[str, str]:
    """Return the interpreters of this machine that the verifier promises to run on, by version."""
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14"):
        kept = sorted(str(path) for path in roots.glob(f"{version}.*/bin/python"))
        python = kept[-1] if kept else shutil.which(f"python{version}")
        if version not in found and python is not None and run(python, "-c", "").returncode == 0:
            found[version] = python
    return dict(sorted(found.items()))


@pytest.mark.parametrize("python", pythons().values(), ids=pythons())
def test_it_runs_on_every_python_of_this_machine_from_3_9(python: str) -> None:
    shown = run(python, "-O", str(PROGRAM), str(VECTORS / "towns"), LANG="C", LC_ALL="C")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.decode().startswith("验证通过")


def test_a_failed_check_ends_with_1_and_names_its_word() -> None:
    shown = run(sys.executable, str(PROGRAM), str(BAD_VECTORS / "dice-changed"), "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["word"] == "seed"


@pytest.mark.parametrize("arguments", [[], ["no-such-file"], ["x", "--no-such-option"]])
def test_wrong_usage_ends_with_1_and_no_traceback(arguments: list[str]) -> None:
    shown = run(sys.executable, str(PROGRAM), *arguments)
    assert (shown.returncode, shown.stderr) == (1, b"")


FIRST = {
    50: (114, "defb14df6ea6d30e764380f75ca975402b1536743b6b65b8b83692ae23d414cf"),
    500: (1125, "54ec068a97442439b6de3afec878150768aaa52120a185381c9bc2168f85adea"),
    1_000: (2258, "0e870d5d3cdb34b15ff4e8be0b16aaa40ebf15e210938a688ab9638288dabbda"),
    10_000: (22535, "927f6bf8bfd6cc66465433904ddaabb354a2e3fb2036aca37f384780a4110775"),
}
"""So many derived draws, how many numbers it took to freeze them, and their accumulated digest."""


def test_both_implementations_make_the_same_of_500_derived_draws() -> None:
    assert accumulated(500) == (*FIRST[500], FIRST[500][1])


@pytest.mark.parametrize(
    ("hash_seed", "count"),
    [
        *((str(seed), 50) for seed in range(4)),
        # One run at full size; the other hash seeds need only be many draws, not all of them.
        pytest.param("0", 10_000, marks=pytest.mark.full),
        *(pytest.param(str(seed), 1_000, marks=pytest.mark.full) for seed in (1, 2, 3)),
    ],
)
def test_derived_draws_are_the_same_under_every_hash_seed_optimised_and_in_the_c_locale(
    hash_seed: str, count: int
) -> None:
    shown = subprocess.run(
        [sys.executable, "-O", "-m", "tests.sampling.derived", str(count)],
        capture_output=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "LANG": "C", "LC_ALL": "C"},
        cwd=Path(__file__).parents[2],
    )
    numbers, digest = FIRST[count]
    assert shown.stdout.decode().split() == [str(numbers), digest, digest]


def shown(*arguments: object) -> tuple[int, str]:
    """Return how the program ends with these arguments and what it says, which is all it says."""
    done = run(sys.executable, str(PROGRAM), *map(str, arguments))
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_it_says_which_draw_it_verified_right_after_the_verdict() -> None:
    lines = shown(VECTORS / "small")[1].splitlines()
    plan = json.loads((VECTORS / "small" / "plan.json").read_bytes())
    assert lines[0].startswith("验证通过")
    for told in (plan["bureau"], plan["draw"], plan["title"], "抽中 6 户"):
        assert told in lines[1]


def test_blanks_and_capitals_in_a_published_value_do_not_matter() -> None:
    values = verifier.verify(read_vector(VECTORS / "small")).values
    root = values["root"].upper()
    grouped = " ".join(root[at : at + 4] for at in range(0, 64, 4))
    assert shown(VECTORS / "small", "--root", grouped, "--dice", " ".join(values["dice"]))[0] == 0


@pytest.mark.parametrize("given", [["--root", "4130"], ["--dice", ""], ["--commitment", "x" * 64]])
def test_a_mistyped_published_value_is_no_finding_against_the_draw(given: list[str]) -> None:
    code, said = shown(VECTORS / "small", *given)
    assert (code, said.startswith("用法错误："), "验证不通过" in said) == (1, True, False)


def test_a_path_that_is_not_there_is_no_finding_against_the_draw() -> None:
    for given in (["nowhere.zip"], [VECTORS / "small", "--people", "nowhere.csv"]):
        code, said = shown(*given)
        assert (code, said.startswith("用法错误：找不到文件 nowhere")) == (1, True)


def test_wrong_usage_is_json_where_json_was_asked_for() -> None:
    assert json.loads(shown("--json")[1])["word"] == "usage"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "不是普通文件" in shown(tmp_path / "pipe")[1]
    assert "不是普通文件" in shown("/dev/zero")[1]
    assert "roots" in shown(VECTORS / "small", "--people", tmp_path / "pipe")[1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_report_that_cannot_be_written_is_no_success_and_no_traceback() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-I", str(PROGRAM), str(VECTORS / "small")],
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_program_is_named_by_the_field_verifier_of_the_terms_alone() -> None:
    digest = verifier.sha256_hex(b"x")
    assert (
        verifier.verifier_named(json.dumps({"verifier": digest}).replace(" ", "").encode())
        == digest
    )
    assert verifier.verifier_named(f'{{"note":"{digest}"}}'.encode()) == ""
    assert verifier.verifier_named(b"[]") == verifier.verifier_named(b"{") == ""


def test_a_python_before_3_9_is_told_so() -> None:
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    old = [path for minor in (7, 8) for path in roots.glob(f"3.{minor}.*/bin/python")]
    if not old:
        pytest.skip("there is no Python 3.7 or 3.8 on this machine")
    for python in old:
        done = run(str(python), str(PROGRAM), "x.zip")
        assert (done.returncode, "需要 Python 3.9" in done.stderr.decode()) == (1, True)
