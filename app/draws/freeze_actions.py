"""Prepare a draw, look at it beforehand, freeze it: one deed, after which nothing of it can change (protocol §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from app.draws import books_reads, preview_rules, settings_rules
from app.draws.books_reads import Books, Place
from app.draws.draw_reads import Draw, draw_of, draws_of
from app.draws.preview_rules import Preview
from app.draws.settings_rules import Settings
from app.draws.state_rules import OPEN, SIGNED, STATES, after
from app.draws.step_actions import log, store_file, take_step
from app.draws.tables import DrawTable, PreparationTable, RehearsalTable
from app.draws.terms_rules import Chosen
from app.plans import tables as plans
from registries import audit_log, bulk
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused
from sampling.encoding import jcs, parse_jcs
from sampling.errors import FreezeRefused, ProtocolError
from sampling.frame import read_frame
from sampling.freeze import FreshDraw
from sampling.freeze import freeze as freeze_files
from sampling.quota import required_number

EVENTS: Final[dict[str, str]] = {
    "draw:prepare": "准备一次抽查",
    "draw:change": "修改准备中的抽查",
    "draw:abandon": "放弃准备",
    "draw:freeze": "冻结抽查并公布承诺",
}
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
ACCESS: Final[dict[str, str]] = {
    "plan.json": "public",
    "terms.json": "public",
    "verify.py": "public",
    "salt.txt": "sealed",
    "people.csv": "sealed",
}
"""Who may read a frozen file before unsealing; those not named are read by role (protocol §8)."""


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
    _check(settings, plan, number, _today(deed.now))
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
    _check(settings, plan, old.round, _today(deed.now))
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


async def preview(bureau: str, preparation: int, now: datetime) -> Preview:
    """Return what would be frozen now, and every reason why it must not be; writes nothing.

    Stands inside a deed or a snapshot. Raises NotFound, Refused where the books allow no frame at all.
    """
    one = await open_preparation(bureau, preparation)
    chosen, place = await _chosen(one, now)
    books = await books_reads.books(bureau, chosen, place)
    refusals = [*_faulty(chosen), *await _order_refusals(one, chosen)]
    fresh: FreshDraw | None = None
    try:
        fresh = freeze_files(books.policy, books.files, books.people.people_csv)
    except FreezeRefused as refused:
        refusals += preview_rules.refusal_sentences(refused, books.district_names)
    except ProtocolError as error:
        refusals.append(error.sentence)
    return _preview(books, fresh, tuple(refusals))


async def freeze(deed: Deed, *, bureau: str, preparation: int) -> Draw:
    """Freeze a prepared draw from the books of this moment: number, files, commitment, all at once.

    Everything is checked again here, whatever a preview said. The files, the step and the log entry
    commit together or not at all. Raises NotFound, Refused with every reason of protocol §3, §5, §7.6.
    """
    one = await open_preparation(bureau, preparation)
    chosen, place = await _chosen(one, deed.now)
    refusals = [*_faulty(chosen), *await _order_refusals(one, chosen)]
    if refusals:
        raise Refused("\n".join(refusals))
    books = await books_reads.books(bureau, chosen, place)
    fresh = _frozen(books)
    row = await _draw_row(deed, one, chosen, fresh)
    await DrawTable.insert(row)
    draw = replace(await _entered(row), state="prepared")
    await _store(draw.id, books, fresh)
    await take_step(deed, draw, "freeze", operator=deed.actor.name)
    await log(
        deed,
        draw,
        "draw:freeze",
        {
            "commitment": fresh.plan.commitment,
            "previous": fresh.plan.previous,
            "plan": f"{chosen.year}/{chosen.version}",
            "round": chosen.round,
            "preparation": one.id,
            "entities": len(fresh.frame.entities),
            "inspectors": len(fresh.frame.inspectors),
        },
    )
    return await draw_of(bureau, draw.number)


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


async def series_of_database() -> str:
    """Return `rehearsal` in a scratch database of a rehearsal (演练), `formal` everywhere else."""
    return "rehearsal" if await RehearsalTable.exists() else "formal"


async def _chosen(one: Preparation, now: datetime) -> tuple[Chosen, Place]:
    plan = await plans.plan_by_id(one.plan)
    series = await series_of_database()
    earlier = [draw for draw in await draws_of(one.bureau) if draw.series == series]
    today = _today(now)
    sequence = 1 + sum(draw.year == today.year for draw in earlier)
    prefix = "YL-" if series == "rehearsal" else ""
    place = Place(
        number=f"{prefix}{today.year}-{sequence:02d}",
        previous=earlier[-1].commitment if earlier else "",
        frozen_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
    )
    chosen = Chosen(plan.content, plan.year, plan.version, one.round, one.settings, today, series)
    return chosen, place


def _faulty(chosen: Chosen) -> list[str]:
    faults = settings_rules.faults(chosen.settings, chosen.planned, chosen.on)
    found = [fault for lines in faults.values() for fault in lines]
    if chosen.on.year != chosen.year:
        found.append(
            f"{chosen.year} 年度的抽查只能在当年冻结，请按 {chosen.on.year} 年度计划准备。"
        )
    return found


async def _order_refusals(one: Preparation, chosen: Chosen) -> list[str]:
    """Return what the bureau's other draws and the plan's newer versions have against this one."""
    found = []
    binding = await plans.binding_plan(one.bureau, chosen.year)
    if binding.id != one.plan:
        found.append(
            f"计划已修订为第 {binding.version} 版，这次准备依据的是第 {chosen.version} 版，请重新准备。"
        )
    for draw in await draws_of(one.bureau):
        if draw.state in OPEN:
            found.append(
                f"抽查 {draw.number} 现在是“{STATES[draw.state]}”，须先签字或作废，才能冻结下一次。"
            )
        elif draw.state in SIGNED and (draw.year, draw.round) == (chosen.year, one.round):
            found.append(f"第 {one.round} 次抽查已由 {draw.number} 完成，不能再抽一次。")
    return found


async def _refuse_drawn_round(bureau: str, year: int, number: int) -> None:
    for draw in await draws_of(bureau):
        if draw.state in SIGNED and (draw.year, draw.round) == (year, number):
            raise Refused(f"第 {number} 次抽查已由 {draw.number} 完成，不能再抽一次。")


def _frozen(books: Books) -> FreshDraw:
    try:
        return freeze_files(books.policy, books.files, books.people.people_csv)
    except FreezeRefused as refused:
        sentences = preview_rules.refusal_sentences(refused, books.district_names)
        raise Refused("现在不能冻结：\n" + "\n".join(sentences)) from refused
    except ProtocolError as error:
        raise Refused(f"现在不能冻结：{error.sentence}") from error


async def _draw_row(deed: Deed, one: Preparation, chosen: Chosen, fresh: FreshDraw) -> DrawTable:
    number = fresh.plan.draw
    return DrawTable(
        bureau=one.bureau,
        series=chosen.series,
        year=chosen.year,
        sequence=int(number.rpartition("-")[2]),
        number=number,
        preparation=one.id,
        plan=one.plan,
        round=one.round,
        title=chosen.settings.title,
        total=fresh.plan.allocation.total,
        commitment=fresh.plan.commitment,
        previous=fresh.plan.previous,
        hall_mode=chosen.settings.hall_mode,
        tasks_end=chosen.settings.tasks_end,
        unseal_by=chosen.settings.unseal_by,
        standby_witness=chosen.settings.standby_witness,
        frozen_by=deed.actor.name,
        frozen_at=deed.now,
    )


async def _entered(row: DrawTable) -> Draw:
    stored = await DrawTable.select().where(DrawTable.commitment == row.commitment).first()
    if stored is None:
        raise NotFound("抽查没有存入，请重试。")
    return Draw(**stored, state="prepared")


async def _store(draw: int, books: Books, fresh: FreshDraw) -> None:
    files: dict[str, bytes] = {
        "plan.json": fresh.plan_json,
        **books.files,
        "people.csv": books.people.people_csv,
        "verify.py": books_reads.verifier(),
    }
    for name, content in files.items():
        await store_file(draw, name, content, ACCESS.get(name, "roles"))
    await bulk.load(
        "draw_person",
        ("draw", "pseudonym", "inspector"),
        [(draw, pseudonym, who) for who, pseudonym in books.people.pseudonyms.items()],
    )


def _preview(books: Books, fresh: FreshDraw | None, refusals: tuple[str, ...]) -> Preview:
    frame = fresh.frame if fresh else read_frame(books.files)
    policy = books.policy
    population = len(frame.entities) + len(frame.excluded) + policy.out_of_scope
    names = books.district_names
    return Preview(
        number=policy.draw,
        title=policy.title,
        population=population,
        frame=len(frame.entities),
        out_of_scope=policy.out_of_scope,
        excluded=dict(books.excluded),
        left_out=Counter(one.reason or "" for one in books.people.left_out),
        eligible=len(books.people.eligible),
        required=required_number(population, policy.ratio_permille, policy.floor, policy.mode),
        drawn_before=policy.drawn_before,
        total=policy.allocation.total,
        strata=preview_rules.strata_of(fresh, names) if fresh else (),
        staffing=preview_rules.staffing_of(fresh, books.people, policy, names) if fresh else (),
        refusals=refusals,
    )


def _check(settings: Settings, plan: plans.Plan, number: int, today: date) -> None:
    faults = settings_rules.faults(settings, plan.content.rounds[number - 1], today)
    if faults:
        raise Invalid("抽查的设置有误，请改正后再试。", faults)


def _today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


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
