"""The command line of the draw: python -m sampling commit|seed|draw|verify|prove|check-proof|odds.

Ends 0 where all is well, 1 where something is refused or does not verify, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import io
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sampling import explained
from sampling.bundle import LARGEST_BUNDLE, read_bundle
from sampling.encoding import jcs, parse_jcs
from sampling.errors import FormError, ProtocolError, Word
from sampling.odds import chances, inspector_odds
from sampling.result import proof_json, prove, read_proof, result_json
from sampling.seed import commit_of, make_seed, parts_digest, seed_json, settle
from sampling.verifying import FROZEN_FILES, Anchors, derive, read_frozen, verify

FOLDER_FILES: Final = (*FROZEN_FILES, "seed.json", "result.json", "people.csv")
"""What a folder may hold of a draw; anything else in it is no concern of the protocol."""

Answer = tuple[dict[str, Any], str]
"""What a command found: as JSON, and in Chinese."""


class UsageError(Exception):
    """Something that the caller has to give differently, in a Chinese sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Under LANG=C the terminal's encoding may be ASCII, and every sentence is Chinese.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        answer, told = options.command(options)
    except ProtocolError as error:
        return _fail(options, 1, error.word, error.sentence)
    except FormError as error:
        return _fail(options, 1, "form", error.sentence)
    except UsageError as error:
        return _fail(options, 2, "usage", str(error))
    except OSError as error:
        return _fail(options, 2, "usage", f"无法读写：{error.filename}")
    print(json.dumps({"ok": True} | answer, ensure_ascii=False) if options.json else told)
    return 0


def _fail(options: argparse.Namespace, code: int, word: str, sentence: str) -> int:
    if options.json:
        print(json.dumps({"ok": False, "word": word, "sentence": sentence}, ensure_ascii=False))
    else:
        print(f"{explained.refusal(word)}：{sentence}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sampling",
        description="“双随机”摇号的计算与核验（协议 yaohao/1）。 Draws and checks them.",
        epilog="退出码：0 成功；1 不予受理或核验不通过；2 用法有误。",
    )
    commands = parser.add_subparsers(required=True, metavar="命令 command")
    _add_commit(commands)
    _add_seed(commands)
    draw = _add(commands, "draw", _draw, "由冻结的文件和 seed.json 算出 result.json。 Draw.")
    draw.add_argument("folder", type=Path, metavar="DIR", help="冻结文件所在的文件夹")
    _add_verify(commands)
    proving = _add(
        commands, "prove", _prove, "证明某个编号在抽中或候补之列。 Prove one entity's place."
    )
    proving.add_argument("bundle", type=Path, metavar="BUNDLE", help="压缩包或文件夹")
    proving.add_argument("entity", metavar="ID", help="统一社会信用代码或编号")
    checking = _add(
        commands, "check-proof", _check_proof, "核对一份证明与公布的结果根。 Check a proof."
    )
    checking.add_argument("proof", type=Path, metavar="FILE", help="prove 输出的证明文件")
    checking.add_argument("--root", required=True, metavar="HEX", help="公布的结果根")
    odds = _add(commands, "odds", _odds, "各地区各等级的精确概率、检查人员的模拟机会。 Chances.")
    odds.add_argument("folder", type=Path, metavar="DIR", help="冻结文件所在的文件夹")
    odds.add_argument("--runs", type=int, default=200, metavar="N", help="模拟次数（默认 200）")
    return parser


def _add_commit(commands: Any) -> None:
    commit = _add(
        commands, "commit", _commit, "离线作出一份贡献：公开承诺，保管文件。 Contribute offline."
    )
    commit.add_argument("commitment", metavar="COMMITMENT", help="公布的本次抽查承诺值")
    commit.add_argument("label", metavar="LABEL", help="席位，如 bureau 或 guest-01")
    commit.add_argument("--value", metavar="TEXT", help="自选文字；不给则从标准输入读一行")
    commit.add_argument("--keep", type=Path, metavar="FILE", help="保管文件（默认 LABEL.json）")


def _add_seed(commands: Any) -> None:
    seed = _add(
        commands,
        "seed",
        _seed,
        "由各方的承诺和揭示算出贡献摘要；公布后加上骰子，写出 seed.json。 Settle the seed.",
    )
    seed.add_argument("folder", type=Path, metavar="DIR", help="冻结文件所在的文件夹")
    seed.add_argument(
        "--commit",
        action="append",
        default=[],
        metavar="LABEL=HEX",
        help="名单截止时公布的承诺，每个席位一次；没有的席位按缺席计",
    )
    seed.add_argument(
        "--reveal",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="揭示：commit 写出的保管文件，每个席位一次；没有或不符的按缺席计",
    )
    seed.add_argument("--dice", metavar="DIGITS", help="现场的骰子数字；须与 --parts-digest 同给")
    seed.add_argument("--parts-digest", metavar="HEX", help="掷骰子前公布的贡献摘要")


def _add_verify(commands: Any) -> None:
    verifying = _add(
        commands, "verify", _verify, "核验一次抽查的全部材料。 Verify a folder or bundle."
    )
    verifying.add_argument("source", type=Path, metavar="DIR|ZIP", help="文件夹或压缩包")
    verifying.add_argument("--commitment", metavar="HEX", help="公布的承诺值")
    verifying.add_argument("--parts-digest", metavar="HEX", help="公布的各方摘要")
    verifying.add_argument("--dice", metavar="DIGITS", help="现场的骰子数字")
    verifying.add_argument("--root", metavar="HEX", help="公布的结果根")


