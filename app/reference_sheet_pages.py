"""The small sheets that the web brings in: inspectors, recusals, the list of matters, a year's calendar notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio.to_thread

from app import calendar_pages, inspector_pages, item_pages, recusal_pages
from app.accounts.session_reads import Principal
from app.forms import reason, required, text, tick, whole
from app.lists import number_of
from app.sheet_pages import Importing, Preview, Seen, SheetForm, importing
from registries import calendar_notices, inspector_register, item_lists
from registries.bureaus import bureau as bureau_of
from registries.calendar import Arrangement, DayChange, day_in_china
from registries.database import Deed
from registries.district_changes import lookup_of
from registries.inspectors import differing
from registries.items import Item
from registries.recusals import REASONS
from registries.reference_imports import Imported, import_inspectors, import_recusals
from registries.reference_sheets import (
    InspectorSheet,
    read_inspectors,
    read_items,
    read_notice,
    read_recusals,
)


class InspectorsForm(SheetForm):
    """A sheet of inspectors, and why it is brought in."""

    reason = reason("导入的理由")


class ItemsForm(SheetForm):
    """A list of matters, where it comes from and why."""

    name = text("清单名称", required("清单名称"))
    source = text("公布文件或文号", required("公布文件或文号"))
    reason = reason("事由")


class NoticeForm(SheetForm):
    """A year's notice and its number."""

    year = whole("年度", required("年度"), least=2000, most=2100)
    number = text("通知文号", required("通知文号"), hint="例如 国办发明电〔2025〕7号。", most=100)
    supplement = tick("这是补充通知，只改动表中的日期")


async def _inspectors(path: Path, form: Any, who: Principal) -> InspectorSheet:  # noqa: ARG001
    city = (await bureau_of(who.bureau)).city
    words = (await lookup_of(who.bureau, day_in_china(datetime.now(UTC)))).words(city)
    return await anyio.to_thread.run_sync(read_inspectors, path, words)


async def _show_inspectors(seen: Seen) -> Preview:
    page = await inspector_register.inspectors(seen.who.bureau, length=inspector_pages.ALL)
    known = {one.inspector: one for one in page.inspectors}
    rows = []
    for one in seen.data.inspectors:
        old = known.get(one.inspector)
        if old is None:
            rows.append(("新登记", one.inspector, one.name, one.unit, ""))
        elif old != one:
            fields = "、".join(inspector_pages.FIELDS[name] for name in differing(old, one))
            rows.append(("变更", one.inspector, one.name, one.unit, fields))
    done: Imported = seen.tried
    told = f"新登记 {done.new} 人，变更 {done.changed} 人，不变 {done.unchanged} 人。"
    headings = ("变化", "工号", "姓名", "工作单位", "变更的内容")
    return Preview((told, "表中没有的人不受影响。"), headings, rows)


async def _enter_inspectors(
    deed: Deed, sheet: InspectorSheet, form: Any, who: Principal
) -> Imported:
    return await import_inspectors(deed, bureau=who.bureau, sheet=sheet, reason=form.reason.data)


async def _recusals(path: Path, form: Any, who: Principal) -> list[dict[str, Any]]:  # noqa: ARG001
    return await anyio.to_thread.run_sync(read_recusals, path)


async def _show_recusals(seen: Seen) -> Preview:
    shown = [
        (
            row["inspector"],
            row["entity"],
            REASONS[row["reason_code"]],
            str(row["first"]),
            str(row["last"] or "长期"),
        )
        for row in seen.data
    ]
    done: Imported = seen.tried
    told = f"新登记 {done.new} 项；已经登记的 {done.unchanged} 项不重复。"
    return Preview((told,), ("工号", "单位代码", "事由", "自", "至"), shown)


async def _enter_recusals(
    deed: Deed,
    rows: Sequence[dict[str, Any]],
    form: Any,  # noqa: ARG001 - one shape for all.
    who: Principal,
) -> Imported:
    return await import_recusals(deed, bureau=who.bureau, rows=rows)


