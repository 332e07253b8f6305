"""Weather files: CSV with a header, EnergyPlus weather (EPW), German test reference years (TRY).

What lives here: what each format means. What does not: rows and their mistakes (`simulators.weather.file_rows`), how
a table is read (`simulators.weather.recorded`).

- ``.csv``: columns ``time`` (RFC 3339 with zone), ``outdoor_temp_c``, and, if wanted, ``wind_speed_m_per_s`` and
  ``radiation_w_per_m2`` (global, on the ground, at that moment); separated by commas, times rising, any step.
- ``.epw``: 8 lines of header, then rows of at least 22 fields; month, day, hour 1 to 24 (fields 2 to 4), dry bulb
  (7), global horizontal radiation as the mean of the hour before (14), wind speed (22); zone from ``LOCATION``.
- ``.dat``: TRY of the Deutscher Wetterdienst, 2011 or 2017: a header that ends with ``***``; the names of the columns
  stand in the last line before it with ``MM``; ``t``, ``WG``, and radiation ``B`` + ``D`` as the mean of the hour
  before. Zone UTC+1.
"""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from simulators.weather.file_rows import FileRows, WeatherFileError, read_lines
from simulators.weather.recorded import WeatherTable

__all__ = ["WeatherFileError", "read_weather_file"]

_EPW_HEADER_LINES = 8
_EPW_FIELDS = 22
_EPW_ZONE_FIELD = 8
_TRY_END = "***"
_TRY_ZONE_S = 3600.0
_HALF_HOUR_S = 1800.0
_ANY_COMMON_YEAR = 2023
_USUAL_WIND, _NO_SUN = "3.0", "0"


def read_weather_file(path: Path) -> WeatherTable:
    """Read a weather file, its format told by its ending.

    Raises
    ------
    WeatherFileError
        Lists mistakes with file, line and remedy.
    """
    readers: dict[str, Callable[[Path, list[str]], WeatherTable]] = {
        ".csv": _read_csv,
        ".epw": _read_epw,
        ".dat": _read_try,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise WeatherFileError(
            f"{path}: ending {path.suffix or '(none)'!r} is not known; take .csv (time,outdoor_temp_c,…), "
            ".epw (EnergyPlus) or .dat (German TRY)"
        )
    return reader(path, read_lines(path))


def _read_csv(path: Path, lines: list[str]) -> WeatherTable:
    rows = FileRows(path)
    reader = csv.DictReader(lines)
    names = reader.fieldnames or []
    for wanted in ("time", "outdoor_temp_c"):
        if wanted not in names:
            rows.problem(1, f"no column {wanted!r}; the first line names the columns: time,outdoor_temp_c,…")
    if rows.problems:
        return rows.table(radiation_late_s=0.0, typical_year_zone_s=None)
    for row in reader:
        line = reader.line_num
        at_s = _moment(row["time"])
        if at_s is None:
            rows.problem(
                line, f"time {row['time']!r} is not like 2026-01-15T08:00:00+08:00; date, time and zone"
            )
            continue
        values = (
            row["outdoor_temp_c"] or "",
            row.get("wind_speed_m_per_s", _USUAL_WIND) or "",
            row.get("radiation_w_per_m2", _NO_SUN) or "",
        )
        rows.add(line, at_s, values)
    return rows.table(radiation_late_s=0.0, typical_year_zone_s=None)


def _moment(text: str | None) -> float | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()


def _read_epw(path: Path, lines: list[str]) -> WeatherTable:
    rows = FileRows(path)
    location = lines[0].split(",") if lines else [""]
    zone_h = 0.0
    if location[0].strip().upper() != "LOCATION" or len(location) <= _EPW_ZONE_FIELD:
        rows.problem(
            1, "an EPW file begins with LOCATION,city,state,country,source,WMO,latitude,longitude,zone,…"
        )
    else:
        try:
            zone_h = float(location[_EPW_ZONE_FIELD])
        except ValueError:
            rows.problem(1, f"zone {location[_EPW_ZONE_FIELD]!r} is no number of hours such as 8.0")
    for number, text in enumerate(lines[_EPW_HEADER_LINES:], start=_EPW_HEADER_LINES + 1):
        if not text.strip():
            continue
        fields = text.split(",")
        if len(fields) < _EPW_FIELDS:
            rows.problem(number, f"{len(fields)} fields instead of {_EPW_FIELDS} at least; is the line cut?")
            continue
        at_s = _hour_of_year(fields[1], fields[2], fields[3])
        if at_s is None:
            rows.problem(number, _no_hour(fields[1:4]))
            continue
        rows.add(number, at_s, (fields[6], fields[21], fields[13]))
    return rows.table(radiation_late_s=_HALF_HOUR_S, typical_year_zone_s=zone_h * 3600)


def _read_try(path: Path, lines: list[str]) -> WeatherTable:
    rows = FileRows(path)
    end = next((place for place, text in enumerate(lines) if text.strip() == _TRY_END), None)
    names = next((text.split() for text in reversed(lines[:end]) if "MM" in text.split()), []) if end else []
    missing = [name for name in ("MM", "DD", "HH", "t", "WG", "B", "D") if name not in names]
    if end is None or missing:
        detail = (
            f"no line {_TRY_END}"
            if end is None
            else f"no columns {', '.join(missing)} named before {_TRY_END}"
        )
        rows.problem(
            1, f"{detail}; take the .dat file of a test reference year as the weather service ships it"
        )
        return rows.table(radiation_late_s=0.0, typical_year_zone_s=None)
    month, day, hour, temp, wind, direct, diffuse = (
        names.index(n) for n in ("MM", "DD", "HH", "t", "WG", "B", "D")
    )
    for number, text in enumerate(lines[end + 1 :], start=end + 2):
        fields = text.split()
        if not fields:
            continue
        if len(fields) < len(names):
            rows.problem(number, f"{len(fields)} fields instead of {len(names)}; is the line cut?")
            continue
        at_s = _hour_of_year(fields[month], fields[day], fields[hour])
        if at_s is None:
            rows.problem(number, _no_hour([fields[month], fields[day], fields[hour]]))
            continue
        rows.add(number, at_s, (fields[temp], fields[wind], _sum(fields[direct], fields[diffuse])))
    return rows.table(radiation_late_s=_HALF_HOUR_S, typical_year_zone_s=_TRY_ZONE_S)


def _hour_of_year(month: str, day: str, hour: str) -> float | None:
    """Return seconds since 1 January of a year of 365 days; None when there is no such hour."""
    try:
        number = date(_ANY_COMMON_YEAR, int(month), int(day)).timetuple().tm_yday
        ended = int(hour)
    except ValueError:
        return None
    return ((number - 1) * 24 + ended) * 3600.0 if 1 <= ended <= 24 else None


def _no_hour(fields: list[str]) -> str:
    told = "/".join(field.strip() for field in fields)
    return (
        f"month/day/hour {told} is no hour of a year of 365 days; hours run from 1 to 24, 29 February must go"
    )


def _sum(first: str, second: str) -> str:
    try:
        return str(float(first) + float(second))
    except ValueError:
        return f"{first}+{second}"
