"""Matters of the random-inspection item list (随机抽查事项清单): what one holds, what is wrong with one, the 48 seeds.

A list must state basis, subject, content and method of each check (国办发〔2015〕58号); nothing outside the published
list may be checked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from registries.data_files import read_json
from registries.kinds import KINDS, unknown_kinds
from sampling.encoding import Json

METHODS = MappingProxyType({"on-site": "现场检查", "written": "书面检查", "online": "网上检查"})
CATEGORIES = MappingProxyType({"general": "一般检查事项", "key": "重点检查事项"})
_KEY = re.compile(r"[0-9A-Za-z-]{1,40}")


@dataclass(frozen=True)
class Item:
    """One matter: whom it concerns, on what basis, how it is checked, and its check points in order.

    `narrowed_to` says in words which of the kinds are meant (empty: all). `ratio_percent` is the yearly share of
    entities to draw, `times_per_year` the most checks of one entity in a year; both are defaults of ours, which a
    bureau replaces by its published figures. `confidence` is T (articles read), 2 (second-hand) or K (knowledge).
    """

    key: str
    group: str
    name: str
    kinds: tuple[str, ...]
    duty: tuple[str, ...]
    sanction: tuple[str, ...]
    methods: tuple[str, ...]
    category: str
    ratio_percent: int
    times_per_year: int
    check_points: tuple[str, ...]
    narrowed_to: str = ""
    confidence: str = "K"


_LISTS = ("kinds", "duty", "sanction", "methods", "check_points")


def as_json(item: Item) -> dict[str, Json]:
    """Return an item as plain JSON data, for the books and for `--json`."""
    return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(item).items()}


def from_json(value: dict[str, Any]) -> Item:
    """Return the item of such data. Raises TypeError when a field is missing or unknown."""
    fields: dict[str, Any] = {n: tuple(v) if n in _LISTS else v for n, v in value.items()}
    return Item(**fields)


@cache
def seeded_items() -> tuple[Item, ...]:
    """Return the 48 matters that come with the program (docs/reference-data.md), in list order."""
    return tuple(from_json(row) for row in read_json("items.json")["items"])


def faults_of_items(items: Sequence[Item]) -> dict[str, list[str]]:
    """Return in Chinese what speaks against a list, under the key of each item; empty when it can be taken."""
    faults: dict[str, list[str]] = {}
    if not items:
        return {"items": ["清单里没有任何事项。"]}
    for key, count in Counter(item.key for item in items).items():
        if count > 1:
            faults.setdefault(key, []).append(f"编号 {key} 出现了 {count} 次，编号不能重复。")
    for item in items:
        found = faults_of_item(item)
        if found:
            faults.setdefault(item.key, []).extend(found)
    return faults


def faults_of_item(item: Item) -> list[str]:
    """Return in Chinese what speaks against one item; empty when it can be taken."""
    faults = []
    if not _KEY.fullmatch(item.key):
        faults.append("编号应为 1 至 40 位字母、数字或连字符。")
    if not 1 <= len(item.name.strip()) <= 200:
        faults.append("请填写事项名称（1 至 200 字）。")
    if not item.kinds or unknown_kinds(item.kinds):
        faults.append(f"检查对象应为以下类别中的一种或几种：{'、'.join(KINDS.values())}。")
    if list(item.kinds) != sorted(set(item.kinds)):
        faults.append("检查对象类别应按代码排序且不重复。")
    if not item.methods or set(item.methods) - METHODS.keys():
        faults.append(f"检查方式应为：{'、'.join(METHODS.values())}。")
    if item.category not in CATEGORIES:
        faults.append(f"事项类别应为：{'、'.join(CATEGORIES.values())}。")
    if not all(text.strip() for text in (*item.duty, *item.check_points)) or not item.duty:
        faults.append("请填写检查依据，没有法律、法规、规章依据的不得检查。")
    if not item.check_points:
        faults.append("请至少填写一个检查要点。")
    if not 0 <= item.ratio_percent <= 100:
        faults.append("抽查比例应在 0 至 100 之间（百分比）。")
    if not 1 <= item.times_per_year <= 366:
        faults.append("每年频次上限应在 1 至 366 之间。")
    return faults
