"""What holds for every rule comes from one file; what a gateway's silence holds is spelled out."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.mistakes import MistakesError
from config.rules.reading import RULES_DIR, RuleDefaults, RuleSet, load_rules
from config.rules.scopes import CIRCUIT, STATION
from config.settings.tree import RulesSettings
from heating.alarms import Priority

RULES = load_rules(RulesSettings())
ST_01 = (RULES_DIR / "station" / "ST-01.yaml").read_text(encoding="utf-8")


def test_the_shipped_figures_are_those_of_the_design() -> None:
    minutes = {
        priority.name: wait.total_seconds() / 60 for priority, wait in RULES.defaults.repeat_unacked.items()
    }
    hours = {
        priority.name: most.total_seconds() / 3600 for priority, most in RULES.defaults.max_shelve.items()
    }
    assert minutes == {"P1": 5, "P2": 30, "P3": 240}
    assert hours == {"P1": 2, "P2": 8, "P3": 24}


def test_a_folder_of_own_rules_may_have_own_defaults_and_takes_the_shipped_ones_else(tmp_path: Path) -> None:
    (tmp_path / "ST-01.yaml").write_text(ST_01, encoding="utf-8")
    settings = RulesSettings(dir=tmp_path)
    assert load_rules(settings).defaults == RULES.defaults
    own = "repeat_unacked: {P1: 2m}\nmax_shelve: {}\ngroup_interval: 90s\n"
    (tmp_path / "defaults.yaml").write_text(own, encoding="utf-8")
    loaded = load_rules(settings)
    expected = RuleDefaults({Priority.P1: timedelta(minutes=2)}, {}, timedelta(seconds=90))
    assert (len(loaded), loaded.defaults) == (1, expected)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("repeat_unacked: {P9: 5m}\nmax_shelve: {}\ngroup_interval: 5m\n", 1, "P9"),
        ("repeat_unacked: {}\nmax_shelve: {P1: soon}\ngroup_interval: 5m\n", 2, "soon"),
        ("repeat_unacked: {}\nmax_shelve: {P1: 0s}\ngroup_interval: 5m\n", 2, "more than zero"),
        ("repeat_unacked: {}\nmax_shelve: {}\ngroup_interval: 5m\nshelve: 1h\n", 4, "shelve"),
        ("- P1\n", 1, "mapping"),
    ],
)
def test_a_mistake_in_the_defaults_is_reported_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    (tmp_path / "ST-01.yaml").write_text(ST_01, encoding="utf-8")
    (tmp_path / "defaults.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MistakesError) as caught:
        load_rules(RulesSettings(dir=tmp_path))
    (mistake,) = caught.value.mistakes
    assert mistake.place.endswith(f"defaults.yaml:{line}")
    assert says in str(mistake)


def test_a_silent_gateway_holds_every_rule_of_its_station_and_inhibits_none() -> None:
    of_stations = {rule.rule_id for rule in RULES.in_scope(STATION, CIRCUIT)}
    assert RULES.held_by("DQ-08") == of_stations - {"DQ-08"} == RULES.targets_of("DQ-08")
    assert RULES.silenced_by("DQ-08") == frozenset()


def test_a_consequence_is_inhibited_and_not_held() -> None:
    assert RULES.silenced_by("ST-01") == RULES.targets_of("ST-01") >= {"ST-02", "HB-01"}
    assert RULES.held_by("ST-01") == RULES.held_by("ST-99") == frozenset()


def test_without_defaults_nothing_repeats() -> None:
    assert RuleSet(()).defaults.repeat_unacked == {}
