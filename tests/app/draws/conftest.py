"""Every deed of a draw is logged, so the tests of draws have the log's keys."""

from pathlib import Path

import pytest

from tests.log_keys import make_keys


@pytest.fixture(autouse=True)
def keys_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process find fresh keys of the log."""
    make_keys(tmp_path, monkeypatch)
