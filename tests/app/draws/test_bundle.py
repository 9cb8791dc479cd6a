"""What leaves the house of a draw, and who may have it when (protocol §8, "Who sees what, when")."""

import io
import zipfile
from dataclasses import replace

import pytest

from app.draws import bundle_actions, ceremony_actions, seal_actions, signing_actions
from app.draws.bundle_actions import CONTRIBUTIONS, STORED
from app.draws.draw_reads import Draw, draw_of, files_of
from app.draws.state_rules import State
from app.draws.tables import SealReadingTable
from registries import audit_log
from registries.errors import Invalid, NotFound, Refused
from sampling.bundle import EXPLANATION, read_bundle
from sampling.encoding import parse_jcs
from sampling.result import read_proof
from tests.app.draws.makers import (
    HEAD,
    OPERATOR,
    UNSEAL_BY,
    WITNESS,
    hold_ceremony,
    make_frozen_draw,
)
from tests.conftest import TestDatabase
from tests.makers import do, make_bureau

FRAME = (
    "entities.csv",
    "excluded.csv",
    "inspectors.csv",
    "left_out.csv",
    "recusals.csv",
)
SECRETS = ("salt.txt", "seed.json", "result.json")


async def reached(state: State) -> Draw:
    """Return a draw in a state of the ceremony, unsealed, or void with or without a ground."""
    await make_bureau()
    draw = await make_frozen_draw()
    if state == "unsealed":
        draw = await hold_ceremony(draw)
        await do(
            seal_actions.unseal, draw=draw, today=UNSEAL_BY, finished=True, reason="检查全部结束"
        )
    elif state == "void":
        await do(signing_actions.void, draw=draw, witness=WITNESS, second=OPERATOR, reason="停电")
    elif state == "void-public":
        draw = await hold_ceremony(draw, "dice-fixed", absent=("guest-02",))
        await void_on_ground(draw)
    else:
        return await hold_ceremony(draw, state)
    return await draw_of(draw.bureau, draw.number)


async def void_on_ground(draw: Draw) -> None:
    details = {"witness": WITNESS, "second": HEAD, "reason": "名单整体错误"}
    await do(signing_actions.void, draw=draw, ground="frame-wrong", **details)


@pytest.mark.parametrize(
    ("state", "opened"),
    [("frozen", False), ("drawn", False), ("sealed", False), ("unsealed", True)],
)
async def test_who_sees_which_file_when(database: TestDatabase, state: State, opened: bool) -> None:
    draw = await reached(state)
    stored = await files_of(draw)
    for name in stored:
        always = name in {"plan.json", "terms.json", "verify.py"}
        if always or (opened and name != "people.csv"):
            content = await seal_actions.read_public_file(draw, name)
            assert content, name
            assert "王某".encode() not in content, name
        else:
            with pytest.raises(NotFound):
                await seal_actions.read_public_file(draw, name)
    assert set(stored) >= {*FRAME, "salt.txt", "people.csv"}
    assert set(SECRETS) <= set(stored) or state == "frozen"


@pytest.mark.parametrize(
    ("state", "name", "recorded"),
    [
        ("frozen", "entities.csv", False),
        ("frozen", "salt.txt", True),
        ("frozen", "people.csv", True),
        ("sealed", "seed.json", True),
        ("sealed", "result.json", True),
        ("unsealed", "result.json", False),
        ("unsealed", "people.csv", True),
    ],
)
async def test_reading_what_is_sealed_now_is_recorded_and_logged(
    database: TestDatabase, state: State, name: str, recorded: bool
) -> None:
    draw = await reached(state)
    before = len(await audit_log.entries(limit=1000))
    assert await do(seal_actions.read_file, draw=draw, name=name, purpose="纪检核查")
    rows = await SealReadingTable.select(SealReadingTable.file, SealReadingTable.purpose)
    assert rows == ([{"file": name, "purpose": "纪检核查"}] if recorded else [])
    assert len(await audit_log.entries(limit=1000)) == before + recorded


