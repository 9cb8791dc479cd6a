"""What every benchmark says of the machine it ran on, and how it repeats a measurement."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable


def describe() -> str:
    """Return one line: interpreter, cores, and that the machine is shared, so ratios matter."""
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores of a shared machine: "
        "read ratios and medians, not absolutes"
    )


def seconds(work: Callable[[], object], runs: int = 5) -> list[float]:
    """Run `work` `runs` times and return the wall-clock seconds of each run, in order."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return taken


def median(taken: list[float]) -> str:
    """Return the median and the range of `taken`, readable: `1.23 s (1.20–1.31, 5 runs)`."""
    middle = statistics.median(taken)
    return f"{middle:.3g} s ({min(taken):.3g}–{max(taken):.3g}, {len(taken)} runs)"
