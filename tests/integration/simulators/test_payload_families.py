"""What the simulator's own encoders write, the collector's decoders read as the same values, family by family."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.decoders.families import build_decoder
from collector.devices.device_map import FileDeviceMap
from collector.messages.decoded import Decoded, Decoder
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import Sample
from simulators.city_layout import CityLayout, lay_out
from simulators.devices.device_maps import write_device_maps
from simulators.devices.families import draw_families
from simulators.devices.payloads.station_names import METER_POINTS
from simulators.devices.room_sensors import ROOM_POINTS, RoomSensors
from simulators.devices.senders import Senders
from simulators.devices.sensor_traits import SENTINEL_C
from simulators.devices.station_instruments import StationInstruments
from simulators.random_streams import RandomStreams
from simulators.reports import Delivery, Fleet, Message, Report
from simulators.scenario_devices import PayloadMix, RoomFamily, StationFamily
from tests.unit.simulators.cities import small_site

LAYOUT = lay_out(small_site())
STREAMS = RandomStreams(1)
T_MS = 1_768_435_200_000
ROOMS = [family for family in RoomFamily if family is not RoomFamily.NATIVE]
GATEWAYS = [StationFamily.MODBUS_JSON, StationFamily.EMQX_NEURON, StationFamily.SPARKPLUG_B]
METERS = [StationFamily.CJT188_HEAT_METER, StationFamily.MBUS_WIRED]
PACKETS = (RoomFamily.NB_0X68, RoomFamily.CTWING_AEP)
relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)


class Pair:
    """The senders of a city that speaks one family, and the collector's decoder of it."""

    def __init__(self, folder: Path, family: RoomFamily | StationFamily, layout: CityLayout = LAYOUT) -> None:
        mix = (
            PayloadMix(rooms={family: 1.0})
            if isinstance(family, RoomFamily)
            else PayloadMix(stations={family: 1.0})
        )
        families = draw_families(layout, STREAMS, mix)
        self.stations = StationInstruments(layout, STREAMS).fleet
        self.rooms = RoomSensors(layout, STREAMS, families=families.rooms).fleet
        self.senders = Senders(layout, families, self.stations)
        write_device_maps(
            folder, families, sensor_ids=layout.sensor_ids, station_ids=tuple(layout.station_index)
        )
        self.decoder: Decoder = build_decoder(
            family.value,
            max_payload_bytes=65_536,
            devices=FileDeviceMap.read(folder / f"{family.value}.csv"),
        )

    def read(self, messages: list[Message], *, received_ms: int = T_MS + 700) -> Decoded:
        """Let the collector decode messages."""
        return self.decoder.decode([RawMessage(m.topic, m.payload, received_ms) for m in messages])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    """A pair for every foreign family."""
    return {
        family.value: Pair(tmp_path_factory.mktemp(family.value), family)
        for family in [*ROOMS, *GATEWAYS, *METERS]
    }


def room_report(
    fleet: Fleet,
    temps_c: list[float],
    *,
    stored: bool = False,
    clockless: bool = False,
    place: int = 4,
    moved: bool = False,
) -> Report:
    """Samples of one sensor in one message, the newest first, half an hour apart."""
    k = len(temps_c)
    values = np.full((k, len(ROOM_POINTS)), np.nan)
    values[:, 0], values[:, 1] = temps_c, 41
    values[0, 2:5] = 3.2, 80, -71
    values[:, 5], values[:, 6] = 0, moved
    values[:, 7] = 1 if stored else np.nan
    moments = T_MS - 1_800_000 * np.arange(k)
    sent = np.full(k, T_MS + (7_200_000 if stored else 0))
    delivery = Delivery(sent, np.ones(k, np.int8), np.full(k, clockless))
    return Report(fleet, np.full(k, place), moments, values, delivery)


def of_point(decoded: Decoded, point: str) -> list[Sample]:
    return [sample for sample in decoded.samples.to_samples() if sample.point == point]


