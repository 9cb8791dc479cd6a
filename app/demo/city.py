"""The sheets that the demo bureau imports: entities, inspectors, recusals, half a year of facts.

They are made as spreadsheets because that is what a bureau has on its first day;
`app.demo.story` imports them through the same commands that a clerk uses.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from registries.identifiers import credit_code_check_character, organisation_code_check_character

from app.demo import names
from app.demo.chooser import Chooser

ENTITIES = 24_000
INSPECTORS = 120
MISTYPED = frozenset({5_003, 11_017, 19_301})
BODY = "0123456789ABCDEFGHJKLMNPQRTUWXY"

ENTITY_HEADER = (
    "单位名称",
    "统一社会信用代码",
    "登记编号",
    "监管对象类别",
    "注册地址",
    "用工所在地",
    "所属区",
    "行业门类",
    "规模",
    "从业人数",
    "法定代表人",
    "诚信等级",
    "登记状态",
)


def entities(count: int = ENTITIES) -> list[tuple[str, ...]]:
    """Return `count` rows under ENTITY_HEADER, each name and code once, a handful faulty on purpose.

    Row 17 of each thousand lacks its district, and three codes have a wrong check character,
    because every real registry has such rows and a newcomer should see where they go.
    """
    choose = Chooser("yaohao demo entities")
    rows: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for index in range(count):
        kind, body, prefix, _ = choose.weighted("kind", index, [(k, k[3]) for k in names.KINDS])
        district = choose.weighted("district", index, [(d, d[2]) for d in names.DISTRICTS])
        name, section = _entity_name(choose, index, body, district[1])
        while name in taken:
            name = name.replace("有限公司", "") + f"第{len(taken) % 89 + 2}分公司"
        taken.add(name)
        code = credit_code(prefix, district[0], index) if prefix else ""
        if code and index in MISTYPED:
            code = code[:-1] + ("1" if code.endswith("0") else "0")
        rows.append(_entity_row(choose, index, name, code, kind, district, section))
    return rows


def _entity_row(
    choose: Chooser,
    index: int,
    name: str,
    code: str,
    kind: str,
    district: tuple[str, str, int],
    section: str,
) -> tuple[str, ...]:
    registered = _address(choose, "registered", index, district[1])
    moved = choose.number("moved", index, 4) == 0
    work = _address(choose, "work", index, district[1]) if moved else registered
    headcount = choose.weighted("size", index, [((1, 19), 78), ((20, 299), 19), ((300, 1900), 3)])
    people = headcount[0] + choose.number("headcount", index, headcount[1] - headcount[0])
    size = (
        "微型" if people < 20 else "小型" if people < 300 else "中型" if people < 1000 else "大型"
    )
    grade = choose.weighted("grade", index, [("A", 940), ("B", 14), ("C", 3), ("", 43)])
    status = choose.weighted("status", index, [("在业", 985), ("停业", 9), ("注销", 6)])
    return (
        name,
        code,
        "" if code else f"GD{index:06d}",
        kind,
        registered,
        work,
        "" if index % 1000 == 17 else district[1],
        section,
        size,
        str(people),
        person(choose, "legal", index),
        grade,
        status,
    )


def _entity_name(choose: Chooser, index: int, body: str, district: str) -> tuple[str, str]:
    stem = choose.one_of("first", index, names.FIRST) + choose.one_of("second", index, names.SECOND)
    if choose.number("third", index, 3):
        stem += choose.one_of("third letter", index, names.SECOND)
    if body.endswith("工地"):
        site = choose.one_of("site", index, names.SITES)
        return f"{district}{stem}{site}（{index:05d}号）{body}", "E"
    if body:
        return f"岭海市{stem}{body}", "L"
    words = [((word, section), weight) for word, section, weight in names.BUSINESSES]
    word, section = choose.weighted("business", index, words)
    form = choose.weighted("form", index, [("有限公司", 90), ("有限责任公司", 6), ("经营部", 4)])
    return f"岭海市{stem}{word}{form}", section


def credit_code(prefix: str, district: str, index: int) -> str:
    """Return a valid unified social credit code (GB 32100-2015) that belongs to nobody."""
    body, number = "", index + 1_000_003
    for _ in range(8):
        number, digit = divmod(number, len(BODY))
        body = BODY[digit] + body
    body += organisation_code_check_character(body)
    unchecked = prefix + district + body
    return unchecked + credit_code_check_character(unchecked)


def person(choose: Chooser, label: str, index: int) -> str:
    """Return an invented person's name of two or three characters."""
    given = choose.one_of(f"{label} given", index, names.GIVEN)
    if choose.number(f"{label} long", index, 3):
        given += choose.one_of(f"{label} second", index, names.GIVEN)
    return choose.one_of(f"{label} surname", index, names.SURNAMES) + given


def _address(choose: Chooser, label: str, index: int, district: str) -> str:
    street = choose.one_of(f"{label} street", index, names.STREETS)
    road = choose.one_of(f"{label} road", index, names.ROADS)
    return f"岭海市{district}{street}{road}{1 + choose.number(f'{label} number', index, 480)}号"


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file as spreadsheets save it: UTF-8 with a byte order mark, CRLF line ends."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
