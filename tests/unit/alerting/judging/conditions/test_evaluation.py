"""Conditions are parsed, whitelisted and evaluated with three truth values."""

from dataclasses import replace

import duckdb
import numpy as np
import pytest

from alerting.judging.conditions.evaluation import Conditions
from alerting.judging.conditions.syntax import (
    ConditionError,
    Expression,
    locked_connection,
    parse_condition,
)
from config.rules.reading import Limit, Rule, Variant, load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Priority

BASE = load_rules(RulesSettings()).rule("ST-01")


def truth_of(condition: str, **columns: list[float]) -> list[int]:
    rule: Rule = replace(
        BASE,
        raise_when=condition,
        clear_when="pwr = 1",
        signals=(*columns, "pwr"),
        limits={"most": Limit(2.0)},
    )
    size = len(next(iter(columns.values())))
    arrays = {name: np.array(values, np.float64) for name, values in columns.items()}
    conditions = Conditions([rule])
    found = conditions.evaluate("station", arrays | {"pwr": np.ones(size)})
    conditions.close()
    return found[rule.rule_id].raised.tolist()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("t2s < most", [1, 0, -1]),
        ("not t2s < most", [0, 1, -1]),
        ("t2s < 2 or g2 = 1", [1, 1, 1]),
        ("t2s < 2 and g2 = 0", [0, 0, 0]),
        ("t2s between 0 and 2", [1, 0, -1]),
        ("t2s in (1, 7)", [1, 0, -1]),
        ("abs(t2s - 4) > most", [1, 0, -1]),
        ("-t2s + 3 * g2 > 1.5", [1, 0, -1]),
    ],
)
def test_missing_values_stay_unknown_unless_the_rest_decides(condition: str, expected: list[int]) -> None:
    assert truth_of(condition, t2s=[1.0, 3.0, np.nan], g2=[1.0, 1.0, 1.0]) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "t2s is null",
        "coalesce(t2s, 1) < 2",
        "greatest(t2s, 1) < 2",
        "case when t2s > 1 then true else false end",
        "t2s is distinct from 1",
        "t2s in (select 1)",
        "exists(select 1)",
        "read_csv('/etc/passwd') = 1",
        "t2s < 2; drop table signals",
        "t2s < 2, g2 < 1",
        "t2s < 2 from signals",
        "t2s < 2 order by 1",
        "sum(t2s) over () > 1",
        "getenv('HOME') = 'x'",
        "t2s + 1",
        "a.t2s < 1",
        "t2s <",
        "t2s < 2 union select true",
        "t2s < 2 limit 1",
        "t2s < 2 group by t2s",
        "t2s < 2 having true",
        "t2s < 2 where true",
        "t2s < 2 qualify true",
        "t2s < 2 using sample 1",
        "t2s < 2; select true",
        "t2s < 2;",
        "t2s < 2 as alias",
        "t2s = 'x'",
        "t2s = null",
        "main.abs(t2s) > 1",
        "abs(distinct t2s) > 1",
        "abs(t2s) filter (where true) > 1",
        "t2s % 2 = 1",
        "t2s",
        "1",
        "",
    ],
)
def test_what_hides_missing_data_or_reaches_outside_is_refused(condition: str) -> None:
    with pytest.raises(ConditionError):
        parse_condition(condition)


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition("t2s < 2 and sqrt(g2) > 1")
    assert caught.value.position == len("t2s < 2 and ")


def test_the_expression_engine_reads_no_file_and_keeps_its_locks() -> None:
    connection = locked_connection()
    try:
        for statement in ("select * from read_text('/etc/hostname')", "set enable_external_access = true"):
            with pytest.raises(Exception, match=r"(?i)permission|disabled|locked"):
                connection.execute(statement)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("t2s < 2; true", 7),
        ("t2s < sqrt(2)", 6),
        ("t2s = 'x'", 6),
        ("true from x", None),
        ("t2s < 2 as y", None),
    ],
)
def test_a_mistake_has_a_place_where_there_is_one(text: str, position: int | None) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["t2s <", "", "t2s < 2 2"])
def test_what_is_no_expression_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)
    assert str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.position is None or 0 <= caught.value.position <= len(text)


def test_a_condition_is_parsed_into_names_numbers_and_operators_with_their_places() -> None:
    def name(text: str, position: int) -> Expression:
        return Expression("name", text, (), position)

    parsed = parse_condition("not a <> 1 or b not in (2, 3)")
    inequality, listed = parsed.children[0].children[0], parsed.children[1].children[0]
    assert (parsed.kind, parsed.text) == ("logic", "or")
    assert (parsed.children[0].kind, parsed.children[0].text) == ("logic", "not")
    assert (inequality.kind, inequality.text, inequality.children[0]) == ("compare", "<>", name("a", 4))
    assert (listed.kind, listed.text, listed.children[0]) == ("in", "in", name("b", 14))
    assert [(child.kind, child.text) for child in listed.children[1:]] == [("number", "2"), ("number", "3")]
    assert parsed.names == {"a", "b"}
    assert [node.text for node in parsed.walk() if not node.is_truth] == ["a", "1", "b", "2", "3"]
    assert [node.text for node in parsed.walk() if node.is_truth] == ["or", "not", "<>", "not", "in"]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("<", [1, 0, 0]),
        ("<=", [1, 1, 0]),
        (">", [0, 0, 1]),
        (">=", [0, 1, 1]),
        ("=", [0, 1, 0]),
        ("<>", [1, 0, 1]),
        ("!=", [1, 0, 1]),
    ],
)
def test_a_value_at_the_limit_is_judged_by_the_operator(operator: str, expected: list[int]) -> None:
    assert truth_of(f"t2s {operator} most", t2s=[1.9, 2.0, 2.1]) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("t2s between 2 and 3", [0, 1, 1, 0]),  # both ends belong to it
        ("t2s not between 2 and 3", [1, 0, 0, 1]),
        ("t2s not in (2, 4)", [1, 0, 1, 0]),
        ("t2s < 2 or t2s > 3", [1, 0, 0, 1]),
        ("t2s > 1 and t2s < 4", [0, 1, 1, 0]),
        ("t2s * 2 - 1 > 3", [0, 0, 1, 1]),
        ("t2s - 1 - 1 > 0", [0, 0, 1, 1]),
        ("t2s / 2 > 1", [0, 0, 1, 1]),
        ("-t2s < -2", [0, 0, 1, 1]),
        ("true", [1, 1, 1, 1]),
        ("not true", [0, 0, 0, 0]),
    ],
)
def test_arithmetic_and_logic_mean_what_they_say(condition: str, expected: list[int]) -> None:
    assert truth_of(condition, t2s=[1.0, 2.0, 3.0, 4.0]) == expected


