"""Cold homes that have a riser or a building in common: which of the two explains them, judged by the homes alone.

A building is cold as a whole when its other risers are cold as well; a riser is when they are not. One home is never
enough: with one sensor in it a riser says nothing. While the station or anything above cools or recovers, colder
buildings are its consequence and nothing opens. Not here: how a home's residual becomes a likelihood ratio (judging).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heating.diagnosis.along_tree import ExplanationState
from heating.diagnosis.catalogue import Cause, Flags
from heating.diagnosis.explanation import QUIET, Change, ChangeKind, Explanation, NodeState
from heating.heat_tree import Level, Node

__all__ = ["ColdHomes", "HomeLines", "explain_cold_homes"]

_COLD_HOMES = 2
"""A riser or building needs this many cold homes."""
_RISER_COLD_NAT = 1.0
"""From this on a riser counts as one of several cold ones."""
_REST_COLD_NAT = 0.5
"""From this on the rest of the building counts as cold too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLines:
    """Buildings and risers of a part of the fleet."""

    building_ids: tuple[str, ...]
    riser_ids: tuple[str, ...]
    riser_building: NDArray[np.intp]
    """Building of each riser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdHomes:
    """What the sensed homes of each riser or building say; all arrays (n,)."""

    llr_nat: NDArray[np.float64]
    """Log-likelihood ratio of «cooled» against «as always» [nat]."""
    cold: NDArray[np.int64]
    """Homes colder than ever against their station."""
    sensed: NDArray[np.int64]
    """Homes with a usable sensor."""


def explain_cold_homes(
    causes: Mapping[Level, Cause],
    lines: HomeLines,
    state: ExplanationState,
    *,
    buildings: ColdHomes,
    risers: ColdHomes,
    masked: Flags,
    now_ms: int,
) -> tuple[ExplanationState, tuple[Change, ...]]:
    """Advance the explanations of risers and buildings.

    Parameters
    ----------
    causes : mapping
        The cause of the level BUILDING and that of the level RISER.
    lines : HomeLines
        The objects, in the order of the rows.
    state : ExplanationState
        After the step before; only buildings and risers are in it.
    buildings, risers : ColdHomes
        What their homes say.
    masked : (n_buildings,) bool
        Buildings whose station or anything above cools or recovers.
    now_ms : int
        The moment [epoch ms].
    """
    cold = _cold(causes, lines, buildings, risers, masked)
    llr = {Level.BUILDING: buildings.llr_nat, Level.RISER: risers.llr_nat}
    hidden = {Level.BUILDING: masked, Level.RISER: masked[lines.riser_building]}
    nodes = dict(state.nodes)
    changes: list[Change] = []
    for level, ids in ((Level.BUILDING, lines.building_ids), (Level.RISER, lines.riser_ids)):
        known = {place for place, name in enumerate(ids) if Node(level, name) in nodes} if nodes else set()
        for place in sorted(known | set(np.flatnonzero(cold[level]).tolist())):
            node = Node(level, ids[place])
            twin = _twin(nodes, lines, level, place)
            holds = bool(llr[level][place] > 0 or hidden[level][place])
            before = nodes.get(node, QUIET)
            after, found = _advance(
                causes[level],
                before,
                node,
                cold=bool(cold[level][place]),
                holds=holds,
                twin=twin,
                now_ms=now_ms,
            )
            changes += found
            if twin is not None and cold[level][place] and not before.open:
                # The same cold homes: what is open at the building or the riser keeps its identity and goes on.
                held = tuple(replace(one, gone_ms=None) for one in nodes[twin].open)
                nodes[twin] = replace(nodes[twin], open=held)
            if after:
                nodes[node] = after
            else:
                nodes.pop(node, None)
    return ExplanationState(nodes), tuple(changes)


def _cold(
    causes: Mapping[Level, Cause], lines: HomeLines, buildings: ColdHomes, risers: ColdHomes, masked: Flags
) -> dict[Level, Flags]:
    """Return which buildings and which risers explain their cold homes."""
    of = lines.riser_building
    rest_nat = buildings.llr_nat[of] - risers.llr_nat  # what the other risers of the building say
    scores = {
        Level.BUILDING: causes[Level.BUILDING].prior_nat + buildings.llr_nat,
        Level.RISER: causes[Level.RISER].prior_nat + risers.llr_nat,
    }
    enough = {
        Level.BUILDING: (scores[Level.BUILDING] > causes[Level.BUILDING].acceptance_nat)
        & (buildings.cold >= _COLD_HOMES),
        Level.RISER: (scores[Level.RISER] > causes[Level.RISER].acceptance_nat)
        & (risers.cold >= _COLD_HOMES),
    }
    spread = np.zeros(len(lines.building_ids), bool)
    np.logical_or.at(spread, of, (risers.llr_nat > _RISER_COLD_NAT) & (rest_nat > _REST_COLD_NAT))
    alone = np.bincount(of, risers.sensed > 0, len(lines.building_ids)) < 2
    whole = enough[Level.BUILDING] & (spread | alone)
    return {
        Level.BUILDING: whole & ~masked,
        Level.RISER: enough[Level.RISER] & (rest_nat < _REST_COLD_NAT) & ~masked[of] & ~(whole & alone)[of],
    }


def _twin(nodes: Mapping[Node, NodeState], lines: HomeLines, level: Level, place: int) -> Node | None:
    """Return the open riser of a building, or the open building of a riser."""
    if level is Level.RISER:
        others = [Node(Level.BUILDING, lines.building_ids[int(lines.riser_building[place])])]
    else:
        risers = np.flatnonzero(lines.riser_building == place).tolist()
        others = [Node(Level.RISER, lines.riser_ids[riser]) for riser in risers]
    return next((node for node in others if nodes.get(node, QUIET).open), None)


def _advance(
    cause: Cause, state: NodeState, node: Node, *, cold: bool, holds: bool, twin: Node | None, now_ms: int
) -> tuple[NodeState, list[Change]]:
    if state.open:
        (one,) = state.open
        if cold or holds:
            return NodeState((replace(one, gone_ms=None),)), []
        gone_ms = now_ms if one.gone_ms is None else one.gone_ms
        if now_ms - gone_ms >= cause.linger_s * 1000:
            return QUIET, [Change(ChangeKind.CLOSED, one)]
        return NodeState((replace(one, gone_ms=gone_ms),)), []
    if not cold or twin is not None:
        return QUIET, []
    since = state.suspected.get(cause.cause_id, now_ms)
    if now_ms - since < cause.opens_after_s * 1000:
        return NodeState(suspected={cause.cause_id: since}), []
    one = Explanation(
        node=node,
        cause_id=cause.cause_id,
        opened_ms=now_ms,
        history=((now_ms, cause.cause_id),),
        ranked=(cause.cause_id,),
    )
    return NodeState((one,)), [Change(ChangeKind.OPENED, one)]
