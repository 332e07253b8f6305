"""A real Mosquitto on generated files: mutual TLS, each device below itself only, revocation, a stolen client id."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from collector.broker_access.identities import REPLAY_NAME
from collector.intake.mqtt.publisher import publish_all
from collector.intake.mqtt.source import MqttSource
from config.settings.tree import GatewaySettings, MqttSettings, RouteSettings
from heating.clock import SystemClock
from heating.protocols import HealthStatus
from tests.integration.broker.generated_broker import Device, GeneratedBroker, start_generated
from tests.support.certificates import Authority, SignedFiles
from tests.support.servers.requirement import started_or_missing
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.mosquitto, pytest.mark.slow]
OWN = "heat/xilinhot/station/st-east/telemetry"
FOREIGN = "heat/abag/station/st-west/telemetry"
REVOCATION_LIMIT_S = 60.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., GeneratedBroker]]:
    started: list[GeneratedBroker] = []

    def begin(**options: Any) -> GeneratedBroker:
        folder = tmp_path / f"broker-{len(started)}"
        started.append(started_or_missing(lambda: start_generated(folder, **options)))
        return started[-1]

    yield begin
    for one in started:
        one.close()


@pytest.fixture
def collecting() -> Iterator[Callable[..., MqttSource]]:
    sources: list[MqttSource] = []

    def begin(broker: GeneratedBroker, **changes: object) -> MqttSource:
        source = MqttSource(settings=broker.collector_settings(**changes), clock=SystemClock(), coalesce_ms=1)
        sources.append(source)
        source.start()
        return source

    yield begin
    for source in sources:
        source.stop()


def topics(source: MqttSource, *, until: str) -> list[str]:
    """Take messages until one came on a topic; return all topics."""
    found: list[str] = []

    def came() -> bool:
        messages = source.take(limit=100, timeout_s=0.05)
        source.acknowledge(messages)
        found.extend(message.topic for message in messages)
        return until in found

    wait_until(came, 15)
    return found


def healthy(source: MqttSource) -> None:
    wait_until(lambda: source.health().status is HealthStatus.OK, 15)


@pytest.mark.parametrize("certificates", [True, False], ids=["certificates", "passwords"])
def test_a_device_reaches_the_collector_on_its_own_topic_and_on_no_other(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource], certificates: bool
) -> None:
    broker = start(certificates=certificates)
    source = collecting(broker)
    healthy(source)
    station, building = broker.device("station.st-east"), broker.device("building.jx-12")
    station.publish(FOREIGN, b"{}")
    station.publish("heat/xilinhot/station/st-east/other", b"{}")
    station.publish("heat/abag/station/st-east/telemetry", b"{}")
    building.publish(OWN, b"{}")
    building.publish("heat/xilinhot/room/s-jx-12-3-301/telemetry", b"{}")
    station.publish(OWN, b"{}")
    found = [*topics(source, until=OWN)]
    if "heat/xilinhot/room/s-jx-12-3-301/telemetry" not in found:
        found += topics(source, until="heat/xilinhot/room/s-jx-12-3-301/telemetry")
    assert sorted(found) == ["heat/xilinhot/room/s-jx-12-3-301/telemetry", OWN]


def test_a_device_hears_nothing_however_widely_it_subscribes(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource]
) -> None:
    broker = start()
    source = collecting(broker)
    healthy(source)
    curious, station = broker.device("station.st-west"), broker.device("station.st-east")
    for topic_filter in ("#", "heat/#", OWN, "$SYS/#"):
        curious.client.subscribe(topic_filter, 1)
    wait_until(lambda: len(curious.answers) == 5)
    for _ in range(5):
        station.publish(OWN, b"{}")
    wait_until(lambda: source.received == 5)
    curious.publish(FOREIGN, b"{}").wait_for_publish(5)
    assert curious.received == []


def test_a_revoked_device_is_shut_out_within_a_minute_and_the_others_stay(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource]
) -> None:
    for certificates in (True, False):
        broker = start(certificates=certificates)
        source = collecting(broker)
        healthy(source)
        thief, honest = broker.device("station.st-east"), broker.device("station.st-west")
        thief.publish(OWN, b"{}")
        topics(source, until=OWN)
        began_s = monotonic()
        broker.write(revoke=["station.st-east"])
        broker.reload()
        source.take(limit=100, timeout_s=0)

        wait_until(partial(_is_shut_out, thief, honest, source), REVOCATION_LIMIT_S)
        assert monotonic() - began_s < REVOCATION_LIMIT_S
        assert honest.connected
        assert source.health().status is HealthStatus.OK


def _is_shut_out(thief: Device, honest: Device, source: MqttSource) -> bool:
    thief.publish(OWN, b"{}")
    honest.publish(FOREIGN, b"{}")
    return OWN not in topics(source, until=FOREIGN)


def test_nobody_takes_over_the_session_of_the_collector_by_its_client_id(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource]
) -> None:
    broker = start()
    source = collecting(broker)
    healthy(source)
    impostor = broker.device("station.st-west", client_id="nuanliu-collector-0")
    assert impostor.connected
    broker.device("station.st-east").publish(OWN, b"{}")
    topics(source, until=OWN)
    assert source.health().status is HealthStatus.OK
    assert source._loop.connects == 1


@pytest.mark.parametrize("certificates", [True, False], ids=["certificates", "passwords"])
def test_no_device_comes_in_where_our_programs_do_and_the_collector_stays(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource], certificates: bool
) -> None:
    broker = start(certificates=certificates, own_authority=True)
    source = collecting(broker)
    healthy(source)
    try:
        impostor = broker.device(
            "station.st-west", client_id="nuanliu-collector-0", port=broker.place.service_port
        )
        came_in = impostor.connected
    except OSError:
        came_in = False  # refused before a word of MQTT was spoken
    assert not came_in
    assert broker.device("station.st-west").connected
    broker.device("station.st-east").publish(OWN, b"{}")
    assert OWN in topics(source, until=OWN)
    assert source._loop.connects == 1


@pytest.mark.filterwarnings(
    "ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning"
)  # paho leaves it to refcounts
@pytest.mark.parametrize("mistake", ["authority", "no certificate", "foreign certificate"])
def test_what_is_wrong_with_tls_is_told_in_words(
    start: Callable[..., GeneratedBroker],
    collecting: Callable[..., MqttSource],
    tmp_path: Path,
    mistake: str,
) -> None:
    broker = start()
    stranger = Authority(tmp_path / "stranger", name="Stranger")
    match mistake:
        case "authority":
            source = collecting(broker, ca_file=stranger.ca)
            said = "certificate verify failed"
        case "no certificate":
            source = collecting(broker, certificate_file=None, key_file=None)
            said = "certificate"
        case _:
            files = stranger.sign("nuanliu-collector")
            source = collecting(broker, certificate_file=files.certificate, key_file=files.key)
            said = "ca"
    wait_until(lambda: said in source.health().reason.lower().replace("_", " "), 15)
    assert source.health().status is HealthStatus.DOWN
    assert not source.is_dead


def test_a_revoked_certificate_is_refused_within_a_minute_also_for_a_device_that_is_let_in_again(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource], tmp_path: Path
) -> None:
    broker = start()
    source = collecting(broker)
    healthy(source)
    signed = broker.authority.sign("station.st-east")
    stolen = SignedFiles(tmp_path / "stolen.pem", tmp_path / "stolen.key")
    shutil.copy(signed.certificate, stolen.certificate)
    shutil.copy(signed.key, stolen.key)
    honest = broker.device("station.st-west")
    assert honest.connected and _lets_in(broker, stolen)
    began_s = monotonic()
    broker.write(revoke=["station.st-east"])
    broker.reload()
    wait_until(lambda: not _lets_in(broker, stolen), REVOCATION_LIMIT_S, interval_s=0.3)
    assert monotonic() - began_s < REVOCATION_LIMIT_S
    assert honest.connected and source.health().status is HealthStatus.OK
    assert source._loop.connects == 1

    broker.write(restore=["station.st-east"])
    broker.reload()
    renewed = broker.device("station.st-east")
    wait_until(lambda: renewed.connected, 10)
    renewed.publish(OWN, b"{}")
    assert topics(source, until=OWN)
    assert not _lets_in(broker, stolen)


def _lets_in(broker: GeneratedBroker, files: SignedFiles) -> bool:
    """Return whether a device gets in with a certificate."""
    try:
        device = broker.device("station.st-east", files=files)
    except OSError:
        return False
    let_in = any(answer == "connect: Success" for answer in device.answers)
    device.client.disconnect()
    device.client.loop_stop()
    return let_in


SPARKPLUG = MqttSettings(
    username="nuanliu-collector",
    routes=(
        RouteSettings(filter="heat/#"),
        RouteSettings(filter="spBv1.0/#", decoder="sparkplug_b"),
    ),
    gateways=(
        GatewaySettings(
            name="gw1",
            publishes=("spBv1.0/league/+/gw1", "spBv1.0/league/+/gw1/+"),
            subscribes=("spBv1.0/league/NCMD/gw1",),
        ),
    ),
)


def test_a_gateway_of_the_settings_speaks_and_hears_its_own_topics_only(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource]
) -> None:
    broker = start(mqtt=SPARKPLUG)
    source = collecting(broker, routes=[{"filter": "#"}])
    healthy(source)
    gateway, station = broker.device("gw1"), broker.device("station.st-east")
    for topic_filter in ("#", "spBv1.0/league/NCMD/gw1", "spBv1.0/league/NCMD/gw2"):
        gateway.client.subscribe(topic_filter, 1)
    wait_until(lambda: len(gateway.answers) == 4)
    gateway.publish(OWN, b"{}")
    gateway.publish("spBv1.0/league/NDATA/gw2", b"")
    station.publish("spBv1.0/league/NCMD/gw9", b"")
    settings = broker.collector_settings()
    commands = [(f"spBv1.0/league/NCMD/gw{number}", b"x") for number in (1, 2)]
    publish_all([*commands, (OWN, b"{}")], settings=settings, qos=0)
    wait_until(lambda: gateway.received, 5)
    assert set(gateway.received) == {"spBv1.0/league/NCMD/gw1"}
    gateway.publish("spBv1.0/league/NDATA/gw1", b"")
    heard = set(topics(source, until="spBv1.0/league/NDATA/gw1"))
    assert heard == {"spBv1.0/league/NDATA/gw1", *(topic for topic, _payload in commands)}


@pytest.mark.parametrize("certificates", [True, False], ids=["certificates", "passwords"])
def test_the_replays_publish_what_the_collector_may_not(
    start: Callable[..., GeneratedBroker], collecting: Callable[..., MqttSource], certificates: bool
) -> None:
    broker = start(certificates=certificates)
    source = collecting(broker)
    healthy(source)
    if certificates:
        files = broker.authority.sign(REPLAY_NAME)
        proof: dict[str, Any] = {
            "replay_certificate_file": files.certificate,
            "replay_key_file": files.key,
        }
    else:
        proof = {"replay_username": REPLAY_NAME, "replay_password": broker.passwords()[REPLAY_NAME]}
    settings = broker.collector_settings(**proof)
    publish_all([(FOREIGN, b"{}")], settings=settings)
    publish_all([(OWN, b"{}")], settings=settings.of_replays())
    assert topics(source, until=OWN) == [OWN]
