"""Payloads made to cost a decoder time: as large as a packet may be, deep, wide, repetitive, or full of digits.

What does not live here: the decoders and their limits; damaged ordinary messages (`tests.reliability.fuzz_payloads`).
"""

import base64
import json
from collections.abc import Callable, Iterator

from collector.decoders.envelopes.sparkplug_b_pb2 import Metric, Payload
from tests.support.device_examples import Example

__all__ = ["LIMIT_BYTES", "WELL_FORMED", "hostile_payloads"]

LIMIT_BYTES = 262_144
"""Default of mqtt.max_payload_bytes [bytes]."""
WELL_FORMED = frozenset(
    {
        ("native", 'many {{"v":{{"room_temp_c":{n}}}}}'),
        ("sparkplug_b", "metrics of one name"),
        ("sparkplug_b", "metrics at as many times"),
        ("sparkplug_b", "texts"),
    }
)
"""Families and payloads whose readings are all to be stored; the others are malformed."""

_Fill = Callable[[], bytes]


def _repeat(part: bytes, head: bytes = b"", tail: bytes = b"") -> bytes:
    """Return as many parts as fit between a head and a tail."""
    return head + part * ((LIMIT_BYTES - len(head) - len(tail)) // len(part)) + tail


def _counted(form: str, head: str, tail: str) -> bytes:
    """Return numbered parts (each another key) between a head and a tail."""
    size = len(form.format(n=99_999).encode()) + 1
    parts = ",".join(form.format(n=n) for n in range((LIMIT_BYTES - len(head) - len(tail)) // size))
    return (head + parts + tail).encode()


GENERIC: dict[str, _Fill] = {
    "open brackets": lambda: _repeat(b"["),
    "open objects": lambda: _repeat(b'{"a":'),
    "nested to the limit": lambda: b"[" * (LIMIT_BYTES // 2) + b"]" * (LIMIT_BYTES // 2),
    "nested below the recursion limit": lambda: b"[" * 900 + b"]" * 900,
    "digits": lambda: _repeat(b"9"),
    "digits in an object": lambda: _repeat(b"9", b'{"temperature":', b"}"),
    "a huge exponent": lambda: _repeat(b"9", b"1e"),
    "fractions": lambda: _repeat(b"0", b'{"temperature":0.', b"1}"),
    "empty objects": lambda: _repeat(b"{},", b"[", b"{}]"),
    "zeros": lambda: _repeat(b"0,", b"[", b"0]"),
    "keys": lambda: _counted('"k{n}":{n}', "{", "}"),
    "nested keys": lambda: _counted('"k{n}":{{"v":{n}}}', "{", "}"),
    "one key again and again": lambda: _repeat(b'"temperature":1,', b"{", b'"temperature":1}'),
    "a long text": lambda: _repeat(b"a", b'{"temperature":"', b'"}'),
    "a long name": lambda: _repeat(b"a", b'{"', b'":1}'),
    "escapes": lambda: _repeat(b"\\u0041", b'{"', b'":1}'),
    "lone surrogates": lambda: _repeat(b"\\ud800", b'{"a":"', b'"}'),
    "white space": lambda: _repeat(b" ", b"", b"{}"),
    "zero bytes": lambda: _repeat(b"\0"),
    "ones": lambda: _repeat(b"\xff"),
    "wake-up bytes": lambda: _repeat(b"\xfe", b"", b"\x68"),
    "frame starts": lambda: _repeat(b"\x68"),
    "frame starts and ends": lambda: _repeat(b"\x68\x16"),
    "hex digits": lambda: _repeat(b"68"),
    "hex of wake-up bytes": lambda: _repeat(b"FE"),
    "hex with blanks": lambda: _repeat(b"68 "),
    "almost hex": lambda: _repeat(b"68", b"", b"g"),
    "base64": lambda: base64.b64encode(b"\x68" * (LIMIT_BYTES * 3 // 4 - 3)),
    "almost base64": lambda: _repeat(b"aGVs", b"", b"===="),
    "cbor arrays": lambda: _repeat(b"\x81"),
    "an endless cbor array": lambda: _repeat(b"\x9f"),
    "cbor zeros": lambda: b"\x9a\x00\x03\xff\x00" + b"\x00" * (LIMIT_BYTES - 5),
    "cbor big numbers": lambda: _repeat(b"\xc2\x58\x64" + b"\xff" * 100, b"\x9f", b"\xff"),
    "a cbor number of 256 kB": lambda: b"\x81\xc2\x5a\x00\x03\xff\x00" + b"\xff" * (LIMIT_BYTES - 7),
    "cbor tags": lambda: _repeat(b"\xc1"),
    "cbor maps": lambda: _repeat(b"\xa1\x00\x00", b"\x9f", b"\xff"),
}
"""By what they are; every family gets them."""

_READINGS: dict[str, tuple[str, ...]] = {
    "native": ('{{"v":{{"room_temp_c":{n}}}}}', '{{"v":{{"x{n}":{n}}}}}', '{{"t":"x","v":{{}}}}', "null"),
    "senml": ('{{"n":"temp","v":{n}}}', '{{"n":"x{n}","s":1e308}}', '{{"bn":"x","bt":-1e9}}', '{{"x_":{n}}}'),
    "emqx_neuron": ('{{"name":"t{n}","value":{n}}}', '{{"name":"t","error":1}}'),
    "usr_edge": ('{{"name":"t{n}","value":"1e9"}}', '{{"value":"1"}}'),
    "onenet": (
        '{{"dev_id":1,"ds_id":"t{n}","value":1,"at":{n}}}',
        '{{"id":"d{n}","datapoints":[{{"value":"x"}}]}}',
    ),
    "modbus_json": ('{{"deviceId":"d{n}","data":{{"一次供温":{n}}}}}', '{{"addr":{n},"value":"zz"}}'),
    "ctwing_aep": ('{{"temperature":{n}}}',),
}
_NATIVE_VALUES: dict[str, tuple[str, str, str]] = {
    "extreme values": ('"a{n}":1e308', '{"t":1,"v":{', "}}"),
    "extreme values and a wrong one": ('"a{n}":17976931348623157e292', '{"t":1,"v":{"b":"x",', "}}"),
    "extreme values in parts": ('{{"v":{{"room_temp_c":1e-308}},"q":{n}}}', '{"batch":[', "]}"),
    "a command full of extreme numbers": ('"a{n}":1e308', '{"v":{"room_temp_c":1},"cmd":{', "}}"),
    "infinite values": ('"a{n}":1e999', '{"v":{', "}}"),
    "texts for values": ('"a{n}":"x"', '{"v":{', "}}"),
    "words of quality": ('"a{n}":"x"', '{"v":{"room_temp_c":1},"q":{', "}}"),
    "names": ('"a{n}":{n}', '{"v":{', "}}"),
    "long times": ('{{"t":"{n}-01-01","v":{{"room_temp_c":1}}}}', '{"batch":[', "]}"),
    "batches in batches": ('{{"batch":[{{"v":{{"a":{n}}}}}]}}', '{"batch":[', "]}"),
    "foreign ids": ('{{"id":{n},"v":{{"room_temp_c":1}}}}', '{"batch":[', "]}"),
}
"""What the native format has of its own: form of a part, head, tail."""
_ENVELOPES: dict[str, tuple[str, str]] = {
    "native": ('{"batch":[', "]}"),
    "senml": ("[", "]"),
    "emqx_neuron": ('{"timestamp":1768435200000,"node":"n","tags":[', "]}"),
    "usr_edge": ('{"rw_prot":{"dir":"up","r_data":[', "]}}"),
    "onenet": ('{"msg":[', "]}"),
    "modbus_json": ("[", "]"),
    "ctwing_aep": ('{"messageType":"dataReport","IMEI":"1","payload":{"a":[', "]}}"),
}
_INSIDE: dict[str, str] = {
    "chirpstack_v4": '{{"deviceInfo":{{"devEui":"24e124136b502217"}},"fPort":85,{part}}}',
    "ttn_v3": '{{"end_device_ids":{{"device_id":"lht65-7","dev_eui":"A84041FFFF123456"}},"uplink_message":{{{part}}}}}',
    "ctwing_aep": '{{"messageType":"dataReport","IMEI":"1",{part}}}',
    "onenet": '{{"msg":{{"type":1,"dev_id":1,"ds_id":"t",{part}}}}}',
    "emqx_neuron": '{{"timestamp":1,"node":"n",{part}}}',
    "tasmota": '{{"Time":"2026-01-15T08:00:00",{part}}}',
    "modbus_json": '{{"deviceId":"d",{part}}}',
    "usr_edge": '{{"sn":"d",{part}}}',
}
_NAMES = (
    "object",
    "data",
    "frm_payload",
    "decoded_payload",
    "payload",
    "value",
    "values",
    "errors",
    "rxInfo",
)
_NAMES += ("rx_metadata", "params", "registers", "AM2301", "readings")


def _inside(form: str, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield a part of an envelope filled with keys, text, numbers, bytes and brackets."""
    room = LIMIT_BYTES - len(form) - 200
    fillings = {
        "keys": "{" + _counted('"k{n}":{n}', "", "").decode()[: room - 20].rpartition(",")[0] + "}",
        "text": '"' + "68" * (room // 2) + '"',
        "letters": '"' + "A" * (room // 4 * 4) + '"',
        "numbers": "[" + "1," * (room // 2 - 2) + "1]",
        "objects": "[" + '{"rssi":1},' * (room // 11 - 2) + "{}]",
        "depth": "[" * 500 + "]" * 500,
        "json in text": '"' + '{\\"a\\":' * (room // 7) + '"',
    }
    for what, filling in fillings.items():
        yield f"{name} of {what}", form.format(part=f'"{name}":{filling}').encode()


def _frames(seed: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield an example's frame again and again, behind many wake-up bytes, and spelled in hex."""
    raw = bytes.fromhex(seed.decode()) if seed.isalnum() else seed
    yield "the frame again and again", _repeat(raw)
    yield "the frame in hex again and again", _repeat(raw.hex().encode())
    yield "wake-up bytes before the frame", b"\xfe" * (LIMIT_BYTES - len(raw)) + raw
    yield "the frame with a long tail", raw + b"\x00" * (LIMIT_BYTES - len(raw))


def _sparkplug() -> Iterator[tuple[str, bytes]]:
    def sized(metric: Metric) -> bytes:
        one = Payload(metrics=[metric]).SerializeToString()
        return _repeat(one)

    yield "empty metrics", sized(Metric())
    yield "aliases", sized(Metric(alias=7))
    yield "nameless numbers", sized(Metric(int_value=1))
    yield "metrics of one name", sized(Metric(name="t", datatype=9, float_value=1.0))
    yield "texts", sized(Metric(name="t", datatype=12, string_value="9" * 400))
    numbered = Payload(
        seq=0,
        metrics=[Metric(name=f"m{n}", alias=n, timestamp=n, datatype=9, float_value=1) for n in range(9_000)],
    )
    yield "metrics at as many times", numbered.SerializeToString()[:LIMIT_BYTES]
    slashes = Payload(
        metrics=[Metric(name="/" * 5_000 + f"{n}", datatype=9, float_value=1) for n in range(50)]
    )
    yield "names of slashes", slashes.SerializeToString()
    yield "a long name", Payload(metrics=[Metric(name="(" * 262_000, float_value=1)]).SerializeToString()


def hostile_payloads(example: Example) -> Iterator[tuple[str, bytes]]:
    """Yield what each payload is, and the payload: those for all families, and those for the one of an example."""
    family = example.family
    for what, fill in GENERIC.items():
        yield what, fill()
    head, tail = _ENVELOPES.get(family, ("", ""))
    for form in _READINGS.get(family, ()):
        yield f"many {form}", _counted(form, head, tail)
    for name in _NAMES if family in _INSIDE else ():
        yield from _inside(_INSIDE[family], name)
    yield "extreme exponents", _repeat(b"1e308,", b"[", b"1]")
    yield "extreme exponents by name", _counted('"k{n}":1e-308', "{", "}")
    for what, (form, before, after) in _NATIVE_VALUES.items() if family == "native" else ():
        yield what, _counted(form, before, after)
    if family in ("cjt188_heat_meter", "mbus_wired", "wmbus", "nb_0x68", "lorawan_codec"):
        yield from _frames(example.message.payload)
    if family == "sparkplug_b":
        yield from _sparkplug()
    try:
        body = json.loads(example.message.payload)
    except ValueError:
        return
    if isinstance(body, dict):
        widened = body | {f"extra{n}": n for n in range(12_000)}
        yield "the example with many more fields", json.dumps(widened).encode()[:LIMIT_BYTES]
