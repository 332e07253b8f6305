"""``nuanliu simulate``, ``replay-messages`` and ``decode``: messages made, sent again, and looked into."""

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer
from collector.mqtt.publisher import publish_all

from collector.decoders.decoded import Decoded
from collector.decoders.registry import UnknownFamilyError, build_decoder
from heating.clock import SystemClock
from heating.intervals import from_epoch_ms
from heating.points import POINTS
from heating.protocols import RawMessage
from heating.quality import quality_label
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    failing_in_words,
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
    raise typer.Exit(subprocess.call([sys.executable, "-m", "simulators", *context.args]))


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
    settings = settings_from(config)
    try:
        recorded = list(_read_recording(file))
    except (OSError, ValueError) as error:
        complain(f"{error}")
        raise typer.Exit(BAD_CONFIGURATION) from error
    with failing_in_words(), show_progress() as line:
        sent = 0
        for chunk in paced(recorded, speed=speed):
            publish_all([(message.topic, message.payload) for message in chunk], settings=settings.mqtt)
            sent += len(chunk)
            line.show("published", sent, len(recorded))
    say(f"published: {sent}")


def decode(
    family: Annotated[str, typer.Argument(help="Payload family, for example native.")],
    device_map: Annotated[Path | None, typer.Option("--device-map", help="Device map of the family.")] = None,
) -> None:
    """Decode JSON lines {topic, payload | payload_hex} from standard input; one JSON line each."""
    try:
        decoder = build_decoder(family, max_payload_bytes=16_777_216, device_map=device_map)
    except UnknownFamilyError as error:
        complain(str(error))
        raise typer.Exit(BAD_CONFIGURATION) from error
    failed = False
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            message = _message_of(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            complain(f'line {number}: {error}; write {{"topic": …, "payload": …}}')
            failed = True
            continue
        say(orjson.dumps(_as_json(decoder.decode([message]))).decode())
    if failed:
        raise typer.Exit(FAILED)


def _message_of(record: dict[str, object]) -> RawMessage:
    received = record.get("received")
    received_ms = int(received) if isinstance(received, int | float) else SystemClock().now_ms()
    return RawMessage(topic=str(record["topic"]), payload=_payload_of(record), received_ms=received_ms)


def _payload_of(record: dict[str, object]) -> bytes:
    if "payload_hex" in record:
        return bytes.fromhex(str(record["payload_hex"]))
    if "payload_base64" in record:
        return base64.b64decode(str(record["payload_base64"]))
    payload = record["payload"]
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def _as_json(decoded: Decoded) -> dict[str, object]:
    return {
        "samples": [
            {
                "device": sample.ref.object_id,
                "point": sample.point,
                "t": from_epoch_ms(sample.measured_ms).isoformat().replace("+00:00", "Z"),
                "value": sample.value,
                "unit": str(POINTS[decoded.samples.point[row]].unit),
                "quality": quality_label(sample.quality),
            }
            for row, sample in enumerate(decoded.samples.to_samples())
        ],
        "rejections": [{"reason": item.reason, "detail": item.detail} for item in decoded.rejections],
        "notes": decoded.notes,
    }


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