async def test_a_sealed_bundle_needs_a_purpose_and_leaves_a_row_and_an_entry(
    database: TestDatabase,
) -> None:
    draw = await reached("sealed")
    with pytest.raises(Invalid, match="查阅目的"):
        await do(bundle_actions.bundle, draw=draw, purpose=" ")
    assert await SealReadingTable.count() == 0
    content = await do(bundle_actions.bundle, draw=draw, purpose="见证人核验")
    assert set(read_bundle(content)) == {*STORED, EXPLANATION}
    rows = await SealReadingTable.select().order_by(SealReadingTable.id)
    assert {row["file"] for row in rows} == set(SECRETS)
    assert {row["purpose"] for row in rows} == {"见证人核验"}
    newest = (await audit_log.entries(subject=f"draw:{draw.number}", limit=1))[0]
    assert newest.event == "draw-seal:read"
    assert newest.entry().reason == "见证人核验"


async def test_an_opened_bundle_is_anybodys_and_the_same_bytes(database: TestDatabase) -> None:
    draw = await reached("unsealed")
    content = await bundle_actions.public_bundle(draw)
    assert content == await do(bundle_actions.bundle, draw=draw, purpose="")
    assert await SealReadingTable.count() == 0


async def test_a_sealed_bundle_is_not_found_by_the_public(database: TestDatabase) -> None:
    with pytest.raises(NotFound):
        await bundle_actions.public_bundle(await reached("sealed"))


async def test_a_draw_without_result_has_no_bundle(database: TestDatabase) -> None:
    with pytest.raises(Refused, match="还没有结果"):
        await do(bundle_actions.bundle, draw=await reached("dice-fixed"), purpose="核验")


async def test_both_verifiers_accept_what_is_stored(database: TestDatabase) -> None:
    opinions = await bundle_actions.verify(await reached("sealed"))
    assert [one.word for one in opinions] == ["", ""]


async def test_both_verifiers_find_that_another_draw_was_announced(database: TestDatabase) -> None:
    draw = replace(await reached("sealed"), commitment="0" * 64)
    opinions = await bundle_actions.verify(draw)
    assert [one.word for one in opinions] == ["anchors", "anchors"]


def test_another_verifier_than_the_announced_one_is_refused() -> None:
    files = {"terms.json": b'{"verifier":"00"}', "verify.py": b"raise SystemExit(0)"}
    with pytest.raises(Refused, match="核验程序"):
        bundle_actions.check_verifier(files)


async def test_a_proof_leads_to_the_published_root(database: TestDatabase) -> None:
    draw = await reached("sealed")
    result = parse_jcs((await seal_actions.machine_read(draw, ["result.json"]))["result.json"])
    assert isinstance(result, dict)
    drawn = result["drawn"][0]["id"]
    data = await do(bundle_actions.proof, draw=draw, entity=drawn, purpose="出示给单位")
    assert read_proof(data).root() == result["root"]
    assert await SealReadingTable.count() == 2  # seed.json and salt.txt
    with pytest.raises(NotFound, match="既未抽中"):
        await do(bundle_actions.proof, draw=draw, entity="X0", purpose="出示给单位")


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_draw_void_after_the_reveals_publishes_everything_but_who_is_who(
    database: TestDatabase,
) -> None:
    draw = await reached("void-public")
    files = unzipped(await bundle_actions.void_material(draw))
    assert set(files) == {
        *FRAME,
        *("plan.json", "terms.json", "verify.py", "salt.txt", CONTRIBUTIONS, EXPLANATION),
    }
    said = parse_jcs(files[CONTRIBUTIONS])
    assert isinstance(said, dict)
    dice = await ceremony_actions.dice_of(draw)
    assert said["dice"] == dice.digits
    assert [one.get("absent", False) for one in said["contributions"]] == [False] * 3 + [True]
    assert files[EXPLANATION].decode().startswith("作废材料")


async def test_a_draw_void_before_any_reveal_shows_only_what_was_public(
    database: TestDatabase,
) -> None:
    files = unzipped(await bundle_actions.void_material(await reached("void")))
    assert set(files) == {"plan.json", "terms.json", "verify.py", CONTRIBUTIONS, EXPLANATION}


async def test_a_draw_void_after_its_result_gives_the_whole_bundle(database: TestDatabase) -> None:
    draw = await reached("drawn")
    await void_on_ground(draw)
    draw = await draw_of(draw.bureau, draw.number)
    assert set(read_bundle(await bundle_actions.public_bundle(draw))) == {*STORED, EXPLANATION}
    with pytest.raises(Refused, match="完整的结果包"):
        await bundle_actions.void_material(draw)


async def test_a_draw_that_stands_has_no_void_material(database: TestDatabase) -> None:
    with pytest.raises(Refused, match="不是作废的抽查"):
        await bundle_actions.void_material(await reached("sealed"))
