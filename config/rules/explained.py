"""Causes as alarms: the alarm that an incident owns is of the «rule» that has the id of its cause.

Such a rule has no condition; explanation raises and clears it. Not here: causes themselves (`config.causes`).
"""

from config.causes.reading import CauseEntry, Shown
from config.rules.scopes import SCOPES, Scope
from config.rules.values import InhibitKind, Rule
from heating.heat_tree import Level

__all__ = ["rule_of_cause"]


def rule_of_cause(entry: CauseEntry) -> Rule:
    """Return what alarms of a cause are read by: texts, priority, whether they call."""
    return Rule(
        rule_id=entry.cause_id,
        scope=_scope_at(entry.cause.level),
        priority=entry.priority,
        name=entry.name,
        text=entry.text,
        cause=entry.name,
        consequence=entry.consequence,
        action=entry.action,
        signals=(),
        limits={},
        raise_when="",
        clear_when="",
        inhibit_kind=InhibitKind.CONSEQUENCE,
        annunciate=entry.shown is Shown.ANNOUNCED,
        opens_incident=entry.shown is Shown.ANNOUNCED,
        time_to_respond_s=entry.time_to_respond_s,
        source=entry.source,
        file=entry.file,
    )


def _scope_at(level: Level) -> Scope:
    return next(scope for scope in SCOPES.values() if scope.level is level and not scope.shares)
