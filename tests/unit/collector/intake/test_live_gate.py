"""What a live feed lets through: link states by order of arrival, and nothing of unknown age."""

from collector.decoders.native.decoder import NativeDecoder
from collector.intake.decoder_chain import DecoderChain
from collector.intake.live_gate import LiveGate
from collector.messages.known_objects import KnownObjects
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef
from tests.unit.collector.intake.fakes import NOW_MS, reading

STATUS = "heat/xl/room/S1/status"
KNOWN = KnownObjects({ObjectRef(Measurement.ROOM, f"S{number}"): "xl" for number in range(5)})


def live_gate() -> LiveGate:
    return LiveGate(DecoderChain(routes=[("heat/#", NativeDecoder())], known=KNOWN))


def test_retained_readings_are_left_out_and_link_states_let_in() -> None:
    gate = live_gate()
    kept = RawMessage("heat/xl/room/S3/telemetry", b'{"v":{"room_temp_c":20}}', NOW_MS, retained=True)
    status = RawMessage(STATUS, b"online", NOW_MS, retained=True)
    decoded = gate.read([kept, status, reading(4, 20)])
    assert len(decoded.samples) == 2
    assert gate.retained == 1


def test_the_last_word_in_one_read_is_the_newest_and_its_copy_after_a_reconnect_is_no_news() -> None:
    gate = live_gate()
    rows = gate.read([RawMessage(STATUS, word, NOW_MS) for word in (b"offline", b"online")]).samples
    newest = max(rows.to_samples(), key=lambda sample: sample.measured_ms)
    assert (len(rows), newest.value) == (2, 1.0)
    assert len(gate.read([RawMessage(STATUS, b"online", NOW_MS + 5_000, retained=True)]).samples) == 0
    assert len(gate.read([RawMessage(STATUS, b"offline", NOW_MS + 5_000, retained=True)]).samples) == 1
