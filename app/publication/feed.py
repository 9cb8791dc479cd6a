"""An Atom feed (RFC 4287) of a bureau's draws: every step that the public may know, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree

from app.draws.draw_reads import Draw, StepTaken
from app.draws.state_rules import STATES
from registries.bureaus import Bureau

NAMESPACE: Final = "http://www.w3.org/2005/Atom"


def atom(bureau: Bureau, steps: Sequence[tuple[Draw, StepTaken]]) -> bytes:
    """Return the feed; its times are those of the steps, so that the same books give the same bytes."""
    ElementTree.register_namespace("", NAMESPACE)
    feed = ElementTree.Element(f"{{{NAMESPACE}}}feed")
    _text(feed, "title", f"{bureau.name}：双随机抽查")
    _text(feed, "id", f"urn:yaohao:{bureau.code}")
    newest = max((step.at for _, step in steps), default=datetime(2000, 1, 1, tzinfo=UTC))
    _text(feed, "updated", _moment(newest))
    author = ElementTree.SubElement(feed, f"{{{NAMESPACE}}}author")
    _text(author, "name", bureau.name)
    for draw, step in sorted(steps, key=lambda one: (one[1].at, one[1].position), reverse=True):
        entry = ElementTree.SubElement(feed, f"{{{NAMESPACE}}}entry")
        _text(entry, "title", f"{draw.title}：{STATES[step.state]}")
        _text(entry, "id", f"urn:yaohao:{bureau.code}:{draw.number}:{step.position}")
        _text(entry, "updated", _moment(step.at))
        _text(entry, "summary", f"编号 {draw.number}，承诺 {draw.commitment}")
        ElementTree.SubElement(
            entry, f"{{{NAMESPACE}}}link", href=f"draws/{draw.number}/index.html"
        )
    ElementTree.indent(feed)
    text: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
