"""`yaohao witness`: invite a witness to one draw, list the invitations, withdraw one."""

from __future__ import annotations

from datetime import date

import click

from app.accounts import witness_actions
from app.accounts.commands import BY, REASON, act_as
from app.accounts.witness_actions import Slip
from app.command_line import bureau_option, read
from registries.command_options import DAY
from registries.terminal import Group, json_option, print_one, print_rows

HEADINGS = {
    "number": "编号",
    "draw": "抽查",
    "name": "见证人",
    "office": "单位",
    "first_day": "首日",
    "last_day": "末日",
    "redeemed_at": "已启用",
    "withdrawn_at": "已撤回",
}


@click.group("witness", cls=Group)
def witness_group() -> None:
    """见证人：按抽查逐人邀请，凭邀请单和自设口令登录。"""


@witness_group.command("invite")
@click.option("--draw", required=True, help="抽查编号。")
@click.option("--name", required=True, help="见证人姓名。")
@click.option("--office", required=True, help="见证人所在单位，例如 驻局纪检监察组。")
@click.option("--day", required=True, type=DAY, help="抽查当日（2026-11-21）。")
@click.option("--last-day", type=DAY, help="抽查跨日时的最后一日；不写为当日。")
@BY
@bureau_option
@json_option
def invite_command(
    draw: str,
    name: str,
    office: str,
    day: date,
    last_day: date | None,
    by: str,
    bureau: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """邀请见证人，并显示邀请码。"""
    slip: Slip = act_as(
        bureau,
        by,
        lambda deed, code, account: witness_actions.invite(
            deed,
            by=account,
            bureau=code,
            draw=draw,
            name=name,
            office=office,
            first_day=day,
            last_day=last_day or day,
        ),
    )
    if as_json:
        print_one(slip, {}, as_json=True)
        return
    shown = {name: HEADINGS[name] for name in ("number", "draw", "name", "office", "first_day")}
    print_one(slip.invitation, shown | {"last_day": "末日"}, as_json=False)
    click.echo(f"邀请码  {slip.code}")
    click.echo(
        "请印成邀请单密封交给本人：邀请码只显示这一次，只能用一次；"
        "使用时自设口令，此后凭编号和口令登录。"
    )


@witness_group.command("list")
@click.option("--draw", help="只列这一场抽查。")
@bureau_option
@json_option
def list_command(draw: str | None, bureau: str | None, as_json: bool) -> None:  # noqa: FBT001
    """列出见证人邀请。"""
    found = read(bureau, lambda code: witness_actions.invitations(code, draw))
    print_rows(
        found, HEADINGS, as_json=as_json, empty="还没有邀请见证人。下一步：yaohao witness invite"
    )


@witness_group.command("withdraw")
@click.argument("number", metavar="编号")
@REASON
@BY
@bureau_option
def withdraw_command(number: str, reason: str, by: str, bureau: str | None) -> None:
    """撤回邀请：邀请码、口令和登录立即失效。"""
    done = act_as(
        bureau,
        by,
        lambda deed, code, account: witness_actions.withdraw(
            deed, by=account, bureau=code, number=number, reason=reason
        ),
    )
    click.echo(f"已撤回：{done.name}（{done.number}）。如须换人，请重新邀请。")
