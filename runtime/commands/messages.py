"""``nuanliu simulate``, ``replay-messages`` and ``decode``: messages made, sent again, and looked into."""

import base64
import gzip
import json
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from collector.decoders.families import FamilySources, UnknownFamilyError, build_decoder
from collector.decoders.foreign import Hints
from collector.devices.device_map import DeviceMapError, FileDeviceMap
from collector.intake.mqtt.publisher import publish_all
from collector.messages.decoded import Decoded, Decoder
from config.mistakes import MistakesError
from heating.clock import SystemClock
from heating.intervals import from_epoch_ms, to_epoch_ms
from heating.points import POINTS
from heating.protocols import RawMessage
from heating.quality import quality_label
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    errors_as_messages,
    say,
    settings_from,
    show_progress,
)
from runtime.paced_replay import RecordedMessage, paced

__all__ = ["PASS_ON", "decode", "replay_messages", "simulate"]

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""The simulator reads its own options."""


def simulate(context: typer.Context) -> None:
    """Run the simulator as a process of its own; options are the simulator's (``nuanliu simulate --help``)."""
    # In place of this process, not as its child: a signal meant for the command must end what publishes.
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "simulators", *context.args])


def replay_messages(
    file: Annotated[
        Path, typer.Argument(help="JSON lines {topic, payload | payload_hex, t?}, plain or .gz.")
    ],
    speed: Annotated[
        float, typer.Option(min=0, help="Seconds of the recording in a real second; 0 sends at once.")
    ] = 0.0,
    config: ConfigOption = None,
) -> None:
    """Publish recorded messages to the broker of the settings."""
    mqtt = settings_from(config).mqtt.of_replays()
    try:
        recorded = list(_read_recording(file))
    except (OSError, ValueError) as error:
        complain(f"{error}")
        raise typer.Exit(BAD_CONFIGURATION) from error
    with errors_as_messages(), show_progress() as line:
        sent = 0
        for chunk in paced(recorded, speed=speed):
            publish_all([(message.topic, message.payload) for message in chunk], settings=mqtt)
            sent += len(chunk)
            line.show("published", sent, len(recorded))
    say("published: {number}", number=sent)


def decode(
    family: Annotated[str, typer.Argument(help="Payload family, for example native.")],
    device_map: Annotated[Path | None, typer.Option("--device-map", help="Device map of the family.")] = None,
    config: ConfigOption = None,
) -> None:
    """Decode JSON lines {topic, payload | payload_hex, key_hex?, f_port?, vendor?, codec?, received?}.

    Lines come from standard input; one JSON line is printed each. Zone, meter keys and point maps are those of the
    settings.
    """
    settings = settings_from(config)
    sources = FamilySources.from_settings(settings.collector, zone=settings.site.time_zone)
    try:
        decoders = _Decoders(family, device_map, sources)
        decoders.of(Hints())
    except (UnknownFamilyError, DeviceMapError, MistakesError) as error:
        complain(str(error))
        raise typer.Exit(BAD_CONFIGURATION) from error
    failed = False
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            message, decoder = _message_of(record), decoders.of(_hints_of(record))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            complain(f'line {number}: {error!r}; write {{"topic": …, "payload": …}}')
            failed = True
            continue
        say(orjson.dumps(_as_json(decoder.decode([message]))).decode())
    if failed:
        raise typer.Exit(FAILED)


class _Decoders:
    """One decoder for each set of hints, so that families with a memory (births, units) keep it between lines."""

    def __init__(self, family: str, device_map: Path | None, sources: FamilySources) -> None:
        self._sources = sources
        self._family = family
        self._devices = None if device_map is None else FileDeviceMap.read(device_map)
        self._known: dict[Hints, Decoder] = {}

    def of(self, hints: Hints) -> Decoder:
        if hints not in self._known:
            self._known[hints] = build_decoder(
                self._family,
                max_payload_bytes=16_777_216,
                devices=self._devices,
                unmapped_pass=True,
                hints=hints,
                sources=self._sources,
            )
        return self._known[hints]


def _message_of(record: dict[str, object]) -> RawMessage:
    return RawMessage(
        topic=str(record.get("topic") or ""),
        payload=_payload_of(record),
        received_ms=_received_ms(record.get("received")),
    )


def _received_ms(received: object) -> int:
    """Return the arrival of a recorded message: epoch milliseconds, RFC 3339 with a zone, or now."""
    if received is None:
        return SystemClock().now_ms()
    if isinstance(received, str):
        return to_epoch_ms(datetime.fromisoformat(received))
    if isinstance(received, bool) or not isinstance(received, int | float) or not abs(received) < 2**53:
        raise TypeError(f"received is no time: {received!r}")
    return int(received)


def _hints_of(record: dict[str, object]) -> Hints:
    key, f_port = record.get("key_hex"), record.get("f_port")
    vendor, codec = record.get("vendor"), record.get("codec")
    return Hints(
        key=None if key is None else bytes.fromhex(str(key)),
        f_port=None if f_port is None else int(str(f_port)),
        vendor=None if vendor is None else str(vendor),
        codec=None if codec is None else str(codec),
    )


def _payload_of(record: dict[str, object]) -> bytes:
    if "payload_hex" in record:
        return bytes.fromhex(str(record["payload_hex"]))
    if "payload_base64" in record:
        return base64.b64decode(str(record["payload_base64"]))
    payload = record["payload"]
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def _as_json(decoded: Decoded) -> dict[str, object]:
    samples: list[dict[str, object]] = [
        {
            "device": sample.ref.object_id,
            "point": sample.point,
            "t": _rfc3339(sample.measured_ms),
            "value": sample.value,
            "unit": str(POINTS[decoded.samples.point[row]].unit),
            "quality": quality_label(sample.quality),
        }
        for row, sample in enumerate(decoded.samples.to_samples())
    ]
    samples += [
        {
            "device": extra.device,
            "point": extra.name,
            "t": _rfc3339(extra.t_ms),
            "value": extra.value,
            "unit": extra.unit,
            "quality": quality_label(extra.quality),
        }
        for extra in decoded.extras
    ]
    return {
        "samples": samples,
        "rejections": [{"reason": item.reason, "detail": item.detail} for item in decoded.rejections],
        "notes": decoded.notes,
    }


def _rfc3339(epoch_ms: int) -> str | None:
    """Return a time as text, None when no calendar holds it."""
    try:
        return from_epoch_ms(epoch_ms).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None


def _read_recording(file: Path) -> Iterator[RecordedMessage]:
    opened: Iterable[str]
    with (
        gzip.open(file, "rt", encoding="utf-8")
        if file.suffix == ".gz"
        else file.open(encoding="utf-8") as opened
    ):
        for number, line in enumerate(opened, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                when = record.get("t")
                moment = float(when) if isinstance(when, int | float) else None
                yield RecordedMessage(topic=str(record["topic"]), payload=_payload_of(record), at_ms=moment)
            except (ValueError, KeyError, AttributeError) as error:
                raise ValueError(f'{file}:{number}: {error!r}; write {{"topic": …, "payload": …}}') from error
