"""The rig of the kill tests: a publisher, a collector child that dies again and again, and the oracle.

Oracle: each device counts its messages; message `n` of a device has the measured time `origin + n s`. What is in the
spool and in the store is compared with what was published: lost, doubled, invented. Devices without a clock repeat
themselves on purpose, in readings without a time and in retained link states: what is kept of each must be what it said,
in the order in which it said it.
"""

import itertools
import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.intake.spool.batch_codec import decode_batch
from collector.intake.spool.spool_files import find_files, open_file
from config.settings.tree import TimeSeriesSettings
from heating.clock import SystemClock
from heating.intervals import Interval, from_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample
from storage.readings.opening import open_time_series_store
from tests.support.waiting import wait_until

DEVICES = 20
UNTIMED_DEVICES = 4
"""Devices without a clock; they follow the others."""
UNTIMED_EVERY = 4
"""Every so many messages one without a time is mixed in, where `KillRig.untimed` says so."""
TEMPERATURES = (21, 21, 22, 21, 20)
STATES = (0, 1, 1, 0, 0, 1)
IN_FLIGHT = 500
"""Messages on the way to the broker at once: paho looks through all of them at every acknowledgement."""
MOST_WAITING = 40_000
"""Most messages handed over and not acknowledged: their ids are 16 bits wide."""
ROOT = Path(__file__).parents[3]


@dataclass(slots=True)
class Verdict:
    """What the oracle found."""

    lost: int
    doubled: int
    invented: int
    disordered: int = 0
    """Values without a time that do not stand where they were said."""


