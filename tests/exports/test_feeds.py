"""Open data: exact for programs, harmless for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest

from exports.feeds import Feed, write_csv, write_json


def _feed(*rows: tuple[str | int | date | None, ...]) -> Feed:
    return Feed(("id", "day"), ("代码", "日期"), rows, {"title": "名单"})


def _csv(feed: Feed, **options: bool) -> bytes:
    content = io.BytesIO()
    write_csv(content, feed, **options)
    return content.getvalue()


def test_csv_is_utf_8_with_a_mark_only_when_asked() -> None:
    feed = _feed(("0012", date(2026, 1, 2)), ('a"b,c', None))
    assert _csv(feed).decode() == '代码,日期\r\n0012,2026-01-02\r\n"a""b,c",\r\n'
    assert _csv(feed, bom=True) == b"\xef\xbb\xbf" + _csv(feed)


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
)
def test_formula_safe_csv_puts_an_apostrophe_first_and_exact_csv_does_not(text: str) -> None:
    def read(content: bytes) -> str:
        return list(csv.reader(io.StringIO(content.decode(), newline="")))[1][0]

    assert read(_csv(_feed((text, 1)), formula_safe=True)) == f"'{text}"
    assert read(_csv(_feed((text, 1)))) == text
    assert _csv(_feed(("x", -1)), formula_safe=True).endswith(b"x,-1\r\n")


def test_json_is_one_object_with_its_rows_and_what_they_are() -> None:
    content = io.BytesIO()
    write_json(content, _feed(("甲", date(2026, 1, 2)), ("乙", None)))
    assert json.loads(content.getvalue()) == {
        "about": {"title": "名单"},
        "rows": [{"id": "甲", "day": "2026-01-02"}, {"id": "乙", "day": None}],
    }
    empty = io.BytesIO()
    write_json(empty, _feed())
    assert json.loads(empty.getvalue())["rows"] == []


def test_a_long_feed_is_written_whole() -> None:
    content = _csv(_feed(*((f"X{number}", number) for number in range(2500))))
    assert content.count(b"\r\n") == 2501


def test_a_row_of_the_wrong_width_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 values"):
        _csv(_feed(("only",)))
    with pytest.raises(ValueError, match="row 1 has 1 values"):
        write_json(io.BytesIO(), _feed(("only",)))
