"""The four sheets of the demo's city as files: what a bureau has on its first day."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.demo import city, history, people
from app.demo.city import Row
from exports.workbook import Column, Sheet, write_workbook

ENTITIES, INSPECTORS, RECUSALS, FACTS = (
    "监管对象名录.csv",
    "执法人员名录.xlsx",
    "回避登记.xlsx",
    "上半年档案记录.xlsx",
)
NOTE: Final = "本表为演示用，城市、单位、人员全部虚构。"


@dataclass(frozen=True)
class Tables:
    """The rows of the four sheets."""

    entities: list[Row]
    inspectors: list[Row]
    recusals: list[Row]
    facts: list[Row]

    def digest(self) -> str:
        """Return the SHA-256 of all rows: the same city on every machine has the same."""
        digest = hashlib.sha256()
        for rows in (self.entities, self.inspectors, self.recusals, self.facts):
            digest.update(csv_bytes((), rows))
        return digest.hexdigest()


def tables(
    entities: int = city.ENTITIES, inspectors: int = people.INSPECTORS, recusals: int = 60
) -> Tables:
    """Return the tables of a city of so many entities and inspectors, always the same."""
    rows = city.entities(entities)
    ids = city.ids_of(rows)
    return Tables(
        rows,
        people.inspectors(inspectors),
        people.recusals(ids, inspectors, recusals),
        history.facts(ids),
    )


def write(folder: Path, made: Tables) -> None:
    """Write the four sheets to a folder: the large one as CSV, the small ones as workbooks."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ENTITIES).write_bytes(csv_bytes(city.HEADINGS, made.entities))
    write_workbook_of(folder / INSPECTORS, people.INSPECTOR_HEADINGS, made.inspectors)
    write_workbook_of(folder / RECUSALS, people.RECUSAL_HEADINGS, made.recusals)
    write_workbook_of(folder / FACTS, history.HEADINGS, made.facts)


def write_workbook_of(path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """Write rows as a workbook whose title says that they are invented."""
    columns = [Column(heading, 18) for heading in headings]
    sheet = Sheet(path.stem, f"{path.stem}（虚构）", columns, rows, [NOTE])
    with path.open("wb") as target:
        write_workbook(target, [sheet])


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file as spreadsheets save it: UTF-8 with a byte order mark, CRLF line ends."""
    text = io.StringIO()
    writer = csv.writer(text)
    if headings:
        writer.writerow(headings)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
