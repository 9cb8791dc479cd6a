"""The answer to a form that does a deed: the way on, or the form again with what was typed and every fault."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from litestar import Request, Response

from app.accounts.authentication import principal
from app.rendering import done, invalid
from registries import database
from registries.database import Deed
from registries.errors import Conflict, Invalid, NotFound, Refused

T = TypeVar("T")


async def answer(
    request: Request[Any, Any, Any],
    form: Any,
    work: Callable[[Deed], Awaitable[T]],
    *,
    leads_to: Callable[[T], str],
    event: str,
    template: str,
    words: Mapping[str, Any],
    placed: Callable[[Invalid], Invalid] = lambda refusal: refusal,
    overtaken: Callable[[], Awaitable[None]] | None = None,
) -> Response[Any]:
    """Do the deed of a form that is in order and lead on; show it again where it is not, or is refused.

    `placed` renames the faults of a refusal to the fields of the form; `overtaken` adds to the form what has
    to be known when somebody else was first.
    """
    if not form.faults():
        try:
            made = await database.deed(work, actor=principal(request).actor())
        except Invalid as refusal:
            form.take(placed(refusal))
        except (Conflict, NotFound, Refused) as refusal:
            form.general.append(refusal.sentence)
            if overtaken and isinstance(refusal, Conflict):
                await overtaken()
        else:
            return done(leads_to(made), event)
    return invalid(request, template, **words)
