"""The style page: every part of the pages once, to look at while the stylesheet is changed. Development only."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from litestar import Request, get
from litestar.response import Template

from app.access import anyone
from app.forms import (
    Form,
    a_day,
    choice,
    file,
    lines,
    one_of,
    password,
    reason,
    required,
    several,
    text,
    tick,
    whole,
)
from app.rendering import Crumb, page

SOME: Final = {
    "a": "东湖区",
    "b": "西岭区",
    "c": "一个名称特别长、需要换行才放得下的经济技术开发区",
}


class EverythingForm(Form):
    """A field of each kind."""

    name = text("单位名称", required("单位名称"), hint="与营业执照一致。")
    number = whole("从业人数", hint="没有的填 0。", least=0, most=1_000_000)
    day = a_day("成立日期")
    district = choice("用工区划", SOME, required("用工区划", chosen=True), none="请选择")
    size = one_of("规模", {"large": "大型", "small": "小型"}, required("规模", chosen=True))
    kinds = several("对象类别", SOME)
    agreed = tick("已与登记机关核对")
    secret = password("口令", complete="off")
    sheet = file("名录文件", hint="xlsx、xls 或 CSV。", accept=".xlsx,.xls,.csv")
    remark = lines("备注")
    reason = reason()


@get("/style", opt=anyone("staff"), sync_to_thread=False)
def style_page(request: Request[Any, Any, Any]) -> Template:
    """Show every part, with faults at some fields."""
    form = EverythingForm()
    form.name.errors = ["请填写单位名称。"]
    form.district.errors = ["请选择用工区划。"]
    return page(
        request,
        "style/style.html",
        title="样式",
        back=(Crumb("首页", "/"), Crumb("开发", "/style")),
        form=form,
        today=date(2026, 11, 27),
    )


HANDLERS: Final = [style_page]
