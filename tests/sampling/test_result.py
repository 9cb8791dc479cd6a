"""§6 and §8: selection by ticket, reserves and call-ups, leaves, proofs, bundles."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.bundle import BUNDLE_FILES, EXPLANATION, read_bundle, write_bundle
from sampling.draw import call_up, smallest_per_group
from sampling.encoding import jcs
from sampling.errors import FormError, ProtocolError
from sampling.odds import InspectorOdds, chances, inspector_odds, spread
from sampling.result import proof_json, prove, read_proof
from sampling.seed import key, ticket
from sampling.verifying import derive, verify
from tests.sampling.makers import drawn_files

FILES = drawn_files(total=8, minimum=1, reserve=3, guests=1)
DRAWN = derive(FILES)
BUNDLE = write_bundle(FILES)


def test_the_smallest_tickets_of_each_stratum_are_drawn_and_the_next_stand_in_reserve() -> None:
    result, entities = DRAWN.result, DRAWN.frozen.frame.entities
    entity_key = key("entity", DRAWN.seed.seed)
    for (district, grade), population in entities.populations.items():
        ordered = sorted(
            (ticket(entity_key, row.id), row.id)
            for row in map(entities.row, range(len(entities)))
            if (row.district, row.grade) == (district, grade)
        )
        picked = [
            one
            for one in (*result.drawn, *result.reserve)
            if (one.district, one.grade) == (district, grade)
        ]
        number = result.numbers[district, grade]
        kept = min(3, population - number) if number else 0
        assert [(one.ticket, one.id) for one in picked] == ordered[: number + kept]
        assert [one.rank for one in picked] == list(range(1, number + kept + 1))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1), st.data())
def test_partial_selection_keeps_all_that_tie_for_the_last_place(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    groups = np.array([group for group, _ in pairs], dtype=np.int32)
    values = np.array([value for _, value in pairs], dtype=np.uint64)
    sizes = [int((groups == group).sum()) for group in range(3)]
    wanted = [data.draw(st.integers(0, size)) for size in sizes]
    for group, rows in enumerate(smallest_per_group(values, groups, wanted)):
        inside = sorted(value for other, value in pairs if other == group)
        limit = inside[wanted[group] - 1] if wanted[group] else -1
        assert sorted(values[rows].tolist()) == [value for value in inside if value <= limit]


def test_a_reserve_goes_to_the_same_team_or_the_next_without_a_recused_member() -> None:
    drawn = next(one for one in DRAWN.result.drawn if one.grade == "A")
    reserve = DRAWN.result.reserve
    own = [one for one in reserve if (one.district, one.grade) == (drawn.district, "A")]
    members = {1: ["P1"], 2: ["P2"], 3: ["P3"]}

    def called(used: set[str], recused: set[tuple[str, str]]) -> list[tuple[str, int]]:
        tried = call_up(reserve, frozenset(used), drawn, 2, members, frozenset(recused))
        return [(one.entity.id, one.team) for one in tried]

    first, second = own[0].id, own[1].id
    assert called(set(), set()) == [(first, 2)]
    assert called({first}, set()) == [(second, 2)]
    assert called(set(), {("P2", first), ("P3", first)}) == [(first, 1)]
    everyone = {(f"P{number}", first) for number in (1, 2, 3)}
    assert called(set(), everyone) == [(first, 0), (second, 2)]
    assert called({one.id for one in own}, set()) == []


def test_every_drawn_and_reserve_entity_proves_its_place_and_nobody_else_can() -> None:
    result = DRAWN.result
    for entity in result.leaves:
        proof = prove(result, entity)
        assert proof is not None
        assert proof.root() == result.root
        assert read_proof(proof_json(proof)) == proof
    assert prove(result, "X") is None


@pytest.mark.parametrize("field", ["protocol", "leaf", "index", "leaves", "path", "root"])
def test_a_proof_with_any_changed_field_is_refused(field: str) -> None:
    proof = prove(DRAWN.result, DRAWN.result.drawn[0].id)
    assert proof is not None
    fields = {
        "protocol": "yaohao/1",
        "leaf": proof.leaf,
        "index": proof.index,
        "leaves": proof.leaves,
        "path": list(proof.path),
        "root": proof.root(),
    }
    for other in ("x", 10**9, True, [], ["x"], {}):
        with pytest.raises(FormError):
            read_proof(jcs(fields | {field: other}))


def test_chances_are_exact_and_their_sum_is_the_total() -> None:
    found = chances(DRAWN.frozen.frame.entities.populations, DRAWN.frozen.shares)
    assert sum(one.chance * one.population for one in found) == 8
    assert all(one.chance > 0 for one in found)


def test_simulated_odds_count_every_seat_and_are_the_same_for_everyone() -> None:
    frozen = DRAWN.frozen
    odds = inspector_odds(frozen, 20)
    assert odds == inspector_odds(frozen, 20)
    leads = {one.inspector: one.can_lead for one in frozen.frame.inspectors}
    assert sum(one.sent for one in odds) == 2 * sum(one.led for one in odds)
    assert all(one.led == 0 or leads[one.inspector] for one in odds)
    assert spread(odds).most <= 20


@pytest.mark.parametrize(
    ("sent", "runs", "permille", "error"),
    [(0, 100, 0, 30), (100, 100, 1000, 30), (50, 100, 500, 50), (1, 3, 333, 273)],
)
def test_estimates_carry_their_standard_error(
    sent: int, runs: int, permille: int, error: int
) -> None:
    odds = InspectorOdds("P", sent, 0, runs)
    assert (odds.permille, odds.error_permille) == (permille, error)


def test_a_bundle_is_the_same_bytes_every_time_and_reads_back_whole() -> None:
    assert write_bundle(dict(reversed(FILES.items()))) == BUNDLE
    files = read_bundle(BUNDLE)
    assert tuple(files) == BUNDLE_FILES
    assert all(files[name] == FILES[name] for name in files if name != EXPLANATION)
    assert "people.csv" not in files
    assert verify(files).result.root == DRAWN.result.root


Entry = tuple[zipfile.ZipInfo, bytes]


def zipped(change: Callable[[list[Entry]], list[Entry]]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(BUNDLE)) as archive:
        entries = [
            (zipfile.ZipInfo(entry.filename, entry.date_time), archive.read(entry))
            for entry in archive.infolist()
        ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for entry, data in change(entries):
            archive.writestr(entry, data)
    return out.getvalue()


def renamed(name: str) -> Callable[[list[Entry]], list[Entry]]:
    return lambda entries: [(zipfile.ZipInfo(name, entries[0][0].date_time), b""), *entries[1:]]


def compressed(entries: list[Entry]) -> list[Entry]:
    entries[1][0].compress_type = zipfile.ZIP_DEFLATED
    return entries


def later(entries: list[Entry]) -> list[Entry]:
    entries[1][0].date_time = (2026, 3, 2, 9, 30, 0)
    return entries


def commented(entries: list[Entry]) -> list[Entry]:
    entries[1][0].comment = b"x"
    return entries


def with_zip64_sizes(entries: list[Entry]) -> list[Entry]:
    entries[1][0].extra = b"\x01\x00\x10\x00" + (2**40).to_bytes(8, "little") * 2
    return entries


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[1:],
        lambda entries: [*entries, (zipfile.ZipInfo("more.txt", (1980, 1, 1, 0, 0, 0)), b"")],
        renamed("sub/plan.json"),
        renamed("/plan.json"),
        renamed("../plan.json"),
        renamed("C:\\plan.json"),
        renamed("PLAN.JSON"),
        renamed("plan.json/"),
        compressed,
        later,
        commented,
        with_zip64_sizes,
    ],
)
def test_a_zip_that_is_not_exactly_a_bundle_is_refused(
    change: Callable[[list[Entry]], list[Entry]],
) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_bundle(zipped(change))
    assert refused.value.word == "files"
    assert read_bundle(zipped(lambda entries: entries)).keys() == set(BUNDLE_FILES)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_repeated_name_is_refused() -> None:
    for change in (lambda e: [*e, e[0]], lambda e: [e[0], e[0], *e[2:]]):
        with pytest.raises(ProtocolError) as refused:
            read_bundle(zipped(change))
        assert refused.value.word == "files"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"x" + BUNDLE,
        BUNDLE + b"x",
        BUNDLE[:-1],
        BUNDLE[:1000],
        BUNDLE[: len(BUNDLE) // 2] + b"x" + BUNDLE[len(BUNDLE) // 2 :],
    ],
    ids=["empty", "start", "before", "after", "cut end", "cut", "inside"],
)
def test_bytes_that_are_no_whole_zip_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_bundle(data)
    assert refused.value.word == "files"


@given(st.integers(0, len(BUNDLE) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_bundle_is_refused_or_harmless(at: int, flip: int) -> None:
    changed = BUNDLE[:at] + bytes([BUNDLE[at] ^ flip]) + BUNDLE[at + 1 :]
    try:
        files = read_bundle(changed)
    except ProtocolError as refused:
        assert refused.word == "files"  # noqa: PT017 - both outcomes are right
    else:
        assert files == read_bundle(BUNDLE)
