"""What schemathesis sends to a running dashboard is answered as the OpenAPI document says; bounded and seeded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import openapi_checks
from tests.support.dashboard_house import OWN_HOME, House, open_house, token_of

OURS = "what_the_document_allows_is_not_refused_for_its_shape"
PROJECT_ROOT = Path(__file__).parents[3]
LONGEST_S = 240
"""A busy machine sends its thousand requests within this [s]."""
NOT_SENT = "admin/(backup|export)|/stream$|/log(in|out)$"
"""Would write to the machine, never end, or throttle and end what follows."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("openapi")) as opened:
        opened.warm_station()
        opened.room(OWN_HOME, 17.2)
        opened.raise_alarm("a1")
        opened.see_new_device("new-1")
        yield opened


def differences(house: House, folder: Path, role: str, *options: str) -> str:
    """Return what schemathesis says of differences between document and answers; empty: there are none."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{house.url}/api/openapi.json", *options]
    command += ["--header", f"Authorization: Bearer {token_of(role)}", "--seed", "20261130"]
    command += ["--phases", "coverage,fuzzing", "--max-examples", "3", "--workers", "2", "--no-color"]
    command += ["--generation-database", "none", "--continue-on-failure", "--warnings", "off"]
    command += ["--checks", "all", "--exclude-checks", "positive_data_acceptance,missing_required_header"]
    done = subprocess.run(
        command,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": openapi_checks.__name__,
            "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), *sys.path]),
        },
        cwd=folder,  # it keeps what it found in its folder
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    assert OURS in openapi_checks.__all__
    assert "Tested:" in done.stdout, done.stdout + done.stderr
    return "" if done.returncode == 0 else done.stdout


@pytest.mark.slow
def test_the_interface_of_the_staff_answers_as_documented(house: House, tmp_path: Path) -> None:
    found = differences(house, tmp_path, "admin", "--exclude-path-regex", f"{NOT_SENT}|/my/")
    assert not found, found


@pytest.mark.slow
def test_the_interface_of_residents_answers_as_documented(house: House, tmp_path: Path) -> None:
    found = differences(house, tmp_path, "resident", "--include-path-regex", "/my/|/api/v1/me$")
    assert not found, found
