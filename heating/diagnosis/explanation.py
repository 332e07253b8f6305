"""How explanations of one object live: suspected, opened, corrected, held, closed, and still felt afterwards.

`explain` is a pure step over one object: its state, what its symptoms say now, and what is explained from above. It
keeps identity: an explanation that is open goes on while its evidence is unknown or only briefly gone, and becomes
another cause only early, within its group, and on a symptom that founds the other. Not here: the order of the levels
along the heat-supply tree (`heating.diagnosis.along_tree`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from heating.diagnosis.catalogue import Codebook, Flags, Row
from heating.heat_tree import Node

__all__ = ["QUIET", "Change", "ChangeKind", "Explanation", "NodeState", "explain", "felt", "reach"]

_KEEP_NAT = -3.0
"""An open explanation is held while its score stays above this: opening asks for more than staying open."""
_CORRECT_WITHIN_MS = 6 * 3_600_000
"""After this a new kind of evidence is a new fault, not a better name for the old one [ms]."""
_BETTER_BY_NAT = 3.0
"""Another cause must explain this much better before an open explanation is corrected."""
_MOST_AT_ONCE = 5
"""Causes that may be found at one object in one step."""
_RANKED = 3
"""Candidates kept with an explanation."""


class ChangeKind(StrEnum):
    """What became of an explanation."""

    OPENED = "opened"
    CORRECTED = "corrected"
    """It has another cause now; people who heard of the first are told."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One open cause at one object."""

    node: Node
    cause_id: str
    opened_ms: int
    gone_ms: int | None = None
    """Since when its evidence is gone [epoch ms]; None while it is seen or cannot be known."""
    history: tuple[tuple[int, str], ...]
    """(moment [epoch ms], cause) at the opening and at each correction."""
    ranked: tuple[str, ...]
    """Causes by score, the best first."""

    @property
    def key(self) -> tuple[Node, str, int]:
        """Identity: where, which cause it opened with, and when."""
        return self.node, self.history[0][1], self.opened_ms


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one explanation."""

    kind: ChangeKind
    explanation: Explanation
    """As it is afterwards."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """All that is remembered of one object."""

    open: tuple[Explanation, ...] = ()
    suspected: Mapping[str, int] = field(default_factory=dict)
    """Cause -> since when it would explain best [epoch ms]; not open yet."""
    recovering: tuple[tuple[str, int], ...] = ()
    """(cause, until when its consequences stay its own [epoch ms]) of explanations that have closed."""

    def __bool__(self) -> bool:
        return bool(self.open or self.suspected or self.recovering)

    def with_causes(self, cause_ids: Collection[str]) -> "NodeState":
        """Return the state without causes that are no longer in the catalogue."""
        return NodeState(
            tuple(one for one in self.open if one.cause_id in cause_ids),
            {cause: since for cause, since in self.suspected.items() if cause in cause_ids},
            tuple((cause, until) for cause, until in self.recovering if cause in cause_ids),
        )

    def shifted(self, by_ms: int) -> "NodeState":
        """Return the same delays after the clock jumped by `by_ms`."""
        return NodeState(
            tuple(
                replace(one, gone_ms=None if one.gone_ms is None else one.gone_ms + by_ms)
                for one in self.open
            ),
            {cause: since + by_ms for cause, since in self.suspected.items()},
            tuple((cause, until + by_ms) for cause, until in self.recovering),
        )


QUIET = NodeState()
"""Nothing is, was shortly, or is suspected here."""


def explain(
    book: Codebook, state: NodeState, row: Row, from_above: Flags, *, node: Node, now_ms: int
) -> tuple[NodeState, tuple[Change, ...]]:
    """Advance the explanations of one object.

    Parameters
    ----------
    book : Codebook
        Causes of its level.
    state : NodeState
        After the step before.
    row : (n_symptoms,) float
        Its symptoms: 1 yes, 0 no, NaN unknown.
    from_above : (n_symptoms,) bool
        What something above explains: it opens nothing here, but it goes on holding what is open.
    node : Node
        The object.
    now_ms : int
        The moment [epoch ms].
    """
    present, absent = row == 1.0, row == 0.0
    recovering = tuple((cause, until) for cause, until in state.recovering if now_ms < until)
    left = present & ~from_above
    for over, _ in recovering:
        left &= ~book.covers[book.number[over]]
    if not state.open and not left.any():
        return NodeState(recovering=recovering), ()
    changes: list[Change] = []
    held = _held(book, state.open, row, changes, now_ms)
    for one in held:
        left = left & ~book.covers[book.number[one.cause_id]]
    opened, suspected = _found(book, state.suspected, held, left, absent, node=node, now_ms=now_ms)
    changes += [Change(ChangeKind.OPENED, one) for one in opened]
    still: list[Explanation] = []
    for one in (*held, *opened):
        cause = book.causes[book.number[one.cause_id]]
        if one.gone_ms is not None and now_ms - one.gone_ms >= cause.linger_s * 1000:
            changes.append(Change(ChangeKind.CLOSED, one))
            recovering = (*recovering, (one.cause_id, now_ms + round(cause.recover_s * 1000)))
        else:
            still.append(one)
    return NodeState(tuple(still), suspected, recovering), tuple(changes)


def _held(
    book: Codebook, open_now: tuple[Explanation, ...], row: Row, changes: list[Change], now_ms: int
) -> tuple[Explanation, ...]:
    """Return the open explanations after a look at their evidence, corrected where another cause fits better."""
    here = list(open_now)
    present, absent = row == 1.0, row == 0.0
    for place, one in enumerate(here):
        evidence = present & ~_of_others(book, one, here)
        scores = book.scores(evidence, absent)
        better = _better(book, one, here, evidence, scores, now_ms) if not np.isnan(row).all() else None
        if better is not None:
            one = replace(one, cause_id=better, history=(*one.history, (now_ms, better)))
        number = book.number[one.cause_id]
        if scores.max() > 0:
            order = np.argsort(-scores, kind="stable")[:_RANKED]
            ranked = dict.fromkeys([one.cause_id, *(book.causes[c].cause_id for c in order.tolist())])
            one = replace(one, ranked=tuple(ranked))
        # Unknown is not absent: while what founds it cannot be seen it stays.
        unknown = bool(np.isnan(row[book.founding[number]]).all())
        seen = scores[number] > _KEEP_NAT or unknown
        if seen != (one.gone_ms is None):
            one = replace(one, gone_ms=None if seen else now_ms)
        here[place] = one
        if better is not None:
            changes.append(Change(ChangeKind.CORRECTED, one))
    return tuple(here)


def _of_others(book: Codebook, one: Explanation, here: Iterable[Explanation]) -> Flags:
    """Return the symptoms that belong to other open explanations of the object rather than to this one."""
    mine = book.number[one.cause_id]
    theirs = np.zeros(len(book.symptoms), bool)
    for other in here:
        if other is one:
            continue
        number = book.number[other.cause_id]
        theirs |= book.covers[number] & ~book.covers[mine]
        theirs |= book.founding[number] & book.covers[number] & ~book.founding[mine]
    return theirs


def _better(
    book: Codebook,
    one: Explanation,
    here: Iterable[Explanation],
    evidence: Flags,
    scores: np.ndarray[tuple[int], np.dtype[np.float64]],
    now_ms: int,
) -> str | None:
    """Return the cause that an explanation should have had, or None while its own is good enough."""
    mine = book.number[one.cause_id]
    best = int(np.argmax(np.where(book.same_group[mine], scores, -np.inf)))
    if best == mine or scores[best] <= max(scores[mine], 0.0) + _BETTER_BY_NAT:
        return None
    if any(other.cause_id == book.causes[best].cause_id for other in here):
        return None
    if (evidence & book.covers[mine] & ~book.covers[best]).any():
        return None  # something of the present cause would be left without an explanation
    founds = evidence & book.founding[best]
    # What follows from the present cause cannot found another one, unless it founds both. Later than six hours after
    # the opening a new kind of evidence is a fault of its own.
    fresh = now_ms - one.opened_ms < _CORRECT_WITHIN_MS
    news = fresh and bool((founds & ~book.covers[mine]).any())
    if not news and not (founds & book.founding[mine]).any():
        return None
    return book.causes[best].cause_id


def _found(
    book: Codebook,
    suspected: Mapping[str, int],
    held: tuple[Explanation, ...],
    left: Flags,
    absent: Flags,
    *,
    node: Node,
    now_ms: int,
) -> tuple[list[Explanation], dict[str, int]]:
    """Explain what is left, the best cause first; return what opens and what is suspected."""
    opened: list[Explanation] = []
    waiting: dict[str, int] = {}
    taken = [book.number[one.cause_id] for one in held]
    for _ in range(_MOST_AT_ONCE):
        if not left.any():
            break
        scores = book.scores(left, absent)
        scores[taken] = -np.inf
        best = int(np.argmax(scores - book.acceptance))
        if scores[best] <= book.acceptance[best]:
            break
        cause = book.causes[best]
        since = suspected.get(cause.cause_id, now_ms)
        if now_ms - since >= cause.opens_after_s * 1000:
            order = np.argsort(-scores, kind="stable")[:_RANKED]
            ranked = dict.fromkeys([cause.cause_id, *(book.causes[c].cause_id for c in order.tolist())])
            opened.append(
                Explanation(
                    node=node,
                    cause_id=cause.cause_id,
                    opened_ms=now_ms,
                    history=((now_ms, cause.cause_id),),
                    ranked=tuple(ranked),
                )
            )
        else:
            waiting[cause.cause_id] = since
        taken.append(best)
        left = left & ~book.covers[best]
    return opened, waiting


def felt(state: NodeState, now_ms: int) -> tuple[str, ...]:
    """Return the causes whose consequences belong to them now: open, suspected, or just over.

    A suspicion counts: what follows from it must wait, for what has been announced cannot be taken back.
    """
    over = (cause for cause, until in state.recovering if now_ms < until)
    return tuple(dict.fromkeys([*(one.cause_id for one in state.open), *state.suspected, *over]))


def reach(book: Codebook, state: NodeState, now_ms: int, table: Flags) -> Flags:
    """Return what an object explains elsewhere; `table` is `book.below` or `book.above`."""
    out = np.zeros(table.shape[1], bool)
    for cause in felt(state, now_ms):
        out |= table[book.number[cause]]
    return out
