"""docs/simulator.md keeps up with the code: tables, worked example, commands, truth files, figures."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from simulators import page_tables, water
from simulators.arguments import parser
from simulators.command_line import main
from simulators.fault_kinds import SEASON_DAYS, FaultType
from simulators.faults.catalogue import CATALOGUE, natural_rate
from simulators.faults.confounders import FULL_COLD_SNAP_K
from simulators.network.pipe_friction import LOCAL_LOSSES
from simulators.page_tables import TABLES, field_names, with_fresh_tables
from simulators.people.call_words import Call, CallReason, CallTopic, CallTruth
from simulators.people.complaints import chance_feels_cold
from simulators.scenario import ConfounderType, load_scenario, shipped_scenarios
from simulators.stations.compensation_curve import DESIGN_OUTDOOR_C
from simulators.stations.control_valve import RANGEABILITY
from simulators.truth.paired_run import COLDER_K
from simulators.truth.ticket_truth import ticket_line
from tests.support.golden import GoldenFiles

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"
EXAMPLE = re.compile(r"<!-- example -->\n\n```yaml\n(.*?)```\n\n```sh\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TRUTH_ROW = re.compile(r"^\| `([\w.]+\.(?:jsonl?|parquet))` \| `(\w+)` \| .+ \|$", re.MULTILINE)
FIRST_CELL = re.compile(r"^\| `?([\w.\[\]]+)`? \|", re.MULTILINE)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_tables_are_what_the_code_says(golden: GoldenFiles) -> None:
    if golden.update:
        PAGE.write_text(with_fresh_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_fresh_tables(page), "run: ./run golden"


def test_every_fault_confounder_field_and_shipped_scenario_has_its_line(page: str) -> None:
    lines = set(FIRST_CELL.findall(page))
    assert {fault.value for fault in FaultType} <= lines
    assert {confounder.value for confounder in ConfounderType} <= lines
    assert set(field_names()) <= lines
    assert set(shipped_scenarios()) <= lines
    assert f"{len(CATALOGUE)} 种故障" in page


def test_fields_of_parts_and_of_lists_are_walked_and_those_of_the_reader_left_out() -> None:
    names = field_names()
    assert {"site", "weather.file", "weather.cold_snaps[].drop_k", "faults[].target"} <= set(names)
    assert {"random_faults.rate", "payload_mix.rooms", "confounders[].severity"} <= set(names)
    assert not [name for name in names if "written_at" in name]


def test_limits_and_lengths_are_shown_as_a_scenario_writes_them() -> None:
    rows = {row.split(" | ")[0]: row for row in TABLES["fields"]().splitlines()}
    assert "| length, ≥ 10s, ≤ 10m | `5m` |" in rows["| `home_step`"]
    assert "| length, optional, > 0s | none |" in rows["| `faults[].rise`"]
    assert "| number, > -30, ≤ 30 | needed |" in rows["| `weather.cold_snaps[].drop_k`"]


def test_an_old_table_is_written_anew_and_the_text_around_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_tables, "TABLES", {"x": lambda: "| new |\n"})
    begin, end = "<!-- table x: written by ./run golden -->\n", "<!-- end of x -->"
    assert with_fresh_tables(f"a\n{begin}| old |\n{end}\nb") == f"a\n{begin}\n| new |\n\n{end}\nb"
    for wrong in ("a", f"{begin}{end}{begin}{end}", begin):
        with pytest.raises(ValueError, match="no one place for the table 'x'"):
            with_fresh_tables(wrong)


def commands(text: str) -> Iterator[list[str]]:
    """Words after ``nuanliu simulate`` of every such command; lines that end in a backslash go on."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in line.partition("#")[0].split("&&"):
            _, found, options = part.partition("nuanliu simulate ")
            if found:
                yield shlex.split(options)


