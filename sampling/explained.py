"""What the command line answers, as JSON and in Chinese (protocol §8, §9)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from sampling.encoding import fraction_text, parse_jcs, sha256_hex
from sampling.errors import WORDS, printable
from sampling.odds import InspectorOdds, StratumChance, spread
from sampling.result import Proof
from sampling.seed import Contribution
from sampling.verifying import Anchors, Verified

LABEL: Final = re.compile("bureau|discipline-inspection|guest-(?:0[1-9]|[1-5][0-9]|60)")
CHECKS: Final[Mapping[str, str]] = {
    "keys": "方案的写法",
    "files": "文件齐全、摘要相符",
    "rows": "名单的写法与顺序",
    "disjoint": "抽查与排除互不重叠",
    "roots": "检查人员名册",
    "quota": "应抽数",
    "shares": "各地区各等级的份额",
    "contributions": "各方贡献",
    "dice": "骰子",
    "seed": "种子",
    "result": "抽查结果",
    "anchors": "公布的值",
}
"""Each check of §9 by its word."""

_ANCHORS: Final[Mapping[str, str]] = {
    "commitment": "承诺值",
    "parts_digest": "各方摘要",
    "dice": "骰子数字",
    "root": "结果根",
}
Answer = tuple[dict[str, Any], str]


def refusal(word: str) -> str:
    """Return how a refusal under `word` is introduced."""
    if word == "not-drawn":
        return "没有可以作的证明"
    return f"核验不通过（{word}，{CHECKS[word]}）" if word in CHECKS else "不予受理"


def settled(contributions: Sequence[Contribution], digest: str, *, written: bool) -> Answer:
    """Return who counts and who is absent, and the digest to be published before the dice (§4.3)."""
    absent = [one.label for one in contributions if one.absent]
    answer = {"parts_digest": digest, "absent": absent, "written": written}
    lines = [
        f"计入 {len(contributions) - len(absent)} 个席位，缺席：{'、'.join(absent) or '无'}。",
        f"贡献摘要：{digest}",
        "已写入 seed.json。" if written else "请先公布贡献摘要，再掷骰子。",
    ]
    return answer, "\n".join(lines)


def drawn(verified: Verified) -> Answer:
    """Return what a draw made: counts, root and seed; no names."""
    result = verified.result
    counts = Counter(one.district for one in result.drawn)
    teams = Counter(team.district for team in result.teams)
    answer = {
        "drawn": len(result.drawn),
        "reserve": len(result.reserve),
        "teams": len(result.teams),
        "root": result.root,
        "seed": result.seed,
    }
    lines = [
        f"抽中 {len(result.drawn)} 户，候补 {len(result.reserve)} 户，检查组 {len(result.teams)} 个。",
        *(
            f"  {district}：{counts[district]} 户，{teams[district]} 组"
            for district in sorted(counts)
        ),
        f"结果根：{result.root}",
        "已写入 result.json。",
    ]
    return answer, "\n".join(lines)


def verified(found: Verified, anchors: Anchors, files: Mapping[str, bytes]) -> Answer:
    """Return what was checked, and plainly what the bundle alone cannot show (§8)."""
    missing = anchors.missing()
    checked = [word for word in WORDS if word != "roots" or "people.csv" in files]
    if len(missing) == len(_ANCHORS):
        checked.remove("anchors")
    answer = {
        "checked": checked,
        "not_given": list(missing),
        "commitment": found.frozen.plan.commitment,
        "parts_digest": found.seed.parts_digest,
        "dice": found.seed.dice,
        "root": found.result.root,
    }
    lines = [f"核验通过：抽查 {found.frozen.plan.draw}《{printable(found.frozen.plan.title)}》。"]
    lines += [f"  已核对：{CHECKS[word]}" for word in checked]
    lines += [f"  {_ANCHORS[name]}：{answer[name]}" for name in _ANCHORS]
    if missing:
        names = "、".join(_ANCHORS[name] for name in missing)
        lines.append(
            f"注意：没有给出公布的{names}。只能说明材料前后一致，不能说明就是当时公布的那一次。"
        )
    lines += _verifier_note(files)
    return answer, "\n".join(lines)


def _verifier_note(files: Mapping[str, bytes]) -> list[str]:
    digest = sha256_hex(files["verify.py"]) if "verify.py" in files else ""
    terms = parse_jcs(files["terms.json"])
    if not digest or (isinstance(terms, dict) and terms.get("verifier") == digest):
        return []
    return [f"注意：压缩包中的 verify.py（{digest}）不是 terms.json 中写明的那一个。"]


def proved(proof: Proof, *, leaves_compared: bool) -> Answer:
    """Return what a proof says that agrees with the published root.

    A root alone does not say how many leaves it has, so the number is vouched for only where it
    was compared with a published one.
    """
    _, commitment, entity, district, grade, rank, team, people, _ = proof.leaf
    place = f"第 {team} 组，检查人员 {'、'.join(people)}" if team else "候补"
    answer = {
        "commitment": commitment,
        "id": entity,
        "district": district,
        "grade": grade,
        "rank": rank,
        "team": team,
        "people": people,
        "leaves": proof.leaves,
        "leaves_compared": leaves_compared,
    }
    told = f"证明有效：{entity}（{district}，{grade} 级，第 {rank} 位），{place}。"
    if not leaves_compared:
        told += f"\n叶数 {proof.leaves} 没有与公布的比对；只凭结果根不能证明一共抽了多少户。"
    return answer, told


def odds(listed: Sequence[StratumChance], inspectors: Iterable[InspectorOdds]) -> Answer:
    """Return the exact chance per stratum and the simulated odds per inspector."""
    people = list(inspectors)
    runs = people[0].runs if people else 0
    range_ = spread(people)
    answer = {
        "strata": [
            {
                "key": list(one.key),
                "population": one.population,
                "expect": fraction_text(one.expect),
                "chance": fraction_text(one.chance),
            }
            for one in listed
        ],
        "runs": runs,
        "inspectors": [
            {
                "inspector": one.inspector,
                "sent": one.sent,
                "led": one.led,
                "permille": one.permille,
                "error_permille": one.error_permille,
            }
            for one in people
        ],
        "spread": vars(range_),
    }
    lines = ["每户被抽中的概率（精确值）："]
    lines += [
        f"  {one.key[0]} {one.key[1]} 级：{one.population} 户，预计 {fraction_text(one.expect)} 户，"
        f"每户 {fraction_text(one.chance)}（约 {_percent(one.chance)}）"
        for one in listed
    ]
    lines.append(f"检查人员被派出的机会（模拟 {runs} 次）：")
    lines += [
        f"  {one.inspector}：派出 {one.sent} 次，任组长 {one.led} 次，"
        f"约 {one.permille}‰ ± {one.error_permille}‰"
        for one in people
    ]
    lines.append(f"派出次数最少 {range_.fewest}，居中 {range_.median}，最多 {range_.most}。")
    return answer, "\n".join(lines)


def _percent(chance: Fraction) -> str:
    """Return a chance as a percentage with three decimals, without floating point."""
    thousandths = round(chance * 100_000)
    return f"{thousandths // 1000}.{thousandths % 1000:03d}%"
