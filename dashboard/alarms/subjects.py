"""What a person means by the words in the filter of alarms: an id, a place, a home, a rule."""

from collections.abc import Iterator

from config.rules.reading import RuleSet
from dashboard.web.security.viewer import Viewer
from heating.heat_tree import Level
from storage.records.queries import AlarmSubjects
from storage.records.registry import RegistryRecords
from storage.records.search_keys import normal_text

__all__ = ["read_subjects", "subject_filter"]

_HOMES = 200
"""Homes that the words may mean, at most: the search of homes gives no more."""


def subject_filter(subject: str | None) -> tuple[Level | None, str | None]:
    """Return level and id from ``level:id``, or the id alone."""
    if not subject:
        return None, None
    word, separator, object_id = subject.partition(":")
    level = next((level for level in Level if level.word == word), None)
    return (level, object_id) if separator and level is not None else (None, subject)


def read_subjects(
    words: str, *, registry: RegistryRecords, rules: RuleSet, viewer: Viewer
) -> AlarmSubjects | None:
    """Return what the words may mean; None without words."""
    wanted = words.strip()
    if not wanted:
        return None
    _, object_id = subject_filter(wanted)
    homes = registry.search_households(wanted, area_ids=viewer.area_ids, limit=_HOMES)
    return AlarmSubjects(
        object_ids=frozenset({object_id or wanted, *(home.household_id for home in homes)}),
        place_key=normal_text(wanted),
        rule_ids=frozenset(_rules_called(wanted, rules)),
    )


def _rules_called(wanted: str, rules: RuleSet) -> Iterator[str]:
    text = wanted.casefold()
    for rule in rules.rules:
        if any(text in name.casefold() for name in (rule.rule_id, rule.name.zh, rule.name.en)):
            yield rule.rule_id
