"""Identifiers: our own checks agree with python-stdnum, an independent implementation, on good and bad codes alike."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from registries.identifiers import (
    BLANKS,
    CREDIT_ALPHABET,
    FOLDS,
    HALF_WIDTH,
    UPPER_CASE,
    credit_code_check,
    credit_codes_pass,
    fold_code,
    is_credit_code,
    is_organisation_code,
    is_resident_number,
    organisation_code_check,
    resident_number_check,
)

FIRST_SEVENTEEN = st.builds(
    lambda kind, district, body: kind + district + body,
    st.text("123456789", min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(CREDIT_ALPHABET, min_size=9, max_size=9),
)
REAL = ("9144030071526726XG", "914403001922038216")


@pytest.mark.parametrize("code", REAL)
def test_published_credit_codes_pass_both_checks(code: str) -> None:
    assert is_credit_code(code)
    assert is_organisation_code(code[8:17])


@given(FIRST_SEVENTEEN)
def test_the_check_character_is_the_one_that_stdnum_computes(first: str) -> None:
    assert credit_code_check(first) == uscc.calc_check_digit(first)


@given(st.one_of(FIRST_SEVENTEEN.map(lambda f: f + credit_code_check(f)), st.text(max_size=20)))
@example("9144030071526726XI")
@example("91A40300715267260G")
def test_a_code_passes_exactly_when_stdnum_accepts_it_as_written(code: str) -> None:
    # stdnum folds before it checks; what is already folded it must leave alone.
    accepted = uscc.is_valid(code) and uscc.compact(code) == code and code.isascii()
    assert is_credit_code(code) == accepted


@pytest.mark.parametrize("kind", ["N2", "A1", "Y1", "5R"])
def test_the_first_two_characters_may_be_letters_which_stdnum_does_not_know(kind: str) -> None:
    # GB 32100-2015 table 1: N stands for the agricultural departments, Y for others.
    first = kind + "440106MA5D00016"
    assert is_credit_code(first + credit_code_check(first))


@given(
    st.lists(
        st.one_of(FIRST_SEVENTEEN.map(lambda f: f + credit_code_check(f)), st.text(max_size=20))
    )
)
def test_a_column_of_codes_gets_the_same_answers_as_each_code_alone(codes: list[str]) -> None:
    assert credit_codes_pass(codes).tolist() == [is_credit_code(code) for code in codes]


@given(FIRST_SEVENTEEN, st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_no_single_wrong_character_goes_unnoticed(first: str, place: int, other: str) -> None:
    code = first + credit_code_check(first)
    wrong = code[:place] + other + code[place + 1 :]
    assert is_credit_code(wrong) == (wrong == code)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("440103199001010014", True),
        ("440106198512310021", True),
        ("440118200002290038", True),
        ("440103199001010015", False),
        ("44010319900101001", False),
        ("440103199002300012", False),
        ("４４0103199001010014", False),
    ],
)
def test_an_identity_number_needs_form_birthday_and_check(number: str, right: bool) -> None:
    assert is_resident_number(number) is right


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_identity_check_is_the_one_that_stdnum_computes(first: str) -> None:
    assert resident_number_check(first) == ric.calc_check_digit(first + "0")


def test_the_organisation_check_covers_its_two_special_remainders() -> None:
    checks = {organisation_code_check(f"{n:08d}") for n in range(40)}
    assert {"X", "0"} <= checks
    assert is_organisation_code("71526726X")
    assert not is_organisation_code("715267260")


@pytest.mark.parametrize(
    ("typed", "folds"),
    [
        ("91440101MA5D00016N", ()),
        ("91440101ma5d00016n", (UPPER_CASE,)),
        (" 91440101MA5D\u300000016N\u200b", (BLANKS,)),
        ("９１４４０１０１ＭＡ５Ｄ０００１６Ｎ", (HALF_WIDTH,)),
        ("９1440101ｍa5d00016n\u00a0", (BLANKS, HALF_WIDTH, UPPER_CASE)),
    ],
)
def test_a_code_is_folded_and_says_how(typed: str, folds: tuple[str, ...]) -> None:
    assert fold_code(typed) == ("91440101MA5D00016N", folds)


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once_and_every_change_is_named(typed: str) -> None:
    once = fold_code(typed)
    assert fold_code(once.code) == (once.code, ())
    assert bool(once.folds) == (once.code != typed)
    assert set(once.folds) <= set(FOLDS)


def test_a_letter_that_the_standard_leaves_out_is_never_repaired() -> None:
    assert fold_code("9144010IMA5D00016O").code == "9144010IMA5D00016O"
