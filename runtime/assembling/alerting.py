"""The alerting room: the service that judges, on the live state of its process."""

import os
import socket
import uuid

import structlog

from alerting.serving.jobs import DailyJob
from alerting.serving.lease import AlertingLease
from alerting.serving.service import AlertingService
from heating.intake_troubles import IntakeTrouble, TroubleKind
from heating.losses import LossKind, ReadingLoss
from heating.protocols import Health, HealthStatus
from runtime.assembling.retention import Retention
from runtime.assembling.signs_of_life import judged_before
from runtime.house import House
from runtime.supervisor import Part
from storage.records.audit import AuditRecords, BrokenChainError
from storage.records.room_reports import trouble_of

__all__ = ["AuditCheck", "add_alerting"]

_log = structlog.get_logger()
_AUDIT_HOUR = 3
"""When the chain of the audit is checked, in the site's zone."""
_RETENTION_HOUR = 4
"""When what has had its time is erased, in the site's zone: after the chain was checked."""


class AuditCheck:
    """Checks once a day that no entry of the audit was changed or removed."""

    def __init__(self, audit: AuditRecords) -> None:
        self._audit = audit
        self._state = Health(HealthStatus.OK, "not checked yet")

    def check(self) -> None:
        """Check every entry; what is broken stays in the health until a later check finds the chain whole."""
        try:
            number = self._audit.verify_chain()
        except BrokenChainError as error:
            _log.error("runtime.audit_broken", error=str(error))
            self._state = Health(HealthStatus.DEGRADED, str(error))
        else:
            self._state = Health(HealthStatus.OK, "", {"checked_entries": float(number)})

    def health(self) -> Health:
        """Return what the last check found."""
        return self._state


def add_alerting(house: House) -> None:
    """Add the alerting service."""
    assert house.live_state is not None, "alerting judges the live state"
    audit = AuditCheck(house.records.audit)
    retention = Retention(privacy=house.records.privacy, settings=house.settings, clock=house.clock)
    service = house.alerting = AlertingService(
        live_state=house.live_state,
        rules=house.rules,
        alarms=house.records.alarms,
        outbox=house.records.outbox,
        registry=house.records.registry,
        clock=house.clock,
        settings=house.settings,
        lease=AlertingLease(
            house.records.leases,
            holder=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}",
            clock=house.clock,
            # One process owns the embedded store: a lease of a former run cannot be in use.
            alone=house.settings.timeseries.url.startswith("duckdb:"),
        ),
        daily=[
            DailyJob(name="audit", call=audit.check, hour=_AUDIT_HOUR),
            DailyJob(name="retention", call=retention.apply, hour=_RETENTION_HOUR),
        ],
        losses=lambda since_ms: _losses(house, since_ms),
        troubles=lambda since_ms: _troubles(house, since_ms),
        judged_before=lambda: judged_before(house.records.room_reports),
        watch=lambda: _source_health(house),
    )
    house.board.add("alerting", service.health)
    house.board.add("audit", audit.health)
    house.parts.append(
        Part(
            name="alerting",
            start=service.start,
            stop=service.stop,
            is_alive=service.is_alive,
            starts_again=False,  # its loops survive every error: it dies only when a tick does not come to an end
        )
    )


def _source_health(house: House) -> Health:
    """Return the state of the connection that feeds the live values: whether the watch can see."""
    return house.source.health() if house.source else Health(HealthStatus.DOWN, "no source yet")


def _losses(house: House, since_ms: int) -> list[ReadingLoss]:
    """Return what collectors, here or elsewhere, reported as lost after a moment [epoch ms]."""
    reports = house.records.room_reports.since(since_ms, kinds=frozenset(LossKind))
    return [
        ReadingLoss(kind=LossKind(one.kind), since_ms=one.since_ms, until_ms=one.until_ms, number=one.number)
        for one in reports
    ]


def _troubles(house: House, since_ms: int) -> list[IntakeTrouble]:
    """Return what collectors, here or elsewhere, reported as kept aside after a moment [epoch ms]."""
    reports = house.records.room_reports.since(since_ms, kinds=frozenset(TroubleKind))
    return [trouble for one in reports if (trouble := trouble_of(one)) is not None]
