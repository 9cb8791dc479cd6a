"""The log's keys: made once, kept outside the database, never overwritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from registries import log_keys
from registries.errors import Refused


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(log_keys.SETTING, str(tmp_path / "keys" / "log.key"))
    return tmp_path / "keys"


def test_making_keys_again_keeps_those_that_are_there(folder: Path) -> None:
    made = log_keys.create()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(before) == ["log.key", "log.pub", "personal.key"]
    assert log_keys.create() == made
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert log_keys.signer().verifier() == log_keys.verifier() == made
    assert len(log_keys.personal_key()) == 32


def test_each_installation_has_a_log_of_its_own_name(tmp_path: Path) -> None:
    names = {log_keys.create(tmp_path / str(number)).name for number in range(3)}
    assert len(names) == 3
    assert log_keys.create(tmp_path / "named", "example.gov.cn/log").name == "example.gov.cn/log"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file modes")
def test_private_keys_are_readable_by_their_owner_alone(folder: Path) -> None:
    log_keys.create()
    for name in ("log.key", "personal.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_personal_key_that_is_lost_is_not_made_anew(folder: Path) -> None:
    log_keys.create()
    (folder / "personal.key").unlink()
    with pytest.raises(Refused, match="请从备份恢复，不要重建"):
        log_keys.create()


def test_a_making_that_was_interrupted_goes_on(folder: Path) -> None:
    log_keys.create()
    (folder / "log.key").unlink()
    personal = log_keys.personal_key()
    assert log_keys.create() == log_keys.signer().verifier() == log_keys.verifier()
    assert log_keys.personal_key() == personal


def test_the_public_key_is_known_without_its_file(folder: Path) -> None:
    made = log_keys.create()
    (folder / "log.pub").unlink()
    assert log_keys.verifier() == made


def test_missing_and_damaged_keys_are_refused_with_what_to_do(folder: Path) -> None:
    with pytest.raises(Refused, match="请先运行 yaohao init"):
        log_keys.signer()
    log_keys.create()
    for name, read in (("log.key", log_keys.signer), ("personal.key", log_keys.personal_key)):
        (folder / name).write_bytes(b"\xff\xfe")
        with pytest.raises(Refused, match="无法读取日志密钥文件"):
            read()
        (folder / name).write_text("half a k")
        with pytest.raises(Refused, match=r"从备份恢复|密钥的写法不对"):
            read()
        (folder / name).unlink()
        (folder / name).mkdir()
        with pytest.raises(Refused, match="无法读取日志密钥文件"):
            read()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="无法在"):
        log_keys.create(tmp_path / "file" / "keys")
