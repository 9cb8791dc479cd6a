"""One draw from preparation to unsealing, by the deeds of the room: each function is what one command does.

The nonces come from the operating system and the dice too, because nobody stands at a table here; in a hall the
contributors choose on their own devices and spectators throw.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from app.demo.office import CLERK, OPERATOR, WITNESS, Office
from app.draws import (
    bundle_actions,
    ceremony_actions,
    document_actions,
    document_rules,
    freeze_actions,
    preparation_actions,
    result_actions,
    seal_actions,
    signing_actions,
)
from app.draws.ceremony_rules import TYPISTS, Dice, Typist
from app.draws.draw_reads import Draw
from app.draws.material_rules import Particulars
from app.draws.paper_files import write_files
from app.draws.preview_rules import Preview
from app.draws.result_actions import Published
from app.draws.settings_rules import Settings
from registries import database
from sampling.seed import commit_of


@dataclass(frozen=True)
class Party:
    """Somebody with a seat: "" for a guest, who gets the next one; the chosen text, and whether it is revealed."""

    label: str
    name: str
    capacity: str
    text: str
    reveals: bool = True


@dataclass(frozen=True)
class Contribution:
    """What one party keeps on its own device until the list is closed."""

    party: Party
    label: str
    nonce: str
    commit: str


PARTIES: Final = (
    Party("bureau", OPERATOR, "操作员", "公平公正 阳光执法"),
    Party("discipline-inspection", WITNESS, "派驻纪检监察组", "监督在场"),
    Party("", "何代表", "人大代表", "一视同仁"),
    Party("", "邓经理", "企业代表", "临时有事先走", reveals=False),
)
STANDBY: Final = "候补见证人袁某"


def settings(
    title: str, tasks: tuple[date, date], unseal_by: date, standby_witness: str = STANDBY
) -> Settings:
    """Return what a clerk enters for a draw, with two guests' seats and ten dice."""
    return Settings(
        title=title,
        tasks_start=tasks[0],
        tasks_end=tasks[1],
        unseal_by=unseal_by,
        standby_witness=standby_witness,
    )


async def prepare(office: Office, year: int, number: int, chosen: Settings) -> int:
    """Prepare a round of the year's plan and return the number of the preparation."""
    return await office.do(
        CLERK, preparation_actions.prepare, year=year, number=number, settings=chosen
    )


async def preview(office: Office, preparation: int) -> Preview:
    """Return what would be frozen now."""
    async with database.snapshot():
        return await freeze_actions.preview(office.bureau, preparation, office.clock.tick())


async def freeze(office: Office, preparation: int) -> Draw:
    """Freeze a preparation; from here on nothing of the draw can change."""
    return await office.do(OPERATOR, freeze_actions.freeze, preparation=preparation)


async def take_commits(
    office: Office, number: str, parties: Sequence[Party] = PARTIES
) -> list[Contribution]:
    """Open the list, let every party commit, and close it; return what the parties keep."""
    await office.on_draw(OPERATOR, number, ceremony_actions.open_list, operator=OPERATOR)
    draw = await office.draw(number)
    kept, guests = [], 0
    for party in parties:
        guests += not party.label
        label, nonce = party.label or f"guest-{guests:02d}", secrets.token_hex(32)
        made = commit_of(draw.commitment, label, nonce, party.text)
        await office.on_draw(
            OPERATOR,
            number,
            ceremony_actions.commit,
            label=label,
            contributor=party.name,
            capacity=party.capacity,
            commit_value=made,
        )
        kept.append(Contribution(party, label, nonce, made))
    await office.on_draw(WITNESS, number, ceremony_actions.close_list, witness=WITNESS)
    return kept


async def take_reveals(office: Office, number: str, kept: Sequence[Contribution]) -> None:
    """Let everybody reveal who does."""
    for one in kept:
        if one.party.reveals:
            await office.on_draw(
                one.party.name,
                number,
                ceremony_actions.reveal,
                label=one.label,
                nonce=one.nonce,
                value=one.party.text,
            )


async def fix_parts(office: Office, number: str) -> str:
    """Fix what everybody gave and return the digest that is shown before the dice."""
    return await office.on_draw(OPERATOR, number, ceremony_actions.fix_parts, operator=OPERATOR)


def throw_dice(count: int = 10) -> str:
    """Return so many digits, in place of ten-sided dice thrown in a hall."""
    return "".join(str(secrets.randbelow(10)) for _ in range(count))


async def type_dice(office: Office, number: str, thrown: str, misread: Mapping[int, str]) -> Dice:
    """Let operator and witness type every digit; `misread` is position → what the operator reads at first.

    Where the two differ, both read the same die again.
    """
    dice = Dice(len(thrown), "", 1, {})
    for position, digit in enumerate(thrown, start=1):
        if position in misread:
            await _type(office, number, {"operator": misread[position], "witness": digit})
        dice = await _type(office, number, {"operator": digit, "witness": digit})
    return dice


async def _type(office: Office, number: str, digits: Mapping[Typist, str]) -> Dice:
    dice = Dice(0, "", 1, {})
    for typist in TYPISTS:
        name = OPERATOR if typist == "operator" else WITNESS
        dice = await office.on_draw(
            name,
            number,
            ceremony_actions.type_digit,
            typist=typist,
            name=name,
            digit=digits[typist],
            operator=OPERATOR,
            witness=WITNESS,
        )
    return dice


async def run(office: Office, number: str) -> Published:
    """Compute the result, store it, and return what is public of it."""
    computed = await result_actions.compute(await office.draw(number))
    await office.on_draw(OPERATOR, number, result_actions.run, computed=computed)
    found = await result_actions.published(await office.draw(number))
    assert found is not None  # noqa: S101 - the deed has just stored it.
    return found


async def sign(office: Office, number: str) -> str:
    """Let both sign; return the state that follows."""
    return await office.on_draw(
        OPERATOR, number, signing_actions.sign_off, operator=OPERATOR, witness=WITNESS
    )


async def bundle(office: Office, number: str, purpose: str = "归档并送核验") -> bytes:
    """Return the bundle of a draw; while it is sealed that reading is logged."""
    return await office.on_draw(OPERATOR, number, bundle_actions.bundle, purpose=purpose)


async def documents(
    office: Office, number: str, particulars: Particulars, folder: Path
) -> list[str]:
    """Write the papers of a draw to a folder and return their names."""
    opened = await office.on_draw(
        CLERK, number, document_actions.open_papers, purpose="制作抽查文书"
    )
    async with database.snapshot():
        material = await document_actions.gather(await office.draw(number), opened)
    papers = dict(document_rules.papers(material, particulars))
    write_files(folder, papers)
    return list(papers)


async def unseal(office: Office, number: str) -> str:
    """Open a draw whose inspections are finished to everybody."""
    return await office.on_draw(
        OPERATOR,
        number,
        seal_actions.unseal,
        today=office.today,
        finished=True,
        reason="本次抽查的检查已全部完成",
    )


async def hold(office: Office, year: int, number: int, chosen: Settings) -> str:
    """Hold a whole draw up to the signatures, and return its number."""
    draw = await freeze(office, await prepare(office, year, number, chosen))
    kept = await take_commits(office, draw.number)
    await take_reveals(office, draw.number, kept)
    await fix_parts(office, draw.number)
    await type_dice(office, draw.number, throw_dice(), {})
    await run(office, draw.number)
    await sign(office, draw.number)
    return draw.number
