"""The payload families by name: the settings name a family, this module builds its decoder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.decoders.envelopes.chirpstack_v4 import ChirpstackV4Decoder
from collector.decoders.envelopes.homie4 import Homie4Decoder
from collector.decoders.envelopes.senml import SenmlDecoder
from collector.decoders.envelopes.sparkplug_b import SparkplugBDecoder
from collector.decoders.envelopes.tasmota import TasmotaDecoder
from collector.decoders.envelopes.ttn_v3 import TtnV3Decoder
from collector.decoders.envelopes.zigbee2mqtt import Zigbee2mqttDecoder
from collector.decoders.foreign import FamilyOptions, Hints, NoDeviceMap, RecordedFamilies
from collector.decoders.gateways.ctwing_aep import CtwingAepDecoder
from collector.decoders.gateways.emqx_neuron import EmqxNeuronDecoder
from collector.decoders.gateways.modbus_json import ModbusJsonDecoder
from collector.decoders.gateways.onenet import OnenetDecoder
from collector.decoders.gateways.usr_edge import UsrEdgeDecoder
from collector.decoders.lorawan.codec import LorawanCodecDecoder
from collector.decoders.meters.cjt188_heat_meter import Cjt188HeatMeterDecoder
from collector.decoders.meters.mbus_wired import MbusWiredDecoder
from collector.decoders.meters.nb_0x68 import Nb0x68Decoder
from collector.decoders.meters.wmbus import WmbusDecoder
from collector.decoders.native.decoder import NativeDecoder
from collector.devices.device_map_watch import WatchedDeviceMap
from collector.messages.decoded import Decoder
from config.equipment.meter_keys import read_meter_keys
from config.equipment.point_maps import configured_point_maps
from config.settings.tree import CollectorSettings
from heating.errors import HeatingError

__all__ = ["DECODERS", "DecoderFactory", "FamilySources", "UnknownFamilyError", "build_decoder"]

DecoderFactory = Callable[[FamilyOptions], Decoder]
"""Takes the device map and limits of a route, returns a decoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySources:
    """Where decoders find what payloads do not carry."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    """Zone of device clocks that name none."""
    meter_keys_file: Path | None = None
    """Key file of meters; None: the one of the environment."""
    point_maps_dir: Path | None = None
    """Folder of own point maps; None: the one of the environment."""
    recorded: RecordedFamilies | None = None
    """What the registry records of devices in no map."""

    @classmethod
    def from_settings(
        cls, collector: CollectorSettings, *, zone: str, recorded: RecordedFamilies | None = None
    ) -> "FamilySources":
        """Return the sources of a configuration; `zone` is the name of the site's time zone."""
        return cls(
            zone=ZoneInfo(zone),
            meter_keys_file=collector.meter_keys_file,
            point_maps_dir=collector.point_maps_dir,
            recorded=recorded,
        )


class UnknownFamilyError(HeatingError):
    """The settings name a payload family that does not exist."""


def _native(options: FamilyOptions) -> Decoder:
    """Build the native decoder; it needs no device map, because topics carry our own ids."""
    return NativeDecoder(max_payload_bytes=options.max_payload_bytes)


def _mbus_wired(options: FamilyOptions) -> Decoder:
    """Build the decoder of wired M-Bus with the keys of settings and environment."""
    return MbusWiredDecoder(options, keys=read_meter_keys(file=options.meter_keys_file))


def _wmbus(options: FamilyOptions) -> Decoder:
    """Build the decoder of wireless M-Bus with the keys of settings and environment."""
    return WmbusDecoder(options, keys=read_meter_keys(file=options.meter_keys_file))


def _ctwing_aep(options: FamilyOptions) -> Decoder:
    """Build the decoder of CTWing AEP with the configured point maps."""
    return CtwingAepDecoder(options, maps=configured_point_maps(folder=options.point_maps_dir))


def _emqx_neuron(options: FamilyOptions) -> Decoder:
    """Build the decoder of EMQX Neuron with the configured point maps."""
    return EmqxNeuronDecoder(options, maps=configured_point_maps(folder=options.point_maps_dir))


def _modbus_json(options: FamilyOptions) -> Decoder:
    """Build the decoder of station gateways with the configured point maps."""
    return ModbusJsonDecoder(options, maps=configured_point_maps(folder=options.point_maps_dir))


def _onenet(options: FamilyOptions) -> Decoder:
    """Build the decoder of OneNET with the configured point maps."""
    return OnenetDecoder(options, maps=configured_point_maps(folder=options.point_maps_dir))


def _sparkplug_b(options: FamilyOptions) -> Decoder:
    """Build the decoder of Sparkplug B with the configured point maps."""
    return SparkplugBDecoder(options, maps=configured_point_maps(folder=options.point_maps_dir))


def _usr_edge(options: FamilyOptions) -> Decoder:
    """Build the decoder of USR edge gateways with the configured point maps."""
    return UsrEdgeDecoder(options, maps=configured_point_maps(folder=options.point_maps_dir))


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
    sources: FamilySources | None = None,
) -> Decoder:
    """Return a decoder of a family.

    Parameters
    ----------
    family
        Name of the family.
    max_payload_bytes
        Longer payloads are rejected [bytes].
    device_map
        File that joins foreign ids to objects; followed while it changes.
    unmapped_pass
        Whether devices in no map pass under their own id; None: only when there is no map.
    hints
        What is known beside the payload (`nuanliu decode`).
    sources
        Zone, key file, point maps and recorded devices; None: the defaults, and nobody is recorded.

    Raises
    ------
    UnknownFamilyError
        Names the families that exist.
    collector.devices.device_map.DeviceMapError
        The device map cannot be read or is wrong.
    config.located_yaml.MistakesError
        Key file or point maps are wrong.
    """
    try:
        factory = DECODERS[family]
    except KeyError:
        raise UnknownFamilyError(
            f"no payload family {family!r}; there are: {', '.join(sorted(DECODERS))}"
        ) from None
    told = sources or FamilySources()
    options = FamilyOptions(
        max_payload_bytes=max_payload_bytes,
        devices=NoDeviceMap() if device_map is None else WatchedDeviceMap(device_map),
        unmapped_pass=device_map is None if unmapped_pass is None else unmapped_pass,
        recorded=told.recorded,
        hints=hints or Hints(),
        zone=told.zone,
        meter_keys_file=told.meter_keys_file,
        point_maps_dir=told.point_maps_dir,
    )
    return factory(options)
