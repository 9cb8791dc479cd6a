"""An account per role for the demo's visitors, made by the same deeds as a bureau's; their sign-ins are for show.

Passwords and secrets of a fictional city protect nothing, so they are written into the demo's folder in the clear,
and `python -m app.demo.codes` shows the codes that a telephone would.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.accounts import (
    account_actions,
    account_key,
    account_reads,
    passwords,
    role_actions,
    role_rules,
    second_factor_actions,
    second_factor_rules,
    session_reads,
    sign_in,
)
from app.accounts.role_rules import ROLES, Role
from app.accounts.session_actions import Where
from app.demo.office import CLERK, HEAD, OPERATOR, WITNESS, Office

FILE: Final = "登录账号.json"
PASSWORD: Final = "yunling-demo-sign-in"  # noqa: S105 - for a fictional city, printed on the screen.
ONE_TIME: Final = "7KQ2M4XN90ABCDEF"
DESK: Final = Where("127.0.0.1", "演示")
STAFF: Final[tuple[tuple[str, str, tuple[Role, ...]], ...]] = (
    ("1001", "江系统", ("system-administrator",)),
    ("1002", "安管理", ("security-administrator",)),
    ("1003", "沈审计", ("auditor",)),
    ("2001", CLERK, ("draw-operator",)),
    ("2002", OPERATOR, ("draw-operator",)),
    ("2003", WITNESS, ("witness",)),
    ("2004", HEAD, ("approver",)),
    ("3001", "何监察", ("inspector",)),
    ("3002", "罗组长", ("inspector", "team-lead")),
    ("3003", "简受理", ("intake-clerk",)),
    ("3004", "韩承办", ("case-handler",)),
    ("3005", "法审核", ("legal-reviewer",)),
)


@dataclass(frozen=True)
class SignIn:
    """How a visitor signs in as one person; `secret` is that of the code generator, "" for none."""

    number: str
    name: str
    roles: str
    password: str
    secret: str


async def make(office: Office, folder: Path) -> list[SignIn]:
    """Make an account per role and write how to sign in as each into the folder; return it as well."""
    account_key.create(accounts_exist=await account_reads.any_account())
    one_time = await passwords.hashed(ONE_TIME)
    first: dict[str, int] = {}
    made = []
    for number, name, roles in STAFF:
        if roles[0] in role_rules.ADMINISTRATORS:
            entered = await office.do(
                CLERK,
                account_actions.create_first,
                staff_number=number,
                name=name,
                role=roles[0],
                one_time_hash=one_time,
            )
            first[roles[0]] = entered.id
        else:
            await _enter(office, first, number, name, roles, one_time)
        secret = await _take_over(office, number, roles)
        words = "、".join(ROLES[role] for role in roles)
        made.append(SignIn(number, name, words, PASSWORD, secret))
    text = json.dumps([asdict(one) for one in made], ensure_ascii=False, indent=2)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
    return made


def lines(folder: Path) -> list[str]:
    """Return one line per person with the code that is right now, "" where none is asked."""
    now = second_factor_rules.counter_at(datetime.now(UTC))
    found = [SignIn(**one) for one in json.loads((folder / FILE).read_text(encoding="utf-8"))]
    said = []
    for one in found:
        code = second_factor_rules.code_at(one.secret, now) if one.secret else "不需要"
        said.append(
            f"工号 {one.number}  密码 {one.password}  动态口令 {code}  {one.name}（{one.roles}）"
        )
    return said


async def _enter(
    office: Office,
    first: dict[str, int],
    number: str,
    name: str,
    roles: tuple[Role, ...],
    one_time: str,
) -> None:
    await office.do(
        "江系统",
        account_actions.create,
        by=first["system-administrator"],
        staff_number=number,
        name=name,
        one_time_hash=one_time,
    )
    for role in roles:
        await office.do(
            "安管理",
            role_actions.grant,
            by=first["security-administrator"],
            staff_number=number,
            role=role,
            reason="演示",
        )


async def _take_over(office: Office, number: str, roles: tuple[Role, ...]) -> str:
    """Let a person choose a password and, where the role asks for it, a code generator; return its secret."""
    token = await sign_in.sign_in(
        bureau=office.bureau,
        staff_number=number,
        password=ONE_TIME,
        where=DESK,
        now=office.clock.tick(),
    )
    who = await session_reads.principal_of(token, office.clock.now)
    assert who is not None  # noqa: S101 - the session has just begun.
    token = await sign_in.change_password(
        principal=who, old=ONE_TIME, new=PASSWORD, where=DESK, now=office.clock.tick()
    )
    if not role_rules.needs_second_factor(roles):
        return ""
    who = await session_reads.principal_of(token, office.clock.now)
    assert who is not None  # noqa: S101 - the same.
    begun = await office.deed(
        str(who.actor().name),
        lambda deed: second_factor_actions.begin_enrolment(deed, principal=who),
    )
    now = office.clock.tick()
    code = second_factor_rules.code_at(begun.secret, second_factor_rules.counter_at(now))
    await sign_in.confirm_enrolment(principal=who, code=code, now=now)
    return begun.secret
