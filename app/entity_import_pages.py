"""A register brought in on the web: upload, preview with every fault, then the import; both in the background."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import anyio.to_thread
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.response import Redirect, Template

from app import jobs, uploads
from app.access import may
from app.accounts.authentication import principal
from app.accounts.session_reads import Principal
from app.entity_pages import BACK
from app.forms import Form, a_day, choice, file, reason, required, sent, text, tick
from app.import_commands import district_finder, write_faults
from app.jobs import Job, Running
from app.lists import XLSX
from app.rendering import Crumb, done, invalid, page
from app.settings import Settings
from registries import database
from registries.database import Actor, Deed
from registries.entity_tables import CONTENT
from registries.errors import NotFound, Refused
from registries.identifiers import FOLDS
from registries.imports import EntityImport, import_entities, preview_entities
from registries.kinds import KINDS
from registries.sheet_faults import GRADES, REASONS

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
PREVIEW: Final = "entities-preview"
IMPORT: Final = "entities-import"
MOST_BYTES: Final = 200_000_000
SHOWN: Final = 100  # Faults on the page; the saved list has them all.
HERE: Final = (*BACK, Crumb("导入表格", "/entities/import"))


class UploadForm(Form):
    """Which file, and what it is."""

    file = file(
        "表格文件",
        required("表格文件", chosen=True),
        hint="xlsx、xls 或 CSV，最大 200 MB。",
        accept=".xlsx,.xls,.csv",
    )
    sheet = text("工作表名称", hint="只有一张工作表时不填。", most=100)
    complete = tick("文件是完整名录", hint="勾选后，名录中有而文件中没有的单位退出名录。")
    kind = choice("只退出这一类对象", KINDS, none="不限", hint="与“完整名录”连用。")


class RunForm(Form):
    """Why the file is brought in, and from which day it holds."""

    reason = reason("导入的理由")
    valid_from = a_day("自哪一天起有效", hint="不填即为今天。")


@get("/entities/import", opt=may("books:change"))
async def upload_page(request: AnyRequest) -> Template:
    """Ask for the file."""
    _whole_bureau(principal(request))
    return page(request, "entities/upload.html", title="导入表格", back=BACK, form=UploadForm())


@post(
    "/entities/import",
    opt=may("books:change"),
    status_code=200,
    request_max_body_size=MOST_BYTES,
)
async def upload_post(request: AnyRequest, settings: NamedDependency[Settings]) -> Response[Any]:
    """Keep the file and have it looked through in the background."""
    who = principal(request)
    _whole_bureau(who)
    form = await sent(request, UploadForm)
    if form.faults():
        return invalid(request, "entities/upload.html", title="导入表格", back=BACK, form=form)
    name = await uploads.keep(form.file.data, settings.files_folder)
    arguments = {
        "file": name,
        "sheet": form.sheet.data,
        "complete": bool(form.complete.data),
        "kind": form.kind.data or None,
    }
    return await _ask(who, PREVIEW, "预览导入的名录", arguments, "/entities/import/{}")


@get("/entities/import/{number:int}", opt=may("books:change"))
async def preview_page(request: AnyRequest, number: Number) -> Response[Any]:
    """Show what the file would change, and every fault."""
    who = principal(request)
    found = await _job_of(who, number, PREVIEW)
    if found.open or found.state != "done":
        return Redirect(f"/jobs/{number}", status_code=303)
    return page(request, "entities/preview.html", **_words(found, RunForm()))


@post("/entities/import/{number:int}", opt=may("books:change"), status_code=200)
async def run_post(request: AnyRequest, number: Number) -> Response[Any]:
    """Have the file brought in; a preview leads to one import."""
    who = principal(request)
    found = await _job_of(who, number, PREVIEW)
    form = await sent(request, RunForm)
    if found.state != "done" or found.outcome["refused"]:
        form.general.append("文件有必须改正的问题，不能导入。请改正后重新上传。")
    elif await _asked_already(who, number):
        form.general.append("这份预览已经办理过导入。要再次导入，请重新上传文件。")
    if form.faults():
        return invalid(request, "entities/preview.html", **_words(found, form))
    arguments = found.arguments | {
        "sha256": found.outcome["sha256"],
        "preview": number,
        "reason": form.reason.data,
        "valid_from": str(form.valid_from.data or ""),
    }
    return await _ask(who, IMPORT, "导入监管对象名录", arguments, "/jobs/{}")


async def preview(running: Running) -> dict[str, Any]:
    """Look through an uploaded file; the outcome has the counts, and a workbook where there are faults."""
    said = running.job.arguments
    found = await preview_entities(
        uploads.kept(said["file"], running.folder),
        running.job.bureau,
        await district_finder(running.job.bureau),
        sheet=said["sheet"],
        complete=said["complete"],
        of_kind=said["kind"],
        watch=running.tell,
    )
    outcome = _outcome(found) | {"path": f"/entities/import/{running.job.id}", "words": "查看预览"}
    return outcome | await anyio.to_thread.run_sync(_fault_list, running, found)


async def bring_in(running: Running) -> dict[str, Any]:
    """Import the file that was previewed, and no other."""
    said = running.job.arguments
    path = uploads.kept(said["file"], running.folder)
    if await anyio.to_thread.run_sync(_digest, path) != said["sha256"]:
        raise Refused("文件与预览时不同，没有导入。请重新上传。")
    found = await import_entities(
        path,
        running.job.bureau,
        await district_finder(running.job.bureau),
        actor=Actor("staff", running.job.actor),
        reason=said["reason"],
        sheet=said["sheet"],
        complete=said["complete"],
        of_kind=said["kind"],
        valid_from=date.fromisoformat(said["valid_from"]) if said["valid_from"] else None,
        watch=running.tell,
    )
    if found.refused:
        raise Refused("文件有必须改正的问题，没有写入任何内容。请重新上传查看。")
    told = f"新增 {found.new:,} 家，变更 {found.changed:,} 家，不变 {found.unchanged:,} 家，退出 {found.retired:,} 家。"
    log = (
        "与名录一致，没有变化。" if found.entry is None else f"已记入操作日志第 {found.entry} 条。"
    )
    waiting = sum(found.report.set_aside.values())
    path_on = "/entities?state=set-aside" if waiting else "/entities"
    words = f"补正待核的 {waiting:,} 处" if waiting else "查看名录"
    return {"lines": [told, log], "path": path_on, "words": words}


def _outcome(found: EntityImport) -> dict[str, Any]:
    report = found.report
    return {
        "refused": found.refused,
        "sha256": report.sha256,
        "counts": {
            name: getattr(found, name)
            for name in ("new", "changed", "unchanged", "retired", "still_retired")
        }
        | {"read": report.read, "duplicates": report.duplicates},
        "remarks": list(report.remarks),
        "folds": [
            f"代码写法统一（{FOLDS[fold]}）：{number} 个" for fold, number in report.folds.items()
        ],
        "reasons": [
            [grade, REASONS[reason], number]
            for grade, by_reason in (("拒绝", report.refused), ("待核", report.set_aside))
            for reason, number in by_reason.items()
        ],
        "differences": [
            [one.id, one.name, CONTENT.get(one.field, "待核原因"), str(one.old), str(one.new)]
            for one in found.differences
        ],
        "faults": [
            [GRADES[one.grade], one.sheet, one.row, one.column, one.value, one.sentence]
            for one in report.faults[:SHOWN]
        ],
        "faults_in_all": len(report.faults) + report.unlisted,
    }


def _fault_list(running: Running, found: EntityImport) -> dict[str, Any]:
    """Write the faults as a workbook among the job's files; nothing where there are none."""
    if not found.report.faults:
        return {}
    name = f"{running.job.id}-{secrets.token_hex(8)}.xlsx"
    with running.path(name).open("wb") as target:
        write_faults(target, found.report)
    return {"file": name, "as": "导入问题清单.xlsx", "type": XLSX}


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _whole_bureau(who: Principal) -> None:
    """Raise Refused for a person of some districts: a sheet may hold, and retire, entities of all."""
    if who.districts:
        raise Refused(
            "导入表格会涉及全单位的名录，须由辖区为全单位的人员办理。您可以逐家登记和变更。"
        )


