"""The register of recusals (回避): who must not meet whom, since when, and who said so.

An interest of the inspector or of a near relative excludes (劳动保障监察条例 art. 16); so does any other relation that
may affect fairness (行政处罚法 art. 43). Draws read the pairs that stand on a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from registries import audit_log, database
from registries.audit_entries import instant
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.numbering import next_number

EVENTS = {
    "recusal:enter": "登记回避",
    "recusal:end": "终止回避",
}
# The codes of recusals.csv (protocol §2) and their meaning.
REASONS = MappingProxyType(
    {
        "own-interest": "本人与被检查单位有直接利害关系",
        "relative-interest": "近亲属与被检查单位有直接利害关系",
        "former-employment": "曾在被检查单位任职",
        "other-relation": "其他可能影响公正执法的关系",
    }
)
PAGE_LENGTH = 50
_ENTITY = re.compile(r"[0-9A-Z]{1,40}")
_COLUMNS = "number, inspector, entity, reason_code, declared_by, first, last, note, entered_at, entered_by, end_reason"


@dataclass(frozen=True)
class Recusal:
    """An inspector and an entity that must not meet from `first` to `last` (None: open), both included."""

    number: int
    inspector: str
    entity: str
    reason_code: str
    declared_by: str
    first: date
    last: date | None
    note: str
    entered_at: str
    entered_by: str
    end_reason: str | None

    @property
    def reason(self) -> str:
        """Return the Chinese meaning of the reason code."""
        return REASONS[self.reason_code]


async def enter_recusal(
    deed: Deed,
    *,
    bureau: str,
    inspector: str,
    entity: str,
    reason_code: str,
    declared_by: str,
    first: date,
    last: date | None = None,
    note: str = "",
) -> Recusal:
    """Enter a recusal and return it. `entity` may be outside the books: a frame may yet bring it.

    Raises Invalid with every fault, NotFound for an unknown inspector, Conflict when the pair has one
    that overlaps.
    """
    _check(entity, reason_code, declared_by, first, last, note)
    if await database.lock("inspector", bureau=bureau, inspector=inspector) is None:
        raise NotFound(f"没有工号为 {inspector} 的执法人员，请核对工号。")
    for other in await recusals(bureau, inspector=inspector, entity=entity, length=None):
        if (last is None or other.first <= last) and (other.last is None or first <= other.last):
            raise Conflict(
                f"这两者之间已有第 {other.number} 号回避登记，期间重叠。如要更改，请先终止它。"
            )
    number = await next_number("recusal", bureau)
    await database.execute(
        "INSERT INTO recusal (bureau, number, inspector, entity, reason_code, declared_by,"
        " first, last, note, entered_at, entered_by)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
        bureau,
        number,
        inspector,
        entity,
        reason_code,
        declared_by.strip(),
        first.isoformat(),
        last.isoformat() if last else None,
        note.strip(),
        instant(deed.now),
        deed.actor.name,
    )
    await audit_log.append(
        deed,
        "recusal:enter",
        bureau=bureau,
        subject=f"recusal:{number}",
        new={
            "inspector": inspector,
            "entity": entity,
            "reason_code": reason_code,
            "first": first.isoformat(),
            "last": last.isoformat() if last else "",
        },
        personal={"declared_by": declared_by.strip(), "note": note.strip()},
    )
    return await recusal(bureau, number)


async def end_recusal(
    deed: Deed, *, bureau: str, number: int, reason: str, last: date | None = None
) -> Recusal:
    """End a recusal with `last` as its last day (today by default) and return it.

    It cannot be shortened into the past: a draw may have read it. Raises NotFound, Invalid, Refused.
    """
    known = await recusal(bureau, number)
    today = day_in_china(deed.now)
    ends = last or max(today, known.first)
    faults: dict[str, list[str]] = {}
    if not 1 <= len(reason.strip()) <= 500:
        faults["reason"] = ["请填写终止回避的事由（1 至 500 字）。"]
    if ends < max(today, known.first):
        faults["last"] = ["终止日期不能早于今天，也不能早于开始日期。"]
    if faults:
        raise Invalid("终止回避的登记有误，请改正后再试。", faults)
    if known.end_reason is not None or (known.last is not None and known.last < today):
        raise Refused(f"第 {number} 号回避登记已经终止，不必重复。")
    await database.execute(
        "UPDATE recusal SET last = {}, ended_at = {}, ended_by = {}, end_reason = {}"
        " WHERE bureau = {} AND number = {}",
        ends.isoformat(),
        instant(deed.now),
        deed.actor.name,
        reason.strip(),
        bureau,
        number,
    )
    await audit_log.append(
        deed,
        "recusal:end",
        bureau=bureau,
        subject=f"recusal:{number}",
        previous={"last": known.last.isoformat() if known.last else ""},
        new={"last": ends.isoformat()},
        reason=reason.strip(),
    )
    return await recusal(bureau, number)


async def recusal(bureau: str, number: int) -> Recusal:
    """Return a recusal of a bureau. Raises NotFound."""
    row = await database.fetch_one(
        f"SELECT {_COLUMNS} FROM recusal WHERE bureau = {{}} AND number = {{}}",  # noqa: S608
        bureau,
        number,
    )
    if row is None:
        raise NotFound(f"没有第 {number} 号回避登记，请核对编号。")
    return _recusal_of(row)


async def recusals(
    bureau: str,
    *,
    inspector: str = "",
    entity: str = "",
    on: date | None = None,
    after: int = 0,
    length: int | None = PAGE_LENGTH,
) -> list[Recusal]:
    """Return recusals behind number `after`, of an inspector, of an entity or all; `length` None: no limit.

    `on`: only those that stand on the day.
    """
    day = on.isoformat() if on else ""
    rows = await database.fetch(
        f"SELECT {_COLUMNS} FROM recusal WHERE bureau = {{}} AND number > {{}}"  # noqa: S608
        " AND ({} = '' OR inspector = {}) AND ({} = '' OR entity = {})"
        " AND ({} = '' OR (first <= {} AND (last IS NULL OR last >= {}))) ORDER BY number LIMIT {}",
        bureau,
        after,
        inspector,
        inspector,
        entity,
        entity,
        day,
        day,
        day,
        length if length is not None else 2**31 - 1,
    )
    return [_recusal_of(row) for row in rows]


async def recusals_between(bureau: str, first: date, last: date) -> list[Recusal]:
    """Return every recusal that stands on any day from `first` to `last`: the pairs that a draw must keep apart."""
    rows = await database.fetch(
        f"SELECT {_COLUMNS} FROM recusal WHERE bureau = {{}} AND first <= {{}}"  # noqa: S608
        " AND (last IS NULL OR last >= {}) ORDER BY inspector, entity, number",
        bureau,
        last.isoformat(),
        first.isoformat(),
    )
    return [_recusal_of(row) for row in rows]


def _check(
    entity: str, reason_code: str, declared_by: str, first: date, last: date | None, note: str
) -> None:
    faults: dict[str, list[str]] = {}
    if not _ENTITY.fullmatch(entity):
        faults["entity"] = ["请填写统一社会信用代码（数字和大写字母）。"]
    if reason_code not in REASONS:
        faults["reason_code"] = [f"回避事由应为：{'、'.join(REASONS.values())}。"]
    if not 1 <= len(declared_by.strip()) <= 100:
        faults["declared_by"] = ["请填写由谁提出（1 至 100 字）。"]
    if last is not None and last < first:
        faults["last"] = ["结束日期早于开始日期。"]
    if len(note) > 500:
        faults["note"] = ["说明最多 500 字。"]
    if faults:
        raise Invalid("回避登记有误，没有保存。请改正后再试。", faults)


def _recusal_of(row: dict[str, Any]) -> Recusal:
    days = {
        "first": date.fromisoformat(row["first"]),
        "last": date.fromisoformat(row["last"]) if row["last"] else None,
    }
    return Recusal(**row | days)
