"""The heat source and the primary network between it and the stations.

What lives here: supply temperature by weather, its way to each station, pressures along the network, what the source
meters. What does not: the stations themselves. A first, simple network: every station has a distance between 0 and 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.water import WATER_KW_PER_M3_PER_H_K

__all__ = ["HeatSources", "SourceState"]

Floats = NDArray[np.float64]

_FILTER_S = 6 * 3600.0
_MILD_C, _COLD_C = 76.0, 106.0
"""Supply temperature at +5 and at -25 °C outside [°C]."""
_NEAR_S, _FAR_S = 600.0, 6000.0
"""Time constants with which a change arrives at the nearest and at the farthest station [s]."""
_SUPPLY_MPA, _RETURN_MPA = 0.95, 0.32
_SUPPLY_FALL_MPA, _RETURN_RISE_MPA = 0.20, 0.11


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the sources meter, shape ``(n_sources,)``."""

    supply_c: Floats
    return_c: Floats
    flow_m3_per_h: Floats
    supply_mpa: Floats
    return_mpa: Floats
    makeup_m3_per_h: Floats
    heat_gj_per_h: Floats


class HeatSources:
    """State of the primary side.

    Parameters
    ----------
    station_source : ndarray
        (n_stations,) place of each station's source.
    distance : ndarray
        (n_stations,) 0 near to 1 far.
    n_sources : int
        How many sources.
    outdoor_c : float
        Weather at the start [°C].
    """

    def __init__(
        self, *, station_source: NDArray[np.int32], distance: Floats, n_sources: int, outdoor_c: float
    ) -> None:
        self._source = station_source
        self._distance = distance
        self._n = n_sources
        self._outdoor_c = outdoor_c
        self.supply_c = _schedule_c(outdoor_c)
        self.arriving_c = np.full(len(distance), self.supply_c)

    def step(self, dt_s: float, outdoor_c: float) -> None:
        """Go on by `dt_s` seconds."""
        self._outdoor_c = outdoor_c + (self._outdoor_c - outdoor_c) * float(np.exp(-dt_s / _FILTER_S))
        self.supply_c = _schedule_c(self._outdoor_c)
        lag_s = _NEAR_S + (_FAR_S - _NEAR_S) * self._distance
        self.arriving_c = self.supply_c + (self.arriving_c - self.supply_c) * np.exp(-dt_s / lag_s)

    def at_stations(self) -> tuple[Floats, Floats, Floats]:
        """Return temperature [°C], supply and return pressure [MPa] of the water at each station."""
        return (
            self.arriving_c - 0.6 - 2.4 * self._distance,
            _SUPPLY_MPA - _SUPPLY_FALL_MPA * self._distance,
            _RETURN_MPA + _RETURN_RISE_MPA * self._distance,
        )

    def metered(self, flow_m3_per_h: Floats, return_c: Floats) -> SourceState:
        """Return what the sources see of the stations' primary flows and return temperatures."""
        flow = np.bincount(self._source, flow_m3_per_h, self._n).astype(np.float64)
        warm = np.bincount(self._source, flow_m3_per_h * (return_c - 0.8), self._n)
        back = np.where(flow > 0, warm / np.maximum(flow, 1e-6), 45.0)
        supply = np.full(self._n, self.supply_c)
        heat_kw = WATER_KW_PER_M3_PER_H_K * flow * (supply - back)
        return SourceState(
            supply_c=supply,
            return_c=back,
            flow_m3_per_h=flow,
            supply_mpa=np.full(self._n, _SUPPLY_MPA),
            return_mpa=np.full(self._n, _RETURN_MPA),
            makeup_m3_per_h=0.004 * flow,
            heat_gj_per_h=heat_kw * 3.6e-3,
        )


def _schedule_c(outdoor_c: float) -> float:
    share = min(1.1, max(-0.1, (5 - outdoor_c) / 30))
    return _MILD_C + (_COLD_C - _MILD_C) * share
