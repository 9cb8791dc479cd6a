"""Office packages (docx, xlsx are zips) whose bytes depend on nothing but their content."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from typing import IO, BinaryIO

_EPOCH = (1980, 1, 1, 0, 0, 0)  # The earliest time that a zip can carry.
_CORE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties \
xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\
<dc:creator>yaohao</dc:creator>\
<dcterms:created xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:modified>\
</cp:coreProperties>
"""


def write_reproducible(
    source: IO[bytes], target: BinaryIO, replace: Mapping[str, bytes] | None = None
) -> None:
    """Copy the Office package `source` to `target` with fixed times, order and core properties.

    `replace` gives the bytes of entries that are written instead of those in `source`.
    Entries are copied in blocks, so a large sheet needs no memory. `target` need not be seekable.
    """
    replaced = {"docProps/core.xml": _CORE.encode(), **(replace or {})}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        # [Content_Types].xml goes first, because some readers tell the kind of file by it.
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # Python writes 0 on Windows and 3 elsewhere if not told.
            with new.open(entry, "w", force_zip64=old.getinfo(name).file_size > 1 << 31) as out:
                if name in replaced:
                    out.write(replaced[name])
                else:
                    with old.open(name) as content:
                        shutil.copyfileobj(content, out, 1 << 18)
