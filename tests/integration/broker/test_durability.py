"""What the shipped configurations keep when the broker is killed: NATS server everything, Mosquitto all but a moment.

The broker is killed with SIGKILL while messages for an absent collector wait; a cut of the machine's power is not
tested here (the table in ``collector/broker_access/defaults/README.md`` says what was measured).
"""

from pathlib import Path
from time import perf_counter

import pytest

from collector.intake.mqtt.source import MqttSource
from heating.clock import SystemClock
from heating.protocols import HealthStatus
from tests.integration.broker.generated_broker import GeneratedBroker, start_generated
from tests.support.servers.requirement import started_or_missing
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow
OWN = "heat/xilinhot/station/st-east/telemetry"
MESSAGES = 600
LAST_MOMENT = 5
"""Messages that Mosquitto may acknowledge in the turn of its loop in which it is killed."""


def run(broker: GeneratedBroker, count: int) -> tuple[int, float]:
    """Publish for an absent collector, kill the broker, start it again; return messages lost and rate [1/s]."""
    settings = broker.collector_settings()
    first = MqttSource(settings=settings, clock=SystemClock(), coalesce_ms=1)
    first.start()
    wait_until(lambda: first.health().status is HealthStatus.OK, 20)
    first.stop()
    station = broker.device("station.st-east")
    began_s = perf_counter()
    infos = [station.publish(OWN, b"%d" % number) for number in range(count)]
    wait_until(lambda: all(info.is_published() for info in infos), 120)
    rate = count / (perf_counter() - began_s)
    broker.process.kill()
    station.client.loop_stop()
    broker.process.restart(crash=True)
    second = MqttSource(settings=settings, clock=SystemClock(), coalesce_ms=1)
    second.start()
    found: set[bytes] = set()

    def all_came() -> bool:
        messages = second.take(limit=1000, timeout_s=0.2)
        second.acknowledge(messages)
        found.update(message.payload for message in messages)
        return len(found) >= count

    try:
        wait_until(all_came, 30)
    except AssertionError:
        return count - len(found), rate
    finally:
        second.stop()
    return 0, rate


@pytest.mark.mosquitto
def test_mosquitto_loses_no_more_than_its_last_moment_when_it_is_killed(tmp_path: Path) -> None:
    """It acknowledges just before it saves: a message of the last turn of its loop may be gone."""
    broker = started_or_missing(lambda: start_generated(tmp_path))
    try:
        lost, rate = run(broker, MESSAGES)
    finally:
        broker.close()
    assert lost <= LAST_MOMENT, f"{lost} of {MESSAGES} lost at {rate:.0f} messages/s"


@pytest.mark.mosquitto
def test_without_the_shipped_lines_mosquitto_loses_messages(tmp_path: Path) -> None:
    """Control: the test can fail."""
    broker = started_or_missing(lambda: start_generated(tmp_path))
    try:
        broker.process.stop()
        configuration = broker.place.folder / "mosquitto.conf"
        text = configuration.read_text().replace("autosave_on_changes true", "autosave_on_changes false")
        configuration.write_text(text.replace("autosave_interval 1", "autosave_interval 1800"))
        broker.process.start()
        settings = broker.collector_settings()
        first = MqttSource(settings=settings, clock=SystemClock(), coalesce_ms=1)
        first.start()
        wait_until(lambda: first.health().status is HealthStatus.OK, 20)
        first.stop()
        station = broker.device("station.st-east")
        for number in range(20):
            station.publish(OWN, b"%d" % number).wait_for_publish(10)
        broker.process.kill()
        station.client.loop_stop()
        broker.process.restart(crash=True)
        second = MqttSource(settings=settings, clock=SystemClock(), coalesce_ms=1)
        second.start()
        wait_until(lambda: second.health().status is HealthStatus.OK, 20)
        assert second.take(limit=100, timeout_s=1.0) == []
        second.stop()
    finally:
        broker.close()


@pytest.mark.nats
def test_nats_server_loses_nothing_acknowledged_when_it_is_killed(tmp_path: Path) -> None:
    broker = started_or_missing(lambda: start_generated(tmp_path, nats=True))
    try:
        lost, rate = run(broker, MESSAGES)
    finally:
        broker.close()
    assert lost == 0, f"{lost} of {MESSAGES} lost at {rate:.0f} messages/s"


@pytest.mark.nats
def test_nats_server_refuses_foreign_topics_and_every_subscription_of_a_device(tmp_path: Path) -> None:
    broker = started_or_missing(lambda: start_generated(tmp_path, nats=True))
    try:
        source = MqttSource(settings=broker.collector_settings(), clock=SystemClock(), coalesce_ms=1)
        source.start()
        wait_until(lambda: source.health().status is HealthStatus.OK, 20)
        station = broker.device("station.st-east")
        station.client.subscribe("heat/#", 1)
        wait_until(lambda: len(station.answers) == 2, 10)
        assert "Failure" in station.answers[1] or "Unspecified" in station.answers[1]
        station.publish("heat/abag/station/st-west/telemetry", b"{}")
        other = broker.device("station.st-east", client_id="second")
        other.publish(OWN, b"{}")
        found: list[str] = []

        def came() -> bool:
            messages = source.take(limit=10, timeout_s=0.1)
            source.acknowledge(messages)
            found.extend(message.topic for message in messages)
            return OWN in found

        wait_until(came, 15)
        assert found == [OWN]
        source.stop()
    finally:
        broker.close()
