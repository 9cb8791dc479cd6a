"""The command `yaohao`: every command of registries and the rooms, and what people see when one fails."""

from __future__ import annotations

import importlib
import logging
import os
import secrets
import sqlite3
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import click

from app.draws.rehearsal_actions import is_rehearsal
from app.settings import load_settings
from registries import command_options
from registries.audit_entries import LoggedEntry
from registries.engines import NO_BOOKS
from registries.errors import Invalid, YaohaoError
from registries.sheet_refusals import SheetRefused
from registries.terminal import Group

# command → where it is. Only the module of the command that is called gets imported.
COMMANDS = {
    "audit": "registries.audit_commands:audit",
    "backup": "registries.commands:backup_command",
    "calendar": "registries.calendar_commands:calendar_command",
    "districts": "registries.district_commands:districts_command",
    "draw": "app.draws.commands:draw_group",
    "entities": "registries.entity_commands:entities_command",
    "import": "app.import_commands:import_command",
    "init": "registries.commands:init_command",
    "inspectors": "registries.inspector_commands:inspectors_command",
    "items": "registries.item_commands:items_command",
    "migrate": "registries.commands:migrate_command",
    "plan": "app.plans.commands:plan_group",
    "publish": "app.publication.commands:publish_command",
    "record": "registries.record_commands:record_command",
    "recusals": "registries.recusal_commands:recusals_command",
    "rehearse": "app.draws.rehearsal_commands:rehearse_command",
    "serve": "app.serve_commands:serve_command",
    "staff": "app.accounts.commands:staff_group",
    "witness": "app.accounts.witness_commands:witness_group",
}


async def _sealed(bureau: str) -> frozenset[str]:
    """Return the numbers of the draws that are not open yet; the module is loaded only where it is asked."""
    actions = importlib.import_module("app.draws.seal_actions")
    found: frozenset[str] = await actions.sealed_numbers(bureau)
    return found


async def _withheld(bureau: str, entries: Iterable[LoggedEntry]) -> frozenset[int]:
    """Return the numbers of the log's entries whose text is not to be read before a draw opens."""
    actions = importlib.import_module("app.draws.seal_actions")
    found: frozenset[int] = await actions.withheld(bureau, entries)
    return found


command_options.sealed_references = _sealed
command_options.withheld_entries = _withheld


class Yaohao(Group):
    """The group of all commands, each imported when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature.
        """Return the names of all commands, in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a name, or None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=Yaohao)
def yaohao() -> None:
    """摇号：任何人都能核对的“双随机、一公开”劳动监察抽查系统。"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `yaohao` and exit: 0 done, 1 refused or failed, 2 wrongly called, 130 interrupted."""
    # Books, backups, papers and sticks hold sealed material and names: they are their owner's alone.
    os.umask(0o077)
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run `yaohao` with `arguments` and return its exit status; nobody ever sees a traceback."""
    log_folder = Path(environment.get("YAOHAO_LOG_FOLDER") or "var/log")
    try:
        # A person asking for help must get it whatever the settings are.
        if arguments and "--help" not in arguments:
            settings = load_settings(environment)
            if is_rehearsal(settings.database_url):
                click.echo("【演练】现在连接的是演练库，一切结果没有效力。", err=True)
        yaohao.main(list(arguments), prog_name="yaohao", standalone_mode=False)
    except Invalid as refusal:
        faults = [f"  {field}：{fault}" for field, all_ in refusal.fields.items() for fault in all_]
        return _say("\n".join([refusal.sentence, *faults, *_saved(refusal)]), 1)
    except YaohaoError as refusal:
        return _say(refusal.sentence, 1)
    except click.exceptions.NoArgsIsHelpError as question:
        click.echo(question.ctx.get_help())
        return 2
    except click.UsageError as misuse:
        return _say(_usage(misuse), 2)
    except click.FileError as error:
        return _say(f"无法打开文件：{error.ui_filename}。请核对路径和权限。", 1)
    except (click.Abort, KeyboardInterrupt):
        return _say("已中断，没有做完的改动都已撤销。", 130)
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError) as fault:
        missing = isinstance(fault, asyncpg.UndefinedTableError) or "no such table" in str(fault)
        return _say(NO_BOOKS if missing else _report(fault, log_folder), 1)
    except Exception as fault:  # noqa: BLE001 - the last line of defence; it goes to the log file.
        return _say(_report(fault, log_folder), 1)
    return 0


def _saved(refusal: Invalid) -> list[str]:
    """Write the faults of a sheet where `--faults` said and return what to tell of it."""
    if not isinstance(refusal, SheetRefused) or refusal.save_to is None:
        return []
    # What writes workbooks takes longer to load than most commands to run.
    fault_lists = importlib.import_module("app.fault_lists")
    return [fault_lists.save_faults(refusal)]


def _say(sentence: str, status: int) -> int:
    click.echo(sentence, err=True)
    return status


def _usage(misuse: click.UsageError) -> str:
    """Return what is wrong with the call, in Chinese, and where its help is."""
    path = misuse.ctx.command_path if misuse.ctx else "yaohao"
    hint = f"请运行 {path} --help 查看用法。"
    match misuse:
        case click.NoSuchCommand():
            return f"没有这个命令：{misuse.command_name}。{hint}"
        case click.NoSuchOption():
            return f"没有这个选项：{misuse.option_name}。{hint}"
        case click.MissingParameter(param=param) if param is not None:
            return f"缺少 {param.get_error_hint(misuse.ctx)}。{hint}"
        case click.BadParameter(param=param) if param is not None:
            why = _wrong_path(misuse) if isinstance(param.type, click.Path) else "的值不对"
            return f"{param.get_error_hint(misuse.ctx)} {why}。{hint}"
    return f"命令的写法不对。{hint}"


def _wrong_path(misuse: click.BadParameter) -> str:
    """Return why a path will not do; click says it in English, with the path in quotes."""
    for english, why in (
        ("does not exist", "文件或文件夹不存在"),
        ("is a directory", "这是文件夹，请写文件"),
        ("is a file", "这是文件，请写文件夹"),
        ("is not readable", "无法读取，请检查权限"),
        ("is not writable", "无法写入，请检查权限"),
    ):
        # The path comes before these words, so that a path cannot pass for a reason.
        if misuse.message.removesuffix(".").endswith(english):
            return f"的值不对：{why}"
    return "的值不对"


def _report(fault: Exception, folder: Path) -> str:
    """Write the fault with its traceback to the log file and return a sentence with its number."""
    number = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "errors.log"
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("yaohao.faults")
    logger.addHandler(handler)
    try:
        logger.error("fault %s", number, exc_info=fault)
    finally:
        logger.removeHandler(handler)
        handler.close()
    return f"程序出错，没有做完的改动都已撤销。错误编号 {number}，详情在 {path}，请交给系统管理员。"


if __name__ == "__main__":
    main()
