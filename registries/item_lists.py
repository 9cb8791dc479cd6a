"""A bureau's item list in versions: proposed whole, put into effect from a day, and never changed after that.

A draw names the version it used, so what an employer was checked on can be read years later as it was then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from registries import audit_log, database
from registries.audit_entries import instant
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused
from registries.items import Item, as_json, faults_of_items, from_json, seeded_items
from registries.numbering import next_number
from sampling.encoding import jcs, parse_jcs, sha256_hex

EVENTS = {
    "item-list:propose": "拟定随机抽查事项清单的新版本",
    "item-list:effect": "随机抽查事项清单开始施行",
}


@dataclass(frozen=True)
class ItemList:
    """A version of a bureau's list; `effective` is the day from which it applies, None while proposed."""

    bureau: str
    version: int
    name: str
    source: str
    reason: str
    entered_at: str
    entered_by: str
    effective: date | None
    items: tuple[Item, ...] = ()

    def item(self, key: str) -> Item:
        """Return the item of a key. Raises NotFound."""
        for item in self.items:
            if item.key == key:
                return item
        raise NotFound(f"清单第 {self.version} 版没有编号为 {key} 的事项。")


@dataclass(frozen=True)
class ListChange:
    """How one item differs between two versions: added, removed or changed, with the fields that differ."""

    key: str
    name: str
    change: str
    fields: tuple[str, ...] = ()


async def item_lists(bureau: str) -> list[ItemList]:
    """Return every version of a bureau's list without its items, oldest first."""
    rows = await database.fetch(
        "SELECT * FROM item_list WHERE bureau = {} ORDER BY version", bureau
    )
    return [_list_of(row) for row in rows]


async def item_list(bureau: str, version: int) -> ItemList:
    """Return one version with its items in list order. Raises NotFound."""
    row = await database.fetch_one(
        "SELECT * FROM item_list WHERE bureau = {} AND version = {}", bureau, version
    )
    if row is None:
        raise NotFound(f"没有第 {version} 版随机抽查事项清单，请核对版本号。")
    items = await database.fetch(
        "SELECT content FROM item WHERE bureau = {} AND version = {} ORDER BY place",
        bureau,
        version,
    )
    found: list[Item] = []
    for item in items:
        content = parse_jcs(item["content"].encode())
        assert isinstance(content, dict)  # noqa: S101 - only this module writes the column.
        found.append(from_json(content))
    return replace(_list_of(row), items=tuple(found))


async def items_as_of(bureau: str, day: date) -> ItemList:
    """Return the list in effect on a day. Raises NotFound when none was.

    Of two that begin on the same day the later version applies.
    """
    row = await database.fetch_one(
        "SELECT version FROM item_list WHERE bureau = {} AND effective <= {}"
        " ORDER BY effective DESC, version DESC LIMIT 1",
        bureau,
        day.isoformat(),
    )
    if row is None:
        raise NotFound(
            f"{day.isoformat()} 没有施行中的随机抽查事项清单。请先运行 yaohao items import 和 items effective。"
        )
    return await item_list(bureau, row["version"])


async def propose_list(
    deed: Deed, *, bureau: str, name: str, items: Iterable[Item], source: str, reason: str
) -> ItemList:
    """Enter a whole new version and return it; it applies to nothing until it is put into effect.

    Raises Invalid with every fault under the item's key.
    """
    entered = tuple(items)
    faults = faults_of_items(entered)
    for field, text, limit in (
        ("name", name, 200),
        ("source", source, 200),
        ("reason", reason, 500),
    ):
        if not 1 <= len(text.strip()) <= limit:
            faults[field] = [f"请填写（1 至 {limit} 字）。"]
    if faults:
        raise Invalid("事项清单有误，没有保存。请改正后再试。", faults)
    version = await next_number("item_list", bureau)
    await database.execute(
        "INSERT INTO item_list (bureau, version, name, source, reason, entered_at, entered_by)"
        " VALUES ({}, {}, {}, {}, {}, {}, {})",
        bureau, version, name.strip(), source.strip(), reason.strip(),
        instant(deed.now), deed.actor.name,
    )  # fmt: skip
    for place, item in enumerate(entered, start=1):
        await database.execute(
            "INSERT INTO item (bureau, version, place, item_key, content) VALUES ({}, {}, {}, {}, {})",
            bureau,
            version,
            place,
            item.key,
            jcs(as_json(item)).decode(),
        )
    await audit_log.append(
        deed,
        "item-list:propose",
        bureau=bureau,
        subject=f"item-list:{version}",
        new={
            "name": name.strip(),
            "source": source.strip(),
            "items": len(entered),
            "sha256": digest_of(entered),
        },
        reason=reason.strip(),
    )
    return await item_list(bureau, version)


