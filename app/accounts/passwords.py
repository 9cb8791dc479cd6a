"""Hashing and checking passwords with argon2id, in two threads, never inside a deed.

A deed holds up every other writer, and one check takes tens of milliseconds on purpose (docs/adr/0101).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.accounts.password_rules import normal

# OWASP's smallest argon2id setting: two checks at a time need 40 MB, and 500 inspectors get in at half past eight.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when there is no account or no password, so that the answer takes as long; nothing matches it.
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


async def hashed(password: str) -> str:
    """Return the argon2id hash of a password, with its parameters and salt in it."""
    return await asyncio.get_running_loop().run_in_executor(_threads, HASHER.hash, normal(password))


async def matches(stored: str, password: str) -> bool:
    """Say whether a password is that of a stored hash; "" (no account) takes as long and is never right."""
    return await asyncio.get_running_loop().run_in_executor(
        _threads, _matches, stored or NOBODY, normal(password)
    )


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made with other parameters than today's and should be renewed."""
    return HASHER.check_needs_rehash(stored)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
