"""Constants of homes: envelope, capacities, radiators and shared walls, drawn per home and per building.

What lives here: ranges with their reasons, and the draw. What does not: state and its change
(`simulators.buildings.homes`), where water flows (`simulators.buildings.circulation`), what people do
(`simulators.people`). Ranges are those of a 90 m² home and grow with its area.

Sources: capacities, conductances and exposure factors from the design of the simulator; heat index 40 to 65 W/m² by
age of the building as CJJ 34 tables it for residential blocks; air change 0.3 to 0.6 1/h as measured in northern
Chinese flats in winter (JGJ 26 takes 0.5).
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams

__all__ = ["AIR_WH_PER_M3_K", "HomeParameters", "design_load_w", "draw_homes"]

Floats = NDArray[np.float32]

AIR_WH_PER_M3_K = 0.34
"""Heat that a cubic metre of air carries per kelvin [Wh/(m³ K)]."""
_STOREY_M = 2.7
_REFERENCE_M2 = 90.0
_EXPOSURE = np.array([0.85, 1.05, 1.15, 1.10, 1.40], np.float32)
"""Factor on the conductance, in the order of ``tuple(Position)``: middle, edge, top, ground, top corner."""
_LIGHT_SHARE = 0.9
"""Share of the conductance on the air node (windows, thermal bridges, light walls): with it a home without heat
cools as measured; the rest cools the heavy structure."""
_UA_NEW_W_PER_K, _UA_OLD_W_PER_K = 80.0, 106.0
"""Envelope of a 90 m² home built in 2020 and in 1988, before exposure and workmanship [W/K]."""
_UA_LIMITS_W_PER_K = (80.0, 140.0)
_OLD_YEAR, _NEW_YEAR, _USUAL_YEAR = 1988, 2020, 2004
_ROOM_C, _DESIGN_OUTDOOR_C = 20.0, -25.2
_OVERSIZE = (1.0, 1.5)
"""Radiators against the calculated load: rounding up to whole sections, safety of the designer."""
_CURVE_TAKES = 1.17
"""Oversizing that the operator's heating curve already counts on: it was lowered over the years until some complained."""
_FLOOR_SIZE = (0.94, 1.14)
"""Floor heating against the load: its pipes are laid by area, not by section."""
_EXPOSURE_SEEN = 0.85
"""Exponent with which designers allowed for exposure: edges, top floors and corners got a little too little."""
_EMPTY_LEAKAGE = 0.7
"""Air change of a home in which nobody lives, against that of a usual one: no door and no cooker hood opens."""
_FREE_HEAT_W_PER_M2 = 3.8
_WEAK_SHARE = 0.04
"""Homes with radiators boxed in, painted over or partly taken out."""
_SLAB_W_PER_M2_K = (0.55, 0.85)
"""Concrete slab with screed between two heated homes [W/(m² K)]."""
_SHARED_W_PER_K = (30.0, 80.0)


@dataclass(frozen=True)
class HomeParameters:
    """Constants of every home, shape ``(n_homes,)`` unless said otherwise."""

    conductance_w_per_k: Floats
    """Walls, windows, roof and floor to the outside (UA) [W/K]."""
    leakage_w_per_k: Floats
    """Infiltration at a usual wind [W/K]."""
    volume_m3: Floats
    """Heated air volume [m³]."""
    air_j_per_k: Floats
    """Capacity of air and furniture (C_i) [J/K]."""
    mass_j_per_k: Floats
    """Capacity of the structure (C_m) [J/K]."""
    inside_w_per_k: Floats
    """Between air and structure (1/R_im) [W/K]."""
    light_share: float
    """Share of the conductance that acts on the air node, 0 to 1."""
    gains_w: Floats
    """People and appliances, mean over a week [W]."""
    sun_m2: Floats
    """Sun that comes in per W/m² on the ground [m²]."""
    sun_on_air: Floats
    """Share of the sun that warms the air at once (f_i), 0 to 1."""
    emitter_w: Floats
    """Heat given off per K^n of mean water over room temperature [W/K^n]."""
    floor_heating: NDArray[np.bool_]
    """Exponent n 1.1 where true, 1.3 where false."""
    neighbours: NDArray[np.int32]
    """(k, n_homes) places of the homes on the other side of shared slabs and walls; the home itself where there is
    none."""
    shared_w_per_k: Floats
    """(k, n_homes) conductance to each neighbour [W/K], the same from both sides; 0 where there is none."""

    def subset(self, homes: NDArray[np.int64]) -> "HomeParameters":
        """Return the constants of some homes, without neighbours."""
        none = np.arange(len(homes), dtype=np.int32)[None, :]
        picked = {
            item.name: value[homes]
            for item in fields(self)
            if isinstance(value := getattr(self, item.name), np.ndarray) and value.ndim == 1
        }
        return HomeParameters(
            **picked,
            light_share=self.light_share,
            neighbours=none,
            shared_w_per_k=np.zeros((1, len(homes)), np.float32),
        )


