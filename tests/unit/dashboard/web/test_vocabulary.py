"""Every code of the domain has its word, and every piece of evidence its sentence."""

import ast
from enum import Enum
from pathlib import Path

import pytest

from dashboard.homes.evidence_sentences import EVIDENCE, SCRIPTS, evidence_sentence, script_sentence
from dashboard.homes.models import Verdict
from dashboard.stations.models import StationState
from dashboard.web.languages import localiser_for
from dashboard.web.security.viewer import Role
from dashboard.web.vocabulary import WORDS, source_word
from heating.alarms import AlarmEventKind, AlarmState
from heating.assets import Contract, Emitter, Position
from heating.heat_tree import Level
from heating.quality import Quality, quality_label
from heating.tickets import TicketCategory, TicketState, TicketUrgency

SUBJECTS = Path(__file__).parents[4] / "dashboard"
CHINESE = localiser_for("zh_CN", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("alarm_state", AlarmState),
        ("alarm_event", AlarmEventKind),
        ("category", TicketCategory),
        ("contract", Contract),
        ("emitter", Emitter),
        ("level", Level),
        ("position", Position),
        ("role", Role),
        ("station_state", StationState),
        ("ticket_state", TicketState),
        ("urgency", TicketUrgency),
        ("verdict", Verdict),
        ("verdict_sentence", Verdict),
    ],
)
def test_every_code_has_a_word(kind: str, codes: type[Enum]) -> None:
    words = {str(getattr(code, "value", code)).lower() for code in codes}
    if kind == "level":
        words = {code.name.lower() for code in codes}
    assert words <= set(WORDS[kind]), words - set(WORDS[kind])


def test_every_quality_has_a_word() -> None:
    assert {quality_label(code) for code in Quality} | {"missing"} == set(WORDS["quality"])


def test_an_unforeseen_code_is_shown_and_not_hidden() -> None:
    assert source_word("ticket_state", "brand_new") == "brand_new"
    with pytest.raises(KeyError):
        source_word("no_such_table", "x")


def codes_made_by(class_name: str) -> set[str]:
    """Codes given as first argument to a class anywhere in the dashboard."""
    found: set[str] = set()
    for path in SUBJECTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == class_name
            )
            if named and node.args and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    return found


def test_every_piece_of_evidence_that_the_queries_make_has_a_sentence() -> None:
    made = codes_made_by("Evidence")
    assert len(made) > 5
    assert made <= set(EVIDENCE)


def test_every_cause_has_a_word_and_an_answer() -> None:
    made = codes_made_by("ProbableCause") | {"suspended", "vacant"}
    assert made <= set(WORDS["cause"])
    assert made | {"incident_estimated"} <= set(SCRIPTS)


def test_a_sentence_without_its_figures_shows_a_dash() -> None:
    assert evidence_sentence(CHINESE, "room_low", {}) == "室温 — °C，低于标准 — °C"


def test_figures_are_written_as_elsewhere_on_the_page() -> None:
    said = evidence_sentence(CHINESE, "sensor_silent", {"silent_s": 7200.0})
    assert said == "传感器 2 小时没有数据"
    assert "−9.4" in evidence_sentence(CHINESE, "station_deviation", {"deviation_k": -9.4})
    assert evidence_sentence(CHINESE, "contract", {"contract": "suspended"}) == "合同状态：已报停"


def test_an_unknown_code_is_shown_with_its_facts() -> None:
    assert script_sentence(CHINESE, "new_code", {"n": 3}) == "new_code n=3"
