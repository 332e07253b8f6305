"""Sparkplug B: births give names and types, data may carry aliases only, deaths make every metric stale.

What does not live here: what the decoder remembers (`collector.decoders.envelopes.sparkplug_nodes`), values and properties of
metrics (`collector.decoders.envelopes.sparkplug_metrics`), sending of rebirth commands (`collector.devices.device_commands`).
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from google.protobuf.message import DecodeError

from collector.decoders.device_times import epoch_ms_of
from collector.decoders.envelopes.sparkplug_b_pb2 import Metric, Payload
from collector.decoders.envelopes.sparkplug_metrics import (
    is_control,
    metric_quality,
    metric_unit,
    metric_value,
)
from collector.decoders.envelopes.sparkplug_nodes import (
    MAX_METRICS,
    DeviceMemory,
    MetricBirth,
    NodeKey,
    NodeMemory,
    RebirthRequest,
    SparkplugMemory,
)
from collector.decoders.foreign import MAX_FIELDS, DeviceTarget, FamilyOptions, ForeignRows
from collector.decoders.named_points import NamedValue, fields_of
from collector.messages.decoded import Decoded, DeviceCommand, Reason
from config.equipment.point_maps import PointMaps
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality

__all__ = ["SparkplugBDecoder", "rebirth_command"]

FAMILY: Final = "sparkplug_b"
NAMESPACE: Final = "spBv1.0"
_KINDS: Final = frozenset({"NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH"})
ONLINE: Final = "gateway_online"
"""Canonical name of the point that births and deaths write."""
MAX_TIMES: Final = 1_000
"""Times of one message whose metrics are taken: a gateway that was cut off sends its history in such messages."""
_LISTED: Final = 10
"""Aliases or names that one rejection lists."""


def rebirth_command(request: RebirthRequest) -> tuple[str, bytes]:
    """Return topic and payload of the command that makes an edge node send its births again."""
    metric = Metric(name="Node Control/Rebirth", datatype=11, boolean_value=True)
    return request.topic, Payload(metrics=[metric]).SerializeToString()


class _Message:
    """One message being decoded."""

    __slots__ = ("device", "key", "kind", "payload", "place", "raw")

    def __init__(self, place: int, raw: RawMessage, kind: str, key: NodeKey, device: str) -> None:
        self.place, self.raw, self.kind, self.key, self.device = place, raw, kind, key, device
        self.payload = Payload()


class SparkplugBDecoder:
    """Decodes Sparkplug B; the device is the device's (or node's) name, ``group/node/device`` in a map goes first.

    The decoder remembers births, also over a restart, so one decoder must see all messages of a node, in order. What an
    alias alone names is uncertain after a restart until the next birth: one may have been missed.

    Parameters
    ----------
    options
        Device map and limits of the route.
    maps
        Meanings of metric names.
    """

    def __init__(self, options: FamilyOptions, *, maps: PointMaps) -> None:
        self._options = options
        self._maps = maps
        self._memory = SparkplugMemory()

    @property
    def rebirth_requests(self) -> list[RebirthRequest]:
        """Rebirths to be requested; `take_commands` empties the list."""
        return self._memory.requests

    def take_commands(self) -> list[DeviceCommand]:
        """Return the rebirth commands wanted since the last call."""
        taken = self._memory.take_requests() if self._memory.requests else []
        return [DeviceCommand(*rebirth_command(request), request.reason) for request in taken]

    def decode(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows; see `collector.messages.decoded.Decoder`."""
        rows = ForeignRows(FAMILY, self._options, default=Measurement.STATION)
        for place, raw in enumerate(messages):
            message = self._open(rows, place, raw)
            if message is None:
                continue
            try:
                self._message(rows, message)
            except (UnicodeError, ValueError, OverflowError) as error:
                rows.reject(place, Reason.WRONG_TYPE, f"a metric could not be read: {error}")
        return rows.finish()

    def _open(self, rows: ForeignRows, place: int, raw: RawMessage) -> _Message | None:
        levels = raw.topic.split("/")
        if levels[0] != NAMESPACE or len(levels) < 3:
            rows.reject(place, Reason.BAD_TOPIC, raw.topic[:200])
            return None
        if levels[1] == "STATE" or levels[2] in ("STATE", "NCMD", "DCMD"):
            rows.reject(place, Reason.NOT_TELEMETRY, "state of a host, or a command")
            return None
        wanted = 5 if levels[2].startswith("D") else 4
        if levels[2] not in _KINDS or len(levels) != wanted or not all(levels):
            rows.reject(place, Reason.BAD_TOPIC, raw.topic[:200])
            return None
        if len(raw.payload) > self._options.max_payload_bytes:
            rows.reject(place, Reason.TOO_BIG, f"{len(raw.payload)} bytes")
            return None
        device = levels[4] if wanted == 5 else ""
        message = _Message(place, raw, levels[2], NodeKey(levels[1], levels[3]), device)
        try:
            message.payload.ParseFromString(raw.payload)
        except (DecodeError, UnicodeError, ValueError) as error:
            rows.reject(place, Reason.WRONG_TYPE, f"no Sparkplug B payload: {error}")
            return None
        return message

    def _message(self, rows: ForeignRows, message: _Message) -> None:
        match message.kind:
            case "NBIRTH":
                node = self._memory.born(message.key)
                node.birth_sequence = _birth_sequence(message.payload)
                node.sequence = message.payload.seq if message.payload.HasField("seq") else None
                node.life = f"{node.birth_sequence}/{message.payload.timestamp}/{message.raw.received_ms}"
                self._options.memory.put(FAMILY, "/".join(message.key), node.life)
                self._birth(rows, message, node)
            case "DBIRTH":
                node = self._followed(rows, message)
                self._birth(rows, message, node)
            case "NDEATH":
                self._node_death(rows, message)
            case "DDEATH":
                self._followed(rows, message)
                self._death(rows, message, message.device)
            case _:
                node = self._followed(rows, message)
                self._recall(message, node)
                if not node.device(message.device).born:
                    self._ask(rows, message, f"data of {message.device or message.key.node} before its birth")
                self._readings(rows, message, node)

    def _followed(self, rows: ForeignRows, message: _Message) -> NodeMemory:
        """Check the sequence number of a message; a gap calls for a rebirth."""
        node = self._memory.node(message.key)
        fault = node.takes(message.payload.seq if message.payload.HasField("seq") else None)
        if fault is not None:
            self._ask(rows, message, fault)
        elif "" not in node.devices:
            self._ask(rows, message, "a message before the birth of the node")
        elif node.wanted:
            self._ask(rows, message, node.wanted)
        return node

    def _ask(self, rows: ForeignRows, message: _Message, reason: str) -> None:
        request = self._memory.ask(message.key, reason, now_ms=message.raw.received_ms)
        if request is not None:
            rows.note(f"rebirth wanted from {message.key.group}/{message.key.node}: {reason}")

    # --- births and data --------------------------------------------------------------------------------------

    def _birth(self, rows: ForeignRows, message: _Message, node: NodeMemory) -> None:
        node.forget_device(message.device)
        memory = node.device(message.device)
        for metric in message.payload.metrics[:MAX_METRICS]:
            if metric.name:
                birth = MetricBirth(metric.name, metric.datatype, metric_unit(metric))
                memory.births[metric.name] = birth
                if metric.HasField("alias"):
                    node.aliases[metric.alias] = (message.device, birth)
        node.life = node.life or self._kept_life(message)
        self._options.memory.put(FAMILY, _kept_key(message), node.kept_device(message.device))
        self._alive(rows, message)
        self._readings(rows, message, node)

    def _kept_life(self, message: _Message) -> str:
        return str(self._options.memory.get(FAMILY, "/".join(message.key)) or "")

    def _recall(self, message: _Message, node: NodeMemory) -> None:
        """Recall the births of a device that speaks for the first time since a restart."""
        known = node.devices.get(message.device)
        if known is None or not (known.born or known.births):
            node.life = node.life or self._kept_life(message)
            node.recall_device(message.device, self._options.memory.get(FAMILY, _kept_key(message)))

    def _alive(self, rows: ForeignRows, message: _Message) -> None:
        """Take a birth for what it is: the end of a death, at the time of arrival as the death was."""
        if any(metric.name == ONLINE for metric in message.payload.metrics[:MAX_METRICS]):
            return  # the gateway speaks for itself
        device, target = self._target(rows, message, message.device)
        if target is not None:
            fields = fields_of([NamedValue(ONLINE, 1.0)], target, self._maps)
            rows.add(message.place, message.raw, device, fields, measured_ms=message.raw.received_ms)

    def _readings(self, rows: ForeignRows, message: _Message, node: NodeMemory) -> None:
        device, target = self._target(rows, message, message.device)
        if target is None:
            return
        unknown: list[str] = []
        groups = self._grouped(message, node, target, unknown)
        left = len(message.payload.metrics) - MAX_METRICS
        if left > 0:
            rows.reject(message.place, Reason.TOO_BIG, f"{left} metrics beyond {MAX_METRICS}")
        if unknown:
            rows.reject(message.place, Reason.UNKNOWN_POINT, f"unknown alias {', '.join(unknown[:_LISTED])}")
            self._ask(rows, message, f"unknown alias {unknown[0]}")
        if len(groups) > MAX_TIMES:
            rows.reject(message.place, Reason.TOO_BIG, f"{len(groups) - MAX_TIMES} times beyond {MAX_TIMES}")
        for (measured_ms, historical), values in islice(groups.items(), MAX_TIMES):
            fields = fields_of(values, target, self._maps)
            for first in range(0, len(fields), MAX_FIELDS - 1):
                part = fields[first : first + MAX_FIELDS - 1]
                rows.add(
                    message.place, message.raw, device, part, measured_ms=measured_ms, backfilled=historical
                )
        if not groups and not unknown and not message.kind.endswith("BIRTH"):
            rows.reject(message.place, Reason.NOT_TELEMETRY, "no metrics that are readings")

    def _grouped(
        self, message: _Message, node: NodeMemory, target: DeviceTarget, unknown: list[str]
    ) -> dict[tuple[int | None, bool], list[NamedValue]]:
        """Return the readings by time and whether they are history; aliases nobody gave birth to go to `unknown`."""
        memory = node.device(message.device)
        groups: dict[tuple[int | None, bool], list[NamedValue]] = {}
        times: dict[int, int | None] = {}
        for metric in message.payload.metrics[:MAX_METRICS]:
            birth = _birth_of(metric, message.device, node, memory)
            if birth is None:
                unknown.append(str(metric.alias))
                continue
            if is_control(birth.name):
                continue
            value = metric_value(metric, birth.datatype)
            if not metric.is_historical:
                memory.last[birth.name] = value
            quality = max(metric_quality(metric), Quality.BAD if value is None else Quality.GOOD)
            if memory.recalled and not metric.name:
                quality = max(quality, Quality.UNCERTAIN)
            unit = metric_unit(metric) or birth.unit
            item = NamedValue(self._known_name(birth.name, target), value, unit, quality)
            told_ms = metric.timestamp or message.payload.timestamp
            if told_ms not in times:
                times[told_ms] = epoch_ms_of(told_ms)
            when = times[told_ms]
            groups.setdefault((when, metric.is_historical), []).append(item)
        return groups

    def _target(self, rows: ForeignRows, message: _Message, device: str) -> tuple[str, DeviceTarget | None]:
        """Return the id of a device and what it is; None after a rejection."""
        bare = device or message.key.node
        whole = "/".join(filter(None, (*message.key, device)))
        chosen = whole if self._options.devices.target(whole) is not None else bare
        return chosen, rows.target(message.place, chosen)

    def _known_name(self, name: str, target: DeviceTarget) -> str:
        """Return a metric name, or its last part when only that is known: ``PLC/一次供温`` → ``一次供温``."""
        last = name.rpartition("/")[2]
        measurement = target.ref.measurement
        if name in target.points or not last or last == name:
            return name
        for candidate in (name, last):
            if self._maps.meaning(measurement, candidate, map_name=target.point_map) is not None:
                return candidate
        return last if last in target.points else name

    # --- deaths -----------------------------------------------------------------------------------------------

    def _node_death(self, rows: ForeignRows, message: _Message) -> None:
        node = self._memory.node(message.key)
        ended = _birth_sequence(message.payload)
        if node.birth_sequence is not None and ended is not None and ended != node.birth_sequence:
            detail = f"death of birth {ended}, the node lives since birth {node.birth_sequence}"
            rows.reject(message.place, Reason.NOT_TELEMETRY, detail)
            return
        for device in list(node.devices) or [""]:
            self._death(rows, message, device)
        node.sequence = None

    def _death(self, rows: ForeignRows, message: _Message, device: str) -> None:
        """Mark every metric of a device as stale: its last value, of bad quality, at the time of arrival."""
        name, target = self._target(rows, message, device)
        if target is None:
            return
        memory = self._memory.node(message.key).device(device)
        memory.born = False
        stale = [
            NamedValue(
                self._known_name(metric, target),
                value,
                memory.births[metric].unit if metric in memory.births else "",
                Quality.BAD_DEVICE_DEAD,
            )
            for metric, value in memory.last.items()
        ]
        fields = fields_of([NamedValue(ONLINE, 0.0), *stale], target, self._maps)
        for first in range(0, len(fields), MAX_FIELDS):
            part = fields[first : first + MAX_FIELDS]
            rows.add(message.place, message.raw, name, part, measured_ms=None, prompt=True)
        rows.note(f"{name} is dead: {len(stale)} metrics are stale")


def _kept_key(message: _Message) -> str:
    return "/".join((*message.key, message.device))


def _birth_sequence(payload: Payload) -> int | None:
    """Return bdSeq, None when the payload carries none."""
    for metric in payload.metrics:
        if metric.name == "bdSeq":
            value = metric_value(metric, metric.datatype)
            return int(value) if isinstance(value, float) else None
    return None


def _birth_of(metric: Metric, device: str, node: NodeMemory, memory: DeviceMemory) -> MetricBirth | None:
    """Return what is known of a metric, by its name or its alias; None for an unknown alias."""
    if metric.name:
        return memory.births.get(metric.name) or MetricBirth(metric.name, metric.datatype, "")
    owner, birth = node.aliases.get(metric.alias, ("", None)) if metric.HasField("alias") else ("", None)
    return birth if owner == device else None
