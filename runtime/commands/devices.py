"""``nuanliu devices``: devices that the registry does not know, and their assignment to homes."""

import json
from datetime import datetime
from typing import Annotated

import typer

from heating.clock import SystemClock
from runtime.commands.terminal import BAD_CONFIGURATION, ConfigOption, complain, say, with_records

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="New devices, and the clocks of known ones.")

_SHOWN_BYTES = 200


@app.command("list")
def list_devices(
    assigned: Annotated[bool, typer.Option("--assigned", help="Those that were assigned instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    config: ConfigOption = None,
) -> None:
    """List devices that send and that the registry does not know, those heard last first."""
    with with_records(config) as (_, records):
        for one in records.devices.unknown(assigned=assigned, limit=10_000):
            last = one.last_payload[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
            row = {
                "device": one.device_id,
                "family": one.family,
                "kind": one.kind,
                "messages": one.messages,
                "first_seen": one.first_seen.isoformat(),
                "last_seen": one.last_seen.isoformat(),
                "topic": one.topic,
                "last": last,
                "household": one.household_id,
            }
            if as_json:
                say(json.dumps(row, ensure_ascii=False))
            else:
                say(
                    f"{one.device_id}: {one.family} {one.kind}, {one.messages} messages, "
                    f"last {one.last_seen:%Y-%m-%d %H:%M:%S}Z on {one.topic}: {last!r}"
                )


@app.command("clocks")
def list_clocks(
    least_s: Annotated[float, typer.Option(min=0, help="Only clocks off by at least this [s].")] = 60.0,
    config: ConfigOption = None,
) -> None:
    """List devices whose clocks are off, the worst first; positive means behind."""
    with with_records(config) as (_, records):
        for one in records.devices.clocks(least_ms=int(least_s * 1000), limit=1000):
            say(
                f"{one.ref.measurement.value} {one.ref.object_id}: {one.skew_ms / 1000:+.0f} s "
                f"({one.readings} readings, {one.updated_at:%Y-%m-%d %H:%M}Z)"
            )


@app.command("assign")
def assign_device(
    device: Annotated[str, typer.Argument(help="Id of a new device, or of a sensor that moves.")],
    household: Annotated[str, typer.Option("--household", help="Home that it measures from now on.")],
    start: Annotated[
        str | None, typer.Option("--from", help="First moment, RFC 3339 with zone; now when not given.")
    ] = None,
    keep_other: Annotated[
        bool, typer.Option("--keep-other", help="Other sensors of the home go on measuring it.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Let a device measure a home; kept messages are given again by the running collector, history stays."""
    now = SystemClock().now()
    moment = now if start is None else _moment(start)
    with with_records(config) as (_, records):
        made = records.devices.assign(
            device, household, start=moment, by="command line", now=now, keep_other=keep_other
        )
        records.audit.append(
            "command line",
            "device.assigned",
            device,
            {"household_id": household, "start": made.start.isoformat()},
            at=now,
        )
        say(
            "assigned: {sensor} measures {household} from {start} on",
            sensor=made.sensor_id,
            household=made.household_id,
            start=made.start.isoformat(),
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        complain(
            "--from {text} is no moment with a zone, for example 2026-01-15T08:00:00+08:00", text=repr(text)
        )
        raise typer.Exit(BAD_CONFIGURATION)
    return moment
