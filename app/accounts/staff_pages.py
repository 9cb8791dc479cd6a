"""Accounts and roles on the web: who may sign in, what they may do, and the way back for who is locked out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import PathParameter
from litestar.response import Template

from app.access import may
from app.accounts import (
    account_actions,
    account_reads,
    codes,
    passwords,
    role_actions,
    role_rules,
    second_factor_actions,
    session_reads,
)
from app.accounts.account_reads import Account
from app.accounts.authentication import principal
from app.accounts.role_rules import ROLES
from app.accounts.session_reads import Principal
from app.forms import Form, choice, options_of, reason, required, sent, several, text
from app.rendering import Crumb, Link, done, invalid, page
from registries import database
from registries.calendar import day_in_china
from registries.database import Deed
from registries.district_changes import districts_of
from registries.errors import Conflict, Invalid, NotFound, Refused

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
LINKS: Final = (Link("系统", "账号和角色", "/staff", ("accounts:read",)),)
BACK: Final = (Crumb("账号和角色", "/staff"),)


class NewForm(Form):
    """Who the account is for; roles are granted by somebody else."""

    staff_number = text("工号", required("工号"), hint="用来登录，例如 1024。", most=30)
    name = text("姓名", required("姓名"), most=50)
    districts = several("辖区", {}, hint="不选为全单位；选了的只能看到这些区的内容。")


class DistrictsForm(Form):
    """Which districts an account sees."""

    districts = several("辖区", {}, hint="不选为全单位。")


class RoleForm(Form):
    """One role, to be given or taken back."""

    role = choice("角色", ROLES, required("角色", chosen=True), none="请选择")
    reason = reason()


class ReasonForm(Form):
    """Why something is done."""

    reason = reason()


# step → (what the button says, what happens, the deed)
STEPS: Final[dict[str, tuple[str, str, Callable[..., Awaitable[Account]]]]] = {
    "lock": (
        "锁定账号",
        "锁定后不能登录，正在登录的设备立即退出。",
        account_actions.lock,
    ),
    "unlock": (
        "解锁账号",
        "解锁后可以登录，密码错误次数清零。",
        account_actions.unlock,
    ),
    "reset-second-factor": (
        "重置动态口令",
        "本人手机和恢复码都丢失时使用；下次登录时须重新启用。",
        second_factor_actions.reset,
    ),
}
EVENTS_OF: Final = {
    "lock": "account:lock",
    "unlock": "account:unlock",
    "reset-second-factor": "second-factor:reset",
}


@get("/staff", opt=may("accounts:read"))
async def staff_page(request: AnyRequest) -> Template:
    """List every account of the bureau with its roles and state."""
    who = principal(request)
    found = await account_reads.accounts(who.bureau)
    return page(
        request,
        "accounts/staff.html",
        title="账号和角色",
        staff=found,
        roles=ROLES,
        may_create=who.may("accounts:create"),
        may_invite=who.may("witnesses:invite"),
    )


@get("/staff/roles", opt=may("accounts:read"))
async def roles_page(request: AnyRequest) -> Template:
    """Show the table of roles, what each may do, and who is kept apart."""
    return page(
        request,
        "accounts/roles.html",
        title="各角色可办的事项",
        back=BACK,
        roles=ROLES,
        may=role_rules.MAY,
        words=role_rules.CAPABILITIES,
        second_factor=role_rules.SECOND_FACTOR_REQUIRED,
        separated=[
            ("、".join(ROLES[one] for one in ROLES if one in pair), why)
            for pair, why in role_rules.SEPARATED.items()
        ],
    )


@get("/staff/new", opt=may("accounts:create"))
async def new_page(request: AnyRequest) -> Template:
    """Ask who the account is for."""
    form = await _with_districts(NewForm(), principal(request))
    return page(request, "accounts/staff_new.html", title="建立账号", back=BACK, form=form)


@post("/staff/new", opt=may("accounts:create"), status_code=200)
async def new_post(request: AnyRequest) -> Response[Any]:
    """Make the account and show its one-time password, once."""
    who = principal(request)
    form = await _with_districts(await sent(request, NewForm), who)
    if not form.faults():
        one_time = codes.new_code()
        hash_ = await passwords.hashed(one_time)

        async def work(deed: Deed) -> Account:
            return await account_actions.create(
                deed,
                by=who.account,
                bureau=who.bureau,
                staff_number=form.staff_number.data,
                name=form.name.data,
                one_time_hash=hash_,
                districts=form.districts.data,
            )

        try:
            made = await database.deed(work, actor=who.actor())
        except Invalid as refusal:
            form.take(refusal)
        except (Conflict, Refused) as refusal:
            form.general.append(refusal.sentence)
        else:
            return _password_page(request, made, one_time)
    return invalid(request, "accounts/staff_new.html", title="建立账号", back=BACK, form=form)


@get("/staff/{number:int}", opt=may("accounts:read"))
async def person_page(request: AnyRequest, number: Number) -> Template:
    """Show an account: roles and how they came, devices, and what can be done with it."""
    return page(request, "accounts/person.html", **await _person(request, number, RoleForm()))


@post("/staff/{number:int}/grant", opt=may("accounts:grant"), status_code=200)
async def grant_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Grant a role."""
    return await _change_role(request, number, role_actions.grant, "role:grant")


