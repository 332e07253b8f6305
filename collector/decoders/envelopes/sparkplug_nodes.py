"""What the decoder of Sparkplug B remembers of edge nodes: births, aliases, sequence numbers, last values.

What does not live here: payloads (`collector.decoders.envelopes.sparkplug_b`) and sending of commands (whoever drains
`rebirth_requests`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

__all__ = ["DeviceMemory", "MetricBirth", "NodeKey", "NodeMemory", "RebirthRequest", "SparkplugMemory"]

MAX_NODES: Final = 10_000
"""Edge nodes that are remembered; the oldest is forgotten (and asked for a rebirth when it speaks again)."""
MAX_METRICS: Final = 5_000
"""Metrics of one device that are remembered."""
MAX_DEVICES: Final = 2_000
"""Devices of one edge node that are remembered."""
SEQUENCE_NUMBERS: Final = 256
ASK_AGAIN_MS: Final = 60_000
"""Least time between two rebirth requests to one node [ms]."""


class NodeKey(NamedTuple):
    """Who an edge node is."""

    group: str
    node: str


@dataclass(frozen=True, slots=True)
class RebirthRequest:
    """An edge node should send its births again."""

    key: NodeKey
    reason: str

    @property
    def topic(self) -> str:
        """Topic of the command."""
        return f"spBv1.0/{self.key.group}/NCMD/{self.key.node}"


@dataclass(frozen=True, slots=True)
class MetricBirth:
    """What a birth said about a metric."""

    name: str
    datatype: int
    unit: str


@dataclass(slots=True)
class DeviceMemory:
    """What is known of a device, or of the node itself."""

    born: bool = False
    recalled: bool = False
    """Whether its births are those of before a restart: a birth that came meanwhile may have been missed."""
    births: dict[str, MetricBirth] = field(default_factory=dict)
    """By name."""
    last: dict[str, float | bool | str | None] = field(default_factory=dict)
    """Last value by metric name."""


@dataclass(slots=True)
class NodeMemory:
    """What is known of an edge node."""

    birth_sequence: int | None = None
    """bdSeq of the last birth."""
    sequence: int | None = None
    """Last sequence number; None: unknown."""
    aliases: dict[int, tuple[str, MetricBirth]] = field(default_factory=dict)
    """Device and birth by alias (an alias belongs to one metric of the whole node)."""
    devices: dict[str, DeviceMemory] = field(default_factory=dict)
    """By device; the empty name is the node itself."""
    life: str = ""
    """Which birth of the node this is; empty: not known."""
    wanted: str = ""
    """Why the node should be born again; empty: no reason."""

    def device(self, name: str) -> DeviceMemory:
        """Return what is known of a device, nothing for a new one."""
        if name not in self.devices and len(self.devices) >= MAX_DEVICES:
            self.devices.pop(next(iter(self.devices)))
        return self.devices.setdefault(name, DeviceMemory())

    def forget_device(self, name: str) -> None:
        """Forget aliases and births of a device before it is born again."""
        self.aliases = {alias: entry for alias, entry in self.aliases.items() if entry[0] != name}
        self.devices[name] = DeviceMemory(born=True)

    def kept_device(self, name: str) -> dict[str, object]:
        """Return what a restart should not lose of a device: its births with their aliases, as JSON."""
        aliases = {birth.name: alias for alias, (owner, birth) in self.aliases.items() if owner == name}
        births = self.device(name).births.values()
        return {
            "life": self.life,
            "births": [[birth.name, birth.datatype, birth.unit, aliases.get(birth.name)] for birth in births],
        }

    def recall_device(self, name: str, kept: object) -> None:
        """Take what was kept of a device before a restart; births of an earlier life of the node mean nothing."""
        if not isinstance(kept, dict) or kept.get("life") != self.life:
            return
        memory = self.device(name)
        memory.recalled = True
        for metric, datatype, unit, alias in kept["births"]:
            birth = MetricBirth(metric, datatype, unit)
            memory.births[metric] = birth
            if alias is not None:
                self.aliases.setdefault(alias, (name, birth))

    def takes(self, sequence: int | None) -> str | None:
        """Note the sequence number of a message; return what is wrong with it, None when it follows."""
        if sequence is None:
            return "a message without a sequence number"
        expected = None if self.sequence is None else (self.sequence + 1) % SEQUENCE_NUMBERS
        repeated = sequence == self.sequence
        self.sequence = sequence
        if expected is None or sequence == expected or repeated:
            return None
        return f"sequence {sequence} came, {expected} was expected"


class SparkplugMemory:
    """Every edge node."""

    def __init__(self) -> None:
        self._nodes: dict[NodeKey, NodeMemory] = {}
        self._asked_ms: dict[NodeKey, int] = {}
        self.requests: list[RebirthRequest] = []
        """Rebirths to be requested; whoever sends them empties the list."""

    def node(self, key: NodeKey) -> NodeMemory:
        """Return what is known of a node, nothing for a new one."""
        if key not in self._nodes and len(self._nodes) >= MAX_NODES:
            self._nodes.pop(next(iter(self._nodes)))
        return self._nodes.setdefault(key, NodeMemory())

    def born(self, key: NodeKey) -> NodeMemory:
        """Forget what was known of a node and return a fresh memory of it."""
        self._nodes.pop(key, None)
        return self.node(key)

    def ask(self, key: NodeKey, reason: str, *, now_ms: int) -> RebirthRequest | None:
        """Request a rebirth, not more often than once a minute and node; return the request when it is new.

        A request that was lost is so made again, as long as the node speaks without having been born.
        """
        self.node(key).wanted = reason
        asked_ms = self._asked_ms.get(key)
        if asked_ms is not None and abs(now_ms - asked_ms) < ASK_AGAIN_MS:
            return None
        if key not in self._asked_ms and len(self._asked_ms) >= MAX_NODES:
            self._asked_ms.pop(next(iter(self._asked_ms)))
        self._asked_ms[key] = now_ms
        request = RebirthRequest(key, reason)
        if len(self.requests) < MAX_NODES:
            self.requests.append(request)
        return request

    def take_requests(self) -> list[RebirthRequest]:
        """Return the requests since the last call."""
        taken, self.requests = self.requests, []
        return taken

    @property
    def nodes(self) -> Mapping[NodeKey, NodeMemory]:
        """The nodes as they are now."""
        return self._nodes
