"""What a clerk enters for one draw, beyond what the published plan already fixes."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

import msgspec

from app.draws.scope_rules import months_before
from app.plans.rules import Round

HALL_MODES: Final = {"counts": "大屏只显示各区各组家数", "open": "大屏显示名单，签字后即启封"}
_TEXT = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")
LONGEST_SEAL_MONTHS: Final = 12
FEWEST_DICE: Final = 6
MOST_DICE: Final = 60
MOST_GUESTS: Final = 60


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The choices of one draw. How many, how densely and from where is the plan's, not the clerk's.

    `dice_source` is empty for dice in the hall, and names a public lottery's coming digits for a
    remote draw.
    """

    title: str
    tasks_start: date
    tasks_end: date
    unseal_by: date
    standby_witness: str
    guests: int = 2
    dice: int = 10
    dice_source: str = ""
    hall_mode: Literal["counts", "open"] = "counts"


def faults(settings: Settings, planned: Round, today: date) -> dict[str, list[str]]:
    """Return every fault of the settings under its field; none if the draw may be frozen today."""
    found: dict[str, list[str]] = {}
    for field, words in (("title", "抽查名称"), ("standby_witness", "候补见证人姓名")):
        if not _TEXT.fullmatch(getattr(settings, field)):
            found[field] = [f"请填写{words}（1 至 200 字）。"]
    if settings.tasks_start < today:
        found["tasks_start"] = [f"任务开始日期不能早于今天（{today}）。"]
    if settings.tasks_end < settings.tasks_start:
        found["tasks_end"] = ["任务结束日期不能早于开始日期。"]
    elif settings.tasks_start.year != planned.starts.year:
        found["tasks_start"] = [f"任务应在计划年度 {planned.starts.year} 年内开始。"]
    if settings.unseal_by < settings.tasks_end:
        found["unseal_by"] = ["启封期限不能早于任务结束日期。"]
    elif months_before(settings.unseal_by, LONGEST_SEAL_MONTHS) > today:
        found["unseal_by"] = [f"启封期限最迟为冻结后 {LONGEST_SEAL_MONTHS} 个月。"]
    if not FEWEST_DICE <= settings.dice <= MOST_DICE:
        found["dice"] = [f"骰子位数应在 {FEWEST_DICE} 至 {MOST_DICE} 之间。"]
    if not 0 <= settings.guests <= MOST_GUESTS:
        found["guests"] = [f"特邀参与席位应在 0 至 {MOST_GUESTS} 之间。"]
    if len(settings.dice_source) > 200:
        found["dice_source"] = ["骰子来源不超过 200 字。"]
    return found