def _add(commands: Any, name: str, command: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="输出一行 JSON")
    parser.set_defaults(command=command)
    return parser


def _commit(options: argparse.Namespace) -> Answer:
    value = options.value if options.value is not None else sys.stdin.readline().rstrip("\r\n")
    if not _is_digest(options.commitment):
        raise UsageError("承诺值必须是 64 个小写十六进制字符。")
    if not explained.LABEL.fullmatch(options.label):
        raise UsageError("席位只能是 bureau、discipline-inspection 或 guest-01 至 guest-60。")
    nonce = secrets.token_hex(32)
    commit = commit_of(options.commitment, options.label, nonce, value)
    kept = {"commitment": options.commitment, "label": options.label, "nonce": nonce}
    kept |= {"value": value, "commit": commit}
    path = options.keep or Path(f"{options.label}.json")
    try:
        with path.open("xb") as file:
            file.write(jcs(kept))
    except FileExistsError as error:
        raise UsageError(f"{path} 已经存在，请换一个文件名，以免丢掉先前的贡献。") from error
    told = f"请公开这个承诺：\n{commit}\n请保管好 {path}，公开之前不要给任何人看。"
    return {"commit": commit, "kept": str(path)}, told


def _seed(options: argparse.Namespace) -> Answer:
    if (options.dice is None) != (options.parts_digest is None):
        raise UsageError("先公布贡献摘要再掷骰子：--dice 和 --parts-digest 必须同时给出。")
    plan = read_frozen(_folder(options.folder)).plan
    commits = dict(_published_commit(text, plan.contributors) for text in options.commit)
    reveals = dict(_revealed(path, commits) for path in options.reveal)
    contributions = settle(plan.commitment, plan.contributors, commits, reveals)
    digest = parts_digest(plan.commitment, contributions)
    if options.dice is not None:
        if options.parts_digest != digest:
            raise ProtocolError("anchors", f"贡献摘要与公布的不符：现在算得 {digest}。")
        data = seed_json(make_seed(plan, contributions, options.dice))
        _write_once(options.folder / "seed.json", data, "seed")
    return explained.settled(contributions, digest, written=options.dice is not None)


def _published_commit(text: str, contributors: Sequence[str]) -> tuple[str, str]:
    label, _, commit = text.partition("=")
    if label not in contributors or not _is_digest(commit):
        raise UsageError(f"{text[:60]}：应写成 席位=承诺，席位是：{'、'.join(contributors)}。")
    return label, commit


def _revealed(path: Path, commits: Mapping[str, str]) -> tuple[str, tuple[str, str]]:
    kept = parse_jcs(_read(path))
    if not isinstance(kept, dict) or not {"label", "nonce", "value"} <= kept.keys():
        raise FormError(f"{path} 不是 commit 写出的保管文件。")
    label, nonce, value = (str(kept[name]) for name in ("label", "nonce", "value"))
    if label not in commits:
        raise UsageError(f"席位 {label} 没有公布过承诺，不能揭示。")
    return label, (nonce, value)


def _draw(options: argparse.Namespace) -> Answer:
    verified = derive(_folder(options.folder))
    _write_once(options.folder / "result.json", result_json(verified.result), "result")
    return explained.drawn(verified)


def _write_once(path: Path, data: bytes, word: Word) -> None:
    if path.exists() and path.read_bytes() != data:
        raise ProtocolError(word, f"文件夹中已有另一份 {path.name}，没有改动它。")
    path.write_bytes(data)


def _verify(options: argparse.Namespace) -> Answer:
    files = _source(options.source)
    anchors = Anchors(options.commitment, options.parts_digest, options.dice, options.root)
    return explained.verified(verify(files, anchors), anchors, files)


def _prove(options: argparse.Namespace) -> Answer:
    proof = prove(verify(_source(options.bundle)).result, options.entity)
    if proof is None:
        raise ProtocolError("result", f"{options.entity} 不在抽中或候补之列。")
    data = proof_json(proof)
    return {"proof": json.loads(data)}, data.decode()


def _check_proof(options: argparse.Namespace) -> Answer:
    if not _is_digest(options.root):
        raise UsageError("结果根必须是 64 个小写十六进制字符。")
    proof = read_proof(_read(options.proof))
    if proof.root() != options.root:
        raise ProtocolError("anchors", "证明得出的根与公布的结果根不符。")
    return explained.proved(proof)


def _odds(options: argparse.Namespace) -> Answer:
    if options.runs < 1:
        raise UsageError("模拟次数至少为 1。")
    frozen = read_frozen(_folder(options.folder))
    listed = chances(frozen.frame.entities.populations, frozen.shares)
    return explained.odds(listed, inspector_odds(frozen, options.runs))


def _source(path: Path) -> Mapping[str, bytes]:
    return _folder(path) if path.is_dir() else read_bundle(_read(path))


def _folder(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise UsageError(f"没有文件夹 {folder}。")
    return {name: _read(folder / name) for name in FOLDER_FILES if (folder / name).exists()}


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"没有文件 {path}，或不是普通文件。")
    if path.stat().st_size > LARGEST_BUNDLE:
        raise UsageError(f"{path} 过大。")
    return path.read_bytes()


def _is_digest(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


if __name__ == "__main__":
    sys.exit(main())
