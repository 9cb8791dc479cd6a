"""Every test of accounts has the log's keys, the accounts' key, and hashing that is quick."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.accounts import account_key, passwords
from tests.log_keys import make_keys

# The cheapest parameters that argon2 takes; what is tested here is who gets in, not how slowly.
EVERYDAY = passwords.HASHER
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_keys(tmp_path, monkeypatch)
    account_key.create(accounts_exist=False)
    return account_key.path()


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", QUICK)
