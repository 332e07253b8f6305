"""What an alert rule is: scope, conditions, delays, texts, rationalisation. Values only.

Not here: how rule files become rules (`config.rules.reading`) and how conditions are judged (`alerting`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from config.bilingual import BilingualText
from config.rules.scopes import Scope
from heating.alarms import Priority

__all__ = ["BilingualText", "InhibitKind", "Limit", "Rule", "Variant"]


class InhibitKind(StrEnum):
    """Why an alarm silences others."""

    CONSEQUENCE = "consequence"
    """The others follow from it."""
    MASK_BAD_DATA = "mask_bad_data"
    """Their data cannot be trusted: their state is held."""
    MASK_RESIDENT = "mask_resident"
    """A resident's own doing explains them."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A named figure of a rule."""

    value: float
    """In `unit`."""
    unit: str = ""
    """Canonical unit word; empty for a share."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A more urgent form of an alarm: while `when` holds for the on-delay the priority is `priority`."""

    priority: Priority
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alert rule with its rationalisation record."""

    rule_id: str
    scope: Scope
    priority: Priority
    """Priority when raised; variants only make it more urgent."""
    name: BilingualText
    """Short name, for lists."""
    text: BilingualText
    """Sentence with ``{signal}`` and ``{limit}`` places, rendered by `config.rules.alarm_texts`."""
    cause: BilingualText
    consequence: BilingualText
    action: BilingualText
    signals: tuple[str, ...]
    """Signals that the conditions may name."""
    limits: Mapping[str, Limit]
    """Named figures that the conditions may name."""
    raise_when: str
    """SQL boolean expression; true for `on_delay` raises. Empty for a cause, which explanation raises."""
    clear_when: str
    """SQL boolean expression with its own deadband; true for `off_delay` clears."""
    enable_if: str | None = None
    """Guards raising only: a raised alarm clears by `clear_when` alone."""
    on_delay: timedelta = timedelta(0)
    off_delay: timedelta = timedelta(0)
    variants: tuple[Variant, ...] = ()
    inhibits: tuple[str, ...] = ()
    """Rule ids, ranges (``ST-11..ST-22``) and ``rules_of_station`` as written; `RuleSet.targets_of` expands them."""
    inhibit_kind: InhibitKind | None = None
    never_inhibited: bool = False
    """Safety of life: attached to the incident and still announced."""
    annunciate: bool = True
    """Whether alarms are announced one by one; household evidence is not."""
    opens_incident: bool = False
    """Whether an uninhibited alarm opens an incident."""
    waits_for_data: bool = False
    """Whether the rule stays quiet for the start grace (data-quality rules)."""
    time_to_respond_s: float | None = None
    """Time a person has [s]; None for journal entries."""
    symptom: str = ""
    """Symptom that its alarms are: a cause that accounts for it silences or takes them; empty: none."""
    source: tuple[str, ...] = ()
    """Where the limit comes from."""
    file: str = ""
    """File the rule was read from."""
