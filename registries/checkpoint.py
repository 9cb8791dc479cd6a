"""Checkpoints of the log: its name, size and root in a signed note (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from registries.errors import Refused
from registries.signed_note import SignerKey, VerifierKey, open_note, sign

SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
LARGEST_SIZE = 2**63 - 1  # What both engines can count.


@dataclass(frozen=True)
class Checkpoint:
    """What a log was when it was signed: `size` entries under `root` (64 hexadecimal characters)."""

    origin: str
    size: int
    root: str
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the lines that are signed. Raises Refused when an extension line is not one line."""
        if any(line == "" or "\n" in line for line in (self.origin, *self.extensions)):
            raise Refused("检查点的每一行都不能为空，也不能含有换行。")
        root = base64.b64encode(bytes.fromhex(self.root)).decode()
        return "\n".join([self.origin, str(self.size), root, *self.extensions]) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint of a verified note's text. Raises Refused when the form is wrong."""
    lines = text.split("\n")
    if lines.pop() != "" or len(lines) < 3 or "" in lines:
        raise Refused("不是检查点：应至少有名称、条数、根三行，中间没有空行。")
    origin, size, root, *extensions = lines
    if not SIZE.fullmatch(size) or int(size) > LARGEST_SIZE:
        raise Refused("不是检查点：第二行应为条数，不带前导零。")
    try:
        data = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 32 or base64.b64encode(data).decode() != root:
        raise Refused("不是检查点：第三行应为 32 字节的根（base64）。")
    return Checkpoint(origin, int(size), data.hex(), tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: SignerKey) -> str:
    """Return the checkpoint as a signed note."""
    return sign(checkpoint.text(), key)


def open_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint in a note signed by `key`, whose name must be the checkpoint's origin.

    Raises Refused when form, signature or origin do not fit.
    """
    checkpoint = parse_checkpoint(open_note(note, key))
    if checkpoint.origin != key.name:
        raise Refused(f"检查点属于另一份日志：{checkpoint.origin}。")
    return checkpoint
