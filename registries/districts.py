"""Administrative divisions of Guangdong, their history, and look-up by what people write.

A draw is dealt by district, so a district is a code that was valid on a day, never a name. Codes follow GB/T 2260
(six digits); towns of 东莞 and 中山, which have no county units, carry the nine digits of the statistical code.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from registries.data_files import read_rows

LEVELS = {"city": "地级市", "county": "县级", "town": "镇街"}
DEMO_CITY = "449900"
_SUFFIXES = ("壮族瑶族自治县", "瑶族自治县", "自治县", "街道", "新区", "区", "市", "县", "镇")
_SHORTEST_NAME = 2  # “城区” without its last character would be “城”, which names nothing.


@dataclass(frozen=True, slots=True)
class District:
    """One division under one name from `valid_from` until the day before `valid_to` (None: open).

    `successor` is the code that took over when it ended; None when it was split or is still there.
    `confidence` is T (text read), K (from knowledge) or "fictional"; `aliases` are other spellings.
    """

    code: str
    name: str
    level: str
    parent: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None
    aliases: tuple[str, ...] = ()
    source: str = ""
    confidence: str = "K"

    @property
    def fictional(self) -> bool:
        """Say whether it belongs to the demo's made-up city."""
        return self.confidence == "fictional"

    def valid_on(self, day: date) -> bool:
        """Say whether the division had this code and name on `day`."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)


class Districts:
    """Divisions with their history: what was valid on a day, and what became of a retired code."""

    def __init__(
        self, rows: Iterable[District], functional_areas: Mapping[str, str] | None = None
    ) -> None:
        self._by_code: dict[str, list[District]] = defaultdict(list)
        for row in rows:
            self._by_code[row.code].append(row)
        for history in self._by_code.values():
            history.sort(key=lambda row: row.valid_from or date.min)
        self.functional_areas = dict(functional_areas or {})

    def __iter__(self) -> Iterator[District]:
        for code in sorted(self._by_code):
            yield from self._by_code[code]

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def history(self, code: str) -> tuple[District, ...]:
        """Return every period of a code, oldest first; empty for an unknown code."""
        return tuple(self._by_code.get(code, ()))

    def get(self, code: str, on: date) -> District | None:
        """Return the division that held `code` on a day, or None."""
        return next((row for row in self._by_code.get(code, ()) if row.valid_on(on)), None)

    def under(self, parent: str, on: date) -> list[District]:
        """Return the divisions directly under `parent` on a day, by code: a city's districts or towns."""
        return [row for row in self if row.parent == parent and row.valid_on(on)]

    def successor(self, code: str, on: date) -> str | None:
        """Return the code that stands for `code` on a day: itself while valid, else what took it over.

        None for an unknown code, for a day before its time, and for a split, where only a person can say.
        """
        seen: set[str] = set()
        while code not in seen:
            seen.add(code)
            if self.get(code, on) is not None:
                return code
            ended = [
                row for row in self._by_code.get(code, ()) if row.valid_to and row.valid_to <= on
            ]
            if not ended or ended[-1].successor is None:
                return None
            code = ended[-1].successor
        return None

    def extended(self, rows: Iterable[District]) -> Districts:
        """Return these divisions with the histories of the codes in `rows` replaced by them."""
        new = list(rows)
        replaced = {row.code for row in new}
        kept = [row for row in self if row.code not in replaced]
        return Districts([*kept, *new], self.functional_areas)


