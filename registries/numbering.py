"""Numbers that count a bureau's rows from 1 without gap: short enough to say aloud, never used twice."""

from __future__ import annotations

from typing import Literal

from registries import database

Counted = Literal["district_change", "item_list", "inspector_absence", "recusal"]


async def next_number(table: Counted, bureau: str) -> int:
    """Return the next number of a bureau's rows in `table`.

    Deeds run one at a time and these tables keep their rows, so nobody else can get the same one.
    """
    column = "version" if table == "item_list" else "number"
    row = await database.fetch_one(
        f"SELECT COALESCE(MAX({column}), 0) + 1 AS next FROM {table} WHERE bureau = {{}}",  # noqa: S608
        bureau,
    )
    return int(row["next"]) if row else 1
