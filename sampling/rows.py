"""The rows of the frozen files: their headers, their forms, and reading them (protocol §1, §2).

The row forms are checked by one compiled pattern per file over chunks of text, because a frame
of 1,500,000 rows has to be read in seconds; only a chunk that fails is looked at row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sampling.errors import ProtocolError
from sampling.plan_form import DISTRICT, NAME_CHARACTER

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "entities.csv": ("id", "district", "grade", "kind", "name"),
    "excluded.csv": ("id", "reason"),
    "inspectors.csv": ("inspector", "home", "can_lead", "prior"),
    "left_out.csv": ("inspector", "reason"),
    "recusals.csv": ("inspector", "entity", "reason"),
    "people.csv": ("inspector", "certificate", "name", "salt"),
}

_ID, INSPECTOR = "[0-9A-Z]{1,40}", "[0-9A-Za-z-]{1,40}"
_REASON = "[a-z0-9-]{1,40}"
_CODES = "[a-z0-9-]+(?:[+][a-z0-9-]+)*"
_PLAIN = NAME_CHARACTER.replace("[^", '[^,"')
# The look-ahead wants a comma or a doubled quote inside, since needless quotes are refused.
_QUOTED = f'"(?=[^,"\n]*(?:,|""))(?:{_PLAIN}|,|""){{1,200}}"'
_NAME = f"(?:{_PLAIN}{{1,200}}|{_QUOTED})"

_ROWS: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(f"^{row}\n", re.MULTILINE)
    for name, row in {
        "entities.csv": f"({_ID}),({DISTRICT},[ABC-]),({_CODES}),{_NAME}",
        "excluded.csv": f"({_ID}),({_REASON})",
        "inspectors.csv": f"({INSPECTOR}),(-|{DISTRICT}(?:[+]{DISTRICT})*),([01]),([0-9]{{1,4}})",
        "left_out.csv": f"({INSPECTOR}),({_REASON})",
        "recusals.csv": f"({INSPECTOR}),({_ID}),({_REASON})",
    }.items()
}
_CHUNK: Final = 1 << 22


def chunks(data: bytes, file: str) -> Iterator[list[Any]]:
    """Yield the pattern's groups of every row, some megabytes at a time; refuse a bad row."""
    header = (",".join(HEADERS[file]) + "\n").encode()
    if not data.startswith(header):
        raise ProtocolError("rows", f"{file}：首行必须是“{header.decode().strip()}”。")
    if not data.endswith(b"\n"):
        raise ProtocolError("rows", f"{file}：最后一行没有以换行结束。")
    start, line, pattern = len(header), 2, _ROWS[file]
    while start < len(data):
        end = data.find(b"\n", min(start + _CHUNK, len(data) - 1)) + 1
        try:
            text = data[start:end].decode()
        except UnicodeDecodeError as error:
            raise ProtocolError("rows", f"{file}：不是 UTF-8 编码。") from error
        rows, expected = pattern.findall(text), text.count("\n")
        # Every match starts a line and holds one LF, so equal counts mean that each line matched.
        if len(rows) != expected:
            bad = next(
                number
                for number, row in enumerate(text.split("\n"), start=line)
                if not pattern.fullmatch(row + "\n")
            )
            raise ProtocolError("rows", f"{file}：第 {bad} 行的写法不合规定。")
        yield rows
        start, line = end, line + expected


def rows_of(data: bytes, file: str) -> Iterator[Any]:
    """Yield the fields of every row of a frozen file; ProtocolError `rows` at the first bad one."""
    for rows in chunks(data, file):
        yield from rows
