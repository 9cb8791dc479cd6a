"""The result: result.json, its leaves and root, and proofs of membership (protocol §8)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from sampling.draw import Picked, select
from sampling.encoding import inclusion_path, jcs, merkle_root, parse_jcs, root_from_path
from sampling.errors import FormError
from sampling.frame import Frame
from sampling.plan_form import PROTOCOL, Plan, StratumKey
from sampling.rounding import round_shares
from sampling.teams import Team, assign_teams

LEAF: Final = "yaohao/1 leaf"
_HEX = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Result:
    """A finished draw: what result.json says, and the leaves under its root.

    `numbers` is how many were drawn from each stratum, in key order; drawn and reserve are by
    (district, grade, rank), teams by district and number.
    """

    plan: Plan
    seed: str
    numbers: Mapping[StratumKey, int]
    drawn: tuple[Picked, ...]
    reserve: tuple[Picked, ...]
    teams: tuple[Team, ...]

    @cached_property
    def team_of(self) -> dict[str, Team]:
        """The team of each drawn entity, by id."""
        return {entity: team for team in self.teams for entity in team.entities}

    @cached_property
    def leaves(self) -> dict[str, bytes]:
        """The leaf of each drawn and reserve entity by id, in the order of the tree (§8)."""
        return {
            one.id: self._leaf(one)
            for one in sorted((*self.drawn, *self.reserve), key=lambda one: one.id)
        }

    @cached_property
    def root(self) -> str:
        """The root published before the visits."""
        return merkle_root(list(self.leaves.values()))

    def _leaf(self, one: Picked) -> bytes:
        team = self.team_of.get(one.id)
        number, people = (0, []) if team is None else (team.team, [team.lead, *team.members])
        return jcs(
            [
                LEAF,
                self.plan.commitment,
                one.id,
                one.district,
                one.grade,
                one.rank,
                number,
                people,
                one.ticket,
            ]
        )


def draw(plan: Plan, frame: Frame, found: Mapping[StratumKey, Fraction], seed: str) -> Result:
    """Return the result that `seed` (64 hex characters) makes of the frozen draw (§5.6–7).

    `found` are the exact shares of §5. Raises ProtocolError `result` where no complete
    assignment of inspectors exists, which a freeze refuses beforehand.
    """
    numbers = round_shares(found, seed)
    selection = select(frame.entities, numbers, plan.reserve, seed)
    teams = assign_teams(plan, frame, selection.drawn, seed)
    return Result(plan, seed, numbers, selection.drawn, selection.reserve, teams)


def result_json(result: Result) -> bytes:
    """Return the bytes of result.json (§8)."""
    return jcs(
        {
            "protocol": PROTOCOL,
            "draw": result.plan.draw,
            "commitment": result.plan.commitment,
            "seed": result.seed,
            "leaves": len(result.leaves),
            "root": result.root,
            "drawn": [_place(one) | {"team": result.team_of[one.id].team} for one in result.drawn],
            "reserve": [_place(one) for one in result.reserve],
            "teams": [
                {
                    "district": team.district,
                    "team": team.team,
                    "lead": team.lead,
                    "members": team.members,
                    "entities": team.entities,
                }
                for team in result.teams
            ],
        }
    )


def _place(one: Picked) -> dict[str, str | int]:
    return {"id": one.id, "district": one.district, "grade": one.grade, "rank": one.rank}


@dataclass(frozen=True)
class Proof:
    """That one leaf is under a published root: the leaf's fields, its place, and the path."""

    leaf: Sequence[Any]
    index: int
    leaves: int
    path: tuple[str, ...]

    def root(self) -> str:
        """Return the root that the path leads to; FormError where it leads nowhere."""
        return root_from_path(jcs(self.leaf), self.index, self.leaves, self.path)


def prove(result: Result, entity: str) -> Proof | None:
    """Return the proof that `entity` was drawn or stands in reserve, None where it is neither."""
    if entity not in result.leaves:
        return None
    ids, leaves = list(result.leaves), list(result.leaves.values())
    index = ids.index(entity)
    leaf = parse_jcs(leaves[index])
    if not isinstance(leaf, list):  # pragma: no cover - a leaf is written as an array
        raise TypeError
    return Proof(leaf, index, len(leaves), tuple(inclusion_path(leaves, index)))


def proof_json(proof: Proof) -> bytes:
    """Return the proof as canonical JSON, which `read_proof` reads."""
    return jcs(
        {
            "protocol": PROTOCOL,
            "leaf": proof.leaf,
            "index": proof.index,
            "leaves": proof.leaves,
            "path": proof.path,
            "root": proof.root(),
        }
    )


def read_proof(data: bytes) -> Proof:
    """Return the proof in `data`; FormError where its form is bad or its path misses its root.

    The caller still compares the root with the published one.
    """
    fields = parse_jcs(data.strip())
    if not isinstance(fields, dict) or fields.keys() != {
        "protocol",
        "leaf",
        "index",
        "leaves",
        "path",
        "root",
    }:
        raise FormError("证明的键缺少或多出。")
    leaf, path, index, size = (fields[name] for name in ("leaf", "path", "index", "leaves"))
    if fields["protocol"] != PROTOCOL or not (isinstance(leaf, list) and _is_leaf(leaf)):
        raise FormError("证明中的叶写法不合规定。")
    if type(index) is not int or type(size) is not int:
        raise FormError("证明中的序号写法不合规定。")
    if not isinstance(path, list) or not all(isinstance(node, str) for node in path):
        raise FormError("证明路径的写法不合规定。")
    proof = Proof(leaf, index, size, tuple(path))
    if proof.root() != fields["root"]:
        raise FormError("证明路径得不出所写的根。")
    return proof


def read_printed_proof(data: bytes) -> Proof:
    """Return the proof in a file to which `prove`, with or without --json, was redirected.

    A Windows console writes it as UTF-16, an editor may put a byte order mark before it. Neither
    is part of the proof. FormError as in `read_proof`.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding).strip()
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise FormError("证明文件不是 JSON。") from None
    if isinstance(value, dict) and value.get("ok") is True and "proof" in value:
        return read_proof(jcs(value["proof"]))
    return read_proof(text.encode())


def _is_leaf(leaf: list[Any]) -> bool:
    if len(leaf) != 9 or leaf[0] != LEAF:
        return False
    texts = [*leaf[1:5], leaf[8]]
    return (
        all(isinstance(text, str) for text in texts)
        and _HEX.fullmatch(leaf[1]) is not None
        and type(leaf[5]) is int
        and type(leaf[6]) is int
        and isinstance(leaf[7], list)
        and all(isinstance(person, str) for person in leaf[7])
    )
