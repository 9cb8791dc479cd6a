"""The kinds of entity are one closed list that spreadsheets can name in several ways."""

import re

import pytest

from registries.kinds import KINDS, SYNONYMS, kind_from_text, kind_name, unknown_kinds


def test_there_are_the_nine_kinds_of_the_provincial_rule_and_the_project() -> None:
    assert len(KINDS) == 10
    assert list(KINDS)[-1] == "project"
    assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in KINDS)


@pytest.mark.parametrize(("code", "name"), KINDS.items())
def test_a_kind_is_found_by_its_code_and_by_its_name(code: str, name: str) -> None:
    assert kind_from_text(code) == kind_from_text(f" {name} ") == code
    assert kind_name(code) == name


@pytest.mark.parametrize(("word", "code"), SYNONYMS.items())
def test_a_synonym_leads_to_a_kind_and_is_no_name_itself(word: str, code: str) -> None:
    assert kind_from_text(word) == code
    assert word not in KINDS.values()


def test_a_word_that_is_no_kind_is_not_guessed() -> None:
    assert kind_from_text("公司食堂") is None
    assert unknown_kinds(["employer", "factory"]) == ["factory"]
