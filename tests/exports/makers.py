"""Made-up documents for the tests: the samples that one can also look at, and what is in a file."""

from __future__ import annotations

import io
import zipfile

from benchmarks.render_documents import sample_assignment, sample_notice, sample_record
from exports.draw_record import draw_record
from exports.letters import inspection_notice
from exports.sheets import task_assignment


def documents(*, crowded: bool = False, rehearsal: bool = False) -> dict[str, bytes]:
    """Return a notice and a record, by name."""
    return {
        "notice": inspection_notice(sample_notice(crowded=crowded, rehearsal=rehearsal)),
        "record": draw_record(sample_record(crowded=crowded, rehearsal=rehearsal)),
    }


def everything() -> dict[str, bytes]:
    """Return one file of each kind, by name."""
    return {
        **{f"{name}-crowded": content for name, content in documents(crowded=True).items()},
        **{f"{name}-drill": content for name, content in documents(rehearsal=True).items()},
        "assignment": task_assignment(sample_assignment()),
    }


def parts(content: bytes) -> dict[str, str]:
    """Return the XML parts of an Office package, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = (name for name in package.namelist() if name.endswith((".xml", ".rels")))
        return {name: package.read(name).decode() for name in names}