@post("/staff/{number:int}/withdraw", opt=may("accounts:grant"), status_code=200)
async def withdraw_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Take a role back."""
    return await _change_role(request, number, role_actions.withdraw, "role:withdraw")


@get("/staff/{number:int}/districts", opt=may("accounts:create"))
async def districts_page(request: AnyRequest, number: Number) -> Template:
    """Ask which districts the account sees."""
    who = principal(request)
    found = await account_reads.account_by_id(who.bureau, number)
    form = await _with_districts(DistrictsForm(), who)
    form.districts.data = list(found.districts)
    return page(request, "accounts/districts.html", **_step_words(found, "设定辖区"), form=form)


@post("/staff/{number:int}/districts", opt=may("accounts:create"), status_code=200)
async def districts_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Set the districts that the account sees."""
    who = principal(request)
    found = await account_reads.account_by_id(who.bureau, number)
    form = await _with_districts(await sent(request, DistrictsForm), who)
    if form.faults():
        words = _step_words(found, "设定辖区")
        return invalid(request, "accounts/districts.html", **words, form=form)

    async def work(deed: Deed) -> Account:
        return await account_actions.set_districts(
            deed,
            by=who.account,
            bureau=who.bureau,
            staff_number=found.staff_number,
            districts=form.districts.data,
        )

    await database.deed(work, actor=who.actor())
    return done(f"/staff/{number}", "account:set-districts")


@get("/staff/{number:int}/reset-password", opt=may("accounts:create"))
async def reset_page(request: AnyRequest, number: Number) -> Template:
    """Ask why the password is reset."""
    found = await account_reads.account_by_id(principal(request).bureau, number)
    return page(request, "accounts/step.html", **_reset_words(found), form=ReasonForm())


