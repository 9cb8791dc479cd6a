"""Prepare a draw under the published plan: what a clerk enters may change or be given up until it is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from app.draws import settings_rules
from app.draws.draw_reads import draws_of
from app.draws.settings_rules import Settings
from app.draws.state_rules import SIGNED, after
from app.draws.tables import PreparationTable
from app.plans import tables as plans
from registries import audit_log
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused
from sampling.encoding import jcs, parse_jcs

EVENTS: Final[dict[str, str]] = {
    "draw:prepare": "准备一次抽查",
    "draw:change": "修改准备中的抽查",
    "draw:abandon": "放弃准备",
}
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Preparation:
    """A draw that is being prepared: it has no number, and may change or be given up."""

    id: int
    bureau: str
    plan: int
    round: int
    settings: Settings
    prepared_by: str
    prepared_at: datetime
    abandoned_at: datetime | None


async def prepare(deed: Deed, *, bureau: str, year: int, number: int, settings: Settings) -> int:
    """Prepare round `number` of the year's published plan; return the preparation's own number.

    Raises NotFound where no plan is published, Refused where it has no such round or the round is
    drawn already, Invalid with every fault of the settings.
    """
    plan = await plans.binding_plan(bureau, year)
    if not 1 <= number <= len(plan.content.rounds):
        raise Refused(
            f"{year} 年度计划只有 {len(plan.content.rounds)} 次抽查，没有第 {number} 次。"
        )
    await _refuse_drawn_round(bureau, year, number)
    _check(settings, plan, number, today_of(deed.now))
    text = jcs(msgspec.to_builtins(settings)).decode()
    rows = await PreparationTable.insert(
        PreparationTable(
            bureau=bureau,
            plan=plan.id,
            round=number,
            settings=text,
            prepared_by=deed.actor.name,
            prepared_at=deed.now,
        )
    ).returning(PreparationTable.id)
    made = int(rows[0]["id"])
    new = {"plan": f"{year}/{plan.version}", "round": number, "settings": _object(text)}
    await _log(deed, "draw:prepare", bureau, made, new)
    return made


async def change(deed: Deed, *, bureau: str, preparation: int, settings: Settings) -> None:
    """Replace the settings of a draw that is not frozen. Raises NotFound, Refused, Invalid."""
    old = await open_preparation(bureau, preparation)
    plan = await plans.plan_by_id(old.plan)
    _check(settings, plan, old.round, today_of(deed.now))
    text = jcs(msgspec.to_builtins(settings)).decode()
    await PreparationTable.update({PreparationTable.settings: text}).where(
        PreparationTable.id == old.id
    )
    previous = jcs(msgspec.to_builtins(old.settings)).decode()
    await _log(
        deed,
        "draw:change",
        bureau,
        old.id,
        {"settings": _object(text)},
        {"settings": _object(previous)},
    )


async def abandon(deed: Deed, *, bureau: str, preparation: int, reason: str) -> None:
    """Give up a preparation; it leaves no gap in the numbers, because it never had one."""
    if not reason.strip():
        raise Invalid("请写明理由。", {"reason": ["请填写放弃准备的理由。"]})
    old = await open_preparation(bureau, preparation)
    await PreparationTable.update({PreparationTable.abandoned_at: deed.now}).where(
        PreparationTable.id == old.id
    )
    state = after("prepared", "abandon")
    await _log(deed, "draw:abandon", bureau, old.id, {"state": state}, reason=reason)


async def open_preparation(bureau: str, number: int) -> Preparation:
    """Return a preparation that may still change. Raises NotFound, Refused once it is frozen."""
    rows = [one for one in await preparations(bureau) if one.id == number]
    if not rows:
        raise NotFound(f"没有编号为 {number} 的抽查准备。请用 yaohao draw list 查看。")
    if rows[0].abandoned_at is not None:
        raise Refused("这次准备已经放弃，请重新准备。")
    frozen = [draw for draw in await draws_of(bureau) if draw.preparation == number]
    if frozen:
        raise Refused(f"这次抽查已冻结为 {frozen[0].number}，不能再改。确有错误只能依规定作废。")
    return rows[0]


async def preparations(bureau: str) -> list[Preparation]:
    """Return every preparation of a bureau, oldest first."""
    rows = (
        await PreparationTable.select()
        .where(PreparationTable.bureau == bureau)
        .order_by(PreparationTable.id)
    )
    return [
        Preparation(**{**row, "settings": msgspec.json.decode(row["settings"], type=Settings)})
        for row in rows
    ]


def today_of(now: datetime) -> date:
    """Return the day in China at a moment."""
    return now.astimezone(SHANGHAI).date()


async def _refuse_drawn_round(bureau: str, year: int, number: int) -> None:
    for draw in await draws_of(bureau):
        if draw.state in SIGNED and (draw.year, draw.round) == (year, number):
            raise Refused(f"第 {number} 次抽查已由 {draw.number} 完成，不能再抽一次。")


def _check(settings: Settings, plan: plans.Plan, number: int, today: date) -> None:
    faults = settings_rules.faults(settings, plan.content.rounds[number - 1], today)
    if faults:
        raise Invalid("抽查的设置有误，请改正后再试。", faults)


def _object(text: str) -> Any:
    return parse_jcs(text.encode())


async def _log(
    deed: Deed,
    event: str,
    bureau: str,
    preparation: int,
    new: Mapping[str, Any],
    previous: Mapping[str, Any] | None = None,
    *,
    reason: str = "",
) -> None:
    await audit_log.append(
        deed,
        event,
        bureau=bureau,
        subject=f"draw-preparation:{preparation}",
        previous=previous,
        new=new,
        reason=reason,
    )
