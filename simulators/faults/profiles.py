"""How a fault comes on: its share of full strength as a function of the time since its onset.

What lives here: the four profiles, in steps of a hundredth, so that between two steps nothing has to be worked out
anew. What does not: severities and moments of onset.
"""

import math
from collections.abc import Callable

from simulators.fault_kinds import Profile

__all__ = ["Shape", "share_at"]

_LEVELS = 100
_FULL_AFTER = 5.0
"""An exponential onset counts as complete after this many time constants (99.3 %)."""


class Shape:
    """A profile with its numbers.

    Parameters
    ----------
    profile : Profile
        Which.
    rise_s : float
        Length of a ramp or time constant of an exponential onset [s], above 0.
    period_s : float
        Period of an intermittent fault [s], above 0.
    duty : float
        Share of each period for which an intermittent fault is there, 0 to 1.
    luck : callable
        Number in [0, 1) of each period by its number, keyed; says how late in its period the fault comes.
    """

    __slots__ = ("duty", "luck", "period_s", "profile", "rise_s")

    def __init__(
        self,
        profile: Profile,
        *,
        rise_s: float,
        period_s: float,
        duty: float,
        luck: Callable[[int], float],
    ) -> None:
        self.profile = profile
        self.rise_s = rise_s
        self.period_s = period_s
        self.duty = duty
        self.luck = luck


def share_at(shape: Shape, since_s: float) -> tuple[float, float]:
    """Return the share of full strength and for how long it stays so.

    Parameters
    ----------
    shape : Shape
        The profile.
    since_s : float
        Time since the onset [s], at least 0.

    Returns
    -------
    share : float
        0 to 1; a ramp begins with a hundredth, so that a fault is there from its onset.
    stays_s : float
        Time until the share changes, counted from `since_s` [s]; infinite when it does not.
    """
    match shape.profile:
        case Profile.STEP:
            return 1.0, math.inf
        case Profile.RAMP:
            level = math.floor(since_s / shape.rise_s * _LEVELS + 1e-9)
            if level >= _LEVELS:
                return 1.0, math.inf
            return (level + 1) / _LEVELS, (level + 1) / _LEVELS * shape.rise_s - since_s
        case Profile.EXP:
            if since_s >= _FULL_AFTER * shape.rise_s:
                return 1.0, math.inf
            level = math.floor(-math.expm1(-since_s / shape.rise_s) * _LEVELS + 1e-9)
            ends_s = -math.log1p(-(level + 1) / _LEVELS) * shape.rise_s if level + 1 < _LEVELS else math.inf
            return (level + 1) / _LEVELS, min(ends_s, _FULL_AFTER * shape.rise_s) - since_s
        case Profile.INTERMITTENT:
            return _comes_and_goes(shape, since_s)


def _comes_and_goes(shape: Shape, since_s: float) -> tuple[float, float]:
    number = int(since_s // shape.period_s)
    within = since_s - number * shape.period_s
    late = 0.0 if number == 0 else shape.luck(number) * (1 - shape.duty) * shape.period_s
    if within < late:
        return 0.0, late - within
    if within < late + shape.duty * shape.period_s:
        return 1.0, late + shape.duty * shape.period_s - within
    return 0.0, shape.period_s - within