def test_every_command_on_the_page_is_understood(page: str) -> None:
    found = [words for block in SHELL.findall(page) for words in commands(block)]
    assert len(found) >= 7
    for words in found:
        parser().parse_args(words)
    used = {word for words in found for word in words if word.startswith("--")}
    assert {"--history-out", "--mqtt", "--paired", "--truth", "--calls", "--write-registry"} <= used


@pytest.fixture(scope="module")
def example_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked example, run by the command below it for 86 simulated minutes."""
    found = EXAMPLE.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    folder = tmp_path_factory.mktemp("example")
    (words,) = commands(found[2])
    (folder / words[words.index("--scenario") + 1]).write_text(found[1], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(words) == 0
    return folder


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_worked_example_runs_and_breaks_what_it_says(example_run: Path) -> None:
    scenario = load_scenario(str(example_run / "riser.yaml"))
    assert (scenario.stations, scenario.homes, len(scenario.faults)) == (4, 480, 3)
    assert list((example_run / "out").glob("history-*.npz"))
    faults = {str(line["id"]): line for line in lines_of(example_run / "truth" / "faults.jsonl")}
    assert {"riser", "pump-1", "leak"} <= set(faults)
    assert faults["riser"]["affected_households"]
    assert faults["pump-1"]["target"] == "st-003-low"  # its first circuit
    assert faults["pump-1"]["first_observable"] is not None
    assert [line["id"] for line in lines_of(example_run / "truth" / "confounders.jsonl")] == ["setback"]


def columns_of(path: Path) -> set[str]:
    """Names of what a truth file holds."""
    match path.suffix:
        case ".parquet":
            with duckdb.connect() as connection:
                rows = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
            return {str(row[0]) for row in rows}
        case ".jsonl":
            return {name for line in lines_of(path) for name in line}
        case _:
            found = json.loads(path.read_text(encoding="utf-8"))
            parts = found.values() if path.name == "topology.json" else [found]
            return {name for part in parts for name in part}


def a_call() -> CallTruth:
    call = Call("h-1", datetime(2026, 1, 15, tzinfo=UTC), CallTopic.NOISE, "响", "noise")
    return CallTruth(
        call=call,
        home=0,
        reason=CallReason.UNRELATED,
        room_temp_c=20.0,
        chance_feels_cold=0.0,
        days_cold=0.0,
    )


def test_every_field_of_every_truth_file_is_on_the_page_and_no_other(page: str, example_run: Path) -> None:
    told: dict[str, set[str]] = {}
    for file, field in TRUTH_ROW.findall(page):
        told.setdefault(file, set()).add(field)
    written = {path.name: columns_of(path) for path in (example_run / "truth").iterdir()}
    assert written["tickets.jsonl"] <= told["tickets.jsonl"]
    assert told == written | {"tickets.jsonl": set(ticket_line(a_call(), None, []))}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ρ {:g} kg/m³", water.WATER_KG_PER_M3),
        ("carries {:g} kW/K", water.WATER_KW_PER_M3_PER_H_K),
        ("R^(x−1), R {:g},", RANGEABILITY),
        ("a fall of {:g} K, the red signal", FULL_COLD_SNAP_K),
        ("at least {:g} K colder", COLDER_K),
        ("season has {:g} days", SEASON_DAYS),
        ("Δp = {:g}·f·(L/D)", LOCAL_LOSSES),
        ("design −{:g} °C", -DESIGN_OUTDOOR_C),
        ("the natural rate is {:.0f}", sum(natural_rate(kind) for kind in CATALOGUE.values())),
        ("{:.0f} % at 18 °C", 100 * float(chance_feels_cold(np.float32([18]))[0])),
        ("{:.0f} % at 15 °C", 100 * float(chance_feels_cold(np.float32([15]))[0])),
    ],
)
def test_figures_of_the_text_are_those_of_the_code(page: str, text: str, value: float) -> None:
    assert text.format(value) in page


def test_links_within_the_page_and_to_other_pages_lead_somewhere(page: str) -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert len(links) > 10
    for link in links:
        target, _, heading = link.partition("#")
        assert (PAGE.parent / target).exists(), link
        assert target or heading in headings, link
