"""§4: contributions, absence, the digest before the dice, and the seed."""

import pytest

from sampling.encoding import jcs, parse_jcs
from sampling.errors import FormError, ProtocolError
from sampling.seed import (
    Contribution,
    commit_of,
    key,
    make_seed,
    parts_digest,
    read_seed,
    seed_json,
    settle,
    ticket,
)
from tests.sampling.makers import contributions, digest, fresh_draw

COMMITMENT = digest("commitment")
NONCE = digest("nonce")


@pytest.mark.parametrize("value", ["", "公平，公正。《》", "a~ !", "Ａ１～", "字" * 200])
def test_a_value_of_known_characters_is_taken(value: str) -> None:
    assert len(commit_of(COMMITMENT, "bureau", NONCE, value)) == 64


@pytest.mark.parametrize("value", ["\n", "é", "字" * 201, "\u3000", "🎲", "\u200b", "\udc80"])
def test_a_value_with_another_character_or_too_long_is_refused(value: str) -> None:
    with pytest.raises(FormError):
        commit_of(COMMITMENT, "bureau", NONCE, value)


@pytest.mark.parametrize("nonce", ["", NONCE[:63], NONCE.upper(), NONCE + "\n"])
def test_a_nonce_is_64_lower_case_hexadecimal_characters(nonce: str) -> None:
    with pytest.raises(FormError):
        commit_of(COMMITMENT, "bureau", nonce, "")


def test_absence_never_stops_a_draw() -> None:
    labels = ["bureau", "discipline-inspection", "guest-01", "guest-02", "guest-03"]
    good = commit_of(COMMITMENT, "bureau", NONCE, "好")
    other = digest("other")
    commits = {
        "bureau": good,
        "discipline-inspection": other,
        "guest-01": other,
        "guest-02": other,
    }
    reveals = {
        "bureau": (NONCE, "好"),
        "discipline-inspection": (NONCE, "好"),
        "guest-01": (NONCE, "\n"),
        "guest-03": (NONCE, "好"),
    }
    assert settle(COMMITMENT, labels, commits, reveals) == (
        Contribution("bureau", good, NONCE, "好"),
        Contribution("discipline-inspection", other),
        Contribution("guest-01", other),
        Contribution("guest-02", other),
        Contribution("guest-03", ""),
    )


def test_the_digest_before_the_dice_holds_every_part_but_not_the_dice() -> None:
    fresh, _ = fresh_draw(guests=1)
    parties = contributions(fresh)
    seeds = [make_seed(fresh.plan, parties, dice) for dice in ("0000000000", "0000000001")]
    assert seeds[0].parts_digest == seeds[1].parts_digest
    assert seeds[0].seed != seeds[1].seed
    for at, one in enumerate(parties):
        changed = [*parties]
        changed[at] = Contribution(one.label, one.commit)
        assert parts_digest(fresh.plan.commitment, changed) != seeds[0].parts_digest


@pytest.mark.parametrize(
    "dice", ["", "123456789", "12345678901", "123456789x", "１２３４５６７８９０"]
)
def test_dice_are_as_many_digits_as_the_plan_says(dice: str) -> None:
    fresh, _ = fresh_draw()
    with pytest.raises(ProtocolError) as refused:
        make_seed(fresh.plan, contributions(fresh), dice)
    assert refused.value.word == "dice"


def test_seed_json_reads_back_with_its_absences() -> None:
    fresh, _ = fresh_draw(guests=2)
    seed = make_seed(fresh.plan, contributions(fresh, absent=["guest-01"]), "0123456789")
    assert read_seed(fresh.plan, seed_json(seed)) == seed


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"note": 1}, "contributions"),
        ({"contributions": []}, "contributions"),
        ({"contributions": [1, 2]}, "contributions"),
        ({"contributions": [{"label": "bureau"}, {}]}, "contributions"),
        ({"dice": 1}, "contributions"),
        ({"dice": "12345"}, "dice"),
        ({"parts_digest": ""}, "seed"),
        ({"seed": digest("x")}, "seed"),
    ],
)
def test_a_changed_seed_json_is_refused_with_its_word(change: dict[str, object], word: str) -> None:
    fresh, _ = fresh_draw()
    fields = parse_jcs(seed_json(make_seed(fresh.plan, contributions(fresh), "0123456789")))
    assert isinstance(fields, dict)
    with pytest.raises(ProtocolError) as refused:
        read_seed(fresh.plan, jcs(fields | change))
    assert refused.value.word == word


def test_one_sql_statement_can_make_the_tickets() -> None:
    import sqlite3

    entity_key = key("entity", digest("seed"))
    assert len(entity_key) == 32
    with sqlite3.connect(":memory:") as database:
        (joined,) = database.execute("select ? || ?", (entity_key, "91440103MA0WTCDK3H")).fetchone()
    database.close()
    assert ticket("", joined) == ticket(entity_key, "91440103MA0WTCDK3H")
