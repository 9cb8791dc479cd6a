"""Entering and changing inspectors on the web, the days on which they cannot go, and whole sheets of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Template
from wtforms import HiddenField

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.deed_pages import answer
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
    tick,
)
from app.inspector_pages import BACK, FIELDS, Number, certificate_words
from app.lists import number_of
from app.rendering import Crumb, page
from registries import inspector_absences, inspector_register
from registries.calendar import day_in_china
from registries.database import Deed
from registries.district_changes import names_of
from registries.errors import Invalid, NotFound
from registries.inspector_register import InspectorVersion
from registries.inspectors import LEVELS, STATES, Certificate, Inspector, differing

AnyRequest = Request[Any, Any, Any]
Place = Annotated[int, PathParameter(ge=1, le=2**53)]
EXAMPLE: Final = "行政执法证；粤A0001；440100；2024-01-01 至 2028-12-31"
_CERTIFICATE: Final = re.compile(
    r"([^；;]+)[；;]([^；;]+)[；;]\s*(\d*)\s*[；;]\s*(\d{4}-\d\d-\d\d) 至 (\d{4}-\d\d-\d\d)"
)


class InspectorForm(Form):
    """What the books say of an inspector."""

    version = HiddenField()
    name = text("姓名", required("姓名"), most=50)
    unit = text("工作单位", required("工作单位"))
    department = text("部门", most=100)
    level = choice("层级", LEVELS, required("层级", chosen=True), none="请选择")
    state = choice("状态", STATES, required("状态", chosen=True), none="请选择")
    may_lead = tick("可以担任检查组组长")
    homes = several(
        "回避区划", {}, hint="居住和任职的区划，抽派时回避。县级人员必填。", known=False
    )
    certificates = lines(
        "执法证件", hint=f"每行一件：种类；编号；适用地区代码；有效期。例如 {EXAMPLE}", most=2000
    )
    expertise = text("专业", hint="多个用空格分开。")
    valid_from = a_day("自哪一天起有效", hint="不填即为今天。")
    reason = reason("事由")


class NewForm(InspectorForm):
    """The same, with the number."""

    leading = ("number",)
    number = text("工号", required("工号"), hint="单位工号，不要填写公民身份号码。", most=40)


class AbsenceForm(Form):
    """Days on which an inspector cannot go."""

    first = a_day("自", required("开始日期"))
    last = a_day("至", required("结束日期"))
    reason = reason("事由")


class WithdrawForm(Form):
    """Why the days are taken back."""

    reason = reason("撤销的事由")


@get("/inspectors/new", opt=may("books:change"))
async def new_page(request: AnyRequest) -> Template:
    """Ask for everything about an inspector."""
    form = await _ready(principal(request), NewForm(data={"state": "on-duty"}))
    return page(request, "inspectors/form.html", **_words("登记执法人员", form, BACK))


@post("/inspectors/new", opt=may("books:change"), status_code=200)
async def new_post(request: AnyRequest) -> Response[Any]:
    """Enter an inspector."""
    who = principal(request)
    form = await _ready(who, await sent(request, NewForm))

    async def work(deed: Deed) -> str:
        made = await inspector_register.enter_inspector(
            deed,
            bureau=who.bureau,
            inspector=inspector_of(form, form.number.data),
            valid_from=form.valid_from.data,
            reason=form.reason.data,
        )
        return made.inspector

    return await _answer(request, form, work, "inspector:enter", _words("登记执法人员", form, BACK))


@get("/inspectors/{number:str}/edit", opt=may("books:change"))
async def edit_page(request: AnyRequest, number: Number) -> Template:
    """Show what the books say, to be changed."""
    who = principal(request)
    found = await inspector_register.inspector(who.bureau, number)
    person = found.inspector
    said = vars(person) | {
        "version": found.version,
        "homes": list(person.homes),
        "certificates": "\n".join(map(certificate_words, person.certificates)),
        "expertise": " ".join(person.expertise),
    }
    form = await _ready(who, InspectorForm(data=said))
    return page(request, "inspectors/form.html", **_words_of(person, "变更", form))


@post("/inspectors/{number:str}/edit", opt=may("books:change"), status_code=200)
async def edit_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Change an inspector."""
    who = principal(request)
    found = await inspector_register.inspector(who.bureau, number)
    form = await _ready(who, await sent(request, InspectorForm))

    async def work(deed: Deed) -> str:
        made = await inspector_register.change_inspector(
            deed,
            bureau=who.bureau,
            inspector=inspector_of(form, number),
            version=number_of(str(form.version.data or "")),
            reason=form.reason.data,
            valid_from=form.valid_from.data,
        )
        return made.inspector

    words = _words_of(found.inspector, "变更", form)

    async def overtaken() -> None:
        _set_against(form, await inspector_register.inspector(who.bureau, number))

    return await _answer(request, form, work, "inspector:change", words, overtaken)


def _set_against(form: Any, newest: InspectorVersion) -> None:
    """Tell where the newest version differs from what was typed, which then may take its place knowingly."""
    typed = inspector_of(form, newest.inspector.inspector)
    fields = "、".join(FIELDS[name] for name in differing(newest.inspector, typed))
    form.general.append(
        f"第 {newest.version} 版由{newest.entered_by}录入（事由：{newest.reason}）。您填写的内容仍在下面"
        + (f"，与它不同的有：{fields}。" if fields else "，与它没有不同。")
        + "请另开一页对照；确需以您填写的为准的，再次保存。"
    )
    form.version.data = newest.version


