"""What an entity's fields may hold, as plain functions; every fault is found at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from registries.entity_tables import CONTENT, GRADES, SIZES, Details, join_codes
from registries.identifiers import is_credit_code
from registries.kinds import KINDS, PROJECT, unknown_kinds

# Bodies without a credit code get X and the code of some registry (protocol §1).
ID = re.compile(r"[0-9A-Z]{1,40}")
DISTRICT = re.compile(r"[0-9]{6}([0-9]{3}){0,2}")
INDUSTRY = re.compile(r"[A-T][0-9]{0,4}")
TAG = re.compile(r"[^+\s]{1,30}")
LONGEST_NAME, LONGEST_TEXT, LONGEST_KIND = 200, 500, 80
LARGEST_HEADCOUNT = 10_000_000


def is_control(character: str) -> bool:
    """Tell whether a character is barred from names: C0, DEL, C1, U+2028, U+2029 (protocol §1)."""
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def tidy(details: Details) -> Details:
    """Return `details` with texts in NFC and trimmed, and codes ascending and none twice."""
    texts: dict[str, Any] = {
        name: unicodedata.normalize("NFC", value).strip()
        for name in CONTENT
        if isinstance(value := getattr(details, name), str)
    }
    codes = {name: join_codes(texts[name]) for name in ("kind", "tags")}
    return replace(details, **(texts | codes))


def id_faults(id_: str) -> list[str]:
    """Return what is wrong with an entity's code (GB 32100-2015, or X and a registry's code)."""
    if not ID.fullmatch(id_):
        return ["代码只能由数字和大写字母组成，最多 40 位。"]
    if not id_.startswith("X") and not is_credit_code(id_):
        return ["统一社会信用代码校验不符，请核对；没有该代码的单位请填 X 加登记机关编号。"]
    return []


def faults(details: Details) -> dict[str, list[str]]:
    """Return every fault of tidied `details`, in sentences under the field they belong to."""
    found = {
        name: [f"不能超过 {LONGEST_TEXT} 字，也不能有控制字符。"]
        for name in CONTENT
        if isinstance(value := getattr(details, name), str)
        and (len(value) > LONGEST_TEXT or any(map(is_control, value)))
    }
    for name, rule in RULES.items():
        if sentence := rule(details):
            found.setdefault(name, []).append(sentence)
    return found


def _name(details: Details) -> str:
    ok = 1 <= len(details.name) <= LONGEST_NAME
    return "" if ok else "请填写单位名称（1 至 200 字）。"


def _kind(details: Details) -> str:
    unknown = unknown_kinds(details.kind.split("+")) if details.kind else []
    if not details.kind or len(details.kind) > LONGEST_KIND:
        return f"请至少填写一种对象类别，多种用 + 连接，合计不超过 {LONGEST_KIND} 个字符。"
    if unknown:
        return f"没有这种对象类别：{'、'.join(unknown)}。可用的有：{'、'.join(KINDS)}。"
    return ""


def _district(details: Details) -> str:
    ok = not details.district or DISTRICT.fullmatch(details.district)
    return "" if ok else "用工区划应为 6、9 或 12 位数字代码。"


def _industry(details: Details) -> str:
    ok = not details.industry or INDUSTRY.fullmatch(details.industry)
    return "" if ok else "行业代码应为门类字母加最多四位数字（GB/T 4754），例如 C 或 C1311。"


def _size(details: Details) -> str:
    return (
        "" if not details.size or details.size in SIZES else f"规模应为 {'、'.join(SIZES)} 之一。"
    )


def _headcount(details: Details) -> str:
    ok = details.headcount is None or 0 <= details.headcount <= LARGEST_HEADCOUNT
    return "" if ok else "从业人数应为不小于 0 的整数。"


def _grade(details: Details) -> str:
    return "" if details.grade in GRADES else f"诚信等级应为 {'、'.join(GRADES)} 之一。"


def _tags(details: Details) -> str:
    ok = not details.tags or all(map(TAG.fullmatch, details.tags.split("+")))
    return "" if ok else "每个标签最多 30 字，不能有空格，多个标签用 + 连接。"


def _permits(details: Details) -> str:
    for permit in details.permits:
        if not (permit.name and permit.number):
            return "每项许可都要有名称和编号。"
        if permit.issued and permit.expires and permit.expires < permit.issued:
            return f"许可 {permit.number} 的截止日期早于核准日期。"
    return ""


def _project(details: Details) -> str:
    ok = details.project is None or PROJECT in details.kind.split("+")
    return "" if ok else f"只有类别含 {PROJECT}（{KINDS[PROJECT]}）的对象才填项目信息。"


RULES: dict[str, Callable[[Details], str]] = {
    "name": _name,
    "kind": _kind,
    "district": _district,
    "industry": _industry,
    "size": _size,
    "headcount": _headcount,
    "grade": _grade,
    "tags": _tags,
    "permits": _permits,
    "project": _project,
}
