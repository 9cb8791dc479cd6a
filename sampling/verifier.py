r"""verify.py: check a published draw of labour inspections (protocol yaohao/1) without trusting us.

    python -I verify.py BUNDLE.zip [--commitment HEX] [--parts-digest HEX] [--dice DIGITS] [--root HEX]

BUNDLE.zip may also be a folder with the same files. One file, Python 3.9 or later, standard library
only: nothing is installed, no network is used, nothing is written. It ends with 0 when everything
was derived again and agrees, and with 1 in every other case. `--json` prints the same for programs.

How to read it. The file follows docs/spec/yaohao-1.md from top to bottom; each part names its
section (§). `verify()` near the end runs the checks of §9 in their order, and the first that fails
is named by its word. This is the second implementation of the protocol on purpose: it shares no
code with the program that makes the draw, so a mistake would have to be made twice.

What it cannot tell. A bundle on its own shows that its parts agree with each other, not that it is
the draw that was announced. Give it the values that were published (the options above): the
commitment before anyone contributed, the parts digest before the dice, the dice everyone saw, the
root before the first visit. It says plainly which of them it was not given. Blanks and capital
letters in them do not matter; a value of another form is a mistake in typing, not a finding.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, NoReturn, Sequence  # noqa: UP035

if sys.version_info < (3, 9):  # noqa: UP036
    # Before anything below that an older Python does not understand.
    sys.exit("需要 Python 3.9 或更高版本。 / Python 3.9 or later is needed.")

PROTOCOL = "yaohao/1"
FROZEN = (
    "entities.csv",
    "excluded.csv",
    "inspectors.csv",
    "left_out.csv",
    "recusals.csv",
    "terms.json",
)
CHECKED_FILES = ("plan.json", *FROZEN, "salt.txt", "seed.json", "result.json")
BUNDLE_NAMES = frozenset((*CHECKED_FILES, "verify.py", "说明.txt"))
LARGEST_INTEGER = 2**53 - 1
DEEPEST_NESTING = 100
LARGEST_BUNDLE = 2**30
WORDS = {
    "keys": "plan.json 的格式、键、类型和范围 / form, keys, types and limits of plan.json",
    "files": "文件齐全，加盐摘要一致 / every file present, salted digests agree",
    "rows": "各文件每一行的格式、顺序和唯一性 / form, order and uniqueness of every row",
    "disjoint": "名单之间没有重叠 / no entity or inspector on two opposite lists",
    "roots": "检查人员身份名单的树根 / root of the list of persons",
    "quota": "抽查数量要求 / the quota",
    "shares": "各层的应抽数 / the share of every stratum",
    "contributions": "各方的承诺与公开值 / contributions against their commits",
    "dice": "骰子数字的形式 / form of the dice",
    "seed": "各方摘要与种子 / parts digest and seed",
    "result": "抽中单位、备选次序、检查组和树根 / entities, reserve, teams and root",
    "anchors": "与事先公布的值一致 / agreement with the published values",
}


class Refused(Exception):  # noqa: N818
    """The bundle fails the check named by `word`; one sentence in Chinese and one in English."""

    def __init__(self, word: str, chinese: str, english: str) -> None:
        super().__init__(word, chinese, english)
        self.word, self.chinese, self.english = word, chinese, english


class Anchors(NamedTuple):
    """The values published outside the bundle; None where the reader was not given one."""

    commitment: str | None = None
    parts_digest: str | None = None
    dice: str | None = None
    root: str | None = None


class Report(NamedTuple):
    """What verify() found. `word` is "" and the sentences are empty when the bundle verifies."""

    verified: bool
    word: str
    chinese: str
    english: str
    checked: tuple[str, ...]
    compared: tuple[str, ...]
    not_given: tuple[str, ...]
    values: dict[str, str]


# --- §1 Encoding ---------------------------------------------------------------------------------


def sha256_hex(data: bytes) -> str:
    """H of §1."""
    return hashlib.sha256(data).hexdigest()


def jcs(value: Any) -> bytes:
    """Canonical JSON of a value of §1. Keys are ASCII, so Python's order is RFC 8785's order."""
    text = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
    )
    return text.encode("utf-8")


def _small_integer(digits: str) -> int:
    # The length is looked at first: turning a million digits into a number takes minutes.
    if len(digits) > 16 or digits.startswith("-") or int(digits) > LARGEST_INTEGER:
        raise ValueError("integer out of range")
    return int(digits)


def _no_such_number(text: str) -> NoReturn:
    raise ValueError("not an integer: " + text[:20])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs) or not all(key.isascii() for key in result):
        raise ValueError("a key repeated or not ASCII")
    return result


def _too_deep_or_null(value: Any) -> bool:
    # Level by level, because recursion has other limits in every version of Python.
    level = [value]
    for _ in range(DEEPEST_NESTING + 1):
        if None in level:
            return True
        inside: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inside.extend(item.values())
            elif isinstance(item, list):
                inside.extend(item)
        level = inside
    return bool(level)


def parse_jcs(data: bytes, name: str, word: str) -> Any:
    """The value of a canonical JSON file (§1); refused with `word` when the form is any other."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_int=_small_integer,
            parse_float=_no_such_number,
            parse_constant=_no_such_number,
            object_pairs_hook=_object,
        )
        canonical = not _too_deep_or_null(value) and jcs(value) == data
    except (ValueError, RecursionError):
        canonical = False
    if not canonical:
        raise Refused(word, f"{name} 不是规范 JSON（RFC 8785）。", f"{name} is not canonical JSON.")
    return value


def merkle_root(leaves: Iterable[bytes]) -> str:
    """MTH of RFC 9162 §2.1.1. Pairing level by level, an odd last node rising, gives the same tree."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return sha256_hex(b"")
    while len(level) > 1:
        paired = [
            hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest()
            for i in range(0, len(level) - 1, 2)
        ]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0].hex()


def fraction_text(value: Fraction) -> str:
    """A fraction as §1 writes it: reduced, whole numbers with denominator 1."""
    return f"{value.numerator}/{value.denominator}"


ENTITY = "[0-9A-Z]{1,40}"
INSPECTOR = "[0-9A-Za-z-]{1,40}"
DISTRICT = "[0-9]{6,12}"
GRADE = "[ABC-]"
REASON = "[a-z0-9-]{1,40}"
JOINED_DISTRICTS = "-|[0-9]{6,12}(?:\\+[0-9]{6,12})*"
KIND = "[a-z0-9+-]{1,80}"
CONTROL = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029"
NAME = f'[^",{CONTROL}]{{1,200}}|"(?:[^"{CONTROL}]|""){{1,200}}"'
HEX64 = re.compile("[0-9a-f]{64}")


def row_pattern(*fields: str) -> re.Pattern[str]:
    """One row of §1's CSV dialect with its LF; a group for each field."""
    return re.compile(",".join(f"({field})" for field in fields) + "\n")


ENTITY_ROW = row_pattern(ENTITY, DISTRICT, GRADE, KIND, NAME)
EXCLUDED_ROW = row_pattern(ENTITY, REASON)
INSPECTOR_ROW = row_pattern(INSPECTOR, JOINED_DISTRICTS, "[01]", "[0-9]{1,4}")
LEFT_OUT_ROW = row_pattern(INSPECTOR, REASON)
RECUSAL_ROW = row_pattern(INSPECTOR, ENTITY, REASON)
PERSON_ROW = row_pattern(INSPECTOR, NAME, NAME, "[0-9a-f]{32}")


