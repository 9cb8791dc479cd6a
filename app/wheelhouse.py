"""Make one folder that installs Yaohao where there is no network: wheels, digests and install.py.

Run in a checkout: `python -m app.wheelhouse [FOLDER] [--python 3.12] [--platform manylinux_2_28_x86_64]`.
A bureau carries the folder into its intranet on a stick and runs `python install.py` there.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from app import offline_install

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and make the folder; return the exit code."""
    parser = argparse.ArgumentParser(description="Make a folder that installs without a network.")
    parser.add_argument("folder", nargs="?", default="wheelhouse", type=Path)
    parser.add_argument("--python", help="version of Python on the other machine, as in 3.12")
    parser.add_argument("--platform", help="its platform tag, as in manylinux_2_28_x86_64")
    options = parser.parse_args(arguments)
    if options.folder.exists() and any(options.folder.iterdir()):
        sys.stderr.write(
            f"{options.folder} is not empty; name another folder or remove it first.\n"
        )
        return 2
    make(options.folder, options.python, options.platform)
    sys.stdout.write(f"{options.folder}: {len(list(options.folder.iterdir()))} files\n")
    return 0


def make(folder: Path, python: str | None = None, platform: str | None = None) -> None:
    """Fill `folder`; the wheels are for this interpreter unless `python` or `platform` say otherwise.

    Raises subprocess.CalledProcessError when pip cannot find a wheel with the locked digest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("yaohao-*.whl")
    elsewhere = ["--python-version", python] if python else []
    elsewhere += ["--platform", platform] if platform else []
    locked = ROOT / "requirements.txt"
    _pip(
        "download",
        "--require-hashes",
        "--only-binary=:all:",
        *elsewhere,
        "-d",
        str(folder),
        "-r",
        str(locked),
    )
    shutil.copyfile(locked, folder / offline_install.LOCKED)
    shutil.copyfile(offline_install.__file__, folder / "install.py")
    version = wheel.name.split("-")[1]
    project = f"yaohao=={version} --hash=sha256:{_digest(wheel)}\n"
    (folder / offline_install.PROJECT).write_text(project, encoding="utf-8", newline="\n")
    _write_sums(folder)


def _write_sums(folder: Path) -> None:
    named = sorted(path for path in folder.iterdir() if path.name != offline_install.SUMS)
    text = "".join(f"{_digest(path)}  {path.name}\n" for path in named)
    (folder / offline_install.SUMS).write_text(text, encoding="utf-8", newline="\n")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True)  # noqa: S603 - fixed words, own paths


if __name__ == "__main__":
    sys.exit(main())
