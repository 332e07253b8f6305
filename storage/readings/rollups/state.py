"""What a collector must remember over a crash: up to when its stored readings are noted, and late hours that are not."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from config.drafts import write_whole

__all__ = ["NotedState", "load_state", "save_state"]

_NOTED = "noted"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NotedState:
    """Kept in a small file, replaced whole."""

    noted_until_ms: int | None = None
    """Buckets of everything stored until then are noted [epoch ms]; None before the first note."""
    late_hours_ms: frozenset[int] = frozenset()
    """Hours that late readings fell into and that are not noted yet [epoch ms]."""
    written_until_ms: dict[str, int] = field(default_factory=dict)
    """From files of 0.1.0, by family: buckets that end at or before this are written [epoch ms]."""


def load_state(path: Path) -> NotedState:
    """Return the state of a file; an empty one when there is none or it cannot be read (that is logged)."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        until_ms = {str(name): int(until) for name, until in kept["written_until_ms"].items()}
        late = frozenset(int(hour) for hour in kept["late_hours_ms"])
        return NotedState(until_ms.pop(_NOTED, None), late, until_ms)
    except FileNotFoundError:
        return NotedState()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("storage.rollup_state_unreadable", file=str(path), error=str(error))
        return NotedState()


def save_state(path: Path, state: NotedState) -> None:
    """Replace the file; after a crash it holds the old state or the new one.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    until_ms = dict(state.written_until_ms)
    if state.noted_until_ms is not None:
        until_ms[_NOTED] = state.noted_until_ms
    # The keys are those of 0.1.0, so that its files open and ours can be read by it.
    kept = {"written_until_ms": until_ms, "late_hours_ms": sorted(state.late_hours_ms)}
    write_whole(path, json.dumps(kept))
