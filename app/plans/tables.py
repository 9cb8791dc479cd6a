"""The plan of a year as stored: one row per version, its content as canonical text; and the reads of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns import BigInt, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from app.plans.rules import PlanContent, State
from registries.errors import NotFound
from sampling.encoding import jcs, sha256_hex


class PlanTable(Table, tablename="plan"):
    """One version of a bureau's plan; what left the draft is fixed by trigger (migrations/app/plans.py)."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    year = Integer()
    version = Integer()
    amends = BigInt(null=True, default=None)
    reason = Varchar(length=500)
    content = Text()
    state = Varchar(length=20)
    drafted_by = Varchar(length=100)
    drafted_at = Timestamptz()
    approved_by = Varchar(length=100, default="")
    approved_at = Timestamptz(null=True, default=None)
    filed_with = Varchar(length=200, default="")
    filing_reference = Varchar(length=200, default="")
    filed_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)


@dataclass(frozen=True)
class Plan:
    """One version of the plan of a bureau's year; times are UTC, `amends` is the version it replaces."""

    id: int
    bureau: str
    year: int
    version: int
    amends: int | None
    reason: str
    content: PlanContent
    state: State
    drafted_by: str
    drafted_at: datetime
    approved_by: str
    approved_at: datetime | None
    filed_with: str
    filing_reference: str
    filed_at: datetime | None
    published_at: datetime | None


def content_text(content: PlanContent) -> str:
    """Return the canonical text of a plan's content, which is what is stored and logged."""
    return jcs(msgspec.to_builtins(content)).decode()


def content_digest(content: PlanContent) -> str:
    """Return the SHA-256 of that text."""
    return sha256_hex(content_text(content).encode())


async def plan(bureau: str, year: int, version: int | None = None) -> Plan:
    """Return a version of the plan, the newest one unless `version` is given. Raises NotFound."""
    rows = PlanTable.select().where(PlanTable.bureau == bureau, PlanTable.year == year)
    if version is not None:
        rows = rows.where(PlanTable.version == version)
    found = await rows.order_by(PlanTable.version, ascending=False).first()
    if found is None:
        which = f"第 {version} 版" if version else ""
        raise NotFound(f"没有 {year} 年度的{which}抽查计划。请先运行 yaohao plan create。")
    return _plan(found)


async def binding_plan(bureau: str, year: int) -> Plan:
    """Return the newest published version, by which draws are bound. Raises NotFound."""
    found = await (
        PlanTable.select()
        .where(
            PlanTable.bureau == bureau,
            PlanTable.year == year,
            PlanTable.state == "published",
        )
        .order_by(PlanTable.version, ascending=False)
        .first()
    )
    if found is None:
        raise NotFound(f"{year} 年度的抽查计划尚未公布，请先完成审批、报备和公布，再准备抽查。")
    return _plan(found)


async def plan_by_id(number: int) -> Plan:
    """Return the plan version of a row id, as draws keep it."""
    found = await PlanTable.select().where(PlanTable.id == number).first()
    if found is None:
        raise NotFound("没有这个版本的抽查计划。")
    return _plan(found)


async def plans(bureau: str, year: int | None = None) -> list[Plan]:
    """Return every version of a bureau's plans, by year and version."""
    rows = PlanTable.select().where(PlanTable.bureau == bureau)
    if year is not None:
        rows = rows.where(PlanTable.year == year)
    found = await rows.order_by(PlanTable.year, PlanTable.version)
    return [_plan(row) for row in found]


def _plan(row: Mapping[str, Any]) -> Plan:
    content = msgspec.json.decode(row["content"], type=PlanContent)
    return Plan(**{**row, "content": content})
