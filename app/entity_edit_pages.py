"""Entering, changing, completing, retiring and restoring an entity on the web; each with its reason, one deed each."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.response import Template
from wtforms import HiddenField

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.deed_pages import answer
from app.entity_pages import BACK, Id, entity_in_scope
from app.forms import (
    Form,
    a_day,
    choice,
    lines,
    options_of,
    reason,
    required,
    sent,
    several,
    text,
    whole,
)
from app.rendering import Crumb, page
from registries import entities
from registries.calendar import day_in_china
from registries.database import Deed
from registries.district_changes import names_of
from registries.entity_rules import LARGEST_HEADCOUNT
from registries.entity_tables import SIZES, Details, Entity, Permit, Project
from registries.entity_words import permit_words, state_words
from registries.errors import Invalid
from registries.kinds import KINDS, PROJECT

AnyRequest = Request[Any, Any, Any]
PLAIN: Final = (
    "name",
    "district",
    "registered_address",
    "work_address",
    "enterprise_type",
    "industry",
    "size",
    "registration",
    "legal_representative",
    "contact",
    "contact_phone",
)


class EntityForm(Form):
    """What the books say of an entity. The grade is not here: it is given by its own procedure."""

    version = HiddenField()
    name = text("单位名称", required("单位名称"))
    kind = several("对象类别", KINDS, required("对象类别", chosen=True))
    district = choice("用工区划", {}, required("用工区划", chosen=True), none="请选择", known=False)
    registered_address = text("住所", most=500)
    work_address = text("用工地址", hint="检查人员要去的地方。", most=500)
    enterprise_type = text("企业类型", most=500)
    industry = text("行业代码", hint="门类字母加最多四位数字（GB/T 4754），例如 C1311。", most=5)
    size = choice("规模", SIZES, none="未填")
    headcount = whole("从业人数", least=0, most=LARGEST_HEADCOUNT)
    established = a_day("成立日期")
    registration = text("登记状态", most=500)
    legal_representative = text("法定代表人", most=500)
    contact = text("劳资负责人", most=500)
    contact_phone = text("劳资负责人电话", most=500)
    tags = text("标签", hint="多个用空格分开，例如 劳务派遣 工资支付重点。", most=500)
    permits = lines(
        "许可", hint="每行一项：名称；编号；发证机关；发证日期 至 有效期至。", most=5000
    )
    client = text("建设单位", hint="仅工程建设项目填写，以下三项相同。")
    general_contractor = text("施工总承包单位")
    subcontractors = text("分包单位", hint="多个用顿号分开。", most=2000)
    wage_account = text("农民工工资专户")
    valid_from = a_day("自哪一天起有效", hint="不填即为今天。")
    reason = reason("事由")


class NewForm(EntityForm):
    """The same, with the code."""

    leading = ("id",)
    id = text(
        "统一社会信用代码",
        required("统一社会信用代码"),
        hint="没有该代码的填 X 加登记机关编号。",
        most=40,
    )


class CompleteForm(EntityForm):
    """The same, with the code on the certificate."""

    leading = ("code",)
    code = text(
        "证照上的代码", hint="代码待核的必填；证照上就是现在这个代码的，请原样再填一次。", most=40
    )


class StepForm(Form):
    """Why an entity leaves the books or comes back."""

    version = HiddenField()
    reason = reason("事由")


@get("/entities/new", opt=may("books:change"))
async def new_page(request: AnyRequest) -> Template:
    """Ask for everything about an entity."""
    form = await _ready(principal(request), NewForm(data={"kind": ["employer"]}))
    return page(request, "entities/edit.html", **_words("登记监管对象", form, BACK, "/entities"))


@post("/entities/new", opt=may("books:change"), status_code=200)
async def new_post(request: AnyRequest) -> Response[Any]:
    """Enter an entity."""
    who = principal(request)
    form = await _ready(who, await sent(request, NewForm))
    number = "".join((form.id.data or "").split()).upper()

    async def work(deed: Deed) -> Entity:
        return await entities.enter(
            deed,
            who.bureau,
            number,
            details_of(form, None),
            reason=form.reason.data,
            valid_from=form.valid_from.data,
        )

    return await _answer(
        request, form, work, "entity:entered", _words("登记监管对象", form, BACK, "/entities")
    )


@get("/entities/{number:str}/edit", opt=may("books:change"))
async def edit_page(request: AnyRequest, number: Id) -> Template:
    """Show what the books say, to be changed."""
    who = principal(request)
    found = await entity_in_scope(who, number)
    form = await _ready(who, EntityForm(data=said(found)))
    return page(request, "entities/edit.html", **_words_of(found, "变更", form))


@post("/entities/{number:str}/edit", opt=may("books:change"), status_code=200)
async def edit_post(request: AnyRequest, number: Id) -> Response[Any]:
    """Change an entity."""
    who = principal(request)
    found = await entity_in_scope(who, number)
    form = await _ready(who, await sent(request, EntityForm))

    async def work(deed: Deed) -> Entity:
        return await entities.change(
            deed,
            who.bureau,
            number,
            vars(details_of(form, found)),
            version=version_of(form),
            reason=form.reason.data,
            valid_from=form.valid_from.data,
        )

    return await _answer(request, form, work, "entity:changed", _words_of(found, "变更", form))


@get("/entities/{number:str}/complete", opt=may("books:change"))
async def complete_page(request: AnyRequest, number: Id) -> Template:
    """Show what is missing of an entity that was set aside."""
    who = principal(request)
    found = await entity_in_scope(who, number)
    form = await _ready(who, CompleteForm(data=said(found)))
    return page(request, "entities/edit.html", **_words_of(found, "补正", form))


@post("/entities/{number:str}/complete", opt=may("books:change"), status_code=200)
async def complete_post(request: AnyRequest, number: Id) -> Response[Any]:
    """Complete an entity."""
    who = principal(request)
    found = await entity_in_scope(who, number)
    form = await _ready(who, await sent(request, CompleteForm))

    async def work(deed: Deed) -> Entity:
        return await entities.complete(
            deed,
            who.bureau,
            number,
            vars(details_of(form, found)),
            version=version_of(form),
            reason=form.reason.data,
            code="".join((form.code.data or "").split()).upper(),
        )

    return await _answer(request, form, work, "entity:completed", _words_of(found, "补正", form))


@get("/entities/{number:str}/retire", opt=may("books:change"))
async def retire_page(request: AnyRequest, number: Id) -> Template:
    """Ask why an entity leaves the books."""
    found = await entity_in_scope(principal(request), number)
    form = StepForm(data={"version": found.version})
    return page(request, "entities/step.html", **_words_of(found, "退出名录", form))


@post("/entities/{number:str}/retire", opt=may("books:change"), status_code=200)
async def retire_post(request: AnyRequest, number: Id) -> Response[Any]:
    """Retire an entity."""
    return await _step(request, number, entities.retire, "entity:retired", "退出名录")


@get("/entities/{number:str}/restore", opt=may("books:change"))
async def restore_page(request: AnyRequest, number: Id) -> Template:
    """Ask why an entity comes back."""
    found = await entity_in_scope(principal(request), number)
    form = StepForm(data={"version": found.version})
    return page(request, "entities/step.html", **_words_of(found, "恢复", form))


@post("/entities/{number:str}/restore", opt=may("books:change"), status_code=200)
async def restore_post(request: AnyRequest, number: Id) -> Response[Any]:
    """Bring a retired entity back."""
    return await _step(request, number, entities.restore, "entity:restored", "恢复")


def said(entity: Entity) -> dict[str, Any]:
    """Return what the form shows of an entity."""
    project = entity.project or Project()
    return {name: getattr(entity, name) for name in PLAIN} | {
        "version": entity.version,
        "kind": entity.kind.split("+"),
        "headcount": entity.headcount,
        "established": entity.established,
        "tags": entity.tags.replace("+", " "),
        "permits": "\n".join(map(permit_words, entity.permits)),
        "client": project.client,
        "general_contractor": project.general_contractor,
        "subcontractors": "、".join(project.subcontractors),
        "wage_account": project.wage_account,
    }


def details_of(form: Any, old: Entity | None) -> Details:
    """Return what the form says; the grade stays as it is. Raises Invalid for a permit that cannot be read."""
    project = None
    if PROJECT in (form.kind.data or ()):
        parts = re.split("[、，,]", form.subcontractors.data or "")
        project = Project(
            client=form.client.data or "",
            general_contractor=form.general_contractor.data or "",
            subcontractors=tuple(part.strip() for part in parts if part.strip()),
            wage_account=form.wage_account.data or "",
        )
    return Details(
        **{name: getattr(form, name).data or "" for name in PLAIN},
        kind="+".join(form.kind.data or ()),
        headcount=form.headcount.data,
        established=form.established.data,
        tags="+".join((form.tags.data or "").split()),
        permits=permits_of(form.permits.data or ""),
        project=project,
        grade=old.grade if old else "-",
    )


def permits_of(written: str) -> tuple[Permit, ...]:
    """Return the permits of a text with one a line, as `permit_words` writes them. Raises Invalid."""
    found, wrong = [], []
    for place, line in enumerate(filter(None, map(str.strip, written.splitlines())), 1):
        parts = [part.strip() for part in re.split("[；;]", line)]
        days = re.findall(r"\d{4}-\d{2}-\d{2}", parts.pop() if " 至" in parts[-1] else "")
        try:
            dates = [date.fromisoformat(day) for day in days]
        except ValueError:
            dates = []
        if not 2 <= len(parts) <= 3 or len(dates) != len(days) or len(days) == 1:
            wrong.append(
                f"第 {place} 行认不出，请写成：名称；编号；发证机关；2026-01-01 至 2027-01-01。"
            )
            continue
        issued, expires = dates or (None, None)
        found.append(Permit(parts[0], parts[1], "".join(parts[2:]), issued, expires))
    if wrong:
        raise Invalid("填写有误，没有保存。", {"permits": wrong})
    return tuple(found)


def version_of(form: Any) -> int:
    """Return the version that the form was made from; 0, which no version is, when somebody changed it."""
    sent_back = form.version.data or ""
    return int(sent_back) if str(sent_back).isdecimal() else 0


async def _ready(who: Principal, form: Any) -> Any:
    """Give the form the districts that the person may enter entities in."""
    names = await names_of(who.bureau, day_in_china(datetime.now(UTC)))
    offered = {code: f"{name}（{code}）" for code, name in names.items() if who.covers(code)}
    now = form.district.data
    if now and now not in offered and not who.districts:
        offered[now] = f"{now}（已不使用，请改选）"
    form.district.choices = options_of({"": "请选择", **offered})
    if now and now not in offered:
        form.district.errors = [*form.district.errors, "只能登记本辖区的单位，请重新选择。"]
    return form


async def _answer(
    request: AnyRequest,
    form: Any,
    work: Callable[[Deed], Awaitable[Entity]],
    event: str,
    words: Mapping[str, Any],
    template: str = "entities/edit.html",
) -> Response[Any]:
    """Do the deed of a form and lead to the entity, or show the form again with what was typed."""
    return await answer(
        request,
        form,
        work,
        leads_to=lambda made: f"/entities/{made.id}",
        event=event,
        template=template,
        words=words,
    )


async def _step(
    request: AnyRequest, number: str, deed_of: Callable[..., Any], event: str, title: str
) -> Response[Any]:
    who = principal(request)
    found = await entity_in_scope(who, number)
    form = await sent(request, StepForm)

    async def work(deed: Deed) -> Entity:
        made: Entity = await deed_of(
            deed, who.bureau, number, version=version_of(form), reason=form.reason.data
        )
        return made

    words = _words_of(found, title, form)
    return await _answer(request, form, work, event, words, "entities/step.html")


def _words(title: str, form: Any, back: tuple[Crumb, ...], cancel: str) -> dict[str, Any]:
    return {"title": title, "form": form, "back": back, "cancel": cancel, "entity": None}


def _words_of(found: Entity, title: str, form: Any) -> dict[str, Any]:
    back = (*BACK, Crumb(found.name, f"/entities/{found.id}"))
    words = _words(title, form, back, f"/entities/{found.id}")
    return words | {"entity": found, "state": state_words(found)}


HANDLERS: Final = [
    new_page,
    new_post,
    edit_page,
    edit_post,
    complete_page,
    complete_post,
    retire_page,
    retire_post,
    restore_page,
    restore_post,
]