@pytest.mark.parametrize("family", ROOMS)
@relaxed
@given(tenths=st.integers(-250, 550), place=st.integers(0, 100))
def test_a_room_temperature_arrives_as_it_was_measured(
    pairs: dict[str, Pair], family: RoomFamily, tenths: int, place: int
) -> None:
    pair = pairs[family.value]
    report = room_report(pair.rooms, [tenths / 10], place=place)
    decoded = pair.read(list(pair.senders.messages(report)))
    assert decoded.rejections == []
    (sample,) = of_point(decoded, "room_temp_c")
    assert (sample.ref.measurement, sample.ref.object_id) == (Measurement.ROOM, LAYOUT.sensor_ids[place])
    assert sample.value == pytest.approx(tenths / 10, abs=1e-9)
    assert sample.measured_ms == T_MS and sample.quality == Quality.GOOD
    assert [s.value for s in of_point(decoded, "room_humidity_pct")] == [41]


@pytest.mark.parametrize("family", PACKETS)
@given(tenths=st.lists(st.integers(100, 300), min_size=1, max_size=6))
@relaxed
def test_a_packet_keeps_its_samples_and_their_times(
    pairs: dict[str, Pair], family: RoomFamily, tenths: list[int]
) -> None:
    pair = pairs[family.value]
    decoded = pair.read(list(pair.senders.messages(room_report(pair.rooms, [t / 10 for t in tenths]))))
    read = [(s.measured_ms, round(s.value * 10)) for s in of_point(decoded, "room_temp_c")]
    assert read == [(T_MS - 1_800_000 * age, value) for age, value in enumerate(tenths)]


@pytest.mark.parametrize("family", ROOMS)
def test_a_probe_that_does_not_answer_is_no_temperature(pairs: dict[str, Pair], family: RoomFamily) -> None:
    pair = pairs[family.value]
    decoded = pair.read(list(pair.senders.messages(room_report(pair.rooms, [SENTINEL_C]))))
    (sample,) = of_point(decoded, "room_temp_c")
    assert sample.quality >= Quality.BAD or sample.value > 60  # the collector's validation marks it then


@pytest.mark.parametrize("family", [RoomFamily.CHIRPSTACK_V4, RoomFamily.TTN_V3, *PACKETS])
def test_history_that_was_held_back_says_so_and_keeps_its_time(
    pairs: dict[str, Pair], family: RoomFamily
) -> None:
    pair = pairs[family.value]
    report = room_report(pair.rooms, [20.5], stored=True)
    decoded = pair.read(list(pair.senders.messages(report)), received_ms=T_MS + 7_201_000)
    (sample,) = of_point(decoded, "room_temp_c")
    assert sample.measured_ms == T_MS and [s.value for s in of_point(decoded, "backfilled")] == [1]


@pytest.mark.parametrize("family", PACKETS)
def test_a_clock_that_was_never_set_and_a_move_are_seen(pairs: dict[str, Pair], family: RoomFamily) -> None:
    pair = pairs[family.value]
    report = room_report(pair.rooms, [20.5, 20.4], clockless=True, moved=True)
    decoded = pair.read(list(pair.senders.messages(report)))
    newest, older = of_point(decoded, "room_temp_c")
    assert newest.measured_ms == T_MS + 700 and older.measured_ms == T_MS + 700 - 1_800_000
    assert newest.quality >= Quality.UNCERTAIN_TIME
    assert {s.value for s in of_point(decoded, "sensor_moved")} == {1}


