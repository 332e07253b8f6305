"""The primary network in motion: sources, pipes and the stations' demands, stepped together.

What lives here: the order of a step of the primary side. What does not: solving a tree (`simulators.network.radial_tree`),
plug flow (`simulators.network.plug_flow`), boilers and pumps (`simulators.network.source_plant`), what a station does with
the water (`simulators.stations`).

Hydraulics are steady within a step; friction factors and leaks are those of the step before. Leaks of a branch are at
its valve chamber: Q = C_d·A·sqrt(2p/ρ).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.network.pipe_friction import friction_factor, pipe_resistance
from simulators.network.pipe_plan import PipePlan, draw_pipes
from simulators.network.plug_flow import PlugFlowPipes
from simulators.network.source_plant import HeatSources, SourceParameters, SourceState
from simulators.orifice import orifice_m3_per_h
from simulators.random_streams import RandomStreams
from simulators.water import WATER_KW_PER_M3_PER_H_K

__all__ = ["PrimaryNetwork", "StationDemand", "draw_primary_network"]

Floats = NDArray[np.float64]

_STATION_DESIGN_MPA = 0.12
"""Differential pressure left for the least favoured station at design."""
_CAPACITY_MARGIN = 1.25
"""Capacity over design heat where the registry names none."""
_DESIGN_SPREAD_K = 52.0
_GROUND_C = 4.0
_LEAST_OPENING = 0.003


@dataclass(frozen=True, slots=True)
class StationDemand:
    """What the stations ask of the network during a step, shape ``(n_stations,)``."""

    conductance: Floats
    """Flow over the root of differential pressure [m³/h/MPa^½]."""
    return_c: Floats
    """Temperature of the water that they send back."""
    leak_m3_per_h: Floats
    """Primary water that passes into the secondary side through the exchanger."""


class PrimaryNetwork:
    """State of the primary side; arrays of stations have shape ``(n_stations,)``.

    Parameters
    ----------
    plan : PipePlan
        The pipes.
    sources : HeatSources
        Boilers and pumps at the roots.
    station_source : ndarray
        (n_stations,) place of each station's source.
    """

    def __init__(self, plan: PipePlan, sources: HeatSources, *, station_source: NDArray[np.int32]) -> None:
        self.plan, self.sources = plan, sources
        nodes, n = len(plan.parent), len(sources.supply_c)
        self._source_count = n
        self._has_pipe = plan.parent >= 0
        self._above = np.where(self._has_pipe, plan.parent, np.arange(nodes))
        self._node_source = _roots(plan.parent)
        self._roots = np.arange(n)
        supply = sources.supply_c[self._node_source]
        water, loss = plan.water_m3(), np.where(self._has_pipe, plan.loss_kw_per_k, 0.0)
        self.pipes = PlugFlowPipes(
            water_m3=np.tile(np.maximum(water, 0.5), 2),
            design_m3_per_h=np.tile(plan.design_m3_per_h, 2),
            loss_kw_per_k=np.tile(loss, 2),
            ground_c=_GROUND_C,
            start_c=np.concatenate([supply, np.full(nodes, 45.0)]),
        )
        self._station_source = station_source
        self.supply_flow_m3_per_h = plan.design_m3_per_h.copy()
        """(n_nodes,) in the supply pipe to each node."""
        self.return_flow_m3_per_h = plan.design_m3_per_h.copy()
        self.supply_mpa = np.full(nodes, 0.9)
        """(n_nodes,) pressure in the supply at each node [MPa]."""
        self.return_mpa = np.full(nodes, 0.3)
        self._conductance = plan.design_m3_per_h / np.sqrt(_STATION_DESIGN_MPA)
        self.arriving_c = supply[plan.station]
        self.flow_m3_per_h = plan.design_m3_per_h[plan.station].copy()
        """Primary flow of each station [m³/h]."""
        self.leak_m3_per_h = np.zeros(len(plan.chamber))
        """(n_branches,) water lost from each branch."""
        self.station_kj = np.zeros(len(plan.station))
        """Heat that stations took out of the network since the start [kJ]."""
        self.leaked_kj = 0.0
        """Heat over the return temperature lost with leaking water since the start [kJ]."""

    def step(self, dt_s: float, outdoor_c: float, demand: StationDemand, effects: Effects) -> None:
        """Go on by `dt_s` seconds.

        Parameters
        ----------
        dt_s : float
            Length of the step.
        outdoor_c : float
            Weather.
        demand : StationDemand
            Valves, return temperatures and exchanger leaks of the stations.
        effects : Effects
            Reads `branch_leak_m2`, `branch_opening`, `source_pump_factor`, `source_capacity_factor`.
        """
        self.sources.turn_pumps(dt_s, effects.source_pump_factor)
        leak = orifice_m3_per_h(effects.branch_leak_m2, self.supply_mpa[self.plan.chamber])
        self.leak_m3_per_h = np.where(effects.branch_leak_m2 > 0, 0.5 * (self.leak_m3_per_h + leak), 0.0)
        self._divide(demand, effects.branch_opening)
        flows = np.concatenate([self.supply_flow_m3_per_h, self.return_flow_m3_per_h])
        flows[np.concatenate([self._roots, len(self._above) + self._roots])] = (
            0.0  # no pipe leads to a source
        )
        parts = self.pipes.steps_needed(flows, dt_s)
        arriving = np.zeros_like(self.arriving_c)
        for _ in range(parts):
            arriving += self._transport(dt_s / parts, flows, outdoor_c, demand, effects)
        self.arriving_c = arriving / parts

    def _divide(self, demand: StationDemand, branch_opening: Floats) -> None:
        """Find flows and pressures of all pipes."""
        plan, sources, nodes = self.plan, self.sources, len(self.plan.parent)
        one = pipe_resistance(
            friction_factor(self.supply_flow_m3_per_h, plan.width_m), plan.length_m, plan.width_m
        )
        valve = np.zeros(nodes)
        opening = np.maximum(branch_opening, _LEAST_OPENING)
        below = np.maximum(self._conductance[plan.chamber], 1e-6)
        valve[plan.chamber] = (1 / opening**2 - 1) / below**2
        more = np.clip(self.supply_flow_m3_per_h / np.maximum(self.return_flow_m3_per_h, 1e-3), 1.0, 3.0)
        pair = one * (1 + more**2) + valve
        pair[self._roots] = sources.parameters.steepness() * more[self._roots] ** 2
        conductance = np.zeros(nodes)
        conductance[plan.station] = demand.conductance
        head = np.zeros(nodes)
        head[self._roots] = sources.head_mpa()
        flow = plan.tree.solve(head, pair, conductance)
        self._conductance = flow.conductance
        self.flow_m3_per_h = flow.load_m3_per_h[plan.station]
        self.supply_flow_m3_per_h = flow.pipe_m3_per_h + self._below(plan.chamber, self.leak_m3_per_h)
        leaks = np.minimum(demand.leak_m3_per_h, self.flow_m3_per_h)
        self.return_flow_m3_per_h = np.maximum(flow.pipe_m3_per_h - self._below(plan.station, leaks), 0.0)
        loss = np.stack(
            [
                (one + valve) * np.square(self.supply_flow_m3_per_h),
                one * np.square(self.return_flow_m3_per_h),
            ]
        )
        loss[:, self._roots] = 0.0
        along = plan.tree.summed_from_root(loss)
        base = sources.hold_mpa[self._node_source]
        self.return_mpa = base + along[1]
        self.supply_mpa = np.maximum(base + flow.difference_mpa[self._node_source] - along[0], 0.0)

    def _below(self, places: NDArray[np.int64], values: Floats) -> Floats:
        """Return the sum of values at some nodes over each node and all below it, shape ``(n_nodes,)``."""
        spread = np.zeros(len(self.plan.parent))
        if values.any():
            spread[places] = values
            return self.plan.tree.summed_from_leaves(spread)
        return spread

    def _transport(
        self, dt_s: float, flows: Floats, outdoor_c: float, demand: StationDemand, effects: Effects
    ) -> Floats:
        """Move the water for a part of a step; return what arrives at the stations [°C]."""
        plan, sources, nodes, n = self.plan, self.sources, len(self.plan.parent), self._source_count
        out_c = self.pipes.leaving_c(flows, dt_s)
        supply_c, return_c = out_c[:nodes], out_c[nodes:]
        supply_c[:n] = sources.supply_c
        piped = self._has_pipe
        warm = np.bincount(self._above[piped], (self.return_flow_m3_per_h * return_c)[piped], minlength=nodes)
        own = np.zeros(nodes)
        own[plan.station] = self.flow_m3_per_h - np.minimum(demand.leak_m3_per_h, self.flow_m3_per_h)
        own_c = np.full(nodes, 45.0)
        own_c[plan.station] = demand.return_c
        total = np.maximum(self.return_flow_m3_per_h, 1e-9)
        mixed = np.where(self.return_flow_m3_per_h > 1e-6, (warm + own * own_c) / total, return_c)
        self._fire(dt_s, outdoor_c, mixed[:n], effects)
        arriving = supply_c[plan.station].copy()
        back = mixed[:n][self._station_source]
        c_h = WATER_KW_PER_M3_PER_H_K * dt_s
        sent_back = own[plan.station]
        self.station_kj += c_h * (
            self.flow_m3_per_h * (arriving - back) - sent_back * (demand.return_c - back)
        )
        leaking = supply_c[plan.chamber] - mixed[self._node_source[plan.chamber]]
        self.leaked_kj += c_h * float(np.sum(self.leak_m3_per_h * leaking))
        inlet = np.concatenate([supply_c[self._above], mixed])
        self.pipes.take_in(flows, inlet, dt_s)
        return arriving

    def _fire(self, dt_s: float, outdoor_c: float, return_c: Floats, effects: Effects) -> None:
        sources, n = self.sources, self._source_count
        sent, back = self.supply_flow_m3_per_h[:n], self.return_flow_m3_per_h[:n]
        sources.make_up(dt_s, returned_m3_per_h=back, sent_m3_per_h=sent)
        sources.fire(
            dt_s,
            outdoor_c,
            return_c=sources.mixed_return_c(return_c, sent, dt_s),
            flow_m3_per_h=sent,
            capacity_factor=effects.source_capacity_factor,
        )

    def at_stations(self) -> tuple[Floats, Floats, Floats]:
        """Return temperature [°C], supply and return pressure [MPa] of the water at each station."""
        places = self.plan.station
        return self.arriving_c, self.supply_mpa[places], self.return_mpa[places]

    def metered(self) -> SourceState:
        """Return what the sources see."""
        sources, n = self.sources, self._source_count
        return SourceState(
            supply_c=sources.supply_c,
            return_c=sources.return_c,
            flow_m3_per_h=sources.flow_m3_per_h,
            supply_mpa=self.supply_mpa[:n],
            return_mpa=self.return_mpa[:n],
            makeup_m3_per_h=sources.makeup_m3_per_h,
            heat_gj_per_h=sources.heat_kw * 3.6e-3,
        )

    def stored_kj(self) -> float:
        """Return the heat in pipes and boilers above 0 °C [kJ]."""
        return self.pipes.stored_kj() + float(self.sources.stored_kj().sum())


def _roots(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    root = np.where(parent < 0, np.arange(len(parent)), parent)
    while not np.array_equal(above := root[root], root):
        root = above
    return np.asarray(root)


def draw_primary_network(
    layout: CityLayout,
    random: RandomStreams,
    *,
    station_m3_per_h: Floats,
    outdoor_c: float,
    capacity_factor: float = 1.0,
) -> tuple[PrimaryNetwork, Floats]:
    """Draw pipes and sources for the given stations.

    Parameters
    ----------
    layout : CityLayout
        Sources, branches, stations.
    random : RandomStreams
        Streams ``pipe.*``.
    station_m3_per_h : ndarray
        (n_stations,) primary design flow.
    outdoor_c : float
        Weather at the start [°C].
    capacity_factor : float
        Factor on the capacity of all sources.

    Returns
    -------
    network : PrimaryNetwork
        At rest near design.
    difference_mpa : ndarray
        (n_stations,) differential pressure at each station at design, for sizing its valve.
    """
    plan = draw_pipes(layout, random, station_m3_per_h)
    n = len(layout.site.sources)
    one = pipe_resistance(friction_factor(plan.design_m3_per_h, plan.width_m), plan.length_m, plan.width_m)
    loss = 2 * one * np.square(plan.design_m3_per_h)
    loss[:n] = 0.0
    along = plan.tree.summed_from_root(loss)[plan.station]
    source = layout.station_source
    head = np.zeros(n)
    np.maximum.at(head, source, along)
    head += _STATION_DESIGN_MPA
    flow = np.maximum(np.bincount(source, station_m3_per_h, n), 1.0)
    given = [item.capacity_gj_per_h for item in layout.site.sources]
    design_kw = WATER_KW_PER_M3_PER_H_K * flow * _DESIGN_SPREAD_K * _CAPACITY_MARGIN
    capacity = [kw if gj is None else gj / 3.6e-3 for kw, gj in zip(design_kw, given, strict=True)]
    water = np.bincount(_roots(plan.parent), plan.water_m3(), n)[:n]
    parameters = SourceParameters(
        design_m3_per_h=flow,
        design_head_mpa=head,
        capacity_kw=np.array(capacity) * capacity_factor,
        compliance_m3_per_mpa=np.asarray(10 + 0.04 * water, np.float64),
    )
    sources = HeatSources(parameters, outdoor_c=outdoor_c)
    network = PrimaryNetwork(plan, sources, station_source=source)
    return network, head[source] - along
