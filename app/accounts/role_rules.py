"""What each role may do, as one table, and which roles and people must stay apart.

The three administrators are kept apart as the graded protection of information systems asks (三员分立, [K]): who
makes accounts does not give them rights, and who reads everything changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

from registries.errors import Refused

Role = Literal[
    "system-administrator",
    "security-administrator",
    "auditor",
    "draw-operator",
    "witness",
    "inspector",
    "team-lead",
    "intake-clerk",
    "case-handler",
    "legal-reviewer",
    "approver",
]
Capability = Literal[
    "accounts:read",
    "accounts:create",
    "accounts:grant",
    "accounts:unlock",
    "witnesses:invite",
    "log:read",
    "books:read",
    "books:change",
    "plans:read",
    "plans:draft",
    "plans:approve",
    "draws:read",
    "draws:operate",
    "draws:witness",
    "draws:sign-off",
    "draws:open-sealed",
    "inspections:read",
    "inspections:record",
    "inspections:lead",
    "complaints:read",
    "complaints:receive",
    "complaints:identify",
    "cases:read",
    "cases:handle",
    "cases:review",
    "cases:approve",
    "grades:read",
    "grades:propose",
    "grades:approve",
]

ROLES: Final[dict[Role, str]] = {
    "system-administrator": "系统管理员",
    "security-administrator": "安全管理员",
    "auditor": "审计员",
    "draw-operator": "抽查管理员",
    "witness": "纪检监察见证人",
    "inspector": "监察员",
    "team-lead": "组长",
    "intake-clerk": "受理员",
    "case-handler": "案件承办",
    "legal-reviewer": "法制审核",
    "approver": "审批（机构负责人、分管领导）",
}
CAPABILITIES: Final[dict[Capability, str]] = {
    "accounts:read": "查看账号、角色和登录设备",
    "accounts:create": "建立账号、设定辖区、重置密码",
    "accounts:grant": "授予和收回角色",
    "accounts:unlock": "锁定和解锁账号、重置动态口令",
    "witnesses:invite": "邀请见证人",
    "log:read": "查阅操作日志",
    "books:read": "查阅两库一单",
    "books:change": "维护两库一单、回避登记和日历",
    "plans:read": "查阅年度计划",
    "plans:draft": "起草、提交、报备和公布年度计划",
    "plans:approve": "审批年度计划",
    "draws:read": "查阅抽查及其公开结果",
    "draws:operate": "准备、冻结和操作抽查",
    "draws:witness": "见证抽查、关闭贡献名单、签字",
    "draws:sign-off": "签发抽查结果",
    "draws:open-sealed": "在启封前阅读封存的名单（每次阅读都记入日志）",
    "inspections:read": "查阅检查任务和记录",
    "inspections:record": "填写本人任务的检查记录",
    "inspections:lead": "带队、提交和复核本组的检查记录",
    "complaints:read": "查阅举报投诉（不含举报人身份）",
    "complaints:receive": "受理和转办举报投诉",
    "complaints:identify": "查看举报人身份（每次查看都记入日志）",
    "cases:read": "查阅案件",
    "cases:handle": "承办案件",
    "cases:review": "法制审核",
    "cases:approve": "审批案件决定",
    "grades:read": "查阅诚信等级",
    "grades:propose": "提出诚信等级",
    "grades:approve": "审批诚信等级",
}
_READS: Final[frozenset[Capability]] = frozenset(
    one for one in CAPABILITIES if one.endswith(":read")
)
# What everybody who works on the substance may read: all but accounts and the log.
_SUBSTANCE: Final[frozenset[Capability]] = _READS - {"accounts:read", "log:read"}
MAY: Final[dict[Role, frozenset[Capability]]] = {
    "system-administrator": frozenset({"accounts:read", "accounts:create"}),
    "security-administrator": frozenset(
        {"accounts:read", "accounts:grant", "accounts:unlock", "witnesses:invite", "log:read"}
    ),
    "auditor": _READS,
    "draw-operator": _SUBSTANCE
    | {"books:change", "plans:draft", "draws:operate", "draws:open-sealed", "grades:propose"},
    "witness": frozenset({"plans:read", "draws:read", "draws:witness", "draws:open-sealed"}),
    "inspector": frozenset({"plans:read", "draws:read", "inspections:read", "inspections:record"}),
    "team-lead": frozenset(
        {
            "plans:read",
            "draws:read",
            "inspections:read",
            "inspections:record",
            "inspections:lead",
        }
    ),
    "intake-clerk": frozenset({"complaints:read", "complaints:receive", "complaints:identify"}),
    "case-handler": frozenset(
        {"books:read", "inspections:read", "complaints:read", "cases:read", "cases:handle"}
    ),
    "legal-reviewer": frozenset({"books:read", "inspections:read", "cases:read", "cases:review"}),
    "approver": _SUBSTANCE
    | {"plans:approve", "draws:sign-off", "draws:open-sealed", "cases:approve", "grades:approve"},
}
# Roles that nobody holds together, with the reason that people are told.
SEPARATED: Final[dict[frozenset[Role], str]] = {
    frozenset({"system-administrator", "security-administrator"}): "建立账号的人不能同时授予权限",
    frozenset({"system-administrator", "auditor"}): "审计员不能同时管理系统",
    frozenset({"security-administrator", "auditor"}): "审计员不能同时授予权限",
}
ADMINISTRATORS: Final[frozenset[Role]] = frozenset(
    {"system-administrator", "security-administrator"}
)
# Whoever could bend a draw, sign a decision or give rights needs more than a password.
SECOND_FACTOR_REQUIRED: Final[frozenset[Role]] = ADMINISTRATORS | {"draw-operator", "approver"}


def capabilities(roles: Iterable[Role]) -> frozenset[Capability]:
    """Return everything that somebody with these roles may do."""
    return frozenset().union(*(MAY[role] for role in roles))


def holders(capability: Capability) -> list[Role]:
    """Return the roles that bring a capability, in the order of the table."""
    return [role for role in ROLES if capability in MAY[role]]


def needs_second_factor(roles: Iterable[Role]) -> bool:
    """Say whether somebody with these roles signs in with a second factor."""
    return not SECOND_FACTOR_REQUIRED.isdisjoint(roles)


def role_named(text: str) -> Role:
    """Return the role of a code or a Chinese name. Raises Refused and lists what can be written."""
    for role, name in ROLES.items():
        if text in (role, name):
            return role
    offered = "、".join(f"{name}（{role}）" for role, name in ROLES.items())
    raise Refused(f"没有这个角色：{text}。可以写：{offered}。")


def check_grant(held: Iterable[Role], wanted: Role, *, to_oneself: bool) -> None:
    """Raise Refused when the role is held already, must stay apart from one held, or is given to oneself."""
    roles = frozenset(held)
    if to_oneself:
        raise Refused("不能给自己授予角色。请由另一名安全管理员办理。")
    if wanted in roles:
        raise Refused(f"此人已有“{ROLES[wanted]}”角色，不必重复授予。")
    for pair, reason in SEPARATED.items():
        if wanted in pair and pair - {wanted} <= roles:
            other = next(iter(pair - {wanted}))
            raise Refused(
                f"“{ROLES[wanted]}”和“{ROLES[other]}”须由不同的人担任：{reason}。"
                f"请先收回“{ROLES[other]}”，或另选人员。"
            )


def check_operator_is_not_witness(operator: int, witness: int) -> None:
    """Raise Refused when one account would both operate and witness a draw (draw-protocol.md §4.4)."""
    if operator == witness:
        raise Refused("同一场抽查的操作人和见证人须是两个人。请由另一人见证。")


def check_author_is_not_approver(author: int, approver: int) -> None:
    """Raise Refused when one account would approve what it has itself written."""
    if author == approver:
        raise Refused("起草人不能审批自己起草的内容。请由另一人审批。")


def page() -> str:
    """Return docs/roles.md as it must read now."""
    known = get_args(Role)
    lines = [
        "# Roles",
        "",
        "What each role may do, out of the table in `app/accounts/role_rules.py`.",
        "This page is written by `yaohao staff roles --page docs/roles.md`; a test fails when it is stale.",
        "",
        "| code | 角色 | 动态口令 | may |",
        "|---|---|---|---|",
    ]
    for role in known:
        factor = "必须" if role in SECOND_FACTOR_REQUIRED else "可选"
        codes = " ".join(f"`{one}`" for one in CAPABILITIES if one in MAY[role])
        lines.append(f"| `{role}` | {ROLES[role]} | {factor} | {codes} |")
    lines += ["", "| capability | 含义 | 角色 |", "|---|---|---|"]
    for one, meaning in CAPABILITIES.items():
        lines.append(f"| `{one}` | {meaning} | {'、'.join(ROLES[r] for r in holders(one))} |")
    lines += ["", "Nobody holds both of:", ""]
    for pair, reason in SEPARATED.items():
        names = "、".join(ROLES[role] for role in known if role in pair)
        lines.append(f"- {names}：{reason}。")
    lines += [
        "",
        (
            "Besides, in one matter two people are needed: operator and witness of one draw"
            " (`check_operator_is_not_witness`), author and approver of one text"
            " (`check_author_is_not_approver`), giver and receiver of a role (`check_grant`)."
        ),
    ]
    return "\n".join(lines) + "\n"
