"""Makers for tests of the reference data: a bureau with the log's keys, inspectors, items."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registries.inspectors import Certificate, Inspector
from registries.items import Item
from tests.log_keys import make_keys
from tests.makers import GUANGZHOU, SHENZHEN, make_bureau

TODAY = date(2026, 11, 21)


async def two_bureaus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter Guangzhou's and Shenzhen's bureaus in books whose log has its keys in `folder`."""
    make_keys(folder, monkeypatch)
    await make_bureau(GUANGZHOU)
    await make_bureau(SHENZHEN)


def make_certificate(**changes: Any) -> Certificate:
    """Make a certificate of the city that is valid for years."""
    details: dict[str, Any] = {
        "kind": "行政执法证",
        "number": "粤A-0001",
        "area": GUANGZHOU,
        "issued": date(2024, 1, 1),
        "expires": date(2028, 12, 31),
    }
    return Certificate(**details | changes)


def make_inspector(**changes: Any) -> Inspector:
    """Make a county inspector on duty who lives in 天河 and may lead."""
    details: dict[str, Any] = {
        "inspector": "TH-001",
        "name": "测试甲",
        "unit": "广州市天河区劳动保障监察大队",
        "department": "一中队",
        "level": "county",
        "state": "on-duty",
        "may_lead": True,
        "homes": ("440106",),
        "certificates": (make_certificate(),),
        "expertise": ("工资",),
    }
    return Inspector(**details | changes)


def make_item(**changes: Any) -> Item:
    """Make an item that can be taken."""
    details: dict[str, Any] = {
        "key": "01",
        "group": "工资支付",
        "name": "按月足额支付工资",
        "kinds": ("employer",),
        "duty": ("劳动法第50条",),
        "sanction": ("劳动法第91条",),
        "methods": ("on-site",),
        "category": "general",
        "ratio_percent": 8,
        "times_per_year": 1,
        "check_points": ("是否按月支付工资",),
    }
    return Item(**details | changes)
