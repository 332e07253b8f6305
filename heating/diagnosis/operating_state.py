"""What a heat exchange station is doing: the words of the operating state.

Not here: how it is inferred (`alerting.judging.learned.operation`).
"""

from enum import IntEnum

__all__ = ["OperatingState"]


class OperatingState(IntEnum):
    """Operating state of a station; the number is the value of the signal ``operating_state``."""

    NO_DATA = 0
    OFF_SEASON = 1
    RUNNING = 2
    NIGHT_SETBACK = 3
    """Runs, with its setpoint below the curve of the day."""
    SCHEDULED_OFF = 4
    """Stands still, as it usually does at this hour, or with most of the others in mild weather."""
    UNEXPECTEDLY_OFF = 5
    """Stands still at an hour at which it usually runs."""
    STARTING = 6
    """Runs again and has not reached its setpoint."""
    MAINTENANCE = 7
    """Work on it is announced."""
    UNSURE = 8
    """Stands still, and not enough is known of its week to say whether it should."""

    @property
    def word(self) -> str:
        """Lower-case word used in records and the API, for example ``night_setback``."""
        return self.name.lower()
