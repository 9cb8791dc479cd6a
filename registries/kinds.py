"""The kinds of supervised entity (监管对象类别): one closed list of codes shared by entities, items and plans.

The first nine are the object kinds of Guangdong's double-random rule (docs/reference-data.md, "Kinds").
`project` is a construction site, which the wage regulation for migrant workers (国令724) supervises apart from the
firms that work on it. A labour-dispatch firm, a private training school or a representative office is an employer
with a tag, because each also owes every duty of an employer.
"""

from collections.abc import Iterable
from types import MappingProxyType

EMPLOYER = "employer"
PROJECT = "project"

KINDS = MappingProxyType(
    {
        EMPLOYER: "用人单位",
        "social-insurance-agency": "社会保险服务机构",
        "special-fund-recipient": "专项资金申领机构",
        "title-review-body": "职称评审单位",
        "continuing-education-body": "继续教育机构",
        "internship-unit": "实习见习单位",
        "hr-agency": "人力资源服务机构",
        "skill-assessment-body": "职业技能鉴定机构",
        "technical-school": "技工学校",
        PROJECT: "工程建设项目",
    }
)

# What people write in spreadsheets for a kind, beside its code and its name.
SYNONYMS = MappingProxyType(
    {
        "企业": EMPLOYER,
        "用工单位": EMPLOYER,
        "劳务派遣单位": EMPLOYER,
        "社保服务机构": "social-insurance-agency",
        "社保经办机构": "social-insurance-agency",
        "资金申领机构": "special-fund-recipient",
        "职称评审机构": "title-review-body",
        "承接职称评审权的企事业单位及其他组织": "title-review-body",
        "继续教育基地": "continuing-education-body",
        "实习单位": "internship-unit",
        "见习单位": "internship-unit",
        "见习基地": "internship-unit",
        "人力资源机构": "hr-agency",
        "人力资源公司": "hr-agency",
        "职业中介机构": "hr-agency",
        "职业技能评价机构": "skill-assessment-body",
        "职业技能等级认定机构": "skill-assessment-body",
        "鉴定机构": "skill-assessment-body",
        "技工院校": "technical-school",
        "技师学院": "technical-school",
        "工地": PROJECT,
        "工程项目": PROJECT,
        "在建工程": PROJECT,
        "建设项目": PROJECT,
    }
)

_CODE_BY_NAME = {name: code for code, name in KINDS.items()} | dict(SYNONYMS)


def kind_from_text(text: str) -> str | None:
    """Return the code of the kind that `text` names by code, name or synonym, or None."""
    word = text.strip()
    return word if word in KINDS else _CODE_BY_NAME.get(word)


def kind_name(code: str) -> str:
    """Return the Chinese name of a kind. Raises KeyError for a code that is not in the list."""
    return KINDS[code]


def unknown_kinds(codes: Iterable[str]) -> list[str]:
    """Return the codes that are no kind, in the order given."""
    return [code for code in codes if code not in KINDS]
