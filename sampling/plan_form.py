"""plan.json: its exact keys, types and limits (protocol §2), read into one frozen value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sampling.encoding import parse_jcs, sha256_hex
from sampling.errors import FormError, ProtocolError, printable, refused_as

PROTOCOL: Final = "yaohao/1"
SALTED_FILES: Final = (
    "entities.csv",
    "excluded.csv",
    "inspectors.csv",
    "left_out.csv",
    "recusals.csv",
    "terms.json",
)
"""The files whose salted digests plan.json carries."""

NAME_CHARACTER: Final = "[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
MOST_GUESTS: Final = 60
StratumKey = tuple[str, str]
"""District and grade; both compare bytewise, as they are ASCII."""

Rate = int | Literal["all"]

_HEX = re.compile(r"[0-9a-f]{64}")
_TITLE = re.compile(NAME_CHARACTER + "{1,200}")
# The hour is limited here, since 24:00 is a time to fromisoformat of Python 3.14 and not before.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z")
DISTRICT: Final = "[0-9]{6,12}"
_STRATUM_KEY: Final = (re.compile(DISTRICT), re.compile("[ABC-]"))


@dataclass(frozen=True)
class QuotaTerms:
    """The `quota` of plan.json (§3); counts are entities, the ratio is per thousand."""

    population: int
    out_of_scope: int
    ratio_permille: int
    floor: int
    mode: Literal["either", "both"]
    rounds: int
    round: int
    drawn_before: int
    required: int


@dataclass(frozen=True)
class Allocation:
    """The `allocation` of plan.json (§5): how many in all, and how densely per grade."""

    total: int
    rates: Mapping[str, Rate]
    district_minimum: int

    def rate(self, grade: str) -> Rate:
        """Return the rate of `grade`: its own, or that of `*` for grades not named."""
        return self.rates.get(grade, self.rates["*"])


@dataclass(frozen=True)
class StratumShare:
    """One element of `strata`: a (district, grade), its population and §5's share as text."""

    key: StratumKey
    population: int
    expect: str


@dataclass(frozen=True)
class Plan:
    """plan.json as read; `commitment` is H of its bytes, by which everyone knows the draw."""

    commitment: str
    bureau: str
    draw: str
    previous: str
    title: str
    frozen_at: str
    files: Mapping[str, str]
    people_root: str
    quota: QuotaTerms
    allocation: Allocation
    strata: tuple[StratumShare, ...]
    reserve: int
    entities_per_team: int
    team_size: int
    home_avoidance: bool
    balance_load: bool
    contributors: tuple[str, ...]
    dice: int


def contributor_labels(guests: int) -> tuple[str, ...]:
    """Return the labels of a draw with `guests` guest seats, in the order of §2."""
    numbered = (f"guest-{number:02d}" for number in range(1, guests + 1))
    return ("bureau", "discipline-inspection", *numbered)


def parse_plan(data: bytes) -> Plan:
    """Return the plan whose plan.json is `data`; ProtocolError `keys` where it breaks §2."""
    with refused_as("keys", "plan.json"):
        plan = _object(parse_jcs(data), "plan.json", _PLAN_KEYS)
        _require(plan["protocol"] == PROTOCOL, f"protocol 必须是“{PROTOCOL}”")
        return Plan(
            commitment=sha256_hex(data),
            bureau=_text(plan, "bureau", re.compile("[0-9]{6}")),
            draw=_text(plan, "draw", re.compile("[0-9A-Za-z-]{1,40}")),
            previous=_text(plan, "previous", re.compile("(?:[0-9a-f]{64})?")),
            title=_text(plan, "title", _TITLE),
            frozen_at=_time(plan),
            files={
                name: _text(_object(plan["files"], "files", frozenset(SALTED_FILES)), name, _HEX)
                for name in SALTED_FILES
            },
            people_root=_text(plan, "people_root", _HEX),
            quota=_quota(plan["quota"]),
            allocation=_allocation(plan["allocation"]),
            strata=_strata(plan["strata"]),
            reserve=_whole(plan, "reserve", 0, 1000),
            entities_per_team=_whole(plan, "entities_per_team", 1, 10000),
            team_size=_whole(plan, "team_size", 2, 10),
            home_avoidance=_boolean(plan, "home_avoidance"),
            balance_load=_boolean(plan, "balance_load"),
            contributors=_contributors(plan["contributors"]),
            dice=_whole(plan, "dice", 6, 60),
        )


_PLAN_KEYS = (frozenset(Plan.__dataclass_fields__) - {"commitment"}) | {"protocol"}


