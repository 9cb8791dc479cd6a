"""Inspectors (执法人员): what the books hold of one, what is wrong with an entry, and why one may not be sent.

Only people with a valid enforcement certificate inspect; auxiliary staff never do (国办发〔2024〕54号). Numbers of
identity cards are not stored: nothing here needs them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Any

from sampling.encoding import Json

LEVELS = MappingProxyType({"city": "市级", "county": "县级"})
ON_DUTY, AUXILIARY = "on-duty", "auxiliary"
STATES = MappingProxyType(
    {
        ON_DUTY: "在岗",
        "suspended": "停岗",
        "transferred": "调离",
        "retired": "退休",
        AUXILIARY: "辅助",
    }
)
# Why somebody is left out of a draw: the codes of left_out.csv (protocol §2) and their meaning.
LEFT_OUT = MappingProxyType(
    {
        "suspended": "停岗",
        "transferred": "已调离",
        "retired": "已退休",
        "auxiliary": "执法辅助人员，不得派出",
        "no-certificate": "没有执法证件",
        "certificate-expired": "执法证件不在有效期内",
        "certificate-elsewhere": "执法证件不适用于本地区",
        "unavailable": "抽查期间不能出勤",
    }
)
_KEY = re.compile(r"[0-9A-Za-z-]{1,40}")
_DISTRICT = re.compile(r"[0-9]{6,12}")


@dataclass(frozen=True)
class Certificate:
    """An enforcement certificate (执法证件): its kind, number, the area it holds for (district or city code, empty:
    everywhere), and from when to when it is valid, both days included.
    """

    kind: str
    number: str
    area: str
    issued: date
    expires: date

    def valid_between(self, first: date, last: date) -> bool:
        """Say whether the certificate is valid on every day from `first` to `last`."""
        return self.issued <= first and last <= self.expires

    def concerns(self, city: str) -> bool:
        """Say whether the area covers a city or lies in it.

        A certificate of one district is enough: the draw itself sends its holder to another (地域回避).
        """
        area, stem = _stem(self.area), _stem(city)
        return stem.startswith(area) or area.startswith(stem)


@dataclass(frozen=True)
class Inspector:
    """What the books say of one inspector from a day on.

    `inspector` is the bureau's own staff number, never an identity number. `homes`: every district to be avoided,
    because the person lives or serves there (地域回避), by code, ascending; city-level staff may have none.
    """

    inspector: str
    name: str
    unit: str
    department: str
    level: str
    state: str
    may_lead: bool
    homes: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    expertise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Absence:
    """Days, both included, on which an inspector cannot be sent, and why."""

    number: int
    inspector: str
    first: date
    last: date
    reason: str

    def meets(self, first: date, last: date) -> bool:
        """Say whether any day from `first` to `last` falls into the absence."""
        return self.first <= last and first <= self.last


def why_left_out(
    inspector: Inspector,
    absences: tuple[Absence, ...] | list[Absence],
    first: date,
    last: date,
    city: str,
) -> str | None:
    """Return the code in LEFT_OUT for which an inspector may not be sent between two days, or None.

    A certificate must concern the `city` and be valid on every one of the days: one that expires in the middle
    of the visits would make the later ones void.
    """
    if inspector.state != ON_DUTY:
        return inspector.state
    if not inspector.certificates:
        return "no-certificate"
    valid = [held for held in inspector.certificates if held.valid_between(first, last)]
    if not valid:
        return "certificate-expired"
    if not any(held.concerns(city) for held in valid):
        return "certificate-elsewhere"
    if any(
        absence.inspector == inspector.inspector and absence.meets(first, last)
        for absence in absences
    ):
        return "unavailable"
    return None


def _stem(code: str) -> str:
    """Return a division's code without the pairs of zeros that stand for its parts: 440100 → 4401."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def faults_of_inspector(inspector: Inspector, known_homes: set[str]) -> dict[str, list[str]]:
    """Return in Chinese what speaks against an entry, by field, all at once; empty when it can be taken.

    `known_homes` are the district codes valid on the day of the entry.
    """
    faults: dict[str, list[str]] = {}
    if not _KEY.fullmatch(inspector.inspector):
        faults["inspector"] = ["工号应为 1 至 40 位字母、数字或连字符。"]
    elif re.fullmatch(r"[0-9]{17}[0-9Xx]", inspector.inspector):
        faults["inspector"] = ["请填写单位工号，不要填写公民身份号码。"]
    for field, text, limit in (
        ("name", inspector.name, 50),
        ("unit", inspector.unit, 200),
    ):
        if not 1 <= len(text.strip()) <= limit:
            faults[field] = [f"请填写（1 至 {limit} 字）。"]
    if inspector.level not in LEVELS:
        faults["level"] = [f"层级应为{'或'.join(LEVELS.values())}。"]
    if inspector.state not in STATES:
        faults["state"] = [f"状态应为：{'、'.join(STATES.values())}。"]
    if inspector.state == AUXILIARY and inspector.may_lead:
        faults["may_lead"] = ["执法辅助人员不能担任检查组负责人。"]
    faults |= _faults_of_homes(inspector, known_homes) | _faults_of_certificates(inspector)
    return faults


