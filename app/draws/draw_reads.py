"""Reading draws as stored. Sealed material is not read here: app/draws/seal_actions.py does that, and logs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.draws.state_rules import State
from app.draws.tables import DrawTable, FilePartTable, FileTable, StepTable
from registries.errors import NotFound, Refused
from sampling.encoding import sha256_hex

ALTERED = (
    "数据库里的 {} 与冻结时的摘要不符，有人改动过，不能继续。"
    "请保留现场、报告纪检监察机构，并从备份或冻结时写出的 U 盘恢复。"
)


@dataclass(frozen=True)
class Draw:
    """A frozen draw and the state it is in now; `series` is `formal` or `rehearsal` (演练)."""

    id: int
    bureau: str
    series: str
    year: int
    sequence: int
    number: str
    preparation: int
    plan: int
    round: int
    title: str
    total: int
    commitment: str
    previous: str
    hall_mode: str
    tasks_end: date
    unseal_by: date
    standby_witness: str
    frozen_by: str
    frozen_at: datetime
    state: State

    @property
    def rehearsal(self) -> bool:
        """Whether this is a rehearsal, which is marked on everything it prints."""
        return self.series == "rehearsal"


@dataclass(frozen=True)
class StepTaken:
    """One step that a draw has taken, with who stood for it and why."""

    position: int
    step: str
    state: State
    operator: str
    witness: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class StoredFile:
    """One file of a draw: its size in bytes, its SHA-256, and who may read it before unsealing."""

    id: int
    name: str
    access: str
    size: int
    digest: str


async def draw_of(bureau: str, number: str) -> Draw:
    """Return the draw of `bureau` with this number; NotFound also where it is another bureau's."""
    row = (
        await DrawTable.select()
        .where((DrawTable.bureau == bureau) & (DrawTable.number == number))
        .first()
    )
    if row is None:
        raise NotFound(f"本单位没有编号为 {number} 的抽查。请用 yaohao draw list 查看编号。")
    return Draw(**row, state=await _state(row["id"]))


async def draws_of(bureau: str) -> list[Draw]:
    """Return every draw of `bureau` in the order in which they were frozen."""
    rows = await DrawTable.select().where(DrawTable.bureau == bureau).order_by(DrawTable.id)
    return [Draw(**row, state=await _state(row["id"])) for row in rows]


async def steps_of(draw: Draw) -> list[StepTaken]:
    """Return the steps of a draw in the order in which they were taken."""
    rows = (
        await StepTable.select(
            StepTable.position,
            StepTable.step,
            StepTable.state,
            StepTable.operator,
            StepTable.witness,
            StepTable.reason,
            StepTable.at,
        )
        .where(StepTable.draw == draw.id)
        .order_by(StepTable.position)
    )
    return [StepTaken(**row) for row in rows]


async def files_of(draw: Draw) -> dict[str, StoredFile]:
    """Return the files of a draw by name, without their content."""
    rows = (
        await FileTable.select(
            FileTable.id, FileTable.name, FileTable.access, FileTable.size, FileTable.digest
        )
        .where(FileTable.draw == draw.id)
        .order_by(FileTable.id)
    )
    return {row["name"]: StoredFile(**row) for row in rows}


async def content_of(file: StoredFile) -> bytes:
    """Return the bytes of a file that is not sealed. Raises Refused where they were altered in the database."""
    rows = (
        await FilePartTable.select(FilePartTable.content)
        .where(FilePartTable.file == file.id)
        .order_by(FilePartTable.position)
    )
    return unaltered(file, b"".join(bytes(row["content"]) for row in rows))


def unaltered(file: StoredFile, content: bytes) -> bytes:
    """Return the content of a file. Raises Refused where it is not what was stored."""
    if sha256_hex(content) != file.digest:
        raise Refused(ALTERED.format(file.name))
    return content


async def _state(draw: int) -> State:
    row = (
        await StepTable.select(StepTable.state)
        .where(StepTable.draw == draw)
        .order_by(StepTable.position, ascending=False)
        .first()
    )
    if row is None:
        raise NotFound("这次抽查的记录不完整，请联系系统管理员。")
    state: State = row["state"]
    return state
