"""How long a broker's queue must be for a collector that is away: from the registry's load, never a fixed number."""

from dataclasses import dataclass

from heating.assets import Site

__all__ = ["MOSQUITTO_OVERHEAD_BYTES", "QueueSize", "queue_for"]

MOSQUITTO_OVERHEAD_BYTES = 300
"""Memory of a waiting message in Mosquitto beside topic and payload, rounded up [bytes]."""
_STATION_BYTES, _ROOM_BYTES = 1_200, 200
"""Topic and payload of a native message, rounded up [bytes]."""
_OTHERS_INTERVAL_S = 60.0
"""Sources, buildings and weather sites: no interval is registered for them [s]."""
_ROOM_TO_SPARE = 1.25
"""Status messages, repeats after a reconnect, sensors that report faster than registered."""
_LEAST_MESSAGES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSize:
    """What waits when the collector was away for the time that it may be."""

    messages_per_s: float
    """Load of the registry [1/s]."""
    messages: int
    """Messages that wait."""
    bytes: int
    """Their topics and payloads [bytes]."""

    @property
    def memory_bytes(self) -> int:
        """Memory that Mosquitto needs when the queue is full [bytes]; a broker that queues on disk needs it there."""
        return self.bytes + self.messages * MOSQUITTO_OVERHEAD_BYTES

    @property
    def disk_gb(self) -> int:
        """Whole gigabytes for a queue on disk, twice its content: a log is tidied up late."""
        return max(20, -(-2 * self.memory_bytes // 1_000_000_000))


def queue_for(site: Site, *, away_hours: float) -> QueueSize:
    """Return the queue for the objects of a registry, each reporting at its interval, over `away_hours`."""
    stations_per_s = sum(1.0 / one.report_interval_s for one in site.stations)
    others = len(site.sources) + len(site.buildings) + len(site.weather_sites)
    stations_per_s += others / _OTHERS_INTERVAL_S
    rooms_per_s = sum(1.0 / one.interval_s for one in site.sensors)
    seconds = away_hours * 3600.0 * _ROOM_TO_SPARE
    messages = round((stations_per_s + rooms_per_s) * seconds)
    size = round((stations_per_s * _STATION_BYTES + rooms_per_s * _ROOM_BYTES) * seconds)
    return QueueSize(
        messages_per_s=stations_per_s + rooms_per_s,
        messages=max(messages, _LEAST_MESSAGES),
        bytes=max(size, _LEAST_MESSAGES * _STATION_BYTES),
    )
