"""The sheets of the reference data: inspectors, recusals, the item list, and the table of a calendar notice.

A file with any fault is refused whole, with every fault named by row and column.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from registries import calendar, inspectors, items, kinds, recusals
from registries import sheet_cells as cells
from registries.calendar import Arrangement
from registries.inspectors import Certificate, Inspector
from registries.items import Item
from registries.sheet_faults import REFUSED, CellRefused, Fault
from registries.sheet_forms import Column, SheetForm
from registries.sheet_reading import read_file
from registries.sheet_refusals import RULES, RowPlace, SheetRefused, places_of

MISSING = CellRefused("missing", "这一格必须填写。")


def both_ways(words: Mapping[str, str]) -> dict[str, str]:
    """Return what may be written for each code: its Chinese name and the code itself."""
    return {name: code for code, name in words.items()} | {code: code for code in words}


_LEVELS = both_ways(inspectors.LEVELS) | {"市": "city", "县": "county", "区级": "county"}
_STATES = both_ways(inspectors.STATES)

CALENDAR_FORM = SheetForm(
    "节假日安排",
    (
        Column("first", "开始日期", cells.day, ("日期", "起始日期", "放假日期"), if_empty=MISSING),
        Column("last", "结束日期", cells.day, ("截止日期", "终止日期")),
        Column(
            "kind",
            "类型",
            cells.choice(
                both_ways(calendar.KINDS) | {"休": "holiday", "休息": "holiday", "班": "workday"}
                | {"调休上班": "workday", "补班": "workday"},
                named="类型",
            ),
            ("安排", "放假或上班"),
            if_empty=MISSING,
        ),
        Column("name", "节日", cells.text(100), ("名称", "说明", "备注")),
    ),
    needs=(("first",), ("kind",)),
)  # fmt: skip

RECUSAL_FORM = SheetForm(
    "回避登记",
    (
        Column("inspector", "工号", cells.code, ("执法人员工号", "编号"), if_empty=MISSING),
        Column("entity", "统一社会信用代码", cells.entity_code, ("信用代码", "单位代码"), if_empty=MISSING),
        Column(
            "reason_code",
            "回避事由",
            cells.choice(
                both_ways(recusals.REASONS)
                | {"近亲属": "relative-interest", "利害关系": "own-interest"}
                | {"曾任职": "former-employment", "其他": "other-relation"},
                named="回避事由",
            ),
            ("事由", "原因"),
            if_empty=MISSING,
        ),
        Column("declared_by", "提出人", cells.text(100), ("申报人",), if_empty=MISSING, personal=True),
        Column("first", "开始日期", cells.day, ("起",), if_empty=MISSING),
        Column("last", "结束日期", cells.day, ("止",)),
        Column("note", "说明", cells.text(500), ("备注",), personal=True),
    ),
    needs=(("inspector",), ("entity",), ("reason_code",), ("declared_by",), ("first",)),
)  # fmt: skip

ITEM_FORM = SheetForm(
    "随机抽查事项清单",
    (
        Column("key", "编号", cells.code, ("序号", "事项编号"), if_empty=MISSING),
        Column("group", "抽查类别", cells.text(100), ("类别",)),
        Column("name", "事项名称", cells.text(200), ("抽查事项", "检查事项"), if_empty=MISSING),
        Column(
            "kinds",
            "检查对象",
            cells.several(cells.choice(both_ways(kinds.KINDS) | dict(kinds.SYNONYMS), named="检查对象")),
            ("抽查对象",),
            if_empty=MISSING,
        ),
        Column("narrowed_to", "对象说明", cells.text(200), ("适用范围",)),
        Column("duty", "检查依据", cells.text(1000, keep_lines=True), ("抽查依据", "依据"), if_empty=MISSING),
        Column("sanction", "处理依据", cells.text(1000, keep_lines=True), ("处罚依据", "法律责任")),
        Column(
            "methods",
            "检查方式",
            cells.several(
                cells.choice(
                    both_ways(items.METHODS)
                    | {"现场": "on-site", "书面": "written", "网上": "online", "网络检查": "online"},
                    named="检查方式",
                )
            ),
            ("抽查方式",),
            if_empty=MISSING,
        ),
        Column(
            "category",
            "事项类别",
            cells.choice(both_ways(items.CATEGORIES) | {"一般": "general", "重点": "key"}, named="事项类别"),
            ("重要程度",),
        ),
        Column("ratio_percent", "抽查比例", cells.whole(0, 100), ("比例", "抽查比例（%）")),
        Column("times_per_year", "频次上限", cells.whole(1, 366), ("频次", "年度检查频次上限")),
        Column(
            "check_points",
            "检查要点",
            cells.text(2000, keep_lines=True),
            ("抽查内容", "检查内容"),
            if_empty=MISSING,
        ),
    ),
    needs=(("key",), ("name",), ("kinds",), ("duty",), ("methods",), ("check_points",)),
    key=("key",),
    naming="name",
)  # fmt: skip


def inspector_form(districts: Mapping[str, str]) -> SheetForm:
    """Return the form of a sheet of inspectors; `districts` maps names and codes to the codes in force.

    Somebody with two certificates has two rows that differ only in them.
    """
    district = cells.choice(districts, named="区划")
    return SheetForm(
        "执法人员名录",
        (
            Column("inspector", "工号", cells.code, ("单位工号", "人员编号"), if_empty=MISSING),
            Column("name", "姓名", cells.name, if_empty=MISSING, personal=True),
            Column("unit", "工作单位", cells.text(200), ("单位", "所在单位"), if_empty=MISSING),
            Column("department", "部门", cells.text(100), ("业务部门", "科室", "中队")),
            Column("level", "层级", cells.choice(_LEVELS, named="层级"), ("级别",), if_empty=MISSING),
            Column("state", "状态", cells.choice(_STATES, named="状态"), ("人员状态", "在岗状态")),
            Column("may_lead", "可任组长", cells.yes_or_no, ("可担任负责人", "是否可任组长")),
            Column("homes", "回避区划", cells.several(district), ("回避区域", "居住及任职区划"), personal=True),
            Column("expertise", "专业", cells.several(cells.text(50)), ("专长",)),
            Column("kind", "证件种类", cells.text(50), ("执法证种类",)),
            Column("number", "证件编号", cells.code, ("执法证号", "执法证编号"), personal=True),
            Column("area", "适用地区", cells.code, ("执法区域",)),
            Column("issued", "发证日期", cells.day, ("有效期起",)),
            Column("expires", "有效期至", cells.day, ("有效期止", "证件有效期")),
        ),
        needs=(("inspector",), ("name",), ("unit",), ("level",)),
    )  # fmt: skip


@dataclass(frozen=True)
class InspectorSheet:
    """The inspectors of a sheet, each once, and by staff number the place of the first row of each."""

    inspectors: tuple[Inspector, ...]
    places: Mapping[str, RowPlace]


def read_notice(path: Path, year: int) -> list[Arrangement]:
    """Return the lines of a notice's table, one day or one range a row. Raises SheetRefused with every fault."""
    lines: list[Arrangement] = []
    faults: list[Fault] = []
    for row in rows_of(path, CALENDAR_FORM):
        line = Arrangement(
            year, row["first"], row["last"] or row["first"], row["kind"], row["name"] or "", "", "T"
        )
        lines.append(line)
        wrong = calendar.faults_of_notice(year, [line])
        at = "last" if line.last < line.first else "first"
        faults += [row["place"].fault(at, sentence) for sentence in wrong]
    if faults:
        of_rows = {fault.sentence for fault in faults}
        between = [one for one in calendar.faults_of_notice(year, lines) if one not in of_rows]
        faults += [Fault(REFUSED, RULES, "", 0, "", "", sentence) for sentence in between]
        raise SheetRefused(faults)
    return lines


