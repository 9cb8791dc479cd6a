"""Install Yaohao from this folder on a machine with no network: `python install.py [DIRECTORY]`.

`python -m app.wheelhouse` copies this file into the folder as `install.py`, beside the wheels.
It needs Python 3.11 or newer and nothing else.
Every file is compared with SHA256SUMS before anything is installed, and pip checks each wheel again.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

SUMS = "SHA256SUMS"
PROJECT = "project.txt"
LOCKED = "requirements.txt"


def main() -> int:
    """Check the folder, make the environment, install. Return 0 when `yaohao` is ready to run."""
    parser = argparse.ArgumentParser(description="在没有网络的机器上安装摇号系统。")
    parser.add_argument("directory", nargs="?", default="yaohao", help="装到哪个目录，默认 yaohao")
    target = Path(parser.parse_args().directory)
    source = Path(__file__).resolve().parent
    if sys.version_info < (3, 11):  # noqa: UP036 - this file may meet an older Python
        return _stop("需要 Python 3.11 或更高版本，请换用较新的 Python 再运行。")
    wrong = damaged(source)
    if wrong:
        return _stop(
            "以下文件缺失或与 SHA256SUMS 不符，请重新拷贝安装目录：\n  " + "\n  ".join(wrong)
        )
    if (target / "pyvenv.cfg").exists():
        return _stop(f"目录 {target} 里已经有一套环境，请换一个目录，或先移走它。")
    venv.EnvBuilder(with_pip=True).create(target)
    scripts = target / ("Scripts" if os.name == "nt" else "bin")
    offline = ["install", "--no-index", "--find-links", str(source), "--require-hashes"]
    for listing in (LOCKED, PROJECT):
        command = [str(scripts / "python"), "-m", "pip", *offline, "-r", str(source / listing)]
        if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - fixed words, own paths
            return _stop(
                "安装没有完成：安装目录里的软件包可能不适合这台机器，请看上面 pip 的说明。"
            )
    sys.stdout.write(f"已装好。运行：{scripts / 'yaohao'} --help\n")
    return 0


def damaged(folder: Path) -> list[str]:
    """Return the names in SHA256SUMS whose file is missing or has another digest."""
    wrong = []
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(name)
    return wrong


def _stop(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
