"""`UnknownDeviceWatch`: counts devices that the registry does not know, for the list of new devices.

What does not live here: the rejections themselves (they keep every message), the list (`storage.records.devices`),
and the reporting thread (`collector.devices.device_reports`).
"""

import threading
from collections.abc import Sequence
from dataclasses import replace

from collector.devices.device_guess import claimed_area, guess_device
from collector.messages.decoded import Rejection
from heating.intervals import from_epoch_ms
from heating.protocols import RawMessage
from storage.records.device_values import UnknownSighting

__all__ = ["UnknownDeviceWatch"]

MAX_DEVICES = 10_000
"""Devices held between two reports; more are counted only."""
MAX_PAYLOAD_BYTES = 4_096
"""Bytes of the last message that are shown [bytes]."""


class UnknownDeviceWatch:
    """Sightings since the last report; safe to use from two threads."""

    def __init__(self) -> None:
        self._sightings: dict[str, UnknownSighting] = {}
        self._lock = threading.Lock()
        self.overflow = 0
        """Messages of devices that found no room; they are in the rejections."""

    def note(self, messages: Sequence[RawMessage], rejections: Sequence[Rejection]) -> None:
        """Count the messages of unknown devices among the rejections of a batch."""
        for item in rejections:
            for family, device_id in item.devices:
                self._add(device_id, family, messages[item.message])

    def _add(self, device_id: str, family: str, message: RawMessage) -> None:
        at = from_epoch_ms(message.received_ms)
        with self._lock:
            known = self._sightings.get(device_id)
            if known is not None:
                self._sightings[device_id] = replace(
                    known,
                    messages=known.messages + 1,
                    last_seen=max(at, known.last_seen),
                    topic=message.topic,
                    last_payload=message.payload[:MAX_PAYLOAD_BYTES],
                )
            elif len(self._sightings) < MAX_DEVICES:
                guess = guess_device(message.topic, message.payload)
                self._sightings[device_id] = UnknownSighting(
                    device_id=device_id,
                    topic=message.topic,
                    family=family or guess.family,
                    kind=guess.kind,
                    claimed_area=claimed_area(message.topic),
                    messages=1,
                    first_seen=at,
                    last_seen=at,
                    last_payload=message.payload[:MAX_PAYLOAD_BYTES],
                )
            else:
                self.overflow += 1

    def take(self) -> list[UnknownSighting]:
        """Return the sightings since the last call and forget them."""
        with self._lock:
            taken, self._sightings = list(self._sightings.values()), {}
        return taken

    def give_back(self, sightings: Sequence[UnknownSighting]) -> None:
        """Take back what could not be reported."""
        with self._lock:
            for one in sightings:
                newer = self._sightings.get(one.device_id)
                self._sightings[one.device_id] = (
                    one
                    if newer is None
                    else replace(newer, messages=newer.messages + one.messages, first_seen=one.first_seen)
                )
