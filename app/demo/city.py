"""The register of supervised entities that the demo bureau imports, row by row.

It is made as a spreadsheet because that is what a bureau has on its first day; `app.demo.opening`
imports it through the function that `yaohao import entities` calls.
"""

from __future__ import annotations

from typing import Final

from app.demo import names
from app.demo.chooser import Chooser
from app.demo.names import Kind, Place
from registries.identifiers import CREDIT_ALPHABET, credit_code_check, organisation_code_check

ENTITIES: Final = 24_000
# Rows faulty on purpose, because every real register has such rows and a newcomer should see where
# they go: of each thousand one lacks its district, of each eight thousand one has a mistyped code.
NO_DISTRICT: Final = (1000, 17)
MISTYPED: Final = (8000, 503)
HEADINGS: Final = (
    "单位名称",
    "统一社会信用代码",
    "登记编号",
    "对象类别",
    "行业",
    "规模",
    "从业人数",
    "成立日期",
    "登记状态",
    "诚信等级",
    "用工所在区县",
    "住所",
    "用工地址",
    "法定代表人",
    "许可证名称",
    "许可证编号",
    "发证机关",
    "发证日期",
    "许可证有效期至",
    "建设单位",
    "施工总承包单位",
)

Row = tuple[str, ...]

_KINDS: Final = [(kind, kind.weight) for kind in names.KINDS]
_PLACES: Final = [(place, place.weight) for place in names.DISTRICTS]
_BUSINESSES: Final = [((word, section), weight) for word, section, weight in names.BUSINESSES]


def entities(count: int = ENTITIES) -> list[Row]:
    """Return `count` rows under HEADINGS, each name and each code once, a handful faulty on purpose.

    The first rows are one of each kind, so that a small city has all ten as well.
    """
    choose = Chooser("yaohao demo entities")
    taken: set[str] = set()
    return [_entity(choose, index, taken) for index in range(count)]


def ids_of(rows: list[Row]) -> list[str]:
    """Return the ids of the rows that the import takes into the frame: right code, known district."""
    return [
        row[1] or f"X{row[2]}"
        for index, row in enumerate(rows)
        if not (_is_one_of(NO_DISTRICT, index) or _is_one_of(MISTYPED, index))
    ]


def _entity(choose: Chooser, index: int, taken: set[str]) -> Row:
    kind = (
        names.KINDS[index] if index < len(names.KINDS) else choose.weighted("kind", index, _KINDS)
    )
    place = choose.weighted("district", index, _PLACES)
    name, section = _new_name(choose, index, kind, taken)
    code = credit_code(kind.prefix, place.code, index) if kind.prefix else ""
    if code and _is_one_of(MISTYPED, index):
        code = code[:-1] + ("1" if code.endswith("0") else "0")
    people = _headcount(choose, index)
    return (
        name,
        code,
        "" if code else f"YLGC{index:06d}",
        kind.words,
        section,
        "微型" if people < 20 else "小型" if people < 300 else "中型" if people < 1000 else "大型",
        str(people),
        _day(choose, "founded", index, *((2024, 2) if kind is names.PROJECT else (2001, 24))),
        choose.weighted("status", index, [("在业", 985), ("停业", 15)]),
        choose.weighted("grade", index, [("A", 940), ("B", 14), ("C", 3), ("", 43)]),
        "" if _is_one_of(NO_DISTRICT, index) else place.name,
        *_addresses(choose, index, place),
        person(choose, "legal", index),
        *_permit(choose, index, kind),
        *_contractors(choose, index, kind),
    )


def _is_one_of(every: tuple[int, int], index: int) -> bool:
    return index % every[0] == every[1]


def _new_name(choose: Chooser, index: int, kind: Kind, taken: set[str]) -> tuple[str, str]:
    """Return a name that nobody has yet, and the industry section; a clash is named anew."""
    attempt = 0
    while True:
        stem = _stem(choose, f"stem {attempt}", index)
        name, section = _name(choose, index, kind, stem)
        if name not in taken:
            taken.add(name)
            return name, section
        attempt += 1


