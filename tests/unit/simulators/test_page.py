"""docs/simulator.md names every shipped scenario and every truth file."""

from pathlib import Path

from simulators.scenario import shipped_scenarios
from simulators.truth.causes_file import CAUSES_FILE
from simulators.truth.run_file import RUN_FILE
from simulators.truth.ticket_truth import TICKETS_FILE
from simulators.truth.topology import TOPOLOGY_FILE
from simulators.truth.truth_files import CONFOUNDERS_FILE, FAULTS_FILE

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"


def test_every_truth_file_and_scenario_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = (RUN_FILE, TOPOLOGY_FILE, FAULTS_FILE, CONFOUNDERS_FILE, CAUSES_FILE, TICKETS_FILE)
    assert [name for name in (*files, *shipped_scenarios()) if f"`{name}`" not in page] == []
