"""Districts: the codes of Guangdong, what became of old ones, and what clerks write for them."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registries.districts import (
    District,
    DistrictLookup,
    Districts,
    added,
    guangdong,
    guangdong_with_demo,
    merged,
    renamed,
)

TODAY = date(2026, 11, 21)
GUANGZHOU, DONGGUAN, ZHONGSHAN = "440100", "441900", "442000"
LOOKUP = DistrictLookup(guangdong(), TODAY)


def test_guangdong_has_21_cities_and_122_county_units_and_towns_where_there_are_none() -> None:
    levels = Counter(row.level for row in guangdong() if row.valid_on(TODAY))
    assert levels == {"city": 21, "county": 122, "town": 59}
    assert {row.parent for row in guangdong() if row.level == "town"} == {DONGGUAN, ZHONGSHAN}


@pytest.mark.parametrize("row", tuple(guangdong()), ids=lambda row: row.code)
def test_every_code_lies_under_its_parent_and_says_where_it_comes_from(row: District) -> None:
    digits = {"city": (2, 6), "county": (4, 6), "town": (6, 9)}[row.level]
    assert row.parent[: digits[0]] == row.code[: digits[0]]
    assert len(row.code) == digits[1]
    assert row.source
    assert row.confidence in {"T", "K"}
    assert row.successor is None or guangdong().get(row.successor, TODAY) is not None


def test_all_codes_of_one_draw_have_one_length() -> None:
    for city in guangdong().under("440000", TODAY):
        assert len({len(row.code) for row in guangdong().under(city.code, TODAY)}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "天河",
        "天河区",
        "广州市天河区",
        "广州天河",
        "广东省广州市天河区",
        " 天河 区 ",
        "440106",
        "440106000000",
        "440106.0",
        "４４０１０６",
    ],
)
def test_clerks_write_one_district_in_many_ways(text: str) -> None:
    found = LOOKUP.find(text, GUANGZHOU)
    assert found is not None
    assert found.code == "440106"


@pytest.mark.parametrize(
    ("text", "city", "code"),
    [
        ("萝岗区", "440100", "440112"),
        ("440116", "440100", "440112"),
        ("增城市", "440100", "440118"),
        ("440183", "440100", "440118"),
        ("从化市", "440100", "440117"),
        ("东山区", "440100", "440104"),
        ("广州开发区", "440100", "440112"),
        ("顺德市", "440600", "440606"),
        ("惠阳市", "441300", "441303"),
        ("大亚湾", "441300", "441303"),
        ("梅县", "441400", "441403"),
        ("虎门", "441900", "441900121"),
        ("东莞市虎门镇", "441900", "441900121"),
        ("441900121000", "441900", "441900121"),
        ("松山湖高新区", "441900", "441900401"),
        ("火炬开发区", "442000", "442000003"),
        ("南区", "442000", "442000005"),
        ("乳源", "440200", "440232"),
        ("城区", "441500", "441502"),
    ],
)
def test_old_names_short_names_and_functional_areas_lead_to_the_district_of_today(
    text: str, city: str, code: str
) -> None:
    found = LOOKUP.find(text, city)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("", "440100"),
        ("广州市", "440100"),
        ("南山区", "440100"),
        ("深圳市南山区", "440100"),
        ("440305", "440100"),
        ("4401", "440100"),
        ("潮阳市", "440500"),  # Split into 潮阳区 and 潮南区: only a person can say which.
        ("440582", "440500"),
        ("天河区人民政府", "440100"),
        ("虎门镇", "442000"),
    ],
)
def test_what_names_no_single_district_of_the_city_is_not_guessed(text: str, city: str) -> None:
    assert LOOKUP.find(text, city) is None


@given(st.text(max_size=12))
def test_look_up_never_fails_and_never_leaves_the_city(text: str) -> None:
    found = LOOKUP.find(text, GUANGZHOU)
    assert found is None or found.parent == GUANGZHOU


@pytest.mark.parametrize("city", [row.code for row in guangdong().under("440000", TODAY)])
def test_every_district_is_found_by_its_name_with_and_without_its_city(city: str) -> None:
    city_row = guangdong().get(city, TODAY)
    assert city_row is not None
    for row in guangdong().under(city, TODAY):
        for text in (row.name, city_row.name + row.name, row.code, *row.aliases):
            assert LOOKUP.find(text, city) == row


@pytest.mark.parametrize("city", ["440100", "440500", "441900"])
def test_the_words_for_spreadsheets_lead_where_the_look_up_leads(city: str) -> None:
    words = LOOKUP.words(city)
    assert {row.code for row in guangdong().under(city, TODAY)} == set(words.values())
    for word, code in words.items():
        found = LOOKUP.find(word, city)
        assert found is not None
        assert found.code == code


def test_old_codes_and_names_with_the_city_are_among_the_words() -> None:
    words = LOOKUP.words(GUANGZHOU)
    assert words["440116"] == words["440116000000"] == words["广州市萝岗区"] == "440112"
    assert words["天河"] == words["广州天河区"] == "440106"
    assert "广州市" not in words


def test_every_functional_area_leads_to_a_district() -> None:
    for name, code in guangdong().functional_areas.items():
        found = LOOKUP.find(name, code[:4] + "00")
        assert found is not None, name


def test_a_merged_district_stands_for_itself_until_the_day_it_was_merged() -> None:
    assert guangdong().successor("440116", date(2014, 1, 24)) == "440116"
    assert guangdong().successor("440116", date(2014, 1, 25)) == "440112"
    assert guangdong().successor("440106", TODAY) == "440106"
    assert guangdong().successor("440582", TODAY) is None
    assert guangdong().successor("999999", TODAY) is None


def test_the_fictional_city_is_known_only_where_the_demo_asks_for_it() -> None:
    assert "449900" not in guangdong()
    demo = guangdong_with_demo().under("449900", TODAY)
    assert [row.code for row in demo] == [f"4499{n:02d}" for n in range(1, 12)]
    assert all(row.fictional for row in demo)
    assert not any(row.fictional for row in guangdong())


def _made() -> Districts:
    return Districts(
        [
            District("440100", "甲市", "city", "440000"),
            District("440101", "东区", "county", "440100"),
            District("440102", "西江区", "county", "440100"),
        ]
    )


def test_a_renamed_district_answers_to_both_names_and_kept_its_old_one_before() -> None:
    day = date(2026, 7, 1)
    books = renamed(_made(), "440101", "东江区", day)
    before, after = books.history("440101")
    assert (before.name, before.valid_to) == ("东区", day)
    assert (after.name, after.valid_from) == ("东江区", day)
    lookup = DistrictLookup(books, TODAY)
    assert lookup.find("东区", "440100") == lookup.find("东江", "440100") == after
    assert DistrictLookup(books, date(2026, 6, 30)).find("东江区", "440100") is None


def test_a_merger_can_follow_a_merger() -> None:
    books = added(_made(), District("440103", "南江区", "county", "440100", date(2025, 1, 1)))
    books = merged(books, "440101", "440102", date(2025, 6, 1))
    books = merged(books, "440102", "440103", date(2026, 6, 1))
    assert books.successor("440101", date(2025, 12, 31)) == "440102"
    assert books.successor("440101", TODAY) == "440103"


def test_a_code_in_use_cannot_be_added_and_an_ended_one_cannot_end_again() -> None:
    with pytest.raises(ValueError, match="440101"):
        added(_made(), District("440101", "新区", "county", "440100", TODAY))
    ended = merged(_made(), "440101", "440102", date(2026, 1, 1))
    with pytest.raises(ValueError, match="440101"):
        merged(ended, "440101", "440102", date(2026, 2, 1))
