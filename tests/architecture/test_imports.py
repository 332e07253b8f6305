"""Which room may import what, beyond the layers: those are contracts in pyproject.toml, tried out here too."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import (
    PROJECT_ROOT,
    expect_none,
    files,
    imports_of,
    project_table,
    relative,
    rooms,
    running_modules,
)

HOMES_OF_LIBRARIES = {
    "fastapi": ("dashboard/",),
    "starlette": ("dashboard/",),
    "plotly": ("dashboard/",),
    "paho": ("collector/", "simulators/"),
    "sqlalchemy": ("storage/records/",),
    "alembic": ("storage/records/",),
    "psycopg": ("storage/records/",),
    "influxdb_client": ("storage/readings/",),
    "duckdb": ("storage/readings/", "alerting/judging/conditions", "simulators/truth/causes_file.py"),
}
"""Libraries that only these places may import. Conditions of rules are evaluated by DuckDB (decision 3), and the truth
of a simulation is written as Parquet by it (decision 14)."""


def impure_imports(root: Path) -> Iterator[str]:
    """Imports of the domain that are neither the standard library, numpy nor the domain itself."""
    allowed = sys.stdlib_module_names | {"numpy", "heating"}
    for path in files(root / "heating", ".py"):
        for found in imports_of(path, root):
            if found.module.partition(".")[0] not in allowed:
                yield f"{found.path}:{found.line} imports {found.module}"


def libraries_away_from_home(root: Path) -> Iterator[str]:
    """Imports of a library outside the places that may use it."""
    for path in running_modules(root):
        for found in imports_of(path, root):
            homes = HOMES_OF_LIBRARIES.get(found.module.partition(".")[0])
            if homes is not None and not found.path.startswith(homes):
                yield f"{found.path}:{found.line} imports {found.module}; it belongs in {' or '.join(homes)}"


def imports_of_simulators(root: Path) -> Iterator[str]:
    """Imports of the simulators by running code, other than by ``runtime/demo.py``."""
    for path in running_modules(root):
        place = relative(path, root)
        if place.startswith("simulators/") or place == "runtime/demo.py":
            continue
        for found in imports_of(path, root):
            if found.module.partition(".")[0] == "simulators":
                yield f"{found.path}:{found.line} imports {found.module}"


def packages_without_contract(root: Path) -> Iterator[str]:
    """Packages that the import contracts do not cover."""
    contracts = project_table(root)["tool"]["importlinter"]
    layers = " | ".join(next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers"))
    layered = {name.strip() for name in layers.split("|")}
    acyclic = next(c["ancestors"] for c in contracts["contracts"] if c["type"] == "acyclic_siblings")
    present = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests", "benchmarks"}
    for name in sorted(present | set(rooms(root))):
        if name not in contracts["root_packages"] or name not in layered:
            yield f"{name} is in no layer"
        if name not in acyclic:
            yield f"{name} may have circles"


def put(root: Path, place: str, text: str) -> None:
    """Write a file of a made-up tree."""
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).write_text(text, encoding="utf-8")


def test_the_domain_imports_only_the_standard_library_and_numpy() -> None:
    expect_none(impure_imports(PROJECT_ROOT))


@pytest.mark.parametrize(
    "text",
    [
        "import structlog\n",
        "from config.settings.tree import Settings\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pydantic\n",
        "def late():\n    from sqlalchemy import text\n",
    ],
)
def test_an_impure_domain_module_is_found(tmp_path: Path, text: str) -> None:
    put(tmp_path, "heating/pure.py", "import math\nimport numpy as np\nfrom heating.points import POINTS\n")
    put(tmp_path, "heating/deep/impure.py", text)
    assert [line.split(":")[0] for line in impure_imports(tmp_path)] == ["heating/deep/impure.py"]


def test_each_library_is_used_only_where_it_belongs() -> None:
    expect_none(libraries_away_from_home(PROJECT_ROOT))


def test_a_library_away_from_home_is_found(tmp_path: Path) -> None:
    put(tmp_path, "alerting/judging/conditions/engine.py", "import duckdb\n")
    put(tmp_path, "alerting/channels.py", "import duckdb\n")
    put(tmp_path, "storage/readings/opening.py", "from sqlalchemy.orm import Session\n")
    put(tmp_path, "tests/test_x.py", "import sqlalchemy\n")
    found = [line.split(":")[0] for line in libraries_away_from_home(tmp_path)]
    assert found == ["alerting/channels.py", "storage/readings/opening.py"]


def test_only_the_demo_imports_the_simulators() -> None:
    expect_none(imports_of_simulators(PROJECT_ROOT))


def test_running_code_that_imports_the_simulators_is_found(tmp_path: Path) -> None:
    put(tmp_path, "runtime/demo.py", "import simulators.city\n")
    put(tmp_path, "runtime/assemble.py", "from simulators import city\n")
    assert list(imports_of_simulators(tmp_path)) == ["runtime/assemble.py:1 imports simulators"]


def test_every_package_is_in_the_contracts() -> None:
    expect_none(packages_without_contract(PROJECT_ROOT))


def test_a_package_outside_the_contracts_is_found(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    put(tmp_path, "gateway/__init__.py", "")
    assert list(packages_without_contract(tmp_path)) == ["gateway is in no layer", "gateway may have circles"]


FORBIDDEN_STATEMENTS = [
    ("heating/broken.py", "import config\n"),
    ("config/broken.py", "import storage\n"),
    ("storage/broken.py", "import collector\n"),
    ("storage/broken.py", "import casework\n"),
    ("casework/broken.py", "import dashboard\n"),
    ("casework/broken.py", "import fastapi\n"),
    ("casework/broken.py", "import sqlalchemy\n"),
    ("collector/broken.py", "import alerting\n"),
    ("dashboard/broken.py", "from simulators import anything\n"),
    ("alerting/broken.py", "from runtime import anything\n"),
    ("heating/broken.py", "import structlog\n"),
    ("alerting/broken.py", "import fastapi\n"),
    ("dashboard/broken.py", "import paho.mqtt.client\n"),
    ("dashboard/broken.py", "import sqlalchemy\n"),
    ("alerting/broken.py", "import influxdb_client\n"),
    ("collector/broken.py", "import duckdb\n"),
    ("simulators/broken.py", "import duckdb\n"),
    ("runtime/assemble.py", "import simulators\n"),
    ("runtime/assembling/collector/broken.py", "import alerting\n"),
    ("runtime/assembling/alerting/broken.py", "import dashboard\n"),
    ("alerting/judging/broken.py", "import alerting.serving\n"),
    ("alerting/alarms/broken.py", "import alerting.notifications\n"),
    ("simulators/broken.py", "import heating.hydronics\n"),
    ("simulators/broken.py", "import storage.readings.store\n"),
]


def broken_contracts(tree: Path) -> str:
    """What import-linter says about a made-up tree with the project's own contracts; empty when all are kept."""
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    result = subprocess.run(
        [str(program), "--no-logo", "--no-cache", "--config", "pyproject.toml"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


def modules_named_by_contracts() -> set[str]:
    """Our modules that the contracts speak of, with the packages around them, whole rooms left out."""
    ours = set(rooms(PROJECT_ROOT))
    named: set[str] = set()
    for contract in project_table(PROJECT_ROOT)["tool"]["importlinter"]["contracts"]:
        for key in ("source_modules", "forbidden_modules", "layers"):
            for name in contract.get(key, []):
                parts = name.split(".")
                if parts[0] in ours:
                    named |= {".".join(parts[:length]) for length in range(2, len(parts) + 1)}
    return named


@pytest.fixture
def made_up_rooms(tmp_path: Path) -> Path:
    """Empty rooms with the project's contracts."""
    put(tmp_path, "pyproject.toml", (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for name in rooms(PROJECT_ROOT):
        put(tmp_path, f"{name}/__init__.py", "")
    for name in sorted(modules_named_by_contracts()):
        put(tmp_path, f"{name.replace('.', '/')}/__init__.py", "")
    put(tmp_path, "storage/readings/store.py", "import duckdb\nimport influxdb_client\n")
    put(tmp_path, "storage/records/tables.py", "import sqlalchemy\n")
    put(tmp_path, "alerting/judging/conditions.py", "import duckdb\n")
    put(tmp_path, "runtime/demo.py", "import simulators\n")
    return tmp_path


def test_the_contracts_hold_on_rooms_that_keep_them(made_up_rooms: Path) -> None:
    assert broken_contracts(made_up_rooms) == ""


def test_the_contracts_break_on_every_forbidden_import(made_up_rooms: Path) -> None:
    """All in one tree, a module each: the linter takes most of a second for a call and names every chain it finds."""
    broken = []
    for number, (place, text) in enumerate(FORBIDDEN_STATEMENTS):
        named = place.removesuffix(".py") + f"_{number}"
        put(made_up_rooms, f"{named}.py", text)
        broken.append(named.replace("/", "."))
    report = broken_contracts(made_up_rooms)
    assert "BROKEN" in report
    assert [name for name in broken if not re.search(rf"{re.escape(name)}\b", report)] == []


def test_the_contracts_break_on_a_circle_inside_a_room(made_up_rooms: Path) -> None:
    put(made_up_rooms, "storage/readings/one_way.py", "import storage.records.tables\n")
    put(made_up_rooms, "storage/records/other_way.py", "import storage.readings.store\n")
    assert "No cycles are allowed in storage." in broken_contracts(made_up_rooms)


def test_the_contracts_are_read_from_the_project_file() -> None:
    table = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert table["tool"]["importlinter"]["root_packages"] == rooms(PROJECT_ROOT)
