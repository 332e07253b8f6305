"""Keys that an earlier version accepted and this one no longer reads: they are left out, with a warning."""

import copy
from collections.abc import Mapping

from config.mistakes import Mistake

__all__ = ["RETIRED", "Retired", "found_in", "warning_of", "without_retired"]

Retired = tuple[str, str]
"""Section and key."""

RETIRED: Mapping[Retired, str] = {
    ("collector", "live_limit_s"): "0.2.0",
    ("policies", "file"): "0.2.0",
    ("simulator", "scenario"): "0.2.0",
    ("simulator", "seed"): "0.2.0",
}
"""The version that stopped reading each of them; a settings file of any earlier version must still open."""


def found_in(values: Mapping[str, object]) -> list[Retired]:
    """Return the retired keys that are set."""
    found = []
    for section, key in RETIRED:
        below = values.get(section)
        if isinstance(below, dict) and key in below:
            found.append((section, key))
    return found


def without_retired(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values without the retired keys."""
    kept = copy.deepcopy(dict(values))
    for section, key in found_in(values):
        below = kept[section]
        assert isinstance(below, dict)
        del below[key]
    return kept


def warning_of(retired: Retired, place: str) -> Mistake:
    """Return what to say about a retired key."""
    section, key = retired
    return Mistake(
        place,
        f"«{section}.{key}» has not been read since version {RETIRED[retired]}.",
        "Delete the line." if not place.startswith("environment") else "Remove the variable.",
    )
