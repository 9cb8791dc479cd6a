"""Checking a draw as outsiders do: other programs, started on files, with the values that were published."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.draws.draw_reads import Draw
from app.draws.result_actions import Published
from sampling.bundle import VERIFIER, read_bundle


@dataclass(frozen=True)
class Answer:
    """What a program said, and whether it agreed."""

    agreed: bool
    lines: tuple[str, ...]


def anchors(draw: Draw, found: Published) -> list[str]:
    """Return the published values of a draw as both verifiers take them."""
    given = {
        "--commitment": draw.commitment,
        "--parts-digest": found.parts_digest,
        "--dice": found.dice,
        "--root": found.root,
    }
    return [part for pair in given.items() for part in pair]


def unpacked_verifier(bundle: Path, target: Path) -> Path:
    """Write the bundle's verify.py to `target` and return it; its digest stands in the published terms."""
    target.write_bytes(read_bundle(bundle.read_bytes())[VERIFIER])
    return target


def by_verifier(verifier: Path, bundle: Path, published: list[str]) -> Answer:
    """Run verify.py as the public does: alone, without anything installed."""
    return _run(["-I", str(verifier), str(bundle), *published])


def by_sampling(bundle: Path, published: list[str]) -> Answer:
    """Run the first implementation on the bundle."""
    return _run(["-m", "sampling", "verify", str(bundle), *published])


def of_proof(proof: Path, root: str) -> Answer:
    """Check one entity's proof against the published root; the bundle is not needed."""
    return _run(["-m", "sampling", "check-proof", str(proof), "--root", root])


def _run(arguments: list[str]) -> Answer:
    done = subprocess.run(  # noqa: S603 - our own programs, on files that this process wrote.
        [sys.executable, "-X", "utf8", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Answer(done.returncode == 0, tuple((done.stdout + done.stderr).splitlines()))
