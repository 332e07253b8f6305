"""Command line of the simulator: history first, then live over MQTT, events as JSON lines on stdout.

What lives here: arguments, signals, the order of a run. What does not: any of its parts. Logs go to stderr, so that
stdout holds events only: ``history_done``, ``live``, ``done``. Exit codes: 0 done, 1 failed while running, 2 bad
arguments or scenario.
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

import structlog

from config.registry_files import read_registry
from config.site_generator import generate_preset_site
from heating.clock import SystemClock, VirtualClock
from heating.errors import HeatingError
from heating.intervals import from_epoch_ms, to_epoch_ms
from simulators.city import City
from simulators.devices.reports import Message
from simulators.publishing.history import write_history
from simulators.publishing.live import run_live
from simulators.publishing.mqtt_publisher import MqttPublisher
from simulators.scenario import ScenarioError, load_scenario
from simulators.truth.truth_files import TruthFiles

__all__ = ["main", "run_process"]

_LAST_ACKNOWLEDGEMENTS_S = 10.0
_LOOK_FOR_PARENT_S = 1.0
_PASSWORD_VARIABLE = "NUANLIU_MQTT__PASSWORD"


def run_process(argv: Sequence[str]) -> int:
    """Run as a process of its own: logs as JSON on stderr, SIGTERM and SIGINT end the run in order."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if "--stop-with-parent" in argv:
        threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()
    return main(argv, stop=stop)


def _watch_parent(parent: int, stop: threading.Event) -> None:
    """End the run when the process that started it is gone, however it went."""
    while not stop.wait(_LOOK_FOR_PARENT_S):
        if os.getppid() != parent:
            stop.set()


def main(argv: Sequence[str] | None = None, *, stop: threading.Event | None = None) -> int:
    """Run the simulator with the given arguments and return the exit code.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments; those of the process when None.
    stop : threading.Event or None
        Setting it ends a live run in order.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments, stop or threading.Event(), sys.stdout)
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (HeatingError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulators", description="Simulate a city with district heating.")
    add = parser.add_argument
    add("--scenario", default="city", help="name of a shipped scenario, or a YAML file")
    add(
        "--registry",
        type=Path,
        metavar="FILE",
        help="registry to simulate instead of the scenario's own site",
    )
    add("--seed", type=int, default=1, help="same seed, same city and weather")
    add("--mqtt", type=_host_port, metavar="HOST:PORT", help="broker; without it only history is written")
    add("--username", help=f"user name at the broker; the password comes from {_PASSWORD_VARIABLE}")
    add("--speed", type=_positive, default=1.0, help="virtual seconds in a real second")
    add("--virtual-origin", type=_moment, help="virtual moment of going live, RFC 3339; now when missing")
    add(
        "--real-origin",
        type=_moment,
        help="real moment at which the virtual origin is shown; now when missing",
    )
    add("--history-days", type=float, default=0.0, help="days of history before the origin")
    add("--history-out", type=Path, metavar="DIR", help="where history files go")
    add("--go-file", type=Path, metavar="FILE", help="go live only once this file is there")
    add("--truth", type=Path, metavar="DIR", help="where truth files go")
    add("--duration", type=_positive, metavar="S", help="end after so many real seconds of live running")
    add("--stop-with-parent", action="store_true", help="end in order when the starting process is gone")
    return parser


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


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write for example 2026-01-15T08:00:00+08:00")
    return moment


def _run(arguments: argparse.Namespace, stop: threading.Event, out: TextIO) -> int:
    if arguments.history_days > 0 and arguments.history_out is None:
        raise ScenarioError("--history-days needs --history-out, a folder for the files")
    scenario = load_scenario(arguments.scenario)
    now = SystemClock().now()
    origin = arguments.virtual_origin or now
    clock = VirtualClock(
        real_origin=arguments.real_origin or now, virtual_origin=origin, speed=arguments.speed
    )
    if arguments.registry is None:
        site = generate_preset_site(scenario.site, seed=arguments.seed, now=origin)[0]
    else:
        site = read_registry(arguments.registry).site
    start = from_epoch_ms(to_epoch_ms(origin) - int(arguments.history_days * 86_400_000))
    city = City(site=site, scenario=scenario, seed=arguments.seed, origin=origin, start=start)
    truth = TruthFiles(arguments.truth, city.layout) if arguments.truth else None
    city.spin_up(stop)
    if arguments.history_days > 0:
        done = write_history(
            city,
            until_ms=to_epoch_ms(origin),
            folder=arguments.history_out,
            note_faults=truth.note if truth else lambda _: None,
            stop=stop,
        )
        _tell(out, "history_done", files=done.files, values=done.values, until=origin.isoformat())
    if arguments.mqtt is None or stop.is_set():
        _tell(out, "done", published=0)
        return 0
    _wait_for_file(arguments.go_file, stop)
    return _go_live(arguments, city, clock, truth, stop, out)


def _wait_for_file(path: Path | None, stop: threading.Event) -> None:
    """Wait until whoever loads the history says that it is done."""
    while path is not None and not path.exists() and not stop.wait(0.05):
        pass


def _go_live(
    arguments: argparse.Namespace,
    city: City,
    clock: VirtualClock,
    truth: TruthFiles | None,
    stop: threading.Event,
    out: TextIO,
) -> int:
    host, port = arguments.mqtt
    source_status = city.source_fleet.topic(0, "status")
    publisher = MqttPublisher(
        host=host,
        port=port,
        will=Message(source_status, b"offline", retained=True),
        username=arguments.username,
        password=os.environ.get(_PASSWORD_VARIABLE),
        stop=stop,
    )
    publisher.connect()
    live_at = max(clock.now(), from_epoch_ms(city.now_ms))
    city.go_live(live_at)
    publisher.publish(Message(source_status, b"online", retained=True))
    _tell(out, "live", at=live_at.isoformat(), stations=len(city.layout.station_key))
    until = None
    if arguments.duration is not None:
        until = live_at + timedelta(seconds=arguments.duration * arguments.speed)
    try:
        run_live(
            city,
            clock=clock,
            speed=arguments.speed,
            publish=publisher.publish,
            stop=stop,
            until=until,
            note_faults=truth.note if truth else lambda _: None,
        )
        publisher.publish(Message(source_status, b"offline", retained=True))
    finally:
        unacknowledged = publisher.close(_LAST_ACKNOWLEDGEMENTS_S)
    _tell(out, "done", published=publisher.published, unacknowledged=unacknowledged)
    return 0 if unacknowledged == 0 else 1


def _tell(out: TextIO, event: str, **figures: object) -> None:
    out.write(json.dumps({"event": event, **figures}) + "\n")
    out.flush()
