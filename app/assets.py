"""Our stylesheet and scripts, held in memory and named by their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from app.access import anyone

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
KEPT: Final = "public, max-age=31536000, immutable"
DIGITS = 12


def address(name: str) -> str:
    """Return the address of a file of `static/`. Raises KeyError for a name that is not there."""
    return f"/static/{_digests()[name]}/{name}"


@get("/static/{digest:str}/{name:str}", opt=anyone("public"), sync_to_thread=False)
def static_file(
    digest: Annotated[str, PathParameter()], name: Annotated[str, PathParameter()]
) -> Response[bytes]:
    """Send a file under the digest of its present content."""
    if _digests().get(name) != digest:
        raise NotFoundException
    return Response(
        _contents()[name],
        media_type=TYPES[Path(name).suffix],
        headers={"cache-control": KEPT},
    )


@get("/favicon.ico", opt=anyone("public"), sync_to_thread=False)
def favicon() -> Response[bytes]:
    """Send the mark that browsers show beside the title; they ask for it by this name unbidden."""
    return Response(_contents()["mark.svg"], media_type=TYPES[".svg"])


@cache
def _contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in TYPES}


@cache
def _digests() -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest()[:DIGITS] for name, data in _contents().items()}
