"""The simulator shares words with the product, never a formula: otherwise every detection score would be circular."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import config
import simulators

FOLDER = Path(simulators.__file__).parent
WORDS = {
    "heating.assets",
    "heating.clock",
    "heating.contacts",
    "heating.errors",
    "heating.circuits",
    "heating.heat_tree",
    "heating.intervals",
    "heating.points",
    "heating.quality",
    "heating.quantities",
    "heating.samples",
}
OUTSIDE = {"storage", "collector", "alerting", "dashboard", "runtime"}


def imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def foreign(source: str) -> set[str]:
    return {
        name
        for name in imported(source)
        if (name.startswith("heating") and name not in WORDS)
        or (name.split(".")[0] in OUTSIDE and name not in FILE_FORMATS)
    }


CONFIG = {"config.drafts", "config.located_yaml", "config.mistakes", "config.sample_files"}
"""What the simulators may take from the configuration: reading YAML with places, writing files whole, and files of history. Nothing of
rules, policies or settings."""

FILE_FORMATS = {"storage.registry_files.reading"}
"""What the simulators may take from the stores: the format of registry files, which operators write too."""


def unfit_configuration(source: str) -> set[str]:
    return {name for name in imported(source) if name.split(".")[0] == "config" and name not in CONFIG}


def folder_literals(source: str) -> set[str]:
    """Strings in code that point into the folders of the product's own defaults."""
    texts = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if "config/defaults" in text or "defaults/rules" in text}


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_module_takes_only_words_from_the_product(path: Path) -> None:
    assert foreign(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    ["from heating.heat_curve import x", "import heating.hydronics", "from storage.records import y"],
)
def test_a_borrowed_formula_would_be_seen(source: str) -> None:
    assert foreign(source)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_module_reads_no_rule_policy_or_setting_of_the_product(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert unfit_configuration(source) == set()
    assert folder_literals(source) == set()


def test_a_simulator_that_read_rules_would_be_seen() -> None:
    assert unfit_configuration("from config.rules.reading import load_rules") == {"config.rules.reading"}
    assert unfit_configuration("import config.settings.tree") == {"config.settings.tree"}
    assert folder_literals("PATH = 'config/defaults/rules/station'")


PROBE = """
import sys
import simulators.command_line, simulators.scoring.command_line
rooms = {"storage", "collector", "alerting", "dashboard", "runtime"}
formats = ("storage", "storage.registry_files")
loaded = {
    name
    for name in sys.modules
    if (name.split(".")[0] in rooms and name not in formats and not name.startswith("storage.registry_files."))
    or name.startswith("config.rule")
}
assert not loaded, sorted(loaded)
"""


def test_a_running_simulator_and_a_running_score_load_nothing_of_the_product() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@functools.cache
def limits_of_rules() -> dict[str, set[float]]:
    """Named limits of the shipped rules with the numbers that they have anywhere."""
    found: dict[str, set[float]] = {}
    for path in sorted((Path(config.__file__).parent / "defaults" / "rules").rglob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, limit in (document.get("limits") or {}).items():
            found.setdefault(name, set()).add(float(limit["value"] if isinstance(limit, dict) else limit))
    return found


def named_numbers(source: str) -> dict[str, float]:
    """Module constants that are plain numbers, by lower-case name without leading underscores."""
    found: dict[str, float] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
                found[node.targets[0].id.strip("_").lower()] = float(value.value)
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_constant_has_name_and_number_of_a_limit_of_a_rule(path: Path) -> None:
    limits = limits_of_rules()
    numbers = named_numbers(path.read_text(encoding="utf-8"))
    assert {name for name, number in numbers.items() if number in limits.get(name, set())} == set()


def test_a_copied_limit_would_be_seen() -> None:
    limits = limits_of_rules()
    assert limits, "the shipped rules have limits"
    name, values = next((name, values) for name, values in limits.items() if values)
    copied = named_numbers(f"_{name.upper()} = {min(values)}")
    assert copied == {name: min(values)}
