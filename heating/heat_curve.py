"""The weather-compensation curve: which supply and return temperature an outdoor temperature calls for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["HeatCurve"]


@dataclass(frozen=True, slots=True)
class HeatCurve:
    """Design point of a heat curve. Source: domain.md «Weather compensation»."""

    indoor_c: float = 20.0
    """Design indoor temperature t_n [°C]."""
    design_outdoor_c: float = -25.2
    """Design outdoor temperature t_o' [°C]; -25.2 is Xilinhot."""
    design_supply_c: float = 75.0
    """Secondary supply temperature at the design point [°C]; 75/50 radiators, 45/35 floor heating."""
    design_return_c: float = 50.0
    """Secondary return temperature at the design point [°C]."""
    exponent_b: float = 0.3
    """Emitter exponent b: about 0.3 for radiators, 0 to 0.1 for floor heating."""

    def supply_return_c(
        self, outdoor_c: float | NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return supply and return temperatures [°C], of the shape of `outdoor_c`; no heat above `indoor_c`."""
        outdoor = np.asarray(outdoor_c, np.float64)
        load = np.clip((self.indoor_c - outdoor) / (self.indoor_c - self.design_outdoor_c), 0.0, None)
        mean_excess = 0.5 * (self.design_supply_c + self.design_return_c - 2 * self.indoor_c)
        middle = self.indoor_c + mean_excess * load ** (1.0 / (1.0 + self.exponent_b))
        half_spread = 0.5 * (self.design_supply_c - self.design_return_c) * load
        return middle + half_spread, middle - half_spread
