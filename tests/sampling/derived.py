"""Small draws derived from SHA-256 of a counter, made by one implementation and read by the other.

`python -m tests.sampling.derived COUNT` prints the accumulated digest of both, so that it can be
asked for under another hash seed, locale or `-O`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sampling import verifier
from sampling.errors import FreezeRefused, ProtocolError
from sampling.result import draw, result_json
from sampling.seed import make_seed, seed_json
from tests.sampling.makers import contributions, entity_id, frame_files, fresh_draw

DISTRICTS = ("440103", "440104", "440105")


class Choices:
    """A row of choices that follow from the number of the draw alone."""

    def __init__(self, number: int) -> None:
        self.bits = int.from_bytes(
            hashlib.shake_128(f"yaohao/1 derived {number}".encode()).digest(512), "big"
        )

    def below(self, limit: int) -> int:
        """Return the next choice, 0 … limit − 1."""
        self.bits, choice = divmod(self.bits, limit)
        return choice

    def of(self, options: Sequence[Any]) -> Any:
        """Return one of the options."""
        return options[self.below(len(options))]


def derived_files(choices: Choices) -> dict[str, bytes]:
    """Return frozen files with one to three districts, uneven grades, homes and recusals."""
    populations = {
        (district, grade): choices.below(6)
        for district in DISTRICTS[: 1 + choices.below(3)]
        for grade in "ABC-"
    }
    populations[DISTRICTS[0], "A"] += 1
    entities = [
        (
            entity_id(district, "ABC-".index(grade) * 10**6 + number),
            district,
            grade,
            "employer",
            choices.of(["甲", "乙,丙", '丁"戊']),
        )
        for (district, grade), count in populations.items()
        for number in range(count)
    ]
    inspectors = [
        (
            f"P{number:04d}",
            choices.of(["-", "-", "440103", "440104+440105"]),
            choices.of("011"),
            str(choices.below(12)),
        )
        for number in range(8 + choices.below(8))
    ]
    pairs = {
        (choices.of(inspectors)[0], choices.of(entities)[0]): "kin" for _ in range(choices.below(4))
    }
    return frame_files(
        entities=entities,
        inspectors=inspectors,
        recusals=[(*pair, reason) for pair, reason in pairs.items()],
        excluded=[("Z1", "closed")] * choices.below(2),
    )


def derived_draw(number: int) -> tuple[dict[str, bytes], bytes] | None:
    """Return the files of draw `number` without result.json, and the first implementation's result.

    None where the choices cannot be frozen: no shares, or no complete assignment.
    """
    choices = Choices(number)
    files = derived_files(choices)
    rates = {grade: choices.of([0, 1, 1, 2, 5, "all"]) for grade in "AB-"}
    try:
        fresh, frozen = fresh_draw(
            files,
            total=1 + choices.below(10),
            rates=rates | {"*": choices.of([1, 1, 3])},
            minimum=choices.below(3),
            reserve=choices.below(3),
            entities_per_team=1 + choices.below(6),
            team_size=2 + choices.below(2),
            home_avoidance=choices.of([True, False]),
            balance_load=choices.of([True, False]),
            guests=choices.below(3),
            floor=choices.below(10),
            mode=choices.of(["either", "both"]),
        )
    except (FreezeRefused, ProtocolError):
        return None
    absent = [label for label in fresh.plan.contributors if choices.below(4) == 0]
    digits = str(10**9 + choices.below(10**9))
    seed = make_seed(fresh.plan, contributions(fresh, absent=absent), digits)
    result = draw(fresh.plan, fresh.frame, fresh.shares, seed.seed)
    return frozen | {"seed.json": seed_json(seed)}, result_json(result)


def second_result(files: Mapping[str, bytes]) -> bytes:
    """Return result.json as the second implementation derives it from the other files."""
    plan = verifier.read_plan(files["plan.json"])
    commitment = verifier.sha256_hex(files["plan.json"])
    verifier.check_people(files["people.csv"], plan)
    frame = verifier.read_frame(files)
    verifier.check_quota(plan, frame)
    expect = verifier.check_shares(plan, frame)
    seed, parts = verifier.read_seed(files["seed.json"], plan, commitment)
    verifier.check_dice(seed, plan)
    verifier.check_seed(seed, parts, commitment)
    return verifier.jcs(verifier.derive_result(plan, frame, expect, commitment, seed["seed"]))


def accumulated(count: int) -> tuple[int, str, str]:
    """Return how many numbers it took to freeze `count` draws, and each implementation's digest."""
    first, second, made, number = hashlib.sha256(), hashlib.sha256(), 0, 0
    while made < count:
        derived = derived_draw(number)
        number += 1
        if derived is None:
            continue
        files, result = derived
        made += 1
        first.update(result)
        second.update(second_result(files))
    return number, first.hexdigest(), second.hexdigest()


if __name__ == "__main__":
    print(*accumulated(int(sys.argv[1])))
