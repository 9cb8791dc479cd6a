"""Counting attempts to get in, per account and per address, before anything is checked.

An attempt counts as a failure from the moment it begins, so a hundred guesses at once are no better than a hundred
in a row. Failures stand here and not in the audit log: nobody outside may make the log grow.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.accounts import account_key, lockout_rules
from app.accounts.lockout_rules import ADDRESS_WINDOW, Failures, Stage
from app.accounts.tables import AttemptTable
from registries import database
from registries.database import Deed

# The Cybersecurity Law asks for network logs of at least six months ([K]); then nobody needs the addresses.
KEPT = timedelta(days=200)


def subject_of(bureau: str, staff_number: str) -> str:
    """Return under which digest the attempts on a staff number count, whether it exists or not."""
    return account_key.digest("sign-in", bureau, staff_number.strip().lower())


async def begin(deed: Deed, *, subject: str, stage: Stage, address: str) -> int:
    """Count an attempt and return its number. Raises Refused while the next one has to wait."""
    failures = await failures_of(subject, stage)
    lockout_rules.check_attempt(failures, await _failures_from(address, deed.now), deed.now)
    await AttemptTable.delete().where(AttemptTable.at < deed.now - KEPT)
    row = AttemptTable(subject=subject, stage=stage, address=address, at=deed.now, outcome="open")
    await AttemptTable.insert(row)
    newest = await database.fetch_one("SELECT max(id) AS id FROM sign_in_attempt")
    return int(newest["id"]) if newest else 0


async def end(deed: Deed, *, attempt: int, succeeded: bool) -> None:  # noqa: ARG001 - proves an open deed.
    """Say how an attempt ended."""
    outcome = "succeeded" if succeeded else "failed"
    await AttemptTable.update({AttemptTable.outcome: outcome}).where(AttemptTable.id == attempt)


async def clear(deed: Deed, *, subject: str) -> None:
    """Let a locked-out person try again at once: failures before this no longer count."""
    stages: tuple[Stage, ...] = ("password", "second-factor")
    rows = [
        AttemptTable(subject=subject, stage=stage, address="", at=deed.now, outcome="cleared")
        for stage in stages
    ]
    await AttemptTable.insert(*rows)


async def failures_of(subject: str, stage: Stage) -> Failures:
    """Return the failures of a subject since its last success or unlocking."""
    row = await database.fetch_one(
        "SELECT coalesce(max(id), 0) AS id FROM sign_in_attempt"
        " WHERE subject = {} AND stage = {} AND outcome IN ('succeeded', 'cleared')",
        subject,
        stage,
    )
    since = int(row["id"]) if row else 0
    times = await (
        AttemptTable.select(AttemptTable.at)
        .where(
            AttemptTable.subject == subject,
            AttemptTable.stage == stage,
            AttemptTable.id > since,
        )
        .order_by(AttemptTable.id, ascending=False)
        .limit(lockout_rules.FAILURES_UNTIL_CLOSED)
    )
    return Failures(len(times), times[0]["at"] if times else None)


async def _failures_from(address: str, now: datetime) -> Failures:
    times = await (
        AttemptTable.select(AttemptTable.at)
        .where(
            AttemptTable.address == address,
            AttemptTable.at > now - ADDRESS_WINDOW,
            AttemptTable.outcome.is_in(["open", "failed"]),
        )
        .order_by(AttemptTable.id, ascending=False)
        .limit(lockout_rules.ADDRESS_FREE_FAILURES * 2)
    )
    return Failures(len(times), times[0]["at"] if times else None)
