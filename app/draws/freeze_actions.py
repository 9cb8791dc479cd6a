"""Look at a prepared draw, and freeze it: one deed, after which nothing of it can change (protocol §2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.draws import books_reads, preview_rules, settings_rules
from app.draws.books_reads import Books, Place
from app.draws.draw_reads import Draw, draw_of, draws_of
from app.draws.preparation_actions import Preparation, open_preparation, today_of
from app.draws.preview_rules import Preview
from app.draws.state_rules import OPEN, SIGNED, STATES
from app.draws.step_actions import log, store_file, take_step
from app.draws.tables import DrawTable, RehearsalTable
from app.draws.terms_rules import Chosen
from app.plans import tables as plans
from registries import bulk
from registries.database import Deed
from registries.errors import NotFound, Refused
from sampling.errors import FreezeRefused, ProtocolError
from sampling.frame import read_frame
from sampling.freeze import FreshDraw
from sampling.freeze import freeze as freeze_files
from sampling.quota import required_number

EVENTS: Final[dict[str, str]] = {
    "draw:freeze": "冻结抽查并公布承诺",
}
ACCESS: Final[dict[str, str]] = {
    "plan.json": "public",
    "terms.json": "public",
    "verify.py": "public",
    "salt.txt": "sealed",
    "people.csv": "sealed",
}
"""Who may read a frozen file before unsealing; those not named are read by role (protocol §8)."""


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
    row = _draw_row(deed, one, chosen, fresh)
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


async def series_of_database() -> str:
    """Return `rehearsal` in a scratch database of a rehearsal (演练), `formal` everywhere else."""
    return "rehearsal" if await RehearsalTable.exists() else "formal"


async def _chosen(one: Preparation, now: datetime) -> tuple[Chosen, Place]:
    plan = await plans.plan_by_id(one.plan)
    series = await series_of_database()
    earlier = [draw for draw in await draws_of(one.bureau) if draw.series == series]
    today = today_of(now)
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


def _frozen(books: Books) -> FreshDraw:
    try:
        return freeze_files(books.policy, books.files, books.people.people_csv)
    except FreezeRefused as refused:
        sentences = preview_rules.refusal_sentences(refused, books.district_names)
        raise Refused("现在不能冻结：\n" + "\n".join(sentences)) from refused
    except ProtocolError as error:
        raise Refused(f"现在不能冻结：{error.sentence}") from error


def _draw_row(deed: Deed, one: Preparation, chosen: Chosen, fresh: FreshDraw) -> DrawTable:
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
