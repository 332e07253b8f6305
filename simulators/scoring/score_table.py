"""The score for reading: a few tables of text.

What lives here: layout. What does not: figures (`simulators.scoring.score`), which the JSON has in full.
"""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["score_table"]

_HEAD = (
    "",
    "faults",
    "found",
    "recall",
    "true",
    "rep.",
    "false",
    "prec.",
    "F0.5",
    "delay h",
    "lead h",
    "top-1",
)
_COLUMNS = ("faults", "found", "recall", "true", "repeats", "false", "precision", "f05")


def score_table(report: Mapping[str, Any]) -> str:
    """Return the score as text."""
    run = report["run"]
    lines = [
        f"{run.get('scenario')} seed {run.get('seed')}: {run['days']:g} d, {run['stations']} stations, "
        f"{run['homes']} homes, {run['sensors']} sensors, {run['faults']} faults, {run['alarms']} alarms"
    ]
    for name, heading in (("announced", "Told to people"), ("recorded", "Told or only recorded")):
        parts = report[name]
        whole = parts["all"]
        rows = [("all", whole)]
        rows += [("with cold snap", parts["cold_snap"]), ("without", parts["no_cold_snap"])]
        rows += [(f"  {cause}", part) for cause, part in whole["classes"].items()]
        lines += ["", heading, *_table([_HEAD, *(_row(title, part) for title, part in rows)])]
        lines.append(
            f"false findings: {whole['false']}, {whole['false_though_cold']} of them about homes that were cold "
            f"without a fault; {_text(whole['false_per_station_month'])} a station-month, "
            f"{_text(whole['false_per_sensor_day'])} a sensor-day; "
            f"alarms a finding: {_text(whole['alarms_per_finding'])}; "
            f"found before the first call: {_text(whole['lead']['found_first_share'])}"
        )
    lines += ["", "By type of fault (recorded)"]
    types = report["recorded"]["all"]["types"]
    lines += _table(
        [
            ("", "faults", "found", "recall", "delay h"),
            *(
                (
                    f"  {name}",
                    *(_text(part[key]) for key in ("faults", "found", "recall")),
                    _text(part["delay"]["median_after_onset_h"]),
                )
                for name, part in types.items()
            ),
        ]
    )
    tickets, forecast = report["tickets"], report["forecast"]
    lines += ["", f"tickets: {'none were read' if tickets is None else _pairs(tickets)}"]
    lines += [f"forecasts: {'there are none' if forecast is None else _pairs(forecast)}"]
    return "\n".join(lines) + "\n"


def _row(title: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        title,
        *(_text(part[name]) for name in _COLUMNS),
        _text(part["delay"]["median_after_onset_h"]),
        _text(part["lead"]["median_h"]),
        _text(part["top1_cause"]),
    )


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    cells = list(rows)
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]


def _pairs(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in figures.items())


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
