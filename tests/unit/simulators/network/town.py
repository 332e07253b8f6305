"""A town on a primary network of its own, under the control of a test."""

from dataclasses import replace

import numpy as np

from simulators.city_layout import CityLayout, lay_out
from simulators.effects import no_effects
from simulators.network.primary_network import PrimaryNetwork, StationDemand, draw_primary_network
from simulators.random_streams import RandomStreams
from simulators.site.generator import generate_site
from simulators.stations.station_parameters import draw_stations
from tests.unit.simulators.cities import ORIGIN


class Town:
    """Thirty stations on three branches, the third hanging on the first, with valves that do not move."""

    def __init__(self, *, outdoor_c: float = -15.0, capacity_factor: float = 1.0) -> None:
        site, _ = generate_site(stations=36, households=36 * 150, sensed_fraction=0, seed=5, now=ORIGIN)
        branches = list(site.branches)
        branches[2] = replace(branches[2], parent_branch_id=branches[0].branch_id)
        self.layout: CityLayout = lay_out(replace(site, branches=tuple(branches)))
        random = RandomStreams(5)
        self.design = draw_stations(self.layout, random).primary_design_m3_per_h
        self.network: PrimaryNetwork
        self.network, difference = draw_primary_network(
            self.layout,
            random,
            station_m3_per_h=self.design,
            outdoor_c=outdoor_c,
            capacity_factor=capacity_factor,
        )
        self.outdoor_c = outdoor_c
        self.effects = no_effects(self.layout)
        self.demand = StationDemand(
            conductance=self.design / np.sqrt(difference),
            return_c=np.full(len(self.design), 45.0),
            leak_m3_per_h=np.zeros(len(self.design)),
        )

    def run(self, hours: float, dt_s: float = 60.0) -> None:
        for _ in range(round(hours * 3600 / dt_s)):
            self.network.step(dt_s, self.outdoor_c, self.demand, self.effects)

    def on_branch(self, number: int) -> np.ndarray:
        return self.layout.station_branch == number

    def energy_kj(self) -> float:
        """Return what the sources gave less where it went, since the start; the start's content included."""
        n = self.network
        given = float((n.sources.heat_kj + n.sources.water_kj).sum())
        return given - float(n.station_kj.sum()) - n.leaked_kj - n.pipes.lost_kj - n.stored_kj()
