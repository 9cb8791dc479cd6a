"""What the papers of a draw are made from: the draw's own material, and what the clerk adds (protocol §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from exports.draw_record import Contribution
from sampling.draw import Picked
from sampling.result import Result
from sampling.verifying import FrozenDraw

BASIS: Final = (
    "《劳动保障监察条例》",
    "《国务院办公厅关于推广随机抽查规范事中事后监管的通知》（国办发〔2015〕58号）",
)
# [K]: what labour inspections usually ask for; a bureau gives its own list.
MATERIALS: Final = (
    "营业执照或者其他登记证书",
    "职工名册和劳动合同",
    "近十二个月的工资支付台账和考勤记录",
    "社会保险登记和缴费记录",
)


@dataclass(frozen=True)
class Particulars:
    """What a clerk says about the papers because no book holds it; "" where it is not said.

    `number` is the notices' number before its running part, such as 穗人社监抽〔2026〕; the first
    notice gets `first_number`. `issued` is the notices' date, by default the day of the signatures.
    """

    place: str = ""
    check_at: str = ""
    number: str = ""
    first_number: int = 1
    contact: str = ""
    phone: str = ""
    complaint_phone: str = ""
    issued: date | None = None
    basis: tuple[str, ...] = BASIS
    materials: tuple[str, ...] = MATERIALS


@dataclass(frozen=True)
class Person:
    """Who a pseudonym is: name and number of the enforcement certificate, as people.csv froze them."""

    name: str
    certificate: str


@dataclass(frozen=True)
class Ceremony:
    """What happened in the room, up to the result (`ended_at`) or to the draw's being void.

    Before the inputs were fixed there are no `contributions`.
    """

    operator: str
    witness: str
    ended_at: datetime
    signed_on: date | None = None
    contributions: tuple[Contribution, ...] = ()
    parts_digest: str = ""
    dice: str = ""
    result_digest: str = ""
    objection: str = ""
    void_reason: str = ""


@dataclass(frozen=True)
class Material:
    """Everything that the papers of one draw are made from, gathered at one moment.

    `teams` is who holds a team's seats now, the lead first, by (district, team); `called` are the
    reserves called up, with district and team, in the order of the log. `addresses` and `names` are
    as of the freeze. `opened`: the names are public (hall mode `open`, or unsealed). `masked` are
    those left out of this draw because another drew them that is still sealed: no paper names them.
    """

    terms: Mapping[str, Any]
    frozen: FrozenDraw
    district_names: Mapping[str, str]
    names: Mapping[str, str]
    ceremony: Ceremony | None = None
    result: Result | None = None
    teams: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    called: tuple[tuple[str, str, int], ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    checkpoint: str = ""
    opened: bool = False
    signed: bool = False
    masked: frozenset[str] = frozenset()

    @property
    def rehearsal(self) -> bool:
        """Whether the draw is a rehearsal, which every paper says (演练)."""
        return self.terms["rehearsal"] is True

    def district(self, code: str) -> str:
        """Return the name of a district, or its code where the books name none."""
        return self.district_names.get(code, code)

    def entity(self, picked: Picked) -> str:
        """Return the name of a drawn or reserve entity, as entities.csv froze it."""
        return self.frozen.frame.entities.row(picked.row).name
