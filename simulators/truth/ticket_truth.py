"""``tickets.jsonl``: every call with its true reason.

What lives here: the lines. What does not: who calls (`simulators.people`), whom the home's temperature is put down to
(`simulators.truth.root_causes`).
"""

from collections.abc import Sequence
from pathlib import Path

import orjson

from simulators.people.call_words import CallReason, CallTruth
from simulators.truth.root_causes import CAUSES, HourOfTruth

__all__ = ["TICKETS_FILE", "ticket_line", "write_tickets"]

TICKETS_FILE = "tickets.jsonl"


def ticket_line(truth: CallTruth, hour: HourOfTruth | None, fault_ids: Sequence[str]) -> dict[str, object]:
    """Return a line.

    Parameters
    ----------
    truth : CallTruth
        The call.
    hour : HourOfTruth or None
        The newest look at all homes; None before the first.
    fault_ids : sequence of str
        Names of the faults that `hour` points to.
    """
    call, home = truth.call, truth.home
    cause = fault = None
    if hour is not None:
        cause = CAUSES[int(hour.cause[home])].value
        place = int(hour.fault[home])
        fault = fault_ids[place] if place >= 0 else None
    return {
        "household_id": call.household_id,
        "moment": call.moment,
        "topic": call.topic.value,
        "description": call.text,
        "reason": truth.reason.value,
        "room_temp_c": round(truth.room_temp_c, 2),
        "chance_feels_cold": round(truth.chance_feels_cold, 4),
        "days_cold": round(truth.days_cold, 2),
        "cause": cause,
        "fault": fault if truth.reason is CallReason.FELT_COLD else None,
    }


def write_tickets(path: Path, lines: Sequence[dict[str, object]]) -> None:
    """Append lines to the file."""
    with path.open("ab") as file:
        file.writelines(orjson.dumps(line, option=orjson.OPT_UTC_Z) + b"\n" for line in lines)
