"""Pseudonyms of a draw and the three files about inspectors (protocol §2).

A pseudonym says nothing about the person: it is the place of a random salt among all salts of this draw. It must not
be a digest of the certificate, because the draw's own salt becomes public and certificate numbers can be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.draws.pool_rules import Candidate
from sampling.freeze import frozen_csv


@dataclass(frozen=True)
class People:
    """The files about inspectors; `pseudonyms` has everyone, by the registry's staff number."""

    inspectors_csv: bytes
    left_out_csv: bytes
    people_csv: bytes
    pseudonyms: Mapping[str, str]
    eligible: tuple[Candidate, ...]
    left_out: tuple[Candidate, ...]


def pseudonyms(salts: Mapping[str, str]) -> dict[str, str]:
    """Return inspector → pseudonym (p001, p002 …) in the order of their random salts."""
    order = sorted(salts, key=lambda inspector: (salts[inspector], inspector))
    width = max(3, len(str(len(order))))
    return {inspector: f"p{place:0{width}d}" for place, inspector in enumerate(order, start=1)}


def people_of(
    candidates: Sequence[Candidate], salts: Mapping[str, str], prior: Mapping[str, int]
) -> People:
    """Return the draw's inspectors: each goes to one of two files, and all are named in people.csv.

    `salts` has 32 random hexadecimal characters for every candidate; `prior` the teams that each
    served this year, 0 where missing.
    """
    names = pseudonyms(salts)
    eligible = tuple(one for one in candidates if one.reason is None)
    left_out = tuple(one for one in candidates if one.reason is not None)
    return People(
        inspectors_csv=frozen_csv(
            "inspectors.csv",
            [
                (
                    names[one.inspector.inspector],
                    "+".join(one.homes) or "-",
                    "1" if one.inspector.may_lead else "0",
                    str(prior.get(one.inspector.inspector, 0)),
                )
                for one in eligible
            ],
        ),
        left_out_csv=frozen_csv(
            "left_out.csv",
            [(names[one.inspector.inspector], one.reason or "") for one in left_out],
        ),
        people_csv=frozen_csv(
            "people.csv",
            [
                (
                    names[one.inspector.inspector],
                    _certificate(one),
                    one.inspector.name,
                    salts[one.inspector.inspector],
                )
                for one in candidates
            ],
        ),
        pseudonyms=names,
        eligible=eligible,
        left_out=left_out,
    )


def _certificate(one: Candidate) -> str:
    """Return the number of the certificate that is valid longest; "-" for somebody who has none."""
    held = sorted(one.inspector.certificates, key=lambda c: (c.expires, c.number))
    return held[-1].number if held else "-"


def recusal_rows(
    pairs: Sequence[tuple[str, str, str]], people: People
) -> list[tuple[str, str, str]]:
    """Return recusals.csv's rows from (inspector, entity, reason) in force; one row for each pair.

    Pairs of somebody who is left out anyway say nothing and are dropped (§2: inspectors known).
    """
    known = {one.inspector.inspector for one in people.eligible}
    first: dict[tuple[str, str], str] = {}
    for inspector, entity, reason in sorted(pairs):
        if inspector in known:
            first.setdefault((people.pseudonyms[inspector], entity), reason)
    return sorted((name, entity, reason) for (name, entity), reason in first.items())
