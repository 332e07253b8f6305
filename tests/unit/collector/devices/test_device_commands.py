"""Commands to devices: sent by a thread of their own, at most one a minute and topic, kept while the broker is away."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from collector.decoders.envelopes.sparkplug_b import SparkplugBDecoder
from collector.decoders.envelopes.sparkplug_b_pb2 import Metric, Payload
from collector.decoders.foreign import FamilyOptions
from collector.devices.device_commands import CommandOutlet
from collector.devices.device_gate import DeviceGate
from collector.devices.throttle import Throttle, ThrottleLimits
from collector.intake.decoder_chain import DecoderChain
from collector.intake.live_gate import LiveGate
from collector.intake.mqtt.publisher import PublishError
from collector.messages.decoded import DeviceCommand
from collector.messages.known_objects import KnownObjects
from config.equipment.point_maps import configured_point_maps
from heating.protocols import RawMessage
from tests.support.decoding import RECEIVED_MS
from tests.support.waiting import wait_until


class Broker:
    """Takes commands; refuses them while `away`."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.away = False
        self.tries = 0

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        self.tries += 1
        if self.away:
            raise PublishError("away")
        self.topics += [topic for topic, _payload in messages]


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def outlet(broker: Broker) -> Iterator[CommandOutlet]:
    made = CommandOutlet(broker.publish, least_pause_s=60.0, retry_s=0.01)
    yield made
    made.close()


def command(topic: str = "spBv1.0/G/NCMD/N") -> DeviceCommand:
    return DeviceCommand(topic, b"x", "a gap")


def test_a_command_is_sent_and_the_next_one_on_its_topic_is_held_back(
    outlet: CommandOutlet, broker: Broker
) -> None:
    outlet.post([command(), command(), command("spBv1.0/G/NCMD/other")])
    wait_until(lambda: outlet.sent == 2)
    outlet.post([command()])
    assert sorted(broker.topics) == ["spBv1.0/G/NCMD/N", "spBv1.0/G/NCMD/other"]
    assert outlet.held_back == 2


def test_after_the_pause_a_topic_may_be_asked_again(broker: Broker) -> None:
    outlet = CommandOutlet(broker.publish, least_pause_s=0.0)
    for wanted in (1, 2):
        outlet.post([command()])
        wait_until(lambda wanted=wanted: outlet.sent == wanted)  # type: ignore[misc]
    outlet.close()
    assert len(broker.topics) == 2


def test_commands_wait_while_the_broker_is_away(outlet: CommandOutlet, broker: Broker) -> None:
    broker.away = True
    outlet.post([command()])
    wait_until(lambda: broker.tries >= 3)
    assert broker.topics == []
    broker.away = False
    wait_until(lambda: outlet.sent == 1)
    assert outlet.figures()["device_command_failures"] >= 2


def test_nothing_runs_before_the_first_command_and_nothing_is_sent_after_the_end(broker: Broker) -> None:
    outlet = CommandOutlet(broker.publish)
    outlet.post([])
    assert not outlet._loop.is_running
    outlet.close()
    outlet.post([command()])
    assert not outlet._loop.is_running and broker.tries == 0


def _gate(chain: DecoderChain, outlet: CommandOutlet) -> DeviceGate:
    return DeviceGate(chain=chain, throttle=Throttle(ThrottleLimits(1000.0, 1000)), commands=outlet)


def _live(chain: DecoderChain, outlet: CommandOutlet) -> LiveGate:
    return LiveGate(chain, commands=outlet)


@pytest.mark.parametrize("gate", [_gate, _live])
@pytest.mark.parametrize(
    ("metric", "before"),
    [
        (Metric(name="一次供温", datatype=9, float_value=80.0), "data before birth"),
        (Metric(alias=77, float_value=80.0), "unknown alias"),
    ],
)
def test_what_the_decoder_misses_is_asked_for_by_collector_and_live_feed(
    gate: Callable[[DecoderChain, CommandOutlet], DeviceGate | LiveGate],
    metric: Metric,
    before: str,
    outlet: CommandOutlet,
    broker: Broker,
) -> None:
    decoder = SparkplugBDecoder(FamilyOptions(), maps=configured_point_maps({}))
    chain = DecoderChain(routes=[("spBv1.0/#", decoder)], known=KnownObjects({}))
    data = Payload(timestamp=RECEIVED_MS, seq=4, metrics=[metric]).SerializeToString()
    gate(chain, outlet).read([RawMessage("spBv1.0/league/DDATA/gw1/ST001", data, RECEIVED_MS)])
    wait_until(lambda: broker.topics == ["spBv1.0/league/NCMD/gw1"], what=before)
