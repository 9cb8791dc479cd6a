"""The application: every room's routes behind one set of guards, headers and error pages; and its background worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from litestar import Litestar
from litestar.di import Provide
from litestar.types import Middleware

from app import (
    access,
    api,
    assets,
    audit_check_pages,
    audit_pages,
    calendar_pages,
    draw_pages,
    entity_edit_pages,
    entity_import_pages,
    entity_pages,
    errors,
    home,
    inspector_edit_pages,
    inspector_pages,
    item_pages,
    job_pages,
    plan_edit_pages,
    plan_pages,
    plan_round_pages,
    plan_step_pages,
    recusal_pages,
    reference_sheet_pages,
    rendering,
    security,
    style_pages,
)
from app.accounts import (
    account_key,
    account_pages,
    sign_in_pages,
    staff_pages,
    token_pages,
    witness_pages,
)
from app.accounts.authentication import Authentication
from app.accounts.token_authentication import TokenAuthentication
from app.draws.rehearsal_actions import is_rehearsal
from app.jobs import Work, Worker
from app.publication import public_pages, verify_page
from app.settings import Settings
from registries import database
from registries.engines import engine_for

# Rooms in the order of the navigation. Each has `HANDLERS`, and may have `LINKS` (navigation), `JOBS`
# (background work by kind) and `tasks` (what waits for a person, for the first page).
ROOMS: Final[tuple[Any, ...]] = (
    home,
    entity_pages,
    entity_edit_pages,
    entity_import_pages,
    inspector_pages,
    inspector_edit_pages,
    item_pages,
    recusal_pages,
    calendar_pages,
    reference_sheet_pages,
    plan_pages,
    plan_edit_pages,
    plan_round_pages,
    plan_step_pages,
    draw_pages,
    audit_pages,
    audit_check_pages,
    account_pages,
    token_pages,
    job_pages,
    api,
    verify_page,
    public_pages,
    staff_pages,
    witness_pages,
)
MOST_UPLOADED: Final = 10_000_000


def create(settings: Settings) -> Litestar:
    """Return the application for these settings. Raises RuntimeError for a route without access."""
    database.use(engine_for(settings.database_url))
    errors.log_to(settings.log_folder)
    app = Litestar(
        route_handlers=handlers(settings),
        guards=[access.guard],
        middleware=_middleware(settings),
        csrf_config=security.csrf(settings, account_key.digest("csrf")),
        before_send=[security.add_headers(settings)],
        exception_handlers=dict(errors.HANDLERS),
        template_config=rendering.config(),
        dependencies={"settings": Provide(lambda: settings, sync_to_thread=False)},
        lifespan=[_running(settings)],
        openapi_config=None,
        request_max_body_size=MOST_UPLOADED,
        logging_config=None,
        debug=False,
    )
    app.state.rehearsal = is_rehearsal(settings.database_url)
    app.state.tasks = [room.tasks for room in ROOMS if hasattr(room, "tasks")]
    app.state.links = [link for room in ROOMS for link in getattr(room, "LINKS", ())]
    access.check_routes(app)
    return app


def handlers(settings: Settings) -> list[Any]:
    """Return the handlers of the faces that this process serves; where anybody signs in, the way in."""
    signed = {"staff", "field"} & set(settings.faces)
    # Where nobody signs in, the address alone leads to the public pages.
    way_in = sign_in_pages.HANDLERS if signed else [public_pages.front_door]
    shown = (*ROOMS, style_pages) if settings.development else ROOMS
    rooms = [one for room in shown for one in room.HANDLERS]
    return [assets.static_file, assets.favicon, *way_in, *access.of_faces(rooms, settings.faces)]


def kinds() -> dict[str, Work]:
    """Return the kinds of background work of all rooms."""
    return {kind: work for room in ROOMS for kind, work in getattr(room, "JOBS", {}).items()}


def _middleware(settings: Settings) -> list[Middleware]:
    return [security.SameOrigin(settings), Authentication(settings), TokenAuthentication()]


def _running(settings: Settings) -> Callable[[Litestar], Any]:
    """Return the application's life: the database's pool open, and the worker at work."""

    @contextlib.asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:  # noqa: ARG001 - Litestar's signature.
        async with database.connected():
            if not settings.worker:
                yield
                return
            worker = asyncio.create_task(Worker(kinds(), settings.files_folder).run())
            try:
                yield
            finally:
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)

    return running
