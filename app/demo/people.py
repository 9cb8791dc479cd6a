"""The demo bureau's inspectors and recusals, as the sheets that it imports."""

from __future__ import annotations

from app.demo import names
from app.demo.chooser import Chooser
from app.demo.city import person

INSPECTORS = 120

INSPECTOR_HEADER = (
    "姓名",
    "执法证号",
    "执法区域",
    "有效期至",
    "单位",
    "部门",
    "层级",
    "回避地区",
    "可任组长",
    "专长",
    "状态",
)
RECUSAL_HEADER = ("执法证号", "统一社会信用代码", "回避事由", "开始日期", "申报人")


def inspectors(count: int = INSPECTORS) -> list[tuple[str, ...]]:
    """Return `count` rows under INSPECTOR_HEADER; some may not be sent, each for another reason."""
    choose = Chooser("yaohao demo inspectors")
    return [_inspector(choose, index) for index in range(count)]


def _inspector(choose: Chooser, index: int) -> tuple[str, ...]:
    serves = None if index % 5 == 0 else choose.one_of("serves", index, names.DISTRICTS)
    lives = choose.one_of("lives", index, names.DISTRICTS)
    homes = sorted({lives[0]} | ({serves[0]} if serves else set()))
    auxiliary = index % 40 == 39
    expires = "2026-04-30" if index % 37 == 36 else f"20{28 + index % 3}-06-30"
    return (
        person(choose, "inspector", index),
        certificate(index),
        serves[1] if serves and index % 11 == 10 else "岭海市",
        expires,
        f"{serves[1]}劳动保障监察大队" if serves else "岭海市劳动保障监察支队",
        choose.one_of("unit", index, ("一科", "二科", "三科", "综合科")),
        "县级" if serves else "市级",
        "、".join(homes),
        "是" if index % 3 == 0 and not auxiliary else "否",
        choose.one_of(
            "skill", index, ("工资支付", "劳动合同", "人力资源市场", "工程建设", "社会保险")
        ),
        "辅助" if auxiliary else "停岗" if index % 41 == 7 else "在岗",
    )


def certificate(index: int) -> str:
    """Return the certificate number of the demo's inspector `index`, counted from 0."""
    return f"LH{2021 + index % 4}{index + 1:05d}"


def recusals(codes: list[str], count: int = 60) -> list[tuple[str, ...]]:
    """Return `count` rows under RECUSAL_HEADER: relatives, former posts, declared by the inspector."""
    choose = Chooser("yaohao demo recusals")
    rows = {}
    for index in range(count):
        holder = certificate(choose.number("inspector", index, INSPECTORS))
        code = choose.one_of("entity", index, codes)
        reason = choose.one_of("reason", index, ("近亲属任职", "曾任职", "其他利害关系"))
        rows[(holder, code)] = (holder, code, reason, "2026-01-05", "本人申报")
    return list(rows.values())
