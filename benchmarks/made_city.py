"""A made-up city for benchmarks and the demonstration: every value follows from a counter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sampling.encoding import jcs, sha256_hex
from sampling.frame import read_frame
from sampling.freeze import frozen_csv, steering_counts

DISTRICTS = tuple(f"4401{number:02d}" for number in (3, 4, 5, 6, 11, 12, 13, 14, 15, 17, 18))
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of unified social credit codes (GB 32100)."""
WEIGHTS = tuple(3**place % 31 for place in range(17))
KINDS = ("employer", "employer+labour-dispatch", "employer+hr-agency", "construction+employer")
REASONS = ("drawn-this-year", "newly-founded")
SALT = hashlib.sha256(b"made city salt").hexdigest()


def number(*parts: object) -> int:
    """Return a whole number below 2²⁵⁶ that follows from `parts` alone."""
    return int(hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest(), 16)


def credit_code(district: str, serial: int) -> str:
    """Return a made-up unified social credit code with a right check character (GB 32100)."""
    organisation = "MA"
    for _ in range(7):
        serial, rest = divmod(serial, 31)
        organisation += ALPHABET[rest]
    body = f"91{district}{organisation}"
    total = sum(
        ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True)
    )
    return body + ALPHABET[-total % 31]


def entities(count: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield `count` rows of entities.csv, unsorted, spread unevenly over districts and grades."""
    for serial in range(count):
        lot = number("entity", serial)
        # Of two lots the smaller: central districts have several times the employers of outer ones.
        district = DISTRICTS[min(lot % 11, (lot >> 16) % 11)]
        grade = "AAAAABBBBC---"[(lot >> 32) % 13]
        kind = KINDS[min((lot >> 48) % 4, (lot >> 64) % 4)]
        yield credit_code(district, serial), district, grade, kind, f"示例第{serial + 1}号有限公司"


def city(count: int, inspectors: int = 60, excluded: int = 120) -> dict[str, bytes]:
    """Return the frozen files and people.csv of a city with `count` entities in the frame."""
    rows = sorted(entities(count + excluded), key=lambda row: number("excluded", row[0]))
    left, kept = rows[:excluded], rows[excluded:]
    names = [f"P{at:04d}" for at in range(inspectors + 3)]
    recusals = {
        (names[number("who", at) % inspectors], kept[number("whom", at) % count][0], "kin")
        for at in range(inspectors // 3)
    }
    return {
        "entities.csv": frozen_csv("entities.csv", kept),
        "excluded.csv": frozen_csv(
            "excluded.csv", [(row[0], REASONS[number("why", row[0]) % 2]) for row in left]
        ),
        "inspectors.csv": frozen_csv("inspectors.csv", map(_inspector, names[:inspectors])),
        "left_out.csv": frozen_csv(
            "left_out.csv", [(name, "certificate-expired") for name in names[inspectors:]]
        ),
        "recusals.csv": frozen_csv("recusals.csv", recusals),
        "terms.json": jcs({}),
        "salt.txt": SALT.encode(),
        "people.csv": frozen_csv("people.csv", map(_person, names[:inspectors])),
    }


def with_terms(files: dict[str, bytes], verifier: bytes) -> dict[str, bytes]:
    """Return `files` with the terms that bind a draw, their counts and H(verify.py)."""
    terms = {
        "authority": "示例市人力资源和社会保障局",
        "scope": "用人单位遵守劳动保障法律法规情况",
        "exclusion_rules": list(REASONS),
        "hall": "counts",
        "unseal_by": "2026-12-31",
        "counts": steering_counts(read_frame(files)),
        "verify_py": sha256_hex(verifier),
    }
    return files | {"terms.json": jcs(terms)}


def _inspector(name: str) -> tuple[str, ...]:
    lot = number("inspector", name)
    home = DISTRICTS[lot % 11] if lot % 10 else "-"
    can_lead = "1" if (lot >> 16) % 3 else "0"
    return name, home, can_lead, str((lot >> 32) % 6)


def _person(name: str) -> tuple[str, ...]:
    lot = number("person", name)
    return name, f"粤A{lot % 10**8:08d}", f"示例{name[-2:]}", f"{lot >> 128:032x}"[:32]
