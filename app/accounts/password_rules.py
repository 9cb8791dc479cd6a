"""Which passwords and PINs are taken: long enough, not guessable from the account; no composition theatre.

Length and a check against what everybody tries is what NIST SP 800-63B §3.1.1 asks for; rules about capitals and
symbols are what it forbids.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from itertools import pairwise

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
SHORTEST_PIN = 6
LONGEST_PIN = 12
# A password that was printed for somebody is theirs to change within a week.
ONE_TIME_PASSWORD_LASTS = timedelta(days=7)
KEYBOARD_ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
COMMON_WORDS = (
    "password",
    "passwd",
    "mima",
    "admin",
    "root",
    "user",
    "test",
    "welcome",
    "iloveyou",
    "woaini",
    "yaohao",
    "rensheju",
    "laodong",
    "jiancha",
    "qwe",
    "asd",
    "zxc",
    "abc",
)
ENOUGH_LETTERS_OF_ITS_OWN = 4
FEWEST_CHARACTERS = 5


def normal(password: str) -> str:
    """Return the password in NFKC, so that full-width typing does not lock anybody out."""
    return unicodedata.normalize("NFKC", password)


def password_faults(password: str, staff_number: str, name: str) -> list[str]:
    """Return every reason why somebody may not have this password, as sentences; [] when they may."""
    text = normal(password)
    plain = text.casefold()
    faults = []
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        faults.append(
            f"密码应为 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符；用几个词连成一句最好记。"
        )
    about = [part for part in (staff_number.casefold(), name.casefold()) if part]
    if any(part in plain and len(plain) - len(part) < SHORTEST_PASSWORD for part in about):
        faults.append("密码不能以工号或姓名为主，请另选。")
    if is_banned(plain):
        faults.append("这个密码太常见，容易被猜中，请另选。")
    return faults


def pin_faults(pin: str) -> list[str]:
    """Return every reason why a witness may not have this PIN; [] when they may."""
    text = normal(pin)
    if not (text.isascii() and text.isdigit() and SHORTEST_PIN <= len(text) <= LONGEST_PIN):
        return [f"口令应为 {SHORTEST_PIN} 至 {LONGEST_PIN} 位数字。"]
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(text)}
    half = len(text) // 2
    repeated = any(text == (text[:n] * len(text))[: len(text)] for n in range(1, half + 1))
    if repeated or (len(steps) == 1 and steps <= {0, 1, 9}):
        return ["这个口令太常见，容易被猜中，请另选。"]
    return []


def is_banned(password: str) -> bool:
    """Say whether a password (case-folded) is one of those that everybody tries.

    By rule instead of a list: too few different characters, a short piece repeated, or hardly
    anything left once common words, keyboard runs and years are taken away.
    """
    if len(set(password)) < FEWEST_CHARACTERS:
        return True
    doubled = (password + password)[1:-1]
    if password in doubled:
        return True
    left = password
    for word in COMMON_WORDS:
        left = left.replace(word, "")
    for row in KEYBOARD_ROWS:
        left = _without_runs(left, row)
        left = _without_runs(left, row[::-1])
    left = re.sub(r"(19|20)\d\d", "", left)
    return len(set(re.sub(r"[\W_\d]", "", left))) < ENOUGH_LETTERS_OF_ITS_OWN and len(left) < len(
        password
    )


def one_time_password_usable(set_at: datetime, now: datetime) -> bool:
    """Say whether a printed one-time password still opens the account."""
    return now < set_at + ONE_TIME_PASSWORD_LASTS


def _without_runs(text: str, row: str) -> str:
    """Return `text` without the pieces of three or more that run along `row`."""
    kept, start = [], 0
    while start < len(text):
        end = start + 1
        while end <= len(text) and text[start:end] in row:
            end += 1
        end -= 1
        if end - start >= 3:
            start = end
        else:
            kept.append(text[start])
            start += 1
    return "".join(kept)
