"""A simulator and a stand-in for the product as child processes of ``nuanliu-score``."""

import sys
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from simulators.scoring.headless_run import RunFailedError, run_headless
from simulators.truth.run_file import RunFacts

STAND_IN = """
import pathlib, sys
from tests.support.waiting import wait_until
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
history, out = pathlib.Path(options["--history"]), pathlib.Path(options["--out"])
wait_until((history / "complete").exists, 120)
assert list(history.glob("*.npz")), "the simulator wrote history"
(out / "alarms.jsonl").write_text("")
(out / "incidents.jsonl").write_text("")
"""
"""A product that never raises an alarm."""


def small_scenario(folder: Path) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(
        "site: smoke\nhomes: 60\nspin_up: 1h\nhome_step: 10m\n"
        "faults:\n  - {id: trip, type: pump_trip, target: st-001, onset: +10m, duration: 2h}\n",
        encoding="utf-8",
    )
    return path


def test_simulator_and_product_run_side_by_side_and_leave_truth_and_alarms(tmp_path: Path) -> None:
    product = [sys.executable, "-c", STAND_IN]
    done = run_headless(
        scenario=str(small_scenario(tmp_path)), seed=2, days=0.1, folder=tmp_path / "run", product=product
    )
    run = RunFacts.read(done.truth)
    assert (run.scenario, run.seed, run.paired) == ("tiny", 2, True)
    assert run.until is not None
    assert run.until - run.begin == timedelta(days=0.1)
    assert (done.truth / "causes.parquet").stat().st_size > 0
    (fault,) = (done.truth / "faults.jsonl").read_bytes().splitlines()
    assert orjson.loads(fault)["id"] == "trip"
    assert (done.alarms / "alarms.jsonl").read_bytes() == b""


def test_a_product_that_fails_is_said_with_its_log(tmp_path: Path) -> None:
    product = [sys.executable, "-c", "import sys; sys.exit('no rules here')"]
    with pytest.raises(RunFailedError, match=r"exit code 1, see .*product\.log: no rules here"):
        run_headless(
            scenario=str(small_scenario(tmp_path)),
            seed=2,
            days=20,
            folder=tmp_path / "run",
            product=product,
        )
    written = list((tmp_path / "run" / "history").glob("*.npz"))
    assert len(written) < 40, "the simulator goes on though nobody judges any more"