def rows_of(
    data: bytes, name: str, header: str, pattern: re.Pattern[str], word: str = "rows"
) -> Iterable[re.Match[str]]:
    """The rows of a CSV file as matches; refused at the first byte that is not §1's dialect."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(word, f"{name} 不是 UTF-8 文本。", f"{name} is not UTF-8.") from None
    if not text.startswith(header + "\n"):
        raise Refused(word, f"{name} 的表头不是 {header}。", f"{name} has another header.")
    position, number = len(header) + 1, 1
    match_at = pattern.match
    while position < len(text):
        number += 1
        match = match_at(text, position)
        if match is None:
            raise Refused(
                word,
                f"{name} 第 {number} 行的格式不符。",
                f"{name}: line {number} breaks the form.",
            )
        yield match
        position = match.end()


def quoted_as_needed(field: str) -> bool:
    """A name is quoted if and only if it holds a comma or a quote (§1); the pattern did the rest."""
    return not field.startswith('"') or "," in field or '""' in field[1:-1]


def unquoted(field: str) -> str:
    """The text that a CSV field stands for."""
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def ascending(codes: Sequence[str]) -> bool:
    """Each greater than the one before: sorted, and none twice."""
    return all(left < right for left, right in zip(codes, codes[1:]))  # noqa: B905, RUF007


# --- §2 plan.json --------------------------------------------------------------------------------


def broken_plan(what: str) -> Refused:
    """The refusal of a plan for one named key."""
    return Refused(
        "keys",
        f"plan.json 的 {what} 不符合规定。",
        f"plan.json: {what} is not as the protocol says.",
    )


def need(condition: bool, what: str) -> None:  # noqa: FBT001
    """Refuses the plan, naming the key, unless the condition holds."""
    if not condition:
        raise broken_plan(what)


def is_integer(value: Any, low: int, high: int = LARGEST_INTEGER) -> bool:
    """An integer in the range; a boolean is not an integer (§1)."""
    return type(value) is int and low <= value <= high


def is_text(value: Any, pattern: str) -> bool:
    """A string that the whole pattern matches."""
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def has_keys(value: Any, names: str) -> bool:
    """An object with exactly these keys."""
    return isinstance(value, dict) and set(value) == set(names.split())


PLAN_KEYS = (
    "protocol bureau draw previous title frozen_at files people_root quota allocation strata reserve "
    "entities_per_team team_size home_avoidance balance_load contributors dice"
)


def read_plan(data: bytes) -> dict[str, Any]:
    """plan.json, its form checked (word `keys`)."""
    plan = parse_jcs(data, "plan.json", "keys")
    need(has_keys(plan, PLAN_KEYS), "键 / keys")
    need(plan["protocol"] == PROTOCOL, "protocol")
    need(is_text(plan["bureau"], "[0-9]{6}"), "bureau")
    need(is_text(plan["draw"], "[0-9A-Za-z-]{1,40}"), "draw")
    need(plan["previous"] == "" or is_text(plan["previous"], "[0-9a-f]{64}"), "previous")
    need(is_text(plan["title"], f"[^{CONTROL}]{{1,200}}"), "title")
    need(is_moment(plan["frozen_at"]), "frozen_at")
    need(has_keys(plan["files"], " ".join(FROZEN)), "files")
    need(all(is_text(digest, "[0-9a-f]{64}") for digest in plan["files"].values()), "files")
    need(is_text(plan["people_root"], "[0-9a-f]{64}"), "people_root")
    check_plan_quota(plan["quota"])
    check_plan_allocation(plan["allocation"])
    check_plan_strata(plan["strata"])
    need(is_integer(plan["reserve"], 0, 1000), "reserve")
    need(is_integer(plan["entities_per_team"], 1, 10000), "entities_per_team")
    need(is_integer(plan["team_size"], 2, 10), "team_size")
    need(type(plan["home_avoidance"]) is bool, "home_avoidance")
    need(type(plan["balance_load"]) is bool, "balance_load")
    check_plan_contributors(plan["contributors"])
    need(is_integer(plan["dice"], 6, 60), "dice")
    return dict(plan)


def is_moment(value: Any) -> bool:
    """A real UTC moment written YYYY-MM-DDThh:mm:ssZ."""
    if not is_text(value, "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z"):
        return False
    try:
        datetime.datetime.fromisoformat(value[:-1])
    except ValueError:
        return False
    return True


def check_plan_quota(quota: Any) -> None:
    """The form of `quota` (§2); its arithmetic is check_quota's."""
    names = "population out_of_scope ratio_permille floor mode rounds round drawn_before required"
    need(has_keys(quota, names), "quota")
    for name in ("population", "out_of_scope", "floor", "drawn_before", "required"):
        need(is_integer(quota[name], 0), "quota." + name)
    need(is_integer(quota["ratio_permille"], 0, 1000), "quota.ratio_permille")
    need(quota["mode"] in ("either", "both"), "quota.mode")
    need(is_integer(quota["rounds"], 1, 12), "quota.rounds")
    need(is_integer(quota["round"], 1, quota["rounds"]), "quota.round")


def check_plan_allocation(allocation: Any) -> None:
    """The form of `allocation` (§2)."""
    need(has_keys(allocation, "total rates district_minimum"), "allocation")
    need(is_integer(allocation["total"], 1), "allocation.total")
    need(is_integer(allocation["district_minimum"], 0), "allocation.district_minimum")
    rates = allocation["rates"]
    need(
        isinstance(rates, dict) and "*" in rates and set(rates) <= set("ABC-*"), "allocation.rates"
    )
    need(
        all(rate == "all" or is_integer(rate, 0, 100) for rate in rates.values()),
        "allocation.rates",
    )


def check_plan_strata(strata: Any) -> None:
    """The form of `strata` (§2); whether they are the right ones is `shares`."""
    need(isinstance(strata, list), "strata")
    for stratum in strata:
        need(has_keys(stratum, "key population expect"), "strata")
        key = stratum["key"]
        need(isinstance(key, list) and len(key) == 2, "strata.key")
        need(is_text(key[0], DISTRICT) and is_text(key[1], GRADE), "strata.key")
        need(is_integer(stratum["population"], 0), "strata.population")
        need(isinstance(stratum["expect"], str), "strata.expect")


def check_plan_contributors(contributors: Any) -> None:
    """Bureau, discipline inspection, then guests numbered without gap (§2)."""
    need(isinstance(contributors, list) and 2 <= len(contributors) <= 62, "contributors")
    guests = [f"guest-{number:02d}" for number in range(1, len(contributors) - 1)]
    need(contributors == ["bureau", "discipline-inspection", *guests], "contributors")


# --- §2 The frozen files -------------------------------------------------------------------------


class Inspector(NamedTuple):
    """A row of inspectors.csv; `homes` is empty for `-`."""

    code: str
    homes: tuple[str, ...]
    can_lead: bool
    prior: int


class Frame(NamedTuple):
    """The frozen files, read: entity ids by stratum (district, grade), each list ascending."""

    strata: dict[tuple[str, str], list[str]]
    entity_count: int
    excluded: list[str]
    inspectors: list[Inspector]
    left_out: list[str]
    recusals: dict[str, list[str]]


