"""What goes over an event stream: frames, encoded once, and the content of the snapshot.

A frame's `id` is a number that rises over all topics; inside the data, `previous` is the number of the topic's frame
before it, so that a client sees a gap in its own topic and fetches the snapshot again.
"""

from dataclasses import dataclass

import numpy as np
import orjson
from fastapi.sse import format_sse_event
from numpy.typing import NDArray

from dashboard.overview.models import Overview
from dashboard.readings.newest import Column
from dashboard.stations.fleet import STATE_WORDS, Fleet
from heating.diagnosis.freshness import STALE_INTERVALS
from heating.quality import is_bad

__all__ = ["SNAPSHOT_POINTS", "Frame", "alive_event", "encode_frame", "snapshot_content"]

SNAPSHOT_POINTS = (
    "primary_supply_temp_c",
    "primary_return_temp_c",
    "secondary_supply_temp_c",
    "secondary_supply_temp_setpoint_c",
    "secondary_return_temp_c",
    "secondary_supply_pressure_mpa",
    "secondary_return_pressure_mpa",
    "secondary_flow_m3_per_h",
)
"""Points of every station in the snapshot."""
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_FRESH, _STALE, _BAD, _MISSING = b"0123"


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded event."""

    sequence: int
    topic: str
    payload: bytes
    """Bytes on the wire, shared by everybody who gets it."""
    area_id: str | None = None
    """Only viewers of this area get it; None: who asked for the topic."""


def encode_frame(
    *,
    sequence: int,
    previous: int,
    topic: str,
    event: str,
    content: dict[str, object],
    area_id: str | None = None,
) -> Frame:
    """Return a frame; `content` gets ``sequence`` and ``previous``."""
    data = orjson.dumps({"sequence": sequence, "previous": previous, **content}, option=_OPTIONS)
    payload = format_sse_event(data_str=data.decode(), event=event, id=str(sequence))
    return Frame(sequence, topic, payload, area_id)


def alive_event(content: dict[str, object]) -> bytes:
    """Return the event that says the line lives. It has no `id`: a client that resumes is not moved on by it."""
    return format_sse_event(data_str=orjson.dumps(content, option=_OPTIONS).decode(), event="alive")


def snapshot_content(overview: Overview, fleet: Fleet) -> dict[str, object]:
    """Return the snapshot: the figures of the overview and every station as columns.

    ``stations.values[point]`` are rounded values (null: missing or bad), ``stations.flags[point]`` one digit a
    station: 0 fresh, 1 stale, 2 bad, 3 missing. ``state`` holds words of `StationState`.
    """
    return {
        "t": overview.generated_at,
        "overview": {
            "stations": overview.stations,
            "pass_rate": overview.pass_rate,
            "open_alarms": overview.open_alarms,
            "unacknowledged": overview.unacknowledged,
            "open_incidents": overview.open_incidents,
            "open_tickets": overview.open_tickets,
            "overdue_tickets": overview.overdue_tickets,
            "heat_rate": overview.heat_rate,
            "outdoor": overview.outdoor,
            "data_age_s": overview.data_age_s,
        },
        "stations": {
            "ids": fleet.station_ids,
            "state": [STATE_WORDS[code] for code in fleet.state.tolist()],
            "age_s": np.round(fleet.age_s),
            "deviation_k": np.round(fleet.deviation_k, 2),
            "values": {name: _rounded(fleet.columns[name]) for name in SNAPSHOT_POINTS},
            "flags": {name: _flags(fleet, name) for name in SNAPSHOT_POINTS},
        },
    }


def _rounded(column: Column) -> NDArray[np.float64]:
    return np.where(is_bad(column.quality), np.nan, np.round(column.value, 3))


def _flags(fleet: Fleet, name: str) -> str:
    column = fleet.columns[name]
    flags = np.full(len(column.value), _FRESH, np.uint8)
    newest_ms = (fleet.last_ms + fleet.age_s * 1000.0) if len(flags) else np.zeros(0)
    age_s = (newest_ms - column.measured_ms) / 1000.0
    flags[age_s > STALE_INTERVALS * fleet.interval_s] = _STALE
    flags[is_bad(column.quality)] = _BAD
    flags[np.isnan(column.value)] = _MISSING
    return flags.tobytes().decode("ascii")