@post(
    "/staff/{number:int}/reset-password",
    opt=may("accounts:create"),
    status_code=200,
)
async def reset_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Reset the password and show the one-time password, once."""
    who = principal(request)
    found = await account_reads.account_by_id(who.bureau, number)
    form = await sent(request, ReasonForm)
    if not form.faults():
        one_time = codes.new_code()
        hash_ = await passwords.hashed(one_time)

        async def work(deed: Deed) -> Account:
            return await account_actions.reset_password(
                deed,
                by=who.account,
                bureau=who.bureau,
                staff_number=found.staff_number,
                one_time_hash=hash_,
                reason=form.reason.data,
            )

        try:
            await database.deed(work, actor=who.actor())
        except (Invalid, Refused) as refusal:
            form.general.append(refusal.sentence)
        else:
            return _password_page(request, found, one_time)
    return invalid(request, "accounts/step.html", **_reset_words(found), form=form)


@get("/staff/{number:int}/do/{step:str}", opt=may("accounts:unlock"))
async def step_page(
    request: AnyRequest, number: Number, step: Annotated[str, PathParameter()]
) -> Template:
    """Ask why, before an account is locked, unlocked or given a new second factor."""
    title, what, _ = _step(step)
    found = await account_reads.account_by_id(principal(request).bureau, number)
    words = _step_words(found, title)
    return page(request, "accounts/step.html", **words, what=what, form=ReasonForm())


@post("/staff/{number:int}/do/{step:str}", opt=may("accounts:unlock"), status_code=200)
async def step_post(
    request: AnyRequest, number: Number, step: Annotated[str, PathParameter()]
) -> Response[Any]:
    """Lock or unlock an account, or reset its second factor."""
    title, what, action = _step(step)
    who = principal(request)
    found = await account_reads.account_by_id(who.bureau, number)
    form = await sent(request, ReasonForm)
    if not form.faults():

        async def work(deed: Deed) -> Account:
            return await action(
                deed,
                by=who.account,
                bureau=who.bureau,
                staff_number=found.staff_number,
                reason=form.reason.data,
            )

        try:
            await database.deed(work, actor=who.actor())
        except (Invalid, Refused) as refusal:
            form.general.append(refusal.sentence)
        else:
            return done(f"/staff/{number}", EVENTS_OF[step])
    words = _step_words(found, title)
    return invalid(request, "accounts/step.html", **words, what=what, form=form)


async def _change_role(
    request: AnyRequest, number: int, action: Callable[..., Awaitable[Account]], event: str
) -> Response[Any]:
    who = principal(request)
    found = await account_reads.account_by_id(who.bureau, number)
    form = await sent(request, RoleForm)
    if not form.faults():

        async def work(deed: Deed) -> Account:
            return await action(
                deed,
                by=who.account,
                bureau=who.bureau,
                staff_number=found.staff_number,
                role=form.role.data,
                reason=form.reason.data,
            )

        try:
            await database.deed(work, actor=who.actor())
        except (Invalid, Refused) as refusal:
            form.general.append(refusal.sentence)
        else:
            return done(f"/staff/{number}", event)
    return invalid(request, "accounts/person.html", **await _person(request, number, form))


async def _person(request: AnyRequest, number: int, form: RoleForm) -> dict[str, Any]:
    """Return what the page of an account shows."""
    who = principal(request)
    found = await account_reads.account_by_id(who.bureau, number)
    return {
        "title": f"{found.name}（{found.staff_number}）",
        "back": BACK,
        "person": found,
        "roles": ROLES,
        "history": await account_reads.role_history(found),
        "devices": await session_reads.devices(found.id, datetime.now(UTC)),
        "districts": await _district_names(who, found.districts),
        "form": form,
        "own": found.id == who.account,
        "may_grant": who.may("accounts:grant") and found.id != who.account and not found.draw,
        "may_unlock": who.may("accounts:unlock") and found.id != who.account,
        "may_create": who.may("accounts:create") and not found.draw,
    }


async def _district_names(who: Principal, chosen: tuple[str, ...]) -> list[str]:
    names = await _districts(who)
    return [names.get(code, code) for code in chosen]


async def _districts(who: Principal) -> dict[str, str]:
    """Return the districts that the bureau's area has today: code → name."""
    known = await districts_of(who.bureau)
    today = day_in_china(datetime.now(UTC))
    city = who.bureau[:4] + "00"
    return {one.code: one.name for one in known.under(city, today)}


async def _with_districts(form: Any, who: Principal) -> Any:
    names = await _districts(who)
    form.districts.choices = options_of(names)
    # The form was checked before it knew its options.
    unknown = [code for code in form.districts.data or [] if code not in names]
    form.districts.errors = ["请在所列的辖区中选择。"] if unknown else []
    form.districts.data = form.districts.data or []
    return form


def _step(step: str) -> tuple[str, str, Callable[..., Awaitable[Account]]]:
    if step not in STEPS:
        raise NotFound("没有这项办理。")
    return STEPS[step]


def _step_words(found: Account, title: str) -> dict[str, Any]:
    crumb = Crumb(f"{found.name}（{found.staff_number}）", f"/staff/{found.id}")
    return {"title": title, "back": (*BACK, crumb), "person": found}


def _reset_words(found: Account) -> dict[str, Any]:
    what = "重置后原密码作废，页面会显示一次性密码，请当面交给本人。"
    return {**_step_words(found, "重置密码"), "what": what}


def _password_page(request: AnyRequest, made: Account, one_time: str) -> Template:
    return page(
        request,
        "accounts/one_time.html",
        title="一次性密码",
        back=BACK,
        person=made,
        one_time=one_time,
    )


HANDLERS: Final = [
    staff_page,
    roles_page,
    new_page,
    new_post,
    person_page,
    grant_post,
    withdraw_post,
    districts_page,
    districts_post,
    reset_page,
    reset_post,
    step_page,
    step_post,
]
