"""The requirement files are complete, hashed, and name no address."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")


def _pinned(text: str) -> set[str]:
    return {
        re.sub(r"[-_.]+", "-", name).lower()
        for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==", text)
    }


def _declared() -> dict[str, set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(lines: list[str]) -> set[str]:
        return {
            re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]).lower()
            for line in lines
        }

    runtime = names(project["dependencies"])
    return {
        "requirements.txt": runtime,
        "requirements-dev.txt": runtime | names(project["optional-dependencies"]["dev"]),
    }


@pytest.mark.parametrize("name", FILES)
def test_no_address_stands_in_a_requirement_file(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host", text)


@pytest.mark.parametrize("name", FILES)
def test_every_locked_line_has_a_digest(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("name", FILES)
def test_every_declared_dependency_is_locked(name: str) -> None:
    missing = _declared()[name] - _pinned((ROOT / name).read_text(encoding="utf-8"))
    assert missing == set()


def test_what_is_required_with_an_extra_is_locked_with_it() -> None:
    # Else older pips look for `name[extra]` beyond the locked line, find a newer release without a digest and refuse.
    pinned = re.findall(
        r"(?m)^([a-z0-9-]+)(?:\[([^\]]+)\])?==",
        (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"),
    )
    locked = {name: set(extras.replace(" ", "").split(",")) for name, extras in pinned}
    wanted = {
        (match[1].lower(), extra)
        for distribution in distributions()
        for line in distribution.requires or []
        if "extra ==" not in line
        and (match := re.match(r"([A-Za-z0-9-]+)\[([a-z0-9,_-]+)\]", line))
        for extra in match[2].split(",")
    }
    assert ("pydantic", "email") in wanted
    assert {one for one in wanted if one[1] not in locked.get(one[0], set())} == set()
