"""docs/ceremony.md is what a clerk types from: every command in it exists, with every option it names."""

import re
from pathlib import Path

import click
import pytest

from app.draws.commands import draw_group
from sampling.__main__ import main

GUIDE = (Path(__file__).parents[3] / "docs" / "ceremony.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in GUIDE.splitlines()]
YAOHAO = [line.split() for line in LINES if line.startswith("yaohao draw ")]
SAMPLING = [line.split() for line in LINES if line.startswith("python -m sampling ")]


def options_in(words: list[str]) -> set[str]:
    return {word for word in words if word.startswith("--")}


@pytest.mark.parametrize("words", YAOHAO, ids=lambda words: " ".join(words)[:60])
def test_a_command_of_the_guide_exists_and_is_called_with_all_it_needs(words: list[str]) -> None:
    command = draw_group.commands[words[2]]
    options = [one for one in command.params if isinstance(one, click.Option)]
    known = {name for one in options for name in one.opts}
    needed = {one.opts[0] for one in options if one.required}
    assert options_in(words) <= known
    assert needed <= options_in(words)


@pytest.mark.parametrize("words", SAMPLING, ids=lambda words: " ".join(words)[:60])
def test_a_command_of_the_library_in_the_guide_exists(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([words[3], "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(option in told for option in options_in(words))


def test_the_guide_names_the_four_mishaps_and_every_command_of_the_room() -> None:
    for heading in ("电脑死机", "见证人拒绝签字", "有人没有揭示", "骰子读错", "要作废"):
        assert f"### {heading}" in LINES
    named = set(re.findall(r"yaohao draw ([a-z-]+)", GUIDE))
    assert set(draw_group.commands) - named <= {"abandon", "change", "gauges", "list"}
