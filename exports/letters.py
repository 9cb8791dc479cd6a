"""双随机抽查通知书: the notice to one drawn entity (domain.md §5 no. 1; 国办发〔2024〕54号)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from exports.dates import chinese_date
from exports.document import OfficialDocument
from exports.fields import labelled, require

NOTICE = "双随机抽查通知书"
NOTICE_KIND = "yaohao/1 inspection-notice"
_NUMERALS = "一二三四五六七八九十"

Method = Literal["现场检查", "书面抽查", "网上检查"]


@dataclass(frozen=True)
class NoticeItem:
    """One item to be checked, as the published item list names it, with its legal basis."""

    name: str = field(metadata=labelled("事项名称"))
    basis: str = field(metadata=labelled("检查依据"))


@dataclass(frozen=True)
class NoticeInspector:
    """One member of the team: the name and the number of the enforcement certificate."""

    name: str = field(metadata=labelled("姓名"))
    certificate: str = field(metadata=labelled("执法证号"))


@dataclass(frozen=True)
class InspectionNotice:
    """Everything that the notice says; a labelled field without a default is required.

    `number` is the document number, such as 穗人社监抽〔2026〕1号. Inspectors may be left out when
    they are to be known only at the door.
    """

    number: str = field(metadata=labelled("发文字号"))
    entity_name: str = field(metadata=labelled("单位名称"))
    entity_code: str = field(metadata=labelled("统一社会信用代码"))
    basis: tuple[str, ...] = field(metadata=labelled("抽查依据"))
    task: str = field(metadata=labelled("任务编号"))
    items: tuple[NoticeItem, ...] = field(metadata=labelled("抽查事项"))
    period_from: date = field(metadata=labelled("检查开始日期"))
    period_to: date = field(metadata=labelled("检查结束日期"))
    methods: tuple[Method, ...] = field(metadata=labelled("检查方法"))
    materials: tuple[str, ...] = field(metadata=labelled("需准备资料"))
    contact: str = field(metadata=labelled("联系人"))
    phone: str = field(metadata=labelled("联系电话"))
    complaint_phone: str = field(metadata=labelled("监督投诉电话"))
    authority: str = field(metadata=labelled("签发机关"))
    issued: date = field(metadata=labelled("签发日期"))
    inspectors: tuple[NoticeInspector, ...] = field(default=(), metadata=labelled("检查人员"))
    address: str = field(default="", metadata=labelled("单位住所"))
    rehearsal: bool = False


def inspection_notice(notice: InspectionNotice) -> bytes:
    """Return the notice as docx; its digest covers exactly the fields of `notice`.

    Raises MissingFields naming every required field that is empty, and ValueError when the
    checking period ends before it begins.
    """
    require(NOTICE, notice)
    if notice.period_to < notice.period_from:
        raise ValueError("检查结束日期早于开始日期，请改正检查时间。")
    document = OfficialDocument(NOTICE, rehearsal=notice.rehearsal)
    document.number(notice.number)
    document.addressee(notice.entity_name)
    _write_opening(document, notice)
    sections = [
        ("抽查事项", [f"{item.name}（依据：{item.basis}）。" for item in notice.items]),
        ("检查时间与方法", _time_and_methods(notice)),
        ("需准备的资料", [f"{material}。" for material in notice.materials]),
        ("配合检查的义务", _duties()),
        ("你单位的权利", _rights(notice)),
        ("联系方式", [f"联系人：{notice.contact}    联系电话：{notice.phone}"]),
    ]
    if notice.inspectors:
        sections.insert(2, ("检查人员", _inspectors(notice)))
    for numeral, (heading, paragraphs) in zip(_NUMERALS, sections, strict=False):
        document.section(f"{numeral}、{heading}")
        _write_paragraphs(document, paragraphs)
    document.signature(notice.authority, notice.issued)
    document.receipt()
    document.digest(NOTICE_KIND, notice)
    return document.to_bytes()


def _write_opening(document: OfficialDocument, notice: InspectionNotice) -> None:
    where = f"，住所：{notice.address}" if notice.address else ""
    document.paragraph(
        f"根据{'、'.join(notice.basis)}，我机关组织“双随机、一公开”抽查（任务编号：{notice.task}）。"
        f"你单位（统一社会信用代码：{notice.entity_code}{where}）经公开随机抽取确定为本次检查对象，检查人员同时随机选派。现将有关事项通知如下。"
    )


def _write_paragraphs(document: OfficialDocument, paragraphs: list[str]) -> None:
    if len(paragraphs) == 1:
        document.paragraph(paragraphs[0])
        return
    for number, text in enumerate(paragraphs, start=1):
        document.paragraph(f"{number}．{text}")


def _time_and_methods(notice: InspectionNotice) -> list[str]:
    first, last = chinese_date(notice.period_from), chinese_date(notice.period_to)
    period = first if first == last else f"{first}至{last}"
    return [f"检查时间：{period}。", f"检查方法：{'、'.join(notice.methods)}。"]


def _inspectors(notice: InspectionNotice) -> list[str]:
    return [f"{i.name}（执法证号：{i.certificate}）。" for i in notice.inspectors]


def _duties() -> list[str]:
    return [
        "请按时准备上述资料，如实反映情况，指定人员配合检查。",
        (
            "无理抗拒、阻挠检查，不按要求报送材料、隐瞒事实真相，或者出具伪证、隐匿、毁灭证据的，"
            "依照《劳动保障监察条例》第三十条处理；不配合检查情节严重的，检查结果依法向社会公开。"
        ),
    ]


def _rights(notice: InspectionNotice) -> list[str]:
    return [
        "检查人员不少于两人，应当佩戴标志、出示执法证件；未出示的，你单位可以拒绝检查。",
        "认为检查人员与本次检查事项或者你单位有直接利害关系的，可以申请其回避。",
        "检查事项以已公布的随机抽查事项清单和本通知书所列为限，对未列入的事项，你单位可以拒绝检查。",
        (
            "对检查情况可以陈述、申辩；检查人员有违法违规行为的，可以投诉举报，"
            f"监督投诉电话：{notice.complaint_phone}。"
        ),
    ]
