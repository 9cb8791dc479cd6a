"""Draws as stored (docs/adr/0081, 0082): every table but `draw_preparation` only grows, by trigger.

A draw's state is the state of its last step; nothing of a frozen draw is ever updated. Foreign keys, checks and
unique keys stand in migrations/app/draws.py and ceremony.py, because Piccolo cannot say them for SQLite.
"""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Bytea, Date, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class PreparationTable(Table, tablename="draw_preparation"):
    """What a clerk has entered for a draw that is not frozen yet; it has no number and may change."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    plan = BigInt()
    round = Integer()
    settings = Text()
    prepared_by = Varchar(length=100)
    prepared_at = Timestamptz()
    abandoned_at = Timestamptz(null=True, default=None)


class DrawTable(Table, tablename="draw"):
    """A frozen draw: its number, its place in the bureau's chain, its commitment."""

    id = BigSerial(primary_key=True)
    bureau = Varchar(length=6)
    series = Varchar(length=10)
    year = Integer()
    sequence = Integer()
    number = Varchar(length=40)
    preparation = BigInt()
    plan = BigInt()
    round = Integer()
    title = Varchar(length=200)
    total = Integer()
    commitment = Varchar(length=64)
    previous = Varchar(length=64)
    hall_mode = Varchar(length=10)
    tasks_end = Date(default=None)
    unseal_by = Date(default=None)
    standby_witness = Varchar(length=100)
    frozen_by = Varchar(length=100)
    frozen_at = Timestamptz()


class FileTable(Table, tablename="draw_file"):
    """One file of a draw: frozen ones at the freeze, seed.json and result.json when they exist.

    `access` is who may read it before unsealing (protocol §8); `digest` is plain SHA-256 of the bytes.
    """

    id = BigSerial(primary_key=True)
    draw = BigInt()
    name = Varchar(length=40)
    access = Varchar(length=10)
    size = BigInt()
    digest = Varchar(length=64)


class FilePartTable(Table, tablename="draw_file_part"):
    """A piece of a file that is public or read by role."""

    id = BigSerial(primary_key=True)
    file = BigInt()
    position = Integer()
    content = Bytea()


class SealedPartTable(Table, tablename="draw_sealed_part"):
    """A piece of a sealed file (salt.txt, people.csv, seed.json, result.json); each reading is a deed."""

    id = BigSerial(primary_key=True)
    file = BigInt()
    position = Integer()
    content = Bytea()


class PersonTable(Table, tablename="draw_person"):
    """Which inspector of the registry a pseudonym of this draw is."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    pseudonym = Varchar(length=40)
    inspector = Varchar(length=40)


class StepTable(Table, tablename="draw_step"):
    """One step of a draw, in order; the last one's `state` is the draw's state (state_rules.STEPS)."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    position = Integer()
    step = Varchar(length=40)
    state = Varchar(length=40)
    operator = Varchar(length=100)
    witness = Varchar(length=100)
    reason = Varchar(length=2000)
    at = Timestamptz()


class ContributionTable(Table, tablename="draw_contribution"):
    """A seat taken and its published commitment, by whom and in what capacity (protocol §4.1)."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    label = Varchar(length=40)
    contributor = Varchar(length=100)
    capacity = Varchar(length=100)
    commitment = Varchar(length=64)
    at = Timestamptz()


class RevealTable(Table, tablename="draw_reveal"):
    """What a contributor revealed, sealed until unsealing; one that does not match counts as absent."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    label = Varchar(length=40)
    nonce = Varchar(length=200)
    value = Varchar(length=1000)
    verdict = Varchar(length=20)
    at = Timestamptz()


class DigitTable(Table, tablename="draw_digit"):
    """One digit as one of the two typed it; the two of an attempt must agree (protocol §4.4)."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    position = Integer()
    attempt = Integer()
    typed_by = Varchar(length=10)
    name = Varchar(length=100)
    digit = Varchar(length=1)
    at = Timestamptz()


class DoubtTable(Table, tablename="draw_doubt"):
    """A contributor's statement that the digits shown are not those seen."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    label = Varchar(length=40)
    statement = Varchar(length=2000)
    at = Timestamptz()


class ResultTable(Table, tablename="draw_result"):
    """What is public of a result at once: digests, dice, root, and counts per district and team."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    parts_digest = Varchar(length=64)
    dice = Varchar(length=60)
    root = Varchar(length=64)
    leaves = Integer()
    result_digest = Varchar(length=64)
    counts = Text()
    at = Timestamptz()


class SelectionTable(Table, tablename="draw_selection"):
    """An entity drawn (team ≥ 1) or in reserve (team 0), as in result.json."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    entity = Varchar(length=40)
    district = Varchar(length=12)
    grade = Varchar(length=1)
    rank = Integer()
    team = Integer()


class SeatTable(Table, tablename="draw_seat"):
    """Who was drawn for a seat; place 0 is the team's lead. Later changes are replacements."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    district = Varchar(length=12)
    team = Integer()
    place = Integer()
    pseudonym = Varchar(length=40)


class SignatureTable(Table, tablename="draw_signature"):
    """A signature, a signature with objection, or a refusal, with its words."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    signed_as = Varchar(length=10)
    name = Varchar(length=100)
    manner = Varchar(length=10)
    statement = Varchar(length=2000)
    at = Timestamptz()


class VoidTable(Table, tablename="draw_void"):
    """That a draw is void, on which ground, by which two people (protocol §8)."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    ground = Varchar(length=20)
    reason = Varchar(length=2000)
    witness = Varchar(length=100)
    second = Varchar(length=100)
    at = Timestamptz()


class SealReadingTable(Table, tablename="draw_seal_reading"):
    """That sealed material was read: which file, by whom, what for."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    file = Varchar(length=40)
    reader = Varchar(length=100)
    purpose = Varchar(length=500)
    at = Timestamptz()


class ReplacementTable(Table, tablename="draw_replacement"):
    """An inspector replaced on a seat, and everyone passed over with the reason (protocol §7.7)."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    district = Varchar(length=12)
    team = Integer()
    place = Integer()
    replaced = Varchar(length=40)
    pseudonym = Varchar(length=40)
    passed_over = Text()
    reason = Varchar(length=500)
    at = Timestamptz()


class CallUpTable(Table, tablename="draw_call_up"):
    """A reserve called up beside a drawn entity, or left because every team is recused (protocol §6)."""

    id = BigSerial(primary_key=True)
    draw = BigInt()
    entity = Varchar(length=40)
    district = Varchar(length=12)
    team = Integer()
    beside = Varchar(length=40)
    outcome = Varchar(length=20)
    reason = Varchar(length=500)
    evidence = Varchar(length=2000)
    at = Timestamptz()


class RehearsalTable(Table, tablename="rehearsal"):
    """One row, and only in a scratch database: all its draws are rehearsals (演练)."""

    id = Integer(primary_key=True)
    made_at = Timestamptz()
    made_by = Varchar(length=100)
