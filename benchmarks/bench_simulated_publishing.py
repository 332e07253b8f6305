"""The league live at speed 60: one home of ten sensed and hourly, stations every minute, all of it published.

A real minute of league is 60 virtual minutes; the run is shorter and counted up. Measured is how many virtual seconds pass
in a real one when the simulator may go as fast as it can: stepping the city, building messages, and MQTT at QoS 1 to a
broker on this machine that acknowledges everything. Goal of issue 4: at least 60. Reference in the same run: the same
messages published again with nothing simulated.
"""

import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.harness import Goal, Reference, Result
from heating.clock import Clock
from heating.intervals import from_epoch_ms, to_epoch_ms
from runtime.embedded_broker import EmbeddedBroker
from simulators.city import City
from simulators.publishing.live import run_live
from simulators.publishing.mqtt_publisher import MqttPublisher
from simulators.reports import Message
from simulators.scenario import Scenario, load_scenario
from simulators.scenario_site import site_of

ORIGIN = datetime(2026, 1, 15, tzinfo=UTC)
SPEED = 60.0
LENGTH = timedelta(minutes=15)
_SENSORS = {"intervals": ["1h"]}
_MIXES = {
    "native": {},
    "mixed": {
        "rooms": {"native": 40, "chirpstack_v4": 25, "nb_0x68": 20, "ctwing_aep": 10, "ttn_v3": 5},
        "stations": {"native": 50, "modbus_json": 25, "sparkplug_b": 15, "cjt188_heat_meter": 10},
    },
}


class _Ahead(Clock):
    """A clock that is always ahead, so that nothing ever waits for it."""

    speed = 1.0

    def now(self) -> datetime:
        return from_epoch_ms(self.now_ms())

    def now_ms(self) -> int:
        return to_epoch_ms(ORIGIN + timedelta(days=1))


def run() -> list[Result]:
    """Run the league live, natively and with a mix of families."""
    return [result for name, mix in _MIXES.items() for result in _measure(name, mix)]


def _measure(name: str, mix: dict[str, dict[str, int]]) -> list[Result]:
    league = load_scenario("league").model_dump()
    league |= {"sensed_fraction": 0.1, "sensor_mix": _SENSORS, "payload_mix": mix, "spin_up": 3600.0}
    scenario = Scenario.model_validate(league)
    site, _ = site_of(scenario, seed=1, now=ORIGIN)
    city = City(site=site, scenario=scenario, seed=1, origin=ORIGIN, start=ORIGIN)
    city.spin_up()
    city.go_live(ORIGIN)
    sent: list[Message] = []
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(host="127.0.0.1", port=0, data_dir=Path(folder))
        broker.start()
        try:
            seconds = _publish(broker, city, sent)
            again = _publish(broker, None, sent)
        finally:
            broker.stop()
    return [
        Result(
            name=f"simulated_publishing.league_{name}.speed",
            value=LENGTH.total_seconds() / seconds,
            unit="virtual s/s",
            reference=Reference(
                name="publishing the same messages again", value=LENGTH.total_seconds() / again
            ),
            goal=Goal(at_least=SPEED),
        ),
        Result(
            name=f"simulated_publishing.league_{name}.messages_per_second",
            value=len(sent) / seconds,
            unit="messages/s",
        ),
    ]


def _publish(broker: EmbeddedBroker, city: City | None, sent: list[Message]) -> float:
    """Run the city, or send again what it sent, until everything is acknowledged; return the seconds."""
    stop = threading.Event()
    publisher = MqttPublisher(host=broker.host, port=broker.port, stop=stop)
    publisher.connect()

    def publish(message: Message) -> None:
        sent.append(message)
        publisher.publish(message)

    began = time.perf_counter()
    if city is None:
        for message in sent:
            publisher.publish(message)
    else:
        run_live(
            city,
            clock=_Ahead(),
            speed=SPEED,
            publish=publish,
            stop=stop,
            until=ORIGIN + LENGTH,
            after_step=lambda _city, _reports: None,
        )
    left = publisher.drain(120.0)
    seconds = time.perf_counter() - began
    publisher.close()
    if left:
        raise RuntimeError(f"{left} messages were never acknowledged")
    return seconds
