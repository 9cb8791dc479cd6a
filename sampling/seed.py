"""From contributions and dice to the seed, its keys and tickets (protocol §4)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sampling.encoding import jcs, parse_jcs, sha256_hex
from sampling.errors import FormError, ProtocolError, printable, refused_as
from sampling.plan_form import Plan

_HEX = re.compile("[0-9a-f]{64}")
VALUE: Final = re.compile(
    "[\u0020-\u007e\u3001\u3002\u300a\u300b\u4e00-\u9fff\uff01-\uff5e]{0,200}"
)
"""What a contributor may type: characters that look the same on every device."""


@dataclass(frozen=True)
class Contribution:
    """What one seat gave: `nonce` and `value`, or neither where it is absent.

    `commit` is what it published before anyone revealed; "" where it published nothing.
    """

    label: str
    commit: str
    nonce: str | None = None
    value: str | None = None

    @property
    def absent(self) -> bool:
        """Whether nothing of this seat goes into the seed but its commit."""
        return self.nonce is None or self.value is None

    def part(self) -> list[str]:
        """Return its element of `parts` (§4.3)."""
        if self.nonce is None or self.value is None:
            return [self.label, "absent", self.commit]
        return [self.label, self.nonce, self.value]


@dataclass(frozen=True)
class Seed:
    """seed.json as read: every contribution in the order of the plan, the dice, the seed."""

    contributions: tuple[Contribution, ...]
    parts_digest: str
    dice: str
    seed: str


def commit_of(commitment: str, label: str, nonce: str, value: str) -> str:
    """Return the commit of one contribution (§4.1); FormError where nonce or value break form."""
    if not _HEX.fullmatch(nonce):
        raise FormError("随机串必须是 64 个小写十六进制字符。")
    if len(value) > 200:
        raise FormError(f"文字最多 200 个字，现有 {len(value)} 个。")
    if not VALUE.fullmatch(value):
        odd = next(one for one in value if not VALUE.fullmatch(one))
        raise FormError(
            f"文字中不能有“{printable(odd)}”（U+{ord(odd):04X}）。只能用常用汉字、、。《》、"
            "全角字母、数字和标点，以及键盘上的英文字母、数字、标点和空格。"
        )
    return sha256_hex(jcs(["yaohao/1 contribution", commitment, label, nonce, value]))


def settle(
    commitment: str,
    contributors: Sequence[str],
    commits: Mapping[str, str],
    reveals: Mapping[str, tuple[str, str]],
) -> tuple[Contribution, ...]:
    """Return one contribution per seat from what was published and revealed (§4.2).

    `commits` and `reveals` (nonce, value) are by label. A seat without a commit, without a
    reveal, or whose reveal does not match is absent; that never raises.
    """
    settled = []
    for label in contributors:
        commit = commits.get(label, "")
        nonce, value = reveals.get(label, ("", ""))
        try:
            kept = commit != "" and commit_of(commitment, label, nonce, value) == commit
        except FormError:
            kept = False
        settled.append(
            Contribution(label, commit, nonce, value) if kept else Contribution(label, commit)
        )
    return tuple(settled)


def parts_digest(commitment: str, contributions: Sequence[Contribution]) -> str:
    """Return what is shown and logged before the dice (§4.3)."""
    return sha256_hex(jcs(["yaohao/1 parts", commitment, _parts(contributions)]))


def make_seed(plan: Plan, contributions: Sequence[Contribution], dice: str) -> Seed:
    """Return the seed of these contributions and dice (§4.5).

    Raises ProtocolError `contributions` where the labels are not the plan's, `dice` where the
    digits are not as many as the plan says.
    """
    if [contribution.label for contribution in contributions] != list(plan.contributors):
        raise ProtocolError("contributions", "贡献者与方案中的席位不符。")
    if not re.fullmatch(f"[0-9]{{{plan.dice}}}", dice):
        raise ProtocolError("dice", f"骰子必须是 {plan.dice} 位数字。")
    return Seed(
        contributions=tuple(contributions),
        parts_digest=parts_digest(plan.commitment, contributions),
        dice=dice,
        seed=sha256_hex(jcs(["yaohao/1 seed", plan.commitment, _parts(contributions), dice])),
    )


def seed_json(seed: Seed) -> bytes:
    """Return the bytes of seed.json (§4)."""
    return jcs(
        {
            "contributions": [
                {"label": one.label, "commit": one.commit, "absent": True}
                if one.absent
                else {
                    "label": one.label,
                    "commit": one.commit,
                    "nonce": one.nonce,
                    "value": one.value,
                }
                for one in seed.contributions
            ],
            "parts_digest": seed.parts_digest,
            "dice": seed.dice,
            "seed": seed.seed,
        }
    )


def read_seed(plan: Plan, data: bytes) -> Seed:
    """Return seed.json checked against the plan: `contributions`, then `dice`, then `seed`."""
    with refused_as("contributions", "seed.json"):
        fields = parse_jcs(data)
        if not isinstance(fields, dict) or fields.keys() != set(Seed.__dataclass_fields__):
            raise FormError("键缺少或多出。")
        listed = fields["contributions"]
        if not isinstance(listed, list) or len(listed) != len(plan.contributors):
            raise FormError("贡献的个数与方案中的席位不符。")
        contributions = [
            _contribution(plan, label, item)
            for label, item in zip(plan.contributors, listed, strict=True)
        ]
        digest, dice, seed = fields["parts_digest"], fields["dice"], fields["seed"]
        if not (isinstance(digest, str) and isinstance(dice, str) and isinstance(seed, str)):
            raise FormError("parts_digest、dice、seed 必须是文字。")
    made = make_seed(plan, contributions, dice)
    if made.parts_digest != digest:
        raise ProtocolError("seed", "parts_digest 与各方贡献重算的不符。")
    if made.seed != seed:
        raise ProtocolError("seed", "种子与各方贡献和骰子重算的不符。")
    return made


def key(purpose: str, seed: str) -> str:
    """Return the 32-character key of `purpose` under `seed` (64 hex characters)."""
    return sha256_hex(jcs(["yaohao/1 key", purpose, seed]))[:32]


def ticket(purpose_key: str, text: str) -> str:
    """Return the ticket of `text` under the key of a purpose: 64 hex characters (§4)."""
    return hashlib.sha256((purpose_key + text).encode()).hexdigest()


def _parts(contributions: Sequence[Contribution]) -> list[list[str]]:
    return sorted(contribution.part() for contribution in contributions)


def _contribution(plan: Plan, label: str, item: Any) -> Contribution:
    given = item.keys() if isinstance(item, dict) else set()
    if given not in ({"label", "commit", "nonce", "value"}, {"label", "commit", "absent"}):
        raise FormError(f"{label} 的键缺少或多出。")
    commit = item["commit"]
    if item["label"] != label:
        raise FormError(f"席位的顺序与方案不符：此处应为 {label}。")
    if "absent" in item:
        if item["absent"] is not True or not (
            commit == "" or (isinstance(commit, str) and _HEX.fullmatch(commit))
        ):
            raise FormError(f"{label} 缺席的写法不合规定。")
        return Contribution(label, commit)
    nonce, value = item["nonce"], item["value"]
    if not (isinstance(nonce, str) and isinstance(value, str)):
        raise FormError(f"{label} 的随机串和文字必须是文字。")
    if commit_of(plan.commitment, label, nonce, value) != commit:
        raise FormError(f"{label} 公开的内容与先前的承诺不符。")
    return Contribution(label, commit, nonce, value)