async def _job_of(who: Principal, number: int, kind: str) -> Job:
    found = await jobs.job(who.bureau, number, who.account)
    if found.kind != kind:
        raise NotFound("没有这次导入的预览，请重新上传文件。")
    return found


async def _asked_already(who: Principal, preview_number: int) -> bool:
    """Say whether a preview has led to an import that is done or under way."""
    return any(
        one.kind == IMPORT
        and one.arguments["preview"] == preview_number
        and (one.open or one.state == "done")
        for one in await jobs.jobs_of(who.bureau, who.account, limit=200)
    )


async def _ask(
    who: Principal, kind: str, title: str, arguments: Mapping[str, Any], path: str
) -> Redirect:
    async def work(deed: Deed) -> int:
        return await jobs.ask(
            deed,
            bureau=who.bureau,
            kind=kind,
            title=title,
            arguments=arguments,
            account=who.account,
        )

    return done(path.format(await database.deed(work, actor=who.actor())))


def _words(found: Job, form: RunForm) -> dict[str, Any]:
    return {
        "title": "导入预览",
        "back": HERE,
        "form": form,
        "job": found,
        "outcome": found.outcome,
        "complete": found.arguments["complete"],
    }


HANDLERS: Final = [upload_page, upload_post, preview_page, run_post]
JOBS: Final = {PREVIEW: preview, IMPORT: bring_in}
