"""``nuanliu demo``: a living city on embedded parts, from nothing, in one command.

Starts the broker, generates a site, lets the simulator write some days of history, loads them, and then runs the
whole product in this process with the simulator beside it. The one module that starts the simulator.
"""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from config.drafts import write_whole
from config.located_yaml import read_yaml
from config.settings.tree import MqttSettings, RouteSettings, Settings
from heating.clock import SystemClock, VirtualClock
from heating.intervals import to_epoch_ms
from runtime.assemble import open_house
from runtime.child_process import ChildFailedError, ChildProcess
from runtime.demo_people import DemoLogin, make_demo_people, make_hotline_token
from runtime.embedded_broker import EmbeddedBroker
from runtime.history import HistoryLoader, judge_history
from runtime.house import House
from runtime.rooms import EVERY_ROOM
from runtime.supervisor import Supervisor
from simulators.site.generator import generate_preset_site
from storage.records.records import open_records

if TYPE_CHECKING:
    from collector.intake.pipeline import Collector

__all__ = ["Demo", "DemoOptions", "run_demo"]

_log = structlog.get_logger()
_JUDGED_HISTORY = timedelta(hours=26)
"""How much of the history is led through the rules: the longest on-delay and a day of alarms."""
_LAST_MESSAGES_S = 30.0
"""Longest wait for messages that the broker still holds when the simulator has ended [s]."""
_HISTORY_DAYS = {"smoke": 3, "city": 3, "league": 1}
_STARTED_FILE = "history-loaded"
_DEVICES_TIMEOUT_S = 300.0
_HOTLINE_TOKEN = "NUANLIU_HOTLINE_TOKEN"
"""Environment variable in which the simulator looks for the token of a clerk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """Options of ``nuanliu demo``."""

    scenario: str = "city"
    speed: float = 1.0
    """Virtual seconds in a real second."""
    duration_s: float | None = None
    """Ends after this long [s]; None runs until stopped."""
    http: tuple[str, int] = ("127.0.0.1", 8080)
    mqtt: tuple[str, int] = ("127.0.0.1", 1883)
    data_dir: Path | None = None
    """Kept afterwards when given; a temporary folder otherwise."""
    history_days: int | None = None
    """Days of history; the scenario's usual number when None."""
    seed: int = 1
    base: Settings = field(default_factory=Settings)
    """Settings to start from; broker, stores and addresses are replaced."""


