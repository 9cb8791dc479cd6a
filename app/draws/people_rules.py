"""Pseudonyms of a draw and the three files about inspectors (protocol §2).

A pseudonym says nothing about the person: it is the place of a random salt among all salts of this draw. It must not
be a digest of the certificate, because the draw's own salt becomes public and certificate numbers can be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.draws.pool_rules import Candidate, Tasks, homes_to_avoid, reason_left_out
from sampling.freeze import frozen_csv


@dataclass(frozen=True)
class People:
    """The files about inspectors, who each pseudonym is, and who was left out with which reason."""

    inspectors_csv: bytes
    left_out_csv: bytes
    people_csv: bytes
    pseudonyms: Mapping[str, str]
    eligible: tuple[Candidate, ...]
    left_out: Mapping[str, str]


def pseudonyms(salts: Mapping[str, str]) -> dict[str, str]:
    """Return inspector → pseudonym (p001, p002 …) in the order of their random salts."""
    order = sorted(salts, key=lambda inspector: (salts[inspector], inspector))
    width = max(3, len(str(len(order))))
    return {inspector: f"p{place:0{width}d}" for place, inspector in enumerate(order, start=1)}


def people_of(
    candidates: Sequence[Candidate],
    tasks: Tasks,
    salts: Mapping[str, str],
    prior: Mapping[str, int],
) -> People:
    """Return the draw's inspectors: everyone is sent to one of two files, and named in people.csv.

    `salts` has 32 random hexadecimal characters for every candidate; `prior` the teams that each
    served this year, 0 where missing.
    """
    names = pseudonyms(salts)
    left_out = {
        one.inspector: reason for one in candidates if (reason := reason_left_out(one, tasks))
    }
    eligible = tuple(one for one in candidates if one.inspector not in left_out)
    return People(
        inspectors_csv=frozen_csv(
            "inspectors.csv",
            [
                (
                    names[one.inspector],
                    "+".join(homes_to_avoid(one, tasks)) or "-",
                    "1" if one.can_lead else "0",
                    str(prior.get(one.inspector, 0)),
                )
                for one in eligible
            ],
        ),
        left_out_csv=frozen_csv(
            "left_out.csv", [(names[inspector], why) for inspector, why in left_out.items()]
        ),
        people_csv=frozen_csv(
            "people.csv",
            [
                # Somebody without a certificate is left out, but still stands for a pseudonym.
                (names[one.inspector], one.certificate or "-", one.name, salts[one.inspector])
                for one in candidates
            ],
        ),
        pseudonyms=names,
        eligible=eligible,
        left_out=left_out,
    )


def recusal_rows(
    pairs: Sequence[tuple[str, str, str]], people: People
) -> list[tuple[str, str, str]]:
    """Return recusals.csv's rows from (inspector, entity, reason) in force; one row for each pair.

    Pairs of somebody who is left out anyway say nothing and are dropped (§2: inspectors known).
    """
    known = {one.inspector for one in people.eligible}
    first: dict[tuple[str, str], str] = {}
    for inspector, entity, reason in sorted(pairs):
        if inspector in known:
            first.setdefault((people.pseudonyms[inspector], entity), reason)
    return [(inspector, entity, reason) for (inspector, entity), reason in first.items()]
