"""The rules of the room: seats, commits, reveals, dice, signatures, voiding, unsealing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.draws.ceremony_rules import (
    Typed,
    check_commit,
    check_objection,
    check_two_people,
    check_unseal,
    check_void,
    check_witness,
    dice_so_far,
    next_digit,
    verdict,
)
from registries.errors import Invalid, Refused
from sampling.seed import commit_of

SEATS = ("bureau", "discipline-inspection", "guest-01", "guest-02")
COMMITMENT, NONCE = "ab" * 32, "01" * 32


def test_no_seat_is_added_at_the_ceremony_and_the_free_ones_are_named() -> None:
    with pytest.raises(Invalid) as refusal:
        check_commit(SEATS, {"bureau", "guest-01"}, "guest-03", "0" * 64)
    assert "discipline-inspection、guest-02" in refusal.value.fields["label"][0]


def test_a_second_commit_of_a_seat_is_refused() -> None:
    check_commit(SEATS, set(), "bureau", "0" * 64)
    with pytest.raises(Invalid) as refusal:
        check_commit(SEATS, {"bureau"}, "bureau", "0" * 64)
    assert "不能更改" in refusal.value.fields["label"][0]


def test_every_fault_of_a_commit_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        check_commit(SEATS, set(), "guest-09", "XYZ")
    assert set(refusal.value.fields) == {"label", "commit"}


def test_a_reveal_is_judged_against_the_commit_of_its_seat() -> None:
    commit = commit_of(COMMITMENT, "bureau", NONCE, "阳光")
    assert verdict(COMMITMENT, "bureau", commit, NONCE, "阳光") == "matches"
    assert verdict(COMMITMENT, "bureau", commit, NONCE, "阳光 ") == "differs"
    assert verdict(COMMITMENT, "guest-01", commit, NONCE, "阳光") == "differs"
    assert verdict("cd" * 32, "bureau", commit, NONCE, "阳光") == "differs"
    assert verdict(COMMITMENT, "bureau", commit, NONCE.upper() + "X", "阳光") == "malformed"
    assert verdict(COMMITMENT, "bureau", commit, NONCE, "tab\t") == "malformed"


def typed(*rows: tuple[int, int, str, str]) -> list[Typed]:
    return [Typed(position, attempt, who, digit) for position, attempt, who, digit in rows]  # type: ignore[arg-type]


def test_a_digit_counts_when_both_typed_the_same() -> None:
    dice = dice_so_far(6, typed((1, 1, "operator", "7")))
    assert (dice.digits, dice.position, dict(dice.typed)) == ("", 1, {"operator": "7"})
    dice = dice_so_far(6, typed((1, 1, "operator", "7"), (1, 1, "witness", "7")))
    assert (dice.digits, dice.position, dice.typed) == ("7", 2, {})


def test_where_they_differ_both_read_the_same_die_again() -> None:
    rows = typed((1, 1, "operator", "1"), (1, 1, "witness", "7"))
    dice = dice_so_far(6, rows)
    assert (dice.digits, dice.position, dice.attempt) == ("", 1, 2)
    agreed = dice_so_far(6, rows + typed((1, 2, "witness", "7"), (1, 2, "operator", "7")))
    assert (agreed.digits, agreed.attempt) == ("7", 1)


def test_nobody_types_a_digit_twice_or_beyond_the_last() -> None:
    half = dice_so_far(1, typed((1, 1, "operator", "3")))
    with pytest.raises(Refused, match="等另一方"):
        next_digit(half, "operator", "3")
    whole = dice_so_far(1, typed((1, 1, "operator", "3"), (1, 1, "witness", "3")))
    assert whole.complete
    with pytest.raises(Refused, match="不能再加"):
        next_digit(whole, "witness", "3")


@pytest.mark.parametrize("digit", ["", "12", "x", "３", "-"])
def test_only_one_ascii_digit_is_taken(digit: str) -> None:
    with pytest.raises(Invalid):
        next_digit(dice_so_far(6, []), "operator", digit)


@given(st.text("0123456789", min_size=6, max_size=12), st.randoms(use_true_random=False))
def test_whatever_the_order_of_typing_the_agreed_digits_are_those_thrown(
    thrown: str, luck: object
) -> None:
    """Each typist misreads now and then; the dice still end as thrown, one position at a time."""
    rows: list[Typed] = []
    while not (dice := dice_so_far(len(thrown), rows)).complete:
        right = thrown[dice.position - 1]
        for who in luck.sample(["operator", "witness"], 2):  # type: ignore[attr-defined]
            wrong = luck.random() < 0.2 and dice.attempt < 4  # type: ignore[attr-defined]
            read = str((int(right) + (1 if who == "operator" else 2)) % 10) if wrong else right
            rows.append(next_digit(dice_so_far(len(thrown), rows), who, read))
    assert dice.digits == thrown


def test_operator_and_witness_are_two_people() -> None:
    check_two_people("李操作", "王见证")
    for pair in (
        ("李操作", "李操作"),
        ("李操作", " 李操作 "),
        ("李操作", "李 操作"),
        ("", "王见证"),
        ("李操作", " "),
    ):
        with pytest.raises(Refused):
            check_two_people(*pair)


def test_only_the_witness_of_the_ceremony_or_the_stand_by_signs() -> None:
    check_witness("王见证", {"王见证", "", "赵候补"})
    check_witness("王 见证", {"王见证"})
    with pytest.raises(Refused, match="赵候补"):
        check_witness("路人", {"王见证", "", "赵候补"})


def test_an_objection_has_words() -> None:
    check_objection("投影曾中断两分钟")
    with pytest.raises(Invalid):
        check_objection("  ")


def test_before_the_first_reveal_a_reason_is_enough() -> None:
    assert check_void(revealed=False, ground="", reason="会场停电") == "before-reveal"
    with pytest.raises(Invalid):
        check_void(revealed=False, ground="", reason="")


@pytest.mark.parametrize("ground", ["", "before-reveal", "we-do-not-like-it"])
def test_after_the_first_reveal_only_a_named_ground_voids(ground: str) -> None:
    with pytest.raises(Refused, match="整体错误"):
        check_void(revealed=True, ground=ground, reason="名单不理想")
    assert check_void(revealed=True, ground="superior-order", reason="省厅决定") == "superior-order"


def test_a_draw_opens_when_finished_or_on_its_day() -> None:
    day = date(2027, 1, 31)
    check_unseal(finished=True, unseal_by=day, today=date(2026, 12, 1))
    check_unseal(finished=False, unseal_by=day, today=day)
    with pytest.raises(Refused, match="2027-01-31"):
        check_unseal(finished=False, unseal_by=day, today=date(2027, 1, 30))
