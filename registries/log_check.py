"""Does the log still say what it said? Recompute everything from the canonical texts and name what differs.

Pure: rows are fed in the order of their numbers, findings come out. What can be named, and what not, is told in
docs/audit-log.md, "What verifying can name".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from registries.audit_entries import Entry, LoggedEntry
from registries.checkpoint import Checkpoint
from registries.log_tree import EMPTY_ROOT, HASH_LENGTH, Frontier, hashes_of, levels_completed
from sampling.encoding import leaf_hash

# A stand-in for the hash of an entry that is gone; no text is known to have this hash.
GONE = bytes(HASH_LENGTH)
# A gap larger than this is a forged number; it is named, and what stands behind it is not followed.
LARGEST_GAP = 1_000_000

SENTENCES = {
    "missing": "缺失：条目被删除。",
    "moved": "错位：这里放的是编号 {detail} 的条目（插入、调换或改号）。",
    "changed": "改动：内容与当时记下的散列值不符。",
    "columns": "改动：列 {detail} 与条目正文不符。",
    "form": "改动：条目正文已不是规范文本。",
    "hashes": "改动：散列值一列的长度或写法不对。",
    "subtree": "改动：这 {count} 条中至少一条连同散列值被改，或上层散列值被改；仅凭数据库不能再缩小范围。",
    "stored": "改动：上层散列值被改；这 {count} 条本身与检查点相符，没有被改。",
    "repeated": "重复：同一编号出现多次。",
    "unreadable": "编号跳跃过大，其后的条目没有核对。",
    "cut-off": "缺失：日志末尾少了 {count} 条（依据：{detail}）。",
    "head": "首行与条目不符：{detail}。",
    "table": "数据表 {detail} 不见了，或少了列。",
    "checkpoint": "改动：与{detail}不符，这个范围内至少一条被改；检查点只记总根，不能再缩小范围。",
    "foreign": "{detail}与更晚的检查点互相矛盾：它不是这份日志的，或签名密钥曾被盗用。",
    "signature": "{detail}的签名不符。",
}


@dataclass(frozen=True)
class Finding:
    """One thing that differs: entries `first` to `last` (both included), why (`word`), and the detail."""

    word: str
    first: int
    last: int
    detail: str = ""

    def sentence(self) -> str:
        """Return what to tell people."""
        count = self.last - self.first + 1
        where = f"编号 {self.first}" + (f" 至 {self.last}" if count > 1 else "")
        return f"{where}：{SENTENCES[self.word].format(detail=self.detail, count=count)}"


@dataclass(frozen=True)
class Kept:
    """A checkpoint whose signature was verified, and how to call it when it does not fit."""

    label: str
    checkpoint: Checkpoint


class LogCheck:
    """Takes the rows one by one and collects findings; neighbouring findings of one kind are joined."""

    def __init__(self, kept: Iterable[Kept] = ()) -> None:
        """Begin before entry 0. `kept` are the checkpoints that the log must still agree with."""
        self.kept = list(kept)
        self.findings: list[Finding] = []
        self.latest: dict[str, int] = {}
        self.frontier = Frontier()
        # Beside each hash of the frontier: whether everything stored below it agreed.
        self.sound: list[bool] = []
        self.sizes = {kept.checkpoint.size for kept in self.kept}
        self.roots = {0: EMPTY_ROOT.hex()}
        self.lost = False

    def feed(self, row: LoggedEntry, not_text: Collection[str] = ()) -> None:
        """Check one row and add it to the tree; `not_text` are columns that hold something else."""
        expected = self.frontier.size
        if self.lost:
            return
        if row.number < expected:
            self._find("repeated", row.number)
            return
        if row.number > expected:
            self._find("missing", expected, row.number - 1)
            if row.number - expected > LARGEST_GAP:
                self._find("unreadable", row.number)
                self.lost = True
                return
            for _ in range(row.number - expected):
                self._grow(GONE, [], sound=False)
        leaf = leaf_hash(row.canonical.encode(errors="surrogateescape"))
        stored = None if "hashes" in not_text else _stored(row)
        if stored is None:
            self._find("hashes", row.number)
        elif stored[0] != leaf:
            self._find("changed", row.number)
        self._check_text(row, not_text)
        self._grow(leaf, stored or [], sound=stored is not None and stored[0] == leaf)

    def finish(self, head: tuple[object, object] | None) -> list[Finding]:
        """Compare with the head (size, frontier) and the checkpoints; return all findings in order.

        The head is taken as it stands in the database, whatever kind of value that is.
        """
        size = self.frontier.size
        if not self.lost:
            self._check_head(size, head)
            self._check_kept(size)
        return sorted(self.findings, key=lambda finding: (finding.first, finding.last))

    def _find(self, word: str, first: int, last: int | None = None, detail: str = "") -> None:
        finding = Finding(word, first, first if last is None else last, detail)
        at = self.latest.get(word)
        if at is not None and word in SHARED and _same_entries(self.findings[at], finding):
            before = self.findings[at]
            self.findings[at] = replace(before, detail=f"{before.detail}、{detail}")
            return
        if at is not None and word in JOINED and _follows(self.findings[at], finding):
            self.findings[at] = _joined(self.findings[at], finding)
        else:
            self.latest[word] = len(self.findings)
            self.findings.append(finding)

    def _check_text(self, row: LoggedEntry, not_text: Collection[str]) -> None:
        try:
            entry = Entry.parse(row.canonical)
        except ValueError:
            entry = None
        # A forged text may hold anything under `number`, and True equals 1.
        if entry is None or type(entry.number) is not int or "canonical" in not_text:
            self._find("form", row.number)
            return
        if entry.number != row.number:
            self._find("moved", row.number, detail=str(entry.number))
        differing = [
            name
            for name in NAMED_COLUMNS
            if name in not_text or getattr(entry, name) != getattr(row, name)
        ]
        if differing:
            self._find("columns", row.number, detail="、".join(differing))

    def _grow(self, leaf: bytes, stored: list[bytes], *, sound: bool) -> None:
        """Add a leaf; where all below agreed and a stored subtree does not, name its range."""
        number = self.frontier.size
        completed = self.frontier.append(leaf)
        for level in range(1, len(completed)):
            sound = self.sound.pop() and sound
            if sound and stored[level] != completed[level]:
                self._find("subtree", number + 1 - (1 << level), number)
                sound = False
        self.sound.append(sound)
        if self.frontier.size in self.sizes:
            self.roots[self.frontier.size] = self.frontier.root().hex()

    def _check_head(self, size: int, head: tuple[object, object] | None) -> None:
        if head is None:
            self._find("head", size, detail="首行被删除")
            return
        claimed, frontier = head
        if type(claimed) is not int or claimed < 0:
            self._find("head", size, detail="首行记下的条数不是数字")
        elif claimed > size:
            self._find("cut-off", size, claimed - 1, "首行记下的条数")
        elif claimed < size:
            self._find("head", claimed, size - 1, "首行记下的条数较少")
        elif frontier != self.frontier.text() and all(self.sound):
            self._find("head", max(size - 1, 0), detail="首行的散列值被改")

    def _check_kept(self, size: int) -> None:
        agreeing = {0} | {
            kept.checkpoint.size for kept in self.kept if self._agrees(kept.checkpoint)
        }
        # What a checkpoint covers was recomputed from the texts, so there only the stored hash is wrong.
        self.findings = [
            replace(finding, word="stored")
            if finding.word == "subtree" and finding.last < max(agreeing)
            else finding
            for finding in self.findings
        ]
        for kept in sorted(self.kept, key=lambda kept: kept.checkpoint.size):
            claimed = kept.checkpoint.size
            if claimed > size:
                self._find("cut-off", size, claimed - 1, kept.label)
            elif not self._agrees(kept.checkpoint):
                if any(other >= claimed for other in agreeing):
                    self._find("foreign", 0, max(claimed - 1, 0), kept.label)
                else:
                    self._find("checkpoint", max(agreeing), claimed - 1, kept.label)

    def _agrees(self, checkpoint: Checkpoint) -> bool:
        return self.roots.get(checkpoint.size) == checkpoint.root


NAMED_COLUMNS = ("bureau", "at", "actor_kind", "actor_name", "event", "subject")
JOINED = {"missing", "moved", "changed", "columns", "form", "hashes"}
# Several checkpoints that tell the same of the same entries make one finding.
SHARED = {"cut-off", "checkpoint"}


def _stored(row: LoggedEntry) -> list[bytes] | None:
    """Return the row's hashes, or None unless there is one for each subtree that it completes."""
    try:
        hashes = hashes_of(row.hashes)
    except ValueError:
        return None
    return hashes if len(hashes) == levels_completed(row.number) else None


def _same_entries(before: Finding, after: Finding) -> bool:
    return (before.first, before.last) == (after.first, after.last)


def _follows(before: Finding, after: Finding) -> bool:
    if before.last + 1 != after.first:
        return False
    if before.word != "moved":
        return before.detail == after.detail
    # A run of entries all shifted by the same number is one finding.
    start = before.detail.partition("–")[0]
    return int(after.detail) - after.first == int(start) - before.first


def _joined(before: Finding, after: Finding) -> Finding:
    detail = before.detail
    if before.word == "moved":
        detail = f"{before.detail.partition('–')[0]}–{after.detail}"
    return replace(before, last=after.last, detail=detail)
