"""The public site as a server sends it: the same files as on a stick, made when they are asked for."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect

from app.access import anyone
from app.publication import verify_page
from app.publication.public_site import site_of, type_of
from registries import bureaus

AnyRequest = Request[Any, Any, Any]
Code = Annotated[str, PathParameter(max_length=6)]
Place = Annotated[str, PathParameter(max_length=200)]
# What has the digest of its bytes elsewhere on the site may be kept for a while; pages follow the books at once.
KEPT: Final = "public, max-age=60"


@get("/public", opt=anyone("public"))
async def home() -> Redirect:
    """Lead to the site of the bureau of this installation, or of the first of several."""
    known = await bureaus.bureaus()
    if not known:
        raise NotFoundException
    return Redirect(f"/public/{known[0].code}/index.html", status_code=303)


@get("/", opt=anyone("public"), sync_to_thread=False)
def front_door() -> Redirect:
    """Lead from the bare address to the public pages, in a process that serves nothing else."""
    return Redirect("/public", status_code=303)


@get("/public/{code:str}/{place:path}", opt=anyone("public"))
async def public_file(code: Code, place: Place) -> Response[bytes]:
    """Send a file of a bureau's public site."""
    path = place.lstrip("/")
    site = await site_of(code)
    if path not in site.files:
        raise NotFoundException
    headers = {"cache-control": KEPT}
    if path == "verify.html":
        headers["content-security-policy"] = verify_page.page()[1] + "; frame-ancestors 'none'"
    return Response(await site.files[path](), media_type=type_of(path), headers=headers)


HANDLERS: Final = [home, public_file]
