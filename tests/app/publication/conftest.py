"""The public pages are served by the whole application, which needs the keys of accounts as well."""

from tests.app.accounts.conftest import keys, quick_hashing

__all__ = ["keys", "quick_hashing"]