def judged(rules: list[Rule], **columns: list[float]) -> dict[str, tuple[list[int], ...]]:
    """Return raised, cleared and every variant of each rule."""
    conditions = Conditions(rules)
    found = conditions.evaluate("station", {name: np.array(values) for name, values in columns.items()})
    conditions.close()
    return {
        rule_id: (truth.raised.tolist(), truth.cleared.tolist(), *(v.tolist() for v in truth.variants))
        for rule_id, truth in found.items()
    }


def rule(rule_id: str, raise_when: str, clear_when: str, **changes: object) -> Rule:
    usual = {"signals": ("t2s", "g2"), "limits": {}, "enable_if": None, "variants": ()}
    return replace(BASE, rule_id=rule_id, raise_when=raise_when, clear_when=clear_when, **(usual | changes))  # type: ignore[arg-type]


def test_each_rule_of_a_table_gets_its_own_answers() -> None:
    first = rule(
        "ST-01",
        "t2s < 2",
        "t2s > 3",
        variants=(Variant(Priority.P2, "t2s < 1"), Variant(Priority.P1, "g2 = 1")),
    )
    second = rule("ST-02", "g2 = 1", "g2 = 0", variants=(Variant(Priority.P1, "t2s > 3"),))
    assert judged([first, second], t2s=[1.0, 4.0], g2=[1.0, 0.0]) == {
        "ST-01": ([1, 0], [0, 1], [0, 0], [1, 0]),
        "ST-02": ([1, 0], [0, 1], [0, 1]),
    }


def test_a_rule_raises_only_where_it_is_enabled_and_clears_everywhere() -> None:
    enabled = rule("ST-01", "t2s < 2 or t2s > 8", "t2s > 3", enable_if="g2 = 1 or g2 = 2")
    found = judged([enabled], t2s=[1.0, 1.0, 1.0, 9.0, 4.0], g2=[1.0, 0.0, np.nan, 0.0, 0.0])
    assert found["ST-01"] == ([1, 0, -1, 0, 0], [0, 0, 0, 1, 1])


def test_tables_may_grow_shrink_and_be_empty_from_step_to_step() -> None:
    conditions = Conditions([rule("ST-01", "t2s < 2", "t2s > 3", variants=(Variant(Priority.P1, "g2 = 1"),))])

    def evaluate(*t2s: float) -> tuple[list[int], int]:
        columns = {"t2s": np.array(t2s, np.float64), "g2": np.zeros(len(t2s))}
        truth = conditions.evaluate("station", columns)["ST-01"]
        return truth.raised.tolist(), len(truth.variants[0])

    assert evaluate() == ([], 0)
    assert evaluate(1.0, 3.0) == ([1, 0], 2)
    assert evaluate(3.0, 1.0) == ([0, 1], 2)
    assert evaluate(3.0, 1.0, 1.0) == ([0, 1, 1], 3)
    assert evaluate(1.0) == ([1], 1)
    conditions.close()
    assert evaluate(3.0) == ([0], 1)  # it opens again when it is needed
    conditions.close()
    conditions.close()
    assert conditions.evaluate("household", {}) == {}


def test_answers_and_columns_stay_as_they_are_when_the_next_step_is_judged() -> None:
    conditions = Conditions([rule("ST-01", "t2s < 2", "t2s > 3")])
    first = {"t2s": np.array([1.0]), "g2": np.array([0.0])}
    truth = conditions.evaluate("station", first)["ST-01"]
    conditions.evaluate("station", {"t2s": np.array([5.0]), "g2": np.array([0.0])})
    conditions.close()
    assert (truth.raised.tolist(), first["t2s"].tolist()) == ([1], [1.0])


def test_a_condition_may_name_only_what_its_rule_declares() -> None:
    with pytest.raises(ConditionError, match="ST-01: 'p2r' is neither") as caught:
        Conditions([rule("ST-01", "t2s < 2 and p2r > 1", "t2s > 3")])
    assert caught.value.position == len("t2s < 2 and ")


def test_the_expression_engine_takes_one_core_and_sees_no_variable_of_the_program() -> None:
    secrets = np.arange(3)
    connection = locked_connection()
    try:
        assert connection.execute("select current_setting('threads')").fetchone() == (1,)
        with pytest.raises(duckdb.CatalogException, match="secrets"):
            connection.execute("select * from secrets")
    finally:
        connection.close()
    assert len(secrets) == 3
