"""The arguments of the command line: what there is, errors in Chinese, published values as typed."""

from __future__ import annotations

import argparse
import errno
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

_SENTENCES: Final = (
    (r"the following arguments are required: (.*)", "缺少参数：{}。"),
    (r"unrecognized arguments: (.*)", "没有这样的参数：{}。"),
    (r"argument (\S+).*: expected .*argument.*", "{} 后面要给出一个值。"),
    (r"argument (\S+).*: invalid int value.*", "{} 后面必须是整数。"),
    (r"argument .*: invalid choice: ('[^']*').*", "没有这个命令：{}。"),
)
_REASONS: Final = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.EFBIG: "超过了允许的文件大小",
    errno.EROFS: "磁盘是只读的",
    errno.ENAMETOOLONG: "文件名过长",
}


class UsageError(Exception):
    """Something that the caller has to give differently, in a Chinese sentence."""


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, and takes no option by its first letters alone."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_ChineseHelp, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise the UsageError that says in Chinese what argparse found."""
        told = "参数有误。"
        for pattern, sentence in _SENTENCES:
            if found := re.fullmatch(pattern, message, re.DOTALL):
                told = sentence.format(found[1])
                break
        raise UsageError(f"{told}用 {self.prog} --help 查看用法。")


class _ChineseHelp(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, prefix or "用法：")

    def start_section(self, heading: str | None) -> None:
        titles = {"positional arguments": "参数", "options": "选项"}
        super().start_section(titles.get(heading or "", heading))


def digest(text: str, name: str) -> str:
    """Return 64 lower-case hex characters as typed from a notice, without blanks and capitals.

    UsageError, naming `name`, for any other form: that is a slip, and no finding.
    """
    plain = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", plain):
        raise UsageError(f"{name}必须是 64 个十六进制字符，请核对抄写。")
    return plain


def digits(text: str) -> str:
    """Return the dice as typed, without blanks; UsageError unless they are 6–60 digits."""
    plain = "".join(text.split())
    if not re.fullmatch("[0-9]{6,60}", plain):
        raise UsageError("骰子必须是 6 至 60 位数字，请核对抄写。")
    return plain


def reason(error: OSError) -> str:
    """Return in Chinese why a file could not be read or written."""
    return _REASONS.get(error.errno or 0, f"系统错误 {error.errno}")


def parser() -> Parser:
    """Return the parser of the command line; `command` is the name of the command given."""
    whole = Parser(
        prog="python -m sampling",
        description="“双随机”摇号的计算与核验（协议 yaohao/1）。 Draws and checks them.",
        epilog="退出码：0 成功；1 不予受理或核验不通过；2 用法有误。",
    )
    commands = whole.add_subparsers(required=True, metavar="命令 command")
    _add_commit(commands)
    _add_seed(commands)
    draw = _add(commands, "draw", "由冻结的文件和 seed.json 算出 result.json。 Draw.")
    draw.add_argument("folder", type=Path, metavar="DIR", help="冻结文件所在的文件夹")
    _add_verify(commands)
    proving = _add(commands, "prove", "证明某个编号在抽中或候补之列。 Prove one entity's place.")
    proving.add_argument("bundle", type=Path, metavar="BUNDLE", help="压缩包或文件夹")
    proving.add_argument("entity", metavar="ID", help="统一社会信用代码或编号")
    proving.add_argument("--out", type=Path, metavar="FILE", help="写入这个文件，而不是显示出来")
    checking = _add(commands, "check-proof", "核对一份证明与公布的结果根。 Check a proof.")
    checking.add_argument("proof", type=Path, metavar="FILE", help="prove 输出的证明文件")
    checking.add_argument("--root", required=True, metavar="HEX", help="公布的结果根")
    checking.add_argument("--leaves", type=int, metavar="N", help="公布的叶数（抽中与候补的户数）")
    odds = _add(commands, "odds", "各地区各等级的精确概率、检查人员的模拟机会。 Chances.")
    odds.add_argument("folder", type=Path, metavar="DIR", help="冻结文件所在的文件夹")
    odds.add_argument("--runs", type=int, default=200, metavar="N", help="模拟次数（默认 200）")
    return whole


def _add_commit(commands: Any) -> None:
    commit = _add(commands, "commit", "离线作出一份贡献：公开承诺，保管文件。 Contribute offline.")
    commit.add_argument("commitment", metavar="COMMITMENT", help="公布的本次抽查承诺值")
    commit.add_argument("label", metavar="LABEL", help="席位，如 bureau 或 guest-01")
    commit.add_argument("--value", metavar="TEXT", help="自选文字；不给则从标准输入读一行")
    commit.add_argument("--keep", type=Path, metavar="FILE", help="保管文件（默认 LABEL.json）")


def _add_seed(commands: Any) -> None:
    seed = _add(
        commands,
        "seed",
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
    verifying = _add(commands, "verify", "核验一次抽查的全部材料。 Verify a folder or bundle.")
    verifying.add_argument("source", type=Path, metavar="DIR|ZIP", help="文件夹或压缩包")
    verifying.add_argument("--commitment", metavar="HEX", help="公布的承诺值")
    verifying.add_argument("--parts-digest", metavar="HEX", help="公布的各方摘要")
    verifying.add_argument("--dice", metavar="DIGITS", help="现场的骰子数字")
    verifying.add_argument("--root", metavar="HEX", help="公布的结果根")
    verifying.add_argument("--people", type=Path, metavar="FILE", help="检查人员名册 people.csv")


def _add(commands: Any, name: str, text: str) -> Parser:
    added: Parser = commands.add_parser(name, help=text, description=text)
    added.add_argument("--json", action="store_true", help="输出一行 JSON")
    added.set_defaults(command=name)
    return added
