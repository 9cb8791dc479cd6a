"""Every test of pages has the log's keys, the accounts' key, and hashing that is quick."""

from tests.app.accounts.conftest import keys, quick_hashing

__all__ = ["keys", "quick_hashing"]
