"""`yaohao draw`: one group out of the commands before the ceremony, in the room, and after it."""

from __future__ import annotations

import click

from app.draws import (
    aftermath_commands,
    ceremony_commands,
    freeze_commands,
    paper_commands,
    record_commands,
    result_commands,
)
from registries.terminal import Group


@click.group("draw", cls=Group)
def draw_group() -> None:
    """抽查：准备、预览、冻结、现场抽取、签字、封存。"""


for command in (
    freeze_commands.prepare_command,
    freeze_commands.change_command,
    freeze_commands.abandon_command,
    freeze_commands.preview_command,
    freeze_commands.freeze_command,
    freeze_commands.list_command,
    freeze_commands.show_command,
    freeze_commands.export_folder_command,
    freeze_commands.gauges_command,
    *ceremony_commands.COMMANDS,
    *result_commands.COMMANDS,
    *aftermath_commands.COMMANDS,
    *paper_commands.COMMANDS,
    *record_commands.COMMANDS,
):
    draw_group.add_command(command)