def read_recusals(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a sheet of recusals, as `import_recusals` takes them. Raises SheetRefused.

    Each is what `enter_recusal` takes, and under `place` where it stands.
    """
    fields = ["place", *(column.field for column in RECUSAL_FORM.columns)]
    rows = rows_of(path, RECUSAL_FORM)
    return [{name: row[name] for name in fields} | {"note": row["note"] or ""} for row in rows]


def read_items(path: Path) -> list[Item]:
    """Return the items of a sheet in its order; what is empty gets our defaults. Raises SheetRefused."""
    return [
        Item(
            key=row["key"],
            group=row["group"] or "",
            name=row["name"],
            kinds=row["kinds"],
            duty=_parts(row["duty"]),
            sanction=_parts(row["sanction"]),
            methods=tuple(method for method in items.METHODS if method in row["methods"]),
            category=row["category"] or "general",
            ratio_percent=8 if row["ratio_percent"] is None else row["ratio_percent"],
            times_per_year=row["times_per_year"] or 1,
            check_points=_parts(row["check_points"]),
            narrowed_to=row["narrowed_to"] or "",
            confidence="T",
        )
        for row in rows_of(path, ITEM_FORM)
    ]


def read_inspectors(path: Path, districts: Mapping[str, str]) -> InspectorSheet:
    """Return the inspectors of a sheet with all their certificates. Raises SheetRefused with every fault."""
    found: dict[str, Inspector] = {}
    places: dict[str, RowPlace] = {}
    faults: list[Fault] = []
    for row in rows_of(path, inspector_form(districts)):
        place: RowPlace = row["place"]
        if row["number"] and not (row["issued"] and row["expires"]):
            empty = "expires" if row["issued"] else "issued"
            said = "填写了证件编号，请一并填写发证日期和有效期至。"
            faults.append(place.fault(empty, said, "missing"))
            continue
        one = _inspector_of(row)
        known = found.setdefault(one.inspector, one)
        if known is one:
            # The rules speak of certificates; in the sheet they stand from their number on.
            columns = dict(place.columns) | {"certificates": place.columns.get("number", "")}
            places[one.inspector] = replace(place, columns=columns)
            continue
        if other := _differing(known, one):
            said = f"工号 {one.inspector} 前面已经出现，除证件外的内容应完全一致。"
            faults.append(place.fault(other, said, "code-twice"))
        found[one.inspector] = replace(known, certificates=known.certificates + one.certificates)
    if faults:
        raise SheetRefused(faults)
    return InspectorSheet(tuple(found.values()), places)


def _differing(known: Inspector, one: Inspector) -> str:
    """Return the first field, but the certificates, in which two rows of one person differ, or ""."""
    fields = (field.name for field in dataclasses.fields(Inspector) if field.name != "certificates")
    return next((name for name in fields if getattr(known, name) != getattr(one, name)), "")


def _inspector_of(row: Mapping[str, Any]) -> Inspector:
    certificates: tuple[Certificate, ...] = ()
    if row["number"]:
        certificates = (
            Certificate(
                row["kind"] or "行政执法证",
                row["number"],
                row["area"] or "",
                row["issued"],
                row["expires"],
            ),
        )
    return Inspector(
        inspector=row["inspector"],
        name=row["name"],
        unit=row["unit"],
        department=row["department"] or "",
        level=row["level"],
        state=row["state"] or inspectors.ON_DUTY,
        may_lead=bool(row["may_lead"]),
        homes=row["homes"] or (),
        certificates=certificates,
        expertise=row["expertise"] or (),
    )


def rows_of(path: Path, form: SheetForm) -> list[dict[str, Any]]:
    """Return all rows of a sheet, each with its `place`. Raises SheetRefused with every fault of its cells."""
    reading = read_file(path, form)
    rows = cast("list[dict[str, Any]]", reading.rows())
    if faults := list(reading.faults):
        raise SheetRefused(faults)
    return [
        row | {"place": place} for row, place in zip(rows, places_of(reading, rows), strict=True)
    ]


def _parts(text: str | None) -> tuple[str, ...]:
    """Return the parts of a cell that lists several: separated by line breaks or semicolons."""
    pieces = (text or "").replace(";", "；").replace("\n", "；").split("；")
    return tuple(piece.strip() for piece in pieces if piece.strip())
