"""``nuanliu rules``: lint, run the case files, and replay history through rules."""

from pathlib import Path
from typing import Annotated

import typer

from alerting.conditions.linter import lint_rules
from alerting.rule_cases import load_cases, run_cases
from config.rules_file import CASES_DIR, load_rules
from runtime.commands.terminal import FAILED, ConfigOption, complain, failing_in_words, say, settings_from

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Alert rules.")

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="Folder of rule files; that of the settings when not given.")
]


@app.command("lint")
def lint(rules: RulesOption = None, config: ConfigOption = None) -> None:
    """Check the rules beyond their form: signals, units, clear conditions, inhibition, rationalisation."""
    settings = settings_from(config).rules
    with failing_in_words():
        chosen = load_rules(settings.model_copy(update={"dir": rules}) if rules else settings)
        faults = lint_rules(chosen)
    for fault in faults:
        complain(str(fault))
    if faults:
        raise typer.Exit(FAILED)
    say(f"{len(chosen)} rules are in order")


@app.command("test")
def test(
    rules: RulesOption = None,
    cases: Annotated[Path | None, typer.Option("--cases", help="Folder of case files.")] = None,
    config: ConfigOption = None,
) -> None:
    """Run the case files against the rules."""
    settings = settings_from(config).rules
    with failing_in_words():
        chosen = load_rules(settings.model_copy(update={"dir": rules}) if rules else settings)
        results = run_cases(chosen, load_cases(cases or CASES_DIR))
    failed = [result for result in results if not result.passed]
    for result in failed:
        complain(f"{result.case.rule_id} {result.case.name}: {'; '.join(result.mismatches)}")
    say(f"{len(results) - len(failed)} cases passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(FAILED)