async def _items(path: Path, form: Any, who: Principal) -> list[Item]:  # noqa: ARG001
    return await anyio.to_thread.run_sync(read_items, path)


async def _show_items(seen: Seen) -> Preview:
    base = await item_pages.in_effect(seen.who.bureau)
    rows = [
        (item_pages.CHANGES[one.change], one.key, one.name, item_pages.fields_of(one))
        for one in item_pages.differences(base.items if base else (), seen.data)
    ]
    against = (
        f"与施行的第 {base.version} 版相比 {len(rows)} 处不同" if base else "现在没有施行的清单"
    )
    told = f"共 {len(seen.data)} 项，{against}。导入后是新的一版，另行施行。"
    return Preview((told,), ("变化", "编号", "事项", "变更的内容"), rows)


async def _enter_items(deed: Deed, items: Sequence[Item], form: Any, who: Principal) -> None:
    await item_lists.propose_list(
        deed,
        bureau=who.bureau,
        name=form.name.data,
        items=items,
        source=form.source.data,
        reason=form.reason.data,
    )


async def _notice(path: Path, form: Any, who: Principal) -> list[Arrangement]:  # noqa: ARG001
    return await anyio.to_thread.run_sync(read_notice, path, form.year.data)


async def _show_notice(seen: Seen) -> Preview:
    changes: Sequence[DayChange] = seen.tried
    worked = {True: "上班", False: "休息"}
    rows = [(str(one.day), worked[one.was], worked[one.becomes], one.name) for one in changes]
    return Preview((f"{len(rows)} 天将改变。",), ("日期", "原来", "改为", "节日"), rows)


async def _enter_notice(
    deed: Deed, lines: Sequence[Arrangement], form: Any, who: Principal
) -> Sequence[DayChange]:
    return await calendar_notices.enter_notice(
        deed,
        bureau=who.bureau,
        year=form.year.data,
        notice=form.number.data,
        lines=lines,
        source=form.number.data,
        supplement=bool(form.supplement.data),
    )


def _begin_notice(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the year that the address names, else the next one."""
    return {"year": number_of(query.get("year", "")) or day_in_china(datetime.now(UTC)).year + 1}


SHEETS: Final = (
    Importing(
        path="/inspectors/import",
        title="导入执法人员",
        columns="工号、姓名、工作单位、部门、层级、状态、可任组长、回避区划、专业、证件种类、证件编号、适用地区、"
        "发证日期、有效期至。一人有几件证件就写几行",
        form=InspectorsForm,
        back=inspector_pages.BACK,
        read=_inspectors,
        preview=_show_inspectors,
        enter=_enter_inspectors,
        event="inspector:change",
    ),
    Importing(
        path="/recusals/import",
        title="导入回避登记",
        columns="工号、统一社会信用代码、回避事由、提出人、开始日期、结束日期、说明",
        form=SheetForm,
        back=recusal_pages.BACK,
        read=_recusals,
        preview=_show_recusals,
        enter=_enter_recusals,
        event="recusal:enter",
    ),
    Importing(
        path="/items/import",
        title="导入随机抽查事项清单",
        columns="编号、抽查类别、抽查事项、检查对象、对象说明、检查依据、处理依据、检查方式、事项类别、抽查比例、"
        "频次上限、检查要点。可以先导出现在的清单，改好后再导入",
        form=ItemsForm,
        back=item_pages.BACK,
        read=_items,
        preview=_show_items,
        enter=_enter_items,
        event="item-list:propose",
        begin=lambda query: {"name": "随机抽查事项清单"},  # noqa: ARG005 - one shape for all.
    ),
    Importing(
        path="/calendar/import",
        title="录入节假日安排",
        columns="开始日期、结束日期、类型（放假或上班）、节日。每行一天或一段",
        form=NoticeForm,
        back=calendar_pages.BACK,
        read=_notice,
        preview=_show_notice,
        enter=_enter_notice,
        event="calendar:import",
        begin=_begin_notice,
    ),
)
HANDLERS: Final = [handler for kind in SHEETS for handler in importing(kind)]
