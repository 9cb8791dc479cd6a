"""The public site of a bureau as a set of files: what a server sends and what a stick holds are made here, once.

Every address is relative and names its file, so that the same pages work from a server, a portal or a disk. Nothing
here reads sealed material: a draw gives what its state allows (draw-protocol.md, section 8), and a page holds no time
but those of the books, so that the same books give the same bytes.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from app import assets
from app.draws import bundle_actions, draw_reads, history_reads, result_actions, seal_actions
from app.draws.draw_reads import Draw
from app.draws.seal_actions import OPENED
from app.draws.state_rules import STATES
from app.plans import rules as plan_rules
from app.plans import tables as plan_tables
from app.plans.tables import Plan
from app.publication import open_data, verify_page
from app.publication.feed import atom
from app.rendering import environment
from registries import audit_log, audit_proofs, item_lists, log_keys
from registries.bureaus import Bureau
from registries.bureaus import bureau as bureau_of
from registries.calendar import day_in_china
from registries.errors import NotFound
from registries.item_lists import ItemList
from registries.items import CATEGORIES, METHODS
from registries.kinds import kind_name

HTML: Final = "text/html"
TYPES: Final = {
    ".html": HTML,
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xml": "application/atom+xml",
    ".zip": "application/zip",
}
# Frozen files that anybody may read from the freeze on.
FROM_THE_FREEZE: Final = ("plan.json", "terms.json")
Make = Callable[[], Awaitable[bytes]]


@dataclass
class Site:
    """A bureau's public site: the path of each file, and how it is made when it is wanted."""

    bureau: Bureau
    files: dict[str, Make] = field(default_factory=dict)

    def page(
        self, path: str, template: str, values: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> None:
        """Add a page; `values` are read when it is made. `root` leads from it to the site's own folder."""
        depth = path.count("/")
        root = "../" * depth

        async def make() -> bytes:
            given = await values()
            text = (
                _templates()
                .get_template(f"public/{template}")
                .render(bureau=self.bureau, root=root, here=path, states=STATES, **given)
            )
            return bytes(text.encode())

        self.files[path] = make


def type_of(path: str) -> str:
    """Return the media type of a file of the site."""
    return TYPES[posixpath.splitext(path)[1]]


async def site_of(code: str) -> Site:
    """Return the public site of a bureau. Raises NotFound."""
    bureau = await bureau_of(code)
    site = Site(bureau)
    draws = [one for one in await draw_reads.draws_of(code) if not one.rehearsal]
    plans = [one for one in await plan_tables.plans(code) if one.state == "published"]
    items = await _items(code)
    _add_pages(site, draws, plans, items)
    for one in draws:
        _add_draw(site, one)
    for path, make in open_data.files_of(bureau, plans, draws).items():
        site.files[path] = make
    site.files["feed.xml"] = functools.partial(_feed, bureau, draws)
    _add_fixed(site)
    return site


def _add_pages(site: Site, draws: list[Draw], plans: list[Plan], items: ItemList | None) -> None:
    async def index() -> dict[str, Any]:
        return {"title": "双随机抽查公开", "draws": draws[::-1][:5], "plans": plans[::-1][:1]}

    async def all_draws() -> dict[str, Any]:
        return {"title": "历次抽查", "draws": draws[::-1]}

    async def all_plans() -> dict[str, Any]:
        return {"title": "年度抽查计划", "plans": plans[::-1], "modes": plan_rules.MODES}

    async def all_items() -> dict[str, Any]:
        return {
            "title": "随机抽查事项清单",
            "found": items,
            "categories": CATEGORIES,
            "kinds_of": lambda item: "、".join(map(kind_name, item.kinds)),
            "methods_of": lambda item: "、".join(METHODS[method] for method in item.methods),
        }

    async def data() -> dict[str, Any]:
        return {"title": "开放数据", "tables": open_data.DICTIONARY}

    site.page("index.html", "index.html", index)
    site.page("draws.html", "draws.html", all_draws)
    site.page("plans.html", "plans.html", all_plans)
    site.page("items.html", "items.html", all_items)
    site.page("data.html", "data.html", data)
    site.page("log.html", "log.html", _log)


def _add_draw(site: Site, draw: Draw) -> None:
    folder = f"draws/{draw.number}"
    for name in FROM_THE_FREEZE:
        site.files[f"{folder}/{name}"] = functools.partial(
            seal_actions.read_public_file, draw, name
        )
    site.files[f"{folder}/proof.json"] = functools.partial(_proof, draw)
    if draw.state in OPENED:
        site.files[f"{folder}/bundle.zip"] = functools.partial(_material, draw)

    async def values() -> dict[str, Any]:
        result = await result_actions.published(draw)
        return {
            "title": draw.title,
            "draw": draw,
            "result": result,
            "opened": draw.state in OPENED,
            "history": await history_reads.history(draw),
            "proved": await _covered(draw) is not None,
            "signers": history_reads.SIGNERS,
            "manners": history_reads.MANNERS,
            "outcomes": history_reads.OUTCOMES,
            "has_result": result is not None,
        }

    site.page(f"{folder}/index.html", "draw.html", values)


def _add_fixed(site: Site) -> None:
    """Add what is the same for every bureau: the style, the mark, the verify page."""

    async def verify() -> bytes:
        return verify_page.page()[0].encode()

    site.files["verify.html"] = verify
    for name in ("yaohao.css", "mark.svg"):
        site.files[f"assets/{name}"] = functools.partial(_static, name)


async def _feed(bureau: Bureau, draws: list[Draw]) -> bytes:
    steps = [(one, step) for one in draws for step in await draw_reads.steps_of(one)]
    return atom(bureau, steps)


async def _static(name: str) -> bytes:
    return (assets.FOLDER / name).read_bytes()


async def _material(draw: Draw) -> bytes:
    """Return the bundle of an opened draw, or what is public of one that came to no result."""
    if await result_actions.published(draw) is None:
        return await bundle_actions.void_material(draw)
    return await bundle_actions.public_bundle(draw)


async def _proof(draw: Draw) -> bytes:
    """Return the proof that the freeze is in the log, under the oldest checkpoint that covers it.

    That checkpoint stays the same, so the file does. Raises NotFound while there is none.
    """
    covered = await _covered(draw)
    if covered is None:
        raise NotFound("冻结之后还没有签发日志检查点。")
    return audit_proofs.proof_bytes(await audit_proofs.inclusion_under(*covered))


async def _covered(draw: Draw) -> tuple[str, int] | None:
    """Return the oldest checkpoint over the entry of the freeze, and the entry's number; None without one."""
    found = await audit_log.entries(
        bureau=draw.bureau, event="draw:freeze", subject=f"draw:{draw.number}", limit=1
    )
    note = await audit_log.checkpoint_over(found[0].number) if found else None
    return (note, found[0].number) if note else None


async def _log() -> dict[str, Any]:
    note = await audit_log.newest_checkpoint()
    return {"title": "操作日志检查点", "note": note or "", "key": log_keys.verifier().text()}


async def _items(code: str) -> ItemList | None:
    try:
        return await item_lists.items_as_of(code, _today())
    except NotFound:
        return None


def _today() -> date:
    return day_in_china(datetime.now(UTC))


@functools.cache
def _templates() -> Any:
    return environment()


async def publish(code: str, folder: Path) -> tuple[int, int, int]:
    """Write a bureau's site into a folder; return how many files were written, left as they were, and removed.

    Only what changed is written, each file whole. What an earlier run wrote and the site no longer has goes;
    other files of the folder stay as they are.
    """
    site = await site_of(code)
    written = kept = 0
    made: set[str] = set()
    for path, make in site.files.items():
        try:
            content = await make()
        except NotFound:
            continue  # A proof before the first checkpoint: there is nothing to show yet.
        made.add(path)
        place = folder / path
        if place.is_file() and place.read_bytes() == content:
            kept += 1
            continue
        _write(folder, place, content)
        written += 1
    return written, kept, _remove_stale(folder, made)


LISTED: Final = "files.txt"


def _write(folder: Path, place: Path, content: bytes) -> None:
    """Write a file whole, and readable for the portal's server, whoever that runs as."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for inside in (folder, *(folder / parent for parent in place.relative_to(folder).parents)):
        inside.chmod(0o755)
    draft = place.with_name(f".{place.name}.new")
    draft.write_bytes(content)
    draft.chmod(0o644)
    draft.replace(place)


def _remove_stale(folder: Path, made: set[str]) -> int:
    """Remove what an earlier run listed and this one did not make; list what there is now."""
    listing = folder / LISTED
    before = set(listing.read_text(encoding="utf-8").split("\n")) if listing.is_file() else set()
    stale = [folder / path for path in before - made - {""} if (folder / path).is_file()]
    for place in stale:
        place.unlink()
    text = "\n".join(sorted(made)) + "\n"
    if not listing.is_file() or listing.read_text(encoding="utf-8") != text:
        listing.write_text(text, encoding="utf-8")
    return len(stale)
