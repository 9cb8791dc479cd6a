"""The demo's city is the same on every machine, and no row of it is nonsense by accident."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from stdnum.cn import uscc

from app.demo import city, history, names, people, sheets
from registries.districts import guangdong_with_demo
from registries.kinds import KINDS, kind_from_text
from registries.record_sheet import read_facts
from registries.reference_sheets import read_inspectors, read_recusals

# The digest of all rows. A change of the generators changes it on purpose, and README's output with it.
DIGEST = "24fefc565972ec2825ec63c7b37e7fe36e2002ff272f4ba8f8a174883deabae7"


@pytest.fixture(scope="module")
def made() -> sheets.Tables:
    return sheets.tables()


def test_the_city_is_the_same_everywhere(made: sheets.Tables) -> None:
    assert made.digest() == DIGEST


def test_it_has_24000_entities_of_all_ten_kinds_and_120_inspectors(made: sheets.Tables) -> None:
    kinds = {kind_from_text(word) for row in made.entities for word in row[3].split("、")}
    assert (len(made.entities), len(made.inspectors), kinds) == (24_000, 120, set(KINDS))


def test_even_a_small_city_has_all_kinds() -> None:
    kinds = {kind_from_text(word) for row in city.entities(20) for word in row[3].split("、")}
    assert kinds == set(KINDS)


def test_no_two_entities_share_a_name_or_a_code(made: sheets.Tables) -> None:
    assert len({row[0] for row in made.entities}) == len(made.entities)
    assert len({row[1] or row[2] for row in made.entities}) == len(made.entities)


def test_codes_are_valid_by_an_independent_check_but_for_three_on_purpose(
    made: sheets.Tables,
) -> None:
    wrong = [at for at, row in enumerate(made.entities) if row[1] and not uscc.is_valid(row[1])]
    assert wrong == [503, 8503, 16503]


def test_one_row_in_a_thousand_lacks_its_district(made: sheets.Tables) -> None:
    missing = [at for at, row in enumerate(made.entities) if not row[10]]
    assert missing == list(range(17, 24_000, 1000))


def test_every_code_lies_in_a_district_that_nobody_has(made: sheets.Tables) -> None:
    assert all(row[1][2:6] == "4499" for row in made.entities if row[1])


def test_the_districts_are_those_of_the_registry() -> None:
    known = guangdong_with_demo().under(names.CITY.code, date(2026, 1, 1))
    assert [(one.code, one.name) for one in known] == [
        (one.code, one.name) for one in names.DISTRICTS
    ]
    assert all(one.fictional for one in known)


def test_the_small_sheets_are_read_by_the_imports_without_a_fault(tmp_path: Path) -> None:
    small = sheets.tables(600, 40, 20)
    sheets.write(tmp_path, small)
    words = {place.name: place.code for place in names.DISTRICTS}
    assert len(read_inspectors(tmp_path / sheets.INSPECTORS, words).inspectors) == 40
    assert len(read_recusals(tmp_path / sheets.RECUSALS)) == len(small.recusals)
    assert len(read_facts(tmp_path / sheets.FACTS).facts) == len(small.facts)


def test_a_closed_case_was_opened_before_under_the_same_number(made: sheets.Tables) -> None:
    opened = {row[3]: row for row in made.facts if row[1] == "立案"}
    closed = [row for row in made.facts if row[1] == "结案"]
    assert closed
    assert all(opened[row[3]][0] == row[0] and opened[row[3]][2] < row[2] for row in closed)
    assert max(row[2] for row in made.facts) <= history.UNTIL.isoformat()


def test_some_inspectors_may_not_be_sent_each_for_another_reason() -> None:
    rows = people.inspectors()
    states = {row[5] for row in rows}
    expired = [row for row in rows if row[13] and row[13] < "2026-09-14"]
    assert states == {"在岗", "停岗", "辅助"}
    assert expired
    assert all(row[6] == "否" and not row[10] for row in rows if row[5] == "辅助")
