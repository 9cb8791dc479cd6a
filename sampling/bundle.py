"""The bundle of a draw: one plain zip that anyone can check, written and read (protocol §8).

Reading trusts nothing: a bundle comes from the network, and what is not exactly a bundle is
refused before any of it is unpacked.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Final

from sampling.encoding import sha256_hex
from sampling.errors import ProtocolError, printable
from sampling.plan_form import SALTED_FILES, require_files

VERIFIER: Final = "verify.py"
EXPLANATION: Final = "说明.txt"
BUNDLE_FILES: Final = (
    "plan.json",
    *SALTED_FILES,
    "salt.txt",
    "seed.json",
    "result.json",
    VERIFIER,
    EXPLANATION,
)
"""Exactly what a bundle holds, in the order in which it is written."""

LARGEST_BUNDLE: Final = 1 << 30
"""Bytes. A frame of 1,500,000 rows makes about a fifth of it."""

_MOST_NAMED: Final = 24
"""Entries up to which it is worth saying which one is too many."""

_LARGEST_DIRECTORY: Final = 1 << 16
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_FIRST_DOS_DATE: Final = 0x21
_UTF_8_NAME: Final = 0x800
_LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")
_DIRECTORY_LENGTHS: Final = struct.Struct("<3H")
_END_RECORD: Final = struct.Struct("<4s4H2LH")


def explanation(verifier: bytes) -> bytes:
    """Return 说明.txt for a bundle with this verify.py."""
    return (
        "本压缩包是一次“双随机”抽查摇号的全部材料，任何人都可以核验，无需安装任何软件。\n"
        "\n"
        "核验方法：在装有 Python 3.9 或更高版本的电脑上，于命令行执行\n"
        "\n"
        "    python -I verify.py 本压缩包.zip --commitment 公布的承诺值 "
        "--parts-digest 公布的各方摘要 --dice 现场骰子 --root 公布的结果根\n"
        "\n"
        "先把 verify.py 从压缩包中取出；也可以使用从别处得到的同一程序，其 SHA-256 为\n"
        f"    {sha256_hex(verifier)}\n"
        "\n"
        "四个公布的值请取自摇号前后的公示、现场照片或见证人签字的记录，不要取自本压缩包。\n"
        "不给公布的值也能核验，但只能说明材料前后一致，不能说明它就是当时公布的那一次。\n"
        "\n"
        "English: this zip holds everything of one draw of labour inspections. To check it, take\n"
        "verify.py out of it (or get the same program elsewhere: its SHA-256 is above) and run the\n"
        "command above with Python 3.9 or later; nothing else has to be installed. The four values are\n"
        "the commitment, the parts digest, the dice and the root as they were published. Without them\n"
        "the zip is only shown to agree with itself, not to be the draw that was announced.\n"
    ).encode()


def write_bundle(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of a draw: the same files always give the same bytes (§8).

    `files` has BUNDLE_FILES, where 说明.txt may be left to this function; ProtocolError `files`
    where another is missing. Files of other names, people.csv before all, are left out.
    """
    require_files(files, tuple(name for name in BUNDLE_FILES if name != EXPLANATION))
    contents = {EXPLANATION: explanation(files[VERIFIER])} | dict(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in BUNDLE_FILES:
            entry = zipfile.ZipInfo(name, date_time=_TIME)
            # The defaults of these two follow the operating system; the bytes must not.
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, contents[name])
    return out.getvalue()


def read_bundle(data: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by name; ProtocolError `files` unless it is one (§8)."""
    if len(data) > LARGEST_BUNDLE:
        raise ProtocolError("files", "压缩包过大。")
    _check_end(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive, data)
            return {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except (zipfile.BadZipFile, struct.error, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, ProtocolError):
            raise
        raise ProtocolError("files", "不是完好的压缩包。") from error


def _check_end(data: bytes) -> None:
    """Refuse a directory that is not a bundle's before zipfile reads it: it may have millions."""
    at = len(data) - _END_RECORD.size
    if at < 0 or data[at : at + 4] != b"PK\x05\x06" or data[at - 20 : at - 16] == b"PK\x06\x07":
        raise ProtocolError("files", "不是完好的压缩包，或使用了 zip64。")
    _, _, _, _, count, directory, *_ = _END_RECORD.unpack_from(data, at)
    if count > _MOST_NAMED or directory > _LARGEST_DIRECTORY:
        raise ProtocolError("files", f"压缩包的目录过大，应有 {len(BUNDLE_FILES)} 个文件。")


def _check_entries(archive: zipfile.ZipFile, data: bytes) -> None:
    entries = archive.infolist()
    names = [entry.orig_filename for entry in entries]
    if sorted(names) != sorted(BUNDLE_FILES):
        odd = sorted(set(names) ^ set(BUNDLE_FILES))
        told = "、".join(printable(name[:40]) for name in odd[:5]) + "等" * (len(odd) > 5)
        raise ProtocolError(
            "files", f"压缩包中的文件缺少或多出：{told}。" if odd else "压缩包中有重复的文件。"
        )
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & ~_UTF_8_NAME:
            raise ProtocolError("files", f"{entry.filename} 不是原样存放的。")
        if entry.compress_size != entry.file_size:
            raise ProtocolError("files", f"{entry.filename} 的长度前后不一。")
        if entry.date_time != _TIME:
            raise ProtocolError("files", f"{entry.filename} 的时间不是 1980-01-01。")
    _check_layout(archive, data)


def _check_layout(archive: zipfile.ZipFile, data: bytes) -> None:
    """Refuse overlaps, bytes before, between or after the entries, and any zip64 or other extra.

    What two programs can read differently out of one file is no evidence; and a bundle is far
    too small to need zip64.
    """
    at = 0
    for entry in archive.infolist():
        name = entry.filename.encode()
        expected = (
            b"PK\x03\x04",
            entry.extract_version,
            entry.flag_bits,
            zipfile.ZIP_STORED,
            0,
            _FIRST_DOS_DATE,
            entry.CRC,
            entry.file_size,
            entry.file_size,
            len(name),
            0,
        )
        if entry.header_offset != at or entry.volume or entry.reserved:
            raise ProtocolError("files", "压缩包中的文件没有按目录的次序首尾相接，或带有附加内容。")
        if _LOCAL_HEADER.unpack_from(data, at) != expected:
            raise ProtocolError("files", f"{entry.filename} 的文件头与目录不符。")
        at += _LOCAL_HEADER.size + len(name) + entry.file_size
    count, directory = len(archive.infolist()), len(data) - _END_RECORD.size - at
    _check_directory(archive, data[at : at + max(directory, 0)])
    expected_end = (b"PK\x05\x06", 0, 0, count, count, directory, at, 0)
    if directory < 0 or _END_RECORD.unpack_from(data, at + directory) != expected_end:
        raise ProtocolError("files", "压缩包中有文件以外的内容。")


def _check_directory(archive: zipfile.ZipFile, directory: bytes) -> None:
    """Refuse a directory record with extras or a comment, even one that only claims to have them.

    zipfile cuts off silently what the last record claims beyond the end.
    """
    at = 0
    for entry in archive.infolist():
        name = len(entry.filename.encode())
        if _DIRECTORY_LENGTHS.unpack_from(directory, at + 28) != (name, 0, 0):
            raise ProtocolError("files", "压缩包的目录带有附加内容。")
        at += 46 + name
    if at != len(directory):
        raise ProtocolError("files", "压缩包中有文件以外的内容。")
