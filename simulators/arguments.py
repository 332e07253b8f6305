"""Options of the simulator's command line.

What lives here: names, limits and help. What does not: the run (`simulators.command_line`).
"""

import argparse
from datetime import datetime
from pathlib import Path

from simulators.scenario import shipped_scenarios

__all__ = ["PASSWORD_VARIABLE", "TOKEN_VARIABLE", "parser"]

PASSWORD_VARIABLE = "NUANLIU_MQTT__PASSWORD"
"""Environment variable with the password at the broker."""
TOKEN_VARIABLE = "NUANLIU_HOTLINE_TOKEN"
"""Environment variable with the API token with which calls become tickets."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of all options."""
    result = argparse.ArgumentParser(prog="simulators", description="Simulate a city with district heating.")
    _add_city(result.add_argument_group("the city"))
    _add_time(result.add_argument_group("time"))
    add = result.add_argument_group("where readings and truth go").add_argument
    add("--mqtt", type=_host_port, metavar="HOST:PORT", help="broker; without it only history is written")
    add("--username", help=f"user name at the broker; the password comes from {PASSWORD_VARIABLE}")
    add("--history-out", type=Path, metavar="DIR", help="where history files go")
    add("--go-file", type=Path, metavar="FILE", help="go live only once this file is there")
    add("--truth", type=Path, metavar="DIR", help="where truth files go")
    add(
        "--paired",
        action="store_true",
        help="run a healthy twin beside the history, so that the truth names who was affected and when it showed",
    )
    add(
        "--hotline",
        metavar="URL",
        help=f"product that gets a ticket for every live call; the token of a clerk comes from {TOKEN_VARIABLE}",
    )
    add(
        "--hotline-file",
        type=Path,
        metavar="FILE",
        help="file with the address for --hotline, read on going live",
    )
    add("--calls", type=Path, metavar="FILE", help="write all calls to the hotline as CSV")
    add("--stop-with-parent", action="store_true", help="end in order when the starting process is gone")
    return result


def _add_city(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--scenario", default="city", help=f"{', '.join(shipped_scenarios())}, or a YAML file")
    add(
        "--registry",
        type=Path,
        metavar="FILE",
        help="registry to simulate instead of the scenario's own site",
    )
    add(
        "--write-registry",
        type=Path,
        metavar="FILE",
        help="write the registry of the scenario (.csv or .xlsx) and end, for `nuanliu registry import`",
    )
    add(
        "--write-device-map",
        type=Path,
        metavar="DIR",
        help="write device maps and routes for the scenario's payload families and end",
    )
    add("--list-faults", action="store_true", help="print every kind of fault and confounder, and end")
    add("--seed", type=int, help="same seed, same city and weather; the scenario's when missing")


def _add_time(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--speed", type=_positive, help="virtual seconds in a real second; the scenario's when missing")
    add(
        "--virtual-origin",
        type=_moment,
        help="virtual moment of going live, RFC 3339; the scenario's start, else now, when missing",
    )
    add(
        "--real-origin",
        type=_moment,
        help="real moment at which the virtual origin is shown; now when missing",
    )
    add(
        "--days",
        type=_positive,
        help="end this many virtual days after the origin, whatever the scenario says",
    )
    add("--history-days", type=_not_negative, default=0.0, help="days of history before the origin")
    add("--duration", type=_positive, metavar="S", help="end after so many real seconds of live running")


def _host_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not 0 or more")
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write for example 2026-01-15T08:00:00+08:00")
    return moment
