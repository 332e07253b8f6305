"""docs/simulator.md has the catalogue of the code, and names every scenario and truth file."""

from pathlib import Path

from simulators.faults.catalogue_page import catalogue_page
from simulators.scenario import shipped_scenarios
from simulators.truth.causes_file import CAUSES_FILE
from simulators.truth.run_file import RUN_FILE
from simulators.truth.ticket_truth import TICKETS_FILE
from simulators.truth.topology import TOPOLOGY_FILE
from simulators.truth.truth_files import CONFOUNDERS_FILE, FAULTS_FILE
from tests.support.golden import GoldenFiles

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"
BEGIN, END = "every consequence follows from the physics above.\n\n", "\n## Truth files\n"


def test_the_catalogue_is_that_of_the_code(golden: GoldenFiles) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    shown, _, after = rest.partition(END)
    if golden.update:
        PAGE.write_text(before + BEGIN + catalogue_page() + END + after, encoding="utf-8")
        return
    assert shown == catalogue_page(), "run: ./run golden"


def test_every_truth_file_and_scenario_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = (RUN_FILE, TOPOLOGY_FILE, FAULTS_FILE, CONFOUNDERS_FILE, CAUSES_FILE, TICKETS_FILE)
    assert [name for name in (*files, *shipped_scenarios()) if f"`{name}`" not in page] == []
