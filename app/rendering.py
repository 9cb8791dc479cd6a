"""Pages: the template engine, what every page is given, and how times, codes and shares are written on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import jinja2
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.template import TemplateConfig

from app import assets
from app.access import User
from exports.printable import in_groups
from registries import audit_events
from registries.calendar import day_in_china
from registries.database import SHANGHAI

FOLDER: Final = Path(__file__).parent / "templates"
LARGE_TEXT: Final = "large-text"


@dataclass(frozen=True)
class Link:
    """An entry of the navigation: where it leads, under which heading, and who sees it.

    `capabilities`: any of them is enough; none means everybody who is signed in.
    """

    group: str
    title: str
    path: str
    capabilities: tuple[str, ...] = ()

    def seen_by(self, user: User) -> bool:
        """Say whether the person may use what the link leads to."""
        return not self.capabilities or any(user.may(one) for one in self.capabilities)


@dataclass(frozen=True)
class Task:
    """Something that waits for a person: what, where it is done, one sentence, and by which day."""

    title: str
    path: str
    sentence: str
    due: date | None = None


@dataclass(frozen=True)
class Crumb:
    """A page above this one, for the way back."""

    title: str
    path: str


def environment() -> jinja2.Environment:
    """Return the template environment: everything escaped, and a misspelt name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=assets.address, navigation=navigation)
    made.filters.update(
        day=day,
        moment=moment,
        number=number,
        grouped_code=grouped_code,
        in_groups=in_groups,
        permille=permille,
    )
    return made


def config() -> TemplateConfig[JinjaTemplateEngine]:
    """Return how Litestar renders our templates."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    title: str,
    back: Sequence[Crumb] = (),
    status: int = HTTP_200_OK,
    **values: Any,
) -> Template:
    """Return a page of the template with a title, the way back, and the note of a deed just done."""
    return Template(
        template,
        context={
            "title": title,
            "back": back,
            "note": _note(request),
            "large": request.cookies.get(LARGE_TEXT) == "1",
            **values,
        },
        status_code=status,
    )


def invalid(
    request: Request[Any, Any, Any], template: str, *, title: str, **values: Any
) -> Template:
    """Return the page of a form again, with what was typed and every fault (422)."""
    return page(request, template, title=title, status=HTTP_422_UNPROCESSABLE_ENTITY, **values)


def done(path: str, event: str = "") -> Redirect:
    """Return the way on after a post (303), so that reloading repeats nothing; `event` is told there."""
    mark = "&" if "?" in path else "?"
    return Redirect(f"{path}{mark}done={event}" if event else path, status_code=HTTP_303_SEE_OTHER)


def _note(request: Request[Any, Any, Any]) -> str:
    """Return what was just done, out of the declared events: the address can name it, not word it."""
    event = request.query_params.get("done", "")
    meaning = audit_events.meaning(event) if event else None
    return f"已办理：{meaning}。" if meaning else ""


def navigation(request: Request[Any, Any, Any]) -> dict[str, list[Link]]:
    """Return the links that the signed-in person may use, under their headings, in order."""
    user = request.scope.get("user")
    if user is None or user.outstanding:
        return {}
    groups: dict[str, list[Link]] = {}
    for link in request.app.state.get("links", ()):
        if link.seen_by(user):
            groups.setdefault(link.group, []).append(link)
    return groups


def day(value: date | datetime | None, empty: str = "—") -> str:
    """Return a day as 2026-03-31; of a moment, the day it has in China."""
    if value is None:
        return empty
    return (day_in_china(value) if isinstance(value, datetime) else value).isoformat()


def moment(value: datetime | str | None, empty: str = "—") -> str:
    """Return a moment (UTC, aware; or its text in the books) in China's time, to the minute."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if value else empty


def number(value: int) -> str:
    """Return a whole number with its thousands apart: 23,705."""
    return f"{value:,}"


def grouped_code(code: str) -> str:
    """Return a credit code of 18 characters as it is read aloud: 91 440106 MA59XXXXX X."""
    if len(code) != 18:
        return code
    return f"{code[:2]} {code[2:8]} {code[8:17]} {code[17:]}"


def permille(part: int, whole: int) -> str:
    """Return a share as per cent with one decimal, rounded down, so that a goal never looks reached early."""
    return f"{part * 1000 // whole / 10:.1f}%" if whole else "—"


def query_with(query: Mapping[str, str], **changes: str | None) -> str:
    """Return a query string with some of its values changed; None and "" take one out."""
    merged = {**query, **changes}
    return jinja2.filters.do_urlencode({name: text for name, text in merged.items() if text})
