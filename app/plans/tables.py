"""The plan of a year as stored: one row per version, its content as canonical text."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


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
