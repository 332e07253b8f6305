"""What holds for every rule of a set: how often an unacknowledged alarm calls again, how long one may be shelved.

Not here: the figures (``config/defaults/rules/defaults.yaml``) and what is done with them (`alerting.alarms.lifecycle` and the
alarm desk of the pages).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, field_validator

from config.durations import Duration
from heating.alarms import Priority

__all__ = ["DEFAULTS_FILE", "DefaultsDocument", "RuleDefaults"]

DEFAULTS_FILE = "defaults.yaml"
"""Name of the file in the folder of the rules."""


@dataclass(frozen=True, slots=True)
class RuleDefaults:
    """The figures; without any, nothing calls again and nothing limits a shelving."""

    repeat_unacked: Mapping[Priority, timedelta] = field(default_factory=dict)
    """Time after which an announced alarm that nobody acknowledged is announced again; others call once."""
    max_shelve: Mapping[Priority, timedelta] = field(default_factory=dict)
    """Longest shelving of an alarm; others have no limit here."""
    group_interval: timedelta = timedelta(0)
    """Homes of one incident that follow a notice within this time wait for the next one."""


class DefaultsDocument(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeat_unacked: dict[str, Duration]
    max_shelve: dict[str, Duration]
    group_interval: Duration

    @field_validator("repeat_unacked", "max_shelve")
    @classmethod
    def _by_priority(cls, value: dict[str, timedelta]) -> dict[str, timedelta]:
        for name, duration in value.items():
            if name not in Priority.__members__:
                raise ValueError(f"{name!r} is no priority: write P1, P2, P3 or P4")
            if duration <= timedelta(0):
                raise ValueError(f"{name}: {duration} is no time to wait: write more than zero")
        return value

    def value(self) -> RuleDefaults:
        """Return the figures."""
        return RuleDefaults(
            {Priority[name]: wait for name, wait in self.repeat_unacked.items()},
            {Priority[name]: longest for name, longest in self.max_shelve.items()},
            self.group_interval,
        )
