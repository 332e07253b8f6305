"""Which pipes the primary network consists of: a tree per source, drawn around the branches of the registry.

What lives here: nodes, lengths, widths, heat loss. What does not: flow (`simulators.network.primary_network`).

A branch starts with a main from its source (or from a station of the branch it hangs on) to its valve chamber and then
passes its stations one after the other. Ranges: mains 0.6 to 3.2 km, branches 2 to 12 km, sized for 0.6 to 1.2 m/s at
design flow, rising with the flow (CJJ/T 34: 30 to 80 Pa/m); loss 0.25 W/(m K) and 0.6 more per metre of width
(pre-insulated pipes of series 2, EN 13941). About 430 km of route for the 643 stations of the league.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.network.pipe_friction import nominal_width_m
from simulators.network.radial_tree import RadialTree
from simulators.random_streams import RandomStreams, entity_keys

__all__ = ["PipePlan", "draw_pipes"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_LEAST_LENGTH_M = 250.0
"""Shorter pipes would be passed within a step."""
_SOURCE_PIPE_M = 1.0


@dataclass(frozen=True)
class PipePlan:
    """Nodes in the order sources, valve chambers of the branches, stations; one pipe pair leads to each node."""

    tree: RadialTree
    parent: Places
    """(n_nodes,) place of the node above; -1 at a source."""
    chamber: Places
    """(n_branches,) node of each branch's valve chamber."""
    station: Places
    """(n_stations,) node of each station."""
    length_m: Floats
    """(n_nodes,) of one pipe of the pair."""
    width_m: Floats
    """(n_nodes,) inner diameter."""
    design_m3_per_h: Floats
    """(n_nodes,) flow at design; at a source the flow of its pumps."""
    loss_kw_per_k: Floats
    """(n_nodes,) of one pipe."""

    def water_m3(self) -> Floats:
        """Return the content of one pipe of each pair, shape ``(n_nodes,)`` [m³]."""
        return np.asarray(self.length_m * np.pi / 4 * self.width_m**2)


def draw_pipes(layout: CityLayout, random: RandomStreams, station_m3_per_h: Floats) -> PipePlan:
    """Draw the primary network from streams ``pipe.*``.

    Parameters
    ----------
    layout : CityLayout
        Sources, branches, stations.
    random : RandomStreams
        Where the numbers come from.
    station_m3_per_h : ndarray
        (n_stations,) primary design flow.

    Raises
    ------
    ValueError
        When branches hang on one another in a circle.
    """
    sources, branches = len(layout.site.sources), len(layout.branch_ids)
    chains = _chains(layout, random)
    keys = entity_keys(layout.branch_ids)
    parent = np.full(sources + branches + len(station_m3_per_h), -1, np.int64)
    length = np.full(len(parent), _SOURCE_PIPE_M)
    numbers = {branch_id: number for number, branch_id in enumerate(layout.branch_ids)}
    main = random.uniform("pipe.main", keys)
    place = random.uniform("pipe.joint", keys)
    chamber = sources + np.arange(branches)
    station = sources + branches + np.arange(len(station_m3_per_h))
    for number, branch in enumerate(layout.site.branches):
        if branch.parent_branch_id is None:
            parent[chamber[number]] = layout.branch_source[number]
            length[chamber[number]] = 600 + 2600 * main[number]
        else:
            above = numbers[branch.parent_branch_id]
            parent[chamber[number]] = _joint(chamber[above], station[chains[above]], float(place[number]))
            length[chamber[number]] = 300 + 900 * main[number]
        chain = station[chains[number]]
        parent[chain[:1]] = chamber[number]
        parent[chain[1:]] = chain[:-1]
    length[station] = _station_lengths(layout, random, keys)
    tree = RadialTree(parent)
    own = np.zeros(len(parent))
    own[station] = station_m3_per_h
    design = np.maximum(tree.summed_from_leaves(own), 0.5)
    velocity = 0.6 + 0.6 * np.minimum(design / 1500, 1.0)
    width = nominal_width_m(design, velocity_m_per_s=velocity)
    return PipePlan(
        tree=tree,
        parent=parent,
        chamber=chamber,
        station=station,
        length_m=length,
        width_m=width,
        design_m3_per_h=design,
        loss_kw_per_k=length * (0.25 + 0.6 * width) / 1000,
    )


def _chains(layout: CityLayout, random: RandomStreams) -> list[Places]:
    """Return the stations of each branch in the order in which the water reaches them."""
    place = random.uniform("pipe.order", layout.station_key)
    return [
        members[np.argsort(place[members], kind="stable")]
        for members in (np.flatnonzero(layout.station_branch == b) for b in range(len(layout.branch_ids)))
    ]


def _joint(chamber: np.int64, chain: Places, place: float) -> int:
    """Return the node on which a branch hangs: a station of the inner part of the branch above, or its chamber."""
    reach = int(len(chain) * (0.2 + 0.6 * place))
    return int(chain[reach - 1]) if reach else int(chamber)


def _station_lengths(layout: CityLayout, random: RandomStreams, keys: NDArray[np.uint64]) -> Floats:
    """Return the lengths of the pipes to the stations, shape ``(n_stations,)`` [m]."""
    counts = np.bincount(layout.station_branch, minlength=len(keys))
    whole = np.clip(counts * (350 + 500 * random.uniform("pipe.branch", keys)), 2000, 12_000)
    weight = 0.4 + random.uniform("pipe.length", layout.station_key)
    together = np.bincount(layout.station_branch, weight, len(keys))
    part = weight / np.maximum(together, 1e-9)[layout.station_branch]
    return np.asarray(np.maximum(part * whole[layout.station_branch], _LEAST_LENGTH_M))
