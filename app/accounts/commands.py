"""`yaohao staff`: accounts, roles, locks and second factors from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from app.accounts import (
    account_actions,
    account_key,
    account_reads,
    codes,
    passwords,
    role_actions,
    role_rules,
    second_factor_actions,
    session_reads,
)
from app.accounts.account_reads import Account, RoleEvent
from app.accounts.role_rules import ROLES
from app.command_line import bureau_option, read, the_bureau
from registries import database
from registries.database import Actor, Deed
from registries.terminal import Group, as_text, json_option, print_one, print_rows

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

COMMAND_LINE = Actor("command", "yaohao")
BY = click.option("--by", required=True, help="办理人工号；须有相应角色，记入日志。")
REASON = click.option("--reason", required=True, help="理由，记入日志。")
NUMBER = click.argument("number", metavar="工号")
ROLE = click.argument("role", metavar="角色")
LIST_HEADINGS = {
    "staff_number": "工号",
    "name": "姓名",
    "roles": "角色",
    "districts": "辖区",
    "second_factor": "动态口令",
    "state": "状态",
}


@dataclass(frozen=True)
class AccountLine:
    """An account as it is printed: roles by name, and its state in words."""

    staff_number: str
    name: str
    roles: tuple[str, ...]
    districts: tuple[str, ...]
    second_factor: bool
    state: str
    draw: str


@dataclass(frozen=True)
class Printed:
    """A one-time password and whose it is; it is shown this once and stored nowhere."""

    staff_number: str
    name: str
    one_time_password: str


def act_as(bureau: str | None, by: str, work: Callable[[Deed, str, int], Awaitable[T]]) -> T:
    """Run one deed of the account `by` and return what it returns; the work gets bureau and account."""

    async def whole() -> T:
        code = await the_bureau(bureau)
        account = await account_reads.account(code, by)
        staff = session_reads.actor_named(account.name, account.staff_number)

        async def alone(deed: Deed) -> T:
            return await work(deed, code, account.id)

        return await database.deed(alone, actor=Actor("command", staff.name))

    return database.run(whole)


@click.group("staff", cls=Group)
def staff_group() -> None:
    """账号和角色：建立、授权、锁定、重置。"""


@staff_group.command("first-admin")
@click.option("--number", required=True, help="工号，用来登录。")
@click.option("--name", required=True, help="姓名。")
@click.option(
    "--role",
    default="system-administrator",
    show_default=True,
    help="system-administrator（系统管理员）或 security-administrator（安全管理员）。",
)
@bureau_option
@json_option
def first_admin_command(
    number: str,
    name: str,
    role: str,
    bureau: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """建立本单位首名系统管理员或安全管理员，并显示一次性密码。"""
    wanted = role_rules.role_named(role)
    password, one_time_hash = _one_time_password()

    async def whole() -> Account:
        code = await the_bureau(bureau)
        # Before the deed: the key is a file, and a deed touches nothing but the database.
        account_key.create(accounts_exist=await account_reads.any_account())

        async def create(deed: Deed) -> Account:
            return await account_actions.create_first(
                deed,
                bureau=code,
                staff_number=number,
                name=name,
                role=wanted,
                one_time_hash=one_time_hash,
            )

        return await database.deed(create, actor=COMMAND_LINE)

    made = database.run(whole)
    _print_password(made, password, as_json=as_json)
    if not as_json and wanted == "system-administrator":
        click.echo("下一步由另一人担任：yaohao staff first-admin --role security-administrator")


@staff_group.command("add")
@click.option("--number", required=True, help="工号，用来登录。")
@click.option("--name", required=True, help="姓名。")
@click.option("--district", "districts", multiple=True, help="辖区代码，可多次填写；不写为全单位。")
@BY
@bureau_option
@json_option
def add_command(
    number: str,
    name: str,
    districts: tuple[str, ...],
    by: str,
    bureau: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """建立账号，并显示一次性密码；角色另由安全管理员授予。"""
    password, one_time_hash = _one_time_password()
    made = act_as(
        bureau,
        by,
        lambda deed, code, account: account_actions.create(
            deed,
            by=account,
            bureau=code,
            staff_number=number,
            name=name,
            one_time_hash=one_time_hash,
            districts=districts,
        ),
    )
    _print_password(made, password, as_json=as_json)
    if not as_json:
        click.echo(f"下一步由安全管理员：yaohao staff grant {made.staff_number} 角色")


@staff_group.command("list")
@bureau_option
@json_option
def list_command(bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """列出本单位全部账号。"""
    found = read(bureau, account_reads.accounts)
    lines = [_line(one) for one in found]
    empty = "还没有账号。下一步：yaohao staff first-admin"
    print_rows(lines, LIST_HEADINGS, as_json=as_json, empty=empty)


@staff_group.command("show")
@NUMBER
@bureau_option
@json_option
def show_command(number: str, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """显示一个账号及其角色的授予和收回。"""

    async def work(code: str) -> tuple[Account, list[RoleEvent]]:
        found = await account_reads.account(code, number)
        return found, await account_reads.role_history(found)

    found, history = read(bureau, work)
    if as_json:
        whole = {"account": vars(_line(found)), "roles": [vars(event) for event in history]}
        click.echo(as_text(whole))
        return
    print_one(_line(found), LIST_HEADINGS, as_json=False)
    for event in history:
        what = "授予" if event.deed == "granted" else "收回"
        who = event.granter or "建库"
        click.echo(f"  {event.at:%Y-%m-%d} {what} {ROLES[event.role]}  {who}：{event.reason}")


@staff_group.command("grant")
@NUMBER
@ROLE
@REASON
@BY
@bureau_option
def grant_command(number: str, role: str, reason: str, by: str, bureau: str | None) -> None:
    """授予角色（代码或中文名称）；不能授予自己。"""
    _change_role(role_actions.grant, number, role, reason, by, bureau)


@staff_group.command("withdraw")
@NUMBER
@ROLE
@REASON
@BY
@bureau_option
def withdraw_command(number: str, role: str, reason: str, by: str, bureau: str | None) -> None:
    """收回角色。"""
    _change_role(role_actions.withdraw, number, role, reason, by, bureau)


@staff_group.command("lock")
@NUMBER
@REASON
@BY
@bureau_option
def lock_command(number: str, reason: str, by: str, bureau: str | None) -> None:
    """锁定账号，并退出其全部登录。"""
    done = _do(account_actions.lock, number, reason, by, bureau)
    click.echo(f"已锁定：{done.name}（{done.staff_number}）。解锁：yaohao staff unlock")


@staff_group.command("unlock")
@NUMBER
@REASON
@BY
@bureau_option
def unlock_command(number: str, reason: str, by: str, bureau: str | None) -> None:
    """解锁账号，并清除密码错误次数。"""
    done = _do(account_actions.unlock, number, reason, by, bureau)
    click.echo(f"已解锁：{done.name}（{done.staff_number}），现在可以登录。")


@staff_group.command("reset-password")
@NUMBER
@REASON
@BY
@bureau_option
@json_option
def reset_password_command(
    number: str,
    reason: str,
    by: str,
    bureau: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """重置密码，并显示新的一次性密码。"""
    password, one_time_hash = _one_time_password()
    done = _do(
        account_actions.reset_password, number, reason, by, bureau, one_time_hash=one_time_hash
    )
    _print_password(done, password, as_json=as_json)


@staff_group.command("reset-totp")
@NUMBER
@REASON
@BY
@bureau_option
def reset_totp_command(number: str, reason: str, by: str, bureau: str | None) -> None:
    """重置动态口令（本人手机和恢复码都丢失时）。"""
    done = _do(second_factor_actions.reset, number, reason, by, bureau)
    click.echo(f"已重置：{done.name}（{done.staff_number}）下次登录时重新启用动态口令。")


@staff_group.command("rescue")
@NUMBER
@REASON
@bureau_option
@json_option
def rescue_command(number: str, reason: str, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """没有人能解锁管理员时，在服务器上恢复其账号。"""
    password, one_time_hash = _one_time_password()

    async def whole() -> Account:
        code = await the_bureau(bureau)

        async def alone(deed: Deed) -> Account:
            return await account_actions.rescue(
                deed,
                bureau=code,
                staff_number=number,
                one_time_hash=one_time_hash,
                reason=reason,
            )

        return await database.deed(alone, actor=COMMAND_LINE)

    _print_password(database.run(whole), password, as_json=as_json)


@staff_group.command("sessions")
@NUMBER
@bureau_option
@json_option
def sessions_command(number: str, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """列出一个账号正在登录的设备。"""

    async def work(code: str) -> list[session_reads.Device]:
        found = await account_reads.account(code, number)
        return await session_reads.devices(found.id, datetime.now(UTC))

    headings = {
        "device": "设备",
        "address": "地址",
        "signed_in_at": "登录时间",
        "seen_at": "最近使用",
    }
    print_rows(read(bureau, work), headings, as_json=as_json, empty="没有正在登录的设备。")


@staff_group.command("roles")
@click.option(
    "--page", type=click.Path(path_type=Path), help="把角色表写入此文件（docs/roles.md）。"
)
@json_option
def roles_command(page: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """列出各角色和可办事项。"""
    if page is not None:
        page.write_text(role_rules.page(), encoding="utf-8", newline="\n")
        click.echo(f"已写入 {page}。")
    elif as_json:
        table = {role: sorted(role_rules.MAY[role]) for role in ROLES}
        click.echo(as_text({"names": ROLES, "may": table}))
    else:
        for role, name in ROLES.items():
            may = [
                words
                for one, words in role_rules.CAPABILITIES.items()
                if one in role_rules.MAY[role]
            ]
            click.echo(f"{name}（{role}）：{'；'.join(may)}")


def _do(
    action: Callable[..., Awaitable[T]],
    number: str,
    reason: str,
    by: str,
    bureau: str | None,
    **details: object,
) -> T:
    return act_as(
        bureau,
        by,
        lambda deed, code, account: action(
            deed, by=account, bureau=code, staff_number=number, reason=reason, **details
        ),
    )


def _change_role(
    action: Callable[..., Awaitable[Account]],
    number: str,
    role: str,
    reason: str,
    by: str,
    bureau: str | None,
) -> None:
    wanted = role_rules.role_named(role)
    done = _do(action, number, reason, by, bureau, role=wanted)
    held = "、".join(ROLES[one] for one in done.roles) or "无"
    click.echo(f"{done.name}（{done.staff_number}）现有角色：{held}。须重新登录后生效。")


def _one_time_password() -> tuple[str, str]:
    """Return a new one-time password and its hash, made before any deed is open."""
    password = codes.new_code()
    return password, asyncio.run(passwords.hashed(password))


def _print_password(account: Account, password: str, *, as_json: bool) -> None:
    printed = Printed(account.staff_number, account.name, password)
    headings = {"staff_number": "工号", "name": "姓名", "one_time_password": "一次性密码"}
    print_one(printed, headings, as_json=as_json)
    if not as_json:
        click.echo("请当面交给本人：密码只显示这一次，7 日内有效，首次登录时须修改。")


def _line(one: Account) -> AccountLine:
    state = "已锁定" if one.locked_at else ("待改密码" if one.one_time_password else "正常")
    names: Sequence[str] = [ROLES[role] for role in one.roles]
    return AccountLine(
        one.staff_number,
        one.name,
        tuple(names),
        one.districts,
        one.second_factor,
        state,
        one.draw,
    )
