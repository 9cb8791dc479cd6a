"""The sheet of supervised entities (监管对象名录): its columns, and what makes a row doubtful."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from registries import sheet_cells as cells
from registries.entity_tables import CONTENT, Permit, Project, permits_text, project_text
from registries.identifiers import credit_codes_pass
from registries.kinds import KINDS, SYNONYMS
from registries.sheet_cells import Cell, Reader
from registries.sheet_faults import CODE_CHECK, DISTRICT_UNKNOWN, CellRefused, CellSetAside
from registries.sheet_forms import Block, Column, SheetForm
from registries.sheet_reading import SheetReading

FindDistrict = Callable[[str], str | None]

SIZES = {"大型": "large", "中型": "medium", "小型": "small", "微型": "micro"}
GRADES = {
    "A": "A",
    "B": "B",
    "C": "C",
    "A级": "A",
    "B级": "B",
    "C级": "C",
    "未评": "-",
    "未评级": "-",
}

# The sections of GB/T 4754-2017.
SECTIONS = {
    "农、林、牧、渔业": "A",
    "农林牧渔业": "A",
    "采矿业": "B",
    "制造业": "C",
    "电力、热力、燃气及水生产和供应业": "D",
    "建筑业": "E",
    "批发和零售业": "F",
    "交通运输、仓储和邮政业": "G",
    "住宿和餐饮业": "H",
    "信息传输、软件和信息技术服务业": "I",
    "金融业": "J",
    "房地产业": "K",
    "租赁和商务服务业": "L",
    "科学研究和技术服务业": "M",
    "水利、环境和公共设施管理业": "N",
    "居民服务、修理和其他服务业": "O",
    "教育": "P",
    "卫生和社会工作": "Q",
    "文化、体育和娱乐业": "R",
    "公共管理、社会保障和社会组织": "S",
    "国际组织": "T",
}
_INDUSTRY = re.compile(r"[A-T][0-9]{0,4}")
_TIDY = cells.tidy()
_TAG = re.compile(r"[a-z0-9-]{1,40}")

_NO_CODE = CellRefused(
    "missing", "既没有统一社会信用代码，也没有登记编号。请至少填一个，否则无法认定是哪一家。"
)
_NO_PERMIT_NUMBER = CellRefused(
    "missing", "填了许可证的其他内容，却没有许可证编号。请补上编号，或清空其他内容。"
)
_DOUBTFUL_CODE = "统一社会信用代码的形式或校验位不对（GB 32100）。请对照营业执照核对；核对前此单位不进入抽查名单。"


def entity_form(find_district: FindDistrict) -> SheetForm:
    """Return the form of an entity sheet; `find_district` turns what is written into the code in force, or None.

    Each row gets `id`: the credit code, or "X" and the registry's code where a body has none.
    """
    return SheetForm(
        "监管对象名录",
        (*_who_and_where(find_district), *_what(), *_people(), *_permit(), *_project()),
        needs=(("name",), ("credit_code", "registry_code"), ("district",)),
        key=("id",),
        naming="name",
        check=_check,
    )


# field → what others call the column, beside our own heading.
_WORDS = {
    "name": "企业名称 监管对象名称 用人单位名称 公司名称 机构名称 名称 主体名称 单位全称 企业全称"
    " 项目名称 工程名称 工地名称",
    "credit_code": "社会信用代码 信用代码 统一代码 统一信用代码 社会统一信用代码 企业统一社会信用代码"
    " 单位统一社会信用代码 uscc",
    "registry_code": "注册号 工商注册号 登记证号 许可编号 项目编号 项目代码 工程编号 办学许可证号",
    "district": "所属区 所属区县 区县 行政区 行政区划 区划 区域 所在区 所在区县 用工区划 用工所在区"
    " 用工所在地 用工地 辖区 属地 区划代码 行政区划代码",
    "registered_address": "注册地址 单位地址 登记住所 注册住所 企业住所 地址 经营场所",
    "work_address": "实际经营地址 生产经营地址 用工所在地地址 工地地址 项目地址 办公地址",
    "kind": "监管对象类别 类别 对象类型 主体类别",
    "enterprise_type": "主体类型 市场主体类型 经济类型 登记注册类型 单位类型",
    "industry": "行业代码 所属行业 行业门类 行业类别 国民经济行业",
    "size": "企业规模 单位规模 规模类型",
    "headcount": "从业人员总数 从业人员数 职工人数 员工人数 用工人数 人数 参保人数 从业人员",
    "established": "成立时间 注册日期 登记日期 设立日期 开工日期",
    "registration": "企业状态 经营状态 单位状态 状态",
    "grade": "守法诚信等级 信用等级 等级 劳动保障守法诚信等级",
    "tags": "专项库标签",
    "legal_representative": "法人代表 法人 法人姓名 负责人 单位负责人 法定代表人姓名",
    "contact": "联系人 劳资联系人 联络员 劳资专管员 联系人姓名",
    "contact_phone": "联系电话 电话 手机 联系方式 联系人电话 手机号码 劳资负责人联系电话",
    "permit_name": "许可名称 许可证类型 许可事项",
    "permit_number": "许可证号 许可证书编号 许可文号",
    "permit_issuer": "许可机关 发证单位",
    "permit_issued": "核准日 许可日期 核准日期",
    "permit_expires": "许可有效期 有效期至 截止日 许可截止日期",
    "client": "业主单位",
    "general_contractor": "总包 总包单位 总承包单位 施工单位",
    "subcontractors": "分包 专业分包单位 劳务分包单位",
    "wage_account": "工资专户 专户 专用账户 专户账号",
}

_SIZE_WORDS = (
    SIZES | {name[0]: code for name, code in SIZES.items()} | {c: c for c in SIZES.values()}
)
_KIND_WORDS = {name: code for code, name in KINDS.items()} | dict(SYNONYMS) | {k: k for k in KINDS}


def _column(name: str, heading: str, read: Reader, **more: Any) -> Column:
    return Column(name, heading, read, tuple(_WORDS[name].split()), **more)


def _who_and_where(find_district: FindDistrict) -> tuple[Column, ...]:
    no_district = CellSetAside(
        DISTRICT_UNKNOWN, "没有填用工所在区县。请补上；补上前此单位不进入抽查名单。", ""
    )
    no_name = CellRefused("missing", "没有填单位名称。请补上后再导入。")
    read_district = cells.district(find_district)
    return (
        _column("name", "单位名称", cells.name, if_empty=no_name, tidy=_TIDY),
        _column(
            "credit_code",
            "统一社会信用代码",
            cells.entity_code,
            counts_folds=True,
            tidy=cells.TIDY_CODE,
        ),
        _column("registry_code", "登记编号", _registry_code, counts_folds=True),
        _column("district", "用工所在区县", read_district, if_empty=no_district, repeats=True),
        _column("registered_address", "住所", cells.text(), tidy=_TIDY),
        _column("work_address", "用工地址", cells.text(), tidy=_TIDY),
    )


def _what() -> tuple[Column, ...]:
    read_kinds = cells.several(cells.choice(_KIND_WORDS, named="对象类别"))
    return (
        _column("kind", "对象类别", read_kinds, repeats=True),
        _column("enterprise_type", "企业类型", cells.text(), repeats=True),
        _column("industry", "行业", _industry, repeats=True),
        _column("size", "规模", cells.choice(_SIZE_WORDS, named="规模"), repeats=True),
        _column("headcount", "从业人数", cells.whole()),
        _column("established", "成立日期", cells.day, repeats=True),
        _column("registration", "登记状态", cells.text(40), repeats=True),
        _column("grade", "诚信等级", cells.choice(GRADES, named="诚信等级"), repeats=True),
        _column("tags", "标签", cells.several(_tag), repeats=True),
    )


def _people() -> tuple[Column, ...]:
    return (
        _column("legal_representative", "法定代表人", cells.name, personal=True, tidy=_TIDY),
        _column("contact", "劳资负责人", cells.name, personal=True, tidy=_TIDY),
        _column(
            "contact_phone", "劳资负责人电话", cells.text(40), personal=True, tidy=cells.tidy(40)
        ),
    )


def _permit() -> tuple[Column, ...]:
    return (
        _column("permit_name", "许可证名称", cells.text(80), repeats=True),
        _column("permit_number", "许可证编号", cells.code),
        _column("permit_issuer", "发证机关", cells.text(80), repeats=True),
        _column("permit_issued", "发证日期", cells.day, repeats=True),
        _column("permit_expires", "许可证有效期至", cells.day, repeats=True),
    )


def _project() -> tuple[Column, ...]:
    return (
        _column("client", "建设单位", cells.name),
        _column("general_contractor", "施工总承包单位", cells.name),
        _column("subcontractors", "分包单位", cells.several(cells.name)),
        _column("wage_account", "农民工工资专用账户", cells.code),
    )


def _registry_code(cell: Cell) -> str:
    """Read a registry's own code: one place is kept for the X in front of it."""
    code = cells.entity_code(cell)
    if len(code) > 39:
        raise CellRefused("code", "登记编号最多 39 位。请对照登记证更正。")
    return code


