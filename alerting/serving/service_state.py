"""What the service remembers between ticks besides timers and alarms, saved in the transaction of each tick."""

import hashlib

import msgspec
import numpy as np

from alerting.judging.windows import WITH_SETPOINTS, Windows
from config.rules.reading import RuleSet

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
    """Supply setpoint of each station or circuit whose setpoint moved lately [°C]."""
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
    """Return setpoint [°C] and moment of the move [epoch ms] of what had its setpoint moved lately, by id."""
    newest_ms = max(int(windows.setpoints(one).moved_ms.max(initial=0)) for one in WITH_SETPOINTS)
    base_c: dict[str, float] = {}
    moved_ms: dict[str, int] = {}
    for measurement in WITH_SETPOINTS:
        setpoints, ids = windows.setpoints(measurement), windows.layout.ids[measurement]
        for row in np.flatnonzero(setpoints.moved_ms > max(0, newest_ms - _SETPOINT_MEMORY_MS)).tolist():
            base_c[ids[row]] = float(setpoints.base_c[row])
            moved_ms[ids[row]] = int(setpoints.moved_ms[row])
    return base_c, moved_ms


def recall_setpoints(windows: Windows, memory: ServiceState) -> None:
    """Give back what was remembered of setpoints, save where a move was seen since."""
    for measurement in WITH_SETPOINTS:
        index, setpoints = windows.newest(measurement).index, windows.setpoints(measurement)
        for object_id, moved_ms in memory.setpoint_moved_ms.items():
            row = index.get(object_id)  # no circuit bears the id of a station
            if row is not None and setpoints.moved_ms[row] == 0:
                setpoints.moved_ms[row] = moved_ms
                setpoints.base_c[row] = memory.setpoint_base_c.get(object_id, float("nan"))
