"""``nuanliu-score``: what the product found of what really happened.

What lives here: arguments, exit codes, output. What does not: anything else of a score. Exit codes: 0 done, 1 failed,
2 bad arguments.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from heating.errors import HeatingError
from simulators.scenario import ScenarioError, shipped_scenarios
from simulators.scoring.api_client import fetch_product
from simulators.scoring.headless_run import run_headless
from simulators.scoring.matching import GRACE
from simulators.scoring.readers import read_product, read_truth, room_hours_of
from simulators.scoring.score import Product, score
from simulators.scoring.score_table import score_table

__all__ = ["SCORE_TOKEN_VARIABLE", "entry", "main"]

SCORE_TOKEN_VARIABLE = "NUANLIU_SCORE_TOKEN"
"""Environment variable with the API token."""


def entry() -> None:
    """Run as the console script."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Score with the given arguments and return the exit code.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments; those of the process when None.
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    problem = _problem(arguments)
    if problem:
        parser.error(problem)
    try:
        return _run(arguments)
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (HeatingError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nuanliu-score", description="Compare alarms with the truth of a simulated run."
    )
    old = parser.add_argument_group("a run that there is").add_argument
    old("--truth", type=Path, metavar="DIR", help="truth folder of the simulator")
    old("--api", metavar="URL", help=f"product with the alarms; a token comes from {SCORE_TOKEN_VARIABLE}")
    old("--token-file", type=Path, metavar="FILE", help="file with the API token instead")
    old(
        "--alarms",
        type=Path,
        metavar="DIR",
        help="folder with alarms.jsonl and incidents.jsonl instead of an API",
    )
    new = parser.add_argument_group("a run to make").add_argument
    new("--scenario", help=f"simulate and judge first: {', '.join(shipped_scenarios())}, or a YAML file")
    new("--seed", type=int, help="seed of the city; the scenario's when missing")
    new("--days", type=_positive, help="virtual days; the scenario's length when missing")
    new("--work", type=Path, metavar="DIR", help="keep registry, truth and alarms here")
    new("--step", type=_positive, default=300.0, metavar="S", help="virtual seconds between evaluations")
    parser.add_argument(
        "--grace", type=_positive, default=GRACE / timedelta(hours=1), metavar="H", help="hours after its end"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def _problem(arguments: argparse.Namespace) -> str:
    if (arguments.scenario is None) == (arguments.truth is None):
        return "give either --truth or --scenario"
    if arguments.truth is not None and (arguments.api is None) == (arguments.alarms is None):
        return "--truth needs --api or --alarms"
    return ""


def _run(arguments: argparse.Namespace) -> int:
    if arguments.scenario is None:
        return _print(arguments, arguments.truth, _product(arguments))
    with tempfile.TemporaryDirectory(prefix="nuanliu-score-") as temporary:
        folder = arguments.work or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        run = run_headless(
            scenario=arguments.scenario,
            seed=arguments.seed,
            days=arguments.days,
            folder=folder,
            step_s=arguments.step,
        )
        return _print(arguments, run.truth, read_product(run.alarms))


def _product(arguments: argparse.Namespace) -> Product:
    if arguments.alarms is not None:
        return read_product(arguments.alarms)
    if arguments.token_file is not None:
        token = arguments.token_file.read_text(encoding="utf-8").strip()
    else:
        token = os.environ.get(SCORE_TOKEN_VARIABLE, "")
    return fetch_product(arguments.api, token)


def _print(arguments: argparse.Namespace, folder: Path, product: Product) -> int:
    truth = read_truth(folder, until=_newest(product), room_hours=room_hours_of(product))
    report = score(truth, product, grace=timedelta(hours=arguments.grace))
    if arguments.json:
        sys.stdout.write(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write(score_table(report))
    return 0


def _newest(product: Product) -> datetime | None:
    """Return the newest moment of an alarm: how far a run that goes on can be scored."""
    moments = [alarm.cleared_at or alarm.raised_at for alarm in product.alarms]
    return max(moments, default=None)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return value
