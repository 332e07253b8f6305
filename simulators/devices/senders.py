"""From reports to messages: every device speaks its own payload family.

What lives here: sorting rows by family, births and deaths of Sparkplug nodes, link states of native gateways. What does
not: the encoders (`simulators.devices.payloads`), the connection (`simulators.publishing.mqtt_publisher`).
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from heating.points import Measurement
from simulators.city_layout import CityLayout
from simulators.devices.families import Families, room_id, station_id
from simulators.devices.payloads import (
    chirpstack_v4,
    cjt188_heat_meter,
    ctwing_aep,
    emqx_neuron,
    mbus_wired,
    modbus_json,
    nb_0x68,
    onenet,
    tasmota,
    ttn_v3,
    zigbee2mqtt,
)
from simulators.devices.payloads.readings import (
    RoomEncoder,
    RoomPacket,
    RoomSample,
    StationEncoder,
    StationReading,
)
from simulators.devices.payloads.sparkplug_b import SparkplugNode
from simulators.devices.payloads.station_names import METER_POINTS
from simulators.devices.room_sensors import ROOM_POINTS
from simulators.reports import Fleet, Message, Report
from simulators.scenario_devices import RoomFamily, StationFamily

__all__ = ["Senders"]

_ROOM_ENCODERS: Mapping[RoomFamily, RoomEncoder] = MappingProxyType(
    {
        RoomFamily.CHIRPSTACK_V4: chirpstack_v4.encode,
        RoomFamily.TTN_V3: ttn_v3.encode,
        RoomFamily.NB_0X68: nb_0x68.encode,
        RoomFamily.CTWING_AEP: ctwing_aep.encode,
        RoomFamily.ONENET: onenet.encode,
        RoomFamily.ZIGBEE2MQTT: zigbee2mqtt.encode,
        RoomFamily.TASMOTA: tasmota.encode,
    }
)
_GATEWAYS: Mapping[StationFamily, StationEncoder] = MappingProxyType(
    {StationFamily.MODBUS_JSON: modbus_json.encode, StationFamily.EMQX_NEURON: emqx_neuron.encode}
)
_METERS: Mapping[StationFamily, StationEncoder] = MappingProxyType(
    {
        StationFamily.CJT188_HEAT_METER: cjt188_heat_meter.encode,
        StationFamily.MBUS_WIRED: mbus_wired.encode,
    }
)
_TEMP, _HUMIDITY, _VOLTAGE, _LEVEL, _RSSI, _LOW, _MOVED, _STORED = range(len(ROOM_POINTS))


class Senders:
    """All devices of a city as senders of messages.

    Parameters
    ----------
    layout : CityLayout
        Which devices there are.
    families : Families
        In which family each speaks.
    station_fleet : Fleet
        The points of the stations.
    """

    def __init__(self, layout: CityLayout, families: Families, station_fleet: Fleet) -> None:
        self.families = families
        self._station_fleet = station_fleet
        self._room_ids = tuple(map(room_id, families.rooms, layout.sensor_ids))
        self._station_ids = tuple(map(station_id, families.stations, station_fleet.ids))
        self._native_room = _are(families.rooms, RoomFamily.NATIVE)
        self._native_station = _are(families.stations, StationFamily.NATIVE)
        self._meter_columns = [station_fleet.points.index(name) for name in METER_POINTS]
        self._nodes = {
            place: SparkplugNode(device, station_fleet.points)
            for place, (family, device) in enumerate(zip(families.stations, self._station_ids, strict=True))
            if family is StationFamily.SPARKPLUG_B
        }
        self._by_command = {node.command_topic: place for place, node in self._nodes.items()}

    @property
    def command_filters(self) -> tuple[str, ...]:
        """MQTT filters on which somebody may ask nodes for their births."""
        return ("spBv1.0/+/NCMD/+",) if self._nodes else ()

    def messages(self, report: Report) -> Iterator[Message]:
        """Yield the messages of a report, each device's in its family."""
        match report.fleet.measurement:
            case Measurement.ROOM if not self._native_room.all():
                foreign = ~self._native_room[report.places]
                yield from report.select(~foreign).messages()
                yield from self._of_rooms(report.select(foreign))
            case Measurement.STATION if not self._native_station.all():
                foreign = ~self._native_station[report.places]
                yield from report.select(~foreign).messages()
                yield from self._of_stations(report.select(foreign))
            case _:
                yield from report.messages()

    def link_changed(self, place: int, *, online: bool) -> Iterator[Message]:
        """Yield what tells that a station's gateway came or went: a retained state, or the death of its node.

        Gateways of other families tell nothing; a node is born with its next readings.
        """
        match self.families.stations[place]:
            case StationFamily.SPARKPLUG_B:
                if not online and self._nodes[place].born:
                    yield self._nodes[place].death()
            case StationFamily.MODBUS_JSON | StationFamily.EMQX_NEURON:
                return
            case _:
                payload = b"online" if online else b"offline"
                yield Message(self._station_fleet.topic(place, "status"), payload, retained=True)

    def asked(self, topic: str) -> None:
        """Take a command to an edge node: it is born again with its next readings."""
        place = self._by_command.get(topic)
        if place is not None:
            self._nodes[place].born = False

    def _of_rooms(self, report: Report) -> Iterator[Message]:
        places, moments, rows = report.places.tolist(), report.measured_ms.tolist(), report.values.tolist()
        assert report.delivery is not None, "reports of rooms have a delivery"
        sent, copies = report.delivery.sent_ms.tolist(), report.delivery.copies.tolist()
        clockless = report.delivery.clockless.tolist()
        for first, end in itertools.pairwise(report.starts().tolist()):
            row, place = rows[first], places[first]
            packet = RoomPacket(
                device=self._room_ids[place],
                sent_ms=sent[first],
                samples=tuple(
                    RoomSample(moments[k], rows[k][_TEMP], rows[k][_HUMIDITY]) for k in range(first, end)
                ),
                battery_v=row[_VOLTAGE],
                battery_pct=row[_LEVEL],
                rssi_dbm=row[_RSSI],
                low_battery=row[_LOW] == 1,
                moved=row[_MOVED] == 1,
                stored=row[_STORED] == 1,
                clock_set=not clockless[first],
            )
            message = _ROOM_ENCODERS[self.families.rooms[place]](packet)
            yield from itertools.repeat(message, copies[first])

    def _of_stations(self, report: Report) -> Iterator[Message]:
        points = report.fleet.points
        metered = _are([self.families.stations[place] for place in report.places.tolist()], *_METERS)
        if metered.any():
            others = report.select(metered)
            others.values[:, self._meter_columns] = math.nan
            yield from others.messages()
        rows = zip(report.places.tolist(), report.measured_ms.tolist(), report.values.tolist(), strict=True)
        for place, measured_ms, row in rows:
            values = {name: value for name, value in zip(points, row, strict=True) if value == value}
            reading = StationReading(self._station_ids[place], measured_ms, values)
            family = self.families.stations[place]
            if family is StationFamily.SPARKPLUG_B:
                yield from self._of_node(self._nodes[place], reading)
            else:
                yield (_GATEWAYS.get(family) or _METERS[family])(reading)

    def _of_node(self, node: SparkplugNode, reading: StationReading) -> Iterator[Message]:
        if node.born:
            yield node.data(reading.values, reading.measured_ms)
        else:
            yield from node.births(reading.values, reading.measured_ms)


def _are(families: Sequence[RoomFamily] | Sequence[StationFamily], *wanted: str) -> NDArray[np.bool_]:
    return np.array([family in wanted for family in families], np.bool_)
