"""The catalogue of faults as text, for whoever writes a scenario.

What lives here: one Markdown table. What does not: the catalogue.
"""

from simulators.fault_kinds import Change, FaultKind, How, Profile
from simulators.faults.catalogue import CATALOGUE
from simulators.faults.confounders import CHANGES_OF_CONFOUNDERS

__all__ = ["catalogue_page"]

_HEAD = (
    "| type | target | root cause | changes at full severity | severity | onset | lasts | per object and season |",
    "|---|---|---|---|---|---|---|---|",
)


def catalogue_page() -> str:
    """Return all kinds of faults, then all confounders, as Markdown."""
    faults = [_row(kind) for kind in CATALOGUE.values()]
    confounders = [
        f"| {kind.value} | {_changes(changes) or 'the weather'} |"
        for kind, changes in CHANGES_OF_CONFOUNDERS.items()
    ]
    return "\n".join(
        [*_HEAD, *faults, "", "| confounder | changes at full severity |", "|---|---|", *confounders, ""]
    )


def _row(kind: FaultKind) -> str:
    low, high = kind.severity
    severity = "all or nothing" if low == high else f"{low:g}–{high:g}"
    cells = (
        kind.type.value,
        kind.target.value,
        kind.cause.value,
        _changes(kind.changes),
        severity,
        _onset(kind),
        f"{_length(kind.hours[0])}–{_length(kind.hours[1])}",
        f"{kind.per_season:g}",
    )
    return f"| {' | '.join(cells)} |"


def _changes(changes: tuple[Change, ...]) -> str:
    return ", ".join(_change(change) for change in changes)


def _change(change: Change) -> str:
    match change.how:
        case How.FLAG:
            return f"{change.field} = {str(bool(change.at_full)).lower()}"
        case How.FACTOR:
            return f"{change.field} × {change.at_full:g}"
        case How.ADD:
            return f"{change.field} {'+' if change.at_full > 0 else '−'} {abs(change.at_full):g}"
        case How.COUNT:
            return f"{change.field} + 1 for good"
        case How.REPLACE:
            return f"{change.field} = another home"


def _onset(kind: FaultKind) -> str:
    match kind.profile:
        case Profile.STEP:
            return "step"
        case Profile.INTERMITTENT:
            return f"intermittent, period {_length(kind.period_s / 3600)}"
        case _:
            return f"{kind.profile.value} {_length(kind.rise_s / 3600)}"


def _length(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:g} min"
    return f"{hours / 24:g} d" if hours >= 48 else f"{hours:g} h"
