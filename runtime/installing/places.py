"""Where an installation puts things, below the machine's root or below a folder that stands for it."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ACCOUNT", "MACHINE", "Places"]

ACCOUNT = "nuanliu"
"""User and group that the three rooms run under."""

MACHINE = Path("/")
"""The root of this machine."""


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of one installation. What files say about one another is the path on the machine, without the root."""

    root: Path = MACHINE

    @property
    def is_machine(self) -> bool:
        """Whether this is the machine itself, and no folder that stands for it."""
        return self.root == MACHINE

    def below(self, path: Path) -> Path:
        """Return where a path of the machine is below the root."""
        return self.root / path.relative_to(MACHINE)

    @property
    def program(self) -> Path:
        """Folder of the installed versions."""
        return self.below(Path("/opt/nuanliu"))

    @property
    def current(self) -> Path:
        """Link to the version that the units start."""
        return self.program / "current"

    @property
    def settings(self) -> Path:
        """Folder of what an operator writes."""
        return self.below(Path("/etc/nuanliu"))

    @property
    def state(self) -> Path:
        """Folder of what the rooms write: the spool."""
        return self.below(Path("/var/lib/nuanliu"))

    @property
    def units(self) -> Path:
        """Folder of systemd's units; ``/etc/systemd/system/UNIT.d/`` is the operator's."""
        return self.below(Path("/usr/local/lib/systemd/system"))

    @property
    def command(self) -> Path:
        """The command that people type."""
        return self.below(Path("/usr/local/bin/nuanliu"))
