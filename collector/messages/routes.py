"""Topics: which decoder a message goes to, and what a native topic names.

What lives here: matching of MQTT topic filters (MQTT 3.1.1 section 4.7) and the reading of native topics
``heat/{area}/{measurement}/{id}/{telemetry|status}``. What does not: the payload (`collector.decoders`), and whether
the named object exists (`collector.messages.validation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from heating.errors import HeatingError
from heating.points import Measurement
from heating.samples import ObjectRef

__all__ = [
    "FilterError",
    "NativeTopic",
    "RouteTable",
    "TopicKind",
    "filter_matches",
    "native_topic",
    "split_native_topic",
]

ROUTE_CACHE_ENTRIES = 500_000
"""Topics whose route is remembered."""
MAX_ID_LENGTH = 128
"""Longest object id accepted in a topic [characters]."""

Target = TypeVar("Target")


class FilterError(HeatingError):
    """A topic filter breaks the rules of MQTT."""


class TopicKind(StrEnum):
    """What the last level of a native topic says."""

    TELEMETRY = "telemetry"
    STATUS = "status"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NativeTopic:
    """What a native topic names."""

    area: str
    """Area that the sender claims."""
    ref: ObjectRef
    """Object that the sender claims to be."""
    kind: TopicKind
    """Readings, link state, or something that is no telemetry."""


def native_topic(area: str, ref: ObjectRef, kind: TopicKind = TopicKind.TELEMETRY) -> str:
    """Return the topic on which an object publishes."""
    return f"heat/{area}/{ref.measurement.value}/{ref.object_id}/{kind.value}"


def split_native_topic(topic: str) -> NativeTopic | None:
    """Read a native topic; None when it has another shape."""
    levels = topic.split("/")
    if len(levels) < 5 or levels[0] != "heat" or not all(levels):
        return None
    _root, area, word, object_id, *rest = levels
    try:
        measurement = Measurement(word)
    except ValueError:
        return None
    if len(object_id) > MAX_ID_LENGTH or not object_id.isprintable() or "\ufffd" in topic:
        return None
    kind = TopicKind.OTHER
    if len(rest) == 1 and rest[0] in (TopicKind.TELEMETRY, TopicKind.STATUS):
        kind = TopicKind(rest[0])
    return NativeTopic(area, ObjectRef(measurement, object_id), kind)


def _filter_levels(topic_filter: str) -> list[str]:
    levels = topic_filter.split("/")
    if levels[0] == "$share" and len(levels) > 2:
        levels = levels[2:]
    for place, level in enumerate(levels):
        if level == "#" and place != len(levels) - 1:
            raise FilterError(f"{topic_filter!r}: # may only be the last level")
        if len(level) > 1 and ("#" in level or "+" in level):
            raise FilterError(f"{topic_filter!r}: a wildcard must fill its level")
    if not topic_filter or levels == [""]:
        raise FilterError("an empty topic filter")
    return levels


def filter_matches(topic_filter: str, topic: str) -> bool:
    """Return whether a filter covers a topic; shared subscriptions count by their filter.

    Raises
    ------
    FilterError
        When the filter breaks the rules of MQTT.
    """
    wanted = _filter_levels(topic_filter)
    levels = topic.split("/")
    if topic.startswith("$") and wanted[0] in ("#", "+"):
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(levels) or level not in ("+", levels[place]):
            return False
    return len(levels) == len(wanted)


class RouteTable(Generic[Target]):
    """Topic filters with what they lead to; the first match wins, matches are remembered by topic.

    Parameters
    ----------
    routes
        (filter, target) in the order of the settings.

    Raises
    ------
    FilterError
        When a filter breaks the rules of MQTT.
    """

    def __init__(self, routes: Sequence[tuple[str, Target]]) -> None:
        for topic_filter, _target in routes:
            _filter_levels(topic_filter)
        self._routes = tuple(routes)
        self._known: dict[str, Target | None] = {}

    def target(self, topic: str) -> Target | None:
        """Return where a topic leads, None when no filter covers it."""
        try:
            return self._known[topic]
        except KeyError:
            if len(self._known) > ROUTE_CACHE_ENTRIES:
                self._known.clear()
            found = next((target for wanted, target in self._routes if filter_matches(wanted, topic)), None)
            self._known[topic] = found
            return found

    def targets(self, topics: Sequence[str]) -> list[Target | None]:
        """Return where each of many topics leads."""
        try:
            return list(map(self._known.__getitem__, topics))
        except KeyError:
            return list(map(self.target, topics))
