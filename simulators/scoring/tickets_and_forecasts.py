"""How well tickets are put to incidents, and how far forecasts of room temperature are off.

What lives here: pure arithmetic. What does not: reading tickets, forecasts or true temperatures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import fmean

from simulators.scoring.figures import share
from simulators.scoring.happenings import Ticket, TrueCall
from simulators.scoring.matching import Matching

__all__ = ["Forecast", "ForecastErrors", "TicketLinks", "forecast_errors_of", "ticket_links_of"]

_SAME_CALL = timedelta(minutes=30)
"""A ticket is that of the nearest call of its home within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLinks:
    """Tickets against the calls that they came from."""

    tickets: int
    known: int
    """Tickets whose call is in the truth."""
    linked: int
    """Known tickets with an incident."""
    right: int
    """Linked ones whose incident belongs to the fault that really cooled the home."""
    could: int
    """Known tickets of a fault for which there was an incident."""

    @property
    def precision(self) -> float | None:
        """Right links out of all links."""
        return share(self.right, self.linked)

    @property
    def recall(self) -> float | None:
        """Right links out of those that could be."""
        return share(self.right, self.could)


def ticket_links_of(tickets: Sequence[Ticket], calls: Sequence[TrueCall], matching: Matching) -> TicketLinks:
    """Compare the incidents of tickets with the faults behind the calls."""
    by_home: dict[str, list[TrueCall]] = {}
    for call in calls:
        by_home.setdefault(call.household_id, []).append(call)
    incidents: dict[str, set[str]] = {}
    for finding, _, fault in matching.verdicts:
        if fault is not None and finding.incident_id is not None:
            incidents.setdefault(fault.fault_id, set()).add(finding.incident_id)
    pairs = [
        (ticket, found)
        for ticket in tickets
        if (found := _call_of(ticket, by_home.get(ticket.household_id, ()))) is not None
    ]
    return TicketLinks(
        tickets=len(tickets),
        known=len(pairs),
        linked=sum(ticket.incident_id is not None for ticket, _ in pairs),
        right=sum(ticket.incident_id in incidents.get(call.fault_id or "", ()) for ticket, call in pairs),
        could=sum((call.fault_id or "") in incidents for _, call in pairs),
    )


def _call_of(ticket: Ticket, calls: Sequence[TrueCall]) -> TrueCall | None:
    nearest = min(calls, key=lambda call: abs(call.moment - ticket.opened_at), default=None)
    if nearest is None or abs(nearest.moment - ticket.opened_at) > _SAME_CALL:
        return None
    return nearest


@dataclass(frozen=True, slots=True)
class Forecast:
    """A room temperature that the product expected."""

    household_id: str
    made_at: datetime
    for_hour: datetime
    """Full hour (UTC) that it is about."""
    room_temp_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastErrors:
    """Forecast minus truth [K]."""

    compared: int
    without_truth: int
    bias_k: float | None
    mean_absolute_k: float | None
    root_mean_square_k: float | None


def forecast_errors_of(
    forecasts: Sequence[Forecast], truth_c: dict[tuple[str, datetime], float]
) -> ForecastErrors:
    """Compare forecasts with true room temperatures.

    Parameters
    ----------
    forecasts : sequence of Forecast
        What was expected.
    truth_c : dict
        True room temperature [°C] by home and full hour.
    """
    errors = [
        forecast.room_temp_c - truth_c[forecast.household_id, forecast.for_hour]
        for forecast in forecasts
        if (forecast.household_id, forecast.for_hour) in truth_c
    ]
    return ForecastErrors(
        compared=len(errors),
        without_truth=len(forecasts) - len(errors),
        bias_k=fmean(errors) if errors else None,
        mean_absolute_k=fmean(abs(error) for error in errors) if errors else None,
        root_mean_square_k=sqrt(fmean(error * error for error in errors)) if errors else None,
    )
