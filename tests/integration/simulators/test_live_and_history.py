"""Whole cities live and before: nothing too early, sign-offs at the end, and no jump where history meets the present."""

import json
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np

from config.sample_files import read_sample_file
from heating.clock import ManualClock
from heating.intervals import from_epoch_ms, to_epoch_ms
from heating.samples import SampleBatch
from simulators.city import City
from simulators.publishing.history import write_history
from simulators.publishing.live import run_live
from simulators.reports import Message
from simulators.scenario import Scenario
from tests.unit.simulators.cities import ORIGIN, small_city, small_site


class TickingClock(ManualClock):
    """Goes on by a second each time it is asked, and keeps the latest answer."""

    def now_ms(self) -> int:
        """Return the present moment after moving on."""
        self.advance(1.0)
        return super().now_ms()


def follow(city: City, *, until: timedelta | None, stop: threading.Event | None = None) -> list[Message]:
    messages: list[Message] = []
    run_live(
        city,
        clock=TickingClock(ORIGIN),
        speed=1e6,
        publish=messages.append,
        stop=stop or threading.Event(),
        until=None if until is None else ORIGIN + until,
        after_step=lambda _city, _reports: None,
    )
    return messages


def test_gateways_are_announced_and_signed_off_and_a_silent_one_goes_offline() -> None:
    fault = {"id": "g", "type": "gateway_silent", "target": "st-002", "onset": "+2m", "duration": "3m"}
    messages = follow(small_city(faults=[fault]), until=timedelta(minutes=10))
    states = [m.payload for m in messages if m.topic == "heat/xilinhot/station/st-002/status"]
    assert states == [b"online", b"offline", b"online", b"offline"]
    assert all(m.retained for m in messages if m.topic.endswith("/status"))
    assert not any(m.retained for m in messages if m.topic.endswith("/telemetry"))


def test_nothing_is_published_before_its_time() -> None:
    clock, city = TickingClock(ORIGIN), small_city()
    late: list[int] = []

    def publish(message: Message) -> None:
        if message.topic.endswith("telemetry"):
            late.append(to_epoch_ms(clock.now()) - json.loads(message.payload)["t"])

    run_live(
        city,
        clock=clock,
        speed=1e6,
        publish=publish,
        stop=threading.Event(),
        until=ORIGIN + timedelta(minutes=20),
        after_step=lambda _city, _reports: None,
    )
    assert len(late) > 100 and min(late) >= 0


def test_a_stopped_run_ends_with_sign_offs_only() -> None:
    stop = threading.Event()
    stop.set()
    messages = follow(small_city(), until=None, stop=stop)
    assert [m.payload for m in messages] == [b"online"] * 3 + [b"offline"] * 3


def test_history_reaches_the_origin_and_live_goes_on_without_a_jump(tmp_path: Path) -> None:
    plan = {"site": "smoke", "spin_up": "6h", "home_step": "60s", "history_station_interval": "60s"}
    scenario = Scenario.model_validate(plan | {"weather": {"day_of_year": 15}})
    city = City(
        site=small_site(), scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN - timedelta(hours=7)
    )
    city.spin_up()
    written = write_history(
        city, until_ms=to_epoch_ms(ORIGIN), folder=tmp_path, after_step=lambda _city, _reports: None
    )
    files = sorted(tmp_path.iterdir())
    batch = SampleBatch.concatenate([read_sample_file(path) for path in files])
    assert len(files) == written.files == 2 and len(batch) == written.values
    assert city.now_ms == to_epoch_ms(ORIGIN)
    assert from_epoch_ms(int(batch.measured_ms.min())) < ORIGIN - timedelta(hours=6, minutes=58)
    assert to_epoch_ms(ORIGIN) - 60_000 < batch.measured_ms.max() <= to_epoch_ms(ORIGIN)
    keys = np.stack([batch.object_index.astype(np.int64), batch.point, batch.measured_ms])
    assert np.unique(keys, axis=1).shape[1] == len(batch)
    last = {(s.ref.object_id, s.point): s for s in batch.to_samples()[-3000:]}
    city.go_live(ORIGIN)
    for message in follow(city, until=timedelta(minutes=1)):
        _, _, _, object_id, leaf = message.topic.split("/")
        if leaf == "telemetry" and "/station/" in message.topic:
            reading = json.loads(message.payload)
            before = last[object_id, "secondary_return_temp_c"]
            assert reading["t"] > before.measured_ms
            assert abs(reading["v"]["secondary_return_temp_c"] - before.value) < 1.0
