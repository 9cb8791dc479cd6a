"""What the books keep of a supervised entity (监管对象): its fields, and the frozen rows that reads return.

The fields follow what labour-inspection systems in use hold (docs/reference-data.md); the protocol's patterns bind id,
district, kind, grade and name (docs/spec, §1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from registries.kinds import EMPLOYER
from sampling.encoding import jcs, parse_jcs

STATES = MappingProxyType({"active": "在册", "set-aside": "待核", "retired": "退出"})
# Why an entity waits to be checked; several are joined by +, ascending.
SET_ASIDE_REASONS = MappingProxyType(
    {"code-check": "代码校验不符", "district-unknown": "用工区划不明"}
)
SIZES = MappingProxyType({"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"})
GRADES = MappingProxyType({"A": "A 级", "B": "B 级", "C": "C 级", "-": "未评"})

# field → its Chinese name, in the order of forms and sheets.
CONTENT = MappingProxyType(
    {
        "name": "单位名称",
        "kind": "对象类别",
        "district": "用工区划",
        "registered_address": "住所",
        "work_address": "用工地址",
        "enterprise_type": "企业类型",
        "industry": "行业代码",
        "size": "规模",
        "headcount": "从业人数",
        "established": "成立日期",
        "registration": "登记状态",
        "legal_representative": "法定代表人",
        "contact": "劳资负责人",
        "contact_phone": "劳资负责人电话",
        "grade": "诚信等级",
        "tags": "标签",
        "permits": "许可",
        "project": "项目信息",
    }
)
NOT_TEXT = frozenset({"headcount", "established"})
# What a new entity has where nothing is said, as SQL.
DEFAULTS = MappingProxyType(
    dict.fromkeys(CONTENT, "''")
    | dict.fromkeys(NOT_TEXT, "NULL")
    | {"kind": "'employer'", "grade": "'-'", "permits": "'[]'"}
)


@dataclass(frozen=True)
class Permit:
    """A licence that an entity holds (许可证): its name, number, issuer and validity."""

    name: str
    number: str
    issuer: str = ""
    issued: date | None = None
    expires: date | None = None


@dataclass(frozen=True)
class Project:
    """What a construction site (工程建设项目) has beside an employer's fields.

    The site is `work_address`; a migrant worker's wages are owed by these parties (国令724, arts. 26–32).
    """

    client: str = ""
    general_contractor: str = ""
    subcontractors: tuple[str, ...] = ()
    wage_account: str = ""


@dataclass(frozen=True)
class Details:
    """What a clerk or a sheet says about an entity; `kind` and `tags` are codes joined by +."""

    name: str
    kind: str = EMPLOYER
    district: str = ""
    registered_address: str = ""
    work_address: str = ""
    enterprise_type: str = ""
    industry: str = ""
    size: str = ""
    headcount: int | None = None
    established: date | None = None
    registration: str = ""
    legal_representative: str = ""
    contact: str = ""
    contact_phone: str = ""
    grade: str = "-"
    tags: str = ""
    permits: tuple[Permit, ...] = ()
    project: Project | None = None


@dataclass(frozen=True)
class Entity:
    """One version of a supervised entity, as the books have it or had it.

    `kind` and `tags` are codes joined by +, ascending (protocol §1). `valid_from` is the day from
    which it holds, `recorded_at` the moment (UTC) at which it was written, `recorded_by` who wrote it.
    """

    bureau: str
    id: str
    state: str
    state_reason: str
    replaced_by: str
    name: str
    kind: str
    district: str
    registered_address: str
    work_address: str
    enterprise_type: str
    industry: str
    size: str
    headcount: int | None
    established: date | None
    registration: str
    legal_representative: str
    contact: str
    contact_phone: str
    grade: str
    tags: str
    permits: tuple[Permit, ...]
    project: Project | None
    version: int
    valid_from: date
    recorded_at: datetime
    recorded_by: str
    reason: str
    source: str

    @property
    def details(self) -> Details:
        """Return what the books say of it, without how that came about."""
        return Details(**{name: getattr(self, name) for name in CONTENT})


FIELDS = tuple(field.name for field in fields(Entity))


def entity_of(row: Mapping[str, Any]) -> Entity:
    """Return the entity of a database row of either engine."""
    values = {name: row[name] for name in FIELDS}
    values["permits"] = permits_of(row["permits"])
    values["project"] = project_of(row["project"])
    return Entity(**values)


def stored(details: Details) -> dict[str, Any]:
    """Return the columns of `details` as they are stored."""
    texts = {"permits": permits_text(details.permits), "project": project_text(details.project)}
    return {name: getattr(details, name) for name in CONTENT} | texts


def permits_text(permits: Iterable[Permit]) -> str:
    """Return permits as the canonical text that is stored."""
    return _text(
        [{k: _plain(v) for k, v in vars(p).items() if v not in ("", None)} for p in permits]
    )


def permits_of(text: str) -> tuple[Permit, ...]:
    """Return the permits of a stored text."""
    found: Any = parse_jcs(text.encode())
    return tuple(_permit(one) for one in found)


def _permit(stored: Mapping[str, str]) -> Permit:
    days = {k: date.fromisoformat(stored[k]) for k in ("issued", "expires") if k in stored}
    return Permit(stored["name"], stored["number"], stored.get("issuer", ""), **days)


def project_text(project: Project | None) -> str:
    """Return a project's own fields as the canonical text that is stored; "" for none."""
    if project is None:
        return ""
    return _text({**vars(project), "subcontractors": list(project.subcontractors)})


def project_of(text: str) -> Project | None:
    """Return the project of a stored text."""
    if not text:
        return None
    found: Any = parse_jcs(text.encode())
    return Project(**{**found, "subcontractors": tuple(found["subcontractors"])})


def join_codes(*codes: str) -> str:
    """Return all codes of the texts, each joined by +, as one such text: ascending, none twice."""
    return "+".join(sorted({code for text in codes for code in text.split("+") if code}))


def _text(value: object) -> str:
    return jcs(value).decode()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
