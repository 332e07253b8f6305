"""What is wrong in something a person wrote: where, what, and what to do. The one kind for every file and setting."""

from collections.abc import Sequence
from dataclasses import dataclass

from heating.errors import HeatingError

__all__ = ["Mistake", "MistakesError"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a file, a setting or the environment."""

    place: str
    """``file:line``, ``file, sheet, row, column``, or the name of an environment variable."""
    problem: str
    """What is wrong, one sentence."""
    remedy: str
    """What to do, one sentence."""

    def __str__(self) -> str:
        return f"{self.place}: {self.problem} {self.remedy}"


class MistakesError(HeatingError):
    """Everything that is wrong, all at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
