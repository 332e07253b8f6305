"""`JsonFamily`: what families of one JSON object a message share: parse it, hand it on, read values by point maps.

What does not live here: parsing itself (`collector.decoders.json_payload`), envelopes (one module a family) and the
meaning of names (`collector.decoders.named_points`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from collector.decoders.foreign import FamilyOptions, ForeignRows
from collector.decoders.json_payload import json_object
from collector.messages.decoded import Decoded, Reason
from config.equipment.point_maps import PointMaps
from heating.points import Measurement
from heating.protocols import RawMessage

__all__ = ["JsonFamily", "named_items", "reject_wrong"]

LISTED = 5
"""Items without a name or a value that one rejection lists."""


class JsonFamily(ABC):
    """A decoder whose messages are one JSON object each.

    Parameters
    ----------
    options
        Device map and limits of the route.
    maps
        Meanings of the names in the messages.
    """

    family: ClassVar[str]
    """Name of the payload family."""
    default: ClassVar[Measurement] = Measurement.STATION
    """Measurement of devices in no map."""

    def __init__(self, options: FamilyOptions, *, maps: PointMaps) -> None:
        self._options = options
        self._maps = maps

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows(self.family, self._options, default=self.default)
        limit = self._options.max_payload_bytes
        for place, message in enumerate(messages):
            body = json_object(rows, place, message.payload, limit=limit)
            if body is not None:
                self._message(rows, place, message, body)
        return rows.finish()

    @abstractmethod
    def _message(
        self, rows: ForeignRows, place: int, message: RawMessage, body: Mapping[str, object]
    ) -> None:
        """Take the readings of one message, or reject it."""


def named_items(
    items: Sequence[object], word: str, wrong: list[str]
) -> list[tuple[str, Mapping[str, object]]]:
    """Return the items of a list that have a name, with it.

    Parameters
    ----------
    items
        What the message holds, at most as much of it as is to be looked at.
    word
        What an item is called in a remark.
    wrong
        Takes a remark for each item without a name, the first of them.
    """
    found: list[tuple[str, Mapping[str, object]]] = []
    for number, item in enumerate(items):
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and isinstance(name, str) and name:
            found.append((name, item))
        elif len(wrong) < LISTED:
            wrong.append(f"{word} {number} has no name")
    return found


def reject_wrong(rows: ForeignRows, place: int, wrong: Sequence[str]) -> None:
    """Reject what was remarked on while the values were read, if anything."""
    if wrong:
        rows.reject(place, Reason.WRONG_TYPE, "; ".join(wrong))
