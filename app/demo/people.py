"""The demo bureau's inspectors and recusals, as the sheets that it imports."""

from __future__ import annotations

from typing import Final

from app.demo import names
from app.demo.chooser import Chooser
from app.demo.city import Row, person

INSPECTORS: Final = 120
RECUSALS: Final = 60
INSPECTOR_HEADINGS: Final = (
    "工号",
    "姓名",
    "工作单位",
    "部门",
    "层级",
    "状态",
    "可任组长",
    "回避区划",
    "专业",
    "证件种类",
    "证件编号",
    "适用地区",
    "发证日期",
    "有效期至",
)
RECUSAL_HEADINGS: Final = (
    "工号",
    "统一社会信用代码",
    "回避事由",
    "提出人",
    "开始日期",
    "结束日期",
    "说明",
)


def inspectors(count: int = INSPECTORS) -> list[Row]:
    """Return `count` rows under INSPECTOR_HEADINGS; some may not be sent, each for another reason."""
    choose = Chooser("yaohao demo inspectors")
    return [_inspector(choose, index) for index in range(count)]


def _inspector(choose: Chooser, index: int) -> Row:
    serves = None if index % 5 == 0 else choose.one_of("serves", index, names.DISTRICTS)
    lives = choose.one_of("lives", index, names.DISTRICTS)
    homes = sorted({lives.name} | ({serves.name} if serves else set()))
    auxiliary = index % 40 == 39
    return (
        staff_number(index),
        person(choose, "inspector", index),
        f"{serves.name}劳动保障监察大队" if serves else f"{names.CITY_NAME}劳动保障监察支队",
        choose.one_of("unit", index, ("一科", "二科", "三科", "综合科")),
        "县级" if serves else "市级",
        "辅助" if auxiliary else "停岗" if index % 41 == 7 else "在岗",
        "是" if index % 2 == 0 and not auxiliary else "否",
        "、".join(homes),
        choose.one_of(
            "skill", index, ("工资支付", "劳动合同", "人力资源市场", "工程建设", "社会保险")
        ),
        *(("",) * 5 if auxiliary else _certificate(index, serves.code if serves else names.CITY)),
    )


def _certificate(index: int, district: str) -> Row:
    """Return kind, number, area and days of a certificate; every 37th ended in the spring of 2026."""
    expires = "2026-04-30" if index % 37 == 36 else f"20{28 + index % 3}-06-30"
    area = district if index % 11 == 10 else names.CITY
    issued = f"{int(expires[:4]) - 5}-07-01"
    return "行政执法证", f"YL{2021 + index % 4}{index + 1:05d}", area, issued, expires


def staff_number(index: int) -> str:
    """Return the staff number of the demo's inspector `index`, counted from 0."""
    return f"Y{index + 1:04d}"


def recusals(ids: list[str], staff: int = INSPECTORS, count: int = RECUSALS) -> list[Row]:
    """Return at most `count` rows under RECUSAL_HEADINGS between `staff` inspectors and `ids`, no pair twice."""
    choose = Chooser("yaohao demo recusals")
    rows: dict[tuple[str, str], Row] = {}
    for index in range(count):
        holder = staff_number(choose.number("inspector", index, staff))
        entity = choose.one_of("entity", index, ids)
        reason = choose.one_of("reason", index, ("近亲属", "曾任职", "其他"))
        rows[holder, entity] = (holder, entity, reason, "本人申报", "2026-01-05", "", "")
    return list(rows.values())
