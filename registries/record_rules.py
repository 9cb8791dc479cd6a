"""What a fact of the record may be, as plain functions; every fault is found at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from sampling.encoding import Json, jcs
from sampling.errors import FormError

DRAWN, CALLED_UP, INSPECTED = "drawn", "called-up", "inspected"
CASE_OPENED, CASE_CLOSED, WITHDRAWN = "case-opened", "case-closed", "withdrawn"

KINDS = MappingProxyType(
    {
        DRAWN: "抽中",
        CALLED_UP: "递补",
        INSPECTED: "已检查",
        "result": "检查结果",
        "finding": "发现问题",
        "order": "责令改正",
        CASE_OPENED: "立案",
        CASE_CLOSED: "结案",
        "grade": "等级评定",
    }
)
# How a case ended (广东省劳动保障监察条例, arts. 44 and 46).
OUTCOMES = MappingProxyType(
    {
        "penalty": "行政处罚",
        "treatment": "行政处理",
        "corrected": "责令改正后结案",
        "withdrawn": "撤销立案",
        "transferred": "移送",
    }
)
LONGEST_REFERENCE, LONGEST_DETAILS = 100, 20_000
GRADE = re.compile(r"[ABC]")


@dataclass(frozen=True)
class NewFact:
    """A fact to be written: what happened to whom and on which day, and the paper that says so.

    `reference` is the number of the draw, task, order or case; a case is opened and closed under the
    same one. `details` are canonical JSON: `outcome` of a closed case, `grade` and `year` of a grade.
    """

    entity: str
    kind: str
    happened_on: date
    reference: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)


def faults(fact: NewFact, today: date) -> dict[str, list[str]]:
    """Return every fault of `fact`, in sentences under the field they belong to."""
    found: dict[str, list[str]] = {}
    if fact.kind not in KINDS:
        found["kind"] = [f"没有这种记录。可用的有：{'、'.join(KINDS)}。"]
    if fact.happened_on > today:
        found["happened_on"] = ["发生日期不能晚于今天。"]
    if len(fact.reference) > LONGEST_REFERENCE:
        found["reference"] = [f"文号不能超过 {LONGEST_REFERENCE} 字。"]
    elif fact.kind in {CASE_OPENED, CASE_CLOSED} and not fact.reference:
        found["reference"] = ["立案和结案须填写同一案号。"]
    if wrong := _details(fact):
        found["details"] = wrong
    return found


def canonical(details: Mapping[str, Json]) -> str:
    """Return details as the canonical text that is stored. Raises FormError."""
    return jcs(dict(details)).decode()


def _details(fact: NewFact) -> list[str]:
    try:
        if len(canonical(fact.details)) > LONGEST_DETAILS:
            return ["说明过长，请只留要点。"]
    except FormError:
        return ["说明只能由文字、整数、是否和它们的列表组成。"]
    said: Mapping[str, Any] = fact.details
    if fact.kind == CASE_CLOSED and said.get("outcome") not in OUTCOMES:
        return [f"结案须写明结果（outcome）：{'、'.join(OUTCOMES)}。"]
    if fact.kind == "grade" and not (
        GRADE.fullmatch(str(said.get("grade", ""))) and isinstance(said.get("year"), int)
    ):
        return ["等级评定须写明等级（grade：A、B、C）和年度（year）。"]
    return []
