"""The page about reference data names every data file, count and code that it speaks of."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from registries.districts import guangdong
from registries.inspectors import LEFT_OUT
from registries.items import seeded_items
from registries.recusals import REASONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference-data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "registries" / "data").iterdir()), ids=str)
def test_every_data_file_says_where_it_comes_from(path: Path) -> None:
    assert f"registries/data/{path.name}" in PAGE


@pytest.mark.parametrize("code", [*LEFT_OUT, *REASONS])
def test_every_code_is_on_the_page(code: str) -> None:
    assert f"`{code}`" in PAGE


def test_the_counts_on_the_page_are_those_of_the_data() -> None:
    now = Counter(row.level for row in guangdong() if row.valid_to is None)
    retired = sum(row.valid_to is not None for row in guangdong())
    for part, count in (
        ("prefecture-level cities", now["city"]),
        ("county units", now["county"]),
        ("towns and sub-districts of 东莞 and 中山", now["town"]),
        ("retired codes (萝岗, 增城市, 顺德市 …)", retired),
    ):
        assert f"| {part} | {count} |" in PAGE
    assert f"{len(seeded_items())} matters" in PAGE
    assert f"{(date(2027, 1, 1) - date(2004, 1, 1)).days:,} days" in PAGE
