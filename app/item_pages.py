"""The list of matters (随机抽查事项清单) on the web: the one in effect, other versions, each matter whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from app import lists
from app.access import may
from app.accounts.authentication import principal
from app.forms import Form, a_day, required, sent
from app.list_pages import exporting
from app.lists import Rows, Table
from app.rendering import Crumb, Link, Task, done, invalid, page
from exports.workbook import Column
from registries import database, item_lists
from registries.calendar import day_in_china
from registries.database import Deed
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.item_lists import ItemList, ListChange
from registries.items import CATEGORIES, METHODS, Item
from registries.kinds import kind_name
from registries.reference_sheets import ITEM_FORM

AnyRequest = Request[Any, Any, Any]
Version = Annotated[int, PathParameter(ge=1, le=100_000)]
Key = Annotated[str, PathParameter(max_length=40)]
LINKS: Final = (Link("两库一单", "随机抽查事项", "/items", ("books:read",)),)
BACK: Final = (Crumb("随机抽查事项", "/items"),)
COLUMNS: Final = (
    Column("编号", 8),
    Column("抽查类别", 20),
    Column("抽查事项", 34),
    Column("检查对象", 30),
    Column("对象说明", 20),
    Column("检查依据", 60),
    Column("处理依据", 60),
    Column("检查方式", 16),
    Column("事项类别", 16),
    Column("抽查比例（%）", 12),
    Column("频次上限", 10),
    Column("检查要点", 80),
)


CHANGES: Final = {"added": "新增", "changed": "变更", "removed": "删去"}


class EffectForm(Form):
    """From which day a version applies."""

    effective = a_day("自哪一天起施行", required("施行日期"), hint="施行后这一版不能再改。")


@get("/items", opt=may("books:read"))
async def items_page(request: AnyRequest) -> Template:
    """Show the list in effect today, and the other versions."""
    who = principal(request)
    versions = await item_lists.item_lists(who.bureau)
    return page(
        request,
        "items/items.html",
        title="随机抽查事项清单",
        found=await in_effect(who.bureau),
        versions=versions[::-1],
        may_change=who.may("books:change"),
        **_words(),
    )


@get("/items/{version:int}", opt=may("books:read"))
async def version_page(request: AnyRequest, version: Version) -> Template:
    """Show a version, and what differs from the one in effect."""
    who = principal(request)
    found = await item_lists.item_list(who.bureau, version)
    base = await in_effect(who.bureau)
    other = base if base and base.version != version else None
    changes = differences(other.items, found.items) if other else []
    return page(
        request,
        "items/version.html",
        title=f"第 {version} 版",
        back=BACK,
        found=found,
        base=other,
        changes=[(CHANGES[one.change], one, fields_of(one)) for one in changes],
        may_change=who.may("books:change"),
        **_words(),
    )


@get("/items/{version:int}/{key:str}", opt=may("books:read"))
async def item_page(request: AnyRequest, version: Version, key: Key) -> Template:
    """Show a matter whole: whom it concerns, on what basis, how it is checked, point by point."""
    found = await item_lists.item_list(principal(request).bureau, version)
    item = found.item(key)
    back = (*BACK, Crumb(f"第 {version} 版", f"/items/{version}"))
    return page(
        request, "items/item.html", title=item.name, back=back, item=item, found=found, **_words()
    )


@post("/items/reference", opt=may("books:change"), status_code=303)
async def reference_post(request: AnyRequest) -> Redirect:
    """Propose the 48 matters that come with the program, to be looked through."""
    who = principal(request)

    async def work(deed: Deed) -> ItemList:
        return await item_lists.propose_seeded_list(deed, bureau=who.bureau)

    made = await database.deed(work, actor=who.actor())
    return done(f"/items/{made.version}", "item-list:propose")


@get("/items/{version:int}/effect", opt=may("books:change"))
async def effect_page(request: AnyRequest, version: Version) -> Template:
    """Ask from which day a version applies."""
    found = await item_lists.item_list(principal(request).bureau, version)
    return page(request, "items/effect.html", **_effect(found, EffectForm()))


@post("/items/{version:int}/effect", opt=may("books:change"), status_code=200)
async def effect_post(request: AnyRequest, version: Version) -> Response[Any]:
    """Let a version apply from a day."""
    who = principal(request)
    found = await item_lists.item_list(who.bureau, version)
    form = await sent(request, EffectForm)
    if not form.faults():

        async def work(deed: Deed) -> ItemList:
            return await item_lists.put_into_effect(
                deed, bureau=who.bureau, version=version, effective=form.effective.data
            )

        try:
            await database.deed(work, actor=who.actor())
        except (Invalid, Conflict, Refused) as refusal:
            form.general.append(refusal.sentence)
        else:
            return done("/items", "item-list:effect")
    return invalid(request, "items/effect.html", **_effect(found, form))


async def table_of(bureau: str, filters: Mapping[str, str]) -> Table:
    """Return a version of the list, the one in effect where none is named, as the import takes it."""
    version = filters.get("version", "")
    chosen = (
        await item_lists.item_list(bureau, lists.number_of(version))
        if version
        else await in_effect(bureau)
    )
    items = chosen.items if chosen else ()

    async def read(after: str, length: int) -> tuple[Rows, str | None]:  # noqa: ARG001 - a few dozen rows.
        return [row_of(item) for item in items], None

    return Table("随机抽查事项清单", COLUMNS, read)


def row_of(item: Item) -> tuple[str | int, ...]:
    """Return a matter as a row that the import understands."""
    return (
        item.key,
        item.group,
        item.name,
        "、".join(map(kind_name, item.kinds)),
        item.narrowed_to,
        "；".join(item.duty),
        "；".join(item.sanction),
        "、".join(METHODS[method] for method in item.methods),
        CATEGORIES[item.category],
        item.ratio_percent,
        item.times_per_year,
        "；".join(item.check_points),
    )


def differences(old: Sequence[Item], new: Sequence[Item]) -> list[ListChange]:
    """Return what of a list differs for whoever checks by it.

    How sure we are of a matter is a note of ours about the reference list, and a sheet does not carry it.
    """
    found = item_lists.changes_between(old, new)
    return [one for one in found if one.fields != ("confidence",)]


def fields_of(change: ListChange) -> str:
    """Return what of a matter differs, by the headings of its sheet."""
    headings = {column.field: column.heading for column in ITEM_FORM.columns}
    return "、".join(headings[name] for name in change.fields if name in headings)


async def tasks(who: Any, now: datetime) -> list[Task]:  # noqa: ARG001 - every room's tasks are asked alike.
    """Return that a list of matters is missing, for whoever keeps the books."""
    if not who.may("books:change") or await in_effect(who.bureau):
        return []
    said = "没有施行的清单就不能起草计划和抽查；清单之外的事项不得检查。"
    return [Task("建立随机抽查事项清单", "/items", said)]


async def in_effect(bureau: str) -> ItemList | None:
    """Return the list that applies today, None where none does."""
    try:
        return await item_lists.items_as_of(bureau, _today())
    except NotFound:
        return None


def _words() -> dict[str, Any]:
    return {
        "categories": CATEGORIES,
        "kinds_of": lambda item: "、".join(map(kind_name, item.kinds)),
        "methods_of": lambda item: "、".join(METHODS[method] for method in item.methods),
    }


def _effect(found: ItemList, form: EffectForm) -> dict[str, Any]:
    back = (*BACK, Crumb(f"第 {found.version} 版", f"/items/{found.version}"))
    return {"title": "施行", "back": back, "found": found, "form": form}


def _today() -> date:
    return day_in_china(datetime.now(UTC))


EXPORT: Final = exporting("/items", "随机抽查事项清单", "books:read", table_of)
HANDLERS: Final = [
    items_page,
    version_page,
    item_page,
    reference_post,
    effect_page,
    effect_post,
    *EXPORT.handlers,
]
JOBS: Final = EXPORT.jobs
