"""§2: the frozen files are read exactly or refused; any order of input freezes the same bytes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.encoding import jcs, merkle_root, parse_jcs
from sampling.errors import FreezeRefused, ProtocolError
from sampling.frame import Entity, people_root, person_leaf, read_frame
from sampling.freeze import steering_counts
from sampling.plan_form import parse_plan
from tests.sampling.makers import (
    digest,
    drawn_files,
    entity_id,
    entity_rows,
    frame_files,
    fresh_draw,
    inspector_rows,
    people_csv,
)

HEADER = "id,district,grade,kind,name\n"


@pytest.mark.parametrize(
    "row",
    [
        "91A,440103,A,employer,甲",
        '91A,440103,-,a-b+b-c,"甲,乙"',
        '91A,440103,-,a,"""甲"""',
        '91A,440103,C,a,""""',
        "91A,440103,C,a," + "字" * 200,
        '91A,440103,C,a,"' + '""' * 200 + '"',
    ],
)
def test_a_row_in_form_is_read(row: str) -> None:
    data = (HEADER + row + "\n").encode()
    frame = read_frame(frame_files() | {"entities.csv": data})
    whole = frame.entities.row(0)
    assert isinstance(whole, Entity)
    assert (whole.id, whole.district) == ("91A", "440103")
    assert 1 <= len(whole.name) <= 200


