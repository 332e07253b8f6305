"""Which supply temperature a station's controller wants for the weather.

What lives here: the curve of the simulated controllers, and night setback. What does not: what rules expect of a
station; they have curves of their own.

The curve follows from emitters of exponent 1 + b at constant flow: with the load q = (t_n - t_o)/(t_n - t_o'),
t_s = t_n + ½(t_s' + t_r' - 2t_n)·q^(1/(1+b)) + ½(t_s' - t_r')·q, and with a minus the return (heating handbooks; b about 0.3
for radiators, 0 to 0.1 for floors).
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["DESIGN_OUTDOOR_C", "design_waters_c", "setback_share"]

Floats = NDArray[np.float64]

DESIGN_OUTDOOR_C = -25.2
"""Outdoor temperature for which heating is designed in Xilinhot [°C] (GB 50736)."""
_MOST_LOAD = 1.2


def design_waters_c(
    outdoor_c: Floats, *, room_c: float, supply_c: Floats, return_c: Floats, exponent: Floats
) -> tuple[Floats, Floats]:
    """Return supply and return temperature for the weather [°C].

    Parameters
    ----------
    outdoor_c : ndarray
        Weather as the controller sees it.
    room_c : float
        Wanted room temperature t_n.
    supply_c, return_c : ndarray
        Temperatures t_s', t_r' at design weather.
    exponent : ndarray
        b of the emitters.
    """
    load = np.clip((room_c - outdoor_c) / (room_c - DESIGN_OUTDOOR_C), 0.0, _MOST_LOAD)
    middle = room_c + 0.5 * (supply_c + return_c - 2 * room_c) * load ** (1 / (1 + exponent))
    half = 0.5 * (supply_c - return_c) * load
    return middle + half, middle - half


def setback_share(hour: Floats, *, begin_h: Floats, length_h: Floats, ramp_h: float = 0.5) -> Floats:
    """Return how much of a night setback acts, 0 to 1, with ramps at both ends.

    Parameters
    ----------
    hour : ndarray
        Hour of the day by the controller's clock, 0 to 24.
    begin_h, length_h : ndarray
        When the setback begins and how long it lasts.
    ramp_h : float
        Length of the ramps.
    """
    since = np.mod(hour - begin_h, 24.0)
    return np.clip(np.minimum(since, length_h - since) / ramp_h, 0.0, 1.0)
