"""What may happen in the room, as decisions on plain values (protocol §4, §8).

Who holds which seat, whether a reveal matches, whether two people typed the same digit, who may void a
draw and when it opens. No database, no clock: today's date and the rows are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from registries.errors import Invalid, Refused
from registries.person_names import fault, folded, same_person
from sampling.errors import FormError
from sampling.seed import commit_of

Verdict = Literal["matches", "differs", "malformed"]
Typist = Literal["operator", "witness"]
Ground = Literal["before-reveal", "court-order", "superior-order", "frame-wrong"]

VERDICTS: Final[dict[Verdict, str]] = {
    "matches": "与先前的承诺一致",
    "differs": "与先前的承诺不一致，按缺席计",
    "malformed": "不合格式，按缺席计",
}
TYPISTS: Final[dict[Typist, str]] = {"operator": "操作员", "witness": "纪检监察见证人"}

_COMMIT = re.compile("[0-9a-f]{64}")


def check_commit(
    contributors: Sequence[str], taken: Collection[str], label: str, commit: str
) -> None:
    """Refuse a commit for an unknown or taken seat, or of a wrong form, with every fault at once.

    A seat's first commit holds: whoever could commit twice could choose between two contributions.
    """
    faults: dict[str, list[str]] = {}
    if label not in contributors:
        free = "、".join(one for one in contributors if one not in taken) or "（已满）"
        faults["label"] = [
            f"没有“{label}”这个席位，席位数在冻结时已公布，不能增加。空着的席位：{free}。"
        ]
    elif label in taken:
        faults["label"] = [f"席位 {label} 已经提交过承诺，承诺不能更改。"]
    if not _COMMIT.fullmatch(commit):
        faults["commit"] = ["承诺值应是 64 个小写十六进制字符，请从贡献者的设备上完整复制。"]
    if faults:
        raise Invalid("承诺没有收下，请改正后再提交。", faults)


def verdict(commitment: str, label: str, commit: str, nonce: str, value: str) -> Verdict:
    """Judge a reveal against the commit of its seat (§4.2); it never raises, absence is the answer."""
    try:
        return "matches" if commit_of(commitment, label, nonce, value) == commit else "differs"
    except FormError:
        return "malformed"


@dataclass(frozen=True)
class Typed:
    """One digit as one of the two typed it: `position` and `attempt` count from 1."""

    position: int
    attempt: int
    typist: Typist
    digit: str


@dataclass(frozen=True)
class Dice:
    """How far the dice are: the agreed `digits`, and who has typed the one that is being read.

    `attempt` is the attempt at the next position; `typed` says what each typist gave in it.
    """

    wanted: int
    digits: str
    attempt: int
    typed: dict[Typist, str]

    @property
    def complete(self) -> bool:
        """Whether all digits are agreed."""
        return len(self.digits) == self.wanted

    @property
    def position(self) -> int:
        """The position being read, counted from 1; one past the last when complete."""
        return len(self.digits) + 1


def dice_so_far(wanted: int, rows: Iterable[Typed]) -> Dice:
    """Return where the typing stands (§4.4): a position is agreed when both typed the same digit.

    Where an attempt's two digits differ, both read the same die again as the next attempt; the die
    is not thrown again.
    """
    attempts: dict[tuple[int, int], dict[Typist, str]] = {}
    for row in rows:
        attempts.setdefault((row.position, row.attempt), {})[row.typist] = row.digit
    digits, attempt = "", 1
    while len(digits) < wanted:
        typed = attempts.get((len(digits) + 1, attempt), {})
        if len(typed) < len(TYPISTS):
            return Dice(wanted, digits, attempt, typed)
        if len(set(typed.values())) == 1:
            digits, attempt = digits + typed["operator"], 1
        else:
            attempt += 1
    return Dice(wanted, digits, 1, {})


def next_digit(dice: Dice, typist: Typist, digit: str) -> Typed:
    """Return the row that records `digit`, or refuse it with what to do instead.

    The other's digit is never shown before both have typed (§4.4).
    """
    if dice.complete:
        raise Refused(f"{dice.wanted} 位数字已全部录入，不能再加。")
    if not re.fullmatch("[0-9]", digit):
        raise Invalid("请只录入一位数字。", {"digit": ["应是 0 到 9 中的一位数字。"]})
    if typist in dice.typed:
        raise Refused(
            f"第 {dice.position} 位{TYPISTS[typist]}已经录入，请等另一方录入同一枚骰子的数字。"
        )
    return Typed(dice.position, dice.attempt, typist, digit)


def check_names(*names: str) -> None:
    """Refuse a name that nobody could read back from the record."""
    for name in names:
        if wrong := fault(name):
            raise Refused(wrong)


def check_apart(operators: Iterable[str], witnesses: Iterable[str]) -> None:
    """Refuse a draw in which one person both operated and witnessed, at whatever step (§4, §8)."""
    for witness in witnesses:
        if any(same_person(witness, one) for one in operators):
            raise Refused(
                f"{witness}在这次抽查中已经既办理又见证：操作员和纪检监察见证人不能是同一个人。"
            )


def check_two_people(
    one: str, witness: str, *, titles: tuple[str, str] = ("操作员", "纪检监察见证人")
) -> None:
    """Refuse one person acting as both (§8: nothing important is done by one alone)."""
    if not folded(one) or not folded(witness):
        raise Refused(f"需要写明{titles[0]}和{titles[1]}两个人的姓名。")
    check_names(one, witness)
    if same_person(one, witness):
        raise Refused(f"{titles[0]}和{titles[1]}不能是同一个人。")


def check_witness(name: str, known: Collection[str]) -> None:
    """Refuse a witness who is neither the one of this ceremony nor the stand-by named at the freeze (§8)."""
    if not any(same_person(name, one) for one in known if one):
        named = "、".join(sorted({one for one in known if one}))
        raise Refused(
            f"签字或拒绝签字的，只能是本次抽查的见证人或冻结时写明的候补见证人：{named}。"
        )


def check_objection(statement: str) -> None:
    """Refuse an objection or a refusal to sign without its words: they go into the record (§8)."""
    if not statement.strip():
        raise Invalid(
            "请写明理由。", {"statement": ["有异议签字或拒绝签字，理由要写进记录并报上级。"]}
        )


def check_void(*, revealed: bool, ground: str, reason: str) -> Ground:
    """Return the ground on which a draw may be void now, or refuse (§8 Void).

    Until the first reveal operator and witness may void it with a reason. After it only a court, a superior
    or a frame wrong as a whole is a ground, because by then somebody may know what would be drawn.
    """
    if not reason.strip():
        raise Invalid("请写明作废的理由。", {"reason": ["作废的理由会公开，不能空着。"]})
    if not revealed:
        return "before-reveal"
    if ground in {"court-order", "superior-order", "frame-wrong"}:
        return ground  # type: ignore[return-value]
    raise Refused(
        "已经有人揭示，此后只能依据人民法院的裁判、上级机关的决定，或名单整体错误作废，"
        "由纪检监察见证人和局负责人共同办理；个别单位的差错按协议第 6 节处理，不作废。"
    )


def check_unseal(*, finished: bool, unseal_by: date, today: date) -> None:
    """Refuse to open a sealed draw before its inspections are finished and before `unseal_by` (§8)."""
    if not finished and today < unseal_by:
        raise Refused(
            f"检查尚未全部结束，最迟 {unseal_by.isoformat()} 启封。确已全部结束的，请用 --finished 写明。"
        )
