"""Canonical JSON, CSV form, digests and fractions (protocol §1), and Merkle trees (RFC 9162).

Every reader here has one test of form: what was parsed, written again, must give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, NoReturn, TypeAlias

from sampling.errors import FormError
from sampling.merkle import (
    check_consistency,
    consistency_path,
    inclusion_path,
    leaf_hash,
    merkle_root,
    root_from_path,
)

__all__ = [
    "Json",
    "check_consistency",
    "consistency_path",
    "fraction_text",
    "inclusion_path",
    "jcs",
    "leaf_hash",
    "merkle_root",
    "parse_csv",
    "parse_jcs",
    "root_from_path",
    "sha256_hex",
    "write_csv",
]

Json: TypeAlias = "bool | int | str | Sequence[Json] | dict[str, Json]"
"""What a canonical document may hold: no floats, no null."""

LARGEST_INTEGER: Final = 2**53 - 1
DEEPEST_NESTING: Final = 100


def sha256_hex(data: bytes) -> str:
    """Return H(data) of §1: SHA-256 as 64 lower-case hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def jcs(value: object) -> bytes:
    """Return the canonical JSON (RFC 8785) of `value` as UTF-8 without a line end (§1).

    Raises FormError for anything but ASCII-keyed objects, arrays, strings, booleans and
    integers 0 … 2⁵³−1.
    """
    _check_value(value, 0)
    # Keys are ASCII, so Python's order of text is RFC 8785's order of UTF-16 units; and the
    # standard library escapes exactly the characters that RFC 8785 escapes, in its way.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise FormError("文字中有不成对的代理字符。") from error


def parse_jcs(data: bytes) -> Json:
    """Return the value whose canonical JSON is exactly `data`; FormError otherwise (§1)."""
    try:
        value: Json = json.loads(
            data.decode(), parse_float=_refuse_number, parse_constant=_refuse_number
        )
    except FormError:
        raise
    except UnicodeDecodeError as error:
        raise FormError("不是 UTF-8 编码。") from error
    except (ValueError, RecursionError) as error:
        raise FormError("不是 JSON。") from error
    if jcs(value) != data:
        raise FormError("不是规范 JSON（RFC 8785）：键的顺序、空白、重复键或写法不合。")
    return value


def _refuse_number(_text: str) -> NoReturn:
    raise FormError("数字只能是 0 至 2⁵³−1 的整数。")


def _check_value(value: object, depth: int) -> None:
    if depth > DEEPEST_NESTING:
        raise FormError(f"嵌套超过 {DEEPEST_NESTING} 层。")
    if isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if not 0 <= value <= LARGEST_INTEGER:
            raise FormError("数字只能是 0 至 2⁵³−1 的整数。")
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_value(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise FormError("键只能用 ASCII 字符。")
            _check_value(item, depth + 1)
    else:
        raise FormError("只允许对象、数组、文字、布尔值和整数，不允许空值。")


def fraction_text(value: Fraction) -> str:
    """Return `value` reduced as §1 writes it: `"n/d"`, whole numbers as `"2/1"`."""
    return f"{value.numerator}/{value.denominator}"


def write_field(text: str) -> str:
    """Return `text` as one CSV field: quoted if and only if it has a comma or a quote (§1)."""
    if "," in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return header and rows in the CSV form of §1, every row ended by LF.

    Raises FormError where a field holds LF or CR, or a row has another number of fields.
    """
    lines = [",".join(header)]
    for row in rows:
        if len(row) != len(header):
            raise FormError(f"一行应有 {len(header)} 个字段，而有 {len(row)} 个。")
        lines.append(",".join(map(write_field, row)))
    text = "\n".join(lines) + "\n"
    if "\r" in text or text.count("\n") != len(lines):
        raise FormError("字段中有换行。")
    return text.encode()


def parse_csv(data: bytes, header: Sequence[str]) -> list[list[str]]:
    """Return the rows below `header`; FormError unless `data` is in the CSV form of §1."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise FormError("不是 UTF-8 编码。") from error
    lines = text.split("\n")
    if lines.pop() != "":
        raise FormError("最后一行没有以换行结束。")
    if not lines or lines[0] != ",".join(header):
        raise FormError(f"首行必须是“{','.join(header)}”。")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        row = _split_line(line) if '"' in line else line.split(",")
        if row is None or len(row) != len(header) or ",".join(map(write_field, row)) != line:
            raise FormError(f"第 {number} 行的字段数或引号不合规定。")
        if "\r" in line:
            raise FormError(f"第 {number} 行有回车符。")
        rows.append(row)
    return rows


def _split_line(line: str) -> list[str] | None:
    """Return the fields of one line that has quotes, or None where a quote is not closed."""
    fields: list[str] = []
    at = 0
    while True:
        if line.startswith('"', at):
            end = at + 1
            while line.startswith('""', end) or (end < len(line) and line[end] != '"'):
                end += 2 if line[end] == '"' else 1
            if end >= len(line):
                return None
            fields.append(line[at + 1 : end].replace('""', '"'))
            end += 1
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            fields.append(line[at:end])
        if end == len(line):
            return fields
        if line[end] != ",":
            return None
        at = end + 1
