"""The command line of the draw: python -m sampling commit|seed|draw|verify|prove|check-proof|odds.

Ends 0 where all is well, 1 where something is refused or does not verify, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sampling import explained
from sampling.arguments import UsageError, digest, digits, parser, reason
from sampling.bundle import LARGEST_BUNDLE, read_bundle
from sampling.encoding import jcs, parse_jcs
from sampling.errors import FormError, ProtocolError, printable
from sampling.odds import chances, inspector_odds
from sampling.result import proof_json, prove, read_printed_proof, result_json
from sampling.seed import commit_of, make_seed, parts_digest, seed_json, settle
from sampling.verifying import FROZEN_FILES, Anchors, derive, read_frozen, verify
from sampling.writing import write_new

FOLDER_FILES: Final = (*FROZEN_FILES, "seed.json", "result.json", "people.csv")
"""What a folder may hold of a draw; anything else in it is no concern of the protocol."""

Answer = tuple[dict[str, Any], str]
"""What a command found: as JSON, and in Chinese."""


MOST_RUNS: Final = 100_000


class Declined(Exception):  # noqa: N818 - not an error of the draw
    """Something that cannot be done, though nothing is wrong with the draw; `word` names it."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        # Under LANG=C the terminal's encoding may be ASCII, and every sentence is Chinese.
        if isinstance(stream, io.TextIOWrapper):
            errors = "strict" if stream is sys.stdin else "backslashreplace"
            stream.reconfigure(encoding="utf-8", errors=errors)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            return _answered(given)
        finally:
            # Here, where a reader that has gone away or a full disk is still told from success.
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        _write_nothing_more()
        return 1
    except OSError as error:
        _write_nothing_more()
        print(f"无法写出结果：{reason(error)}。", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("已中断。", file=sys.stderr)
        return 130


def _write_nothing_more() -> None:
    # Python would try to write what is left once more when it ends, and show a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answered(given: Sequence[str]) -> int:
    as_json = "--json" in given
    try:
        options = parser().parse_args(given)
        answer, told = _COMMANDS[options.command](options)
    except ProtocolError as error:
        return _fail(1, error.word, error.sentence, as_json=as_json)
    except FormError as error:
        return _fail(1, "form", error.sentence, as_json=as_json)
    except Declined as error:
        return _fail(1, error.word, str(error), as_json=as_json)
    except UsageError as error:
        return _fail(2, "usage", str(error), as_json=as_json)
    except OSError as error:
        sentence = f"无法读写 {error.filename}：{reason(error)}。"
        return _fail(2, "usage", sentence, as_json=as_json)
    except MemoryError:
        return _fail(2, "usage", "内存不足，请换内存更大的电脑。", as_json=as_json)
    print(json.dumps({"ok": True} | answer, ensure_ascii=False) if as_json else told)
    return 0


def _fail(code: int, word: str, sentence: str, *, as_json: bool) -> int:
    told = printable(sentence)
    if as_json:
        print(json.dumps({"ok": False, "word": word, "sentence": told}, ensure_ascii=False))
    else:
        print(f"{explained.refusal(word)}：{told}", file=sys.stderr)
    return code


def _commit(options: argparse.Namespace) -> Answer:
    commitment = digest(options.commitment, "承诺值")
    if not explained.LABEL.fullmatch(options.label):
        raise UsageError("席位只能是 bureau、discipline-inspection 或 guest-01 至 guest-60。")
    value = options.value if options.value is not None else _typed_value()
    nonce = secrets.token_hex(32)
    commit = commit_of(commitment, options.label, nonce, value)
    kept = {"commitment": commitment, "label": options.label, "nonce": nonce}
    kept |= {"value": value, "commit": commit}
    path = options.keep or Path(f"{options.label}.json")
    try:
        # Nobody else on this computer may read it before the reveal.
        write_new(path, jcs(kept), mode=0o600)
    except FileExistsError as error:
        raise UsageError(f"{path} 已经存在，请换一个文件名，以免丢掉先前的贡献。") from error
    told = (
        f"你的文字（{len(value)} 个字，空格也算）：“{value}”\n"
        f"请公开这个承诺：\n{commit}\n请保管好 {path}，公开之前不要给任何人看。"
    )
    return {"commit": commit, "kept": str(path), "length": len(value)}, told


def _typed_value() -> str:
    """Return the line that the contributor types; an empty line is a choice, no line is none."""
    if sys.stdin is None:
        raise UsageError("没有标准输入，请用 --value 给出文字。")
    if sys.stdin.isatty():
        print("请输入自选文字，按回车结束：", file=sys.stderr, flush=True)
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise UsageError("标准输入不是 UTF-8 编码，请用 --value 给出文字。") from error
    if not line:
        raise UsageError('没有读到文字；不想写文字，请用 --value ""。')
    return line.rstrip("\r\n")


def _seed(options: argparse.Namespace) -> Answer:
    if (options.dice is None) != (options.parts_digest is None):
        raise UsageError("先公布贡献摘要再掷骰子：--dice 和 --parts-digest 必须同时给出。")
    plan = read_frozen(_folder(options.folder)).plan
    commits = dict(_published_commit(text, plan.contributors) for text in options.commit)
    reveals = dict(_revealed(path, commits) for path in options.reveal)
    contributions = settle(plan.commitment, plan.contributors, commits, reveals)
    found = parts_digest(plan.commitment, contributions)
    if options.dice is not None:
        if digest(options.parts_digest, "贡献摘要") != found:
            raise ProtocolError("anchors", f"贡献摘要与公布的不符：现在算得 {found}。")
        data = seed_json(make_seed(plan, contributions, digits(options.dice)))
        _write_once(options.folder / "seed.json", data)
    return explained.settled(contributions, found, written=options.dice is not None)


def _published_commit(text: str, contributors: Sequence[str]) -> tuple[str, str]:
    label, _, commit = text.partition("=")
    if label not in contributors:
        raise UsageError(f"{text[:60]}：应写成 席位=承诺，席位是：{'、'.join(contributors)}。")
    return label, digest(commit, f"{label} 的承诺")


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
    _write_once(options.folder / "result.json", result_json(verified.result))
    return explained.drawn(verified)


def _write_once(path: Path, data: bytes) -> None:
    try:
        write_new(path, data)
    except FileExistsError as error:
        if not path.is_file() or path.read_bytes() != data:
            raise Declined("exists", f"已有另一份 {path}，没有改动它。") from error


def _verify(options: argparse.Namespace) -> Answer:
    anchors = Anchors(
        _given(options.commitment, "承诺值"),
        _given(options.parts_digest, "各方摘要"),
        None if options.dice is None else digits(options.dice),
        _given(options.root, "结果根"),
    )
    files = dict(_source(options.source))
    if options.people is not None:
        files["people.csv"] = _read(options.people)
    return explained.verified(verify(files, anchors), anchors, files)


def _given(text: str | None, name: str) -> str | None:
    return None if text is None else digest(text, f"公布的{name}")


def _prove(options: argparse.Namespace) -> Answer:
    entity = options.entity.strip().upper()
    proof = prove(verify(_source(options.bundle)).result, entity)
    if proof is None:
        raise Declined("not-drawn", f"材料核验通过，但 {entity} 不在抽中或候补之列。")
    data = proof_json(proof)
    if options.out is None:
        return {"proof": json.loads(data)}, data.decode()
    _write_once(options.out, data)
    return {"proof": json.loads(data), "out": str(options.out)}, f"已写入 {options.out}。"


def _check_proof(options: argparse.Namespace) -> Answer:
    root = digest(options.root, "结果根")
    proof = read_printed_proof(_read(options.proof))
    if proof.root() != root:
        raise ProtocolError("anchors", "证明得出的根与公布的结果根不符。")
    if options.leaves is not None and proof.leaves != options.leaves:
        raise ProtocolError("anchors", f"证明写的叶数 {proof.leaves} 与公布的不符。")
    return explained.proved(proof, leaves_compared=options.leaves is not None)


def _odds(options: argparse.Namespace) -> Answer:
    if not 1 <= options.runs <= MOST_RUNS:
        raise UsageError(f"模拟次数应在 1 至 {MOST_RUNS} 之间。")
    frozen = read_frozen(_folder(options.folder))
    listed = chances(frozen.frame.entities.populations, frozen.shares)
    return explained.odds(listed, inspector_odds(frozen, options.runs))


def _source(path: Path) -> Mapping[str, bytes]:
    return _folder(path) if path.is_dir() else read_bundle(_read(path))


def _folder(folder: Path) -> dict[str, bytes]:
    if folder.is_file():
        raise UsageError(f"{folder} 是文件，这里要给文件夹；压缩包请先解开。")
    if not folder.is_dir():
        raise UsageError(f"找不到文件夹 {folder}。")
    return {name: _read(folder / name) for name in FOLDER_FILES if (folder / name).exists()}


def _read(path: Path) -> bytes:
    if not path.exists():
        raise UsageError(f"找不到文件 {path}。")
    if not path.is_file():
        raise UsageError(f"{path} 不是普通文件。")
    if path.stat().st_size > LARGEST_BUNDLE:
        raise UsageError(f"{path} 过大。")
    return path.read_bytes()


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], Answer]]] = {
    "commit": _commit,
    "seed": _seed,
    "draw": _draw,
    "verify": _verify,
    "prove": _prove,
    "check-proof": _check_proof,
    "odds": _odds,
}

if __name__ == "__main__":
    sys.exit(main())