class DistrictLookup:
    """What people write for a district of one city, as of one day. Plain data: it may go to another thread."""

    def __init__(self, districts: Districts, on: date) -> None:
        self._districts = districts
        self._on = on
        self._names: dict[str, dict[str, str]] = {}
        self._found: dict[tuple[str, str], District | None] = {}

    def find(self, text: str, city: str) -> District | None:
        """Return the district of `city` that `text` means, or None: never a guess.

        Takes names with or without 区/县/市/镇/街道 and the city in front, old names and codes of districts that
        were renamed or merged, names of functional areas (功能区), and codes with trailing zeros.
        """
        key = (text, city)
        if key not in self._found:
            self._found[key] = self._look_up(normalised(text), city)
        return self._found[key]

    def words(self, city: str) -> dict[str, str]:
        """Return everything that `find` takes for the districts of a city, mapped to the code in force.

        Names, names behind the city's, and codes with the zeros that other systems append: for readers of
        spreadsheets that want one mapping.
        """
        words = dict(self._names_of(city))
        for row in self._districts.history(city):
            for name in (row.name, _short(row.name)):
                words |= {name + word: code for word, code in self._names_of(city).items()}
        for row in self._districts:
            current = self._districts.successor(row.code, self._on)
            found = self._districts.get(current, self._on) if current else None
            if row.code != city and found and found.parent == city:
                words[row.code] = words[row.code.ljust(12, "0")] = found.code
        return words

    def _look_up(self, text: str, city: str) -> District | None:
        if re.fullmatch(r"[0-9]+", text):
            return self._by_code(text, city)
        names = self._names_of(city)
        for candidate in self._without_city(text, city):
            if candidate in names:
                return self._districts.get(names[candidate], self._on)
        return None

    def _by_code(self, digits: str, city: str) -> District | None:
        for length in (9, 6):
            code, rest = digits[:length], digits[length:]
            if len(code) == length and not rest.strip("0") and code in self._districts:
                current = self._districts.successor(code, self._on)
                found = self._districts.get(current, self._on) if current else None
                return found if found and found.parent == city else None
        return None

    def _without_city(self, text: str, city: str) -> Iterator[str]:
        yield text
        rest = text.removeprefix("广东省").removeprefix("广东")
        for row in self._districts.history(city):
            for name in (row.name, _short(row.name)):
                if name and rest.startswith(name):
                    yield rest.removeprefix(name)
        yield rest

    def _names_of(self, city: str) -> Mapping[str, str]:
        if city not in self._names:
            self._names[city] = self._collect(city)
        return self._names[city]

    def _collect(self, city: str) -> dict[str, str]:
        """Return name → code for a city: names of today first, then old names, then functional areas."""
        current = self._districts.under(city, self._on)
        retired = [
            row
            for row in self._districts
            if row.parent == city and row.valid_to is not None and row.valid_to <= self._on
        ]
        names: dict[str, str] = {}
        for spellings in (
            [(row.name, row.code) for row in current],
            [(alias, row.code) for row in current for alias in row.aliases],
            [(_short(row.name), row.code) for row in current],
            [(row.name, row.code) for row in retired],
            [(_short(row.name), row.code) for row in retired],
            [(name, code) for name, code in self._districts.functional_areas.items()],
        ):
            names |= {
                name: code for name, code in self._unambiguous(spellings, city) if name not in names
            }
        return names

    def _unambiguous(self, spellings: list[tuple[str, str]], city: str) -> list[tuple[str, str]]:
        meant: dict[str, set[str]] = defaultdict(set)
        for name, code in spellings:
            current = self._districts.successor(code, self._on)
            found = self._districts.get(current, self._on) if current else None
            if name and found and found.parent == city:
                meant[name].add(found.code)
        return [(name, codes.pop()) for name, codes in meant.items() if len(codes) == 1]


def normalised(text: str) -> str:
    """Return what was written without spaces and full-width forms; a code read as a number loses its “.0”."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return plain.removesuffix(".0") if plain[:1].isdigit() else plain


def _short(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            short = name.removesuffix(suffix)
            return short if len(short) >= _SHORTEST_NAME else ""
    return ""


@cache
def guangdong() -> Districts:
    """Return Guangdong's divisions as they come with the program (docs/reference-data.md)."""
    areas = {row["name"]: row["district"] for row in read_rows("functional_areas.csv")}
    return Districts(_read("districts.csv"), areas)


@cache
def guangdong_with_demo() -> Districts:
    """Return the same with the fictional city 449900: for demonstration databases only."""
    return guangdong().extended(_read("districts-demo.csv"))


def _read(name: str) -> list[District]:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    return [
        District(
            code=row["code"],
            name=row["name"],
            level=row["level"],
            parent=row["parent"],
            valid_from=day(row["valid_from"]),
            valid_to=day(row["valid_to"]),
            successor=row["successor"] or None,
            aliases=tuple(filter(None, row["aliases"].split("|"))),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_rows(name)
    ]


def added(districts: Districts, new: District) -> Districts:
    """Return the divisions with a new one. Raises ValueError when the code is in use on its first day."""
    begins = new.valid_from or date.min
    if districts.get(new.code, begins) is not None:
        raise ValueError(new.code)
    return districts.extended([*districts.history(new.code), new])


def renamed(districts: Districts, code: str, name: str, on: date) -> Districts:
    """Return the divisions with `code` under a new name from a day; the old name stays an alias."""
    old = _open_on(districts, code, on)
    new = replace(old, name=name, valid_from=on, aliases=(*old.aliases, old.name))
    return districts.extended([*_others(districts, old), replace(old, valid_to=on), new])


def merged(districts: Districts, code: str, into: str | None, on: date) -> Districts:
    """Return the divisions with `code` ended on a day and taken over by `into` (None: by several)."""
    old = _open_on(districts, code, on)
    ended = replace(old, valid_to=on, successor=into)
    return districts.extended([*_others(districts, old), ended])


def _open_on(districts: Districts, code: str, on: date) -> District:
    """Return the open period of a code that began before `on`. Raises ValueError when there is none."""
    row = districts.get(code, on)
    if row is None or row.valid_to is not None or row.valid_from == on:
        raise ValueError(code)
    return row


def _others(districts: Districts, row: District) -> list[District]:
    return [other for other in districts.history(row.code) if other != row]
