"""What the service remembers between ticks besides timers and alarms, saved in the transaction of each tick."""

import hashlib

import msgspec

from alerting.judging.windows import Windows
from config.rules.reading import RuleSet
from heating.points import Measurement

__all__ = ["SERVICE_BLOB", "ServiceState", "recall_setpoints", "rules_digest", "setpoints_of"]

SERVICE_BLOB = "alerting/service"
"""Name of the blob in the records."""
_SETPOINT_MEMORY_MS = 2 * 3600 * 1000
"""Setpoints that moved longer than this before the newest move have settled for every rule: not remembered."""


class ServiceState(msgspec.Struct, kw_only=True):
    """The blob."""

    watching_since_ms: int = 0
    """First tick ever; objects never heard of are silent since then [epoch ms]."""
    announce_after_ms: dict[str, int] = {}
    """Released alarms that are not announced before this moment [epoch ms]."""
    reminded_ms: dict[str, int] = {}
    """When unacknowledged alarms were last announced again [epoch ms]."""
    rules: str = ""
    """Digest of the rules that judged last."""
    registry_version: int = -1
    """Version of the registry that was judged last."""
    setpoint_base_c: dict[str, float] = {}
    """Supply setpoint of each station whose setpoint moved lately [°C]."""
    setpoint_moved_ms: dict[str, int] = {}
    """When it moved [epoch ms]."""

    @classmethod
    def decode(cls, blob: bytes | None) -> "ServiceState":
        """Return the saved state, a new one when there is none or it is of another version."""
        if blob is None:
            return cls()
        try:
            return msgspec.json.decode(blob, type=cls)
        except msgspec.DecodeError:
            return cls()

    def encode(self) -> bytes:
        """Return the blob."""
        return msgspec.json.encode(self)


def rules_digest(rules: RuleSet) -> str:
    """Return a short digest that changes when anything that judges changes."""
    text = "\n".join(
        repr((r.rule_id, r.raise_when, r.clear_when, r.enable_if, r.inhibits, r.never_inhibited, r.priority))
        for r in rules.rules
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def setpoints_of(windows: Windows) -> tuple[dict[str, float], dict[str, int]]:
    """Return setpoint [°C] and moment of the move [epoch ms] of the stations whose setpoint moved lately, by id."""
    setpoints, ids = windows.setpoints, windows.layout.ids[Measurement.STATION]
    oldest_ms = int(setpoints.moved_ms.max(initial=0)) - _SETPOINT_MEMORY_MS
    rows = [row for row in setpoints.moved_ms.nonzero()[0].tolist() if setpoints.moved_ms[row] > oldest_ms]
    base_c = {ids[row]: float(setpoints.base_c[row]) for row in rows}
    return base_c, {ids[row]: int(setpoints.moved_ms[row]) for row in rows}


def recall_setpoints(windows: Windows, memory: ServiceState) -> None:
    """Give back what was remembered of setpoints, save where a move was seen since."""
    index, setpoints = windows.newest(Measurement.STATION).index, windows.setpoints
    for station_id, moved_ms in memory.setpoint_moved_ms.items():
        row = index.get(station_id)
        if row is not None and setpoints.moved_ms[row] == 0:
            setpoints.moved_ms[row] = moved_ms
            setpoints.base_c[row] = memory.setpoint_base_c.get(station_id, float("nan"))
