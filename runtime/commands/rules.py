"""``nuanliu rules``: lint, run the case files, and replay history through rules."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from alerting.judging.conditions.linter import lint_rules
from alerting.serving.replay import replay as replay_history
from alerting.serving.rule_cases import load_cases, run_cases
from config.rules.reading import CASES_DIR, load_rules
from heating.clock import SystemClock
from heating.intervals import Interval
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    errors_as_messages,
    say,
    settings_from,
    with_records,
)
from storage.readings.opening import open_time_series_store

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Alert rules.")

RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="Folder of rule files; that of the settings when not given.")
]


@app.command("lint")
def lint(rules: RulesOption = None, config: ConfigOption = None) -> None:
    """Check the rules beyond their form: signals, units, clear conditions, inhibition, rationalisation."""
    settings = settings_from(config).rules
    with errors_as_messages():
        chosen = load_rules(settings.model_copy(update={"dir": rules}) if rules else settings)
        faults = lint_rules(chosen)
    for fault in faults:
        complain(str(fault))
    if faults:
        raise typer.Exit(FAILED)
    say("{number} rules are in order", number=len(chosen))


@app.command("test")
def test(
    rules: RulesOption = None,
    cases: Annotated[Path | None, typer.Option("--cases", help="Folder of case files.")] = None,
    config: ConfigOption = None,
) -> None:
    """Run the case files against the rules."""
    settings = settings_from(config).rules
    with errors_as_messages():
        chosen = load_rules(settings.model_copy(update={"dir": rules}) if rules else settings)
        results = run_cases(chosen, load_cases(cases or CASES_DIR))
    failed = [result for result in results if not result.passed]
    for result in failed:
        complain(f"{result.case.rule_id} {result.case.name}: {'; '.join(result.mismatches)}")
    say("{passed} cases passed, {failed} failed", passed=len(results) - len(failed), failed=len(failed))
    if failed:
        raise typer.Exit(FAILED)


@app.command("replay")
def replay(
    begin: Annotated[
        datetime | None, typer.Option("--from", help="First moment, with zone; a day ago.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="First moment left out; now.")] = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
) -> None:
    """Lead history through rules and count alarms by rule and day; with --rules, show what a change would do."""
    now = SystemClock().now()
    try:
        interval = Interval(begin or (end or now) - timedelta(days=1), end or now)
    except ValueError as error:
        complain("{error}; write for example --from 2026-01-15T00:00:00+08:00", error=error)
        raise typer.Exit(BAD_CONFIGURATION) from error
    with with_records(config) as (settings, records):
        candidates = [("now", settings.rules)]
        if rules is not None:
            candidates.append(("changed", settings.rules.model_copy(update={"dir": rules})))
        store = open_time_series_store(settings.timeseries)
        try:
            for label, chosen in candidates:
                report = replay_history(
                    store,
                    interval,
                    load_rules(chosen),
                    site=records.registry.load_site(),
                    standard_c=settings.site.indoor_standard_c,
                    time_zone=settings.site.time_zone,
                )
                say(
                    "{label}: {ticks} ticks, {rows} values", label=label, ticks=report.ticks, rows=report.rows
                )
                for rule_id, day, raised, announced in report.per_rule_and_day:
                    say(
                        "  {rule} {day}: raised {raised}, announced {announced}",
                        rule=rule_id,
                        day=day,
                        raised=raised,
                        announced=announced,
                    )
        finally:
            store.close()
