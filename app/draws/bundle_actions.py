"""What leaves the house of a draw: its bundle, a proof for one entity, or what a void draw has left (protocol §8)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.draws import ceremony_actions, result_actions, seal_actions
from app.draws.draw_reads import Draw, files_of
from app.draws.result_actions import Published
from app.draws.state_rules import STATES
from registries.database import Deed
from registries.errors import NotFound, Refused
from sampling import verifier, verifying
from sampling.bundle import BUNDLE_FILES, EXPLANATION, VERIFIER, write_bundle
from sampling.encoding import Json, jcs, parse_jcs, sha256_hex
from sampling.errors import ProtocolError
from sampling.result import proof_json, prove
from sampling.verifying import FROZEN_FILES, Anchors

STORED: Final = tuple(name for name in BUNDLE_FILES if name != EXPLANATION)
"""The files of a bundle that a draw keeps; 说明.txt follows from verify.py."""
CONTRIBUTIONS: Final = "contributions.json"
AGREED: Final = "全部重算一致，与公布的四个值相符。"


@dataclass(frozen=True)
class Opinion:
    """What one of the two verifiers says of a draw: `word` names the check that failed, "" when all agree."""

    verifier: str
    word: str
    sentence: str


async def bundle(deed: Deed, draw: Draw, *, purpose: str) -> bytes:
    """Return the bundle of a draw that has its result; before it is open that is a sealed reading.

    Raises Refused where there is no result, or where verify.py is not the program named by
    terms.json; Invalid where a sealed reading has no purpose.
    """
    await _require_result(draw)
    files = await seal_actions.read_files(deed, draw, list(STORED), purpose=purpose)
    check_verifier(files)
    return write_bundle(files)


async def public_bundle(draw: Draw) -> bytes:
    """Return the bundle of an opened draw to anybody; NotFound while it is sealed."""
    await _require_result(draw)
    files = {name: await seal_actions.read_public_file(draw, name) for name in STORED}
    check_verifier(files)
    return write_bundle(files)


async def void_material(draw: Draw) -> bytes:
    """Return what is public of a void draw that came to no result: a zip, and plainly not a bundle.

    It holds every file that anybody may read now, the contributions as far as they went, and a
    note that says what this is. Refused for a draw that is not void or has a result.
    """
    if draw.state not in {"void", "void-public"}:
        raise Refused(f"这次抽查现在是“{STATES[draw.state]}”，不是作废的抽查，没有作废材料。")
    stored = await files_of(draw)
    if "result.json" in stored:
        raise Refused("这次抽查作废前已有结果，请取其完整的结果包。")
    names = [
        one.name for one in stored.values() if seal_actions.is_public(draw, one.name, one.access)
    ]
    files = {name: await seal_actions.read_public_file(draw, name) for name in names}
    files[CONTRIBUTIONS] = jcs(await _contributions(draw))
    files[EXPLANATION] = _explanation(draw, sorted(files))
    return _zipped(files)


async def proof(deed: Deed, draw: Draw, *, entity: str, purpose: str) -> bytes:
    """Return the proof that an entity was drawn or stands in reserve, as canonical JSON (§8).

    Reading it before the draw is open is a sealed reading. NotFound where the entity is neither.
    """
    await _require_result(draw)
    names = [*FROZEN_FILES, "seed.json"]
    verified = seal_actions.derived(
        await seal_actions.read_files(deed, draw, names, purpose=purpose)
    )
    found = prove(verified.result, entity)
    if found is None:
        raise NotFound(f"{entity} 既未抽中，也不是备选，没有可以出具的证明。请核对代码。")
    return proof_json(found)


async def verify(draw: Draw) -> list[Opinion]:
    """Return what both implementations say of the stored files against the published values (§9).

    The second is the verify.py that is installed here. The stored copy is compared with the digest
    that terms.json fixed and never run: a program out of a database is not to be trusted.
    """
    found = await _require_result(draw)
    await result_actions.check_published(draw)
    files = await seal_actions.machine_read(draw, [*STORED, "people.csv"])
    check_verifier(files)
    published = Anchors(draw.commitment, found.parts_digest, found.dice, found.root)
    return [_ours(files, published), _second(files, published)]


def disagreement(opinions: Iterable[Opinion]) -> Refused:
    """Return the refusal that says which check of which verifier failed (§9)."""
    failed = "；".join(f"{one.verifier}（{one.word}）" for one in opinions if one.word)
    return Refused(f"核验不通过：{failed}。请立即停止使用这次结果，从备份恢复并查明原因。")


def check_verifier(files: Mapping[str, bytes]) -> None:
    """Refuse a verify.py that is not the program whose digest terms.json fixed before the draw (§2)."""
    terms = parse_jcs(files["terms.json"])
    named = terms.get("verifier") if isinstance(terms, dict) else None
    if sha256_hex(files[VERIFIER]) != named:
        raise Refused(
            "核验程序 verify.py 与抽查前公布的摘要不符，不能放进结果包。请从备份恢复，并查明原因。"
        )


def _ours(files: Mapping[str, bytes], published: Anchors) -> Opinion:
    try:
        verifying.verify(files, published)
    except ProtocolError as refusal:
        return Opinion("python -m sampling verify", refusal.word, refusal.sentence)
    return Opinion("python -m sampling verify", "", AGREED)


def _second(files: Mapping[str, bytes], published: Anchors) -> Opinion:
    checked = {name: files[name] for name in STORED}
    report = verifier.verify(checked, verifier.Anchors(**vars(published)), files.get("people.csv"))
    return Opinion(VERIFIER, report.word, report.chinese or AGREED)


async def _require_result(draw: Draw) -> Published:
    found = await result_actions.published(draw)
    if found is None:
        raise Refused(f"抽查 {draw.number} 现在是“{STATES[draw.state]}”，还没有结果。")
    return found


async def _contributions(draw: Draw) -> dict[str, Json]:
    """Return what was said before the draw was void: everything after a reveal, only commits before."""
    commits = await ceremony_actions.commits_of(draw)
    if draw.state == "void":
        return {"commits": dict(sorted(commits.items()))}
    listed: list[Json] = [
        {"label": one.label, "commit": one.commit, "absent": True}
        if one.nonce is None or one.value is None
        else {"label": one.label, "commit": one.commit, "nonce": one.nonce, "value": one.value}
        for one in await ceremony_actions.contributions_of(draw)
    ]
    return {"contributions": listed, "dice": (await ceremony_actions.dice_of(draw)).digits}


def _explanation(draw: Draw, names: list[str]) -> bytes:
    return (
        "作废材料\n"
        "\n"
        f"抽查 {draw.number}（{draw.title}）已作废，没有产生结果。\n"
        "本压缩包是作废时依规定公开的全部材料，不是结果包，不能也不需要用 verify.py 核验结果。\n"
        "名单冻结时公布的承诺值，即 plan.json 的 SHA-256：\n"
        f"    {draw.commitment}\n"
        "\n"
        f"文件：{'、'.join(names)}。\n"
        f"{CONTRIBUTIONS} 是各席位在作废前提交的内容和已录入的骰子数字。\n"
    ).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip whose bytes depend on nothing but the files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            # The defaults of these two follow the operating system; the bytes must not.
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()
