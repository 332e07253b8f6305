"""Saves explanations, and reads them back: one small blob a source, written only when something there changed.

Everything names its object, so a changed registry loses only what is gone. Not here: the state itself
(`heating.diagnosis.along_tree`), and the database.
"""

from collections.abc import Iterable, Mapping

import msgspec

from heating.diagnosis.along_tree import ExplanationState
from heating.diagnosis.explanation import QUIET, Explanation, NodeState
from heating.errors import HeatingError
from heating.heat_tree import HeatTree, Level, Node

__all__ = ["ExplanationCodec", "ExplanationStateError"]

_PREFIX = "diagnosis/"
_LEVELS = {level.word: level for level in Level}


class ExplanationStateError(HeatingError):
    """Saved explanations cannot be read; without them those of that source begin empty."""


class _Open(msgspec.Struct, array_like=True):
    cause_id: str
    opened_ms: int
    gone_ms: int | None
    history: list[tuple[int, str]]
    ranked: list[str]


class _Entry(msgspec.Struct, array_like=True):
    level: str
    object_id: str
    open: list[_Open]
    suspected: dict[str, int]
    recovering: list[tuple[str, int]]


_DECODER = msgspec.json.Decoder(list[_Entry])


class ExplanationCodec:
    """Turns explanations into blobs and back, for one supply tree."""

    def __init__(self, tree: HeatTree) -> None:
        self._tree = tree
        sources = [tree.ids[int(number)] for number in tree.numbers(Level.SOURCE)]
        self.names = tuple(_PREFIX + source_id for source_id in sources)
        """Names of every blob there may be."""

    def encode_changed(self, before: ExplanationState, after: ExplanationState) -> dict[str, bytes]:
        """Return the blobs of the sources below which something changed."""
        nodes = before.nodes.keys() | after.nodes.keys()
        changed = {
            self._blob_of(node)
            for node in nodes
            if before.nodes.get(node, QUIET) != after.nodes.get(node, QUIET)
        }
        content: dict[str, list[_Entry]] = {name: [] for name in changed if name is not None}
        for node, state in after.nodes.items():
            name = self._blob_of(node)
            if name is not None and name in content:
                content[name].append(_entry(node, state))
        return {name: msgspec.json.encode(entries) for name, entries in content.items()}

    def decode(self, blobs: Mapping[str, bytes]) -> ExplanationState:
        """Return the saved explanations.

        Raises
        ------
        ExplanationStateError
            When a blob is of another form; the message names it.
        """
        nodes: dict[Node, NodeState] = {}
        for name, blob in blobs.items():
            try:
                entries = _DECODER.decode(blob)
                nodes |= dict(map(_state, entries))
            except (msgspec.DecodeError, KeyError) as error:
                raise ExplanationStateError(f"{name} cannot be read: {error}") from error
        return ExplanationState(nodes)

    def _blob_of(self, node: Node) -> str | None:
        number = self._tree.get(node.level, node.object_id)
        if number is None:
            return None
        source = self._tree.ancestor_at(number, Level.SOURCE)
        return None if source is None else _PREFIX + self._tree.ids[source]


def _entry(node: Node, state: NodeState) -> _Entry:
    return _Entry(
        node.level.word,
        node.object_id,
        [_Open(o.cause_id, o.opened_ms, o.gone_ms, list(o.history), list(o.ranked)) for o in state.open],
        dict(state.suspected),
        list(state.recovering),
    )


def _state(entry: _Entry) -> tuple[Node, NodeState]:
    node = Node(_LEVELS[entry.level], entry.object_id)
    return node, NodeState(tuple(_explanations(node, entry.open)), entry.suspected, tuple(entry.recovering))


def _explanations(node: Node, entries: Iterable[_Open]) -> Iterable[Explanation]:
    for one in entries:
        yield Explanation(
            node=node,
            cause_id=one.cause_id,
            opened_ms=one.opened_ms,
            gone_ms=one.gone_ms,
            history=tuple(one.history),
            ranked=tuple(one.ranked),
        )
