"""85.0 °C: what a DS18B20 shows before its first measurement after power on, when it is not really so warm.

A probe at 85.0 °C exactly after a jump is doubtful until another value comes: after a reset that is a normal one, and
where it truly got hot one near 85. A probe that was near 85 before is believed.
"""

from typing import Final

from heating.quality import Quality

__all__ = ["PowerOnWatch"]

POWER_ON_C: Final = 85.0
JUMP_K: Final = 10.0
"""A last value this far away makes 85.0 a jump [K]."""
MAX_PROBES: Final = 500_000
"""Probes that are remembered; beyond it the memory starts again."""


class PowerOnWatch:
    """Remembers which probes showed last a temperature far from 85 °C."""

    def __init__(self) -> None:
        self._far: set[int] = set()

    def quality(self, object_id: str, point: int, celsius: float) -> int:
        """Return uncertain_unconfirmed for a power-on value, good for any other; a live value is remembered.

        Parameters
        ----------
        point
            Place in `heating.points.POINTS`.
        celsius
            The live value [°C].
        """
        probe = hash((object_id, point))
        if celsius == POWER_ON_C:
            return Quality.UNCERTAIN_UNCONFIRMED if probe in self._far else Quality.GOOD
        if abs(celsius - POWER_ON_C) < JUMP_K:
            self._far.discard(probe)
        else:
            if len(self._far) >= MAX_PROBES:
                self._far.clear()
            self._far.add(probe)
        return Quality.GOOD
