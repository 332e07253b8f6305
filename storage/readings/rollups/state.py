"""What the writer of the roll-ups must remember over a restart: how far it came, and late hours not yet amended."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import structlog

__all__ = ["RollupState", "load_state", "save_state"]

_log = structlog.get_logger()


@dataclass(slots=True)
class RollupState:
    """Kept in a small file, replaced whole."""

    written_until_ms: dict[str, int] = field(default_factory=dict)
    """By kind of bucket: buckets that end at or before this are written [epoch ms]."""
    late_hours_ms: set[int] = field(default_factory=set)
    """Hours that late readings fell into and whose roll-ups are not amended yet [epoch ms]."""


def load_state(path: Path) -> RollupState:
    """Return the state of a file; an empty one when there is none or it cannot be read (that is told)."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return RollupState(
            {str(kind): int(until) for kind, until in kept["written_until_ms"].items()},
            {int(hour) for hour in kept["late_hours_ms"]},
        )
    except FileNotFoundError:
        return RollupState()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("storage.rollup_state_unreadable", file=str(path), error=str(error))
        return RollupState()


def save_state(path: Path, state: RollupState) -> None:
    """Replace the file; after a crash it holds the old state or the new one.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(
            {"written_until_ms": state.written_until_ms, "late_hours_ms": sorted(state.late_hours_ms)}, file
        )
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
