"""The steps that make a plan binding: submitted, approved by another, filed, published; or returned, withdrawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import PathParameter
from litestar.response import Template
from wtforms import HiddenField

from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.forms import (
    Form,
    reason,
    required,
    sent,
    text,
)
from app.plan_edit_pages import answer, words_of
from app.plan_pages import Year
from app.plan_words import NEXT, mark_of
from app.plans import actions, rules, tables
from app.plans.tables import Plan
from app.rendering import page
from registries.database import Deed
from registries.errors import Conflict, NotFound, Refused

AnyRequest = Request[Any, Any, Any]
StepName = Annotated[str, PathParameter(max_length=20)]
EVENTS_OF: Final = {
    "submit": "plan:submit",
    "return": "plan:return",
    "approve": "plan:approve",
    "file": "plan:file",
    "publish": "plan:publish",
    "withdraw": "plan:withdraw",
    "amend": "plan:amend",
}
SAID: Final = {
    "submit": "提交后不能再修改，由另一人审批；退回后可以再改。",
    "approve": "请先逐项核对各次抽查的家数、事项和时间。审批通过后由经办人报备。",
    "return": "退回后由起草人修改，再次提交。",
    "file": "填写备案机关和备案文号。",
    "publish": "公布后，本年度的抽查受这份计划约束，只能另立新版本修订。",
    "withdraw": "撤回后这一版不再生效，可以另行起草。",
    "amend": "以已公布的一版为底稿另立新版本；新版本公布之前，原版本继续有效。",
}


class StepForm(Form):
    """A step that needs no more than a decision; `seen` is the version and content that it is on."""

    seen = HiddenField()


class ReasonForm(StepForm):
    """A step that needs a reason."""

    reason = reason()


class FilingForm(StepForm):
    """With whom the plan was filed."""

    filed_with = text("备案机关", required("备案机关"))
    reference = text("备案文号", required("备案文号"))


FORMS: Final[dict[str, type[Form]]] = {
    "submit": StepForm,
    "approve": StepForm,
    "publish": StepForm,
    "return": ReasonForm,
    "withdraw": ReasonForm,
    "amend": ReasonForm,
    "file": FilingForm,
}


@get("/plans/{year:int}/steps/{step:str}", opt=may("plans:draft", "plans:approve"))
async def step_page(request: AnyRequest, year: Year, step: StepName) -> Template:
    """Say what a step means, and ask for what it needs."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    title = _title(who, found, step)
    form: Any = FORMS[step]()
    # What was read on the plan's page is what is decided on, not what has taken its place since.
    form.seen.data = request.query_params.get("seen") or mark_of(found)
    return page(request, "plans/step.html", **_step_words(found, title, step, form))


@post(
    "/plans/{year:int}/steps/{step:str}", opt=may("plans:draft", "plans:approve"), status_code=200
)
async def step_post(request: AnyRequest, year: Year, step: StepName) -> Response[Any]:
    """Take a step."""
    who = principal(request)
    found = await tables.plan(who.bureau, year)
    title = _title(who, found, step)
    form: Any = await sent(request, FORMS[step])

    async def work(deed: Deed) -> Plan:
        if form.seen.data != mark_of(await tables.plan(who.bureau, year)):
            raise Conflict("计划在您打开之后改过。请返回计划页重新核对，再办理。")
        return await _taken(deed, who.bureau, found, step, form)

    shown = _step_words(found, title, step, form)
    return await answer(request, form, work, EVENTS_OF[step], shown, "plans/step.html")


async def _taken(deed: Deed, bureau: str, found: Plan, step: str, form: Any) -> Plan:
    where: dict[str, Any] = {"bureau": bureau, "year": found.year}
    if step == "amend":
        binding = await tables.binding_plan(bureau, found.year)
        return await actions.amend(deed, **where, content=binding.content, reason=form.reason.data)
    if step == "file":
        return await actions.file(
            deed, **where, filed_with=form.filed_with.data, reference=form.reference.data
        )
    if step == "return":
        return await actions.send_back(deed, **where, reason=form.reason.data)
    if step == "withdraw":
        return await actions.withdraw(deed, **where, reason=form.reason.data)
    plain: Mapping[str, Callable[..., Awaitable[Plan]]] = {
        "submit": actions.submit,
        "approve": actions.approve,
        "publish": actions.publish,
    }
    return await plain[step](deed, **where)


def _title(who: Principal, found: Plan, step: str) -> str:
    """Return the title of a step that may be taken now. Raises Refused, NotFound or permission denied."""
    if step not in FORMS:
        raise NotFound("没有这一步。")
    known: dict[str, tuple[str, Any]] = {
        name: (words, need) for steps in NEXT.values() for name, words, need in steps
    }
    words, need = known[step]
    if not who.may(need):
        raise PermissionDeniedException
    if step not in {name for name, _, _ in NEXT[found.state]}:
        raise Refused(f"计划现在是“{rules.STATES[found.state]}”，不能{words}。请返回查看。")
    return words


def _step_words(found: Plan, title: str, step: str, form: Any) -> dict[str, Any]:
    danger = step in {"withdraw", "return"}
    return words_of(found, title, form) | {"plan": found, "said": SAID[step], "danger": danger}


HANDLERS: Final = [
    step_page,
    step_post,
]