def _quota(value: object) -> QuotaTerms:
    quota = _object(value, "quota", frozenset(QuotaTerms.__dataclass_fields__))
    mode = quota["mode"]
    _require(mode in ("either", "both"), "quota.mode 只能是 either 或 both")
    rounds = _whole(quota, "rounds", 1, 12)
    return QuotaTerms(
        population=_whole(quota, "population"),
        out_of_scope=_whole(quota, "out_of_scope"),
        ratio_permille=_whole(quota, "ratio_permille", 0, 1000),
        floor=_whole(quota, "floor"),
        mode=mode,
        rounds=rounds,
        round=_whole(quota, "round", 1, rounds),
        drawn_before=_whole(quota, "drawn_before"),
        required=_whole(quota, "required"),
    )


def _allocation(value: object) -> Allocation:
    allocation = _object(value, "allocation", frozenset(Allocation.__dataclass_fields__))
    rates = allocation["rates"]
    _require(
        isinstance(rates, dict) and "*" in rates and rates.keys() <= set("ABC-*"),
        "allocation.rates 的键只能是 A、B、C、- 和 *，且必须有 *",
    )
    for grade, rate in rates.items():
        _require(
            rate == "all" or (type(rate) is int and 0 <= rate <= 100),
            f"allocation.rates 中 {grade} 的值只能是 0 至 100 的整数或 all",
        )
    return Allocation(
        total=_whole(allocation, "total", 1),
        rates=rates,
        district_minimum=_whole(allocation, "district_minimum"),
    )


def _strata(value: object) -> tuple[StratumShare, ...]:
    _require(isinstance(value, list), "strata 必须是数组")
    strata = []
    for item in value:  # type: ignore[attr-defined]
        stratum = _object(item, "strata", frozenset(StratumShare.__dataclass_fields__))
        key, expect = stratum["key"], stratum["expect"]
        _require(
            isinstance(key, list)
            and len(key) == len(_STRATUM_KEY)
            and all(
                isinstance(part, str) and pattern.fullmatch(part)
                for part, pattern in zip(key, _STRATUM_KEY, strict=True)
            ),
            "strata.key 必须是地区代码和等级",
        )
        _require(isinstance(expect, str), "strata.expect 必须是文字")
        strata.append(StratumShare((key[0], key[1]), _whole(stratum, "population"), expect))
    return tuple(strata)


def _contributors(value: object) -> tuple[str, ...]:
    labels = value if isinstance(value, list) else []
    guests = len(labels) - 2
    _require(
        0 <= guests <= MOST_GUESTS and labels == list(contributor_labels(guests)),
        "contributors 必须依次是 bureau、discipline-inspection 和连续编号的 guest-01、guest-02……",
    )
    return tuple(labels)


def _time(plan: Mapping[str, Any]) -> str:
    text = _text(plan, "frozen_at", _TIME)
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise FormError("frozen_at 不是有效的时间。") from error
    return text


def _object(value: object, name: str, keys: frozenset[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormError(f"{name} 必须是对象。")
    if value.keys() != keys:
        odd = sorted(value.keys() ^ keys)
        told = "、".join(printable(key[:40]) for key in odd[:5]) + ("等" if len(odd) > 5 else "")
        raise FormError(f"{name} 的键缺少或多出：{told}。")
    return value


def _text(fields: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = fields[name]
    if not (isinstance(value, str) and pattern.fullmatch(value)):
        raise FormError(f"{name} 的写法不合规定。")
    return value


def _whole(fields: Mapping[str, Any], name: str, least: int = 0, most: int | None = None) -> int:
    value = fields[name]
    # A boolean is a Python int, but not an integer of §1.
    if type(value) is not int or value < least or (most is not None and value > most):
        bounds = f"{least} 至 {most}" if most is not None else f"不小于 {least}"
        raise FormError(f"{name} 必须是{bounds}的整数。")
    return value


def _boolean(fields: Mapping[str, Any], name: str) -> bool:
    value = fields[name]
    if not isinstance(value, bool):
        raise FormError(f"{name} 必须是 true 或 false。")
    return value


def _require(condition: bool, sentence: str) -> None:  # noqa: FBT001
    if not condition:
        raise FormError(sentence + "。")


def require_files(files: Mapping[str, bytes], names: tuple[str, ...]) -> None:
    """Raise ProtocolError `files` unless `files` has every one of `names`."""
    missing = [name for name in names if name not in files]
    if missing:
        raise ProtocolError("files", f"缺少文件：{'、'.join(missing)}。")