def _faults_of_homes(inspector: Inspector, known: set[str]) -> dict[str, list[str]]:
    faults = [f"{code} 不是现行区划代码，请核对。" for code in inspector.homes if code not in known]
    if list(inspector.homes) != sorted(set(inspector.homes)):
        faults.append("回避区划应按代码排序且不重复。")
    if inspector.level == "county" and not inspector.homes and inspector.state == ON_DUTY:
        faults.append("县级人员须填写所在区划（居住或任职），否则无法地域回避。")
    return {"homes": faults} if faults else {}


def _faults_of_certificates(inspector: Inspector) -> dict[str, list[str]]:
    faults = []
    for held in inspector.certificates:
        if not (held.kind.strip() and held.number.strip()):
            faults.append("每个执法证件都须填写种类和编号。")
        if held.expires < held.issued:
            faults.append(f"证件 {held.number} 的有效期止早于发证日期。")
        if held.area and not _DISTRICT.fullmatch(held.area):
            faults.append(f"证件 {held.number} 的适用地区应为区划代码，例如 440100。")
    numbers = [(held.kind, held.number) for held in inspector.certificates]
    if len(set(numbers)) != len(numbers):
        faults.append("同一证件填写了两次。")
    return {"certificates": faults} if faults else {}


def as_json(inspector: Inspector) -> dict[str, Json]:
    """Return an inspector as plain JSON data, as the books store it and `--json` prints it."""
    plain: dict[str, Json] = {}
    for name, value in asdict(inspector).items():
        plain[name] = list(value) if isinstance(value, tuple) else value
    certificates: list[Json] = []
    for held in inspector.certificates:
        words: dict[str, Json] = {"kind": held.kind, "number": held.number, "area": held.area}
        days: dict[str, Json] = {
            "issued": held.issued.isoformat(),
            "expires": held.expires.isoformat(),
        }
        certificates.append(words | days)
    plain["certificates"] = certificates
    return plain


def from_json(value: Mapping[str, Any]) -> Inspector:
    """Return the inspector of such data. Raises KeyError or TypeError when a field is missing or unknown."""
    certificates = tuple(
        Certificate(
            c["kind"],
            c["number"],
            c["area"],
            date.fromisoformat(c["issued"]),
            date.fromisoformat(c["expires"]),
        )
        for c in value["certificates"]
    )
    lists = {name: tuple(value[name]) for name in ("homes", "expertise")}
    return Inspector(**dict(value) | lists | {"certificates": certificates})


def differing(old: Inspector, new: Inspector) -> list[str]:
    """Return the names of the fields in which two entries differ."""
    return [f.name for f in fields(Inspector) if getattr(old, f.name) != getattr(new, f.name)]
