"""Bringing in a small sheet on the web: upload, every fault at its cell or a preview, then the deed. One way for all.

The preview does the deed and undoes it, so that whatever the rules or the books have against a row is told before
anybody confirms. The file is kept in between, with its digest in the form, so that what is entered is what was seen;
then it goes, because it may name people. Whatever is wrong leads back to the form with all faults.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

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
from registries.sheet_faults import Fault
from registries.sheet_refusals import SheetRefused

AnyRequest = Request[Any, Any, Any]
SHOWN: Final = 200  # Faults, or rows of the preview, on the page.
FOLDER: Final = "sheets"
KEPT_FOR: Final = timedelta(days=1)
GONE: Final = "这份表格已经导入，或者预览已超过一天。请先核对名录；要再导入的，请重新上传。"


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
class Seen:
    """What a preview is made from: what was read, the form, who asks, and what the undone deed returned."""

    data: Any
    form: Any
    who: Principal
    tried: Any


class _UndoneError(Exception):
    """Takes a deed back that was only tried."""


def _nothing(query: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG001 - one shape for all.
    return {}


@dataclass(frozen=True)
class Importing:
    """How one kind of sheet is brought in: its words, its form, how it is read, previewed and entered.

    `begin` returns what the form holds at first, by the address that it was opened with.
    """

    path: str
    title: str
    columns: str
    form: type[SheetForm]
    back: tuple[Crumb, ...]
    read: Callable[[Path, Any, Principal], Awaitable[Any]]
    preview: Callable[[Seen], Awaitable[Preview]]
    enter: Callable[[Deed, Any, Any, Principal], Awaitable[Any]]
    event: str
    begin: Callable[[Mapping[str, str]], dict[str, Any]] = _nothing

    @property
    def home(self) -> str:
        """Return the page of the list."""
        return self.back[-1].path


def importing(kind: Importing) -> list[Any]:
    """Return the handlers that bring in a kind of sheet."""

    @get(kind.path, opt=may("books:change"))
    async def upload_page(request: AnyRequest) -> Template:
        """Ask for the sheet."""
        form = kind.form(data=kind.begin(request.query_params))
        return page(request, "sheets/upload.html", **_words(kind, form))

    @post(kind.path, opt=may("books:change"), status_code=200)
    async def upload_post(
        request: AnyRequest, settings: NamedDependency[Settings]
    ) -> Response[Any]:
        """Show what the sheet would do, or do it when that was seen."""
        form: Any = await sent_form(request, kind.form)
        confirmed = bool(form.kept.data)
        if not confirmed and not form.file.data:
            form.file.errors = ["请选择表格文件。"]
        faults: Sequence[Fault] = ()
        if not form.faults():
            try:
                path = await _path_of(form, settings.files_folder / FOLDER)
                return await _answer(request, kind, form, path, confirmed=confirmed)
            except SheetRefused as refusal:
                faults = refusal.faults
            except Invalid as refusal:
                form.take(refusal)
            except (Conflict, NotFound, Refused) as refusal:
                form.general.append(refusal.sentence)
            except FileNotFoundError:  # Confirmed twice at once.
                form.general.append(GONE)
        form.kept.data = form.digest.data = ""
        words = _words(kind, form) | {"faults": faults[:SHOWN], "in_all": len(faults)}
        return invalid(request, "sheets/upload.html", **words)

    return [upload_page, upload_post]


async def _answer(
    request: AnyRequest, kind: Importing, form: Any, path: Path, *, confirmed: bool
) -> Response[Any]:
    """Show what the sheet would do and keep it, or do it; the file stays only for the confirmation."""
    who = principal(request)
    stays = False
    try:
        data = await kind.read(path, form, who)
        if not confirmed:
            tried = await _tried(kind, data, form, who)
            shown = await kind.preview(Seen(data, form, who, tried))
            form.kept.data = path.name
            form.digest.data = await anyio.to_thread.run_sync(_digest, path)
            stays = True
            words = _words(kind, form) | {"preview": shown, "shown": SHOWN}
            return page(request, "sheets/preview.html", **words)

        async def work(deed: Deed) -> Any:
            return await kind.enter(deed, data, form, who)

        await database.deed(work, actor=who.actor())
        return done(kind.home, kind.event)
    finally:
        if not stays:
            await anyio.Path(path).unlink(missing_ok=True)


async def _tried(kind: Importing, data: Any, form: Any, who: Principal) -> Any:
    """Return what entering the sheet would return, and leave no trace of it. Raises what entering raises."""
    found: list[Any] = []

    async def work(deed: Deed) -> None:
        found[:] = [await kind.enter(deed, data, form, who)]
        raise _UndoneError

    try:
        await database.deed(work, actor=who.actor())
    except _UndoneError:
        return found[0]
    raise AssertionError("a tried deed was not undone")


async def _path_of(form: Any, folder: Path) -> Path:
    """Return where the sheet lies. Raises Refused when the kept one is gone or another."""
    if not form.kept.data:
        await anyio.to_thread.run_sync(uploads.sweep, folder, KEPT_FOR)
        return folder / await uploads.keep(form.file.data, folder)
    try:
        path = uploads.kept(form.kept.data, folder)
    except Refused:
        raise Refused(GONE) from None
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
