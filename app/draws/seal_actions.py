"""Sealed material: every reading is a deed with a purpose, until the draw opens (protocol §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from app.draws.ceremony_rules import check_unseal
from app.draws.draw_reads import (
    ALTERED,
    Draw,
    StoredFile,
    content_of,
    draws_of,
    files_of,
    unaltered,
)
from app.draws.state_rules import State
from app.draws.step_actions import log, take_step
from app.draws.tables import SealedPartTable, SealReadingTable
from registries.audit_entries import LoggedEntry
from registries.database import Deed
from registries.errors import Invalid, NotFound, Refused
from sampling.errors import ProtocolError
from sampling.verifying import Verified, derive

EVENTS = {
    "draw-seal:read": "查阅封存材料",
    "draw:unseal": "启封并公开",
}

# In these states everything but people.csv is public.
OPENED: frozenset[State] = frozenset({"unsealed", "void-public"})
NEVER_PUBLIC = frozenset({"people.csv"})
# Entries of the log that name who was drawn or who goes; who reads the log waits for the unsealing like everybody.
NAMING_EVENTS = frozenset({"draw-seat:replace", "draw-reserve:call-up"})


def is_public(draw: Draw, name: str, access: str) -> bool:
    """Say whether anybody may read this file of the draw now (protocol §8, "Who sees what, when")."""
    return access == "public" or (draw.state in OPENED and name not in NEVER_PUBLIC)


async def withheld(bureau: str, entries: Iterable[LoggedEntry]) -> frozenset[int]:
    """Return the numbers of those entries of the log whose text is not to be read before a draw opens."""
    naming = [one for one in entries if one.event in NAMING_EVENTS]
    if not naming:
        return frozenset()
    opened = {f"draw:{one.number}" for one in await draws_of(bureau) if one.state in OPENED}
    return frozenset(one.number for one in naming if one.subject not in opened)


async def check_provable(bureau: str, entry: LoggedEntry) -> None:
    """Raise Refused where a proof would give away, with an entry's text, what a draw keeps sealed."""
    if await withheld(bureau, [entry]):
        raise Refused("这一条写有封存中的名单，证明会带上正文。请在抽查启封后再取证明。")


async def read_public_file(draw: Draw, name: str) -> bytes:
    """Return a file that is public now; NotFound otherwise, in the same words as for no such file."""
    found = (await files_of(draw)).get(name)
    if found is None or not is_public(draw, name, found.access):
        raise NotFound(f"抽查 {draw.number} 目前没有可公开查阅的文件 {name}。")
    return await _content(found)


async def read_file(deed: Deed, draw: Draw, name: str, *, purpose: str) -> bytes:
    """Return any file of a draw to somebody whose role allows it; a sealed reading is recorded.

    Raises NotFound where there is no such file yet, Invalid where a sealed reading has no purpose.
    """
    return (await read_files(deed, draw, [name], purpose=purpose))[name]


async def read_files(deed: Deed, draw: Draw, names: list[str], *, purpose: str) -> dict[str, bytes]:
    """Return several files of a draw; the sealed ones that are not public yet are recorded as read."""
    stored = await files_of(draw)
    missing = [name for name in names if name not in stored]
    if missing:
        raise NotFound(f"抽查 {draw.number} 还没有这些文件：{'、'.join(missing)}。")
    logged = [
        name
        for name in names
        if stored[name].access == "sealed" and not is_public(draw, name, stored[name].access)
    ]
    if logged:
        await _record_reading(deed, draw, logged, purpose)
    return {name: await _content(stored[name]) for name in names}


async def _record_reading(deed: Deed, draw: Draw, names: list[str], purpose: str) -> None:
    if not purpose.strip():
        raise Invalid("请写明查阅目的。", {"purpose": ["封存材料每次查阅都要记录目的。"]})
    for name in names:
        await SealReadingTable.insert(
            SealReadingTable(
                draw=draw.id, file=name, reader=deed.actor.name, purpose=purpose, at=deed.now
            )
        )
    await log(deed, draw, "draw-seal:read", {"files": names}, reason=purpose)


async def _content(file: StoredFile) -> bytes:
    if file.access != "sealed":
        return await content_of(file)
    rows = (
        await SealedPartTable.select(SealedPartTable.content)
        .where(SealedPartTable.file == file.id)
        .order_by(SealedPartTable.position)
    )
    return unaltered(file, b"".join(bytes(row["content"]) for row in rows))


async def machine_read(draw: Draw, names: list[str]) -> dict[str, bytes]:
    """Return files for a computation of the system itself, whose output is what people see.

    Nobody reads the sealed bytes here, so no reading is recorded; pages and commands never call it.
    """
    stored = await files_of(draw)
    return {name: await _content(stored[name]) for name in names if name in stored}


def derived(files: Mapping[str, bytes]) -> Verified:
    """Return what frozen files, seed and result derive to. Raises Refused where they contradict each other."""
    try:
        return derive(files)
    except ProtocolError as error:
        raise Refused(f"{ALTERED.format('文件')}（{error}）") from error


async def sealed_numbers(bureau: str) -> frozenset[str]:
    """Return the numbers of the bureau's draws whose material is not open to everybody."""
    return frozenset(one.number for one in await draws_of(bureau) if one.state not in OPENED)


async def unseal(deed: Deed, draw: Draw, *, today: date, finished: bool, reason: str) -> State:
    """Open a draw to everybody: when its inspections are finished, at the latest on its day (§8)."""
    check_unseal(finished=finished, unseal_by=draw.unseal_by, today=today)
    return await open_to_all(deed, draw, finished=finished, reason=reason)


async def open_to_all(deed: Deed, draw: Draw, *, finished: bool, reason: str) -> State:
    """Take the step that opens a draw, without asking whether its time has come: the callers did."""
    state = await take_step(deed, draw, "unseal", operator=deed.actor.name, reason=reason)
    await log(deed, draw, "draw:unseal", {"state": state, "finished": finished}, reason=reason)
    return state
