"""The demo bureau's inspectors and recusals, as the sheets that it imports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.demo import names
from app.demo.chooser import Chooser
from app.demo.city import Row, person
from app.demo.names import Place

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


def inspectors(
    count: int = INSPECTORS, places: Sequence[Place] = names.DISTRICTS, city: Place = names.CITY
) -> list[Row]:
    """Return `count` rows under INSPECTOR_HEADINGS; some may not be sent, each for another reason.

    `places` are the districts of `city`; other cities than the demo's have made-up inspectors too, for
    journeys and benchmarks on their entities.
    """
    choose = Chooser("yaohao demo inspectors")
    return [_inspector(choose, index, places, city) for index in range(count)]


def _inspector(choose: Chooser, index: int, places: Sequence[Place], city: Place) -> Row:
    serves = None if index % 5 == 0 else choose.one_of("serves", index, places)
    lives = choose.one_of("lives", index, places)
    homes = sorted({lives.name} | ({serves.name} if serves else set()))
    auxiliary = index % 40 == 39
    return (
        staff_number(index),
        person(choose, "inspector", index),
        f"{serves.name}劳动保障监察大队" if serves else f"{city.name}劳动保障监察支队",
        choose.one_of("unit", index, ("一科", "二科", "三科", "综合科")),
        "县级" if serves else "市级",
        "辅助" if auxiliary else "停岗" if index % 41 == 7 else "在岗",
        "是" if index % 2 == 0 and not auxiliary else "否",
        "、".join(homes),
        choose.one_of(
            "skill", index, ("工资支付", "劳动合同", "人力资源市场", "工程建设", "社会保险")
        ),
        *(("",) * 5 if auxiliary else _certificate(index, city, serves or city)),
    )


def _certificate(index: int, city: Place, serves: Place) -> Row:
    """Return kind, number, area and days of a certificate; every 37th ended in the spring of 2026."""
    expires = "2026-04-30" if index % 37 == 36 else f"20{28 + index % 3}-06-30"
    area = (serves if index % 11 == 10 else city).code
    issued = f"{int(expires[:4]) - 5}-07-01"
    return "行政执法证", f"ZF{2021 + index % 4}{index + 1:05d}", area, issued, expires


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
