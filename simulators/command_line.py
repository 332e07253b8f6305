"""Command line of the simulator: history first, then live over MQTT, events as JSON lines on stdout.

What lives here: arguments, signals, the order of a run. What does not: any of its parts. Logs go to stderr, so that
stdout holds events only: ``registry_written``, ``device_map_written``, ``history_done``, ``live``, ``done``. Exit codes:
0 done, 1 failed while running, 2 bad arguments or scenario.
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import structlog

from heating.assets import Site
from heating.clock import SystemClock, VirtualClock
from heating.errors import HeatingError
from heating.intervals import from_epoch_ms, to_epoch_ms
from simulators.arguments import PASSWORD_VARIABLE, TOKEN_VARIABLE, parser
from simulators.city import City
from simulators.city_layout import lay_out
from simulators.devices.device_maps import write_device_maps
from simulators.devices.families import Families, draw_families
from simulators.faults.catalogue_page import catalogue_page
from simulators.people.hotline import CallFile, HotlineApi
from simulators.people.switchboard import Switchboard
from simulators.publishing.history import AfterStep, write_history
from simulators.publishing.live import run_live
from simulators.publishing.mqtt_publisher import MqttPublisher
from simulators.publishing.progress import Progress
from simulators.random_streams import RandomStreams
from simulators.reports import Message, Report
from simulators.scenario import Scenario, ScenarioError, load_scenario
from simulators.scenario_site import site_of
from simulators.truth.paired_run import PairedRun, without_faults
from simulators.truth.recorder import TruthRecorder
from simulators.truth.run_file import RunFacts
from storage.registry_files.reading import read_registry, write_registry

__all__ = ["main", "run_process"]

_LAST_ACKNOWLEDGEMENTS_S = 10.0
_LOOK_FOR_PARENT_S = 1.0


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
    arguments = parser().parse_args(argv)
    if arguments.list_faults:
        sys.stdout.write(catalogue_page())
        return 0
    try:
        return _run(arguments, stop or threading.Event(), sys.stdout)
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (HeatingError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run is made of, once arguments and scenario are read."""

    arguments: argparse.Namespace
    scenario: Scenario
    seed: int
    speed: float
    origin: datetime
    real_origin: datetime
    stop: threading.Event
    out: TextIO

    @property
    def start(self) -> datetime:
        """Where the simulation begins."""
        return from_epoch_ms(to_epoch_ms(self.origin) - int(self.arguments.history_days * 86_400_000))

    @property
    def live(self) -> bool:
        """Whether there is a broker to send to."""
        return self.arguments.mqtt is not None

    @property
    def history_until(self) -> datetime | None:
        """Where history ends: at the origin before a live run, else at the end of the scenario."""
        end = None if self.live else self.scenario.end_after(self.origin)
        until = self.origin if end is None else end
        return until if to_epoch_ms(until) > to_epoch_ms(self.start) else None

    def tell(self, event: str, **figures: object) -> None:
        """Write an event."""
        self.out.write(json.dumps({"event": event, **figures}) + "\n")
        self.out.flush()


def _run(arguments: argparse.Namespace, stop: threading.Event, out: TextIO) -> int:
    scenario = load_scenario(arguments.scenario)
    if arguments.days is not None:
        scenario = scenario.model_copy(update={"end": timedelta(days=arguments.days)})
    now = SystemClock().now()
    run = _Run(
        arguments,
        scenario,
        seed=scenario.seed if arguments.seed is None else arguments.seed,
        speed=arguments.speed or scenario.speed,
        origin=(arguments.virtual_origin or scenario.start or now).astimezone(UTC),
        real_origin=arguments.real_origin or now,
        stop=stop,
        out=out,
    )
    if arguments.write_registry is not None:
        return _write_registry(run)
    if arguments.write_device_map is not None:
        return _write_device_map(run)
    _check(run)
    city = _city(run, scenario)
    twin = _city(run, without_faults(scenario)) if arguments.paired else None
    for each in (city, twin):
        if each is not None:
            each.spin_up(stop)
    calls = Switchboard()
    try:
        return _simulate(run, city, twin, calls)
    finally:
        calls.close()


def _check(run: _Run) -> None:
    """Refuse arguments that do not fit together."""
    arguments = run.arguments
    if arguments.paired and arguments.truth is None:
        raise ScenarioError("--paired needs --truth, a folder for what it finds out")
    wants_hotline = arguments.hotline is not None or arguments.hotline_file is not None
    if wants_hotline and TOKEN_VARIABLE not in os.environ:
        raise ScenarioError(f"--hotline needs a token in {TOKEN_VARIABLE}; make one with nuanliu token add")
    if run.history_until is not None and arguments.history_out is None:
        raise ScenarioError(
            "history (--history-days, or a scenario with an end) needs --history-out, a folder"
        )


def _simulate(run: _Run, city: City, twin: City | None, calls: Switchboard) -> int:
    """Write history, then go live, each if wanted; calls of history go to files only."""
    arguments = run.arguments
    if arguments.calls is not None:
        calls.connect(CallFile(arguments.calls))
    truth = _recorder(run, city)
    try:
        return _follow(run, city, twin, calls, truth)
    finally:
        if truth is not None:
            truth.close()


