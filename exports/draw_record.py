"""双随机抽取记录表: what happened at the ceremony, for the file and for signatures (protocol §4, §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from exports.dates import chinese_time
from exports.document import OfficialDocument
from exports.fields import labelled, require
from exports.printable import in_groups
from exports.qr import qr_png

RECORD = "双随机抽取记录表"
RECORD_KIND = "yaohao/1 draw-record"
_SEATS = {"bureau": "组织机关", "discipline-inspection": "纪检监察机构"}
_PAIR = (36, 120)
# A draw voided before its dice has none of these, and its record says how far it came.
_AFTER_THE_COMMITMENT = frozenset(
    {"contributions", "parts_digest", "dice", "result_digest", "root"}
)


@dataclass(frozen=True)
class Contribution:
    """One seat of the ceremony; `commit` is "" when nobody took it, `absent` when not revealed."""

    label: str = field(metadata=labelled("席位"))
    commit: str = field(default="", metadata=labelled("承诺值"))
    absent: bool = False
    person: str = field(default="", metadata=labelled("参与人"))


@dataclass(frozen=True)
class DistrictCount:
    """What a district gave and got: frame, drawn, reserve, teams; the names of its places only."""

    name: str = field(metadata=labelled("区名称"))
    frame: int = field(metadata=labelled("名册户数"))
    drawn: int = field(metadata=labelled("抽取户数"))
    reserve: int = field(metadata=labelled("备选户数"))
    teams: int = field(metadata=labelled("检查组数"))


@dataclass(frozen=True)
class DrawnEntity:
    """A drawn entity by name; passed only where the hall mode is `open` or after unsealing."""

    district: str = field(metadata=labelled("区"))
    team: int = field(metadata=labelled("检查组"))
    entity: str = field(metadata=labelled("统一社会信用代码"))
    name: str = field(metadata=labelled("单位名称"))


@dataclass(frozen=True)
class DrawnTeam:
    """A team by name; passed only where the hall mode is `open` or after unsealing."""

    district: str = field(metadata=labelled("区"))
    team: int = field(metadata=labelled("检查组"))
    lead: str = field(metadata=labelled("组长"))
    members: tuple[str, ...] = field(metadata=labelled("组员"))


@dataclass(frozen=True)
class DrawRecord:
    """Everything that the record says; a labelled field without a default is required.

    Counts follow protocol §3. `seed` is given only once the draw is unsealed. `previous` is the
    commitment of the bureau's previous draw, "" for the first. `checkpoint` is the audit log's
    signed checkpoint text. `objection` is the witness's text of 有异议签字, `void_reason` that of
    a void draw, whose contributions, dice and result may be missing (protocol §8).
    """

    draw: str = field(metadata=labelled("任务编号"))
    title: str = field(metadata=labelled("任务名称"))
    authority: str = field(metadata=labelled("组织机关"))
    place: str = field(metadata=labelled("抽取地点"))
    frozen_at: datetime = field(metadata=labelled("冻结时间"))
    drawn_at: datetime = field(metadata=labelled("抽取时间"))
    scope: str = field(metadata=labelled("抽查范围"))
    items: tuple[str, ...] = field(metadata=labelled("抽查事项"))
    operator: str = field(metadata=labelled("操作人"))
    witness: str = field(metadata=labelled("见证人"))
    population: int = field(metadata=labelled("监管对象总数"))
    frame: int = field(metadata=labelled("列入名册户数"))
    excluded: int = field(metadata=labelled("排除户数"))
    out_of_scope: int = field(metadata=labelled("范围外户数"))
    required: int = field(metadata=labelled("年度应抽户数"))
    drawn_before: int = field(metadata=labelled("本年此前已抽户数"))
    total: int = field(metadata=labelled("本次抽取户数"))
    inspectors: int = field(metadata=labelled("可派执法人员数"))
    districts: tuple[DistrictCount, ...] = field(metadata=labelled("各区数量"))
    commitment: str = field(metadata=labelled("承诺值"))
    contributions: tuple[Contribution, ...] = field(metadata=labelled("参与席位"))
    parts_digest: str = field(metadata=labelled("参与值摘要"))
    dice: str = field(metadata=labelled("骰子数字"))
    result_digest: str = field(metadata=labelled("结果摘要"))
    root: str = field(metadata=labelled("结果默克尔根"))
    leaves: int = field(metadata=labelled("结果条数"))
    checkpoint: str = field(metadata=labelled("日志检查点"))
    check_at: str = field(metadata=labelled("核验网址"))
    previous: str = field(default="", metadata=labelled("上一次抽取的承诺值"))
    seed: str = field(default="", metadata=labelled("随机种子"))
    entities: tuple[DrawnEntity, ...] = field(default=(), metadata=labelled("抽中对象"))
    teams: tuple[DrawnTeam, ...] = field(default=(), metadata=labelled("检查组人员"))
    objection: str = field(default="", metadata=labelled("异议"))
    void_reason: str = field(default="", metadata=labelled("作废原因"))
    rehearsal: bool = False


Writer = Callable[[OfficialDocument, DrawRecord], None]


def draw_record(record: DrawRecord) -> bytes:
    """Return the record as docx; its digest covers exactly the fields of `record`.

    Raises MissingFields naming every required field that is empty.
    """
    require(RECORD, record, may_lack=_AFTER_THE_COMMITMENT if record.void_reason else ())
    document = OfficialDocument(RECORD, rehearsal=record.rehearsal)
    document.number(f"任务编号：{record.draw}")
    for numeral, (heading, write) in zip("一二三四五六七八九", _sections(record), strict=False):
        document.section(f"{numeral}、{heading}")
        write(document, record)
    document.digest(RECORD_KIND, record)
    return document.to_bytes()


def _sections(record: DrawRecord) -> Iterator[tuple[str, Writer]]:
    yield "基本情况", _write_basics
    yield "名册与数量", _write_counts
    yield "抽取前公布的承诺值", _write_commitment
    if record.contributions:
        yield "共同产生随机数", _write_contributions
    if record.result_digest:
        yield "抽取结果", _write_result
    if record.entities or record.teams:
        yield "抽中对象与检查组", _write_names
    yield "异议与作废", _write_objection
    yield "签字", _write_signatures
    yield "怎样核验", _write_checking


def _write_basics(document: OfficialDocument, record: DrawRecord) -> None:
    rows = [
        ("任务名称", record.title),
        ("组织机关", record.authority),
        ("抽取地点", record.place),
        ("冻结时间", chinese_time(record.frozen_at)),
        ("抽取时间", chinese_time(record.drawn_at)),
        ("抽查范围", record.scope),
        ("抽查事项", "；".join(record.items)),
        ("操作人", record.operator),
        ("见证人", record.witness),
    ]
    document.table((), rows, _PAIR)


def _write_counts(document: OfficialDocument, record: DrawRecord) -> None:
    pairs = [
        ("监管对象总数", record.population),
        ("列入名册", record.frame),
        ("排除", record.excluded),
        ("范围外", record.out_of_scope),
        ("年度应抽", record.required),
        ("本年此前已抽", record.drawn_before),
        ("本次抽取", record.total),
    ]
    rows = [(name, f"{count} 户") for name, count in pairs]
    document.table((), [*rows, ("可派执法人员", f"{record.inspectors} 人")], _PAIR)
    columns = ("区", "名册户数", "抽取户数", "备选户数", "检查组数")
    counts = [
        (d.name, str(d.frame), str(d.drawn), str(d.reserve), str(d.teams)) for d in record.districts
    ]
    document.table(columns, counts, (52, 26, 26, 26, 26))


def _write_commitment(document: OfficialDocument, record: DrawRecord) -> None:
    document.code("名册、规则和数量在抽取前冻结，其摘要如下，抽取前已公布：", record.commitment)
    if record.previous:
        document.code("上一次抽取的承诺值：", record.previous)
    else:
        document.note("本机关此前没有抽取，本次为首次。")
    document.picture(qr_png(record.commitment), 32, "承诺值二维码")


def _write_contributions(document: OfficialDocument, record: DrawRecord) -> None:
    named = any(c.person for c in record.contributions)
    columns = ("席位", "参与人", "承诺值", "状态") if named else ("席位", "承诺值", "状态")
    widths = (28, 26, 86, 16) if named else (34, 102, 20)
    rows = []
    for c in record.contributions:
        commit = in_groups(c.commit) or "未提交"
        person = (c.person or "—",) if named else ()
        rows.append((seat_name(c.label), *person, commit, "缺席" if c.absent else "已揭示"))
    document.table(columns, rows, widths, code_column=len(columns) - 2)
    if record.parts_digest:
        document.code("参与值摘要（掷骰前已公示）：", record.parts_digest)
    if record.dice:
        document.note(f"骰子数字（共 {len(record.dice)} 位，操作人与见证人逐位核对一致）：")
        document.note(in_groups(record.dice, 5))


def _write_result(document: OfficialDocument, record: DrawRecord) -> None:
    document.code("结果文件 result.json 的摘要（SHA-256）：", record.result_digest)
    document.code(f"结果默克尔根（共 {record.leaves} 条）：", record.root)
    if record.seed:
        document.code("随机种子（已启封）：", record.seed)
    else:
        document.note("随机种子、各方参与值和名单在启封前密封保存。")


def _write_names(document: OfficialDocument, record: DrawRecord) -> None:
    if record.entities:
        rows = [(e.district, f"第{e.team}组", e.entity, e.name) for e in record.entities]
        columns = ("区", "检查组", "统一社会信用代码", "单位名称")
        document.table(columns, rows, (26, 18, 40, 72), code_column=2)
    if record.teams:
        staff = [(t.district, f"第{t.team}组", t.lead, "、".join(t.members)) for t in record.teams]
        document.table(("区", "检查组", "组长", "组员"), staff, (36, 24, 32, 64))


def _write_objection(document: OfficialDocument, record: DrawRecord) -> None:
    if record.void_reason:
        document.paragraph(f"本次抽取已作废。作废原因：{record.void_reason}")
    if record.objection:
        document.paragraph(f"见证人有异议签字，异议内容：{record.objection}")
    if not (record.void_reason or record.objection):
        document.paragraph("见证人无异议。本次抽取有效。")


def _write_signatures(document: OfficialDocument, record: DrawRecord) -> None:
    witness = "见证人（有异议签字）" if record.objection else "见证人"
    signers = [("操作人", record.operator), (witness, record.witness)]
    # A seat that nobody took has nobody to sign for it.
    signers += [(seat_name(c.label), c.person) for c in record.contributions if c.commit]
    document.signature_table(signers)


def _write_checking(document: OfficialDocument, record: DrawRecord) -> None:
    if record.result_digest:
        _write_verifying(document)
    document.note(f"公开网址：{record.check_at}")
    document.note("抽取时审计日志的签名检查点：")
    for line in record.checkpoint.splitlines():
        if line.strip():
            document.note(line)


def _write_verifying(document: OfficialDocument) -> None:
    document.note(
        "启封后，任何人可以从公开网址取得本次抽取的数据包（zip），用包内的 verify.py 重算全部结果，"
        "并与本表所载的数值比对，无需安装其他软件。"
    )
    document.note(
        "命令：python -I verify.py 数据包.zip --commitment 承诺值 --parts-digest 参与值摘要"
    )
    document.note("\u3000\u3000\u3000--dice 骰子数字 --root 结果默克尔根（数值之间的空格略去）")


def seat_name(label: str) -> str:
    """Return what a seat is called on paper and on pages."""
    return _SEATS.get(label, label.replace("guest-", "来宾 "))