@get("/inspectors/{number:str}/absences/new", opt=may("books:change"))
async def absence_page(request: AnyRequest, number: Number) -> Template:
    """Ask for the days."""
    found = await inspector_register.inspector(principal(request).bureau, number)
    words = _words_of(found.inspector, "不能出勤的日期", AbsenceForm())
    return page(request, "inspectors/form.html", **words)


@post("/inspectors/{number:str}/absences/new", opt=may("books:change"), status_code=200)
async def absence_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Enter days on which an inspector cannot go."""
    who = principal(request)
    found = await inspector_register.inspector(who.bureau, number)
    form = await sent(request, AbsenceForm)

    async def work(deed: Deed) -> str:
        await inspector_absences.enter_absence(
            deed,
            bureau=who.bureau,
            inspector=number,
            first=form.first.data,
            last=form.last.data,
            reason=form.reason.data,
        )
        return number

    words = _words_of(found.inspector, "不能出勤的日期", form)
    return await _answer(request, form, work, "inspector:absent", words)


@get("/inspectors/{number:str}/absences/{place:int}/withdraw", opt=may("books:change"))
async def withdraw_page(request: AnyRequest, number: Number, place: Place) -> Template:
    """Ask why the days are taken back."""
    found = await _with_absence(principal(request), number, place)
    words = _words_of(found, "撤销不能出勤的登记", WithdrawForm())
    return page(request, "inspectors/form.html", **words)


@post(
    "/inspectors/{number:str}/absences/{place:int}/withdraw",
    opt=may("books:change"),
    status_code=200,
)
async def withdraw_post(request: AnyRequest, number: Number, place: Place) -> Response[Any]:
    """Take days back; the entry stays in the log."""
    who = principal(request)
    found = await _with_absence(who, number, place)
    form = await sent(request, WithdrawForm)

    async def work(deed: Deed) -> str:
        await inspector_absences.withdraw_absence(
            deed, bureau=who.bureau, number=place, reason=form.reason.data
        )
        return number

    words = _words_of(found, "撤销不能出勤的登记", form)
    return await _answer(request, form, work, "inspector:return", words)


def inspector_of(form: Any, number: str) -> Inspector:
    """Return what the form says. Raises Invalid for a certificate that cannot be read."""
    return Inspector(
        inspector=number,
        name=form.name.data,
        unit=form.unit.data,
        department=form.department.data or "",
        level=form.level.data,
        state=form.state.data,
        may_lead=bool(form.may_lead.data),
        homes=tuple(sorted(set(form.homes.data or ()))),
        certificates=certificates_of(form.certificates.data or ""),
        expertise=tuple((form.expertise.data or "").split()),
    )


def certificates_of(written: str) -> tuple[Certificate, ...]:
    """Return the certificates of a text with one a line. Raises Invalid naming each line it cannot read."""
    found, wrong = [], []
    for place, line in enumerate(filter(None, map(str.strip, written.splitlines())), 1):
        match = _CERTIFICATE.fullmatch(line)
        kind, number, area, *written_days = match.groups() if match else ("", "", "")
        try:
            issued, expires = map(date.fromisoformat, written_days)
        except ValueError:
            wrong.append(f"第 {place} 行认不出，请写成：{EXAMPLE}")
            continue
        found.append(Certificate(kind.strip(), number.strip(), area, issued, expires))
    if wrong:
        raise Invalid("填写有误，没有保存。", {"certificates": wrong})
    return tuple(found)


async def _with_absence(who: Principal, number: str, place: int) -> Inspector:
    if place not in {
        one.number for one in await inspector_absences.absences(who.bureau, number=number)
    }:
        raise NotFound("没有这项登记，或已经撤销。")
    return (await inspector_register.inspector(who.bureau, number)).inspector


async def _ready(who: Principal, form: Any) -> Any:
    """Offer the districts of today, and those that the person has from before."""
    names = await names_of(who.bureau, _today())
    kept = {code: code for code in form.homes.data or () if code not in names}
    form.homes.choices = options_of({**names, **kept})
    return form


async def _answer(
    request: AnyRequest,
    form: Any,
    work: Callable[[Deed], Awaitable[str]],
    event: str,
    words: Mapping[str, Any],
    overtaken: Callable[[], Awaitable[None]] | None = None,
) -> Response[Any]:
    """Do the deed of a form and lead to the inspector, or show the form again with what was typed."""
    return await answer(
        request,
        form,
        work,
        leads_to=lambda number: f"/inspectors/{number}",
        event=event,
        template="inspectors/form.html",
        words=words,
        overtaken=overtaken,
    )


def _words(title: str, form: Any, back: tuple[Crumb, ...]) -> dict[str, Any]:
    return {"title": title, "form": form, "back": back, "cancel": back[-1].path, "person": None}


def _words_of(person: Inspector, title: str, form: Any) -> dict[str, Any]:
    back = (*BACK, Crumb(person.name, f"/inspectors/{person.inspector}"))
    return _words(title, form, back) | {"person": person}


def _today() -> date:
    return day_in_china(datetime.now(UTC))


HANDLERS: Final = [
    new_page,
    new_post,
    edit_page,
    edit_post,
    absence_page,
    absence_post,
    withdraw_page,
    withdraw_post,
]
