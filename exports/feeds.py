"""Open data: CSV and JSON written row by row, so that a list of any length needs no memory."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from exports.workbook import starts_like_a_formula

BOM = b"\xef\xbb\xbf"
_BLOCK_ROWS = 1000

Value = str | int | bool | date | None


@dataclass(frozen=True)
class Feed:
    """A table to publish: keys (JSON names), headings (first CSV row), and rows as they come.

    `about` says what the data are (title, source, licence, as-of day …); JSON carries it.
    """

    keys: Sequence[str]
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]
    about: Mapping[str, str | int]


def write_csv(
    target: BinaryIO, feed: Feed, *, bom: bool = False, formula_safe: bool = False
) -> None:
    """Write the feed as RFC 4180 CSV in UTF-8, lines ending with CR LF.

    `bom` puts the mark in front by which Excel knows UTF-8. `formula_safe` sets an apostrophe
    before text that a spreadsheet would run; leave it off for programs, which want the exact text.
    Raises ValueError when a row has not one value for each key.
    """
    if bom:
        target.write(BOM)
    target.write(csv_block([feed.headings]))
    rows = _checked(feed)
    while block := list(itertools.islice(rows, _BLOCK_ROWS)):
        target.write(csv_block(block, formula_safe=formula_safe))


def csv_block(rows: Iterable[Sequence[Value]], *, formula_safe: bool = False) -> bytes:
    """Return some rows of such a CSV, for an answer that is sent block by block."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_text(value, formula_safe=formula_safe) for value in row])
    return text.getvalue().encode()


def write_json(target: BinaryIO, feed: Feed) -> None:
    """Write `{"about": …, "rows": [{…}, …]}` in UTF-8, one row a line; dates as ISO text.

    Raises ValueError when a row has not one value for each key.
    """
    target.write(b'{"about": ' + _json(dict(feed.about)) + b',\n"rows": [')
    for number, row in enumerate(_checked(feed), start=1):
        plain = [value.isoformat() if isinstance(value, date) else value for value in row]
        separator = b"\n" if number == 1 else b",\n"
        target.write(separator + _json(dict(zip(feed.keys, plain, strict=True))))
    target.write(b"\n]}\n")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _checked(feed: Feed) -> Iterator[Sequence[Value]]:
    for number, row in enumerate(feed.rows, start=1):
        if len(row) != len(feed.keys):
            raise ValueError(f"row {number} has {len(row)} values for {len(feed.keys)} keys")
        yield row


def _csv_text(value: Value, *, formula_safe: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and formula_safe and starts_like_a_formula(value):
        return f"'{value}"
    return str(value)
