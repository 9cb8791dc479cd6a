"""The bureau's tables as workbooks: tasks, odds, entities, import faults, exclusions."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from exports.workbook import Column, Sheet, write_workbook

_GRADES = {"-": "未评"}


@dataclass(frozen=True)
class AssignedEntity:
    """One drawn or reserve entity as the task sheet lists it; a reserve has team 0 and no people.

    `district` is the code of the place where labour is used; `rank` is the draw's rank in its
    stratum; `lead` and `members` are names with certificate numbers as the caller wants them read.
    """

    district: str
    district_name: str
    team: int
    rank: int
    grade: str
    entity: str
    name: str
    address: str
    lead: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskAssignment:
    """抽查任务分派表: the draw, its entities and the digest of the result they come from."""

    bureau: str
    draw: str
    title: str
    period: str
    result_digest: str
    drawn: tuple[AssignedEntity, ...]
    reserve: tuple[AssignedEntity, ...] = ()
    rehearsal: bool = False


@dataclass(frozen=True)
class StratumOdds:
    """Expected number and population of a stratum; `expect` is protocol §5's fraction text."""

    district: str
    district_name: str
    grade: str
    population: int
    expect: str


@dataclass(frozen=True)
class ListedEntity:
    """One entity of the registry as its list shows it; no personal data."""

    entity: str
    name: str
    kinds: str
    district: str
    district_name: str
    address: str
    grade: str
    status: str


@dataclass(frozen=True)
class ImportFault:
    """One fault of an import: where it stands, what stands there, what is wrong, what to do."""

    sheet: str
    row: int | None
    column: int | None
    heading: str
    value: str
    problem: str
    advice: str


@dataclass(frozen=True)
class Exclusion:
    """One entity in scope but left out of the frame, with its reason code and what it means."""

    entity: str
    name: str
    reason: str
    meaning: str


def task_assignment(task: TaskAssignment) -> bytes:
    """Return 抽查任务分派表 as xlsx: a sheet for each district, its teams in order; reserve last."""
    remarks = (
        f"组织机关：{task.bureau}    任务编号：{task.draw}    检查期限：{task.period}",
        f"抽取结果摘要（SHA-256）：{task.result_digest}",
    )
    sheets = [
        Sheet(
            name, f"抽查任务分派表（{name}）", _TASK_COLUMNS, [_task_row(e) for e in group], remarks
        )
        for name, group in _by_district(task.drawn)
    ]
    if task.reserve:
        order = sorted(task.reserve, key=lambda e: (e.district, e.grade, e.rank))
        rows = [_reserve_row(entity) for entity in order]
        note = "备选对象仅在中签对象无法检查时，按本表同区同等级的顺序依次启用。"
        title = "备选监管对象名单"
        sheets.append(Sheet("备选", title, _RESERVE_COLUMNS, rows, (*remarks, note)))
    if not sheets:
        raise ValueError("a task assignment has at least one entity")
    content = io.BytesIO()
    write_workbook(content, sheets, rehearsal=task.rehearsal)
    return content.getvalue()


def odds(
    target: BinaryIO, title: str, strata: Sequence[StratumOdds], *, rehearsal: bool = False
) -> None:
    """Write each stratum's exact chance (protocol §5: expect / population) before the draw."""
    rows = [_odds_row(stratum) for stratum in strata]
    expected = sum((Fraction(s.expect) for s in strata), Fraction(0))
    remark = (
        f"名册共 {sum(s.population for s in strata)} 户，拟抽取 {expected} 户。"
        "中签机会为精确分数，同一区、同一等级的每一户机会相等。"
    )
    sheet = Sheet("抽取机会", f"{title}：抽取机会表", _ODDS_COLUMNS, rows, (remark,))
    write_workbook(target, [sheet], rehearsal=rehearsal)


def entity_list(target: BinaryIO, title: str, entities: Iterable[ListedEntity]) -> None:
    """Write a list of entities of any length, in the order given."""
    rows = (
        (
            e.entity,
            e.name,
            e.kinds,
            e.district,
            e.district_name,
            e.address,
            _grade(e.grade),
            e.status,
        )
        for e in entities
    )
    write_workbook(target, [Sheet("监管对象", title, _ENTITY_COLUMNS, rows)])


