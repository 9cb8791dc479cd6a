"""The demonstration of the draw: a made-up city, a whole draw, and both ways of checking it.

Everything is made from counters, the contributions and the dice too, so that every run prints
the same. A real draw takes them from people in a hall.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import sampling
from benchmarks.made_city import city, with_terms
from sampling.bundle import read_bundle, write_bundle
from sampling.freeze import FreshDraw, Policy, freeze
from sampling.odds import chances
from sampling.plan_form import Allocation
from sampling.result import Result, draw, prove, result_json
from sampling.seed import Seed, commit_of, make_seed, seed_json, settle
from sampling.verifying import Anchors, Verified, verify

ENTITIES = 23_705
VERIFIER = Path(sampling.__file__).parent / "verifier.py"
POLICY = Policy(
    bureau="440100",
    draw="2026-01",
    title="示例市 2026 年第一轮劳动保障双随机抽查",
    frozen_at="2026-03-02T01:30:00Z",
    allocation=Allocation(80, {"A": 1, "B": 3, "*": 2}, 2),
    guests=2,
)


def main() -> None:
    """Run the demonstration and print what happened."""
    verifier = VERIFIER.read_bytes() if VERIFIER.exists() else b""
    files = with_terms(city(ENTITIES), verifier)
    fresh = freeze(POLICY, files, files["people.csv"])
    files["plan.json"] = fresh.plan_json
    _tell_freeze(fresh)
    seed = _ceremony(fresh)
    files["seed.json"] = seed_json(seed)
    result = draw(fresh.plan, fresh.frame, fresh.shares, seed.seed)
    files["result.json"] = result_json(result)
    _tell_result(result)
    anchors = Anchors(fresh.plan.commitment, seed.parts_digest, seed.dice, result.root)
    if verifier:
        bundle = write_bundle(files | {"verify.py": verifier})
        _tell_verified(verify(read_bundle(bundle), anchors), len(bundle))
        _run_verifier(bundle, verifier, anchors)
    else:
        _tell_verified(verify(files, anchors), sum(map(len, files.values())))


def _ceremony(fresh: FreshDraw) -> Seed:
    plan = fresh.plan
    commits, reveals = {}, {}
    for label in plan.contributors:
        nonce = hashlib.sha256(f"nonce {label}".encode()).hexdigest()
        reveals[label] = (nonce, "公平公正，阳光执法")
        commits[label] = commit_of(plan.commitment, label, *reveals[label])
    del reveals["guest-02"]
    parties = settle(plan.commitment, plan.contributors, commits, reveals)
    seed = make_seed(plan, parties, "3141592653")
    present = [one.label for one in parties if not one.absent]
    print("\n二、贡献与骰子")
    print(f"  到场：{'、'.join(present)}；guest-02 承诺后没有公开，按缺席处理，摇号照常。")
    print(f"  贡献摘要（掷骰前公布）：{seed.parts_digest}")
    print(f"  骰子：{seed.dice}")
    return seed


def _tell_freeze(fresh: FreshDraw) -> None:
    plan, frame = fresh.plan, fresh.frame
    listed = chances(frame.entities.populations, fresh.shares)
    low, high = min(one.chance for one in listed), max(one.chance for one in listed)
    print(f"一、冻结：{plan.title}")
    print(
        f"  监管对象 {len(frame.entities)} 户，排除 {len(frame.excluded)} 户，"
        f"可派检查人员 {len(frame.inspectors)} 人，回避 {len(frame.recusals)} 对。"
    )
    print(f"  全年应抽 {plan.quota.required} 户，本次抽 {plan.allocation.total} 户。")
    print(f"  每户被抽中的概率事先可知：最低 {_one_in(low)}，最高 {_one_in(high)}。")
    print(f"  承诺值（公布）：{plan.commitment}")


def _tell_result(result: Result) -> None:
    print("\n三、结果")
    print(
        f"  抽中 {len(result.drawn)} 户，候补 {len(result.reserve)} 户，检查组 {len(result.teams)} 个。"
    )
    counts = Counter(one.district for one in result.drawn)
    print("  " + "，".join(f"{district} {counts[district]} 户" for district in sorted(counts)))
    team = result.teams[0]
    print(
        f"  例：{team.district} 第 {team.team} 组，组长 {team.lead}，组员 "
        f"{'、'.join(team.members)}，检查 {len(team.entities)} 户。"
    )
    proof = prove(result, result.drawn[0].id)
    if proof is not None:
        same = "得出" if proof.root() == result.root else "得不出"
        print(f"  {result.drawn[0].id} 的证明有 {len(proof.path)} 步，{same}公布的结果根。")
    print(f"  结果根（公布）：{result.root}")


def _tell_verified(verified: Verified, size: int) -> None:
    print("\n四、核验")
    print(
        f"  本库重算：全部一致，{len(verified.result.drawn)} 户与 {len(verified.result.teams)} 个"
        f"检查组逐一相同（材料共 {size / 1e6:.1f} MB）。"
    )


def _run_verifier(bundle: bytes, verifier: bytes, anchors: Anchors) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program, zipped = Path(folder) / "verify.py", Path(folder) / "draw.zip"
        program.write_bytes(verifier)
        zipped.write_bytes(bundle)
        given = [
            part
            for name, value in vars(anchors).items()
            for part in ("--" + name.replace("_", "-"), str(value))
        ]
        done = subprocess.run(
            [sys.executable, "-I", str(program), str(zipped), *given],
            capture_output=True,
            encoding="utf-8",
            env={"PYTHONUTF8": "1"},
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"独立核验程序没有通过：\n{done.stdout}{done.stderr}")
    print("  独立核验程序 verify.py（只用标准库，另写的一份）：通过。它说：")
    for line in done.stdout.splitlines():
        print(f"    {line}")


def _one_in(chance: Fraction) -> str:
    return f"{chance}（约 {round(1 / chance)} 分之一）"


if __name__ == "__main__":
    main()
