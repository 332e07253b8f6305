"""The payload families by name: the settings name a family, this module builds its decoder."""

from collections.abc import Callable
from pathlib import Path

from collector.decoders.chirpstack_v4 import ChirpstackV4Decoder
from collector.decoders.cjt188_heat_meter import Cjt188HeatMeterDecoder
from collector.decoders.ctwing_aep import CtwingAepDecoder
from collector.decoders.decoded import Decoder
from collector.decoders.emqx_neuron import EmqxNeuronDecoder
from collector.decoders.foreign import FamilyOptions, Hints, NoDeviceMap
from collector.decoders.homie4 import Homie4Decoder
from collector.decoders.lorawan_codec import LorawanCodecDecoder
from collector.decoders.mbus_wired import MbusWiredDecoder
from collector.decoders.modbus_json import ModbusJsonDecoder
from collector.decoders.native import NativeDecoder
from collector.decoders.nb_0x68 import Nb0x68Decoder
from collector.decoders.onenet import OnenetDecoder
from collector.decoders.senml import SenmlDecoder
from collector.decoders.sparkplug_b import SparkplugBDecoder
from collector.decoders.tasmota import TasmotaDecoder
from collector.decoders.ttn_v3 import TtnV3Decoder
from collector.decoders.usr_edge import UsrEdgeDecoder
from collector.decoders.wmbus import WmbusDecoder
from collector.decoders.zigbee2mqtt import Zigbee2mqttDecoder
from collector.devices.device_map import FileDeviceMap
from collector.routes import RouteTable
from config.meter_keys import read_meter_keys
from config.point_maps import configured_point_maps
from config.settings import MqttSettings
from heating.errors import HeatingError

__all__ = ["DECODERS", "DecoderFactory", "UnknownFamilyError", "build_decoder", "route_mistakes"]

DecoderFactory = Callable[[FamilyOptions], Decoder]
"""Takes the device map and limits of a route, returns a decoder."""


class UnknownFamilyError(HeatingError):
    """The settings name a payload family that does not exist."""


def _native(options: FamilyOptions) -> Decoder:
    """Build the native decoder; it needs no device map, because topics carry our own ids."""
    return NativeDecoder(max_payload_bytes=options.max_payload_bytes)


def _mbus_wired(options: FamilyOptions) -> Decoder:
    """Build the decoder of wired M-Bus with the keys of the environment."""
    return MbusWiredDecoder(options, keys=read_meter_keys())


def _wmbus(options: FamilyOptions) -> Decoder:
    """Build the decoder of wireless M-Bus with the keys of the environment."""
    return WmbusDecoder(options, keys=read_meter_keys())


def _ctwing_aep(options: FamilyOptions) -> Decoder:
    """Build the decoder of CTWing AEP with the configured point maps."""
    return CtwingAepDecoder(options, maps=configured_point_maps())


def _emqx_neuron(options: FamilyOptions) -> Decoder:
    """Build the decoder of EMQX Neuron with the configured point maps."""
    return EmqxNeuronDecoder(options, maps=configured_point_maps())


def _modbus_json(options: FamilyOptions) -> Decoder:
    """Build the decoder of station gateways with the configured point maps."""
    return ModbusJsonDecoder(options, maps=configured_point_maps())


def _onenet(options: FamilyOptions) -> Decoder:
    """Build the decoder of OneNET with the configured point maps."""
    return OnenetDecoder(options, maps=configured_point_maps())


def _sparkplug_b(options: FamilyOptions) -> Decoder:
    """Build the decoder of Sparkplug B with the configured point maps."""
    return SparkplugBDecoder(options, maps=configured_point_maps())


def _usr_edge(options: FamilyOptions) -> Decoder:
    """Build the decoder of USR edge gateways with the configured point maps."""
    return UsrEdgeDecoder(options, maps=configured_point_maps())


DECODERS: dict[str, DecoderFactory] = {
    "native": _native,
    "chirpstack_v4": ChirpstackV4Decoder,
    "ttn_v3": TtnV3Decoder,
    "lorawan_codec": LorawanCodecDecoder,
    "senml": SenmlDecoder,
    "zigbee2mqtt": Zigbee2mqttDecoder,
    "tasmota": TasmotaDecoder,
    "homie4": Homie4Decoder,
    "cjt188_heat_meter": Cjt188HeatMeterDecoder,
    "ctwing_aep": _ctwing_aep,
    "emqx_neuron": _emqx_neuron,
    "mbus_wired": _mbus_wired,
    "modbus_json": _modbus_json,
    "onenet": _onenet,
    "sparkplug_b": _sparkplug_b,
    "usr_edge": _usr_edge,
    "nb_0x68": Nb0x68Decoder,
    "wmbus": _wmbus,
}
"""Every family, by the name used in `mqtt.routes` and by `nuanliu decode`."""


def build_decoder(
    family: str,
    *,
    max_payload_bytes: int,
    device_map: Path | None = None,
    unmapped_pass: bool | None = None,
    hints: Hints | None = None,
) -> Decoder:
    """Return a decoder of a family.

    Parameters
    ----------
    family
        Name of the family.
    max_payload_bytes
        Longer payloads are rejected [bytes].
    device_map
        File that joins foreign ids to objects.
    unmapped_pass
        Whether devices in no map pass under their own id; None: only when there is no map.
    hints
        What is known beside the payload (`nuanliu decode`).

    Raises
    ------
    UnknownFamilyError
        Names the families that exist.
    collector.devices.device_map.DeviceMapError
        The device map cannot be read or is wrong.
    """
    try:
        factory = DECODERS[family]
    except KeyError:
        raise UnknownFamilyError(
            f"no payload family {family!r}; there are: {', '.join(sorted(DECODERS))}"
        ) from None
    options = FamilyOptions(
        max_payload_bytes=max_payload_bytes,
        devices=NoDeviceMap() if device_map is None else FileDeviceMap.read(device_map),
        unmapped_pass=device_map is None if unmapped_pass is None else unmapped_pass,
        hints=hints or Hints(),
    )
    return factory(options)


def route_mistakes(settings: MqttSettings) -> list[str]:
    """Return what is wrong with the routes of a configuration: filters, families, device maps; all of it at once."""
    mistakes: list[str] = []
    for place, route in enumerate(settings.routes):
        try:
            RouteTable([(route.filter, route.decoder)])
            build_decoder(
                route.decoder, max_payload_bytes=settings.max_payload_bytes, device_map=route.device_map
            )
        except HeatingError as error:
            mistakes += [f"mqtt.routes[{place}]: {line}" for line in str(error).splitlines()]
    return mistakes