def fault_list(target: BinaryIO, title: str, faults: Iterable[ImportFault]) -> None:
    """Write the faults of an import, each where it stands, so that the file can be mended."""
    rows = ((f.sheet, f.row, f.column, f.heading, f.value, f.problem, f.advice) for f in faults)
    remark = "请按“处理建议”改正原文件后重新导入；行、列均从 1 数起。"
    write_workbook(target, [Sheet("导入问题", title, _FAULT_COLUMNS, rows, (remark,))])


def exclusion_list(
    target: BinaryIO, title: str, exclusions: Iterable[Exclusion], *, rehearsal: bool = False
) -> None:
    """Write who is in scope but not in the frame, each with the reason."""
    rows = ((e.entity, e.name, e.reason, e.meaning) for e in exclusions)
    sheet = Sheet("未列入名册", title, _EXCLUSION_COLUMNS, rows)
    write_workbook(target, [sheet], rehearsal=rehearsal)


_TASK_COLUMNS = (
    Column("检查组", 8, centred=True),
    Column("统一社会信用代码", 22, centred=True),
    Column("监管对象名称", 40),
    Column("等级", 7, centred=True),
    Column("用工所在地", 40),
    Column("组长", 20),
    Column("组员", 30),
)
_RESERVE_COLUMNS = (
    Column("区", 14),
    Column("等级", 7, centred=True),
    Column("顺序", 7, centred=True),
    Column("统一社会信用代码", 22, centred=True),
    Column("监管对象名称", 40),
    Column("用工所在地", 40),
)
_ODDS_COLUMNS = (
    Column("区划代码", 14, centred=True),
    Column("区", 16),
    Column("等级", 8, centred=True),
    Column("名册户数", 12, centred=True),
    Column("期望抽取户数", 24, centred=True),
    Column("实际抽取户数", 16, centred=True),
    Column("每户中签机会", 28, centred=True),
    Column("约合", 14, centred=True),
)
_ENTITY_COLUMNS = (
    Column("统一社会信用代码", 22, centred=True),
    Column("监管对象名称", 40),
    Column("类别", 16),
    Column("区划代码", 14, centred=True),
    Column("区", 14),
    Column("用工所在地", 44),
    Column("等级", 8, centred=True),
    Column("状态", 12, centred=True),
)
_FAULT_COLUMNS = (
    Column("工作表", 16),
    Column("行", 8, centred=True),
    Column("列", 8, centred=True),
    Column("表头", 20),
    Column("值", 30),
    Column("问题", 40),
    Column("处理建议", 40),
)
_EXCLUSION_COLUMNS = (
    Column("统一社会信用代码", 22, centred=True),
    Column("监管对象名称", 40),
    Column("原因代码", 24),
    Column("原因", 40),
)


def _by_district(
    drawn: Sequence[AssignedEntity],
) -> Iterator[tuple[str, list[AssignedEntity]]]:
    order = sorted(drawn, key=lambda e: (e.district, e.team, e.rank, e.grade, e.entity))
    for _, group in itertools.groupby(order, key=lambda e: e.district):
        entities = list(group)
        yield entities[0].district_name, entities


def _task_row(e: AssignedEntity) -> tuple[str, ...]:
    team, grade = f"第{e.team}组", _grade(e.grade)
    return team, e.entity, e.name, grade, e.address, e.lead, "、".join(e.members)


def _reserve_row(e: AssignedEntity) -> tuple[str | int, ...]:
    return e.district_name, _grade(e.grade), e.rank, e.entity, e.name, e.address


def _odds_row(s: StratumOdds) -> tuple[str | int, ...]:
    expect = Fraction(s.expect)
    low, high = expect.__floor__(), expect.__ceil__()
    drawn = str(low) if low == high else f"{low} 或 {high}"
    chance = expect / s.population
    return (
        *(s.district, s.district_name, _grade(s.grade), s.population),
        *(str(expect), drawn, str(chance), _percent(chance)),
    )


def _percent(chance: Fraction) -> str:
    # Rounded half up in integers, so that every machine prints the same digits.
    thousandths = (chance.numerator * 200_000 + chance.denominator) // (2 * chance.denominator)
    return f"{thousandths // 1000}.{thousandths % 1000:03}%"


def _grade(grade: str) -> str:
    return _GRADES.get(grade, grade)
