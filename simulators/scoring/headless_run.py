"""A simulated stretch of time and the product's judgement of it, both as child processes, side by side.

What lives here: starting both by their commands and waiting. What does not: anything of the product: it is known by
the command ``nuanliu judge-history`` only, which reads history files and writes alarms as JSON lines.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from heating.errors import HeatingError
from simulators.scenario import ScenarioError, load_scenario

__all__ = ["HeadlessRun", "RunFailedError", "run_headless"]

_COMPLETE_FILE = "complete"
_END_S = 30.0
_LOOK_S = 0.5
_ORIGIN = "2026-01-15T00:00:00+08:00"
"""Where a scenario without a start of its own begins, so that the same arguments give the same score."""


class RunFailedError(HeatingError):
    """Simulator or product has failed; the message names the log."""


@dataclass(frozen=True, slots=True)
class HeadlessRun:
    """Where the results lie."""

    truth: Path
    alarms: Path


def run_headless(
    *,
    scenario: str,
    seed: int | None,
    days: float | None,
    folder: Path,
    step_s: float = 300.0,
    product: list[str] | None = None,
) -> HeadlessRun:
    """Simulate a scenario with a healthy twin and let the product judge it meanwhile.

    Parameters
    ----------
    scenario : str
        Name or file.
    seed : int or None
        Of the city; the scenario's when None.
    days : float or None
        Length from the scenario's start [d]; the scenario's when None.
    folder : Path
        Gets registry, history (deleted as it is judged), truth, alarms and logs.
    step_s : float
        Time between evaluations of the rules [s].
    product : list of str or None
        The product's command; ``nuanliu`` beside this Python, or on the path, when None.

    Raises
    ------
    simulators.scenario.ScenarioError
        When there is no such scenario, or it has no end and no days are given.
    RunFailedError
        When one of the two fails or there is no product.
    """
    plan = load_scenario(scenario)
    if plan.end is None and days is None:
        raise ScenarioError(f"the scenario {scenario} has no end; give --days")
    command = product or _product_command()
    registry, history, truth, alarms = (
        folder / name for name in ("registry.csv", "history", "truth", "alarms")
    )
    for place in (history, alarms):
        place.mkdir(parents=True, exist_ok=True)
    for left in history.iterdir():
        left.unlink()
    city = [sys.executable, "-m", "simulators", "--scenario", scenario]
    city += ["--virtual-origin", _ORIGIN if plan.start is None else plan.start.isoformat()]
    city += [] if seed is None else ["--seed", str(seed)]
    _finish(
        _start([*city, "--write-registry", str(registry)], folder / "registry.log"), folder / "registry.log"
    )
    # Both read the registry from the file: its moments have no more digits than the file has.
    city += ["--registry", str(registry), "--history-out", str(history), "--truth", str(truth), "--paired"]
    city += ["--calls", str(folder / "calls.csv")]
    city += [] if days is None else ["--days", str(days)]
    judge = [*command, "judge-history", "--history", str(history), "--registry", str(registry)]
    judge += ["--out", str(alarms), "--step", str(step_s), "--follow", "--consume"]
    judging = _start(judge, folder / "product.log")
    try:
        simulating = _start(city, folder / "simulator.log", errors=None)
        try:
            while not _has_ended(simulating):
                if judging.poll() is not None:  # it waits for more history as long as it is well
                    _finish(judging, folder / "product.log")
            _finish(simulating, folder / "simulator.log")
        finally:
            _end(simulating)
        (history / _COMPLETE_FILE).touch()
        _finish(judging, folder / "product.log")
    finally:
        _end(judging)
    return HeadlessRun(truth, alarms)


def _product_command() -> list[str]:
    beside = Path(sys.executable).parent / "nuanliu"
    found = str(beside) if beside.exists() else shutil.which("nuanliu")
    if found is None:
        raise RunFailedError(
            "there is no command nuanliu beside this Python or on the path; install the product"
        )
    return [found]


def _start(
    command: list[str], log: Path, *, errors: int | None = subprocess.STDOUT
) -> "subprocess.Popen[bytes]":
    """Start a process with its output in a log; without `errors` its progress goes to our standard error."""
    with log.open("wb") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=errors)


def _finish(process: "subprocess.Popen[bytes]", log: Path) -> None:
    if process.wait() != 0:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise RunFailedError(f"exit code {process.returncode}, see {log}: {' '.join(last)}")


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Wait a little, and return whether a process has ended."""
    try:
        process.wait(_LOOK_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