def check_digests(files: Mapping[str, bytes], plan: Mapping[str, Any]) -> None:
    """Every file is there, and the frozen ones have the digests of the plan (word `files`)."""
    for name in CHECKED_FILES:
        if name not in files:
            raise Refused("files", f"缺少文件 {name}。", f"{name} is missing.")
    for name in FROZEN:
        hasher = hashlib.sha256(files["salt.txt"])
        hasher.update(files[name])
        if hasher.hexdigest() != plan["files"][name]:
            raise Refused(
                "files",
                f"{name} 与方案中冻结的摘要不符。",
                f"{name} does not have its frozen digest.",
            )


def bad_row(name: str, row: str, chinese: str, english: str) -> Refused:
    """The refusal of one row, named by its first field, which the pattern already checked."""
    return Refused("rows", f"{name} 中 {row}：{chinese}。", f"{name}, {row}: {english}.")


def read_frame(files: Mapping[str, bytes]) -> Frame:
    """The frozen files by §1's patterns and §2's order and uniqueness (word `rows`)."""
    if not is_text(files["salt.txt"].decode("ascii", "replace"), "[0-9a-f]{64}"):
        raise Refused(
            "rows",
            "salt.txt 不是 64 位小写十六进制字符。",
            "salt.txt is not 64 hexadecimal characters.",
        )
    parse_jcs(files["terms.json"], "terms.json", "rows")
    strata, entity_count = read_entities(files["entities.csv"])
    inspectors = read_inspectors(files["inspectors.csv"])
    lengths = {len(district) for district, _ in strata}
    lengths.update(len(home) for inspector in inspectors for home in inspector.homes)
    if len(lengths) > 1:
        raise Refused(
            "rows", "各区划代码的长度不一致。", "district and home codes differ in length."
        )
    return Frame(
        strata,
        entity_count,
        read_reasons(files["excluded.csv"], "excluded.csv", "id,reason", EXCLUDED_ROW),
        inspectors,
        read_reasons(files["left_out.csv"], "left_out.csv", "inspector,reason", LEFT_OUT_ROW),
        read_recusals(files["recusals.csv"], {inspector.code for inspector in inspectors}),
    )


def read_entities(data: bytes) -> tuple[dict[tuple[str, str], list[str]], int]:
    """The ids of entities.csv by stratum, and how many rows there are."""
    strata: dict[tuple[str, str], list[str]] = {}
    good_kinds = set()
    previous, count = "", 0
    for match in rows_of(data, "entities.csv", "id,district,grade,kind,name", ENTITY_ROW):
        entity, district, grade, kind, name = match.groups()
        if entity <= previous:
            raise bad_row(
                "entities.csv", entity, "没有按编号升序排列或重复", "not ascending, or repeated"
            )
        if kind not in good_kinds:
            codes = kind.split("+")
            if "" in codes or not ascending(codes):
                raise bad_row(
                    "entities.csv", entity, "类别没有升序排列或重复", "kinds not ascending"
                )
            good_kinds.add(kind)
        if name[0] == '"' and not quoted_as_needed(name):
            raise bad_row("entities.csv", entity, "名称不该加引号", "needless quotes")
        previous = entity
        count += 1
        try:
            strata[district, grade].append(entity)
        except KeyError:
            strata[district, grade] = [entity]
    if count == 0:
        raise Refused("rows", "entities.csv 没有任何单位。", "entities.csv has no rows.")
    return strata, count


def read_reasons(data: bytes, name: str, header: str, pattern: re.Pattern[str]) -> list[str]:
    """The first column of excluded.csv or left_out.csv, ascending and unique."""
    codes: list[str] = []
    for match in rows_of(data, name, header, pattern):
        code = match.group(1)
        if codes and code <= codes[-1]:
            raise bad_row(name, code, "没有升序排列或重复", "not ascending, or repeated")
        codes.append(code)
    return codes


def read_inspectors(data: bytes) -> list[Inspector]:
    """inspectors.csv, ascending and unique."""
    inspectors: list[Inspector] = []
    for match in rows_of(data, "inspectors.csv", "inspector,home,can_lead,prior", INSPECTOR_ROW):
        code, home, can_lead, prior = match.groups()
        if inspectors and code <= inspectors[-1].code:
            raise bad_row(
                "inspectors.csv", code, "没有升序排列或重复", "not ascending, or repeated"
            )
        homes = () if home == "-" else tuple(home.split("+"))
        if not ascending(homes):
            raise bad_row(
                "inspectors.csv", code, "回避区划没有升序排列或重复", "homes not ascending"
            )
        inspectors.append(Inspector(code, homes, can_lead == "1", int(prior)))
    return inspectors


def read_recusals(data: bytes, known: Iterable[str]) -> dict[str, list[str]]:
    """recusals.csv as entity → inspectors who must not meet it; ascending by the pair, unique."""
    known = set(known)
    recusals: dict[str, list[str]] = {}
    previous = ("", "")
    for match in rows_of(data, "recusals.csv", "inspector,entity,reason", RECUSAL_ROW):
        inspector, entity, _ = match.groups()
        if (inspector, entity) <= previous:
            raise bad_row(
                "recusals.csv", inspector, "没有升序排列或重复", "not ascending, or repeated"
            )
        if inspector not in known:
            raise bad_row(
                "recusals.csv", inspector, "不在 inspectors.csv 中", "not in inspectors.csv"
            )
        previous = (inspector, entity)
        recusals.setdefault(entity, []).append(inspector)
    return recusals


def check_disjoint(frame: Frame) -> None:
    """Nobody is both in the frame and left out of it (word `disjoint`)."""
    excluded = set(frame.excluded)
    for ids in frame.strata.values():
        both = excluded.intersection(ids)
        if both:
            raise Refused(
                "disjoint",
                f"{min(both)} 既在名录中又被排除。",
                f"{min(both)} is in the frame and excluded.",
            )
    out = set(frame.left_out).intersection(inspector.code for inspector in frame.inspectors)
    if out:
        raise Refused(
            "disjoint", f"{min(out)} 既可派出又不可派出。", f"{min(out)} may be sent and may not."
        )


def check_people(data: bytes, plan: Mapping[str, Any]) -> None:
    """people.csv against people_root (word `roots`)."""
    leaves: list[bytes] = []
    previous = ""
    for match in rows_of(
        data, "people.csv", "inspector,certificate,name,salt", PERSON_ROW, "roots"
    ):
        inspector, certificate, name, salt = match.groups()
        if inspector <= previous or not (quoted_as_needed(certificate) and quoted_as_needed(name)):
            raise Refused(
                "roots",
                f"people.csv 中 {inspector} 的格式或顺序不符。",
                f"people.csv: {inspector} is wrong.",
            )
        previous = inspector
        leaves.append(
            jcs(["yaohao/1 person", inspector, unquoted(certificate), unquoted(name), salt])
        )
    if merkle_root(leaves) != plan["people_root"]:
        raise Refused(
            "roots",
            "people.csv 与方案中的 people_root 不符。",
            "people.csv does not have the people_root.",
        )


# --- §3 Quota ------------------------------------------------------------------------------------


