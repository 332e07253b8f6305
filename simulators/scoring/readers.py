"""Reading what is scored: a truth folder, and the product's JSON lines or API lists, which have one shape.

What lives here: parsing with errors that name the file. What does not: asking the API (`simulators.scoring.api_client`).
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from heating.errors import HeatingError
from simulators.fault_kinds import FaultType, TargetKind
from simulators.faults.catalogue import CATALOGUE
from simulators.people.call_words import CallReason
from simulators.scenario import ConfounderType
from simulators.scoring.happenings import (
    Alarm,
    Candidate,
    Incident,
    Spell,
    Ticket,
    TrueCall,
    TrueFault,
)
from simulators.scoring.score import Product, Truth, full_hour
from simulators.scoring.tickets_and_forecasts import Forecast
from simulators.truth.causes_file import true_temperatures
from simulators.truth.run_file import RUN_FILE, RunFacts
from simulators.truth.ticket_truth import TICKETS_FILE
from simulators.truth.topology import TOPOLOGY_FILE, Place, Topology
from simulators.truth.truth_files import CONFOUNDERS_FILE, FAULTS_FILE

__all__ = [
    "UnreadableError",
    "alarm_of",
    "incident_of",
    "read_product",
    "read_truth",
    "room_hours_of",
    "ticket_of",
]

Row = Mapping[str, Any]


class UnreadableError(HeatingError):
    """A file or answer is missing or is not what it should be; the message names it."""


def read_truth(
    folder: Path, *, until: datetime | None = None, room_hours: Collection[tuple[str, datetime]] = ()
) -> Truth:
    """Read a truth folder.

    Parameters
    ----------
    folder : Path
        As the simulator writes it.
    until : datetime or None
        End of the time to score when the run goes on and ``run.json`` knows no end.
    room_hours : collection of (str, datetime)
        Homes and full hours for which true temperatures are wanted (`room_hours_of`).

    Raises
    ------
    UnreadableError
        Names the file.
    """
    try:
        facts = RunFacts.read(folder)
        topology = Topology.read(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"{folder}: no {RUN_FILE} or {TOPOLOGY_FILE} of a run ({error})") from error
    faults = [_fault(row, topology) for row in _rows(folder / FAULTS_FILE)]
    confounders = list(_rows(folder / CONFOUNDERS_FILE))
    end = facts.until or until or max((fault.onset for fault in faults), default=facts.begin)
    return Truth(
        faults=[fault for fault in faults if fault.onset < end],
        calls=[_call(row) for row in _rows(folder / TICKETS_FILE)],
        cold_snaps=[
            Spell(_moment(row["onset"]), _moment(row["end"]))
            for row in confounders
            if row["type"] == ConfounderType.COLD_SNAP.value
        ],
        topology=topology,
        begin=facts.begin,
        end=end,
        paired=facts.paired,
        room_temps_c=true_temperatures(folder, room_hours),
        described={"scenario": facts.scenario, "seed": facts.seed},
    )


def room_hours_of(product: Product) -> set[tuple[str, datetime]]:
    """Return the homes and full hours for which a score wants true temperatures."""
    wanted = {(forecast.household_id, forecast.for_hour) for forecast in product.forecasts or ()}
    for alarm in product.alarms:
        if alarm.place[0] == "household":
            moments = (alarm.raised_at, alarm.announced_at)
            wanted.update((alarm.place[1], full_hour(at)) for at in moments if at is not None)
    return wanted


def read_product(folder: Path) -> Product:
    """Read ``alarms.jsonl``, ``incidents.jsonl`` and, where they are, ``tickets.jsonl`` and ``forecasts.jsonl``.

    Raises
    ------
    UnreadableError
        Names the file.
    """
    tickets, forecasts = folder / "tickets.jsonl", folder / "forecasts.jsonl"
    return Product(
        alarms=[alarm_of(row) for row in _rows(folder / "alarms.jsonl")],
        incidents=[incident_of(row) for row in _rows(folder / "incidents.jsonl")],
        tickets=[ticket_of(row) for row in _rows(tickets)] if tickets.exists() else None,
        forecasts=[_forecast(row) for row in _rows(forecasts)] if forecasts.exists() else None,
    )


def alarm_of(row: Row) -> Alarm:
    """Return an alarm from a row of ``GET /api/v1/alarms``."""
    return Alarm(
        alarm_id=row["alarm_id"],
        rule_id=row["rule_id"],
        place=(row["subject_level"], row["subject_id"]),
        raised_at=_moment(row["raised_at"]),
        announced_at=_moment_or_none(row.get("annunciated_at")),
        cleared_at=_moment_or_none(row.get("cleared_at")),
        incident_id=row.get("incident_id"),
    )


def incident_of(row: Row) -> Incident:
    """Return an incident from a row of ``GET /api/v1/incidents``; ``causes`` may list proposals, best first."""
    own: Place = (row["node_level"], row["node_id"])
    return Incident(
        incident_id=row["incident_id"],
        rule_id=row["rule_id"],
        place=own,
        opened_at=_moment(row["opened_at"]),
        candidates=tuple(
            Candidate(cause["cause"], (cause.get("node_level", own[0]), cause.get("node_id", own[1])))
            for cause in row.get("causes") or ()
        ),
    )


def ticket_of(row: Row) -> Ticket:
    """Return a ticket from a row of ``GET /api/v1/tickets``."""
    return Ticket(
        ticket_id=row["ticket_id"],
        household_id=row["household_id"],
        opened_at=_moment(row["opened_at"]),
        incident_id=row.get("incident_id"),
    )


def _forecast(row: Row) -> Forecast:
    return Forecast(
        row["household_id"], _moment(row["made_at"]), _moment(row["for"]), float(row["room_temp_c"])
    )


def _fault(row: Row, topology: Topology) -> TrueFault:
    fault_type = FaultType(row["type"])
    kind = CATALOGUE[fault_type]
    place: Place = (kind.target.value, row["target"])
    if kind.target is TargetKind.STATION and ("circuit", row["target"]) in topology.above:
        place = ("circuit", row["target"])
    if kind.target is TargetKind.SENSOR:
        place = topology.above[place]
    return TrueFault(
        fault_id=row["id"],
        fault_type=fault_type,
        cause=kind.cause,
        place=place,
        onset=_moment(row["onset"]),
        first_observable=_moment_or_none(row["first_observable"]),
        end=_moment_or_none(row["end"]),
        affected=frozenset(row["affected_households"]),
    )


def _call(row: Row) -> TrueCall:
    return TrueCall(
        household_id=row["household_id"],
        moment=_moment(row["moment"]),
        felt_cold=row["reason"] == CallReason.FELT_COLD.value,
        fault_id=row["fault"],
    )


def _rows(path: Path) -> Iterator[Row]:
    """Yield the lines of a file as objects; errors name file and line."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except ValueError as error:
            raise UnreadableError(f"{path}:{number}: no JSON ({error})") from error
        if not isinstance(row, dict):
            raise UnreadableError(f"{path}:{number}: no JSON object")
        yield row


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
