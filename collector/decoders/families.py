"""The table of payload families: the one place that says which exist, where their decoder is and what it needs.

A decoder's module is imported when a decoder of it is built and not before: a process pays only for the families of
its routes (protobuf, pymbusparser, cryptography and cbor2 cost more memory than all decoders together).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Final, cast
from zoneinfo import ZoneInfo

from collector.decoders.foreign import DeviceMap, FamilyOptions, Hints, NoDeviceMap, RecordedFamilies
from collector.decoders.memory import DecoderMemory, NoDecoderMemory
from collector.messages.decoded import Decoder
from config.equipment.meter_keys import read_meter_keys
from config.equipment.point_maps import configured_point_maps
from config.settings.own_json import OwnJsonSettings
from config.settings.tree import CollectorSettings
from heating.errors import HeatingError

__all__ = ["FAMILIES", "Family", "FamilySources", "UnknownFamilyError", "build_decoder", "unknown_family"]


@dataclass(frozen=True, slots=True)
class Family:
    """One payload family."""

    decoder: str
    """Module and class below `collector.decoders`; called with `FamilyOptions` and what the flags below name."""
    point_maps: bool = False
    """Takes ``maps``: what the names in its payloads mean."""
    meter_keys: bool = False
    """Takes ``keys``: the AES keys of meters."""
    lorawan_codecs: bool = False
    """A device map may name the LoRaWAN codec of a device."""
    remembers: bool = False
    """One message tells how to read the next ones, so one decoder must see all messages of a device."""
    topics: str | None = None
    """Regular expression of topics that only this family uses, for the guess what a new device is."""


FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "native": Family("native.decoder:NativeDecoder.of_family"),
        "chirpstack_v4": Family(
            "envelopes.chirpstack_v4:ChirpstackV4Decoder",
            lorawan_codecs=True,
            topics=r"application/[^/]+/device/[^/]+/event/",
        ),
        "ttn_v3": Family(
            "envelopes.ttn_v3:TtnV3Decoder", lorawan_codecs=True, topics=r"v3/[^/]+/devices/[^/]+/"
        ),
        "lorawan_codec": Family("lorawan.codec:LorawanCodecDecoder", lorawan_codecs=True),
        "senml": Family("envelopes.senml:SenmlDecoder"),
        "sparkplug_b": Family(
            "envelopes.sparkplug_b:SparkplugBDecoder", point_maps=True, remembers=True, topics=r"spBv1\.0/"
        ),
        "zigbee2mqtt": Family("envelopes.zigbee2mqtt:Zigbee2mqttDecoder", topics=r"zigbee2mqtt/"),
        "tasmota": Family("envelopes.tasmota:TasmotaDecoder", topics=r"(tele|stat)/"),
        "homie4": Family("envelopes.homie4:Homie4Decoder", remembers=True, topics=r"homie/"),
        "cjt188_heat_meter": Family("meters.cjt188_heat_meter:Cjt188HeatMeterDecoder"),
        "mbus_wired": Family("meters.mbus_wired:MbusWiredDecoder", meter_keys=True),
        "wmbus": Family("meters.wmbus:WmbusDecoder", meter_keys=True),
        "nb_0x68": Family("meters.nb_0x68:Nb0x68Decoder"),
        "ctwing_aep": Family("gateways.ctwing_aep:CtwingAepDecoder", point_maps=True),
        "emqx_neuron": Family("gateways.emqx_neuron:EmqxNeuronDecoder", point_maps=True, topics=r"neuron/"),
        "modbus_json": Family("gateways.modbus_json:ModbusJsonDecoder", point_maps=True),
        "onenet": Family("gateways.onenet:OnenetDecoder", point_maps=True, topics=r"\$sys/|.*/thing/"),
        "usr_edge": Family("gateways.usr_edge:UsrEdgeDecoder", point_maps=True),
    }
)
"""Every family, by the name used in `mqtt.routes` and by `nuanliu decode`."""


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
    memory: DecoderMemory = field(default_factory=NoDecoderMemory)
    """What decoders learned before a restart."""

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


def unknown_family(family: str) -> str:
    """Return the sentence about a family that does not exist."""
    return f"no payload family {family!r}; there are: {', '.join(sorted(FAMILIES))}"


def build_decoder(
    family: str,
    *,
    max_payload_bytes: int,
    devices: DeviceMap | None = None,
    unmapped_pass: bool | None = None,
    hints: Hints | None = None,
    sources: FamilySources | None = None,
    own_json: OwnJsonSettings = OwnJsonSettings(),
) -> Decoder:
    """Return a decoder of a family.

    Parameters
    ----------
    family
        Name of the family.
    max_payload_bytes
        Longer payloads are rejected [bytes].
    devices
        Joins foreign ids to objects; None: a route without a device map.
    unmapped_pass
        Whether devices in no map pass under their own id; None: only when there is no map.
    hints
        What is known beside the payload (`nuanliu decode`).
    sources
        Zone, key file, point maps and recorded devices; None: the defaults, and nobody is recorded.
    own_json
        Where JSON of one's own keeps its readings; under the usual names when empty.

    Raises
    ------
    UnknownFamilyError
        Names the families that exist.
    config.mistakes.MistakesError
        Key file or point maps are wrong.
    """
    entry = FAMILIES.get(family)
    if entry is None:
        raise UnknownFamilyError(unknown_family(family))
    sources = sources or FamilySources()
    options = FamilyOptions(
        max_payload_bytes=max_payload_bytes,
        devices=devices or NoDeviceMap(),
        unmapped_pass=devices is None if unmapped_pass is None else unmapped_pass,
        recorded=sources.recorded,
        hints=hints or Hints(),
        zone=sources.zone,
        memory=sources.memory,
        own_json=own_json,
    )
    needs: dict[str, object] = {}
    if entry.point_maps:
        needs["maps"] = configured_point_maps(folder=sources.point_maps_dir)
    if entry.meter_keys:
        needs["keys"] = read_meter_keys(file=sources.meter_keys_file)
    return cast("Decoder", resolve_name(f"collector.decoders.{entry.decoder}")(options, **needs))