def station_report(fleet: Fleet, factor: float, *, place: int = 1) -> Report:
    """A reading of every point of a station, plausible for any factor from 0 to 1."""
    values = np.round(20 * factor + 0.01 * np.arange(len(fleet.points)), 3)
    for column, name in enumerate(fleet.points):
        if name.endswith(("_running", "_fault", "_ok", "_detected", "_open", "_mode")):
            values[column] = column % 2
    heat = dict(
        zip(
            METER_POINTS,
            (95.31, 52.17, 40 * factor, 150_000 + factor, 7.2 * factor, 40_000 + factor),
            strict=True,
        )
    )
    for name, value in heat.items():
        values[fleet.points.index(name)] = round(value, 3)
    return Report(fleet, np.array([place]), np.array([T_MS]), values[None, :])


def expected(report: Report) -> dict[str, float]:
    return dict(zip(report.fleet.points, report.values[0].tolist(), strict=True))


@pytest.mark.parametrize("family", GATEWAYS)
@given(factor=st.floats(0, 1))
@relaxed
def test_every_point_of_a_station_arrives_under_its_name(
    pairs: dict[str, Pair], family: StationFamily, factor: float
) -> None:
    pair = pairs[family.value]
    report = station_report(pair.stations, factor)
    for _birth_then_data in range(2):
        decoded = pair.read(list(pair.senders.messages(report)))
        assert decoded.rejections == []
        read = {s.point: s for s in decoded.samples.to_samples() if s.point != "gateway_online"}
        assert {s.ref.object_id for s in read.values()} == {"st-002"}
        assert {s.measured_ms for s in read.values()} == {T_MS}
        assert {point: s.value for point, s in read.items()} == pytest.approx(
            expected(report), rel=1e-6, abs=1e-4
        )


@pytest.mark.parametrize(("family", "rate"), [(METERS[0], 5e-5), (METERS[1], 5e-4)])
@given(factor=st.floats(0.01, 1))
@relaxed
def test_a_heat_meter_tells_its_registers_and_the_gateway_the_rest(
    pairs: dict[str, Pair], family: StationFamily, rate: float, factor: float
) -> None:
    pair = pairs[family.value]
    report = station_report(pair.stations, factor)
    native, frame = pair.senders.messages(report)
    assert native.topic == "heat/xilinhot/station/st-002/telemetry"
    decoded = pair.read([frame])
    assert decoded.rejections == []
    read = {s.point: s.value for s in decoded.samples.to_samples()}
    wanted = {point: value for point, value in expected(report).items() if point in METER_POINTS}
    assert set(read) >= set(wanted)
    for point, value in wanted.items():
        assert read[point] == pytest.approx(value, abs=rate if point.endswith("gj_per_h") else 0.0051), point
    assert {s.measured_ms for s in decoded.samples.to_samples()} == {T_MS}
    assert not any(f'"{point}"'.encode() in native.payload for point in wanted)


def test_a_node_that_went_and_came_again_is_born_anew(pairs: dict[str, Pair]) -> None:
    pair = pairs["sparkplug_b"]
    report = station_report(pair.stations, 0.5, place=2)
    kinds: list[str] = []
    for messages in (
        pair.senders.messages(report),
        pair.senders.messages(report),
        pair.senders.link_changed(2, online=False),
        pair.senders.link_changed(2, online=True),
        pair.senders.messages(report),
    ):
        listed = list(messages)
        kinds += [m.topic.split("/")[2] for m in listed]
        pair.read(listed)
    assert kinds == ["NBIRTH", "DBIRTH", "DDATA", "NDEATH", "NBIRTH", "DBIRTH"]
    pair.senders.asked("spBv1.0/heat/NCMD/gw-000003")
    assert [m.topic.split("/")[2] for m in pair.senders.messages(report)] == ["NBIRTH", "DBIRTH"]


def test_sequence_numbers_go_round_without_a_gap(pairs: dict[str, Pair], tmp_path: Path) -> None:
    pair = Pair(tmp_path, StationFamily.SPARKPLUG_B)
    report = station_report(pair.stations, 0.5, place=0)
    messages = [message for _ in range(600) for message in pair.senders.messages(report)]
    decoded = pair.read(messages)
    assert decoded.rejections == [] and not any("rebirth" in note for note in decoded.notes)