def check_quota(plan: Mapping[str, Any], frame: Frame) -> None:
    """The quota's arithmetic, and the last round's sufficiency (word `quota`)."""
    quota = plan["quota"]
    population = frame.entity_count + len(frame.excluded) + quota["out_of_scope"]
    by_ratio = -(-population * quota["ratio_permille"] // 1000)
    chosen = min if quota["mode"] == "either" else max
    required = min(population, chosen(by_ratio, quota["floor"]))
    if quota["population"] != population:
        raise Refused("quota", f"总体应为 {population}。", f"the population is {population}.")
    if quota["required"] != required:
        raise Refused("quota", f"应抽数应为 {required}。", f"the required number is {required}.")
    if (
        quota["round"] == quota["rounds"]
        and quota["drawn_before"] + plan["allocation"]["total"] < required
    ):
        raise Refused(
            "quota", "最后一轮抽查后仍达不到应抽数。", "the last round leaves the quota unmet."
        )


# --- §5 How many from each stratum ---------------------------------------------------------------

Key = tuple[str, str]


def impossible_shares(chinese: str, english: str) -> Refused:
    """The refusal of an allocation that §5 cannot carry out."""
    return Refused(
        "shares", f"无法分配应抽数：{chinese}。", f"the shares cannot be made: {english}."
    )


def shares(populations: Mapping[Key, int], allocation: Mapping[str, Any]) -> dict[Key, Fraction]:
    """§5 points 1–5: stratum → expected number, exactly. Refused with word `shares`."""
    rates = allocation["rates"]
    rate = {key: rates.get(key[1], rates["*"]) for key in populations}
    full = {key for key in populations if rate[key] == "all"}
    weighted = {key for key in populations if rate[key] not in ("all", 0)}
    while True:
        weights = {key: populations[key] * rate[key] for key in weighted - full}
        open_shares = share_open(populations, weights, full, allocation)
        over = {key for key, share in open_shares.items() if share > populations[key]}
        if not over:
            break
        full |= over
    if any(share == 0 for share in open_shares.values()):
        raise impossible_shares("有应抽数为零的层", "a stratum with a rate has share 0")
    expect = dict.fromkeys(populations, Fraction(0))
    expect.update({key: Fraction(populations[key]) for key in full})
    expect.update(open_shares)
    return expect


def share_open(
    populations: Mapping[Key, int],
    weights: Mapping[Key, int],
    full: Iterable[Key],
    allocation: Mapping[str, Any],
) -> dict[Key, Fraction]:
    """§5 points 2–4 for one set of full strata: the share of every open stratum."""
    full_of: dict[str, int] = {}
    for key in full:
        full_of[key[0]] = full_of.get(key[0], 0) + populations[key]
    left = allocation["total"] - sum(full_of.values())
    if left < 0:
        raise impossible_shares("全抽的单位多于总数", "the strata drawn in full exceed the total")
    weight: dict[str, int] = {}
    size: dict[str, int] = {}
    for key, number in weights.items():
        weight[key[0]] = weight.get(key[0], 0) + number
        size[key[0]] = size.get(key[0], 0) + populations[key]
    wanted = allocation["district_minimum"]
    minimum = {d: max(0, min(wanted - full_of.get(d, 0), size[d])) for d in weight}
    district_share = share_districts(left, weight, minimum)
    return {
        key: district_share[key[0]] * number / weight[key[0]] for key, number in weights.items()
    }


def share_districts(
    left: int, weight: Mapping[str, int], minimum: Mapping[str, int]
) -> dict[str, Fraction]:
    """§5 point 3: by weight, but no district below its minimum."""
    fixed: dict[str, int] = {}
    while True:
        remainder = left - sum(fixed.values())
        moving = [district for district in weight if district not in fixed]
        if remainder < 0 or (not moving and remainder != 0):
            raise impossible_shares("最低数或总数不合", "minimums and total do not fit")
        total_weight = sum(weight[district] for district in moving)
        share = {
            district: Fraction(remainder * weight[district], total_weight) for district in moving
        }
        below = [district for district in moving if share[district] < minimum[district]]
        if not below:
            share.update({district: Fraction(number) for district, number in fixed.items()})
            return share
        fixed.update({district: minimum[district] for district in below})


def check_shares(plan: Mapping[str, Any], frame: Frame) -> dict[Key, Fraction]:
    """§5 points 1–5 against the plan's list of strata (word `shares`)."""
    populations = {key: len(ids) for key, ids in sorted(frame.strata.items())}
    expect = shares(populations, plan["allocation"])
    listed = [
        {"expect": fraction_text(expect[key]), "key": list(key), "population": population}
        for key, population in populations.items()
    ]
    if listed != plan["strata"]:
        raise Refused(
            "shares",
            "方案中各层的应抽数与重新计算的不符。",
            "the plan's strata differ from the recomputed.",
        )
    return expect


class Rounding:
    """§5 point 6: fractions are paired off; `extra` collects the strata that get one more."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.extra: list[Key] = []

    def walk(self, parts: Iterable[tuple[Key, Fraction]]) -> tuple[Key, Fraction] | None:
        """Pairs off the parts in order; what is still held at the end, if anything."""
        held: tuple[Key, Fraction] | None = None
        for part in parts:
            held = part if held is None else self.pair(held, part)
        return held

    def pair(
        self, held: tuple[Key, Fraction], following: tuple[Key, Fraction]
    ) -> tuple[Key, Fraction] | None:
        """One step: which of the two goes on, with how much."""
        (held_key, a), (next_key, b) = held, following
        text = jcs(["yaohao/1 round", self.seed, list(held_key), list(next_key)])
        random = Fraction(int(sha256_hex(text), 16), 2**256)
        s = a + b
        if s < 1:
            return (held_key if random < a / s else next_key, s)
        if random < (1 - b) / (2 - s):
            winner, stays = held_key, next_key
        else:
            winner, stays = next_key, held_key
        self.extra.append(winner)
        return (stays, s - 1) if s > 1 else None


def rounded(expect: Mapping[Key, Fraction], seed: str) -> dict[Key, int]:
    """§5 point 6: stratum → how many are drawn."""
    by_district: dict[str, list[tuple[Key, Fraction]]] = {}
    quantity = {}
    for key in sorted(expect):
        quantity[key] = expect[key].numerator // expect[key].denominator
        if expect[key] > quantity[key]:
            by_district.setdefault(key[0], []).append((key, expect[key] - quantity[key]))
    rounding = Rounding(seed)
    leftovers = [rounding.walk(by_district[district]) for district in sorted(by_district)]
    rounding.walk(leftover for leftover in leftovers if leftover is not None)
    for key in rounding.extra:
        quantity[key] += 1
    return quantity


# --- §4 The seed ---------------------------------------------------------------------------------

VALUE = "[\u0020-\u007e\u3001\u3002\u300a\u300b\u4e00-\u9fff\uff01-\uff5e]{0,200}"


def read_seed(
    data: bytes, plan: Mapping[str, Any], commitment: str
) -> tuple[dict[str, Any], list[list[str]]]:
    """seed.json and the parts of §4 point 3 (word `contributions`)."""
    seed = parse_jcs(data, "seed.json", "contributions")
    good = has_keys(seed, "contributions parts_digest dice seed") and isinstance(
        seed["contributions"], list
    )
    if not good or not all(
        isinstance(seed[name], str) for name in ("parts_digest", "dice", "seed")
    ):
        raise Refused(
            "contributions", "seed.json 的格式不符。", "seed.json does not have its form."
        )
    given, seats = seed["contributions"], plan["contributors"]
    if len(given) != len(seats):
        raise Refused(
            "contributions",
            "贡献的数目与席位不符。",
            "there is not one contribution for each seat.",
        )
    parts = [contribution_part(item, label, commitment) for item, label in zip(given, seats)]  # noqa: B905
    return seed, sorted(parts)


def contribution_part(item: Any, label: str, commitment: str) -> list[str]:
    """One contribution as it enters the seed; its commit is computed again."""
    wrong = Refused(
        "contributions",
        f"{label} 的贡献格式不符。",
        f"the contribution of {label} breaks the form.",
    )
    if not isinstance(item, dict) or item.get("label") != label:
        raise wrong
    commit = item.get("commit")
    if has_keys(item, "label commit absent"):
        if item["absent"] is not True or not (commit == "" or is_text(commit, "[0-9a-f]{64}")):
            raise wrong
        return [label, "absent", str(commit)]
    if not has_keys(item, "label commit nonce value"):
        raise wrong
    nonce, value = item["nonce"], item["value"]
    if not is_text(nonce, "[0-9a-f]{64}") or not is_text(value, VALUE):
        raise wrong
    if commit != sha256_hex(jcs(["yaohao/1 contribution", commitment, label, nonce, value])):
        raise Refused(
            "contributions", f"{label} 公开的值与承诺不符。", f"{label} revealed another value."
        )
    return [label, nonce, value]


def check_dice(seed: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """As many decimal digits as the plan says (word `dice`)."""
    if not is_text(seed["dice"], f"[0-9]{{{plan['dice']}}}"):
        raise Refused(
            "dice", f"骰子不是 {plan['dice']} 位数字。", f"the dice are not {plan['dice']} digits."
        )


def check_seed(seed: Mapping[str, Any], parts: Sequence[Sequence[str]], commitment: str) -> None:
    """parts_digest and seed (§4 points 3 and 5; word `seed`)."""
    if seed["parts_digest"] != sha256_hex(jcs(["yaohao/1 parts", commitment, parts])):
        raise Refused(
            "seed",
            "各方摘要与各方的值不符。",
            "parts_digest does not follow from the contributions.",
        )
    if seed["seed"] != sha256_hex(jcs(["yaohao/1 seed", commitment, parts, seed["dice"]])):
        raise Refused(
            "seed",
            "种子与各方的值和骰子不符。",
            "the seed does not follow from contributions and dice.",
        )


def purpose_key(purpose: str, seed: str) -> bytes:
    """key(purpose) of §4, as bytes."""
    return sha256_hex(jcs(["yaohao/1 key", purpose, seed]))[:32].encode("ascii")


def ticket(key: bytes, text: str) -> str:
    """ticket(purpose, text) of §4 for the key of that purpose."""
    return sha256_hex(key + text.encode("ascii"))


# --- §6 Which entities ---------------------------------------------------------------------------


class Chosen(NamedTuple):
    """An entity that was drawn or is in reserve; a ticket of equal length sorts as the number does."""

    ticket: str
    id: str
    district: str
    grade: str
    rank: int


def choose(
    frame: Frame, quantity: Mapping[Key, int], reserve: int, seed: str
) -> tuple[list[Chosen], list[Chosen]]:
    """§6: the drawn and the reserve, each sorted by (district, grade, rank)."""
    prefix = purpose_key("entity", seed)
    sha256 = hashlib.sha256
    drawn: list[Chosen] = []
    spare: list[Chosen] = []
    for key in sorted(frame.strata):
        count = quantity[key]
        if count == 0:
            continue
        # Digest before id in one byte string sorts as the pair does, and takes the least memory.
        order = [
            sha256(prefix + code).digest() + code for code in map(str.encode, frame.strata[key])
        ]
        order.sort()
        for rank, item in enumerate(order[: count + reserve], 1):
            entity = Chosen(item[:32].hex(), item[32:].decode("ascii"), key[0], key[1], rank)
            (drawn if rank <= count else spare).append(entity)
    return drawn, spare


# --- §7 Who goes ---------------------------------------------------------------------------------


class Seat(NamedTuple):
    """Place c of a team; place 0 is the lead's."""

    district: str
    team: int
    place: int


Teams = dict[tuple[str, int], list[Chosen]]


def deal(drawn: Iterable[Chosen], entities_per_team: int) -> Teams:
    """§7 point 1: (district, team) → its entities in dealing order."""
    by_district: dict[str, list[Chosen]] = {}
    for entity in drawn:
        by_district.setdefault(entity.district, []).append(entity)
    teams: Teams = {}
    for district in sorted(by_district):
        entities = sorted(by_district[district])
        count = -(-len(entities) // entities_per_team)
        for number in range(1, count + 1):
            teams[district, number] = entities[number - 1 :: count]
    return teams


def seat_order(teams: Teams, team_size: int, seed: str) -> list[Seat]:
    """§7 point 2: all lead seats first, each group by its tickets."""
    key = purpose_key("seat", seed)
    seats = [Seat(district, team, place) for district, team in teams for place in range(team_size)]
    return sorted(
        seats, key=lambda s: (s.place > 0, ticket(key, f"{s.district}/{s.team}/{s.place}"))
    )


def inspector_order(frame: Frame, seed: str, *, balance_load: bool) -> list[Inspector]:
    """§7 point 3: who is asked first."""
    key = purpose_key("inspector", seed)
    return sorted(
        frame.inspectors,
        key=lambda who: (who.prior if balance_load else 0, ticket(key, who.code), who.code),
    )


def eligible_masks(
    seats: Sequence[Seat],
    teams: Teams,
    order: Sequence[Inspector],
    frame: Frame,
    *,
    home_avoidance: bool,
) -> list[int]:
    """§7 point 4: for each seat the set of eligible inspectors, bit i for order[i]."""
    all_of_them = everyone(len(order))
    bit = {inspector.code: 1 << index for index, inspector in enumerate(order)}
    leads = sum(bit[inspector.code] for inspector in order if inspector.can_lead)
    at_home: dict[str, int] = {}
    for inspector in order if home_avoidance else ():
        for home in inspector.homes:
            at_home[home] = at_home.get(home, 0) | bit[inspector.code]
    recused: dict[tuple[str, int], int] = {}
    for team, entities in teams.items():
        recused[team] = 0
        for entity in entities:
            for code in frame.recusals.get(entity.id, ()):
                recused[team] |= bit[code]
    return [
        (all_of_them if seat.place else leads)
        & ~at_home.get(seat.district, 0)
        & ~recused[seat.district, seat.team]
        for seat in seats
    ]


class Matching:
    """A complete matching of seats with inspectors, kept complete while seats are given away."""

    def __init__(self, eligible: Sequence[int], inspectors: int) -> None:
        self.eligible = list(eligible)
        self.free = everyone(inspectors)
        self.dead_end = 0
        self.seat_of: dict[int, int] = {}
        self.inspector_of: dict[int, int] = {}

    def place(self, seat: int, allowed: int) -> bool:
        """Finds an inspector for an empty seat, moving others along an alternating path.

        Without success `dead_end` is everyone whom the search reached.
        """
        came_from: dict[int, int] = {}
        unseen = allowed
        waiting = [seat]
        for current in waiting:
            reached = self.eligible[current] & unseen
            unseen &= ~reached
            found = reached & self.free
            if found:
                self._shift(found.bit_length() - 1, current, seat, came_from)
                return True
            while reached:
                index = reached.bit_length() - 1
                reached ^= 1 << index
                came_from[index] = current
                waiting.append(self.seat_of[index])
        self.dead_end = allowed & ~unseen
        return False

    def _shift(self, index: int, current: int, start: int, came_from: Mapping[int, int]) -> None:
        # The found inspector is free; each seat on the path gives up its own and takes the new one.
        self.free &= ~(1 << index)
        while True:
            given_up = self.inspector_of.get(current)
            self.inspector_of[current] = index
            self.seat_of[index] = current
            if current == start or given_up is None:
                return
            index, current = given_up, came_from[given_up]

    def settle(self, seat: int, index: int, unused: int) -> bool:
        """Gives the seat to the inspector for good, if the seats after it can still all be filled."""
        mine = self.inspector_of[seat]
        if mine == index:
            return True
        displaced = self.seat_of.get(index) if not self.free >> index & 1 else None
        self.free |= 1 << mine
        self.free &= ~(1 << index)
        if displaced is not None:
            del self.inspector_of[displaced]
            if not self.place(displaced, unused & ~(1 << index)):
                self.inspector_of[displaced] = index
                self.free &= ~(1 << mine)
                self.reserve_for_their_seats(self.dead_end | 1 << index)
                return False
        self.inspector_of[seat], self.seat_of[index] = index, seat
        return True

    def reserve_for_their_seats(self, needed: int) -> None:
        """Takes a dead end away from every seat but those that have nobody else.

        The search ended there because the seats which these inspectors now have are as many as
        they are and can be filled by no one else. No seat besides can ever have one of them, so
        none is tried with them again: without this a draw that is staffed to the last person
        takes cubic time.
        """
        theirs = {self.seat_of[index] for index in bits(needed)}
        for seat in range(len(self.eligible)):
            if seat not in theirs:
                self.eligible[seat] &= ~needed


def assign(eligible: Sequence[int], inspectors: int) -> list[int] | None:
    """§7 point 5: for each seat in order the index of its inspector; None without a complete assignment."""
    matching = Matching(eligible, inspectors)
    if len(eligible) > inspectors or not all(
        matching.place(seat, everyone(inspectors)) for seat in range(len(eligible))
    ):
        return None
    unused = everyone(inspectors)
    taken: list[int] = []
    for seat in range(len(eligible)):
        candidates = matching.eligible[seat] & unused
        while candidates:
            lowest = candidates & -candidates
            index = lowest.bit_length() - 1
            if matching.settle(seat, index, unused):
                break
            candidates &= matching.eligible[seat]
        unused &= ~(1 << index)
        taken.append(index)
    return taken


def bits(mask: int) -> Iterable[int]:
    """The inspectors of a set."""
    while mask:
        index = mask.bit_length() - 1
        yield index
        mask ^= 1 << index


def everyone(inspectors: int) -> int:
    """The set of all inspectors."""
    return (1 << inspectors) - 1


# --- §8 The result -------------------------------------------------------------------------------


def derive_result(
    plan: Mapping[str, Any],
    frame: Frame,
    expect: Mapping[Key, Fraction],
    commitment: str,
    seed: str,
) -> dict[str, Any]:
    """result.json as it must be, from the frozen files and the seed. Refused with word `result`."""
    drawn, spare = choose(frame, rounded(expect, seed), plan["reserve"], seed)
    teams = deal(drawn, plan["entities_per_team"])
    staff = staff_teams(plan, frame, teams, seed)
    team_of = {entity.id: team for team, entities in teams.items() for entity in entities}
    leaves = []
    for entity in sorted(drawn + spare, key=lambda e: e.id):
        team = team_of.get(entity.id)
        number, people = (team[1], staff[team]) if team else (0, [])
        leaf = [
            commitment,
            entity.id,
            entity.district,
            entity.grade,
            entity.rank,
            number,
            people,
            entity.ticket,
        ]
        leaves.append(jcs(["yaohao/1 leaf", *leaf]))
    return {
        "protocol": PROTOCOL,
        "draw": plan["draw"],
        "commitment": commitment,
        "seed": seed,
        "leaves": len(leaves),
        "root": merkle_root(leaves),
        "drawn": [{**entity_row(entity), "team": team_of[entity.id][1]} for entity in drawn],
        "reserve": [entity_row(entity) for entity in spare],
        "teams": [
            {"district": team[0], "team": team[1], "lead": staff[team][0], "members": staff[team][1:],
             "entities": [entity.id for entity in entities]}
            for team, entities in teams.items()
        ],
    }  # fmt: skip


def entity_row(entity: Chosen) -> dict[str, Any]:
    """What drawn and reserve say of an entity alike."""
    return {
        "id": entity.id,
        "district": entity.district,
        "grade": entity.grade,
        "rank": entity.rank,
    }


def staff_teams(
    plan: Mapping[str, Any], frame: Frame, teams: Teams, seed: str
) -> dict[tuple[str, int], list[str]]:
    """(district, team) → lead and members in order of their places."""
    seats = seat_order(teams, plan["team_size"], seed)
    order = inspector_order(frame, seed, balance_load=plan["balance_load"])
    masks = eligible_masks(seats, teams, order, frame, home_avoidance=plan["home_avoidance"])
    taken = assign(masks, len(order))
    if taken is None:
        raise Refused(
            "result", "检查人员不足以组成所有检查组。", "the teams cannot all be staffed."
        )
    staff = {team: [""] * plan["team_size"] for team in teams}
    for seat, index in zip(seats, taken):  # noqa: B905
        staff[seat.district, seat.team][seat.place] = order[index].code
    return staff


def check_result(data: bytes, derived: Mapping[str, Any]) -> None:
    """result.json byte for byte (word `result`); the first differing key is named."""
    if data == jcs(derived):
        return
    given = parse_jcs(data, "result.json", "result")
    keys = [key for key in derived if not isinstance(given, dict) or given.get(key) != derived[key]]
    where = keys[0] if keys else "键 / keys"
    raise Refused(
        "result", f"result.json 的 {where} 与重新计算的不符。", f"result.json: {where} differs."
    )


# --- §9 Verifying --------------------------------------------------------------------------------


def check_anchors(anchors: Anchors, values: Mapping[str, str]) -> None:
    """The published values against the bundle's (word `anchors`)."""
    for name, published in anchors._asdict().items():
        if published is not None and published != values[name]:
            raise Refused(
                "anchors",
                f"本包的 {name} 与公布的不同：这不是公布的那次抽查，请向主管部门和见证人查询。",
                f"{name} is not the published one: this is not the draw that was announced.",
            )


def verify(
    files: Mapping[str, bytes], anchors: Anchors | None = None, people: bytes | None = None
) -> Report:
    """Derives the draw again from `files` (name → bytes) and says whether everything agrees (§9)."""
    anchors = anchors or Anchors()
    checked: list[str] = []
    values: dict[str, str] = {}
    try:
        run_checks(files, anchors, people, checked, values)
    except Refused as refusal:
        return _report(refusal, checked, anchors, values)
    except (MemoryError, RecursionError):
        word = next(
            word
            for word in WORDS
            if word not in checked and (word != "roots" or people is not None)
        )
        return _report(
            Refused(word, "文件过大，无法验证。", "too large to check."), checked, anchors, values
        )
    return _report(None, checked, anchors, values)


def run_checks(
    files: Mapping[str, bytes],
    anchors: Anchors,
    people: bytes | None,
    checked: list[str],
    values: dict[str, str],
) -> None:
    """Every check in §9's order; the words passed are added to `checked`. Raises Refused."""
    plan, frame, expect = check_frozen(files, people, checked, values)
    seed = check_ceremony(files["seed.json"], plan, values["commitment"], checked)
    derived = derive_result(plan, frame, expect, values["commitment"], seed["seed"])
    check_result(files["result.json"], derived)
    checked.append("result")
    values.update(
        parts_digest=seed["parts_digest"],
        dice=seed["dice"],
        seed=seed["seed"],
        root=derived["root"],
        **{name: str(len(derived[name])) for name in ("drawn", "reserve", "teams")},
    )
    check_anchors(anchors, values)
    if any(value is not None for value in anchors):
        checked.append("anchors")


def check_frozen(
    files: Mapping[str, bytes], people: bytes | None, checked: list[str], values: dict[str, str]
) -> tuple[dict[str, Any], Frame, dict[Key, Fraction]]:
    """What was fixed before anyone contributed: `keys` to `shares`. Plan, frame and shares."""
    if "plan.json" not in files:
        raise Refused("files", "缺少文件 plan.json。", "plan.json is missing.")
    plan = read_plan(files["plan.json"])
    values["commitment"] = sha256_hex(files["plan.json"])
    values.update((name, plan[name]) for name in ("bureau", "draw", "title"))
    checked.append("keys")
    check_digests(files, plan)
    checked.append("files")
    frame = read_frame(files)
    values["entities"] = str(frame.entity_count)
    checked.append("rows")
    check_disjoint(frame)
    checked.append("disjoint")
    if people is not None:
        check_people(people, plan)
        checked.append("roots")
    check_quota(plan, frame)
    checked.append("quota")
    expect = check_shares(plan, frame)
    checked.append("shares")
    return plan, frame, expect


def check_ceremony(
    data: bytes, plan: Mapping[str, Any], commitment: str, checked: list[str]
) -> dict[str, Any]:
    """What happened in the hall: `contributions` to `seed`. The value of seed.json."""
    seed, parts = read_seed(data, plan, commitment)
    checked.append("contributions")
    check_dice(seed, plan)
    checked.append("dice")
    check_seed(seed, parts, commitment)
    checked.append("seed")
    return seed


def _report(
    refusal: Refused | None,
    checked: Sequence[str],
    anchors: Anchors,
    values: dict[str, str],
) -> Report:
    given = tuple(name for name, value in anchors._asdict().items() if value is not None)
    missing = tuple(name for name in Anchors._fields if name not in given)
    compared = given if refusal is None else ()
    verified = refusal is None
    word, chinese, english = ("", "", "") if refusal is None else refusal.args
    return Report(verified, word, chinese, english, tuple(checked), compared, missing, values)


# --- §8 The bundle as a zip, read by hand so that nothing in it is passed over -------------------


def bad_zip(chinese: str, english: str) -> Refused:
    """The refusal of a zip; its word is `files`, because the files cannot be taken from it."""
    return Refused("files", f"压缩包：{chinese}。", f"zip: {english}.")


class Entry(NamedTuple):
    """What the local header and the central directory must both say of an entry."""

    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    stored: int
    size: int


def read_zip(data: bytes) -> dict[str, bytes]:
    """The files of a bundle. Exactly: entries one after the other from byte 0, then the central
    directory, then the end record without comment, and not a byte besides."""
    if len(data) < 22 or data[-22:-18] != b"PK\5\6":
        raise bad_zip(
            "结尾不是目录记录：不是 zip 文件，或末尾有多余数据", "no end record at the end"
        )
    disk, start_disk, here, count, size, offset, comment = struct.unpack("<4H2IH", data[-18:])
    if 0xFFFF in (here, count) or 0xFFFFFFFF in (size, offset):
        raise bad_zip("使用了 zip64", "zip64 is not used in a bundle")
    if disk or start_disk or here != count or comment or offset + size != len(data) - 22:
        raise bad_zip("目录的位置或数目不符", "the end record does not fit the file")
    files: dict[str, bytes] = {}
    position, expected = offset, 0
    for _ in range(count):
        name, entry, start, position = read_central(data, position, len(data) - 22)
        check_entry(name, entry, files)
        if start != expected:
            raise bad_zip(
                f"{name} 与其他条目重叠，或前面有多余数据", "entries overlap or leave a gap"
            )
        files[name], expected = read_local(data, start, offset, name, entry)
    if position != len(data) - 22 or expected != offset:
        raise bad_zip("条目与目录之间有多余数据", "data that no entry owns")
    missing = BUNDLE_NAMES - set(files)
    if missing:
        raise bad_zip(f"缺少 {min(missing)}", f"{min(missing)} is missing")
    return files


def read_central(data: bytes, position: int, end: int) -> tuple[str, Entry, int, int]:
    """One record of the central directory: name, entry, where its local header starts, next record."""
    if position + 46 > end or data[position : position + 4] != b"PK\1\2":
        raise bad_zip("目录损坏", "the central directory is broken")
    fields = struct.unpack("<6H3I5H2I", data[position + 4 : position + 46])
    entry = Entry(*fields[1:9])
    name_length, extra, comment, disk = fields[9:13]
    start, following = fields[15], position + 46 + name_length
    if entry.size == 0xFFFFFFFF or entry.stored == 0xFFFFFFFF or start == 0xFFFFFFFF:
        raise bad_zip("使用了 zip64", "zip64 is not used in a bundle")
    if extra or comment or disk or following > end:
        raise bad_zip("目录中有多余内容", "extra fields or comments")
    try:
        name = data[position + 46 : following].decode("utf-8")
    except UnicodeDecodeError:
        raise bad_zip("文件名不是 UTF-8", "a name is not UTF-8") from None
    return name, entry, start, following


def check_entry(name: str, entry: Entry, seen: Mapping[str, bytes]) -> None:
    """Names, method, times and sizes of §8."""
    if name in seen:
        raise bad_zip(f"{name} 重复", f"{name} is repeated")
    if "/" in name or "\\" in name:
        raise bad_zip("有文件夹或路径", "a nested name or a path")
    if name not in BUNDLE_NAMES:
        raise bad_zip("有不该有的文件", "a file that does not belong there")
    if entry.flags & 0x41:
        raise bad_zip(f"{name} 已加密", f"{name} is encrypted")
    if entry.method != 0:
        raise bad_zip(f"{name} 经过压缩；应为不压缩存储", f"{name} is compressed, not stored")
    if entry.flags & ~0x800 or (not name.isascii() and not entry.flags):
        raise bad_zip(f"{name} 的标志不符", f"{name} has other flags")
    if (entry.date, entry.time) != (0x21, 0):
        raise bad_zip(f"{name} 的时间不是 1980-01-01", f"{name} is not dated 1980-01-01")
    if entry.stored != entry.size:
        raise bad_zip(f"{name} 的大小前后不一", f"{name} has two sizes")


def read_local(data: bytes, start: int, limit: int, name: str, entry: Entry) -> tuple[bytes, int]:
    """The bytes of an entry whose local header says what the directory says, and where they end."""
    encoded = name.encode("utf-8")
    header = b"PK\3\4" + struct.pack("<5H3I2H", *entry, len(encoded), 0) + encoded
    begin, end = start + len(header), start + len(header) + entry.size
    if end > limit or data[start:begin] != header:
        raise bad_zip(
            f"{name} 的两处记录不一致，或超出文件", f"local and central headers of {name} disagree"
        )
    content = data[begin:end]
    if zlib.crc32(content) != entry.crc:
        raise bad_zip(f"{name} 的校验和不符", f"{name} has another checksum")
    return content, end


def read_bundle(path: str) -> dict[str, bytes]:
    """The files of a zip or of a folder (there, other names are ignored). Refused with `files`."""
    folder = Path(path)
    if not os.path.lexists(path):
        raise Refused("usage", f"找不到文件 {path}。", f"no such file: {path}")
    if folder.is_dir():
        names = [*CHECKED_FILES, "people.csv", "verify.py"]
        return {name: read_file(folder / name) for name in names if (folder / name).is_file()}
    return read_zip(read_file(folder))


def read_file(path: Path, word: str = "files") -> bytes:
    """All bytes of a regular file of at most 1 GiB; a pipe or a device may never come to an end."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Refused(word, f"{path.name} 不是普通文件。", f"{path.name} is no regular file.")
        if about.st_size > LARGEST_BUNDLE:
            raise Refused(word, f"{path.name} 大于 1 GiB。", f"{path.name} is larger than 1 GiB.")
        return path.read_bytes()
    except (OSError, ValueError):
        raise Refused(word, f"无法读取 {path.name}。", f"{path.name} cannot be read.") from None


# --- The command ---------------------------------------------------------------------------------

PUBLISHED = {
    "commitment": "承诺值（冻结时公布） / the commitment, published at the freeze",
    "parts_digest": "各方摘要（掷骰子前公布） / the parts digest, published before the dice",
    "dice": "骰子数字（当众掷出） / the dice, thrown in public",
    "root": "结果树根（检查前公布） / the root, published before the visits",
}


def which_draw(values: Mapping[str, str]) -> list[str]:
    """The draw that verified, in Chinese and in English."""
    told = {name: printable(value) for name, value in values.items()}
    return [
        "  抽查：主管部门 {bureau}，编号 {draw}，《{title}》；名单 {entities} 户，抽中 {drawn} 户，"
        "备选 {reserve} 户，检查组 {teams} 个。".format(**told),
        "  Draw: bureau {bureau}, number {draw}, {title}; {entities} entities, {drawn} drawn, "
        "{reserve} in reserve, {teams} teams.".format(**told),
    ]


def lines_of(report: Report, files: Mapping[str, bytes]) -> list[str]:
    """The report for people: Chinese first, English beside it."""
    if report.word == "usage":
        return [f"用法错误：{report.chinese} / WRONG USAGE: {report.english}"]
    if report.verified:
        lines = [
            "验证通过：全部重新推算，逐字节一致。 / VERIFIED: derived again, byte for byte the same.",
            *which_draw(report.values),
        ]
    else:
        lines = [
            f"验证不通过（{report.word}）：{report.chinese} / NOT VERIFIED ({report.word}): {report.english}"
        ]
    lines += [f"  已核对 {word}：{WORDS[word]}" for word in report.checked]
    lines += [
        f"  {name} = {printable(report.values[name])}"
        for name in ("commitment", "parts_digest", "dice", "seed", "root")
        if name in report.values
    ]
    if "verify.py" in files and "terms.json" in files:
        digest = sha256_hex(files["verify.py"])
        named = verifier_named(files["terms.json"]) == digest
        where = (
            "条款载明 / named in terms.json" if named else "条款未载明 / not named in terms.json"
        )
        lines.append(f"  verify.py = {digest}（{where}）")
    lines += [f"  已与公布值比对 / compared: {PUBLISHED[name]}" for name in report.compared]
    lines += [
        f"  未提供，未比对 / NOT GIVEN, not compared: {PUBLISHED[name]}"
        for name in report.not_given
    ]
    if report.verified and report.not_given:
        lines.append(
            "  仅凭本包只能证明其内部一致，不能证明它就是公布的那一次。"
            " / A bundle alone proves that it is consistent, not that it is the one that was announced."
        )
    return lines


def verifier_named(terms: bytes) -> str:
    """The SHA-256 of verify.py that terms.json names in its field `verifier`, "" where it has none."""
    try:
        value = parse_jcs(terms, "terms.json", "rows")
    except Refused:
        return ""
    named = value.get("verifier") if isinstance(value, dict) else ""
    return named if isinstance(named, str) else ""


def printable(text: str) -> str:
    """Text that moves no cursor and clears no screen, at most 300 characters of it."""
    short = text if len(text) <= 300 else text[:300] + "……"
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "backslashreplace").decode()
        for one in short
    )


def published_value(name: str, text: str | None) -> str | None:
    """A published value as typed from a slip: blanks and upper case mean nothing.

    A value of another form is a mistake in typing, and says nothing against the draw.
    """
    if text is None:
        return None
    plain = "".join(text.split()).lower()
    if not is_text(plain, "[0-9]{6,60}" if name == "dice" else "[0-9a-f]{64}"):
        form = "6–60 位数字" if name == "dice" else "64 个十六进制字符"
        want = "6 to 60 digits" if name == "dice" else "64 hexadecimal characters"
        option = "--" + name.replace("_", "-")
        raise Refused("usage", f"{option} 应是{form}，请核对抄写。", f"{option} has to be {want}.")
    return plain


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are reported as everything else, and end with 1."""

    def error(self, message: str) -> NoReturn:
        raise Refused("usage", "请用 --help 查看用法。", message)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 0 when the bundle verifies and 1 otherwise."""
    # The C locale and old consoles know no Chinese, so the encoding is ours to choose.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        try:
            return answered(sys.argv[1:] if arguments is None else arguments)
        finally:
            # Here, where a reader that has gone away or a full disk can still be told from success.
            if sys.stdout is not None:
                sys.stdout.flush()
    except (OSError, KeyboardInterrupt):
        # Python would try once more to write what is left when it ends, and show a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def answered(arguments: Sequence[str]) -> int:
    """Checks what the arguments name and prints the report; 0 when it verifies and 1 otherwise."""
    files: dict[str, bytes] = {}
    anchors = Anchors()
    try:
        options = read_options(arguments)
        anchors = Anchors(
            *(published_value(name, getattr(options, name)) for name in Anchors._fields)
        )
        files = read_bundle(options.bundle)
        people = read_people(options.people, files)
        report = verify(files, anchors, people)
    except Refused as refusal:
        report = _report(refusal, (), anchors, {})
    except MemoryError:
        report = _report(Refused("files", "文件过大。", "too large."), (), anchors, {})
    report = report._replace(chinese=printable(report.chinese), english=printable(report.english))
    if "--json" in arguments:
        print(json.dumps(report._asdict(), ensure_ascii=False, sort_keys=True))
    else:
        print("\n".join(lines_of(report, files)))
    return 0 if report.verified else 1


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line; refused with `usage`."""
    parser = Parser(
        prog="verify.py", description="验证一次抽查 / check a draw (yaohao/1)", allow_abbrev=False
    )
    parser.add_argument("bundle", help="BUNDLE.zip, or a folder with the same files")
    for name in ("commitment", "parts-digest", "dice", "root"):
        parser.add_argument("--" + name, help=PUBLISHED[name.replace("-", "_")])
    parser.add_argument("--people", help="people.csv / the list of persons")
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    return parser.parse_args(arguments)


def read_people(path: str | None, files: Mapping[str, bytes]) -> bytes | None:
    """people.csv where it was given or lies in the folder, else None."""
    if path is None:
        return files.get("people.csv")
    if not os.path.lexists(path):
        raise Refused("usage", f"找不到文件 {path}。", f"no such file: {path}")
    return read_file(Path(path), "roots")


if __name__ == "__main__":
    sys.exit(main())