@dataclass(slots=True)
class KillRig:
    """One broker, one folder, one collector at a time."""

    host: str
    port: int
    folder: Path
    protocol: str = "3.1.1"
    sabotage: str = ""
    seed: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    """More options of the child."""
    prefix: list[str] = field(default_factory=list)
    """Words before the child's command."""
    published: list[int] = field(default_factory=lambda: [0] * DEVICES)
    origin_ms: int = 0
    untimed: bool = False
    """Whether messages without a time are mixed in."""
    distinct: bool = False
    """Whether these are readings that never say the same twice: what a broker that was killed sends again is known by
    content only, and so is what a publisher sends again that never got its PUBACK."""
    said: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """What each device without a clock published, by device and point."""
    _child: subprocess.Popen[str] | None = None
    _client: Any = None
    handed: int = 0
    """Messages handed to the publisher."""
    acknowledged: int = 0
    """Messages that the broker has acknowledged to the publisher."""

    def __post_init__(self) -> None:
        self.origin_ms = SystemClock().now_ms() // 1000 * 1000 - 6 * 3600 * 1000
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"rig-{self.port}-{self.seed}")
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(0.2, 1.0)
        self._client.on_publish = self._note_published
        self._client.connect(self.host, self.port)
        self._client.loop_start()

    def start_child(self, **more: Any) -> None:
        """Start a collector and wait until it is subscribed, or until it has killed itself at a failpoint."""
        options = {
            "host": self.host,
            "port": self.port,
            "protocol": self.protocol,
            "folder": str(self.folder),
            "filter": "heat/+/+/+/+",
            "objects": DEVICES + UNTIMED_DEVICES,
            "sabotage": self.sabotage,
            **self.options,
            **more,
        }
        with (self.folder / "child.log").open("a") as log:
            self._child = subprocess.Popen(
                [
                    *self.prefix,
                    sys.executable,
                    str(Path(__file__).with_name("collector_child.py")),
                    json.dumps(options),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin:/usr/sbin"},
            )
        assert self._child.stdout is not None
        lines = iter(self._child.stdout.readline, "")
        ready = any("ready" in line for line in lines)
        assert ready or "failpoint" in options, (self.folder / "child.log").read_text()[-3000:]

    def wait_for_death(self, timeout_s: float) -> None:
        """Publish a few messages now and then until the child has killed itself.

        Raises
        ------
        AssertionError
            When it never came to its failpoint, or died otherwise.
        """
        child = self._child
        assert child is not None

        def is_dead() -> bool:
            self.publish(DEVICES)
            return child.poll() is not None

        wait_until(is_dead, timeout_s, interval_s=0.1, what="the failpoint is reached")
        status = child.wait()
        assert status == -signal.SIGKILL, (self.folder / "child.log").read_text()[-3000:]
        self._close()

    @property
    def child_pid(self) -> int:
        """Process id of the collector."""
        assert self._child is not None
        return self._child.pid

    def kill_child(self) -> None:
        """Kill it as a power cut would."""
        assert self._child is not None
        self._child.kill()
        self._close()

    def end_child(self) -> dict[str, int]:
        """End it in order and return its counters."""
        assert self._child is not None
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        lines = self._child.stdout.read().splitlines()
        self._close()
        return dict(json.loads(next(line for line in lines if line.startswith('{"accepted"'))))

    def _close(self) -> None:
        assert self._child is not None
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None and not stream.closed:
                stream.close()
        self._child.wait(30)
        self._child = None

    def publish(self, count: int) -> None:
        """Publish the next messages, devices in turn."""
        for place in range(count):
            device = place % DEVICES
            number = self.published[device]
            self.published[device] += 1
            payload = {"t": self.origin_ms + number * 1000, "seq": number, "v": {"room_temp_c": number % 50}}
            topic = f"heat/xl/room/S{device}/telemetry"
            told = self._client.publish(topic, json.dumps(payload), qos=1)
            assert told.rc in (mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_NO_CONN), mqtt.error_string(told.rc)
            self.handed += 1
            if self.untimed and place % UNTIMED_EVERY == 0:
                self._publish_untimed(place // UNTIMED_EVERY)
        wait_until(lambda: self.handed - self.acknowledged < MOST_WAITING, 120, what="broker keeps up")

    def _publish_untimed(self, turn: int) -> None:
        device = f"S{DEVICES + turn % UNTIMED_DEVICES}"
        point = ("room_temp_c", "gateway_online")[turn // UNTIMED_DEVICES % 2]
        number = len(self.said.get((device, point), ()))
        if self.distinct:
            number = len(self.said.get((device, "room_temp_c"), ()))
            self.say(device, "room_temp_c", number / 100, retain=False)
        elif point == "room_temp_c":
            self.say(device, point, float(TEMPERATURES[number % len(TEMPERATURES)]), retain=False)
        else:
            self.say(device, point, float(STATES[number % len(STATES)]), retain=True)

    def say(self, device: str, point: str, value: float, *, retain: bool) -> None:
        """Publish a value without a time: a reading, or the link state `gateway_online`."""
        self.said.setdefault((device, point), []).append(value)
        topic = f"heat/xl/room/{device}/{'status' if point == 'gateway_online' else 'telemetry'}"
        state, reading = ("offline", "online")[int(value) % 2], json.dumps({"v": {point: value}})
        self._client.publish(topic, state if point == "gateway_online" else reading, qos=1, retain=retain)
        self.handed += 1

    def _note_published(self, *_arguments: Any) -> None:
        self.acknowledged += 1

    def settle(self) -> None:
        """Wait until the broker has acknowledged every message, those published while it was away included."""
        wait_until(lambda: self.acknowledged >= self.handed, 60, what="broker has everything")

    def wait_for_redelivery(self, timeout_s: float = 45.0) -> None:
        """Give the broker the time to send again what a dead collector held (NATS: 30 s); loss is judged later."""
        if self.sabotage:
            timeout_s = 3.0
        with suppress(AssertionError):
            wait_until(
                lambda: not self.judge(self.spooled()).lost + self.judge_untimed(self.untimed_spooled()).lost,
                timeout_s,
                interval_s=0.5,
            )

    def wait_for_stored(self, timeout_s: float = 20.0) -> None:
        """Give the collector the time to take in what the broker holds: until the spool grows no more."""
        counts: list[int] = []

        def settled() -> bool:
            counts.append(sum(self.spooled().values()))
            return len(counts) > 3 and len(set(counts[-3:])) == 1

        wait_until(settled, timeout_s, interval_s=0.4, what="the spool grows no more")

    def close(self) -> None:
        """Let go of the broker and of a child that still lives."""
        if self._child is not None:
            self._child.kill()
            self._close()
        self._client.disconnect()
        self._client.loop_stop()

    def random_pause_s(self, source: random.Random) -> float:
        """How long a child may live [s]."""
        return source.uniform(0.02, 0.5)

    # --- the oracle -------------------------------------------------------------------------------------------

    def expected(self) -> set[tuple[str, int]]:
        """Every (device, measured time) that was published."""
        return {
            (f"S{device}", self.origin_ms + number * 1000)
            for device, count in enumerate(self.published)
            for number in range(count)
        }

    def spooled(self) -> Counter[tuple[str, int]]:
        """How often each (device, measured time) was committed."""
        clocked = {f"S{device}" for device in range(DEVICES)}
        return Counter(
            (sample.ref.object_id, sample.measured_ms)
            for sample in self._samples()
            if sample.ref.object_id in clocked
        )

    def _samples(self) -> Iterator[Sample]:
        files, damaged = find_files(self.folder / "spool")
        assert not damaged
        for file in files:
            connection = open_file(file.path)
            for (body,) in connection.execute("SELECT body FROM batch"):
                samples, _message = decode_batch(body)
                yield from samples.to_samples()
            connection.close()

    def untimed_spooled(self) -> dict[tuple[str, str], list[float]]:
        """What the spool holds of the devices without a clock, by time."""
        found: dict[tuple[str, str], list[float]] = {key: [] for key in self.said}
        for sample in sorted(self._samples(), key=lambda sample: sample.measured_ms):
            key = sample.ref.object_id, sample.point
            if key in found:
                found[key].append(sample.value)
        return found

    def untimed_stored(self) -> dict[tuple[str, str], list[float]]:
        """What the store gives back of the devices without a clock."""
        now_ms = SystemClock().now_ms()
        window = Interval(from_epoch_ms(now_ms - 86_400_000), from_epoch_ms(now_ms + 86_400_000))
        store = open_time_series_store(TimeSeriesSettings(url=f"duckdb:///{self.folder}/store"))
        found = {}
        for device, point in self.said:
            values = store.series(ObjectRef(Measurement.ROOM, device), [point], window).values[point]
            found[device, point] = [float(value) for value in values if not np.isnan(value)]
        store.close()
        return found

    def judge_untimed(self, found: dict[tuple[str, str], list[float]]) -> Verdict:
        """Compare the devices without a clock with what they said, in order."""
        verdict = Verdict(0, 0, 0)
        for key, said in self.said.items():
            kept = found[key]
            verdict.lost += max(0, len(said) - len(kept))
            verdict.doubled += max(0, len(kept) - len(said))
            verdict.disordered += sum(one != other for one, other in zip(said, kept, strict=False))
        return verdict

    def judge_distinct(self, found: dict[tuple[str, str], list[float]]) -> Verdict:
        """Compare devices that never say the same twice with what they said; the first time counts."""
        verdict = Verdict(0, 0, 0)
        for key, said in self.said.items():
            kept = list(dict.fromkeys(found[key]))
            verdict.lost += len(set(said) - set(kept))
            verdict.invented += len(set(kept) - set(said))
            verdict.disordered += sum(one > other for one, other in itertools.pairwise(kept))
            verdict.doubled += len(found[key]) - len(kept)
        return verdict

    def stored(self) -> Counter[tuple[str, int]]:
        """What the store gives back."""
        settings = self.options.get("timeseries", {"url": f"duckdb:///{self.folder}/store"})
        store = open_time_series_store(TimeSeriesSettings(**settings))
        window = Interval(from_epoch_ms(self.origin_ms), from_epoch_ms(self.origin_ms + 86_400_000))
        found: Counter[tuple[str, int]] = Counter()
        for device in range(DEVICES):
            columns = store.series(ObjectRef(Measurement.ROOM, f"S{device}"), ["room_temp_c"], window)
            found.update((f"S{device}", int(time)) for time in columns.time_ms)
        store.close()
        return found

    def judge(self, found: Counter[tuple[str, int]]) -> Verdict:
        """Compare what was found with what was published."""
        expected = self.expected()
        return Verdict(
            lost=len(expected - set(found)),
            doubled=sum(count - 1 for count in found.values()),
            invented=len(set(found) - expected),
        )


def run_under_fire(rig: KillRig, *, kills: int, messages: int) -> dict[str, int]:
    """Publish while collectors are started and killed, then let the last one drain; return its counters."""
    source = random.Random(rig.seed)
    pause = threading.Event()
    rig.start_child()
    for _kill in range(kills):
        rig.publish(messages // kills)
        pause.wait(rig.random_pause_s(source))
        rig.kill_child()
        rig.start_child()
    rig.settle()
    rig.wait_for_redelivery()
    return rig.end_child()
