"""What the operation log says of a draw's published values: the tables may be edited, the log shows it.

The log can be held against a checkpoint kept elsewhere, the tables of a ceremony cannot; so every step that others
rely on takes the values as they were logged when they were shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.draws.draw_reads import Draw
from registries import audit_log
from registries.errors import Refused

# Event → the values that its entry fixes.
FIXED: Final[dict[str, tuple[str, ...]]] = {
    "draw:freeze": ("commitment",),
    "draw:fix-parts": ("parts_digest",),
    "draw:fix-dice": ("dice",),
    "draw:run": ("root", "result_digest"),
}
NAMES: Final = {
    "commitment": "承诺",
    "parts_digest": "各方输入摘要",
    "dice": "骰子数字",
    "root": "总根",
    "result_digest": "结果摘要",
}
MOST: Final = 10_000


async def check_against_log(draw: Draw, told: Mapping[str, str]) -> None:
    """Raise Refused where a value of a draw is not the one that was logged, or was logged twice."""
    seen: set[str] = set()
    for logged in await audit_log.entries(
        bureau=draw.bureau, subject=f"draw:{draw.number}", limit=MOST
    ):
        if logged.event not in FIXED:
            continue
        if logged.event in seen:
            raise _contradiction(f"操作日志里“{logged.event}”出现了两次")
        seen.add(logged.event)
        new = logged.entry().new or {}
        for name in FIXED[logged.event]:
            if name in told and name in new and told[name] != new[name]:
                raise _contradiction(f"数据库里的{NAMES[name]}与操作日志记载的不同")


def _contradiction(what: str) -> Refused:
    return Refused(
        f"{what}，有人改动过，不能继续。请保留现场，运行 yaohao audit verify 查明，并报告纪检监察机构。"
    )
