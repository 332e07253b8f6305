"""Short ways to decode one message in a test and to look at what came out."""

from collector.decoders.foreign import DeviceTarget
from collector.messages.decoded import Decoded, Decoder
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import ObjectRef

RECEIVED_MS = 1_768_435_500_000
"""2026-01-15 08:05:00 in Shanghai."""


class Map:
    """A device map in memory."""

    def __init__(self, **targets: DeviceTarget) -> None:
        self.targets = targets

    def target(self, device: str) -> DeviceTarget | None:
        return self.targets.get(device)


def station(object_id: str = "ST001", **options: object) -> DeviceTarget:
    """What a device of a station is."""
    return DeviceTarget(ObjectRef(Measurement.STATION, object_id), **options)  # type: ignore[arg-type]


def decode(
    decoder: Decoder, payload: bytes | str, topic: str = "t", *, received_ms: int = RECEIVED_MS
) -> Decoded:
    """Decode one message."""
    data = payload.encode() if isinstance(payload, str) else payload
    return decoder.decode([RawMessage(topic, data, received_ms)])


def values(decoded: Decoded) -> dict[str, float]:
    """Value by point; the last one where a point came several times."""
    return {sample.point: round(sample.value, 9) for sample in decoded.samples.to_samples()}


def qualities(decoded: Decoded) -> dict[str, Quality]:
    """Quality by point."""
    return {sample.point: Quality(sample.quality) for sample in decoded.samples.to_samples()}


def extras(decoded: Decoded) -> dict[str, tuple[object, str]]:
    """Value and unit by name."""
    return {item.name: (item.value, item.unit) for item in decoded.extras}


def reasons(decoded: Decoded) -> list[str]:
    """The words of the rejections."""
    return [item.reason.value for item in decoded.rejections]
