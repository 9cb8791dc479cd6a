"""How the demo tells what happens: what was done begins with the seconds since the start."""

from __future__ import annotations

import time
from collections.abc import Callable


class Teller:
    """Says lines; the ones that name a deed begin with the seconds that the whole story has taken so far."""

    def __init__(self, say: Callable[[str], object] = print) -> None:
        self._say = say
        self._started = time.perf_counter()

    def heading(self, text: str) -> None:
        """Begin a part of the story."""
        self._say("")
        self._say(text)

    def did(self, text: str) -> None:
        """Say what was done, and when."""
        self._say(f"{self.seconds:5.1f}s  {text}")

    def more(self, text: str) -> None:
        """Say something more about what was done."""
        self._say(f"        {text}")

    @property
    def seconds(self) -> float:
        """How long the story has taken so far."""
        return time.perf_counter() - self._started
