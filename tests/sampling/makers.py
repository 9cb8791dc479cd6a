"""Small frozen draws for tests: each maker has defaults for all and keywords for what matters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sampling.encoding import jcs
from sampling.freeze import FreshDraw, Policy, freeze, frozen_csv
from sampling.plan_form import Allocation, StratumKey
from sampling.result import draw, result_json
from sampling.seed import Contribution, commit_of, make_seed, seed_json

VECTORS = Path(__file__).parent.parent / "vectors"
BAD_VECTORS = Path(__file__).parent.parent / "bad-vectors"
POPULATIONS: Mapping[StratumKey, int] = {
    ("440103", "A"): 20,
    ("440103", "B"): 5,
    ("440104", "A"): 12,
    ("440104", "-"): 3,
    ("440105", "C"): 7,
}
SALT = "5" * 64
VERIFIER = b"raise SystemExit(0)\n"


def digest(*parts: object) -> str:
    """Return 64 hex characters that follow from `parts` alone."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def entity_id(district: str, number: int) -> str:
    """Return a made-up 18-character code; ids of one district ascend with `number`."""
    return f"91{district}{number:010d}"


def entity_rows(populations: Mapping[StratumKey, int] = POPULATIONS) -> list[tuple[str, ...]]:
    """Return rows of entities.csv with this many entities per (district, grade)."""
    return [
        (
            entity_id(district, "ABC-".index(grade) * 10**6 + number),
            district,
            grade,
            "employer",
            "甲",
        )
        for (district, grade), count in populations.items()
        for number in range(count)
    ]


def inspector_rows(count: int = 12, *, homes: Sequence[str] = ("-",)) -> list[tuple[str, ...]]:
    """Return rows of inspectors.csv: every second one can lead; homes are dealt in turn."""
    return [
        (f"P{number:04d}", homes[number % len(homes)], str(1 - number % 2), str(number % 4))
        for number in range(count)
    ]


def frame_files(
    *,
    entities: Iterable[Sequence[str]] | None = None,
    excluded: Iterable[Sequence[str]] = (),
    inspectors: Iterable[Sequence[str]] | None = None,
    left_out: Iterable[Sequence[str]] = (),
    recusals: Iterable[Sequence[str]] = (),
    terms: object = None,
    salt: str = SALT,
) -> dict[str, bytes]:
    """Return the frozen files (all but plan.json and people.csv) in form, sorted."""
    rows = {
        "entities.csv": entity_rows() if entities is None else entities,
        "excluded.csv": excluded,
        "inspectors.csv": inspector_rows() if inspectors is None else inspectors,
        "left_out.csv": left_out,
        "recusals.csv": recusals,
    }
    files = {name: frozen_csv(name, list(listed)) for name, listed in rows.items()}
    given = {"authority": "示例市人社局"} if terms is None else terms
    return files | {"terms.json": jcs(given), "salt.txt": salt.encode()}


def people_csv(files: Mapping[str, bytes]) -> bytes:
    """Return people.csv for the inspectors of `files`."""
    names = [line.split(",")[0] for line in files["inspectors.csv"].decode().splitlines()[1:]]
    return frozen_csv(
        "people.csv", [(name, f"GD-{name}", "王某", digest("salt", name)[:32]) for name in names]
    )


def policy(
    *, total: int = 8, rates: Mapping[str, Any] | None = None, minimum: int = 0, **changed: Any
) -> Policy:
    """Return a policy; `total`, `rates` and `minimum` make its allocation."""
    fields: dict[str, Any] = {
        "bureau": "440100",
        "draw": "2026-01",
        "title": "测试抽查",
        "frozen_at": "2026-03-02T01:30:00Z",
        "allocation": Allocation(total, {"*": 1} if rates is None else rates, minimum),
        "reserve": 1,
    }
    return Policy(**(fields | changed))


def fresh_draw(
    files: Mapping[str, bytes] | None = None, **changed: Any
) -> tuple[FreshDraw, dict[str, bytes]]:
    """Return a frozen draw and its files, plan.json and people.csv with them."""
    used = dict(frame_files() if files is None else files)
    people = people_csv(used)
    fresh = freeze(policy(**changed), used, people)
    return fresh, used | {"plan.json": fresh.plan_json, "people.csv": people}


def contributions(fresh: FreshDraw, *, absent: Iterable[str] = ()) -> list[Contribution]:
    """Return one contribution per seat; those in `absent` committed and did not reveal."""
    made = []
    for label in fresh.plan.contributors:
        nonce, value = digest("nonce", label), f"愿{label}公正"
        commit = commit_of(fresh.plan.commitment, label, nonce, value)
        gone = label in set(absent)
        made.append(
            Contribution(label, commit) if gone else Contribution(label, commit, nonce, value)
        )
    return made


def drawn_files(
    files: Mapping[str, bytes] | None = None, *, digits: str | None = None, **changed: Any
) -> dict[str, bytes]:
    """Return all files of a draw, seed.json, result.json and a verify.py included."""
    fresh, used = fresh_draw(files, **changed)
    thrown = digits or str(int(digest("dice"), 16))[: fresh.plan.dice]
    seed = make_seed(fresh.plan, contributions(fresh), thrown)
    result = draw(fresh.plan, fresh.frame, fresh.shares, seed.seed)
    return used | {
        "seed.json": seed_json(seed),
        "result.json": result_json(result),
        "verify.py": VERIFIER,
    }


def read_vector(folder: Path) -> dict[str, bytes]:
    """Return the files of one vector by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def derived_files(number: int) -> dict[str, bytes]:
    """Return all files of small draw `number`; draws differ in all that a plan can vary."""
    lot = int(digest("derived", number), 16)

    def pick(choices: Sequence[Any]) -> Any:
        nonlocal lot
        lot, at = divmod(lot, len(choices))
        return choices[at]

    districts = ["440103", "440104", "440105"][: pick([1, 2, 3])]
    populations = {(place, grade): pick(range(1, 9)) for place in districts for grade in "A-"}
    rows = entity_rows(populations)
    recusals = {(f"P{pick(range(20)):04d}", pick(rows)[0], "kin") for _ in range(pick([0, 2, 5]))}
    files = frame_files(
        entities=rows,
        excluded=[("X1", "closed")] * pick([0, 1]),
        inspectors=inspector_rows(48, homes=pick([["-"], ["-", "440103", "440104+440105"]])),
        recusals=recusals,
        salt=digest("salt", number),
    )
    return drawn_files(
        files,
        total=pick(range(3, 6)),
        rates=pick([{"*": 1}, {"*": 2, "A": 3}, {"*": 1, "-": 5}]),
        minimum=pick([0, 0, 1]),
        floor=0,
        reserve=pick([0, 1, 3]),
        entities_per_team=pick([1, 2, 5]),
        team_size=pick([2, 3]),
        home_avoidance=pick([True, False]),
        balance_load=pick([True, False]),
        guests=pick([0, 1]),
        dice=6,
        digits=f"{pick(range(10**6)):06d}",
    )
