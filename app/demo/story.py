"""The demo's story: a bureau opens its books, holds three draws in a year, and everybody can check the third.

Everything that is said is read back from what was done in this run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from app.demo import accounts, ceremony, inspections, main_round, names, opening, sheets
from app.demo.office import WITNESS, Office
from app.demo.telling import Teller
from registries import audit_log
from registries.record_rules import INSPECTED
from registries.sheet_faults import REASONS

YEAR: Final = opening.YEAR
KEPT_CHECKPOINT: Final = "检查点-年初.txt"


@dataclass(frozen=True)
class Size:
    """How large the city is."""

    entities: int = 24_000
    inspectors: int = 120
    recusals: int = 60


@dataclass(frozen=True)
class Earlier:
    """A draw earlier in the year: its round, and the months of its ceremony, its tasks and its opening."""

    number: int
    month: int
    day: int
    unreachable: int = 0

    @property
    def tasks(self) -> tuple[date, date]:
        """The days of its inspections."""
        return date(YEAR, self.month, self.day), date(YEAR, self.month + 1, 30)


MARCH, JUNE = Earlier(1, 3, 16), Earlier(2, 6, 15, unreachable=1)


async def tell(folder: Path, size: Size = Size(), teller: Teller | None = None) -> Office:
    """Tell the whole story in the process's database, with its files in `folder`; return the bureau."""
    say = teller or Teller()
    office = Office(names.CITY.code)
    await _open(office, folder, size, say)
    say.heading("二、今年前两次抽查（全部程序与第三次相同，这里只列结果）")
    await _hold_earlier(office, MARCH, say)
    await _hold_earlier(office, JUNE, say)
    await _bring_history(office, folder, say)
    await main_round.tell(office, folder, KEPT_CHECKPOINT, say)
    return office


async def _open(office: Office, folder: Path, size: Size, say: Teller) -> None:
    say.heading(f"一、建库：{names.BUREAU_NAME}，{YEAR} 年 1 月（全部数据均为虚构）")
    made = sheets.tables(size.entities, size.inspectors, size.recusals)
    sheets.write(folder, made)
    say.did(f"生成演示表格四份，数据摘要 {made.digest()[:16]}（每次运行相同）")
    await opening.enter(office, names.BUREAU_NAME, fictional=True)
    staff = await accounts.make(office, folder)
    say.did(f"建立账号 {len(staff)} 个，每个角色至少一个（{accounts.FILE}）")
    await _say_entities(office, folder, say)
    people = await opening.bring_inspectors(office, folder / sheets.INSPECTORS)
    pairs = await opening.bring_recusals(office, folder / sheets.RECUSALS)
    say.did(f"导入执法人员 {people.new} 人、回避登记 {pairs.new} 条")
    items = await opening.put_items_into_effect(office)
    office.clock.set(YEAR, 2, 2)
    content = opening.plan_of_rounds(names.BUREAU_NAME, [27, 27, 27])
    await opening.publish_plan(office, content)
    say.did(f"随机抽查事项清单 {items} 项施行；年度计划经起草、审批（另一人）、报备，已公布：")
    each = "、".join(str(one.total) for one in content.rounds)
    say.more(f"全年 8% 或 80 家，达到其一；三次分别抽 {each} 家，每组 2 人查 3 家")
    note = await office.deed(WITNESS, audit_log.issue_checkpoint)
    (folder / KEPT_CHECKPOINT).write_bytes(note.encode())
    say.did(f"见证人带走一份日志检查点（{KEPT_CHECKPOINT}，日志 {await audit_log.size()} 条）")


async def _say_entities(office: Office, folder: Path, say: Teller) -> None:
    done = await opening.bring_entities(office, folder / sheets.ENTITIES)
    report = done.report
    say.did(
        f"导入监管对象：读 {report.read} 行，入库 {done.new} 家，拒绝 {sum(report.refused.values())} 处"
    )
    for reason, count in report.set_aside.items():
        say.more(f"待核 {count} 家（入库但不进入抽查名单）：{REASONS[reason]}")


async def _hold_earlier(office: Office, earlier: Earlier, say: Teller) -> None:
    first, last = earlier.tasks
    office.clock.set(YEAR, first.month, first.day)
    chosen = ceremony.settings(opening.title(earlier.number), earlier.tasks, date(YEAR, 12, 31))
    number = await ceremony.hold(office, YEAR, earlier.number, chosen)
    office.clock.set(YEAR, last.month, last.day)
    drawn = await inspections.drawn_of(office, number)
    missed = drawn[: earlier.unreachable]
    for entity in missed:
        await inspections.call_up(office, number, entity)
    facts = await inspections.report(office, number, first, frozenset(missed))
    await ceremony.unseal(office, number)
    inspected = sum(one.kind == INSPECTED for one in facts)
    ordered = sum(one.kind == "order" for one in facts)
    found = f"抽中 {len(drawn)} 家，已检查 {inspected} 家，责令改正 {ordered} 家"
    if missed:
        found += f"，{len(missed)} 家无法联系，已递补备选"
    say.did(f"{first.month} 月：{number} {found}；检查结束，已启封公开")


async def _bring_history(office: Office, folder: Path, say: Teller) -> None:
    office.clock.set(YEAR, 8, 3)
    new = await opening.bring_facts(office, folder / sheets.FACTS)
    say.did(f"8 月：导入各区上半年的巡查、立案、结案记录 {new} 条")
