"""What the service remembers between ticks besides timers and alarms, saved in the transaction of each tick."""

import hashlib

import msgspec

from config.rules.reading import RuleSet

__all__ = ["SERVICE_BLOB", "ServiceState", "rules_digest"]

SERVICE_BLOB = "alerting/service"
"""Name of the blob in the records."""


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
