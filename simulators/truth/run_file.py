"""``run.json``: which run a truth folder belongs to.

What lives here: a few facts for whoever scores it. What does not: anything that happened.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

__all__ = ["RUN_FILE", "RunFacts"]

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run."""

    scenario: str
    seed: int
    begin: datetime
    """Start of the simulation, aware UTC."""
    origin: datetime
    """The moment from which planned faults count."""
    until: datetime | None = None
    """Where the truth ends; None while the run goes on."""
    paired: bool = False
    """Whether a healthy twin ran beside it."""

    def write(self, folder: Path) -> None:
        """Write the file anew, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{RUN_FILE}.part"
        unfinished.write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_UTC_Z) + b"\n")
        unfinished.replace(folder / RUN_FILE)

    @classmethod
    def read(cls, folder: Path) -> "RunFacts":
        """Read the file of a truth folder.

        Raises
        ------
        OSError
            When it is not there.
        ValueError, KeyError, TypeError
            When it is something else.
        """
        found = orjson.loads((folder / RUN_FILE).read_bytes())
        until = found.pop("until")
        begin, origin = (datetime.fromisoformat(found.pop(name)) for name in ("begin", "origin"))
        return cls(
            begin=begin,
            origin=origin,
            until=None if until is None else datetime.fromisoformat(until),
            **found,
        )
