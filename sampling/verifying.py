"""Verifying a whole draw in the order and with the words of protocol §9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sampling.errors import ProtocolError
from sampling.frame import FRAME_FILES, Frame, check_digests, people_root, read_frame
from sampling.plan_form import Plan, StratumKey, parse_plan, require_files
from sampling.quota import check_quota, check_shares
from sampling.result import Result, draw, result_json
from sampling.seed import Seed, read_seed

FROZEN_FILES: Final = ("plan.json", *FRAME_FILES)
"""What a frozen draw consists of before anyone contributes."""


@dataclass(frozen=True)
class FrozenDraw:
    """A frozen draw whose files were checked: plan, frame and exact shares."""

    plan: Plan
    frame: Frame
    shares: Mapping[StratumKey, Fraction]


@dataclass(frozen=True)
class Anchors:
    """Values published outside the bundle; None where one is not at hand."""

    commitment: str | None = None
    parts_digest: str | None = None
    dice: str | None = None
    root: str | None = None

    def missing(self) -> tuple[str, ...]:
        """Return the names of those not given, which the bundle alone cannot vouch for."""
        return tuple(name for name, value in vars(self).items() if value is None)


@dataclass(frozen=True)
class Verified:
    """A draw that verified, with everything re-derived."""

    frozen: FrozenDraw
    seed: Seed
    result: Result


def read_frozen(files: Mapping[str, bytes]) -> FrozenDraw:
    """Return the frozen draw in `files`; ProtocolError with the first failing word of §9.

    Checks `keys` to `shares`, and `roots` where people.csv is at hand.
    """
    require_files(files, ("plan.json",))
    plan = parse_plan(files["plan.json"])
    check_digests(plan, files)
    frame = read_frame(files)
    if "people.csv" in files and people_root(files["people.csv"]) != plan.people_root:
        raise ProtocolError("roots", "people.csv 与方案中的 people_root 不符。")
    check_quota(plan, frame)
    return FrozenDraw(plan, frame, check_shares(plan, frame))


def derive(files: Mapping[str, bytes]) -> Verified:
    """Return the result of the frozen files and seed.json (`draw` of the command line)."""
    _require(files, ("seed.json",))
    frozen = read_frozen(files)
    seed = read_seed(frozen.plan, files["seed.json"])
    return Verified(frozen, seed, draw(frozen.plan, frozen.frame, frozen.shares, seed.seed))


def verify(files: Mapping[str, bytes], anchors: Anchors | None = None) -> Verified:
    """Return the draw re-derived from `files`; ProtocolError with the first failing word of §9."""
    _require(files, ("seed.json", "result.json"))
    verified = derive(files)
    if result_json(verified.result) != files["result.json"]:
        raise ProtocolError("result", "result.json 与重算的结果不符。")
    _check_anchors(verified, anchors or Anchors())
    return verified


def _require(files: Mapping[str, bytes], names: tuple[str, ...]) -> None:
    """Raise `files` for anything missing, but only after plan.json is found in form (§9)."""
    if "plan.json" in files:
        parse_plan(files["plan.json"])
    require_files(files, (*FROZEN_FILES, *names))


def _check_anchors(verified: Verified, anchors: Anchors) -> None:
    found = {
        "commitment": verified.frozen.plan.commitment,
        "parts_digest": verified.seed.parts_digest,
        "dice": verified.seed.dice,
        "root": verified.result.root,
    }
    for name, value in found.items():
        given = getattr(anchors, name)
        if given is not None and given != value:
            raise ProtocolError("anchors", f"{name} 与公布的值不符：公布的是 {given}。")
