"""Background work on the web: how far it is, what came of it, and the file it made."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.response import File, Template

from app import jobs
from app.access import signed_in
from app.accounts.authentication import principal
from app.lists import attachment
from app.rendering import Crumb, Link, page
from app.settings import Settings
from registries.errors import NotFound

LINKS: Final = (Link("我的", "后台任务", "/jobs"),)


@get("/jobs", opt=signed_in())
async def jobs_page(request: Request[Any, Any, Any]) -> Template:
    """List the newest jobs that the person has asked for."""
    who = principal(request)
    found = await jobs.jobs_of(who.bureau, who.account)
    return page(request, "jobs/jobs.html", title="后台任务", jobs=found, states=jobs.STATES)


@get("/jobs/{number:int}", opt=signed_in())
async def job_page(
    request: Request[Any, Any, Any], number: Annotated[int, PathParameter(ge=1, le=2**53)]
) -> Template:
    """Show how far a job is; the page looks again by itself."""
    who = principal(request)
    found = await jobs.job(who.bureau, number, who.account)
    return page(
        request,
        "jobs/job.html",
        title=found.title,
        back=(Crumb("后台任务", "/jobs"),),
        job=found,
        states=jobs.STATES,
    )


@get("/jobs/{number:int}/file", opt=signed_in())
async def job_file(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    number: Annotated[int, PathParameter(ge=1, le=2**53)],
) -> File:
    """Send the file that a job has made, to whoever asked for it."""
    who = principal(request)
    found = await jobs.job(who.bureau, number, who.account)
    name = found.outcome.get("file", "")
    path = settings.files_folder / name
    if found.state != "done" or not name or not path.is_file():
        raise NotFound("这项任务没有文件，或文件已清理。请重新导出。")
    return File(
        path,
        filename=found.outcome["as"],
        media_type=found.outcome["type"],
        headers=attachment(found.outcome["as"]),
    )


HANDLERS: Final = [jobs_page, job_page, job_file]
