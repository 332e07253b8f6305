"""Who runs a command, and the line that it leaves in the audit: administration is seen like what people do on pages."""

import getpass
from collections.abc import Mapping

from heating.clock import SystemClock
from storage.records.people_values import AuditLine
from storage.records.records import Records

__all__ = ["line", "note", "operator"]


def operator() -> str:
    """Return the account on this machine that runs the command, as the audit names it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = "unknown"
    return f"command line: {name}"


def line(action: str, subject: str, detail: Mapping[str, object] | None = None) -> AuditLine:
    """Return a line of the audit for what this command does."""
    return AuditLine(
        at=SystemClock().now(), who=operator(), action=action, subject=subject, detail=detail or {}
    )


def note(records: Records, action: str, subject: str, detail: Mapping[str, object] | None = None) -> None:
    """Write a line of the audit."""
    one = line(action, subject, detail)
    records.audit.append(one.who, one.action, one.subject, one.detail, at=one.at)