class _Draw:
    """Draws per home around a few rules."""

    def __init__(self, layout: CityLayout, random: RandomStreams) -> None:
        self._keys, self._random = layout.home_key, random
        years = [building.built_year or _USUAL_YEAR for building in layout.site.buildings]
        age = (_NEW_YEAR - np.array(years, np.float64)) / (_NEW_YEAR - _OLD_YEAR)
        self.age = np.clip(age, 0, 1)[layout.home_building]
        """0 new to 1 old, of the building."""

    def between(self, name: str, low: float, high: float) -> NDArray[np.float64]:
        return low + (high - low) * self._random.uniform(f"home.{name}", self._keys)

    def spread(self, name: str, sigma: float) -> NDArray[np.float64]:
        return np.asarray(np.exp(sigma * self._random.normal(f"home.{name}", self._keys)))

    def emitter_factor(self, floor_heating: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return installed over needed radiator power at the water temperatures of the station's curve."""
        sections = self.between("sizing", *_OVERSIZE) / _CURVE_TAKES
        size = np.where(floor_heating, self.between("pipes", *_FLOOR_SIZE), sections)
        size *= self.spread("installation", 0.04)
        weak = self._random.uniform("home.weak", self._keys) < _WEAK_SHARE
        return np.where(weak & ~floor_heating, size * self.between("weakness", 0.55, 0.8), size)


def draw_homes(
    layout: CityLayout, random: RandomStreams, mean_water_c: NDArray[np.float64]
) -> HomeParameters:
    """Draw the constants of all homes.

    Parameters
    ----------
    layout : CityLayout
        Places, areas, positions, years of construction.
    random : RandomStreams
        Streams ``home.*`` and ``building.*``.
    mean_water_c : ndarray
        (n_stations,) mean of supply and return water at design weather, to which the curve was tuned [°C].
    """
    draw = _Draw(layout, random)
    area_m2 = layout.home_area_m2.astype(np.float64)
    size = area_m2 / _REFERENCE_M2
    base = (_UA_NEW_W_PER_K + (_UA_OLD_W_PER_K - _UA_NEW_W_PER_K) * draw.age) * draw.spread(
        "conductance", 0.05
    )
    exposure = _EXPOSURE[layout.home_position].astype(np.float64)
    conductance = np.clip(base, *_UA_LIMITS_W_PER_K) * exposure * size
    volume_m3 = area_m2 * _STOREY_M
    changes = 0.3 + 0.2 * draw.age + draw.between("leakage", 0.0, 0.1)
    leakage = AIR_WH_PER_M3_K * changes * volume_m3
    floor_heating = layout.station_floor_heating[layout.home_station]
    seen = conductance * exposure ** (_EXPOSURE_SEEN - 1)
    load_w = (seen + leakage) * (_ROOM_C - _DESIGN_OUTDOOR_C) - _FREE_HEAT_W_PER_M2 * area_m2
    over_k = np.maximum(mean_water_c[layout.home_station] - _ROOM_C, 5.0)
    exponent = np.where(floor_heating, 1.1, 1.3)
    single = np.float32
    return HomeParameters(
        conductance_w_per_k=conductance.astype(single),
        leakage_w_per_k=np.where(layout.home_suspended, _EMPTY_LEAKAGE * leakage, leakage).astype(single),
        volume_m3=volume_m3.astype(single),
        air_j_per_k=(draw.between("air", 1.5e6, 2.5e6) * size).astype(single),
        mass_j_per_k=(draw.between("mass", 15e6, 23e6) * size).astype(single),
        inside_w_per_k=(draw.between("inside", 700, 1100) * size).astype(single),
        light_share=_LIGHT_SHARE,
        gains_w=(_FREE_HEAT_W_PER_M2 * area_m2 * draw.between("gains", 0.5, 1.5)).astype(single),
        sun_m2=(draw.between("sun", 0.2, 1.6) * size).astype(single),
        sun_on_air=draw.between("sun_on_air", 0.2, 0.4).astype(single),
        emitter_w=(load_w * draw.emitter_factor(floor_heating) / over_k**exponent).astype(single),
        floor_heating=floor_heating,
        neighbours=layout.neighbours,
        shared_w_per_k=_shared(layout, random),
    )


def design_load_w(parameters: HomeParameters) -> NDArray[np.float64]:
    """Return the heat loss at 20 °C inside and design weather outside, shape ``(n_homes,)`` [W]."""
    loss = parameters.conductance_w_per_k.astype(np.float64) + parameters.leakage_w_per_k
    return loss * (_ROOM_C - _DESIGN_OUTDOOR_C)


def _shared(layout: CityLayout, random: RandomStreams) -> Floats:
    """Return the conductance to the homes above, below, across and behind, the same from both sides."""
    keys = layout.building_key
    low, high = _SLAB_W_PER_M2_K
    slab = (low + (high - low) * random.uniform("building.slab", keys))[layout.home_building]
    wall = (30 + 25 * random.uniform("building.wall", keys))[layout.home_building]
    area_m2 = layout.home_area_m2.astype(np.float64)
    itself = np.arange(len(area_m2))
    rates = []
    for row, other in enumerate(layout.neighbours):
        common_m2 = np.minimum(area_m2, area_m2[other])
        rate = wall if row >= 2 else slab * common_m2
        rates.append(np.where(other == itself, 0.0, np.clip(rate, *_SHARED_W_PER_K)))
    return np.array(rates, np.float32)