@pytest.mark.parametrize(
    "row",
    [
        "91a,440103,A,a,甲",
        ",440103,A,a,甲",
        "9" * 41 + ",440103,A,a,甲",
        "91A,44010,A,a,甲",
        "91A,４４０１０３,A,a,甲",
        "91A,440103,D,a,甲",
        "91A,440103,,a,甲",
        "91A,440103,A,,甲",
        "91A,440103,A,b+a,甲",
        "91A,440103,A,a+a,甲",
        "91A,440103,A,a+,甲",
        "91A,440103,A," + "a" * 81 + ",甲",
        "91A,440103,A,a,",
        "91A,440103,A,a," + "字" * 201,
        "91A,440103,A,a,甲\r",
        "91A,440103,A,a,甲\u2028",
        "91A,440103,A,a,甲\x85",
        '91A,440103,A,a,"甲"',
        '91A,440103,A,a,甲"乙',
        '91A,440103,A,a,"甲,乙',
        "91A,440103,A,a,甲,乙",
        "91A,440103,A,a",
        "",
    ],
)
def test_a_row_out_of_form_is_refused_and_its_line_named(row: str) -> None:
    data = (HEADER + "90A,440103,A,a,甲\n" + row + "\n").encode()
    with pytest.raises(ProtocolError) as refused:
        read_frame(frame_files() | {"entities.csv": data})
    assert refused.value.word == "rows"
    assert "第 3 行" in refused.value.sentence or "类别" in refused.value.sentence


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("entities.csv", HEADER.encode(), "rows"),
        ("entities.csv", HEADER.encode()[:-1], "rows"),
        ("entities.csv", b"\xef\xbb\xbf" + HEADER.encode() + b"91A,440103,A,a,x\n", "rows"),
        ("entities.csv", HEADER.encode() + b"91A,440103,A,a,\xff\n", "rows"),
        ("entities.csv", HEADER.encode() + b"91A,440103,A,a,x", "rows"),
        ("inspectors.csv", b"inspector,home,can_lead,prior\nP1,440103+440103,1,0\n", "rows"),
        ("inspectors.csv", b"inspector,home,can_lead,prior\nP1,44010301,1,0\n", "rows"),
        ("inspectors.csv", b"inspector,home,can_lead,prior\nP1,-,2,0\n", "rows"),
        ("inspectors.csv", b"inspector,home,can_lead,prior\nP1,-,1,10000\n", "rows"),
        ("recusals.csv", b"inspector,entity,reason\nP9999,91A,kin\n", "rows"),
        ("excluded.csv", b"id,reason\n91B,x\n91A,x\n", "rows"),
        ("left_out.csv", b"inspector,reason\nP0000,ill\n", "disjoint"),
        ("salt.txt", b"5" * 64 + b"\n", "rows"),
        ("terms.json", b'{"a": 1}', "rows"),
    ],
)
def test_files_out_of_form_are_refused(name: str, data: bytes, word: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_frame(frame_files() | {name: data})
    assert refused.value.word == word


@given(st.integers(0, 10**6))
def test_the_order_of_input_never_matters(seed: int) -> None:
    rows, people = entity_rows(), inspector_rows()
    recusals = [(f"P{n:04d}", entity_id("440104", n), "kin") for n in range(3)]
    expected = frame_files(entities=rows, inspectors=people, recusals=recusals)
    shuffle = random.Random(seed).shuffle
    for listed in (rows, people, recusals):
        shuffle(listed)  # type: ignore[arg-type]
    shuffled = frame_files(entities=rows, inspectors=people, recusals=recusals)
    assert shuffled == expected
    assert drawn_files(shuffled)["result.json"] == drawn_files(expected)["result.json"]


def test_people_are_bound_to_their_pseudonyms_by_one_root() -> None:
    files = frame_files(inspectors=inspector_rows(3))
    people = people_csv(files)
    rows = [line.split(",") for line in people.decode().splitlines()[1:]]
    assert people_root(people) == merkle_root([person_leaf(row) for row in rows])
    with pytest.raises(ProtocolError) as refused:
        people_root(people.replace(b"P0001", b"P0000"))
    assert refused.value.word == "roots"


def test_counts_that_would_show_steering_are_given() -> None:
    recusals = [("P0000", entity_id("440103", 0), "kin"), ("P0001", entity_id("440103", 0), "kin")]
    files = frame_files(
        excluded=[("X1", "closed"), ("X2", "closed")],
        left_out=[("P9999", "expired")],
        inspectors=inspector_rows(4, homes=["440103", "-"]),
        recusals=recusals,
    )
    assert steering_counts(read_frame(files)) == {
        "excluded": {"closed": 2},
        "left_out": {"expired": 1},
        "eligible_inspectors": {"440103": 2, "440104": 4, "440105": 4},
        "recusals": {"kin": 2},
        "most_recusals_of_one_entity": 2,
    }


def test_a_freeze_refuses_with_every_reason_at_once() -> None:
    files = frame_files(inspectors=inspector_rows(2))
    with pytest.raises(FreezeRefused) as refused:
        fresh_draw(files, total=10, mode="both", round=3)
    assert [reason.rule for reason in refused.value.reasons] == ["quota", "staffing"]
    assert refused.value.reasons[0].numbers["missing"] == 37
    with pytest.raises(FreezeRefused) as refused:
        fresh_draw(total=1000)
    assert [reason.rule for reason in refused.value.reasons] == ["shares"]


def test_an_earlier_round_is_refused_only_when_the_rest_of_the_year_cannot_make_up() -> None:
    # 47 in the frame and 300 out of scope: 80 % of 347 is 278; two more rounds bring at most 94.
    late = {"out_of_scope": 300, "ratio_permille": 800, "floor": 0, "mode": "both"}
    with pytest.raises(FreezeRefused):
        fresh_draw(total=8, drawn_before=175, **late)
    assert fresh_draw(total=8, drawn_before=176, **late)[0].plan.quota.required == 278


PLAN = parse_jcs(fresh_draw()[0].plan_json)


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": "yaohao/2"},
        {"bureau": "44010"},
        {"draw": ""},
        {"draw": "第一次"},
        {"previous": "0"},
        {"title": ""},
        {"title": "甲\n"},
        {"frozen_at": "2026-02-30T00:00:00Z"},
        {"frozen_at": "2026-02-03T00:00:00+08:00"},
        {"people_root": ""},
        {"files": {}},
        {"reserve": 1001},
        {"reserve": True},
        {"entities_per_team": 0},
        {"team_size": 11},
        {"home_avoidance": 1},
        {"contributors": ["discipline-inspection", "bureau"]},
        {"dice": 61},
        {"strata": {}},
        {"strata": [{"key": ["440103"], "population": 1, "expect": "1/1"}]},
        {"allocation": {"total": 0, "rates": {"*": 1}, "district_minimum": 0}},
        {"allocation": {"total": 1, "rates": {"A": 1}, "district_minimum": 0}},
        {"allocation": {"total": 1, "rates": {"*": 101}, "district_minimum": 0}},
        {"allocation": {"total": 1, "rates": {"*": "some"}, "district_minimum": 0}},
        {"allocation": {"total": 1, "rates": {"*": True}, "district_minimum": 0}},
        {"allocation": {"total": 1, "rates": {"*": 1, "D": 1}, "district_minimum": 0}},
    ],
)
def test_a_plan_out_of_its_limits_is_refused(change: dict[str, object]) -> None:
    assert isinstance(PLAN, dict)
    with pytest.raises(ProtocolError) as refused:
        parse_plan(jcs(PLAN | change))
    assert refused.value.word == "keys"


def test_a_plan_without_any_one_key_is_refused() -> None:
    assert isinstance(PLAN, dict)
    for missing in PLAN:
        with pytest.raises(ProtocolError):
            parse_plan(jcs({key: value for key, value in PLAN.items() if key != missing}))
    assert parse_plan(jcs(PLAN)).commitment != digest("other")
