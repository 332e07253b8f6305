"""Texts of alarms, rendered when they are shown: alarms are stored as code + parameters, never as sentences.

Used by the pages and by the notification channels, so that both say the same. Units are in the templates of the
rules; numbers are rounded there too (``{g2:.1f}``). A length of time [s] is written in the unit that people think in:
``{silent_s:hours}`` or ``{silent_s:minutes}`` give the whole number of it, counted down.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from config.rules.reading import Rule

__all__ = ["AlarmText", "alarm_text", "has_figures", "placeholders"]

_MISSING = "—"
_SECONDS_OF = {"hours": 3600.0, "minutes": 60.0}
"""Seconds of the units that a length of time may be written in."""


@dataclass(frozen=True, slots=True)
class AlarmText:
    """An alarm in one language."""

    name: str
    """Short name, for lists."""
    message: str
    """What is the case, with figures."""
    cause: str
    """Likely causes."""
    consequence: str
    """What follows when nobody acts."""
    action: str
    """What to do."""


def alarm_text(rule: Rule, parameters: Mapping[str, object], locale: str) -> AlarmText:
    """Return the texts of an alarm.

    Parameters
    ----------
    rule : Rule
        The rule of the alarm.
    parameters : mapping
        The parameters stored with the alarm: signals at the raising, by name. Limits of the rule fill in what is
        not there. A figure that is missing is shown as a dash.
    locale : str
        ``zh_CN`` or ``en``.
    """
    figures: dict[str, object] = {name: limit.value for name, limit in rule.limits.items()}
    figures.update(parameters)
    return AlarmText(
        name=rule.name.in_locale(locale),
        message=_filled(rule.text.in_locale(locale), figures),
        cause=rule.cause.in_locale(locale),
        consequence=rule.consequence.in_locale(locale),
        action=rule.action.in_locale(locale),
    )


def has_figures(rule: Rule) -> bool:
    """Return whether the message of a rule's alarms names values of the moment it was raised: then, not now."""
    return any(name not in rule.limits for name in placeholders(rule.text.zh))


def placeholders(template: str) -> tuple[str, ...]:
    """Return the names in a template, in order; `ValueError` when the template is malformed."""
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _filled(template: str, figures: Mapping[str, object]) -> str:
    parts: list[str] = []
    for literal, name, format_spec, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            parts.append(_figure(figures.get(name), format_spec or ""))
    return "".join(parts)


def _figure(value: object, format_spec: str) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return _MISSING
    if format_spec in _SECONDS_OF and isinstance(value, int | float):
        return str(math.floor(value / _SECONDS_OF[format_spec]))
    try:
        return format(value, format_spec)
    except (TypeError, ValueError):
        return str(value)
