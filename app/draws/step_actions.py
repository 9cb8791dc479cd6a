"""What every deed of a draw does: take the next step of the one table of states, and store files for good."""

from __future__ import annotations

from collections.abc import Mapping

from app.draws.ceremony_rules import check_apart, check_names
from app.draws.draw_reads import Draw
from app.draws.state_rules import State, after
from app.draws.tables import FileTable, StepTable
from registries import audit_log, bulk
from registries.database import Deed
from sampling.encoding import Json, sha256_hex

# Half a megabyte a row: a frame of 1.5 million entities is some 250 rows, and no driver minds the size.
PART_BYTES = 1 << 19


async def take_step(
    deed: Deed,
    draw: Draw,
    step: str,
    *,
    operator: str = "",
    witness: str = "",
    reason: str = "",
) -> State:
    """Record `step` and return the state it leads to; Refused where the table of states forbids it.

    The row's position is unique per draw, so two processes cannot take the same step twice.
    """
    state = after(draw.state, step)
    check_names(*filter(None, (operator, witness)))
    earlier = await StepTable.select(StepTable.operator, StepTable.witness).where(
        StepTable.draw == draw.id
    )
    taken = len(earlier)
    operators = {draw.frozen_by, operator, *(one["operator"] for one in earlier)} - {""}
    check_apart(operators, {witness, *(one["witness"] for one in earlier)} - {""})
    await StepTable.insert(
        StepTable(
            draw=draw.id,
            position=taken + 1,
            step=step,
            state=state,
            operator=operator,
            witness=witness,
            reason=reason,
            at=deed.now,
        )
    )
    return state


async def store_file(draw_id: int, name: str, content: bytes, access: str) -> None:
    """Store one file of a draw in parts; `access` is `public`, `roles` or `sealed` (protocol §8)."""
    rows = await FileTable.insert(
        FileTable(
            draw=draw_id, name=name, access=access, size=len(content), digest=sha256_hex(content)
        )
    ).returning(FileTable.id)
    table = "draw_sealed_part" if access == "sealed" else "draw_file_part"
    starts = range(0, len(content), PART_BYTES)
    await bulk.load(
        table,
        ("file", "position", "content"),
        (
            (rows[0]["id"], position, content[start : start + PART_BYTES])
            for position, start in enumerate(starts, start=1)
        ),
    )


async def log(
    deed: Deed,
    draw: Draw,
    event: str,
    new: Mapping[str, Json],
    *,
    personal: Mapping[str, str] | None = None,
    reason: str = "",
) -> None:
    """Append the deed's one audit entry: the draw, the state it was in, and what is new."""
    await audit_log.append(
        deed,
        event,
        bureau=draw.bureau,
        subject=f"draw:{draw.number}",
        previous={"state": draw.state},
        new=new,
        personal=personal,
        reason=reason,
    )