def _recorder(run: _Run, city: City) -> TruthRecorder | None:
    if run.arguments.truth is None:
        return None
    facts = RunFacts(
        scenario=run.scenario.name,
        seed=run.seed,
        begin=run.start,
        origin=run.origin,
        paired=run.arguments.paired,
    )
    return TruthRecorder(run.arguments.truth, city, facts)


def _follow(run: _Run, city: City, twin: City | None, calls: Switchboard, truth: TruthRecorder | None) -> int:
    arguments, until = run.arguments, run.history_until
    if truth is not None:
        calls.tell(truth.hear)

    def after_step(city: City, reports: Sequence[Report]) -> None:
        calls.follow(city)
        if truth is not None:
            truth.note(city, reports)

    if until is not None:
        if truth is not None:
            truth.twin = twin
        _write_history(run, city, twin, until, after_step)
        if truth is not None:
            truth.twin = None
    if not run.live or run.stop.is_set():
        run.tell("done", published=0)
        return 0
    _wait_for_file(arguments.go_file, run.stop)
    address = arguments.hotline
    if address is None and arguments.hotline_file is not None:
        address = arguments.hotline_file.read_text(encoding="utf-8").strip()
    if address is not None:
        calls.connect(HotlineApi(address, os.environ[TOKEN_VARIABLE]))
    return _go_live(run, city, after_step)


def _write_registry(run: _Run) -> int:
    site, contacts = site_of(run.scenario, seed=run.seed, now=run.origin)
    write_registry(run.arguments.write_registry, site, contacts)
    run.tell(
        "registry_written",
        file=str(run.arguments.write_registry),
        stations=len(site.stations),
        households=len(site.households),
        sensors=len(site.sensors),
    )
    return 0


def _write_device_map(run: _Run) -> int:
    folder = run.arguments.write_device_map
    if run.scenario.payload_mix.native_only:
        lines = write_device_maps(folder, Families((), ()), sensor_ids=(), station_ids=())
    else:
        layout = lay_out(_site(run, run.scenario))
        families = draw_families(layout, RandomStreams(run.seed), run.scenario.payload_mix)
        lines = write_device_maps(
            folder,
            families,
            sensor_ids=layout.sensor_ids,
            station_ids=tuple(house.station_id for house in layout.site.stations),
        )
    run.tell("device_map_written", folder=str(folder), devices=lines)
    return 0


def _site(run: _Run, scenario: Scenario) -> Site:
    if run.arguments.registry is None:
        return site_of(scenario, seed=run.seed, now=run.origin)[0]
    return read_registry(run.arguments.registry).site


def _city(run: _Run, scenario: Scenario) -> City:
    site = _site(run, scenario)
    return City(site=site, scenario=scenario, seed=run.seed, origin=run.origin, start=run.start)


def _write_history(run: _Run, city: City, twin: City | None, until: datetime, after_step: AfterStep) -> None:
    pair = None if twin is None else PairedRun(city, twin)

    def note(city: City, reports: Sequence[Report]) -> None:
        if pair is not None:
            pair.follow(city, reports)
        after_step(city, reports)

    done = write_history(
        city,
        until_ms=to_epoch_ms(until),
        folder=run.arguments.history_out,
        after_step=note,
        stop=run.stop,
        progress=Progress(sys.stderr, "history").show,
    )
    if pair is not None:
        pair.write(run.arguments.truth)
    run.tell("history_done", files=done.files, values=done.values, until=until.isoformat())


def _wait_for_file(path: Path | None, stop: threading.Event) -> None:
    """Wait until whoever loads the history says that it is done."""
    while path is not None and not path.exists() and not stop.wait(0.05):
        pass


def _go_live(run: _Run, city: City, after_step: AfterStep) -> int:
    host, port = run.arguments.mqtt
    clock = VirtualClock(real_origin=run.real_origin, virtual_origin=run.origin, speed=run.speed)
    source_status = city.source_fleet.topic(0, "status")
    publisher = MqttPublisher(
        host=host,
        port=port,
        will=Message(source_status, b"offline", retained=True),
        username=run.arguments.username,
        password=os.environ.get(PASSWORD_VARIABLE),
        stop=run.stop,
        listens=city.senders.command_filters,
    )
    publisher.connect()
    live_at = max(clock.now(), from_epoch_ms(city.now_ms))
    city.go_live(live_at)
    publisher.publish(Message(source_status, b"online", retained=True))
    run.tell("live", at=live_at.isoformat(), stations=len(city.layout.station_key))
    try:
        run_live(
            city,
            clock=clock,
            speed=run.speed,
            publish=publisher.publish,
            stop=run.stop,
            until=_live_until(run, live_at),
            after_step=after_step,
            commands=publisher.take_commands,
        )
        publisher.publish(Message(source_status, b"offline", retained=True))
    finally:
        unacknowledged = publisher.close(_LAST_ACKNOWLEDGEMENTS_S)
    published = publisher.published - publisher.repeated
    run.tell("done", published=published, repeated=publisher.repeated, unacknowledged=unacknowledged)
    return 0 if unacknowledged == 0 else 1


def _live_until(run: _Run, live_at: datetime) -> datetime | None:
    """Return the virtual end of a live run: of the scenario or of the duration, whichever comes first."""
    ends = [run.scenario.end_after(run.origin)]
    if run.arguments.duration is not None:
        ends.append(live_at + timedelta(seconds=run.arguments.duration * run.speed))
    return min((end for end in ends if end is not None), default=None)