def _check(block: Block) -> Iterator[tuple[int, str, CellRefused | CellSetAside]]:
    yield from _identify(block)
    permits = [block.fields[column.field] for column in _permit()]
    if any(any(column) for column in permits):
        for index, parts in enumerate(zip(*permits, strict=True)):
            if any(parts) and not block.fields["permit_number"][index]:
                yield index, "permit_number", _NO_PERMIT_NUMBER


def _identify(block: Block) -> Iterator[tuple[int, str, CellRefused | CellSetAside]]:
    """Give every row its id, and set codes aside that fail GB 32100 (ADR 0050)."""
    credit, registry = block.fields["credit_code"], block.fields["registry_code"]
    block.fields["id"] = [
        code or (f"X{other}" if other else None)
        for code, other in zip(credit, registry, strict=True)
    ]
    passed = credit_codes_pass([str(code or "") for code in credit])
    for index in np.flatnonzero(~passed).tolist():
        if code := credit[index]:
            yield index, "credit_code", CellSetAside(CODE_CHECK, _DOUBTFUL_CODE, code)
        elif not registry[index]:
            yield index, "credit_code", _NO_CODE


_PERMIT_FIELDS = tuple(column.field for column in _permit())
_PROJECT_FIELDS = tuple(column.field for column in _project())


