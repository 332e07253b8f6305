"""What a family learns, declared: its windows, its normals and curves, what it counts, and the figures it gives.

Not here: where they are kept (`alerting.judging.learned.memory`) and how they move (`normals`, `rings`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["SLOTS_AN_HOUR", "SLOTS_A_DAY", "SLOT_MS", "CurveKind", "Figure", "Learns", "NormalKind"]

SLOT_MS = 300_000
"""Length of a slot [ms]; slots are aligned to the epoch."""
SLOTS_AN_HOUR = 12
SLOTS_A_DAY = 288


@dataclass(frozen=True, slots=True)
class Figure:
    """A signal that stands from slot to slot."""

    name: str
    unit: str
    """Unit word as in the limits of rules; empty for flags and shares."""
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalKind:
    """A figure whose own usual value is learned for each object."""

    name: str
    unit: str
    meaning: str
    odd: float = float("inf")
    """Values further from the normal than this teach nothing; a share of the normal with `ratio`, else in `unit`."""
    ratio: bool = False
    """Whether a value is compared with its normal by their quotient, else by their difference."""
    warm_slots: int = 36
    """Good slots before the normal is known."""
    learn_days: float = 3.0
    """Days after which the normal moves slowly, so that a ramp stands out [d]."""
    slow_days: float = 40.0
    """Its time constant from then on [d]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveKind:
    """A figure that follows others linearly; the weights are learned for each object."""

    name: str
    unit: str
    meaning: str
    features: tuple[str, ...]
    """What it follows, at most three; the first is usually a constant."""
    odd: float
    """Residuals larger than this teach nothing, in `unit`."""
    forget: float = 0.9999
    """Factor a slot on what is known of the weights."""
    warm_slots: int = SLOTS_A_DAY
    certain: Mapping[int, float] = field(default_factory=dict)
    """Variance of a weight before anything was learned, by place, where it is smaller than the usual 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learns:
    """Everything that is kept for the objects of a measurement."""

    rings: Mapping[str, int] = field(default_factory=dict)
    """Length of each window [slots]."""
    normals: tuple[NormalKind, ...] = ()
    curves: tuple[CurveKind, ...] = ()
    kept: Mapping[str, float] = field(default_factory=dict)
    """Figures carried from slot to slot, with what they start from."""
    figures: tuple[Figure, ...] = ()

    @classmethod
    def together(cls, parts: Iterable["Learns"]) -> "Learns":
        """Return what several families learn as one."""
        known = tuple(parts)
        return cls(
            rings={name: size for part in known for name, size in part.rings.items()},
            normals=tuple(kind for part in known for kind in part.normals),
            curves=tuple(kind for part in known for kind in part.curves),
            kept={name: start for part in known for name, start in part.kept.items()},
            figures=tuple(figure for part in known for figure in part.figures),
        )
