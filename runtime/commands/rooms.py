"""``nuanliu rooms``: which processes run which rooms, by the signs of life that they leave in the records."""

import json
from typing import Annotated

import typer

from heating.intervals import from_epoch_ms
from heating.room_signs import SignKind
from runtime.commands.terminal import FAILED, ConfigOption, complain, say, with_records

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Processes of the rooms: who runs, who is missing.")


@app.command("list")
def list_rooms(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    config: ConfigOption = None,
) -> None:
    """List every process that ever gave a sign of life, with its last one."""
    with with_records(config) as (_, records):
        judged = {one.process: one for one in records.room_reports.newest(SignKind.JUDGED)}
        for one in records.room_reports.newest(SignKind.ALIVE):
            row = {
                "process": one.process,
                "room": one.room,
                "started": from_epoch_ms(one.since_ms).isoformat(),
                "last_sign": from_epoch_ms(one.until_ms).isoformat(),
            }
            if one.process in judged:
                row["judged"] = from_epoch_ms(judged[one.process].until_ms).isoformat()
            if as_json:
                say(json.dumps(row))
            else:
                say(", ".join(f"{name} {text}" for name, text in row.items()))


@app.command("forget")
def forget_process(
    process: Annotated[str, typer.Argument(help="Name of the process, as the list has it.")],
    config: ConfigOption = None,
) -> None:
    """Forget a process that is run no more, so that nobody misses it."""
    with with_records(config) as (_, records):
        if not any(one.process == process for one in records.room_reports.newest(SignKind.ALIVE)):
            complain("no process {name} ever gave a sign of life", name=repr(process))
            raise typer.Exit(FAILED)
        records.room_reports.forget(process)
        say("forgotten: {name}", name=process)
