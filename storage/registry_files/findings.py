"""`Finding`: one thing that is wrong with a registry, by its place in the site."""

from dataclasses import dataclass

from config.mistakes import Mistake

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, by its place in the site: a file knows the row of it."""

    kind: str
    """Kind of asset, or ``contact``."""
    index: int
    """Place in the tuple of the site (or in the contacts)."""
    field: str
    object_id: str
    problem: str
    remedy: str
    missing_id: str | None = None
    """Id that the field points to and that is not there."""

    @property
    def mistake(self) -> Mistake:
        """The mistake, placed by the object's own id."""
        return Mistake(f"{self.kind} {self.object_id!r}, {self.field}", self.problem, self.remedy)