class Demo:
    """One run of the demo; `start`, then `wait`, then `stop` gives the summary."""

    def __init__(
        self, options: DemoOptions, *, data_dir: Path, progress: Callable[[str, int, int], None] | None = None
    ) -> None:
        self.options = options
        self.data_dir = data_dir.resolve()
        self._progress = progress or (lambda _label, _done, _total: None)
        origin = SystemClock().now()
        self._origin: datetime = origin.replace(microsecond=origin.microsecond // 1000 * 1000)
        self.clock = VirtualClock(real_origin=self._origin, virtual_origin=self._origin, speed=options.speed)
        self.broker = EmbeddedBroker(
            host=options.mqtt[0],
            port=options.mqtt[1],
            data_dir=self.data_dir / "broker",
        )
        self.logins: list[DemoLogin] = []
        self._routes: tuple[RouteSettings, ...] = options.base.mqtt.routes
        self._published = 0
        self._simulator: ChildProcess | None = None
        self._listener: threading.Thread | None = None
        self._supervisor: Supervisor | None = None
        self._stack = ExitStack()
        self._house: House | None = None

    @property
    def house(self) -> House:
        """The running house."""
        assert self._house is not None, "the demo has not started"
        return self._house

    @property
    def ready_line(self) -> str:
        """The line in which scripts find where everything is."""
        assert self.house.web is not None
        return (
            f"ready http={self.house.web.url} mqtt={self.broker.host}:{self.broker.port} data={self.data_dir}"
        )

    def start(self) -> None:
        """Start everything; returns when pages are served and the simulator is live."""
        self._routes = self._device_routes()
        self.broker.filters = tuple(route.filter for route in self._routes)
        self._stack.callback(self.broker.stop)
        self.broker.start()
        settings = self._settings()
        self._fill_registry(settings)
        house = self._house = open_house(settings, clock=self.clock, rooms=EVERY_ROOM)
        self._stack.callback(house.close)
        self.logins = make_demo_people(records=house.records, site=house.site, data_dir=self.data_dir)
        self._start_simulator(make_hotline_token(records=house.records, logins=self.logins))
        if self._history_days > 0:
            self._load_history(house)
        self._supervisor = house.supervisor()
        self._supervisor.start()
        self._supervisor.catch_signals()
        assert house.web is not None
        write_whole(self._hotline_file, house.web.url)
        self._go_file.touch()

    def wait(self) -> bool:
        """Wait for the end of the duration, a signal or a dead part; True when the end was orderly."""
        assert self._supervisor is not None, "the demo has not started"
        return self._supervisor.wait(duration_s=self.options.duration_s)

    def stop(self) -> dict[str, int]:
        """End the simulator, take in what it sent, end everything, and return the summary."""
        summary = {"published": 0, "accepted": 0, "stored": 0, "rejected": 0, "alarms_raised": 0}
        if self._simulator is not None:
            self._simulator.stop(timeout_s=20.0)
        if self._listener is not None:
            self._listener.join(5.0)
        house = self._house
        if house is not None and house.collector is not None:
            self._wait_for_the_last_messages(house.collector)
        if self._supervisor is not None:
            self._supervisor.stop()  # the collector finishes what it has and waits for the store
        if house is not None and house.collector is not None and house.alerting is not None:
            counts = house.collector.counts()
            summary = {
                "published": self._published,
                "accepted": counts.accepted,
                "stored": counts.stored,
                "rejected": counts.rejected,
                "alarms_raised": int(house.alerting.health().figures["alarms_raised"]),
            }
        self._stack.close()
        return summary

    def _wait_for_the_last_messages(self, collector: "Collector") -> None:
        # On a busy machine the broker still holds messages when the simulator has ended. They are not lost, but a
        # collector that stops at the first silence leaves them there, and the summary would not add up.
        pause, end_s = threading.Event(), monotonic() + _LAST_MESSAGES_S
        while collector.counts().accepted < self._published and not collector.is_dead and monotonic() < end_s:
            pause.wait(0.1)

    # --- parts ------------------------------------------------------------------------------------------------

    @property
    def _history_days(self) -> int:
        """Days of history still to be made: none when the data folder has its history from an earlier run."""
        if (self.data_dir / _STARTED_FILE).exists():
            return 0
        wanted = self.options.history_days
        return _HISTORY_DAYS.get(self.options.scenario, 3) if wanted is None else wanted

    @property
    def _go_file(self) -> Path:
        return self.data_dir / "simulator" / "go"

    @property
    def _hotline_file(self) -> Path:
        return self.data_dir / "simulator" / "hotline"

    def _device_routes(self) -> tuple[RouteSettings, ...]:
        """Let the simulator say in which payload families its devices speak; routes of the settings come behind."""
        options, folder = self.options, self.data_dir / "simulator" / "devices"
        command = [sys.executable, "-m", "simulators", "--scenario", options.scenario]
        command += ["--seed", str(options.seed), "--write-device-map", str(folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_DEVICES_TIMEOUT_S
        )
        if done.returncode != 0:
            raise ChildFailedError(f"the simulator could not say what its devices are\n{done.stderr}")
        written = MqttSettings.model_validate(read_yaml(folder / "routes.yaml").values["mqtt"])
        routes = written.routes
        known = {route.filter for route in routes}
        return (*routes, *(route for route in options.base.mqtt.routes if route.filter not in known))

    def _settings(self) -> Settings:
        options, data = self.options, self.data_dir
        values = options.base.model_dump(exclude_unset=True)
        values["mqtt"] = {
            **values.get("mqtt", {}),
            "host": self.broker.host,
            "port": self.broker.port,
            "protocol": "3.1.1",
            "routes": [route.model_dump() for route in self._routes],
            "receive_maximum": min(options.base.mqtt.receive_maximum, self.broker.window),
        }
        values["collector"] = {**values.get("collector", {}), "spool_dir": data / "spool"}
        values["timeseries"] = {"url": f"duckdb:///{data / 'timeseries'}"}
        values["records"] = {"url": f"sqlite:///{data / 'records.sqlite3'}"}
        values["web"] = {
            **values.get("web", {}),
            "host": options.http[0],
            "port": options.http[1],
            "secret": secrets.token_hex(32),
            "cookie_secure": False,
        }
        return Settings.model_validate(values)

    def _fill_registry(self, settings: Settings) -> None:
        """Put the scenario's site into an empty registry, so that the house opens on it."""
        records = open_records(settings.records.url)
        try:
            if records.registry.version() == 0:
                site, contacts = generate_preset_site(
                    self.options.scenario, seed=self.options.seed, now=self._origin
                )
                records.registry.apply_site(site, contacts, by="demo", now=self._origin)
        finally:
            records.close()

    def _start_simulator(self, hotline_token: str) -> None:
        options, folder = self.options, self.data_dir / "simulator"
        folder.mkdir(parents=True, exist_ok=True)
        self._go_file.unlink(missing_ok=True)
        command = [
            sys.executable,
            "-m",
            "simulators",
            "--scenario",
            options.scenario,
            "--seed",
            str(options.seed),
        ]
        command += ["--mqtt", f"{self.broker.host}:{self.broker.port}", "--speed", str(options.speed)]
        command += ["--virtual-origin", self._origin.isoformat(), "--real-origin", self._origin.isoformat()]
        command += [
            "--go-file",
            str(self._go_file),
            "--truth",
            str(self.data_dir / "truth"),
            "--stop-with-parent",
            "--hotline-file",
            str(self._hotline_file),
        ]
        if self._history_days > 0:
            command += ["--history-days", str(self._history_days), "--history-out", str(folder / "history")]
        self._simulator = ChildProcess(
            name="simulator",
            command=command,
            log_path=folder / "simulator.log",
            pipe_stdout=True,
            secrets={_HOTLINE_TOKEN: hotline_token},
        )
        self._history_done = threading.Event()
        self._stack.callback(self._simulator.stop)
        self._simulator.start()
        self._listener = threading.Thread(target=self._listen, name="simulator-events", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._simulator is not None
        for line in self._simulator.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                _log.warning("demo.simulator_said", line=line.rstrip())
                continue
            match event.get("event"):
                case "history_done":
                    self._history_done.set()
                case "done":
                    self._published = int(event["published"])
                case _:
                    _log.info("demo.simulator_event", **{k: v for k, v in event.items() if k != "event"})
        self._history_done.set()

    def _load_history(self, house: House) -> None:
        assert self._simulator is not None and house.alerting is not None and house.live_state is not None
        folder = self.data_dir / "simulator" / "history"
        keep_from_ms = to_epoch_ms(self._origin - _JUDGED_HISTORY)
        loader = HistoryLoader(folder=folder, store=house.store, keep_from_ms=keep_from_ms)
        files = 0
        while not self._history_done.wait(0.1):
            files += loader.load_new()
            self._progress("history", files, files + 1)
        loader.load_new()
        if not self._simulator.is_running:
            raise ChildFailedError(f"the simulator ended early\n{self._simulator.log_end()}")
        judge_history(
            loader.recent,
            live_state=house.live_state,
            service=house.alerting,
            progress=lambda done, total: self._progress("rules over history", done, total),
        )
        house.store.apply_retention(
            now=self.clock.now()
        )  # closed days are sorted now, before anybody reads them
        (self.data_dir / _STARTED_FILE).touch()
        _log.info("demo.history_loaded", rows=loader.rows)


def run_demo(
    options: DemoOptions,
    *,
    say: Callable[[str], None],
    progress: Callable[[str, int, int], None] | None = None,
) -> int:
    """Run the demo to its end; returns the exit code."""
    data_dir = options.data_dir or Path(tempfile.mkdtemp(prefix="nuanliu-demo-"))
    data_dir.mkdir(parents=True, exist_ok=True)
    demo = Demo(options, data_dir=data_dir, progress=progress)
    try:
        try:
            demo.start()
            say(demo.ready_line)
            for login in demo.logins:
                say(f"login role={login.role} username={login.username} password={login.password}")
            orderly = demo.wait()
        finally:
            summary = demo.stop()
        say(json.dumps(summary))
    finally:
        if options.data_dir is None:
            shutil.rmtree(data_dir, ignore_errors=True)
    return 0 if orderly else 1
