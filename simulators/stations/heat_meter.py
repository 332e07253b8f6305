"""Heat and electricity meters: what they make of the truth, and registers that only rise.

What lives here: the error curve of EN 1434 class 2 and the registers. What does not: noise and resolution of what is
sent (`simulators.devices.station_instruments`).

Limits of EN 1434-1 class 2: flow sensor ±(2 + 0.02·q_p/q) %, at most 5 %; temperature pair ±(0.5 + 3·Δθ_min/Δθ) %; calculator
±(0.5 + Δθ_min/Δθ) %, Δθ_min 3 K. Every meter lies at its own place within the band, the same at all times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams
from simulators.water import WATER_KW_PER_M3_PER_H_K

__all__ = ["HeatMeters", "MeterErrors", "draw_meter_errors"]

Floats = NDArray[np.float64]

_LEAST_SPREAD_K = 3.0
_CUT_OFF = 0.004
"""Flow below which the sensor shows nothing, as a share of its nominal flow."""


@dataclass(frozen=True)
class MeterErrors:
    """Where each meter lies within its limits, -1 to 1, shape ``(n_stations,)``."""

    nominal_m3_per_h: Floats
    """Nominal flow q_p of the flow sensor."""
    flow: Floats
    temperatures: Floats

    def flow_gain(self, flow_m3_per_h: Floats) -> Floats:
        """Return shown over true flow."""
        limit = 2 + 0.02 * self.nominal_m3_per_h / np.maximum(flow_m3_per_h, 1e-6)
        return np.asarray(1 + self.flow * np.minimum(limit, 5.0) / 100)

    def spread_gain(self, spread_k: Floats) -> Floats:
        """Return shown over true temperature difference, calculator included."""
        limit = 1.0 + 4 * _LEAST_SPREAD_K / np.maximum(spread_k, _LEAST_SPREAD_K)
        return np.asarray(1 + self.temperatures * limit / 100)


def draw_meter_errors(layout: CityLayout, random: RandomStreams, nominal_m3_per_h: Floats) -> MeterErrors:
    """Draw the errors of all meters from streams ``meter.*``: most well inside the limits."""

    def place(name: str) -> Floats:
        return np.clip(0.45 * random.normal(f"meter.{name}", layout.station_key), -1, 1)

    return MeterErrors(
        nominal_m3_per_h=nominal_m3_per_h, flow=place("flow"), temperatures=place("temperature")
    )


class HeatMeters:
    """Meters of all stations, shape ``(n_stations,)``."""

    def __init__(self, errors: MeterErrors, *, heat_total_gj: Floats, volume_total_m3: Floats) -> None:
        n = len(heat_total_gj)
        self.errors = errors
        self.heat_total_gj = heat_total_gj.astype(np.float64)
        self.volume_total_m3 = volume_total_m3.astype(np.float64)
        self.flow_m3_per_h = np.zeros(n)
        """Shown flow."""
        self.heat_gj_per_h = np.zeros(n)
        """Shown heat rate, never negative."""
        self._resets = np.zeros(n, np.int64)

    def count(
        self,
        dt_s: float,
        *,
        flow_m3_per_h: Floats,
        supply_c: Floats,
        return_c: Floats,
        failed: NDArray[np.bool_],
        resets: NDArray[np.int64],
    ) -> None:
        """Measure for `dt_s` seconds.

        Parameters
        ----------
        dt_s : float
            Length of the step.
        flow_m3_per_h, supply_c, return_c : ndarray
            The truth on the primary side.
        failed : ndarray
            True where the flow part shows nothing.
        resets : ndarray
            How often the registers have gone back to 0 since the start.
        """
        errors = self.errors
        seen = ~failed & (flow_m3_per_h > _CUT_OFF * errors.nominal_m3_per_h)
        self.flow_m3_per_h = np.where(seen, flow_m3_per_h * errors.flow_gain(flow_m3_per_h), 0.0)
        spread = np.maximum(supply_c - return_c, 0.0) * errors.spread_gain(supply_c - return_c)
        self.heat_gj_per_h = WATER_KW_PER_M3_PER_H_K * self.flow_m3_per_h * spread * 3.6e-3
        again = resets > self._resets
        self._resets = np.maximum(resets, self._resets)
        hours = dt_s / 3600
        self.heat_total_gj = np.where(again, 0.0, self.heat_total_gj) + self.heat_gj_per_h * hours
        self.volume_total_m3 = np.where(again, 0.0, self.volume_total_m3) + self.flow_m3_per_h * hours
