"""Work on stores that only this process may open, handed to the dashboard's administration."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from config.settings.tree import Settings
from dashboard.administration.desk import Progress
from heating.clock import Clock
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import Health
from storage.backup.whole import back_up
from storage.readings.opening import OpenedStore
from storage.readings.parquet_export import WindowStore, export_days

__all__ = ["OwnedStore"]


class OwnedStore:
    """The embedded store of this process.

    Parameters
    ----------
    settings : Settings
        Name the parts of a backup.
    store : OpenedStore
        The open store.
    clock : Clock
        When a backup is made.
    """

    def __init__(self, *, settings: Settings, store: OpenedStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock

    def back_up(self, folder: Path, *, config_file: Path | None) -> int:
        """Write a backup into a new or empty folder; return how many files it has."""
        now = self._clock.now()
        return len(back_up(self._settings, folder, now=now, config_file=config_file, store=self._store).files)

    def export(
        self, folder: Path, *, window: Interval, measurements: Sequence[Measurement], progress: Progress
    ) -> int:
        """Write whole days of readings as Parquet; return how many readings."""
        return export_days(
            cast(WindowStore, self._store),
            folder,
            window=window,
            measurements=measurements,
            progress=progress,
        )

    def health(self) -> Health:
        """Return the state and the figures of the store."""
        return self._store.health()
