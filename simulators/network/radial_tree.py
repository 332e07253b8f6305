"""Steady flow in a radial pair of supply and return pipes, solved exactly from the leaves to the root and back.

What lives here: the tree, and the division of flow and pressure for given resistances. What does not: which pipes
there are (`simulators.network.pipe_plan`), friction (`simulators.network.pipe_friction`), temperatures.

All losses are Δp = R·G² [MPa, m³/h], so a load with conductance K behind a pipe pair with resistance R is the
conductance K / sqrt(1 + R·K²) to the node above, and conductances at a node add up. One sweep up gives the conductance
of every subtree, one sweep down the pressures: no iteration (Kirchhoff's laws for a tree with quadratic resistances).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["RadialTree", "TreeFlow"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TreeFlow:
    """A steady state, shape ``(n_nodes,)`` each."""

    pipe_m3_per_h: Floats
    """Flow in the pipe that leads to the node; at a root what its pump delivers."""
    load_m3_per_h: Floats
    """Flow through the load at the node."""
    difference_mpa: Floats
    """Supply less return pressure at the node."""
    conductance: Floats
    """Of the node's own load and all below it together [m³/h/MPa^½]."""


class RadialTree:
    """One or more trees whose nodes have one pipe each to the node above.

    Parameters
    ----------
    parent : ndarray
        (n_nodes,) place of the node above; -1 at a root.

    Raises
    ------
    ValueError
        When the nodes are in a circle.
    """

    def __init__(self, parent: Places) -> None:
        depth = _depths(parent)
        self.order = np.argsort(depth, kind="stable")
        """Places of the nodes by depth."""
        self.rank = np.empty_like(self.order)
        self.rank[self.order] = np.arange(len(self.order))
        bounds = np.searchsorted(depth[self.order], np.arange(int(depth.max(initial=0)) + 2))
        self._levels = [slice(int(a), int(b)) for a, b in pairwise(bounds)]
        above = np.where(parent[self.order] < 0, -1, self.rank[parent[self.order]])
        self._parents = [above[level] for level in self._levels]
        self._local = [
            places - self._levels[number - 1].start if number else places
            for number, places in enumerate(self._parents)
        ]

    @property
    def roots(self) -> Places:
        """Places of the roots."""
        return self.order[self._levels[0]]

    def solve(self, head_mpa: Floats, resistance: Floats, conductance: Floats) -> TreeFlow:
        """Return the steady state.

        Parameters
        ----------
        head_mpa : ndarray
            (n_nodes,) head of the pump at zero flow; read at roots only.
        resistance : ndarray
            (n_nodes,) of the pipe pair to each node, at a root the steepness of its pump curve [MPa/(m³/h)²].
        conductance : ndarray
            (n_nodes,) of the load at each node [m³/h/MPa^½]; 0 for none.
        """
        loads, losses = conductance[self.order], resistance[self.order]
        below, kept = loads.copy(), np.empty_like(loads)
        for number in range(len(self._levels) - 1, -1, -1):
            level = self._levels[number]
            part = below[level]
            ratio = kept[level] = 1 / (1 + losses[level] * part * part)
            if number:
                above = self._levels[number - 1]
                below[above] += np.bincount(
                    self._local[number], part * np.sqrt(ratio), above.stop - above.start
                )
        difference = kept
        difference[self._levels[0]] *= np.maximum(head_mpa[self.order[self._levels[0]]], 0.0)
        for level, parents in zip(self._levels[1:], self._parents[1:], strict=True):
            difference[level] *= difference[parents]
        root = np.sqrt(difference)
        return TreeFlow(
            pipe_m3_per_h=(below * root)[self.rank],
            load_m3_per_h=(loads * root)[self.rank],
            difference_mpa=difference[self.rank],
            conductance=below[self.rank],
        )

    def summed_from_root(self, values: Floats) -> Floats:
        """Return the sum of a value over each node and all nodes above it, shape as `values` ``(…, n_nodes)``."""
        sums = values[..., self.order]
        for level, parents in zip(self._levels[1:], self._parents[1:], strict=True):
            sums[..., level] += sums[..., parents]
        return np.asarray(sums[..., self.rank])

    def summed_from_leaves(self, values: Floats) -> Floats:
        """Return the sum of a value over each node and all nodes below it, shape ``(n_nodes,)``."""
        sums = values[self.order].astype(np.float64)
        for number in range(len(self._levels) - 1, 0, -1):
            above = self._levels[number - 1]
            sums[above] += np.bincount(
                self._local[number], sums[self._levels[number]], above.stop - above.start
            )
        return np.asarray(sums[self.rank])


def _depths(parent: Places) -> Places:
    depth = np.where(parent < 0, 0, -1).astype(np.int64)
    for _ in range(len(parent)):
        known = (depth < 0) & (depth[parent] >= 0)
        if not known.any():
            break
        depth[known] = depth[parent[known]] + 1
    if (depth < 0).any():
        raise ValueError(f"nodes in a circle: {np.flatnonzero(depth < 0).tolist()[:5]}")
    return depth
