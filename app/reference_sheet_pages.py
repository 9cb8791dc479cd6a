"""The small sheets that the web brings in: inspectors, recusals, the list of matters, a year's calendar notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio.to_thread

from app import calendar_pages, inspector_pages, item_pages, recusal_pages
from app.accounts.session_reads import Principal
from app.forms import reason, required, text, tick, whole
from app.sheet_pages import Importing, Preview, SheetForm, importing
from registries import calendar_notices, inspector_register, item_lists
from registries.bureaus import bureau as bureau_of
from registries.calendar import Arrangement, day_in_china
from registries.database import Deed
from registries.district_changes import lookup_of
from registries.errors import NotFound
from registries.items import Item
from registries.reference_imports import import_inspectors, import_recusals
from registries.reference_sheets import (
    InspectorSheet,
    read_inspectors,
    read_items,
    read_notice,
    read_recusals,
)

CHANGES: Final = {"added": "新增", "changed": "变更", "removed": "删去"}


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


async def _show_inspectors(sheet: InspectorSheet, form: Any, who: Principal) -> Preview:  # noqa: ARG001
    page = await inspector_register.inspectors(who.bureau, length=inspector_pages.ALL)
    known = {one.inspector: one for one in page.inspectors}
    new = [one for one in sheet.inspectors if one.inspector not in known]
    changed = [one for one in sheet.inspectors if one != known.get(one.inspector, one)]
    same = len(sheet.inspectors) - len(new) - len(changed)
    told = f"新登记 {len(new)} 人，变更 {len(changed)} 人，不变 {same} 人。"
    rows = [("新登记", one.inspector, one.name, one.unit) for one in new]
    rows += [("变更", one.inspector, one.name, one.unit) for one in changed]
    return Preview((told, "表中没有的人不受影响。"), ("变化", "工号", "姓名", "工作单位"), rows)


async def _enter_inspectors(deed: Deed, sheet: InspectorSheet, form: Any, who: Principal) -> None:
    await import_inspectors(deed, bureau=who.bureau, sheet=sheet, reason=form.reason.data)


async def _recusals(path: Path, form: Any, who: Principal) -> list[dict[str, Any]]:  # noqa: ARG001
    return await anyio.to_thread.run_sync(read_recusals, path)


async def _show_recusals(
    rows: Sequence[dict[str, Any]],
    form: Any,  # noqa: ARG001 - one shape for all.
    who: Principal,  # noqa: ARG001
) -> Preview:
    shown = [
        (row["inspector"], row["entity"], str(row["first"]), str(row["last"] or "")) for row in rows
    ]
    told = f"表中共 {len(rows)} 项；已登记的不重复。工号和单位在确认时核对。"
    return Preview((told,), ("工号", "单位代码", "自", "至"), shown)


async def _enter_recusals(
    deed: Deed,
    rows: Sequence[dict[str, Any]],
    form: Any,  # noqa: ARG001 - one shape for all.
    who: Principal,
) -> None:
    await import_recusals(deed, bureau=who.bureau, rows=rows)


async def _items(path: Path, form: Any, who: Principal) -> list[Item]:  # noqa: ARG001
    return await anyio.to_thread.run_sync(read_items, path)


async def _show_items(items: Sequence[Item], form: Any, who: Principal) -> Preview:  # noqa: ARG001
    try:
        old = (await item_lists.items_as_of(who.bureau, day_in_china(datetime.now(UTC)))).items
    except NotFound:
        old = ()
    rows = [
        (CHANGES[one.change], one.key, one.name) for one in item_lists.changes_between(old, items)
    ]
    told = f"共 {len(items)} 项，与施行的清单相比 {len(rows)} 处不同。导入后是新的一版，另行施行。"
    return Preview((told,), ("变化", "编号", "事项"), rows)


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


async def _show_notice(lines: Sequence[Arrangement], form: Any, who: Principal) -> Preview:  # noqa: ARG001
    changes = await calendar_notices.preview_notice(
        form.year.data, lines, supplement=bool(form.supplement.data)
    )
    worked = {True: "上班", False: "休息"}
    rows = [(str(one.day), worked[one.was], worked[one.becomes], one.name) for one in changes]
    return Preview((f"{len(rows)} 天将改变。",), ("日期", "原来", "改为", "节日"), rows)


async def _enter_notice(
    deed: Deed, lines: Sequence[Arrangement], form: Any, who: Principal
) -> None:
    await calendar_notices.enter_notice(
        deed,
        bureau=who.bureau,
        year=form.year.data,
        notice=form.number.data,
        lines=lines,
        source=form.number.data,
        supplement=bool(form.supplement.data),
    )


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
        begin=lambda: {"name": "随机抽查事项清单"},
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
        begin=lambda: {"year": day_in_china(datetime.now(UTC)).year + 1},
    ),
)
HANDLERS: Final = [handler for kind in SHEETS for handler in importing(kind)]