def staged_columns(reading: SheetReading) -> tuple[str, ...]:
    """Return the fields of the books that a file speaks about, in their order; name, kind and district always."""
    given = set(reading.place.header.places if reading.place else ()) | {"name", "kind", "district"}
    if given.intersection(_PERMIT_FIELDS):
        given.add("permits")
    if given.intersection(_PROJECT_FIELDS):
        given.add("project")
    return tuple(field for field in CONTENT if field in given)


def staged_rows(block: Block, columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a block as staging takes them: id, set-aside reasons, then `columns`."""
    fields = block.fields
    values = [_STORED.get(name, _text)(fields, name) for name in columns]
    return zip(fields["id"], block.aside, *values, strict=True)


Fields = Mapping[str, list[object]]


def _text(fields: Fields, name: str) -> list[object]:
    return ["" if value is None else value for value in fields[name]]


def _as_it_is(fields: Fields, name: str) -> list[object]:
    return fields[name]


def _joined(fields: Fields, name: str) -> list[object]:
    """Return lists of codes as the text that the books keep: joined by +."""
    return ["+".join(map(str, value)) if isinstance(value, tuple) else "" for value in fields[name]]


def _permits(fields: Fields, _: str) -> list[object]:
    parts = zip(*(fields[name] for name in _PERMIT_FIELDS), strict=True)
    return [_permit_text(*part) if any(part) else "" for part in parts]


def _permit_text(name: Any, number: Any, issuer: Any, issued: Any, expires: Any) -> str:
    return permits_text([Permit(name or "许可证", number, issuer or "", issued, expires)])


def _projects(fields: Fields, _: str) -> list[object]:
    parts = zip(*(fields[name] for name in _PROJECT_FIELDS), strict=True)
    return [_project_text(*part) if any(part) else "" for part in parts]


def _project_text(client: Any, contractor: Any, subcontractors: Any, account: Any) -> str:
    return project_text(
        Project(client or "", contractor or "", subcontractors or (), account or "")
    )


_STORED: dict[str, Callable[[Fields, str], list[object]]] = {
    "headcount": _as_it_is,
    "established": _as_it_is,
    "kind": _joined,
    "tags": _joined,
    "permits": _permits,
    "project": _projects,
}


def _industry(cell: Cell) -> str:
    """Read a code of GB/T 4754-2017, one letter and up to four digits, or the name of a section."""
    written = cells.text_of(cell)
    code = written.upper()
    if _INDUSTRY.fullmatch(code):
        return code
    if written in SECTIONS:
        return SECTIONS[written]
    raise CellRefused(
        "choice", "认不出的行业。请写行业代码（如 C 或 C2614）或门类全称（如 制造业）。"
    )


def _tag(cell: Cell) -> str:
    written = cells.text_of(cell)
    if not _TAG.fullmatch(written):
        raise CellRefused("choice", "标签只能用小写字母、数字和连字符，最多 40 个字符。")
    return written
