"""Friction of water in pipes: Darcy-Weisbach with the explicit formula of Swamee and Jain.

What lives here: resistance of a pipe for a flow, and choice of a nominal width. What does not: which pipes there are.

Δp = f·(L/D)·ρ·v²/2 and f = 0.25 / log10(k/(3.7·D) + 5.74/Re^0.9)² (Swamee and Jain 1976, within 1 % of Colebrook-White for
5·10³ < Re < 10⁸), roughness k 0.5 mm for hot-water networks (CJJ/T 34). Bends, valves and compensators add 30 %.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.water import WATER_KG_PER_M3

__all__ = ["LOCAL_LOSSES", "NOMINAL_WIDTHS_M", "friction_factor", "nominal_width_m", "pipe_resistance"]

Floats = NDArray[np.float64]

LOCAL_LOSSES = 1.3
"""Factor for bends, valves and compensators; 0.2 to 0.4 of the friction in buried networks (CJJ/T 34)."""
NOMINAL_WIDTHS_M = np.array(
    [0.082, 0.1, 0.125, 0.15, 0.207, 0.257, 0.309, 0.359, 0.408, 0.46, 0.512, 0.614, 0.7, 0.8, 0.9, 1.0, 1.2]
)
"""Inner diameters of pre-insulated pipes DN 80 to DN 1200 [m]."""
_ROUGHNESS_M = 0.0005
_KINEMATIC_M2_PER_S = 4.1e-7
"""Viscosity of water at 70 °C [m²/s]."""
_LEAST_REYNOLDS = 2000.0


def friction_factor(
    flow_m3_per_h: Floats,
    width_m: Floats,
    *,
    roughness_m: float = _ROUGHNESS_M,
    viscosity_m2_per_s: float = _KINEMATIC_M2_PER_S,
) -> Floats:
    """Return the Darcy friction factor; below Re 2000 that of Re 2000, where losses are too small to matter."""
    reynolds = np.abs(flow_m3_per_h) / 3600 * 4 / (np.pi * width_m * viscosity_m2_per_s)
    term = 5.74 / np.maximum(reynolds, _LEAST_REYNOLDS) ** 0.9
    return np.asarray(0.25 / np.square(np.log10(roughness_m / (3.7 * width_m) + term)))


def pipe_resistance(
    friction: Floats,
    length_m: Floats,
    width_m: Floats,
    *,
    local: float = LOCAL_LOSSES,
    density_kg_per_m3: float = WATER_KG_PER_M3,
) -> Floats:
    """Return R of Δp = R·G² of one pipe [MPa/(m³/h)²]; `local` multiplies for bends and valves."""
    pascal = 8 * friction * length_m * density_kg_per_m3 / (np.pi**2 * width_m**5)
    return np.asarray(local * pascal / 3600**2 * 1e-6)


def nominal_width_m(flow_m3_per_h: Floats, *, velocity_m_per_s: Floats | float) -> Floats:
    """Return the narrowest inner diameter in trade that keeps a velocity [m]; the widest where none does."""
    wanted = np.sqrt(4 * flow_m3_per_h / 3600 / (np.pi * velocity_m_per_s))
    places = np.minimum(np.searchsorted(NOMINAL_WIDTHS_M, wanted), len(NOMINAL_WIDTHS_M) - 1)
    return NOMINAL_WIDTHS_M[places]
