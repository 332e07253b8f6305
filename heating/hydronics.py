"""Heat carried by water and the state of a heat exchanger. Formulas from the field, each with its source."""

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "KW_PER_GJ_PER_H",
    "WATER_KWH_PER_M3_K",
    "effectiveness",
    "heat_rate_kw",
    "hours_to_cold",
    "log_mean_temperature_difference_k",
]

FloatArray = NDArray[np.float64]

WATER_KWH_PER_M3_K = 1.163
"""Heat in one cubic metre of water per kelvin [kWh/(m³·K)]: 4.187 kJ/(kg·K) x 1000 kg/m³ / 3600 s/h."""
KW_PER_GJ_PER_H = 1e6 / 3600.0
"""Kilowatts in one gigajoule per hour: 277.8."""


def heat_rate_kw(flow_m3_per_h: FloatArray, supply_c: FloatArray, return_c: FloatArray) -> FloatArray:
    """Return the heat given off by a water flow [kW], Q = 1.163 · g · (supply - return); NaN stays NaN."""
    return WATER_KWH_PER_M3_K * flow_m3_per_h * (supply_c - return_c)


def log_mean_temperature_difference_k(hot_end_k: FloatArray, cold_end_k: FloatArray) -> FloatArray:
    """Return the logarithmic mean temperature difference of a counter-flow exchanger [K].

    Parameters
    ----------
    hot_end_k, cold_end_k : ndarray
        Primary supply - secondary supply and primary return - secondary return [K].

    Returns
    -------
    ndarray
        [K]; NaN where an end is below 0.5 K (no meaningful mean); the plain difference where both ends are equal.
        Source: rules.yaml `derived.LMTD`.
    """
    hot, cold = np.asarray(hot_end_k, np.float64), np.asarray(cold_end_k, np.float64)
    valid = (hot >= 0.5) & (cold >= 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(hot / cold)
        mean = np.where(np.abs(ratio) < 1e-9, hot, (hot - cold) / ratio)
    return np.where(valid, mean, np.nan)


def effectiveness(
    primary_supply_c: FloatArray, primary_return_c: FloatArray, secondary_return_c: FloatArray
) -> FloatArray:
    """Return the primary-side effectiveness of an exchanger [-], (t1s-t1r)/(t1s-t2r); NaN without a driving gap."""
    gap = np.asarray(primary_supply_c - secondary_return_c, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap > 0, (primary_supply_c - primary_return_c) / gap, np.nan)


def hours_to_cold(*, room_c: float, outdoor_c: float, limit_c: float, time_constant_h: float = 80.0) -> float:
    """Return the hours until an unheated room falls to a limit: tau · ln((T0-To)/(T-To)) [h].

    Parameters
    ----------
    room_c, outdoor_c, limit_c : float
        Room temperature now, outdoor temperature, and the limit [°C].
    time_constant_h : float
        Thermal time constant of the building [h]; about 80 h is a practice value and is configuration.

    Returns
    -------
    float
        Hours; 0 when already at or below the limit; infinity when it is not colder outside than the limit.
    """
    if room_c <= limit_c:
        return 0.0
    if outdoor_c >= limit_c:
        return float("inf")
    return time_constant_h * float(np.log((room_c - outdoor_c) / (limit_c - outdoor_c)))
