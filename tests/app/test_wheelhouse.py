"""The folder for machines without a network: complete, checked, and it really installs."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import offline_install, wheelhouse


def _folder(tmp_path: Path, content: bytes = b"wheel") -> Path:
    (tmp_path / "a.whl").write_bytes(content)
    line = f"{hashlib.sha256(content).hexdigest()}  a.whl\n"
    (tmp_path / offline_install.SUMS).write_text(line, encoding="utf-8")
    return tmp_path


def test_a_complete_folder_has_no_damage(tmp_path: Path) -> None:
    assert offline_install.damaged(_folder(tmp_path)) == []


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "a.whl").write_bytes(b"other")
    assert offline_install.damaged(folder) == ["a.whl"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "a.whl").unlink()
    assert offline_install.damaged(folder) == ["a.whl"]


def test_a_filled_folder_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    assert wheelhouse.main([str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.full
def test_the_folder_installs_with_no_index_at_all(tmp_path: Path) -> None:
    """Downloads the locked wheels once, then installs them into a new environment without an index."""
    folder, target = tmp_path / "wheelhouse", tmp_path / "installed"
    wheelhouse.make(folder)
    offline = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    offline |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, str(folder / "install.py"), str(target)]
    subprocess.run(command, check=True, env=offline, cwd=tmp_path)
    scripts = target / ("Scripts" if os.name == "nt" else "bin")
    done = subprocess.run(
        [scripts / "yaohao", "--help"], check=True, capture_output=True, env=offline, cwd=tmp_path
    )
    assert "yaohao" in done.stdout.decode("utf-8")
    subprocess.run(
        [scripts / "python", "-m", "sampling", "--help"], check=True, env=offline, cwd=tmp_path
    )
    made = subprocess.run(
        [scripts / "yaohao", "init", "--code", "440100", "--name", "广州市人力资源和社会保障局"],
        check=True,
        capture_output=True,
        env=offline,
        cwd=tmp_path,
    )
    assert "已建立" in made.stdout.decode("utf-8")
    assert (tmp_path / "var" / "yaohao.sqlite").exists()
