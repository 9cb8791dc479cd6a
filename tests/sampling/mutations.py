"""Structured ways to spoil a bundle, each named, and the means to make the rest follow.

A spoilt file is usually stopped by its digest. To get at the checks behind it, `resalted` puts
the new digests into plan.json, and `resealed` also makes contributions and seed anew under the
new commitment, as somebody would who controls all but the published values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from itertools import product
from typing import Any

from sampling.encoding import sha256_hex
from sampling.plan_form import SALTED_FILES
from tests.sampling.makers import drawn_files, entity_rows, frame_files, inspector_rows

Files = dict[str, bytes]
CSV_FILES = ("entities.csv", "excluded.csv", "inspectors.csv", "left_out.csv", "recusals.csv")
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 7, 13, 61, 101, 1001, 10001, 2**53 - 1, 2**53, 1.5, "", "0", "x",
    "all", "both", "0/1", "2/2", "-", "A", "440103", "guest-61", "0" * 64, "F" * 64, "a" * 201, "甲\n",
    "\u2028", "\ud800", [], ["440103"], ["440103", "A"], {}, {"*": 0}, {"A": 1, "*": "all"}, {"键": 1},
    "2026-02-30T00:00:00Z", "2026-02-28T24:00:00Z", "0000-01-01T00:00:00Z",
)  # fmt: skip
ODD_FIELDS = (
    "", " ", "-", "0", "00001", "12345", "1234567890123", "440103+440103", "440104+440103", "440103+", "+",
    "B+A", "a+a", "b+a", "a++b", "a" * 41, "A" * 41, "a" * 81, "甲" * 200, "甲" * 201, "x,y", '"x"', '"x,y"', '""',
    '"""', '""""', '"x""y"', '"x"y', 'x"y', '",', '"a,b', "\r", "\x00", "\x7f", "\x85", "\u2028", "\ufeff", "１", "Ａ",
    "\u0660", "D", "B", "1", "P0001", "Z9", "other", "440103", "440103000000", "e\u0301", "\U0001f600",
)  # fmt: skip


def whole_bundle() -> Files:
    """Return a small draw in which every file has rows, with quoted names and two guests."""
    rows = entity_rows({("440103", "A"): 5, ("440103", "-"): 2, ("440104", "B"): 4})
    named = [(*row[:4], ("甲", "乙,丙", '丁"戊"')[at % 3]) for at, row in enumerate(rows)]
    return drawn_files(
        frame_files(
            entities=named,
            excluded=[("X1", "closed"), ("X2", "closed"), ("X3", "moved")],
            inspectors=inspector_rows(12, homes=["-", "440105", "440105+440106"]),
            left_out=[("Q1", "leave"), ("Q2", "ill")],
            recusals=[("P0000", rows[0][0], "kin"), ("P0001", "X9", "kin")],
            terms={"authority": "示例市人社局", "counts": [1, 2]},
        ),
        total=5,
        guests=2,
        floor=3,
        rates={"A": 2, "*": 1},
        minimum=1,
    )


def canonical(value: Any) -> bytes:
    """Return canonical JSON without asking whether §1 allows the value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", "surrogatepass")


def resalted(files: Mapping[str, bytes]) -> Files:
    """Return the files with the digests of plan.json made to fit."""
    plan = json.loads(files["plan.json"])
    plan["files"] = {name: sha256_hex(files["salt.txt"] + files[name]) for name in SALTED_FILES}
    return {**files, "plan.json": canonical(plan)}


def resealed(files: Mapping[str, bytes]) -> Files:
    """Return the files with contributions, parts digest and seed under the present plan.json."""
    seed, commitment = json.loads(files["seed.json"]), sha256_hex(files["plan.json"])
    parts = []
    for one in seed["contributions"]:
        if "nonce" in one:
            told = ["yaohao/1 contribution", commitment, one["label"], one["nonce"], one["value"]]
            one["commit"] = sha256_hex(canonical(told))
            parts.append([one["label"], one["nonce"], one["value"]])
        else:
            parts.append([one["label"], "absent", one["commit"]])
    return {**files, "seed.json": canonical(reseeded(seed, commitment, sorted(parts)))}


def reseeded(seed: dict[str, Any], commitment: str, parts: list[list[str]]) -> dict[str, Any]:
    """Return seed.json's value with the digests that follow from the parts."""
    seed["parts_digest"] = sha256_hex(canonical(["yaohao/1 parts", commitment, parts]))
    seed["seed"] = sha256_hex(canonical(["yaohao/1 seed", commitment, parts, seed["dice"]]))
    return seed


