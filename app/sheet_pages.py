"""Bringing in a small sheet on the web: upload, every fault at its cell or a preview, then the deed. One way for all.

The file is kept between preview and confirmation, with its digest in the form, so that what is entered is what was
seen. Whatever is wrong leads back to the form with all faults, and nothing is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio.to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template
from wtforms import HiddenField

from app import uploads
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.forms import Form, file
from app.forms import sent as sent_form
from app.rendering import Crumb, done, invalid, page
from app.settings import Settings
from registries import database
from registries.database import Deed
from registries.errors import Conflict, Invalid, NotFound, Refused
from registries.sheet_refusals import SheetRefused

AnyRequest = Request[Any, Any, Any]
SHOWN = 200  # Faults on the page.


class SheetForm(Form):
    """A file, or the one that was kept with the preview; each kind of sheet adds its fields."""

    kept = HiddenField()
    digest = HiddenField()
    file = file("表格文件", hint="xlsx、xls 或 CSV。", accept=".xlsx,.xls,.csv")

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        # It is asked for in the first step alone, where the form is shown.
        self.file.flags.required = True


@dataclass(frozen=True)
class Preview:
    """What a sheet would do: sentences, and a table of what changes."""

    lines: Sequence[str]
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Importing:
    """How one kind of sheet is brought in: its words, its form, how it is read, previewed and entered."""

    path: str
    title: str
    columns: str
    form: type[SheetForm]
    back: tuple[Crumb, ...]
    read: Callable[[Path, Any, Principal], Awaitable[Any]]
    preview: Callable[[Any, Any, Principal], Awaitable[Preview]]
    enter: Callable[[Deed, Any, Any, Principal], Awaitable[Any]]
    event: str
    begin: Callable[[], dict[str, Any]] = field(default=dict)

    @property
    def home(self) -> str:
        """Return the page of the list."""
        return self.back[-1].path


def importing(kind: Importing) -> list[Any]:
    """Return the handlers that bring in a kind of sheet."""

    @get(kind.path, opt=may("books:change"))
    async def upload_page(request: AnyRequest) -> Template:
        """Ask for the sheet."""
        return page(request, "sheets/upload.html", **_words(kind, kind.form(data=kind.begin())))

    @post(kind.path, opt=may("books:change"), status_code=200)
    async def upload_post(
        request: AnyRequest, settings: NamedDependency[Settings]
    ) -> Response[Any]:
        """Show what the sheet would do, or do it when that was seen."""
        form: Any = await sent_form(request, kind.form)
        confirmed = bool(form.kept.data)
        if not confirmed and not form.file.data:
            form.file.errors = ["请选择表格文件。"]
        if form.faults():
            return invalid(request, "sheets/upload.html", **_words(kind, form))
        try:
            path = await _path_of(form, settings.files_folder)
            return await _answer(request, kind, form, path, confirmed=confirmed)
        except SheetRefused as refusal:
            form.kept.data = form.digest.data = ""
            words = _words(kind, form) | {
                "faults": refusal.faults[:SHOWN],
                "in_all": len(refusal.faults),
            }
            return invalid(request, "sheets/upload.html", **words)
        except Invalid as refusal:
            form.take(refusal)
        except (Conflict, NotFound, Refused) as refusal:
            form.general.append(refusal.sentence)
        form.kept.data = form.digest.data = ""
        return invalid(request, "sheets/upload.html", **_words(kind, form))

    return [upload_page, upload_post]


async def _answer(
    request: AnyRequest, kind: Importing, form: Any, path: Path, *, confirmed: bool
) -> Response[Any]:
    who = principal(request)
    data = await kind.read(path, form, who)
    if not confirmed:
        shown = await kind.preview(data, form, who)
        form.kept.data, form.digest.data = path.name, await anyio.to_thread.run_sync(_digest, path)
        return page(request, "sheets/preview.html", **_words(kind, form), preview=shown)

    async def work(deed: Deed) -> Any:
        return await kind.enter(deed, data, form, who)

    await database.deed(work, actor=who.actor())
    return done(kind.home, kind.event)


async def _path_of(form: Any, folder: Path) -> Path:
    """Return where the sheet lies. Raises Refused when the kept one is gone or another."""
    if not form.kept.data:
        return folder / await uploads.keep(form.file.data, folder)
    path = uploads.kept(form.kept.data, folder)
    if await anyio.to_thread.run_sync(_digest, path) != form.digest.data:
        raise Refused("文件与预览时不同，没有导入。请重新上传。")
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _words(kind: Importing, form: Any) -> dict[str, Any]:
    return {
        "title": kind.title,
        "columns": kind.columns,
        "back": kind.back,
        "form": form,
        "cancel": kind.home,
        "path": kind.path,
        "faults": (),
        "in_all": 0,
    }