async def propose_seeded_list(deed: Deed, *, bureau: str) -> ItemList:
    """Enter the 48 matters that come with the program as a proposal, to be edited or put into effect."""
    return await propose_list(
        deed,
        bureau=bureau,
        name="随机抽查事项清单（参考）",
        items=seeded_items(),
        source="随程序提供的参考清单（docs/reference-data.md）",
        reason="建立事项清单",
    )


async def propose_edited_list(
    deed: Deed,
    *,
    bureau: str,
    version: int,
    changed: Sequence[Item] = (),
    removed: Sequence[str] = (),
    source: str,
    reason: str,
) -> ItemList:
    """Enter a new version like `version` with items changed or added (by key) and removed, and return it.

    Raises NotFound for an unknown version or key to remove, Refused when nothing differs, Invalid.
    """
    base = await item_list(bureau, version)
    for key in removed:
        base.item(key)
    new = {item.key: item for item in changed}
    kept = [new.pop(item.key, item) for item in base.items if item.key not in removed]
    items = (*kept, *new.values())
    if items == base.items:
        raise Refused(f"与第 {version} 版没有任何差别，不必另立一版。")
    return await propose_list(
        deed, bureau=bureau, name=base.name, items=items, source=source, reason=reason
    )


async def put_into_effect(deed: Deed, *, bureau: str, version: int, effective: date) -> ItemList:
    """Let a version apply from a day and return it; from then on nobody can change it.

    The first list of a bureau may begin in the past, because books start in mid-year; every later one
    begins today or later and not before the one in effect. Raises NotFound, Refused.
    """
    proposed = await item_list(bureau, version)
    if proposed.effective is not None:
        raise Refused(
            f"第 {version} 版已自 {proposed.effective.isoformat()} 起施行，不能再改。请另立一版。"
        )
    begun = [known.effective for known in await item_lists(bureau) if known.effective is not None]
    today = day_in_china(deed.now)
    if begun and effective < max(today, *begun):
        raise Refused(
            f"施行日期不能早于今天，也不能早于现行清单的 {max(begun).isoformat()}。请另选日期。"
        )
    await database.execute(
        "UPDATE item_list SET effective = {}, effected_at = {}, effected_by = {}"
        " WHERE bureau = {} AND version = {}",
        effective.isoformat(),
        instant(deed.now),
        deed.actor.name,
        bureau,
        version,
    )
    await audit_log.append(
        deed,
        "item-list:effect",
        bureau=bureau,
        subject=f"item-list:{version}",
        new={"effective": effective.isoformat(), "sha256": digest_of(proposed.items)},
    )
    return replace(proposed, effective=effective)


def changes_between(old: Sequence[Item], new: Sequence[Item]) -> list[ListChange]:
    """Return how `new` differs from `old`, item by item, in the order of `new` and then what is gone."""
    before = {item.key: item for item in old}
    found = []
    for item in new:
        was = before.pop(item.key, None)
        if was is None:
            found.append(ListChange(item.key, item.name, "added"))
        elif was != item:
            now = as_json(item)
            differing = tuple(key for key, value in as_json(was).items() if value != now[key])
            found.append(ListChange(item.key, item.name, "changed", differing))
    return [*found, *(ListChange(item.key, item.name, "removed") for item in before.values())]


def digest_of(items: Sequence[Item]) -> str:
    """Return the SHA-256 of a list's items in canonical JSON: what terms.json and the log name it by."""
    return sha256_hex(jcs([as_json(item) for item in items]))


def _list_of(row: dict[str, Any]) -> ItemList:
    return ItemList(
        row["bureau"],
        row["version"],
        row["name"],
        row["source"],
        row["reason"],
        row["entered_at"],
        row["entered_by"],
        date.fromisoformat(row["effective"]) if row["effective"] else None,
    )
