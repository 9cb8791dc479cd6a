"""The verify page: one file that checks a bundle in any browser, served, or saved and opened from a stick.

`python -m app.publication.verify_page FILE` writes it. Its script and its style stand inside; a policy of its own
allows these two by their SHA-256 and nothing else, in the file and in the header of its route alike.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import sys
from pathlib import Path
from string import Template
from typing import Final

from litestar import Response, get
from litestar.enums import MediaType

from app.access import anyone

FOLDER: Final = Path(__file__).parent / "verify"
# In the order in which each needs only those before it.
MODULES: Final = (
    "bytes",
    "canonical",
    "fraction",
    "plan",
    "frame",
    "shares",
    "seed",
    "teams",
    "archive",
    "verifying",
    "company",
    "page",
)
_IMPORT: Final = re.compile(r"^import [^;]+;\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=function|class|const|async)", re.MULTILINE)
_NAME: Final = re.compile(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


def script() -> str:
    """Return the modules as one script that leaves nothing behind but `yaohaoCheck` and `yaohaoWord`.

    Modules of a page opened from a disk are refused by browsers, so they are joined: imports go, because every
    name is known by then. Raises ValueError where two modules use one name for two things.
    """
    texts = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    joined = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)
    names = _NAME.findall(joined)
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"modules of the verify page share names: {', '.join(twice)}")
    return f'"use strict";\n(() => {{\n{joined}}})();\n'


@functools.cache
def page() -> tuple[str, str]:
    """Return the whole page and the policy that allows its script and its style."""
    code, style = script(), (FOLDER / "page.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src '{_allowed(code)}'; style-src '{_allowed(style)}';"
        " base-uri 'none'; form-action 'none'"
    )
    frame = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
    return frame.substitute(policy=policy, style=style, script=code), policy


@get("/verify", opt=anyone("public"), sync_to_thread=False)
def verify_page() -> Response[str]:
    """Send the page, with its own policy in place of everybody's."""
    text, policy = page()
    headers = {
        "content-security-policy": f"{policy}; frame-ancestors 'none'",
        "cache-control": "public, max-age=300",
    }
    return Response(text, media_type=MediaType.HTML, headers=headers)


def _allowed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


HANDLERS: Final = [verify_page]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page()[0], encoding="utf-8")