def _stem(choose: Chooser, label: str, index: int) -> str:
    stem = choose.one_of(f"{label} first", index, names.FIRST)
    stem += choose.one_of(f"{label} second", index, names.SECOND)
    if choose.number(f"{label} long", index, 3):
        stem += choose.one_of(f"{label} third", index, names.SECOND)
    return stem


def _name(choose: Chooser, index: int, kind: Kind, stem: str) -> tuple[str, str]:
    if kind is names.PROJECT:
        site = choose.one_of("site", index, names.SITES)
        return f"{stem}{site}{choose.one_of('phase', index, names.PHASES)}工程", "E"
    if kind.bodies:
        return f"{names.CITY.name}{stem}{choose.one_of('body', index, kind.bodies)}", "L"
    word, section = choose.weighted("business", index, _BUSINESSES)
    form = choose.weighted("form", index, [("有限公司", 90), ("有限责任公司", 6), ("经营部", 4)])
    return f"{names.CITY.name}{stem}{word}{form}", section


def credit_code(prefix: str, district: str, index: int) -> str:
    """Return a valid unified social credit code (GB 32100-2015) in a district that does not exist."""
    body, number = "", index + 1_000_003
    for _ in range(8):
        number, digit = divmod(number, len(CREDIT_ALPHABET))
        body = CREDIT_ALPHABET[digit] + body
    unchecked = prefix + district + body + organisation_code_check(body)
    return unchecked + credit_code_check(unchecked)


def person(choose: Chooser, label: str, index: int) -> str:
    """Return an invented person's name of two or three characters."""
    given = choose.one_of(f"{label} given", index, names.GIVEN)
    if choose.number(f"{label} long", index, 3):
        given += choose.one_of(f"{label} second", index, names.GIVEN)
    return choose.one_of(f"{label} surname", index, names.SURNAMES) + given


def _headcount(choose: Chooser, index: int) -> int:
    least, most = choose.weighted("size", index, [((1, 19), 78), ((20, 299), 19), ((300, 1900), 3)])
    return least + choose.number("headcount", index, most - least + 1)


def _day(choose: Chooser, label: str, index: int, since: int, years: int) -> str:
    year = since + choose.number(f"{label} year", index, years)
    month = 1 + choose.number(f"{label} month", index, 12)
    return f"{year}-{month:02d}-{1 + choose.number(f'{label} day', index, 28):02d}"


def _addresses(choose: Chooser, index: int, place: Place) -> tuple[str, str]:
    registered = _address(choose, "registered", index, place.name)
    if choose.number("elsewhere", index, 4):
        return registered, registered
    return registered, _address(choose, "work", index, place.name)


def _address(choose: Chooser, label: str, index: int, district: str) -> str:
    street = choose.one_of(f"{label} street", index, names.STREETS)
    road = choose.one_of(f"{label} road", index, names.ROADS)
    number = 1 + choose.number(f"{label} number", index, 480)
    return f"{names.CITY.name}{district}{street}{road}{number}号"


def _permit(choose: Chooser, index: int, kind: Kind) -> Row:
    if kind is not names.AGENCY:
        return ("",) * 5
    issued = _day(choose, "permit", index, 2022, 4)
    return (
        "人力资源服务许可证",
        f"（云）人服证字〔{issued[:4]}〕第{index:05d}号",
        names.BUREAU_NAME,
        issued,
        f"{int(issued[:4]) + 5}{issued[4:]}",
    )


def _contractors(choose: Chooser, index: int, kind: Kind) -> tuple[str, str]:
    if kind is not names.PROJECT:
        return "", ""
    client, contractor = _stem(choose, "client", index), _stem(choose, "contractor", index)
    return (
        f"{names.CITY.name}{client}房地产开发有限公司",
        f"{names.CITY.name}{contractor}建筑工程有限公司",
    )