def spoilt_lines(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a CSV file spoilt as a whole: order, repetition, header, line ends, encoding."""
    header, *rows = data.split(b"\n")[:-1]
    # Without a row, the spoilt row is one that says nothing.
    first, last = (rows[0], rows[-1]) if rows else (b"x", b"x")

    def lines(*listed: bytes) -> bytes:
        return b"".join(line + b"\n" for line in listed)

    yield "no rows", lines(header)
    yield "first two swapped", lines(header, *rows[1:2], first, *rows[2:])
    yield "first row twice", lines(header, first, *rows)
    yield "last row twice", lines(header, *rows, last)
    yield "reversed", lines(header, *rows[::-1])
    yield "last row dropped", lines(header, *rows[:-1])
    yield "header in capitals", lines(header.upper(), *rows)
    yield "header with a blank", lines(header + b" ", *rows)
    yield "header twice", lines(header, header, *rows)
    yield "no header", lines(*rows)
    yield "empty", b""
    yield "BOM", b"\xef\xbb\xbf" + data
    yield "CRLF", data.replace(b"\n", b"\r\n")
    yield "CR", data.replace(b"\n", b"\r")
    yield "no last LF", data[:-1]
    yield "two last LF", data + b"\n"
    yield "empty line", lines(header, first, b"", *rows[1:])
    yield "a field more", lines(header, first + b",x", *rows[1:])
    yield "a field less", lines(header, first.rpartition(b",")[0], *rows[1:])
    yield "not UTF-8", data[:-1] + b"\xff\n"
    yield "surrogate", data[:-1] + b"\xed\xa0\x80\n"
    yield "overlong", data[:-1] + b"\xc0\xaf\n"


def spoilt_fields(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a CSV file with one field of one row replaced by each odd text, or quoted."""
    lines = data.decode().split("\n")
    for at in sorted({1, len(lines) - 2}) if len(lines) > 2 else ():
        fields = lines[at].split(",", len(lines[0].split(",")) - 1)
        for column in range(len(fields)):
            for odd in (*ODD_FIELDS, f'"{fields[column]}"', fields[column] + " "):
                row = ",".join([*fields[:column], odd, *fields[column + 1 :]])
                told = f"row {at} column {column} is {odd[:20]!r}"
                yield told, "\n".join([*lines[:at], row, *lines[at + 1 :]]).encode()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a JSON value; of long arrays the first two and the last."""
    if isinstance(value, dict):
        inside = list(value)
    elif isinstance(value, list):
        inside = sorted({0, 1, len(value) - 1} & set(range(len(value))))  # type: ignore[arg-type]
    else:
        return
    for key in inside:
        yield (*at, key)
        yield from places(value[key], (*at, key))


def spoilt_json(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a JSON file with each value replaced, dropped, doubled or moved, then written canonically."""
    whole = json.loads(data)

    def changed(path: tuple[Any, ...], change: Callable[[Any, Any], object]) -> bytes:
        copy = deepcopy(whole)
        parent = copy
        for step in path[:-1]:
            parent = parent[step]
        change(parent, path[-1])
        return canonical(copy)

    for path in places(whole):
        for odd in ODD_VALUES:
            yield f"{path} is {odd!r:.30}", changed(path, lambda at, key: at.__setitem__(key, odd))  # noqa: B023
        yield f"{path} dropped", changed(path, lambda at, key: at.pop(key))
        yield f"{path} doubled", changed(path, doubled)
        yield f"{path} nudged", changed(path, nudged)
    yield "formatted", json.dumps(whole, ensure_ascii=False, indent=1).encode()
    yield "escaped", json.dumps(whole, separators=(",", ":"), sort_keys=True).encode()
    yield "unsorted", json.dumps(dict(reversed(whole.items())), separators=(",", ":")).encode()
    yield "line end", data + b"\n"
    yield "BOM", b"\xef\xbb\xbf" + data
    yield "a key repeated", data[:-1] + b',"zzz":1,"zzz":1}'
    for deep in (100, 101, 102, 5000):
        yield f"{deep} deep", b'{"a":' + b"[" * (deep - 1) + b"1" + b"]" * (deep - 1) + b"}"


def doubled(parent: Any, key: Any) -> None:
    """Add one element or key more beside the one that is there."""
    if isinstance(parent, list):
        parent.insert(key, deepcopy(parent[key]))
    else:
        parent[f"{key}2"] = deepcopy(parent[key])


def nudged(parent: Any, key: Any) -> None:
    """Change a value a little: a number by one, a text in its last character, an array in its order."""
    value = parent[key]
    if isinstance(value, bool):
        parent[key] = not value
    elif isinstance(value, int):
        parent[key] = value + 1
    elif isinstance(value, str):
        parent[key] = value[:-1] + ("0" if value[-1:] != "0" else "1")
    elif isinstance(value, list):
        value.reverse()
    else:
        value["zzz"] = 1


def mutants(files: Files) -> Iterator[tuple[str, Files]]:
    """Yield every spoilt bundle: as it is, with fitting digests, and with a fitting seed as well."""
    for name in CSV_FILES:
        for told, data in (*spoilt_lines(files[name]), *spoilt_fields(files[name])):
            spoilt = {**files, name: data}
            yield f"{name}: {told}", spoilt
            yield f"{name}: {told}, resealed", resealed(resalted(spoilt))
    for told, data in (*spoilt_lines(files["people.csv"]), *spoilt_fields(files["people.csv"])):
        yield f"people.csv: {told}", {**files, "people.csv": data}
    for told, data in spoilt_json(files["terms.json"]):
        yield f"terms.json: {told}, resealed", resealed(resalted({**files, "terms.json": data}))
    for told, data in spoilt_json(files["plan.json"]):
        yield f"plan.json: {told}, resealed", resealed({**files, "plan.json": data})
    for told, data in spoilt_json(files["seed.json"]):
        yield f"seed.json: {told}", {**files, "seed.json": data}
    for told, data in spoilt_json(files["result.json"]):
        yield f"result.json: {told}", {**files, "result.json": data}
    for salt in (b"", b"5" * 63, b"5" * 64 + b"\n", b"F" * 64, b"\xff" * 64, "５".encode() * 64):
        spoilt = {**files, "salt.txt": salt}
        yield f"salt.txt: {salt[:4]!r}", spoilt
        yield f"salt.txt: {salt[:4]!r}, resealed", resealed(resalted(spoilt))
    for name, other in product(files, ("missing", "empty", "plan.json")):
        if other != name and name not in ("verify.py", "说明.txt"):
            spoilt = {**files, name: files.get(other, b"")}
            if other == "missing":
                del spoilt[name]
            yield f"{name}: {other}", spoilt
