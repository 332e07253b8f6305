"""Dragino LHT65, LHT65N and LHT52. Source: Dragino user manuals, «uplink payload».

Frames are 11 bytes, big-endian; stored readings (poll answers) are several such entries in one uplink.
"""

from collector.decoders.device_times import epoch_ms_of
from collector.decoders.foreign import Field
from collector.decoders.indoor_names import humidity_quality
from collector.decoders.lorawan.frame import FrameError, FrameReading, Uplink, int16_be, temperature, uint_be

__all__ = ["decode_lht52", "decode_lht65"]

ENTRY_BYTES = 11
"""Length of a live frame and of each stored reading."""
POLL_ANSWER = 0x40
"""Bit of byte 6: the uplink holds stored readings."""
NO_CONNECT = 0x80
"""Bit of byte 6: the external probe does not answer."""
EXTERNAL = {0x1: "TempC_DS", 0x2: "TempC_TMP117", 0x9: "TempC_DS"}
"""Kind of the external probe → name of its temperature."""
STATUS_PORT = 5
STORED_PORT = 3
LOWEST_GOOD_STATUS = 2
"""Battery status: 0 ultra low, 1 low, 2 OK, 3 good."""


def _humidity(raw: int) -> Field:
    value = raw / 10
    return Field("Hum_SHT", value, "%", "room_humidity_pct", humidity_quality(value))


def _status(data: bytes) -> Uplink:
    if len(data) < 7:
        raise FrameError(f"{len(data)} bytes are no status of a Dragino device")
    return Uplink([FrameReading([Field("Bat_mV", float(uint_be(data, 5)), "mV", "battery_v")])])


def decode_lht65(data: bytes, f_port: int | None) -> Uplink:
    """Read an LHT65 or LHT65N uplink; see `collector.decoders.lorawan.frame.Codec`."""
    if f_port == STATUS_PORT:
        return _status(data)
    if len(data) < ENTRY_BYTES or len(data) % ENTRY_BYTES:
        raise FrameError(f"{len(data)} bytes are no LHT65 frame")
    if data[6] & POLL_ANSWER or len(data) > ENTRY_BYTES:
        return Uplink([_stored_65(data, at) for at in range(0, len(data), ENTRY_BYTES)])
    kind = data[6] & 0x0F
    if kind == 0x0F:
        return Uplink([FrameReading(_battery(data))], notes=[f"probe id {data[2:6].hex()}{data[7:11].hex()}"])
    absent = bool(data[6] & NO_CONNECT)
    fields = [temperature("TempC_SHT", int16_be(data, 2) / 100), _humidity(uint_be(data, 4) & 0x0FFF)]
    if kind == 0x9:
        probe = temperature("TempC_DS", int16_be(data, 0) / 100, None)
        status = data[4] >> 6
        fields += [probe, Field("Bat_status", float(status)), _low(status)]
        return Uplink([FrameReading(fields, epoch_ms_of(uint_be(data, 7, 4)))], notes=_absent(absent))
    fields += _battery(data) + _external(data, kind)
    return Uplink([FrameReading(fields)], notes=_absent(absent))


def _absent(absent: bool) -> list[str]:
    return ["the external probe does not answer"] if absent else []


def _low(status: int) -> Field:
    return Field("battery_low", status < LOWEST_GOOD_STATUS, "", "low_battery")


def _battery(data: bytes) -> list[Field]:
    status = data[0] >> 6
    volts = (uint_be(data, 0) & 0x3FFF) / 1000
    return [Field("BatV", volts, "V", "battery_v"), Field("Bat_status", float(status)), _low(status)]


def _external(data: bytes, kind: int) -> list[Field]:
    match kind:
        case 0x1 | 0x2:
            return [temperature(EXTERNAL[kind], int16_be(data, 7) / 100, None)]
        case 0x4:
            return [Field("Exti_pin_level", bool(data[7])), Field("Exti_status", bool(data[8]))]
        case 0x5:
            return [Field("ILL_lx", float(uint_be(data, 7)), "lx")]
        case 0x6:
            return [Field("ADC_V", uint_be(data, 7) / 1000, "V")]
        case 0x7:
            return [Field("Exit_count", float(uint_be(data, 7)))]
        case 0x8:
            return [Field("Exit_count", float(uint_be(data, 7, 4)))]
        case 0xB:
            return [
                temperature("EXT_TempC_SHT", int16_be(data, 7) / 100, None),
                Field("EXT_Hum_SHT", (uint_be(data, 9) & 0x0FFF) / 10, "%"),
            ]
        case _:
            return []


def _stored_65(data: bytes, at: int) -> FrameReading:
    fields = [
        temperature("TempC_SHT", int16_be(data, at + 2) / 100),
        _humidity(uint_be(data, at + 4) & 0x0FFF),
    ]
    name = EXTERNAL.get(data[at + 6] & 0x0F)
    if name is not None:
        fields.append(temperature(name, int16_be(data, at) / 100, None))
    return FrameReading(fields, epoch_ms_of(uint_be(data, at + 7, 4)), backfilled=True)


def decode_lht52(data: bytes, f_port: int | None) -> Uplink:
    """Read an LHT52 uplink; see `collector.decoders.lorawan.frame.Codec`."""
    match f_port:
        case 5:
            return _status(data)
        case 4:
            return Uplink(silent=f"probe id {data[:8].hex()}")
        case _:
            if len(data) < ENTRY_BYTES or len(data) % ENTRY_BYTES:
                raise FrameError(f"{len(data)} bytes are no LHT52 frame")
    stored = f_port == STORED_PORT or len(data) > ENTRY_BYTES
    return Uplink([_entry_52(data, at, stored) for at in range(0, len(data), ENTRY_BYTES)])


def _entry_52(data: bytes, at: int, stored: bool) -> FrameReading:
    fields = [
        temperature("TempC_SHT", int16_be(data, at) / 100),
        _humidity(uint_be(data, at + 2)),
        temperature("TempC_DS", int16_be(data, at + 4) / 100, None),
        Field("Ext", float(data[at + 6])),
    ]
    return FrameReading(fields, epoch_ms_of(uint_be(data, at + 7, 4)), backfilled=stored)
