"""Rows of weather files: numbers with their line, all mistakes at once, and the table made of them.

What lives here: what all formats share. What does not: the formats (`simulators.weather.weather_files`).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from heating.errors import HeatingError
from simulators.weather.recorded import WeatherTable

__all__ = ["FileRows", "WeatherFileError", "read_lines"]

_MOST_SHOWN = 10
_LEAST_ROWS = 24
_LIMITS = {
    "outdoor temperature": (-60.0, 60.0, "°C"),
    "wind speed": (0.0, 60.0, "m/s"),
    "radiation": (0.0, 1500.0, "W/m²"),
}


class WeatherFileError(HeatingError):
    """A weather file cannot be used; the message lists mistakes with file, line and remedy."""


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file, UTF-8 or Latin-1.

    Raises
    ------
    WeatherFileError
        When it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise WeatherFileError(f"{path}: cannot be read ({error}); name a .csv, .epw or .dat file") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.splitlines()


class FileRows:
    """Collects rows of one file.

    Parameters
    ----------
    path : Path
        For messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[tuple[float, float, float, float]] = []
        self.problems: list[str] = []

    def problem(self, line: int, text: str) -> None:
        """Note a mistake in a line, counted from 1."""
        self.problems.append(f"{self._path}:{line}: {text}")

    def add(self, line: int, at_s: float, values: Sequence[str]) -> None:
        """Add a row: its moment [s] and the texts of temperature [°C], wind [m/s] and radiation [W/m²]."""
        numbers: list[float] = []
        for text, (name, (low, high, unit)) in zip(values, _LIMITS.items(), strict=True):
            try:
                number = float(text)
            except ValueError:
                self.problem(
                    line,
                    f"{name} {text.strip()!r} is no number; fill the gap, for example from the hour before",
                )
                return
            if not low <= number <= high:
                remedy = "a code for a missing value? fill the gap, for example from the hour before"
                self.problem(line, f"{name} {number:g} {unit} lies outside {low:g} to {high:g} ({remedy})")
                return
            numbers.append(number)
        if self._rows and at_s <= self._rows[-1][0]:
            self.problem(
                line, "its time is not later than that of the line before; sort the rows, remove doubles"
            )
            return
        self._rows.append((at_s, numbers[0], numbers[1], numbers[2]))

    def table(self, *, radiation_late_s: float, typical_year_zone_s: float | None) -> WeatherTable:
        """Return the table.

        Raises
        ------
        WeatherFileError
            Lists the mistakes found, or says that there are too few rows.
        """
        if not self.problems and len(self._rows) < _LEAST_ROWS:
            self.problems.append(
                f"{self._path}: {len(self._rows)} rows; a weather file needs {_LEAST_ROWS} at least (a day of hours)"
            )
        if self.problems:
            more = len(self.problems) - _MOST_SHOWN
            shown = self.problems[:_MOST_SHOWN] + ([f"… and {more} more"] if more > 0 else [])
            raise WeatherFileError("\n".join(shown))
        at_s, temp, wind, radiation = np.array(self._rows, np.float64).T.copy()
        return WeatherTable(
            at_s=at_s,
            outdoor_temp_c=temp,
            wind_speed_m_per_s=wind,
            radiation_w_per_m2=radiation,
            radiation_late_s=radiation_late_s,
            typical_year_zone_s=typical_year_zone_s,
        )
